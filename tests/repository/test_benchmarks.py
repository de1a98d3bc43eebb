"""The benchmark suite: it counts what it says, and refuses what is wrong. Nothing is timed here."""

import gzip
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import measure
import numpy as np
import pytest
import report
import run
import scaling
import yaml
from cases import BenchmarkError
from places import ROOT

from methcohort.readers.formats import READERS

BENCHMARKS = ROOT / "benchmarks"
linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def script(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, BENCHMARKS / name, *arguments]
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=240, check=False
    )


def generated(folder: Path, *options: str) -> tuple[bytes, dict[str, Any]]:
    """The text of all samples, and the sums that the generator wrote down."""
    sums = folder / "truth.json"
    done = script("generate.py", "--output", folder, "--truth", sums, *options)
    assert done.returncode == 0, done.stderr
    files = [path for path in sorted(folder.iterdir()) if path != sums]
    texts = [
        gzip.decompress(f.read_bytes()) if f.suffix == ".gz" else f.read_bytes() for f in files
    ]
    return b"".join(texts), json.loads(sums.read_text())


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The folder of the data and that of the results of the smallest case, and what it printed."""
    data, output = (tmp_path_factory.mktemp(name) for name in ("data", "output"))
    folders = ("--data", data, "--output", output)
    done = script("run.py", "smoke", "--repeats", "1", "--peers", "textbook", *folders)
    assert done.returncode == 0, done.stderr
    return data, output, done.stdout


def test_fields_of_the_results(smoke: tuple[Path, Path, str]) -> None:
    data, output, _ = smoke
    text = (output / "smoke.json").read_text()
    result = json.loads(text)
    assert str(data) not in text
    assert result["command"] == "python benchmarks/run.py smoke --repeats 1 --peers textbook"
    assert result["reference"] == "methcohort"
    assert set(result["machine"]) == {"cpu", "cores", "memory_bytes", "system"}
    assert {"python", "methcohort", "numpy", "h5py", "hdf5"} <= set(result["versions"])
    assert list(result["variants"]) == ["methcohort", "textbook"]
    rows = result["datasets"]["smoke"]["n_rows"]
    for entry in result["variants"].values():
        assert entry["state"] == "measured"
        assert len(entry["seconds"]) == len(entry["cpu_seconds"]) == result["repeats"] == 1
        assert entry["median"] == entry["seconds"][0] > 0
        assert entry["seconds_per_million_rows"] == pytest.approx(
            entry["median"] / rows * 1e6, abs=1e-5
        )
        assert entry["output_bytes"] > rows
    assert result["variants"]["methcohort"]["ratio"] == 1


def test_medians_and_ratios() -> None:
    """A ratio is the median of those within a round: the machine was slow in the second one."""
    found: dict[str, dict[str, Any]] = {
        "reference": {"data": "d", "seconds": [1.0, 4.0, 2.0]},
        "other": {"data": "d", "seconds": [2.0, 12.0, 5.0]},
        "failed": {"data": "d", "seconds": []},
    }
    run.summarize(found, {"d": 4_000_000})
    assert [entry["median"] for entry in found.values()] == [2.0, 5.0, None]
    assert [entry["ratio"] for entry in found.values()] == [1.0, 2.5, None]
    assert found["other"]["seconds_per_million_rows"] == 1.25


@linux
def test_memory_in_the_results(smoke: tuple[Path, Path, str]) -> None:
    """An interpreter with numpy takes more than 10 MB, and nothing here a GB."""
    variants = json.loads((smoke[1] / "smoke.json").read_text())["variants"]
    for entry in variants.values():
        assert 10_000_000 < entry["peak_pss_bytes"] < 1_000_000_000
        assert 0 < entry["peak_held_bytes"] < 1_000_000_000


def test_table_of_an_earlier_run(smoke: tuple[Path, Path, str]) -> None:
    _, output, printed = smoke
    done = script("run.py", "--table", output / "smoke.json")
    assert done.stdout == printed[printed.index("```") :]
    assert "| textbook | " in done.stdout


WRONG = """
import csv, sys
import h5py, numpy as np
names = [row["sample"] for row in csv.DictReader(open(sys.argv[1]), delimiter="\\t")]
with h5py.File(sys.argv[2] + "/cohort.h5", "w") as file:
    for layer in ("c", "t"):
        file[layer] = np.ones((len(names), {n_sites}), "u2")
