"""A store equals what a slow and obvious reading of the same files gives, however it is built."""

import gzip
import hashlib
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import oracle
import pytest
from cohorts import (
    Cohort,
    Row,
    Style,
    assert_store_equals,
    compress,
    make_cohort,
    simulate,
    strings,
)
from hypothesis import event, given, settings
from hypothesis import strategies as st
from places import SHARED

import methcohort
from methcohort.core.errors import InputError

REAL = SHARED / "plain5"
STYLES: list[dict[str, Any]] = [
    {},
    {"compress": "gzip"},
    {"compress": "multi", "eol": "\r\n"},
    {"compress": "bgzip", "header": True},
    {"sep": "blank", "comments": True, "header": True, "last_newline": False},
    {"sep": "mixed", "indent": True, "bom": True, "eol": "\r\n", "comments": True},
]
EVERY_SITE = ("layers/c", "layers/t", "layers/pct", "sites/pos")
MakeCohort = Callable[..., Cohort]
pytestmark = pytest.mark.filterwarnings("ignore")


def check(cohort: Cohort, config: dict[str, Any] | None = None, **options: Any) -> Path:
    """Build and compare with the oracle."""
    store = cohort.build(config=config, **options)
    assert_store_equals(store, cohort.expected(config), cohort.names)
    return store


def layers_of(path: Path) -> dict[str, np.ndarray]:
    """Every layer, with positions, by plain h5py."""
    with h5py.File(path) as file:
        return {
            name: file[name][...] for name in ("layers/c", "layers/t", "layers/pct", "sites/pos")
        }


def digest_of(path: Path) -> str:
    with methcohort.open_store(path) as store:
        return store.digest


def test_simulated_truth(cohort: MakeCohort) -> None:
    """The simulation knows the answer without any reading: neither oracle nor store may differ."""
    made = cohort(5, {"chr2": 300, "chr10": 200, "chrX": 1}, seed=3)
    seen = (made.truth["c"] + made.truth["t"]).any(axis=0)
    expected = made.expected()
    assert expected.flat_pos == np.array(made.truth["pos"])[seen].tolist()
    np.testing.assert_array_equal(expected.c, made.truth["c"][:, seen])
    np.testing.assert_array_equal(expected.t, made.truth["t"][:, seen])
    check(made)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: "-".join(map(str, style)) or "plain")
def test_style(cohort: MakeCohort, style: dict[str, Any]) -> None:
    """How a file is written down changes nothing."""
    plain = cohort(3, root="plain")
    styled = cohort(3, root="styled", styles=[style])
    np.testing.assert_array_equal(plain.expected().c, styled.expected().c)
    assert digest_of(check(plain)) == digest_of(check(styled))


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """Six samples with uncovered rows, rows given twice, mixed styles, chromosomes in any order."""
    rng = np.random.default_rng(11)
    sites = {"chrX": 150, "chr10": 200, "chr2": 200, "scaffold_7": 20, "chrUn": 3, "chrM": 30}
    samples, _ = simulate(5, 6, sites, coverage=0.5)
    for rows in samples:
        for i in rng.choice(len(rows), 60, replace=False).tolist():
            name, pos, pct, c, t = rows[i]
            rows[i] = (name, pos, ("NA", "nan", ".", "50.0")[i % 4], 0, 0) if i % 2 else rows[i]
            if i % 3 == 0:
                rows.append((name, pos, pct, c, t))
            if i % 5 == 0:
                rows.append((name, pos, "100", 3 + i, 0))
    rng.shuffle(samples[3])
    made = make_cohort(tmp_path_factory.mktemp("messy"), samples, styles=STYLES)
    bed = "track name=x\n#c\nchr2\t0\t400\tmore\nchr2 300 900\nchrX\t1000\t1003\nchr77\t5\t9\n"
    (made.root / "sites.bed").write_text(bed)
    (made.root / "sites.bed.gz").write_bytes(gzip.compress(bed.encode()))
    return made


