"""A build in several jobs gives the bytes of the one job, or one sentence that says why not."""

import functools
import json
import random
import re
import resource
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import any_cohort
import pytest
import scattering
from callers import cover, cytosines, make_genome, write_calls, write_fasta
from cohorts import Cohort, make_cohort, simulate, write_sheet
from comparison import small_blocks
from limits import limited
from reading_in_parts import in_parts
from writers import WRITERS

import methcohort
from methcohort.engine.budget import Budget
from methcohort.scatter import assemble_ranges, find_sites, load_batch, pack_range

pytestmark = pytest.mark.filterwarnings("ignore")

SITES = {"chr1": 40_000, "chr2": 30_000, "chr10": 70_000, "scaffold_1": 5}
RANDOM_CASES = 30

Make = Callable[..., Cohort]


def assert_same(cohort: Cohort | Path, n_batches: int, n_ranges: int, config: Any) -> None:
    """Both ways of building give the same bytes."""
    sheet = cohort if isinstance(cohort, Path) else cohort.sheet
    one = sheet.parent / "one.h5"
    methcohort.build(sheet, one, config=config, workers=0)
    found = scattering.build(sheet, sheet.parent / "parts", n_batches, n_ranges, config=config)
    assert found.read_bytes() == one.read_bytes()


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """Five samples of 140,000 sites: three digest blocks, the last one of a few sites."""
    return make_cohort(tmp_path_factory.mktemp("five"), simulate(5, 5, SITES, spacing=12)[0])


@pytest.fixture(scope="module")
def in_one_job(five: Cohort) -> Callable[[Any], bytes]:
    """What one job makes of the five samples, once for each configuration."""

    @functools.cache
    def build(config: str) -> bytes:
        methcohort.build(five.sheet, five.root / "one.h5", config=json.loads(config), workers=0)
        return (five.root / "one.h5").read_bytes()

    return lambda config: build(json.dumps(config))


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"layers": ["c", "t", "pct"], "chunks": [2, 1024]},
        {"min_samples": 2},
        {"min_samples": 4, "chunks": [16, 65536]},
        {"sites": "intersection"},
        {"chroms": {"order": "file", "exclude": ["chr2"]}},
        {"base_check": "off", "deflate_level": 7},
    ],
    ids=str,
)
def test_same_bytes(
    five: Cohort, in_one_job: Callable[[Any], bytes], tmp_path: Path, config: dict[str, Any]
) -> None:
    found = scattering.build(five.sheet, tmp_path, 2, 3, config=config)
    assert found.read_bytes() == in_one_job(config)


@pytest.mark.parametrize(("n_batches", "n_ranges"), [(1, 1), (5, 1), (3, 7), (4, 2)])
def test_any_division(
    five: Cohort,
    in_one_job: Callable[[Any], bytes],
    tmp_path: Path,
    n_batches: int,
    n_ranges: int,
) -> None:
    """Also one batch, one sample per batch, and more ranges than digest blocks."""
    config = {"min_samples": 2}
    found = scattering.build(five.sheet, tmp_path, n_batches, n_ranges, config=config)
    assert found.read_bytes() == in_one_job(config)


def rows_of(*rows: tuple[int, int]) -> list[Any]:
    """Rows of one chromosome, given by position and count."""
    return [("chr1", pos, "100", count, 0) for pos, count in rows]


@pytest.mark.parametrize(
    ("largest", "min_samples", "dtype"),
    [
        ([9, 300], 1, "uint16"),
        ([9, 300], 2, "uint8"),
        ([300, 9], 2, "uint16"),
        ([300, 70_000], 2, "uint16"),
        ([70_000, 300], 2, "uint32"),
        ([256, 65_536], 2, "uint16"),
        ([255, 65_536], 2, "uint8"),
    ],
)
def test_the_type_of_the_counts(
    tmp_path: Path, largest: list[int], min_samples: int, dtype: str
) -> None:
    """Only counts at sites of the store decide: the second site is of one sample alone."""
    at_site, alone = largest
    samples = [rows_of((10, at_site)), rows_of((10, 1), (20, 2)), rows_of((10, 1), (30, alone))]
    cohort = make_cohort(tmp_path / "wide", samples, form="five_column")
    config = {"min_samples": min_samples}
    assert_same(cohort, 3, 1, config)
    with methcohort.open_store(cohort.root / "one.h5") as store:
        assert store.read_layer("c", 0, 0, store.n_sites).dtype == dtype