"""


def test_what_does_not_count(smoke: tuple[Path, Path, str], tmp_path: Path) -> None:
    """Other sums, other sites, a crash and an absent library: no time of these is reported."""
    data, output, _ = smoke
    n_sites = json.loads((output / "smoke.json").read_text())["datasets"]["smoke"]["n_sites"]
    (tmp_path / "sums.py").write_text(WRONG.format(n_sites=n_sites))
    (tmp_path / "sites.py").write_text(WRONG.format(n_sites=n_sites + 1))
    (tmp_path / "crash.py").write_text("import sys\nsys.exit('no luck')\n")
    peers = {
        name: {"script": f"{name}.py", "result": "matrix"} for name in ("sums", "sites", "crash")
    }
    peers["absent"] = {"script": "sums.py", "result": "matrix", "needs": ["no_such_library"]}
    peers["right"] = {"script": str(BENCHMARKS / "peers" / "textbook.py"), "result": "matrix"}
    datasets = yaml.safe_load((BENCHMARKS / "cases.yaml").read_text())["datasets"]
    variants = {name: {"peer": name} for name in ("right", *peers)}
    case = {"data": "smoke", "repeats": 1, "variants": variants}
    (tmp_path / "cases.yaml").write_text(
        yaml.safe_dump(
            {"datasets": datasets, "peers": peers, "cases": {"odd": case}}, sort_keys=False
        )
    )
    options = ("--cases", tmp_path / "cases.yaml", "--data", data, "--output", tmp_path)
    done = script("run.py", "odd", *options)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    found = json.loads((tmp_path / "odd.json").read_text())["variants"]
    assert {name: entry["state"] for name, entry in found.items()} == {
        "right": "measured",
        "sums": "failed",
        "sites": "failed",
        "crash": "failed",
        "absent": "skipped",
    }
    for name in ("sums", "sites", "crash", "absent"):
        assert found[name]["seconds"] == []
        assert found[name]["median"] is found[name]["ratio"] is None
    assert "its c adds up to" in found["sums"]["message"]
    assert f"{n_sites + 1:,} sites; expected {n_sites:,}" in found["sites"]["message"]
    assert "status 1: no luck" in found["crash"]["message"]
    assert "no_such_library: pip install" in found["absent"]["message"]
    assert not list(data.glob("output-*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["smok"], "found no case 'smok'; expected one of cohort24, "),
        ([], "found no name of a case; expected one of smoke, "),
        (["smoke", "--peers", "textbok"], "found no peer 'textbok'; expected some of floor, "),
        (["smoke", "--repeats", "0"], "found 0 repeats; expected at least 1"),
        (["smoke", "--cases", "none.yaml"], "none.yaml: cannot be read"),
        (["--table", "none.json"], "none.json: cannot be read"),
    ],
)
def test_mistakes(arguments: list[str], message: str) -> None:
    done = script("run.py", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_keys_of_a_case(tmp_path: Path) -> None:
    cases = {"datasets": {"d": {}}, "cases": {"a": {"data": "d", "variants": {"m": {"wokers": 1}}}}}
    (tmp_path / "cases.yaml").write_text(yaml.safe_dump(cases))
    done = script("run.py", "a", "--cases", tmp_path / "cases.yaml")
    assert done.returncode == 1
    assert "case a, variant m: found the unknown key wokers" in done.stderr


def test_every_case_can_be_read() -> None:
    done = script("run.py", "--list")
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert {"smoke", "toy", "cohort8", "cohort24", "cohort96", "plant", "one_file"} <= set(names)
    from cases import CaseFile  # noqa: PLC0415

    file = CaseFile(BENCHMARKS / "cases.yaml")
    assert all(file.case(name).variants for name in names)


@pytest.mark.parametrize(
    "options",
    [
        ("--format", "gzip"),
        ("--format", "bgzip"),
        ("--format", "plain", "--columns", "bismark"),
        ("--genome", "plant"),
        ("--genome", "contigs", "--contigs", "300"),
    ],
    ids=" ".join,
)
def test_truth_is_what_the_text_says(tmp_path: Path, options: tuple[str, ...]) -> None:
    text, truth = generated(tmp_path, "--samples", "3", "--sites", "6000", *options)
    rows = [line.split("\t") for line in text.decode().splitlines()]
    assert truth["n_rows"] == len(rows)
    assert truth["n_sites"] == len({(row[0], row[1]) for row in rows})
    assert truth["sum_c"] == sum(int(row[-2]) for row in rows)
    assert truth["sum_t"] == sum(int(row[-1]) for row in rows)
    assert truth["text_bytes"] == len(text)
    assert truth["max_count"] == max(int(n) for row in rows for n in row[-2:])
    if "bismark" in options:
        assert all(row[1] == row[2] and len(row) == 6 for row in rows)
    if "contigs" in options:
        assert 200 < len({row[0] for row in rows}) <= 300


def test_workers_change_no_byte(tmp_path: Path) -> None:
    options = ("--samples", "3", "--sites", "5000")
    one = generated(tmp_path / "one", *options)
    assert generated(tmp_path / "two", *options, "--workers", "2") == one


def test_blocks_of_bgzip(tmp_path: Path) -> None:
    """Each block says how long it is and holds at most 65280 bytes; the last one is empty."""
    text, _ = generated(tmp_path, "--samples", "1", "--sites", "20000", "--format", "bgzip")
    data = (tmp_path / "s01.txt.gz").read_bytes()
    parts, start = [], 0
    while start < len(data):
        assert data[start : start + 4] == b"\x1f\x8b\x08\x04"
        assert data[start + 12 : start + 16] == b"BC\x02\x00"
        size = struct.unpack_from("<H", data, start + 16)[0] + 1
        parts.append(gzip.decompress(data[start : start + size]))
        start += size
    assert start == len(data)
    assert parts[-1] == b""
    assert [len(part) for part in parts[:-2]] == [65280] * (len(parts) - 2)
    assert b"".join(parts) == text


def test_numbers_look_like_sequencing(tmp_path: Path) -> None:
    text, truth = generated(tmp_path, "--samples", "1", "--sites", "200000")
    chrom, pos, _, c, t = np.array([line.split(b"\t") for line in text.splitlines()]).T
    reads = c.astype(int) + t.astype(int)
    # A share of the sites is missing.
    assert 0.75 < len(reads) / 200_000 < 0.85
    # Coverage varies more than by chance alone, and has outliers.
    usual = reads[reads < 100]
    assert usual.var() > 2 * usual.mean()
    assert 10 < (reads > 255).sum() < len(reads) / 1000
    assert (reads > 1000).any()
    assert truth["max_count"] > 1000
    # Levels are high or low, seldom between.
    level = c.astype(int)[reads >= 10] / reads[reads >= 10]
    assert (level > 0.7).mean() > 0.5
    assert (level < 0.2).mean() > 0.15
    assert ((level > 0.3) & (level < 0.6)).mean() < 0.1
    # Sites come in islands: half of the gaps are far below the mean.
    gaps = np.diff(pos.astype(int))[chrom[1:] == chrom[:-1]]
    assert np.median(gaps) < gaps.mean() / 3


def test_sites_of_a_plant(tmp_path: Path) -> None:
    options = ("--samples", "1", "--sites", "3000000", "--covered", "0.02")
    text, truth = generated(tmp_path, *options, "--genome", "plant")
    ends = [int(line.split(b"\t")[1]) for line in text.splitlines() if line.startswith(b"Chr4")]
    assert 17_000_000 < max(ends) < 18_585_057
    assert 58_000 < truth["n_rows"] < 62_000


SHARED = """
import mmap, os, time
memory = mmap.mmap(-1, 64 << 20)
for k in range(64):
    memory[k << 20 : (k + 1) << 20] = b"x" * (1 << 20)
