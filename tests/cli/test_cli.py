"""The command adds nothing: what it prints is what the functions give."""

import csv
import gzip
import io
import json
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import oracle
import pytest
from cohorts import Cohort, assert_store_equals, make_cohort
from processes import command_line

import methcohort
from methcohort.core.errors import MethcohortError, StoreError

Run = Callable[..., subprocess.CompletedProcess[str]]
COMMANDS = ["build", "info", "query", "verify", "init"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """Three samples on chromosomes whose names are hard for a region."""
    names = ["chr1", "chr2", "HLA:1-2", "chr1:5"]
    rows = [(name, pos, "25.5", 1, 3) for name in names for pos in (1, 5, 999, 1000, 2000, 2001)]
    cohort = make_cohort(
        tmp_path_factory.mktemp("cli"), [rows, rows[1:14], rows[5:]], extra={"sex": ["f", "m", "f"]}
    )
    cohort.build()
    return cohort


@pytest.fixture(scope="module")
def store(made: Cohort) -> Path:
    return made.root / "store.h5"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_help(run: Run) -> None:
    """The list of commands, and help of each with every option."""
    done = run("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)
    build = run("build", "--help").stdout
    for option in (
        "--samples",
        "--output",
        "--config",
        "--cohort",
        "--workers",
        "--memory",
        "--scratch",
    ):
        assert option in build


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command(run: Run, name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    assert done.stderr == ""


def test_version(run: Run) -> None:
    done = run("--version")
    assert done.returncode == 0
    assert methcohort.__version__ in done.stdout


@pytest.mark.parametrize(
    "arguments", [["nosuch"], ["build", "--nosuch"], ["build"], ["query", "x"], ["info"]]
)
def test_wrong_usage(run: Run, arguments: list[str]) -> None:
    """Usage errors have an exit status of their own."""
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_build(run: Run, made: Cohort, tmp_path: Path, store: Path, workers: int) -> None:
    """The command builds the same bytes as the function."""
    target = tmp_path / "x.h5"
    done = run("build", "--samples", made.sheet, "--output", target, "--workers", str(workers))
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == store.read_bytes()
    assert "\r" not in done.stderr


def test_build_with_config(run: Run, made: Cohort, tmp_path: Path) -> None:
    """Config by file, inline, and with the sheet inside it."""
    config = {"min_samples": 2, "layers": ["c", "t"], "chroms": {"exclude": ["chr2"]}}
    expected = made.expected(config)
    own = tmp_path / "own.yaml"
    own.write_text(json.dumps(config | {"samples": str(made.sheet)}))
    inline = json.dumps(config)
    yaml = "{min_samples: 2, layers: [c, t], chroms: {exclude: [chr2]}}"
    calls = [
        ("--config", own),
        ("--config", inline, "--samples", made.sheet),
        ("--config", yaml, "--samples", made.sheet),
    ]
    files = []
    for i, options in enumerate(calls):
        target = tmp_path / f"{i}.h5"
        done = run("build", "--output", target, *options, "--workers", "0", "--memory", "1GiB")
        assert done.returncode == 0, done.stderr
        assert_store_equals(target, expected, made.names)
        files.append(target.read_bytes())
    assert files[1] == files[2]


REGIONS = {
    "chr1": ("chr1", 1, 2**31),
    "chr1:1-1000": ("chr1", 1, 1000),
    "chr1:1-999": ("chr1", 1, 999),
    "chr1:1,000-2,000": ("chr1", 1000, 2000),
    "chr2:5-5": ("chr2", 5, 5),
    "chr2:6-998": ("chr2", 6, 998),
    "chr2:3000-4000": ("chr2", 3000, 4000),
    "chr1:1-9999999999": ("chr1", 1, 2**31),
    "HLA:1-2": ("HLA:1-2", 1, 2**31),
    "HLA:1-2:5-1000": ("HLA:1-2", 5, 1000),
}


@pytest.mark.parametrize("region", REGIONS)
def test_query(run: Run, made: Cohort, store: Path, region: str) -> None:
    """Both ends belong to the region; every sample has its columns."""
    done = run("query", store, region)
    assert done.returncode == 0, done.stderr
    chrom, start, stop = REGIONS[region]
    expected = made.expected()
    base = expected.offset[expected.chroms.index(chrom)]
    inside = [(i, p) for i, p in enumerate(expected.pos[chrom], base) if start <= p <= stop]
    header = done.stdout.splitlines()[0].split("\t")
    columns = [f"{name}.{layer}" for name in made.names for layer in ("c", "t", "pct")]
    assert header == ["chr", "pos", *columns]
    rows = rows_of(done.stdout)
    assert [(row["chr"], int(row["pos"])) for row in rows] == [(chrom, p) for _, p in inside]
    for row, (i, _) in zip(rows, inside, strict=True):
        for s, name in enumerate(made.names):
            assert int(row[f"{name}.c"]) == expected.c[s, i]
            assert int(row[f"{name}.t"]) == expected.t[s, i]
            text = row[f"{name}.pct"]
            pct = np.float32("nan" if text in ("NA", "") else text)
            np.testing.assert_equal(pct, expected.pct[s, i])


@pytest.mark.parametrize(
    "region", ["chrNo", "chr1:5-1", "chr1:0-5", "chr1:a-b", "chr1:-", "", "chr1:1-2-3"]
)
def test_query_of_a_region_that_is_not_there(run: Run, store: Path, region: str) -> None:
    done = run("query", store, region)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_query_stops_quietly_when_nobody_reads(store: Path) -> None:
    """A closed pipe, as of `head`, is no error."""
    command = shlex.join(command_line("query", store, "chr1")) + " | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


def test_query_function(made: Cohort, store: Path) -> None:
    """The same region as arrays; only the chosen samples where samples are chosen."""
    region = methcohort.query(store, "chr2:5-1000")
    assert region.chrom == "chr2"
    assert tuple(region.samples) == tuple(made.names)
    assert region.pos.dtype == np.int32
    assert region.pos.tolist() == [5, 999, 1000]
    assert region.c.shape == region.t.shape == region.pct.shape == (3, 3)
    with methcohort.open_store(store) as opened:
        part = opened.region("chr2:5-1000", samples=["s3", "s1"])
        assert tuple(part.samples) == ("s3", "s1")
        np.testing.assert_array_equal(part.c, region.c[[2, 0]])
        np.testing.assert_array_equal(part.pct, region.pct[[2, 0]])
        with pytest.raises(MethcohortError, match="nobody"):
            opened.sample("nobody")
        with pytest.raises(MethcohortError, match="nobody"):
            opened.region("chr2", samples=["nobody"])


def test_absent_layer(made: Cohort) -> None:
    """A store without pct still gives its counts, and levels made of them."""
    with methcohort.open_store(made.build("counts.h5", config={"layers": ["c", "t"]})) as opened:
        region = opened.region("chr1")
        assert region.c.shape == (3, 6)
        with np.errstate(invalid="ignore"):
            level = 100 * region.c / np.add(region.c, region.t, dtype=float)
        np.testing.assert_allclose(region.pct, level, rtol=1e-6)
        with pytest.raises(StoreError, match="found no layer level"):
            region.layer("level")


def test_info(run: Run, store: Path) -> None:
    """For people, for programs and as a table."""
    plain = run("info", store)
    assert plain.returncode == 0
    assert "s1" in plain.stdout or "3" in plain.stdout
    done = run("info", store, "--json")
    assert json.loads(done.stdout) == json.loads(json.dumps(methcohort.info(store)))


def test_info_table(run: Run, made: Cohort, store: Path) -> None:
    """One row a sample, with its counts."""
    expected = made.expected()
    rows = rows_of(run("info", store, "--tsv").stdout)
    assert [row["sample"] for row in rows] == made.names
    for row, counts in zip(rows, expected.counts, strict=True):
        for key in ("n_rows", "n_sites", "sum_c", "sum_t", "n_dropped_chroms", "n_dropped_sites"):
            assert int(row[key]) == counts.get(key, 0), key


def test_verify(run: Run, store: Path) -> None:
    assert run("verify", store).returncode == 0
    assert run("verify", store, "--inputs").returncode == 0


@pytest.mark.parametrize("command", ["info", "verify", "query"])
@pytest.mark.parametrize("kind", ["missing", "text", "folder"])
def test_not_a_store(run: Run, tmp_path: Path, command: str, kind: str) -> None:
    path = tmp_path / "thing"
    if kind == "text":
        path.write_text("chr1\t5\t50\t1\t1\n" * 100)
    elif kind == "folder":
        path.mkdir()
    done = run(command, path, *(["chr1"] if command == "query" else []))
    assert done.returncode in (1, 2)
    assert "thing" in done.stderr
    assert "Traceback" not in done.stderr


def test_init_makes_a_project(run: Run, made: Cohort, tmp_path: Path) -> None:
    """A sheet of the files, a config, a Snakefile and its profile; the sheet builds."""
    project = tmp_path / "my project"
    done = run("init", project, *made.paths)
    assert done.returncode == 0, done.stderr
    profile = "profiles/default/config.yaml"
    for name in ("Snakefile", "config/config.yaml", "config/samples.tsv", profile):
        assert (project / name).is_file(), name
    rows = rows_of((project / "config/samples.tsv").read_text())
    assert [(project / row["path"]).resolve() for row in rows] == made.paths
    options = [
        "--samples",
        "config/samples.tsv",
        "--config",
        "config/config.yaml",
        "--workers",
        "0",
    ]
    done = run("build", *options, "--output", "store.h5", cwd=project)
    assert done.returncode == 0, done.stderr
    expected = oracle.merge([oracle.read_text(path) for path in made.paths])
    assert_store_equals(project / "store.h5", expected, [row["sample"] for row in rows])


def test_init_without_files_and_never_over_something(run: Run, tmp_path: Path) -> None:
    """An empty project has a sheet to fill in; a project that is there is left alone."""
    project = tmp_path / "project"
    methcohort.init(project)
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert len(before) >= 3
    sheet = project / "config" / "samples.tsv"
    sheet.write_text("mine\n")
    done = run("init", project)
    assert done.returncode == 1
    assert sheet.read_text() == "mine\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("arguments", [["--help"], ["info"], ["info", "--tsv"], ["query", "chr1"]])
def test_output_to_a_full_disk(tmp_path: Path, arguments: list[str]) -> None:
    """One line and status 1, no traceback."""
    rows = [("chr1", k, "50", 1, 1) for k in range(1, 2000)]
    store = make_cohort(tmp_path, [rows]).build()
    command, *rest = arguments
    places = [] if command == "--help" else [str(store)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command_line(command, *places, *rest),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("methcohort: error: the output cannot be written")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_build_without_a_stream(tmp_path: Path, closed: str) -> None:
    """A stream that is closed or full keeps no store from being built, whether buffered or not."""
    made = make_cohort(tmp_path, [[("chr1", 5, "50", 1, 1)]])
    target = tmp_path / "store.h5"
    words = command_line("build", "--samples", made.sheet, "--output", target, "--workers", "2")
    for unbuffered in ("", "1"):
        done = subprocess.run(
            ["sh", "-c", f"{shlex.join(map(str, words))} {closed}"],
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )
        assert done.returncode == 0
    with methcohort.open_store(target) as store:
        assert store.n_sites == 1


def test_init_names_samples_after_what_callers_write(tmp_path: Path) -> None:
    """The name without what callers add; the sheet builds, each file in its own format."""
    texts = {
        "x1.deduplicated.bismark.cov.gz": "chr1\t{0}\t{0}\t25.0\t1\t3\n",
        "x2_CpG.bedGraph": "chr1\t{1}\t{0}\t25\t1\t3\n",
        "x3.CpG_report.txt.gz": "chr1\t{0}\t+\t1\t3\tCG\tCGA\n",
        "allc_x4.tsv.gz": "chr1\t{0}\t+\tCGA\t1\t4\t1\n",
        "x5.bed.gz": "chr1\t{0}\t25.0\t1\t3\n",
    }
    files = []
    for name, line in texts.items():
        track = 'track type="bedGraph" description="x2 CpG methylation levels"\n'
        rows = "".join(line.format(pos, pos - 1) for pos in range(100, 4100, 10))
        text = (track * name.endswith(".bedGraph") + rows).encode()
        files.append(tmp_path / name)
        files[-1].write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    methcohort.init(tmp_path / "new", files)
    rows = rows_of((tmp_path / "new" / "config" / "samples.tsv").read_text())
    assert [row["sample"] for row in rows] == ["x1", "x2", "x3", "x4", "x5"]
    store = tmp_path / "new.h5"
    methcohort.build(tmp_path / "new" / "config" / "samples.tsv", store, workers=0)
    with methcohort.open_store(store) as opened:
        assert opened.pos.tolist() == list(range(100, 4100, 10))
        assert opened.region("chr1").c.tolist() == [[1] * 400] * 5
    assert [one["format"] for one in methcohort.info(store)["inputs"]] == [
        "bismark_cov",
        "methyldackel_bedgraph",
        "bismark_report",
        "allc",
        "five_column",
    ]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["x.bed.gz", "allc_x.tsv"], "allc_x.tsv: would be named x, as .*x.bed.gz is"),
        (["#x.txt"], "cannot stand in a sheet"),
        (["x\ty.txt"], "cannot stand in a sheet"),
    ],
)
def test_init_refuses_names_that_a_sheet_would_lose(
    tmp_path: Path, names: list[str], words: str
) -> None:
    for name in names:
        (tmp_path / name).write_text("")
    with pytest.raises(MethcohortError, match=words):
        methcohort.init(tmp_path / "new", [tmp_path / name for name in names])
    assert not (tmp_path / "new").exists()


def test_build_of_fetched_files(cohort: Callable[..., Cohort], run: Run, tmp_path: Path) -> None:
    """Copies are read, and the store names what the sheet does."""
    made = cohort(2)
    made.build()
    remote = [f"s3://bucket/{path.name}" for path in made.paths]
    sheet = tmp_path / "remote.tsv"
    text = made.sheet.read_text(encoding="utf-8")
    for path, name in zip(made.paths, remote, strict=True):
        text = text.replace(str(path), name)
    sheet.write_text(text, encoding="utf-8")
    table = tmp_path / "fetched.tsv"
    copies = zip(remote, made.paths, strict=True)
    table.write_text("".join(f"{name}\t{path}\n" for name, path in copies), encoding="utf-8")
    store = tmp_path / "remote.h5"
    arguments = ("build", "--samples", sheet, "--output", store, "--workers", "0")
    assert run(*arguments, "--fetched", table).returncode == 0
    info = methcohort.info(store)
    assert [one["path"] for one in info["inputs"]] == remote
    assert info["digest"] == methcohort.info(made.root / "store.h5")["digest"]
    table.write_text(f"{remote[0]} no tab\n", encoding="utf-8")
    said = run(*arguments, "--fetched", table).stderr
    assert "line 1: found 's3://bucket/" in said
    assert "separated by a tab" in said