@pytest.mark.parametrize("sites", ["union", "intersection", "sites.bed", "sites.bed.gz"])
@pytest.mark.parametrize("duplicates", ["sum", "first"])
@pytest.mark.parametrize("uncovered", ["drop", "keep"])
def test_options(messy: Cohort, sites: str, duplicates: str, uncovered: str) -> None:
    """Sites, duplicates and uncovered rows in every combination."""
    sites = str(messy.root / sites) if "bed" in sites else sites
    check(messy, {"sites": sites, "duplicates": duplicates, "uncovered": uncovered})


MORE_OPTIONS: dict[str, dict[str, Any]] = {
    "min_samples_3": {"min_samples": 3},
    "min_samples_all": {"min_samples": 6},
    "file_order": {"chroms": {"order": "file"}},
    "include": {"chroms": {"include": ["chr[0-9]*", "chrX"]}},
    "exclude": {"chroms": {"exclude": ["*_*", "chrM"]}},
    "include_exclude": {"chroms": {"include": ["chr*"], "exclude": ["chrUn"], "order": "file"}},
    "include_none": {"chroms": {"include": ["nothing"]}},
    "counts_only": {"layers": ["c", "t"]},
    "small_chunks": {"chunks": [1, 256]},
    "tall_chunks": {"chunks": [5, 256], "deflate_level": 6},
    "large_chunks": {"chunks": [64, 65536], "deflate_level": 3},
    "unchecked": {"pct_check": "off"},
    "unchecked_yaml": {"pct_check": False},
    "keep_min_2": {"uncovered": "keep", "min_samples": 2, "layers": ["c", "t"]},
}


@pytest.mark.parametrize("name", MORE_OPTIONS)
def test_more_options(messy: Cohort, name: str) -> None:
    """Each remaining option by itself and in a few pairs."""
    check(messy, {"duplicates": "sum"} | MORE_OPTIONS[name])


def test_bed_with_chroms(messy: Cohort) -> None:
    """Include and exclude act on the intervals too."""
    config = {"sites": str(messy.root / "sites.bed"), "duplicates": "first"}
    store = check(messy, config | {"chroms": {"exclude": ["chrX"]}})
    with methcohort.open_store(store) as opened:
        assert opened.chroms == ("chr2", "chr77")
    store = check(messy, config | {"chroms": {"order": "file", "include": ["chr[X27]*"]}})
    with methcohort.open_store(store) as opened:
        assert opened.chroms == ("chr2", "chrX", "chr77")


def test_bed_styles(tmp_path: Path) -> None:
    """Blanks, CRLF, overlaps, any order, empty intervals, and names that begin like a keyword."""
    names = ["chr1", "track7", "browserX", "chr2"]
    made = make_cohort(tmp_path, [[(n, p, "50", 1, 1) for n in names for p in range(1, 40)]])
    bed = tmp_path / "sites.bed"
    bed.write_bytes(
        b"browser position chr1:1-2\r\ntrack name=a\r\ntrack7\t5\t9\r\nchr1 20 30 name\r\n"
        b"chr1\t0\t3\r\n\r\nchr1\t2\t4\tx\nchr1\t4\t5\n#end\nbrowserX\t38\t50\nchr2\t7\t7"
    )
    store = check(made, {"sites": str(bed)})
    with methcohort.open_store(store) as opened:
        assert opened.chroms == ("browserX", "chr1", "track7")


@pytest.mark.parametrize("check_mode", ["warn", "off"])
def test_disagreeing_percentage_is_kept_as_written(tmp_path: Path, check_mode: str) -> None:
    """Where the check does not stop the run, the text is the truth."""
    made = make_cohort(tmp_path, [[("1", 5, "12.5", 1, 1), ("1", 6, "99.999", 0, 7)]])
    check(made, {"pct_check": check_mode})


def test_wider_tolerance(tmp_path: Path) -> None:
    made = make_cohort(tmp_path, [[("1", 5, "45", 1, 1), ("1", 6, "50.5", 1, 1)]])
    check(made, {"pct_tolerance": 5.0})


CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"sites": "intersection", "chroms": {"order": "file"}}, {"deflate_level": 4}),
    ({"duplicates": "first", "uncovered": "keep"}, {"chunks": [4, 512]}),
]