@pytest.mark.parametrize(
    "samples",
    [
        [rows_of((1, 1)), rows_of((2, 1)), rows_of((1, 3))],
        [rows_of((1, 1)), [], rows_of((1, 3)), []],
        [[], []],
    ],
    ids=["no common site", "empty samples", "only empty samples"],
)
@pytest.mark.parametrize("sites", ["union", "intersection"])
def test_few_rows(
    tmp_path: Path, samples: list[Any], sites: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Stores without sites, and samples without rows; what is warned of is the same."""
    cohort = make_cohort(tmp_path / "few", samples, styles=({"header": True},))
    config = {"sites": sites}
    assert_same(cohort, len(samples), 2, config)
    empty = [line for line in caplog.messages if ".h5 has no sites" in line]
    assert len(empty) in (0, 2)
    assert bool(empty) == (sites == "intersection" or not any(samples))


def test_no_memory_for_rows(
    five: Cohort, in_one_job: Callable[[Any], bytes], tmp_path: Path
) -> None:
    """Every step goes on in its scratch folder where the memory is full."""
    with patch("methcohort.engine.session.plan_budget", return_value=Budget(1, 0)):
        found = scattering.build(five.sheet, tmp_path, 2)
    assert found.read_bytes() == in_one_job({})


def test_workers_change_no_byte(
    five: Cohort, in_one_job: Callable[[Any], bytes], tmp_path: Path
) -> None:
    """Nor does it matter that a batch was read again by others after the sites were found."""
    config = {"min_samples": 2}
    batches = scattering.load(five.sheet, tmp_path, 2, config=config)
    find_sites(five.sheet, tmp_path / "sites", batches, config=config, workers=2)
    with small_blocks(500, 90), in_parts(3):
        load_batch(five.sheet, batches[0], "1/2", config=config, workers=0)
    ranges = scattering.pack(tmp_path, tmp_path / "sites", batches, 2, workers=2)
    assemble_ranges(tmp_path / "sites", tmp_path / "store.h5", ranges)
    assert (tmp_path / "store.h5").read_bytes() == in_one_job(config)


def test_a_batch_of_a_smaller_sheet(tmp_path: Path) -> None:
    """A batch is used with others whatever the division was: its samples count."""
    samples, _ = simulate(4, 4, {"chr1": 2000})
    small = make_cohort(tmp_path / "cohort", samples[:2])
    (batch,) = scattering.load(small.sheet, tmp_path / "parts", 1)
    cohort = make_cohort(tmp_path / "cohort", samples)
    load_batch(cohort.sheet, tmp_path / "second", "2/2", workers=0)
    sites, store = tmp_path / "sites", tmp_path / "store.h5"
    find_sites(cohort.sheet, sites, [tmp_path / "second", batch], workers=0)
    pack_range(sites, tmp_path / "range", "1/1", [batch, tmp_path / "second"], workers=0)
    assemble_ranges(sites, store, [tmp_path / "range"])
    assert store.read_bytes() == cohort.build().read_bytes()


def test_copies_of_files_that_lie_elsewhere(tmp_path: Path) -> None:
    """Only the jobs that read text need the copies; the store tells what the sheet names."""
    cohort = make_cohort(tmp_path / "cohort", simulate(4, 3, {"chr1": 200})[0])
    far = [f"s3://bucket/{path.name}" for path in cohort.paths]
    rows = [[f"s{k}", path, "one"] for k, path in enumerate(far)]
    sheet = write_sheet(tmp_path / "far.tsv", rows)
    table = tmp_path / "fetched.tsv"
    pairs = zip(far, cohort.paths, strict=True)
    table.write_text("".join(f"{there}\t{here}\n" for there, here in pairs))
    methcohort.build(sheet, tmp_path / "one.h5", workers=0, fetched=table)
    root = tmp_path / "parts"
    batches = scattering.load(sheet, root, 2, fetched=table)
    find_sites(sheet, root / "sites", batches, workers=0)
    ranges = scattering.pack(root, root / "sites", batches, 1)
    assemble_ranges(root / "sites", root / "store.h5", ranges)
    assert (root / "store.h5").read_bytes() == (tmp_path / "one.h5").read_bytes()


def told(build: Callable[[], object]) -> str:
    """What a build that fails says."""
    with pytest.raises(methcohort.MethcohortError) as caught:
        build()
    return str(caught.value)


def assert_both_refuse(cohort: Cohort, config: Any, pattern: str) -> None:
    """One job and several say the same of a cohort, one sample a batch."""
    one = told(lambda: methcohort.build(cohort.sheet, cohort.root / "one.h5", config=config))
    root, n = cohort.root / "parts", len(cohort.names)
    assert told(lambda: scattering.build(cohort.sheet, root, n, config=config)) == one
    assert re.search(pattern, one), one


def test_names_of_other_batches(tmp_path: Path) -> None:
    samples, _ = simulate(1, 2, {"chr1": 100})
    samples.append([("1", *row[1:]) for row in samples[0]])
    assert_both_refuse(make_cohort(tmp_path / "names", samples), {}, "chromosome '1', which is")


def test_a_file_one_base_aside_of_other_batches(tmp_path: Path) -> None:
    samples, _ = simulate(1, 4, {"chr1": 3000}, spacing=90)
    samples[2] = [(row[0], int(row[1]) + 1, *row[2:]) for row in samples[2]]
    cohort = make_cohort(tmp_path / "aside", samples)
    assert_both_refuse(cohort, {}, r"sample_3.*agree better .* shifted by -1")
    assert_same(cohort, 4, 1, {"base_check": "warn"})


def test_copies_in_other_batches(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    samples, _ = simulate(1, 3, {"chr1": 100})
    cohort = make_cohort(tmp_path / "copies", [*samples, samples[0]])
    scattering.build(cohort.sheet, cohort.root / "parts", 2)
    assert sum("has the same bytes as" in line for line in caplog.messages) == 1


@pytest.mark.parametrize("split", ["bismark_report", "five_column"])
def test_strands_of_other_batches(tmp_path: Path, split: str) -> None:
    """One file has both strands of a CpG in a row, the other in two; five columns do not say so."""
    genome = make_genome(3, {"chr1": 30_000})
    rows = cover([row for row in cytosines(genome) if row.context == "CpG"], 4)
    both = [replace(row, strand="both") for row in rows if row.strand == "+"]
    lines = []
    for form, own in ((split, rows), ("bismark_merged_cov", both)):
        writer = next(writer for writer in WRITERS if writer.form == form)
        path = tmp_path / f"{form}.txt"
        path.write_text(writer.text(own))
        lines.append([form, str(path), "one", form])
    sheet = write_sheet(tmp_path / "samples.tsv", lines, ["format"])
    one = told(lambda: methcohort.build(sheet, tmp_path / "one.h5", workers=0))
    assert "both strands of a CpG in one row" in one
    assert told(lambda: scattering.build(sheet, tmp_path / "parts", 2)) == one


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cohort, all parts of its store, and some parts of other stores."""
    root = tmp_path_factory.mktemp("parts")
    samples, _ = simulate(5, 4, {"chr1": 70_000})
    cohort = make_cohort(root / "cohort", samples)
    scattering.build(cohort.sheet, root / "good", 2)
    scattering.build(cohort.sheet, root / "config", 2, config={"min_samples": 2})
    scattering.build(cohort.sheet, root / "batches", 1, 3)
    other = make_cohort(root / "other", simulate(6, 4, {"chr1": 300})[0])
    scattering.build(other.sheet, root / "files", 2)
    return root


def steps(parts: Path, output: Path, **files: Any) -> list[Callable[[], object]]:
    """The last three steps, with some files of a good build replaced by others."""
    good = parts / "good"
    sheet = files.get("sheet", parts / "cohort" / "samples.tsv")
    batches = files.get("batches", [good / "batch_1", good / "batch_2"])
    ranges = files.get("ranges", [good / "range_1", good / "range_2"])
    sites, config = files.get("sites", good / "sites"), files.get("config")
    return [
        lambda: find_sites(sheet, output, batches, config=config, workers=0),
        lambda: pack_range(sites, output, "1/2", batches, workers=0),
        lambda: assemble_ranges(sites, output, ranges),
    ]


WRONG = {
    "another configuration": ([0], {"config": {"min_samples": 3}}, "was made with min_samples: 1"),
    "batches of other files": (
        [0, 1],
        {"batches": ["files/batch_1", "files/batch_2"]},
        "has other samples than the sheet|is not one of the batches",
    ),
    "batches of other settings": (
        [0, 1],
        {"batches": ["good/batch_1", "config/batch_2"]},
        "was made with min_samples: 2; expected 1|is not one of the batches",
    ),
    "overlapping batches": (
        [0],
        {"batches": ["batches/batch_1", "good/batch_2"]},
        "has samples of another batch, too",
    ),
    "no second batch": (
        [0, 1],
        {"batches": ["good/batch_1"]},
        "found no batch with the sample 's3'|made from 2 batches, and 1 of them",
    ),
    "no first batch": ([0], {"batches": ["good/batch_2"]}, "found no batch with the sample 's1'"),
    "a batch twice": (
        [0, 1],
        {"batches": ["good/batch_1", "good/batch_2", "good/batch_1"]},
        "batch_1: is given twice",
    ),
    "no such file": ([0, 1], {"batches": ["good/batch_3"]}, r"batch_3: cannot be read \(No such"),
    "another part": (
        [0, 1],
        {"batches": ["good/sites", "good/batch_2"]},
        "is what methcohort scatter sites writes; expected a batch",
    ),
    "a store": ([0, 1], {"batches": ["good/store.h5"]}, "is not a part of a scattered build"),
    "a text": ([0, 1], {"batches": ["cohort/samples.tsv"]}, "is not a part of a scattered build"),
    "a folder": ([0, 1], {"batches": ["good"]}, "cannot be read"),
    "ranges of other sites": (
        [2],
        {"ranges": ["good/range_1", "config/range_2"]},
        "config/range_2: was not made from .*sites",
    ),
    "no second range": ([2], {"ranges": ["good/range_1"]}, "found nothing of range 2 of 2"),
    "a range twice": ([2], {"ranges": ["good/range_2"] * 2}, "is given twice"),
    "another sheet": ([0], {"sheet": "other/samples.tsv"}, "has other samples than the sheet"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_files(parts: Path, tmp_path: Path, name: str) -> None:
    """One sentence says what is wrong with which file, and nothing is left."""
    numbers, files, pattern = WRONG[name]
    given: dict[str, Any] = {
        key: [parts / one for one in value] if isinstance(value, list) else value
        for key, value in files.items()
    }
    if "sheet" in given:
        given["sheet"] = parts / given["sheet"]
    chosen = steps(parts, tmp_path / "output", **given)
    for number in numbers:
        said = told(chosen[number])
        assert re.search(pattern, said), said
        assert "\n" not in said
        assert "; " in said
        assert "remove it" not in said  # it may be the user's own
    assert list(tmp_path.iterdir()) == []


def test_outputs_that_are_in_the_way(parts: Path, tmp_path: Path) -> None:
    """No step replaces what it reads, or a part of another kind."""
    good = tmp_path / "good"
    shutil.copytree(parts / "good", good)
    before = {path.name: path.read_bytes() for path in good.iterdir()}
    sheet, batches = parts / "cohort" / "samples.tsv", [good / "batch_1", good / "batch_2"]
    for output in (good / "batch_1", good / "sites"):
        said = told(lambda to=output: pack_range(good / "sites", to, "1/2", batches, workers=0))
        assert "found the output among the inputs" in said
    said = told(lambda: find_sites(sheet, batches[0], batches, workers=0))
    assert "found the output among the inputs" in said
    said = told(lambda: find_sites(sheet, good / "range_1", batches, workers=0))
    assert "is what methcohort scatter pack writes; only an earlier sites file is replaced" in said
    find_sites(sheet, good / "sites", batches, workers=0)
    assert {path.name: path.read_bytes() for path in good.iterdir()} == before


def test_ranges_of_another_division(parts: Path, tmp_path: Path) -> None:
    good = parts / "good"
    pack_range(
        good / "sites", tmp_path / "third", "2/3", [good / "batch_1", good / "batch_2"], workers=0
    )
    ranges = [good / "range_1", tmp_path / "third"]
    said = told(lambda: assemble_ranges(good / "sites", tmp_path / "store.h5", ranges))
    assert re.search("third: is a range of 3, and .*range_1 is one of 2", said), said


def damaged(path: Path, target: Path, how: float) -> Path:
    """A copy of a part: cut by some bytes, with one bit changed at a share of it, or longer."""
    data = bytearray(path.read_bytes())
    if how < 0:
        del data[int(how) :]
    elif how > 1:
        data += b"more"
    else:
        data[int(how * (len(data) - 1))] ^= 1
    target.write_bytes(data)
    return target


@pytest.mark.parametrize("how", [-1, -40, -9999, 0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1, 2])
@pytest.mark.parametrize("what", ["batch_2", "sites", "range_2"])
def test_damage(parts: Path, tmp_path: Path, what: str, how: float) -> None:
    """Wherever a part is cut or changed: one sentence that names it, or it makes no difference."""
    good, output = parts / "good", tmp_path / "output"
    bad = damaged(good / what, tmp_path / what, how)
    files: dict[str, Any] = {
        "batch_2": {"batches": [good / "batch_1", bad]},
        "sites": {"sites": bad},
        "range_2": {"ranges": [good / "range_1", bad]},
    }[what]
    made = [good / "sites", good / "range_1", good / "store.h5"]
    readers = {"batch_2": [0, 1], "sites": [1, 2], "range_2": [2]}[what]
    n_refused = 0
    for number in readers:
        try:
            steps(parts, output, **files)[number]()
        except methcohort.StoreError as error:
            remedy = "remove it, and run the step" if how else "give that file, or run that step"
            assert re.match(f"{re.escape(str(bad))}: .*; {remedy}", str(error))
            assert not output.exists()
            n_refused += 1
        else:
            assert output.read_bytes() == made[number].read_bytes()
            output.unlink()
    whole = isinstance(how, float)  # a byte in the middle may be one that this range does not need
    assert n_refused == len(readers) or (whole and (n_refused or what == "batch_2"))


def test_another_version(parts: Path, tmp_path: Path) -> None:
    with patch("methcohort.scatter.part_file.release", return_value="9.9"):
        said = told(steps(parts, tmp_path / "output")[1])
    assert re.search("by methcohort .*; expected one by 9.9", said.replace("methcohort 9", "9"))


def test_the_reference_has_changed(tmp_path: Path) -> None:
    """A batch that was read next to another file of that name is not used."""
    genome = make_genome(3, {"chr1": 3000})
    config = {"reference": str(write_fasta(tmp_path / "genome.fa", genome))}
    rows = cover(cytosines(genome), 1)
    paths = [str(write_calls(tmp_path / f"{k}.txt", rows[k:], "allc")) for k in range(2)]
    sheet = write_sheet(tmp_path / "samples.tsv", [[f"s{p[-5]}", p, "one"] for p in paths])
    batches = scattering.load(sheet, tmp_path / "parts", 2, config=config)
    write_fasta(tmp_path / "genome.fa", genome | {"chr2": "ACGT"})
    said = told(lambda: find_sites(sheet, tmp_path / "sites", batches, config=config, workers=0))
    assert "batch_1: was read with another file as reference" in said


def test_no_room(parts: Path, tmp_path: Path) -> None:
    """Where files may not grow, as on a full disk: one sentence for each step, nothing left."""
    good = parts / "good"
    batches = [good / "batch_1", good / "batch_2"]
    ranges = [good / "range_1", good / "range_2"]
    sheet = ["--samples", parts / "cohort" / "samples.tsv"]
    commands = [
        ["load", *sheet, "--batch", "1/2", "--workers", "0"],
        ["load", *sheet, "--batch", "1/2", "--workers", "2"],
        ["sites", *sheet, *batches],
        ["pack", "--sites", good / "sites", "--range", "1/2", *batches],
        ["assemble", "--sites", good / "sites", *ranges],
    ]
    for command in commands:
        output = ["--output", tmp_path / "output"]
        done = limited(resource.RLIMIT_FSIZE, 20_000, "-q", "scatter", *command, *output)
        assert done.returncode == 1, command
        assert re.fullmatch(r"methcohort: error: [^\n]+\n", done.stderr), done.stderr
        assert list(tmp_path.iterdir()) == []


def test_few_open_files(tmp_path: Path) -> None:
    """Many batches and ranges need no more open files than one."""
    n = 50
    cohort = make_cohort(tmp_path / "many", simulate(2, n, {"chr1": 20})[0])
    root = cohort.root / "parts"
    batches = scattering.load(cohort.sheet, root, n)
    sites, one = root / "sites", ["--sites", root / "sites", "--output"]
    options = ["--samples", cohort.sheet, "--workers", "2", "--output", sites]
    done = limited(resource.RLIMIT_NOFILE, 48, "scatter", "sites", *options, *batches)
    assert done.returncode == 0, done.stderr
    ranges = scattering.pack(root, sites, batches, n)
    options = [*one, ranges[-1], "--range", f"{n}/{n}", "--workers", "2"]
    done = limited(resource.RLIMIT_NOFILE, 48, "scatter", "pack", *options, *batches)
    assert done.returncode == 0, done.stderr
    options = [*one, root / "store.h5"]
    done = limited(resource.RLIMIT_NOFILE, 48, "scatter", "assemble", *options, *ranges)
    assert done.returncode == 0, done.stderr
    assert (root / "store.h5").read_bytes() == cohort.build().read_bytes()


def test_too_little_memory(parts: Path, tmp_path: Path) -> None:
    good, output = parts / "good", tmp_path / "output"
    sheet = parts / "cohort" / "samples.tsv"
    batches = [good / "batch_1", good / "batch_2"]
    ranges = [good / "range_1", good / "range_2"]
    means: dict[str, Any] = {"memory": "60MB"}
    for step in (
        lambda: load_batch(sheet, output, "1/2", **means),
        lambda: find_sites(sheet, output, batches, **means),
        lambda: pack_range(good / "sites", output, "1/2", batches, **means),
        lambda: assemble_ranges(good / "sites", output, ranges, **means),
    ):
        assert "a memory of 60 MB is too small" in told(step)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("batch", ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", "1/0", "5/5", ""])
def test_no_such_batch(parts: Path, tmp_path: Path, batch: str) -> None:
    """Four samples have no fifth batch."""
    sheet = parts / "cohort" / "samples.tsv"
    said = told(lambda: load_batch(sheet, tmp_path / "output", batch))
    assert re.search("expected (a number and how many|no more batches than samples)", said), said


def test_command_line(tmp_path: Path, run: Callable[..., Any]) -> None:
    """The four commands make what `build` makes."""
    cohort = make_cohort(tmp_path, simulate(5, 3, {"chr1": 3000})[0])
    config = {"min_samples": 2}
    sheet = ["--samples", cohort.sheet, "--config", "{min_samples: 2}"]
    own = ["--workers", "1", "--memory", "500MB", "--scratch", tmp_path]
    batches = [tmp_path / "b1", tmp_path / "b2"]
    sites, ranges, store = tmp_path / "s", [tmp_path / "r1", tmp_path / "r2"], tmp_path / "all.h5"
    done = run("scatter", "load", *sheet, *own, "--batch", "1/2", "--output", batches[0])
    assert (done.returncode, done.stdout) == (0, "")
    assert f"wrote {batches[0]}: batch 1 of 2, " in done.stderr
    load_batch(cohort.sheet, batches[1], "2/2", config=config, workers=0)
    done = run("scatter", "sites", *sheet, *own, "--output", sites, *batches)
    assert done.returncode == 0, done.stderr
    pack_range(sites, ranges[0], "1/2", batches, workers=0)
    part = ["--sites", sites, "--range", "2/2", "--output", ranges[1]]
    assert run("scatter", "pack", *part, *own, *batches).returncode == 0
    done = run("scatter", "assemble", "--sites", sites, "--output", store, *ranges)
    assert done.returncode == 0, done.stderr
    assert store.read_bytes() == cohort.build(config=config).read_bytes()
    done = run("scatter", "assemble", "--sites", sites, "--output", store, batches[0])
    assert done.returncode == 1
    assert re.fullmatch("methcohort: error: .*expected a range of this build, .*\n", done.stderr)


def draw_config(rng: random.Random, root: Path, config: dict[str, Any], n_samples: int) -> None:
    """Draw settings that `test_any_cohort` leaves out."""
    if config["sites"] == "union" and rng.random() < 0.4:
        config["min_samples"] = rng.randint(1, n_samples)
    elif config["sites"] == "union" and rng.random() < 0.3:
        config["sites"] = str(root / "sites.bed")
        spans = [
            f"{name}\t{start}\t{start + rng.randint(1, 90)}"
            for name, start in (
                ("chr10", 5),
                ("chr1", 30),
                ("chr1", 150),
                ("chr2", 40),
                ("chr10", 200),
            )
        ]
        (root / "sites.bed").write_text("\n".join(spans) + "\n")
    if rng.random() < 0.3:
        config["chroms"] = config["chroms"] | {"order": "file"}
    if rng.random() < 0.2:
        config["base_check"] = "off"


def draw_cohort(rng: random.Random, root: Path) -> tuple[Path, dict[str, Any], int]:
    """Draw a cohort; return its sheet, its settings and the number of its samples."""
    case = any_cohort.draw_case(rng, root)
    rows = list(any_cohort.write_case(rng, root, case))
    sheet = write_sheet(root / "samples.tsv", rows, ["format", "merge_as"])
    n_samples = len({file.merge_as or file.name for file in case.files})
    draw_config(rng, root, case.config, n_samples)
    return sheet, case.config, n_samples


def one_job(sheet: Path, config: Any) -> bytes | str:
    """The bytes of a store that one job makes, or why there is none."""
    output = sheet.parent / "one.h5"
    try:
        methcohort.build(sheet, output, config=config, workers=0)
    except methcohort.InputError as error:
        return str(error)
    return output.read_bytes()


def in_jobs(sheet: Path, config: Any, n_batches: int, n_ranges: int) -> bytes | str:
    """The same of a scattered build."""
    root = sheet.parent / "parts"
    try:
        return scattering.build(sheet, root, n_batches, n_ranges, config=config).read_bytes()
    except methcohort.InputError as error:
        return str(error)


def test_any_cohort(tmp_path: Path) -> None:
    """Whatever the callers, the options, the batches and the ranges: the bytes are the same."""
    n_built = 0
    for seed in range(RANDOM_CASES):
        rng = random.Random(seed)
        root = tmp_path / str(seed)
        root.mkdir()
        sheet, config, n_samples = draw_cohort(rng, root)
        with ExitStack() as stack:
            if rng.random() < 0.3:
                stack.enter_context(small_blocks(rng.choice((64, 1000)), rng.choice((20, 90))))
            one = one_job(sheet, config)
            if rng.random() < 0.3:
                stack.enter_context(in_parts(rng.choice((2, 7))))
            found = in_jobs(sheet, config, rng.randint(1, n_samples), rng.randint(1, 3))
        if isinstance(found, str):
            # A batch is alone with a file that may be of two formats.
            assert isinstance(one, str) or "look alike" in found, seed
            continue
        assert found == one, seed
        n_built += 1
    assert n_built > RANDOM_CASES // 2