if os.fork() == 0:
    memory[::4096]
    time.sleep(0.3)
    os._exit(0)
time.sleep(0.3)
os.wait()
"""
UNMAPPED = """
import os, time
file = os.memfd_create("unmapped")
for _ in range(64):
    os.write(file, bytes(1 << 20))
time.sleep(0.2)
"""


@linux
@pytest.mark.parametrize(
    ("program", "mapped"), [(SHARED, True), (UNMAPPED, False)], ids=["shared", "unmapped"]
)
def test_shared_memory_counts_once(tmp_path: Path, program: str, mapped: bool) -> None:
    command = [sys.executable, "-c", program]
    done = measure.run(command, tmp_path, tmp_path / "log", 60, watch=True)
    assert done.peak is not None
    assert 64 << 20 < done.peak.held < 64 + 32 << 20
    assert (done.peak.pss > 64 << 20) is mapped


def test_a_program_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(BenchmarkError, match="stopped after 0 s"):
        measure.run(command, tmp_path, tmp_path / "log", 0.3)


def test_filling_in_a_page(smoke: tuple[Path, Path, str], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "above\n<!-- smoke -->\nold\n<!-- end smoke -->\nbetween\n"
        "<!-- other -->\nkept\n<!-- end other -->\n"
    )
    report.fill(page, smoke[1])
    once = page.read_text()
    assert report.table(report.load(smoke[1] / "smoke.json")) in once
    assert "old" not in once
    assert once.startswith("above\n")
    assert "\nbetween\n<!-- other -->\nkept\n" in once
    report.fill(page, smoke[1])
    assert page.read_text() == once


def test_scaling_by_hand(tmp_path: Path) -> None:
    """2 samples x 100 sites with 150 rows, in 31.5 s of which 1.5 s are for starting."""

    def write(case: str, *medians: float) -> None:
        entry = {"state": "measured", "data": "d", "options": {"memory": "1GB"}}
        variants = {
            str(k): {**entry, "median": median, "output_bytes": 400, "peak_pss_bytes": 9e8}
            for k, median in enumerate(medians)
        }
        data = {
            "n_samples": 2,
            "n_sites": 100,
            "n_rows": 150,
            "text_bytes": 3000,
            "file_bytes": 900,
        }
        found = {"case": case, "variants": variants, "datasets": {"d": data}}
        (tmp_path / f"{case}.json").write_text(json.dumps(found))

    write("toy", 1.5)
    with pytest.raises(BenchmarkError, match="run the case cohort96"):
        scaling.constants(tmp_path)
    write("cohort96", 3.0, 31.5)
    found = scaling.constants(tmp_path)
    assert (found.covered, found.text, found.file, found.store) == (0.75, 20, 6, 2)
    assert found.seconds == pytest.approx(0.2)
    # 1,000 x 28 million x 0.75 rows; 8 bytes of scratch and 0.2 s for each.
    last = scaling.report(tmp_path).splitlines()[-1]
    assert last == "| 1,000 | 21.00 | 420.0 | 126.0 | 56.0 | 168.0 | 1GB | 70,000,000.0 |"


def test_scaling_of_parts_by_hand(tmp_path: Path) -> None:
    """2 samples x 100 sites with 150 rows in 2 batches; a job takes 0.5 s to start."""
    toy = {"state": "measured", "cpu_seconds": [0.4, 0.5, 0.9]}
    (tmp_path / "toy.json").write_text(json.dumps({"case": "toy", "variants": {"0": toy}}))
    work = {"2 x `load`": 16.0, "1 x `sites`": 2.5, "2 x `pack`": 21.0, "1 x `assemble`": 0.3}
    found = {
        "samples": 2,
        "sites": 100,
        "rows": 150,
        "batches": 2,
        "bytes": {"batches": 1500, "sites": 7, "ranges": 400, "store": 200},
        "costs": {name: {"work": seconds} for name, seconds in work.items()},
    }
    (tmp_path / "scattered4.json").write_text(json.dumps(found))
    assert scaling.part_constants(tmp_path) == scaling.PartConstants(
        covered=0.75, load=0.1, sites=0.01, pack=0.1, assemble=0.0, batch=10, range_=2, store=1
    )
    # 1,000 samples are 40 batches: 21 billion rows, 28 billion values, 1.12 billion listed sites.
    line = scaling.report_of_parts(tmp_path).splitlines()[-2]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:8] == [
        "1,000", "40", "82", "583,333.33", "3,111.11", "777,777.78", "0.00", "1,364,222.22",
    ]  # fmt: skip
    assert cells[-2:] == ["266.0", "28.0"]


def test_growing_is_measured(tmp_path: Path) -> None:
    options = ["--samples", "3", "--sites", "3000", "--batches", "2", "--rounds", "1"]
    options += ["--only", "scattered"]
    paths = ["--output", str(tmp_path / "data"), "--results", str(tmp_path)]
    done = script("growing.py", *options, *paths)
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if "| 1.00 |" in line]
    assert "one job" in rows
    kept = json.loads((tmp_path / "scattered2.json").read_text())
    assert (kept["samples"], kept["batches"]) == (3, 2)
    assert kept["rows"] > 0
    assert all(size > 0 for size in kept["bytes"].values())


def test_every_format_is_read_from_memory_and_files() -> None:
    done = script("formats.py", "--rows", "300", "--repeats", "1", "--files", "--uncovered", "0.3")
    assert done.returncode == 0, done.stderr
    tables = done.stdout.split("bytes/row")[1:]
    assert len(tables) == 3
    names = [name for name, form in READERS.items() if not form.refusal]
    for table in tables:
        assert [line.split()[0] for line in table.splitlines()[1:]][: len(names)] == names