@pytest.mark.parametrize("case", CASES, ids=["default", "intersection", "first"])
def test_workers_and_memory(messy: Cohort, tmp_path: Path, case: tuple[Any, Any]) -> None:
    """Neither the number of workers nor the memory budget changes one byte."""
    config = {"duplicates": "sum"} | case[0] | case[1]
    files = []
    for workers, memory in itertools.product((0, 1, 2), ("350MB", "4GB")):
        if workers == 1 and memory == "4GB":
            continue
        target = tmp_path / f"{workers}_{memory}.h5"
        methcohort.build(
            messy.sheet, target, config=config, workers=workers, memory=memory, scratch=tmp_path
        )
        files.append(target.read_bytes())
    assert_store_equals(target, messy.expected(config), messy.names)
    assert {hashlib.sha256(data).hexdigest() for data in files} == {
        hashlib.sha256(files[0]).hexdigest()
    }
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".h5"] * 5


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_start_methods(
    messy: Cohort, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str
) -> None:
    """However workers are started, the bytes are the same."""
    config = {"duplicates": "first"}
    alone = messy.build(config=config)
    monkeypatch.setenv("METHCOHORT_START_METHOD", method)
    both = messy.build(f"{method}.h5", config=config, workers=2, scratch=tmp_path)
    assert alone.read_bytes() == both.read_bytes()


def test_many_chunks(cohort: MakeCohort, tmp_path: Path) -> None:
    """More samples and sites than one chunk holds, in the default shape."""
    made = cohort(19, {"chr1": 12_000, "chr2": 9_000}, coverage=0.3, styles=[{"compress": "gzip"}])
    alone = check(made)
    both = made.build("two.h5", workers=2, memory="350MB", scratch=tmp_path)
    assert alone.read_bytes() == both.read_bytes()


def test_layout_does_not_change_the_digest(messy: Cohort) -> None:
    """Chunks and compression are layout; layers, options and order are content."""
    base = {"duplicates": "sum"}
    first = digest_of(messy.build(config=base))
    for change in ({"chunks": [2, 1024]}, {"deflate_level": 9}, {"chunks": [64, 256]}):
        assert digest_of(messy.build(config=base | change)) == first
    assert digest_of(messy.build(config=base | {"min_samples": 2})) != first


@pytest.mark.parametrize("workers", [0, 2])
def test_unsorted_input_gives_the_same_store(
    cohort: MakeCohort, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workers: int
) -> None:
    """Rows in any order: same content, another file."""
    made = cohort(4, {"chr1": 3000, "chr2": 2000})
    ordered = check(made)
    rng = np.random.default_rng(8)
    for path in made.paths:
        lines = path.read_bytes().splitlines(keepends=True)
        rng.shuffle(lines)
        path.write_bytes(b"".join(lines))
    shuffled = made.build("shuffled.h5", workers=workers)
    assert_store_equals(shuffled, made.expected(), made.names)
    assert digest_of(shuffled) == digest_of(ordered)
    for name, values in layers_of(ordered).items():
        np.testing.assert_array_equal(values, layers_of(shuffled)[name])
    with h5py.File(ordered) as one, h5py.File(shuffled) as other:
        assert (one["inputs/sha256"][...] != other["inputs/sha256"][...]).any()


def test_interleaved_and_descending(tmp_path: Path) -> None:
    """Chromosomes that come and go, positions that go down."""
    rows = [(f"chr{i % 3 + 1}", 5000 - i * 7, "50", 1, 1) for i in range(400)]
    check(make_cohort(tmp_path, [rows, rows[::-1], rows[::3]]))


@pytest.mark.parametrize(
    ("largest", "dtype"),
    [
        (255, np.uint8),
        (256, np.uint16),
        (65_535, np.uint16),
        (65_536, np.uint32),
        (2**32 - 1, np.uint32),
    ],
)
@pytest.mark.parametrize("column", ["c", "t"])
def test_counts_are_exact(tmp_path: Path, largest: int, dtype: type, column: str) -> None:
    """The narrowest type that holds the largest count, for both layers, never clipped."""
    high = ("chr1", 9, "100", largest, 0) if column == "c" else ("chr1", 9, "0", 0, largest)
    both = ("chr1", 10, "50.0", largest, largest)
    store = check(make_cohort(tmp_path, [[("chr1", 4, "50", 1, 1), high], [both]]))
    with h5py.File(store) as file:
        assert file["layers/c"].dtype == file["layers/t"].dtype == dtype


def test_dtype_follows_stored_counts(tmp_path: Path) -> None:
    """Counts that were dropped do not widen the type; counts that were summed do."""
    rows = [("chr1", 4, "50", 200, 200), ("chr1", 4, "50", 100, 100), ("chr9", 1, "0", 0, 70_000)]
    made = make_cohort(tmp_path, [rows])
    config = {"duplicates": "sum", "chroms": {"exclude": ["chr9"]}}
    with h5py.File(check(made, config)) as file:
        assert file["layers/c"].dtype == np.uint16
    with h5py.File(check(made, config | {"duplicates": "first"})) as file:
        assert file["layers/c"].dtype == np.uint8


def test_dtype_of_unsorted_input(tmp_path: Path) -> None:
    """A large count in a later row of a site widens sums only, whatever the order of rows."""
    rows = [("chr2", 9, "0", 0, 1), ("chr1", 4, "50", 2, 2), ("chr2", 9, "0", 0, 400)]
    made = make_cohort(tmp_path, [rows, [("chr1", 4, "50", 100, 100)]])
    for duplicates, dtype in (("first", np.uint8), ("sum", np.uint16)):
        with h5py.File(check(made, {"duplicates": duplicates})) as file:
            assert file["layers/c"].dtype == dtype


@pytest.mark.parametrize("sites", ["intersection", "sites.bed"])
def test_dtype_of_dropped_sites(tmp_path: Path, sites: str) -> None:
    """A large count at a site that is not kept does not widen the type."""
    rows = [("chr1", 4, "50", 2, 2), ("chr1", 9, "0", 0, 70_000)]
    made = make_cohort(tmp_path, [rows, rows[:1]])
    (tmp_path / "sites.bed").write_text("chr1\t0\t5\n")
    config = {"sites": str(tmp_path / sites) if "bed" in sites else sites}
    with h5py.File(check(made, config)) as file:
        assert file["layers/c"].dtype == np.uint8


def test_sums_up_to_the_limit(tmp_path: Path) -> None:
    """The largest sum that fits is exact."""
    rows = [("chr1", 4, "0", 0, 2**31), ("chr1", 4, "0", 0, 2**31 - 1)]
    check(make_cohort(tmp_path, [rows]), {"duplicates": "sum"})


def test_extreme_positions(tmp_path: Path) -> None:
    """First and last position of the format, with leading zeros too."""
    rows = [("chr1", 1, "0", 0, 1), ("chr1", 2**31 - 1, "0", 0, 1), ("chr2", 2**31 - 1, "0", 0, 1)]
    check(make_cohort(tmp_path, [rows, [("chr1", "0000000000000000012", "0", 0, "0001")]]))


PERCENTAGES = [
    "0", "100", "100.", "100.000000", ".5", "0.5", "5.", "007.25", "33.333333333333336",
    "33.33333333333333333333333333333", "66.66666793823242", "14.2857142857142857", "0.1",
    "99.9999",
    "0.00000000000000000000000000000000000000000000000001", "1.17549435e-38"[:10],
    "71.428573608398437499999", "71.428573608398437500001", "16.666667461395263671875",
    "0.000000000000000000000000000000000000000000000000000000000000000000000000000000012345",
    "00000000000000000000000000000000000000050.0000000000000000000000000000000000000000000",
    "9.999999999999999999999999", "99.99999999999999999999999", "12345678901234567890"[:2],
]  # fmt: skip


def test_percentages_are_rounded_once(tmp_path: Path) -> None:
    """pct is float32(float64(text)) for texts that are long, short or near a tie."""
    rng = np.random.default_rng(4)
    texts = PERCENTAGES + [repr(x) for x in (rng.random(300) * 100).tolist()]
    texts += [f"{x:.{i % 25}f}" for i, x in enumerate((rng.random(300) * 100).tolist())]
    halves = (rng.random(200) * 100).astype(np.float32)
    ties = (halves.astype(float) + np.nextafter(halves, np.float32(200)).astype(float)) / 2
    texts += [f"{x:.40f}" for x in ties.tolist()]
    rows: list[Row] = [("1", i + 1, text, 1, 1) for i, text in enumerate(texts)]
    check(make_cohort(tmp_path, [rows]), {"pct_check": "off"})


def test_one_sample(cohort: MakeCohort) -> None:
    check(cohort(1))


def test_samples_without_sites(tmp_path: Path) -> None:
    """A header, comments, blank lines or only dropped rows: a sample of zeros and NaN."""
    made = make_cohort(tmp_path, [[("chr1", 5, "50", 1, 1)]] * 5, form="five_column")
    for path, text in zip(
        made.paths[1:], ["chr pos pct c t\n", "#nothing\n\n", "\n", "chr1 1 NA 0 0"], strict=True
    ):
        path.write_text(text)
    check(made)
    check(made, {"sites": "intersection"})


@pytest.mark.parametrize("workers", [0, 2])
def test_no_sites_at_all(tmp_path: Path, workers: int) -> None:
    """A store of no sites is still a whole store."""
    made = make_cohort(tmp_path, [[], []], styles=[{"header": True}])
    store = check(made, workers=workers)
    methcohort.verify(store)


def test_single_row_without_newline(tmp_path: Path) -> None:
    check(make_cohort(tmp_path, [[("c", 1, "0", 0, 1)]], styles=[{"last_newline": False}]))


@pytest.mark.parametrize("workers", [0, 2])
def test_many_contigs(tmp_path: Path, workers: int) -> None:
    """Thousands of short contigs, in another order in each file."""
    rng = np.random.default_rng(2)
    rows: list[Row] = [(f"contig_{i}", 1 + i % 50, "50", 1, 1) for i in range(2500)]
    samples = [[rows[i] for i in rng.permutation(2500)[:2200]] for _ in range(3)]
    check(make_cohort(tmp_path, samples), workers=workers)
    check(make_cohort(tmp_path, samples), {"chroms": {"order": "file"}}, workers=workers)


def test_file_order_is_the_sheet_order(tmp_path: Path) -> None:
    """First appearance over the samples in the order of the sheet, not of finishing."""
    first = [("b", 1, "0", 0, 1), ("a", 1, "0", 0, 1)]
    big = [("z", i, "0", 0, 1) for i in range(1, 20_000)]
    made = make_cohort(tmp_path, [[*big, ("y", 1, "0", 0, 1)], first, [("a10", 1, "0", 0, 1)]])
    for workers in (0, 2):
        store = check(made, {"chroms": {"order": "file"}}, workers=workers)
        with methcohort.open_store(store) as opened:
            assert opened.chroms == ("z", "y", "b", "a", "a10")


ODD_NAMES = [
    "chr1", "chr01", "chr001", "chr2", "chr10", "chr10_alt", "chr10_2", "chr10_10", "3", "03",
    "4", "X",
    "染色体1", "染色体10", "染色体2", "хромосома", "é", "e\u0301", "🧬", "🧬2",
    "a" * 3000, "a" * 2999 + "b",
    "chr" + "1" * 4093, "chr" + "2" * 4092, "-1", "../x", "a/b", "*", "[1]", "'", '"q', "a,b",
    "a:b", "a#b", "chr1:5-9", "٣", "{wildcard}", "NA", "nan", "chr", "pos", "0", "00", "👩🔬",
]  # fmt: skip


@pytest.mark.parametrize("order", ["natural", "file"])
def test_odd_names(tmp_path: Path, order: str) -> None:
    """Names of all lengths and scripts, in natural order or as found."""
    rows: list[Row] = [(name, i + 1, "50", 1, 1) for i, name in enumerate(ODD_NAMES)]
    made = make_cohort(tmp_path, [rows, rows[::-1], rows[::2]])
    store = check(made, {"chroms": {"order": order}})
    with h5py.File(store) as file:
        assert set(strings(file["chroms/name"])) == set(ODD_NAMES)


def test_odd_sample_names_and_sheet_columns(tmp_path: Path) -> None:
    """Names and further columns come back as written."""
    names = ["Mäuse 1", "样本", "a/b", "🧬", "x" * 500]
    extra = {"sex": ["f", "m", "", '"f"', '5" x'], "Größe": ["1e5", "NA", "0x1", "no", "01"]}
    samples, _ = simulate(1, 5, {"1": 40})
    made = make_cohort(tmp_path, samples, names=names, extra=extra)
    store = check(made)
    with methcohort.open_store(store) as opened:
        assert opened.sheet == {key: tuple(values) for key, values in extra.items()}
    with h5py.File(store) as file:
        assert strings(file["sheet/columns"]) == list(extra)
        assert strings(file["sheet/values"]) == [v for values in extra.values() for v in values]
        assert file["sheet/values"].shape == (2, 5)


def test_inputs_are_recorded(cohort: MakeCohort) -> None:
    """Path as in the sheet, size and SHA-256 of the file's own bytes."""
    made = cohort(3, styles=STYLES[1:4])
    with h5py.File(made.build()) as file:
        assert strings(file["inputs/path"]) == [str(path) for path in made.paths]
        assert file["inputs/size"][...].tolist() == [path.stat().st_size for path in made.paths]
        sums = [hashlib.sha256(path.read_bytes()) for path in made.paths]
        stored = file["inputs/sha256"]
        if stored.dtype.kind == "S":
            assert strings(stored) == [s.hexdigest() for s in sums]
        else:
            assert [bytes(row) for row in stored[...]] == [s.digest() for s in sums]


def test_sheet_paths_are_relative_to_the_working_directory(
    cohort: MakeCohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = cohort(3)
    expected = digest_of(made.build())
    text = made.sheet.read_text().replace(str(made.root) + "/", "./")
    made.sheet.write_text(f"# the sheet\n\n{text}")
    monkeypatch.chdir(made.root)
    methcohort.build("samples.tsv", "here.h5", workers=0)
    assert digest_of(made.root / "here.h5") == expected


def test_cohort_is_chosen_by_name(cohort: MakeCohort) -> None:
    """One store per cohort, from one sheet; the same name may stand in two cohorts."""
    made = cohort(4)
    lines = made.sheet.read_text().splitlines()
    lines[3:] = [line.replace("\tone", "\ttwo").replace("s3", "s1") for line in lines[3:]]
    made.sheet.write_text("\n".join(lines))
    for name, part, names in (("one", slice(2), ["s1", "s2"]), ("two", slice(2, 4), ["s1", "s4"])):
        store = made.build(f"{name}.h5", cohort=name)
        part_paths = made.paths[part]
        expected = oracle.merge([oracle.read_text(path) for path in part_paths])
        assert_store_equals(store, expected, names)


def test_build_replaces_the_store(cohort: MakeCohort) -> None:
    """A second build writes everything anew."""
    old, new = cohort(2, root="old"), cohort(3, seed=9, root="new")
    store = old.build()
    methcohort.build(new.sheet, store, workers=0)
    assert_store_equals(store, new.expected(), new.names)
    assert sorted(path.name for path in old.root.iterdir()) == [
        "sample_1.txt", "sample_2.txt", "samples.tsv", "store.h5",
    ]  # fmt: skip


def test_gzip_is_known_by_its_bytes(cohort: MakeCohort) -> None:
    """A gzip file named .txt and a text named .gz are read as what they are."""
    made = cohort(2, styles=[{}])
    made.paths[0].write_bytes(compress(made.paths[0].read_bytes(), "gzip"))
    renamed = made.paths[1].with_suffix(".gz")
    made.paths[1].rename(renamed)
    made.sheet.write_text(made.sheet.read_text().replace(str(made.paths[1]), str(renamed)))
    made.paths[1] = renamed
    check(made)


def test_zero_padding_after_gzip(cohort: MakeCohort) -> None:
    """Zeros after the last member are padding, as gzip itself sees them."""
    made = cohort(1, styles=[{"compress": "gzip"}])
    made.paths[0].write_bytes(made.paths[0].read_bytes() + bytes(1000))
    check(made)


def test_concatenated_bgzip(cohort: MakeCohort) -> None:
    """Files put behind one another have an end block in the middle, and go on after it."""
    made = cohort(2, styles=[{"compress": "bgzip"}])
    parts = [("chr1", "chr10", "chr2"), ("chr3", "chr11", "chr4")]
    texts = []
    for names in parts:
        rows, _ = simulate(1, 1, dict.fromkeys(names, 50))
        texts.append(compress(Style().text(rows[0]), "bgzip"))
    made.paths[0].write_bytes(b"".join(texts))
    check(made)
    assert len(made.expected().chroms) == 6


@pytest.mark.timeout(20)
@pytest.mark.parametrize("line", [b"#\n", b"\n", b"\r\n", b" \t \n"])
def test_many_lines_before_the_first_row(tmp_path: Path, line: bytes) -> None:
    """Comments and blank lines cost no more than rows."""
    made = make_cohort(tmp_path, [[("chr1", 5, "50", 1, 1)]])
    made.paths[0].write_bytes(line * 300_000 + b"chr pos pct c t\n" + made.paths[0].read_bytes())
    check(made)


@pytest.mark.parametrize("kind", ["none", "gzip", "multi", "bgzip"])
def test_rows_across_block_borders(tmp_path: Path, kind: str) -> None:
    """Long and short lines, so that rows lie across the borders of blocks of any size."""
    rng = np.random.default_rng(6)
    lengths = rng.choice([3, 50, 2000], 60_000, p=[0.6, 0.39, 0.01]).tolist()
    rows: list[Row] = [(f"{n % 7}" * n, i + 1, "50.00", 1, 1) for i, n in enumerate(lengths)]
    style = {"compress": kind, "comments": True, "eol": "\r\n"}
    check(make_cohort(tmp_path, [rows], styles=[style]))


NAMES = ["chr1", "chr2", "chr10", "X", "ü", "c" * 40]
counts = st.one_of(
    st.integers(0, 3), st.integers(0, 300), st.sampled_from([65_536, 2**31, 2**32 - 1])
)


@st.composite
def text_rows(draw: st.DrawFn) -> Row:
    """One good row whose percentage is written in one of many ways."""
    c, t = draw(counts), draw(counts)
    name, pos = (
        draw(st.sampled_from(NAMES)),
        draw(st.one_of(st.integers(1, 25), st.just(70_000))),
    )
    if c + t == 0:
        pct = draw(st.sampled_from(["NA", "NaN", "nan", ".", "0", "12.5", "100"]))
    else:
        pct = draw(st.sampled_from(["{:.0f}", "{:.1f}", "{:.6f}", "{!r}", "00{:.2f}", "{:.0f}."]))
        pct = (
            f"{100 * c / (c + t):.20f}"
            if "e" in repr(100 * c / (c + t))
            else pct.format(100 * c / (c + t))
        )
    return name, pos, pct, c, t


styles = st.fixed_dictionaries(
    {
        "sep": st.sampled_from(["tab", "blank", "mixed"]),
        "eol": st.sampled_from(["\n", "\r\n"]),
        "header": st.booleans(),
        "comments": st.booleans(),
        "indent": st.booleans(),
        "bom": st.booleans(),
        "last_newline": st.booleans(),
        "compress": st.sampled_from(["none", "gzip", "multi", "bgzip"]),
    }
)
configs = st.fixed_dictionaries(
    {},
    optional={
        "sites": st.sampled_from(["union", "intersection"]),
        "chroms": st.fixed_dictionaries(
            {},
            optional={
                "order": st.sampled_from(["natural", "file"]),
                "include": st.sampled_from([[], ["chr*"], ["chr1", "X"]]),
                "exclude": st.sampled_from([[], ["chr1?"]]),
            },
        ),
        "layers": st.sampled_from([["c", "t", "pct"], ["c", "t"]]),
        "duplicates": st.sampled_from(["error", "sum", "first"]),
        "uncovered": st.sampled_from(["drop", "keep"]),
        "chunks": st.sampled_from([[8, 8192], [1, 256], [3, 512]]),
        "deflate_level": st.sampled_from([1, 4]),
    },
)


@settings(max_examples=120)
@given(
    samples=st.lists(st.lists(text_rows(), max_size=30), min_size=1, max_size=5),
    style=st.lists(styles, min_size=1, max_size=3),
    config=configs,
)
def test_any_small_cohort(samples: Any, style: Any, config: Any) -> None:
    """Small cohorts of any shape: the same store, or the same first fault in the same file."""
    with tempfile.TemporaryDirectory() as folder:
        made = make_cohort(Path(folder), samples, styles=style, form="five_column")
        faults = {}
        for path in made.paths:
            try:
                oracle.read_text(path, config)
            except oracle.OracleFault as fault:
                faults[path] = fault
        event(f"faults: {sorted(fault.kind for fault in faults.values())[:1]}")
        if not faults:
            check(made, config)
            return
        with pytest.raises(InputError) as caught:
            made.build(config=config)
        for path in made.paths:
            assert (str(path) in str(caught.value)) == (path in faults)
        for path, fault in faults.items():
            if fault.line is not None:
                assert f"{path}, line {fault.line}:" in str(caught.value)


@pytest.fixture(scope="module")
def real() -> list[Path]:
    """Twelve real samples, where they lie beside the repository."""
    paths = sorted(REAL.glob("cell_*.txt.gz"))
    if len(paths) < 12:
        pytest.skip("the real samples are not there")
    return paths


def test_real_samples_equal_pandas(real: list[Path], tmp_path: Path) -> None:
    """Every c, t and pct of real samples equals an outer join by pandas; 1 and 2 workers agree."""
    pandas = pytest.importorskip("pandas")
    sheet = tmp_path / "samples.tsv"
    lines = [f"{path.name.split('.')[0]}\t{path}\tcells" for path in real]
    sheet.write_text("sample\tpath\tcohort\n" + "\n".join(lines) + "\n")
    stores = [tmp_path / f"{workers}.h5" for workers in (1, 2)]
    for workers, store in zip((1, 2), stores, strict=True):
        methcohort.build(sheet, store, workers=workers)
    assert stores[0].read_bytes() == stores[1].read_bytes()
    frames = [
        pandas.read_csv(
            path, sep="\t", names=["chr", "pos", "pct", "c", "t"], dtype={"chr": str}
        ).set_index(["chr", "pos"])
        for path in real
    ]
    table = pandas.concat(frames, axis=1, keys=range(12), join="outer").sort_index()
    with h5py.File(stores[0]) as file:
        chroms, pos = strings(file["chroms/name"]), file["sites/pos"][...]
        assert sorted(chroms) == sorted(set(table.index.get_level_values(0)))
        assert chroms == sorted(chroms, key=oracle.natural_key)
        index = np.repeat(chroms, np.diff(file["chroms/offset"][...])), pos
        table = table.reindex(pandas.MultiIndex.from_arrays(index))
        assert len(pos) == len(table.index.unique()) == 531_413
        for layer in ("c", "t", "pct"):
            stored = file["layers"][layer][...]
            want = table.xs(layer, axis=1, level=1).to_numpy().T
            want = want.astype(np.float32) if layer == "pct" else np.nan_to_num(want)
            np.testing.assert_array_equal(stored, want)


def test_order_does_not_change_summed_zeros(tmp_path: Path) -> None:
    """Repeated rows without reads have the same NaN, bit for bit, in both orders."""
    rows = [("chr1", 5, "0", 0, 0), ("chr1", 5, "0", 0, 0), ("chr1", 9, "100", 1, 0)]
    config = {"duplicates": "sum", "uncovered": "keep"}
    digests = []
    for name, listed in (("sorted", rows), ("unsorted", rows[::-1])):
        (tmp_path / name).mkdir()
        store = check(make_cohort(tmp_path / name, [listed]), config)
        with methcohort.open_store(store) as opened:
            digests.append(opened.digest)
    assert digests[0] == digests[1]
