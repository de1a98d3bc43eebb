"""Exported files, built again, read by their own programs' libraries, and by a plain look."""

import gzip
import resource
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import processes
import pytest
from bigwig_reader import read_bigwig
from cohorts import make_cohort, write_sheet
from hypothesis import given, settings
from hypothesis import strategies as st

import methcohort
from methcohort import ConfigError, InputError, StoreError

COUNTS = (0, 0, 1, 2, 3, 7, 9, 100, 127, 128, 255, 256, 70_000)
CONTEXTS = ("CGA", "CAG", "CAA")
READ_AS = {
    "five_column": "five_column",
    "bismark_cov": "bismark_cov",
    "methylkit": "methylkit",
    "methylkit_tabix": "methylkit_tabix",
    "dss": "dss",
    "bedmethyl": "bedmethyl",
    "allc": "allc",
}
SUFFIX = {"methylkit_tabix": ".txt.bgz"}


def some_store(root: Path, seed: int, *, kinds: bool, largest: int = 70_000) -> Path:
    """A store of few samples and sites, with strands and contexts or without."""
    rng = np.random.default_rng(seed)
    n_samples, most = int(rng.integers(1, 5)), int(rng.choice([7, 200, largest]))
    counts = [one for one in COUNTS if one <= most]
    rows: list[list[Any]] = [[] for _ in range(n_samples)]
    for chrom in ("chr1", "chr2", "chr10"):
        for pos in (np.flatnonzero(rng.random(60) < 0.4) + 1).tolist():
            strand, bases = str(rng.choice(["+", "-"])), str(rng.choice(CONTEXTS))
            for own in rows:
                c, t = (int(n) for n in rng.choice(counts, 2))
                if kinds:
                    own.append((chrom, pos, strand, bases, c, c + t, 1))
                else:
                    own.append((chrom, pos, f"{100 * c / (c + t):.4f}" if c + t else "NA", c, t))
    rows[0].append(("chrX", 5, "+", "CGA", 1, 3, 1) if kinds else ("chrX", 5, "33.333", 1, 2))
    groups = [f"g{k % 2}" for k in range(n_samples)]
    made = make_cohort(root, rows, extra={"group": groups}, form="allc" if kinds else "five_column")
    return made.build()


def observed(store: Path) -> dict[str, list[tuple[str, int, int, int]]]:
    """Return chromosome, position, c and t of all sites with reads, by sample."""
    with methcohort.open_store(store) as opened:
        chroms = np.repeat(opened.chroms, np.diff(opened.chrom_offset)).tolist()
        found = {}
        for k, sample in enumerate(opened.samples):
            c = opened.read_layer("c", k, 0, opened.n_sites).tolist()
            t = opened.read_layer("t", k, 0, opened.n_sites).tolist()
            rows = zip(chroms, opened.pos.tolist(), c, t, strict=True)
            found[sample] = [row for row in rows if row[2] + row[3]]
        return found


@settings(max_examples=14)
@given(seed=st.integers(0, 10_000), form=st.sampled_from(sorted(READ_AS)), gz=st.booleans())
def test_round_trips(
    tmp_path_factory: pytest.TempPathFactory, seed: int, form: str, gz: bool
) -> None:
    """What is built of exported files has the same positions and counts."""
    root = tmp_path_factory.mktemp("trip")
    # Levels of two decimals are expected of this format when it is read: of few thousand reads.
    largest = 200 if form == "methylkit" else 70_000
    store = some_store(root / "in", seed, kinds=form == "allc" or seed % 2 == 0, largest=largest)
    suffix = SUFFIX.get(form, ".txt.gz" if gz else ".txt")
    (root / "out").mkdir()
    files = methcohort.export(store, root / "out" / f"{{sample}}{suffix}", format=form, workers=0)
    rows = [
        [f.name.removesuffix(suffix), str(f), "one", READ_AS[form], f"g{k % 2}"]
        for k, f in enumerate(files)
    ]
    sheet = write_sheet(root / "again.tsv", rows, ("format", "group"))
    methcohort.build(
        sheet, root / "again.h5", config={"base_check": "off", "strands": "keep"}, workers=0
    )
    assert observed(root / "again.h5") == observed(store)
    if form == "five_column":
        with methcohort.open_store(store) as one, methcohort.open_store(root / "again.h5") as two:
            assert two.digest == one.digest or one.kinds


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000), value=st.sampled_from(["pct", "beta", "c", "t", "coverage"]))
def test_tracks(tmp_path_factory: pytest.TempPathFactory, seed: int, value: str) -> None:
    """bigWig and bedGraph have the value of each site with reads."""
    root = tmp_path_factory.mktemp("tracks")
    store = some_store(root / "in", seed, kinds=False)
    sizes = root / "sizes.fai"
    sizes.write_text("chr1\t60\t0\t1\t1\nchr2\t100\t0\t1\t1\nchr10\t99\nchrX\t5\n")
    options = {"value": value, "workers": 0}
    tracks = methcohort.export(store, root / "{sample}.bw", chrom_sizes=sizes, **options)
    texts = methcohort.export(store, root / "{sample}.bedGraph", **options)
    for own, track, text in zip(observed(store).values(), tracks, texts, strict=True):
        level = {"pct": lambda c, t: 100 * c / (c + t), "beta": lambda c, t: c / (c + t),
                 "c": lambda c, t: c, "t": lambda c, t: t,
                 "coverage": lambda c, t: c + t}[value]  # fmt: skip
        known = {(chrom, pos): np.float32(level(c, t)) for chrom, pos, c, t in own}
        found = read_bigwig(track)
        assert found.lengths["chr2"] == 100
        near = {(chrom, pos + 1): one for (chrom, pos), one in found.values.items()}
        assert near == pytest.approx(known, rel=1e-4)
        rows = [line.split("\t") for line in text.read_text().splitlines()]
        assert {(a, int(c)): np.float32(d) for a, _, c, d in rows} == pytest.approx(known, rel=1e-4)
        assert all(int(b) + 1 == int(c) for _, b, c, _ in rows)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without strands, whose samples have groups."""
    root = tmp_path_factory.mktemp("store")
    return some_store(root, 12, kinds=False)


def test_matrices(tmp_path: Path, store: Path) -> None:
    """All samples in a table, as query prints it; in BED; and for metilene."""
    methcohort.export(store, tmp_path / "x.tsv.gz", workers=0)
    methcohort.export(store, tmp_path / "x.bed.gz", workers=0)
    methcohort.export(store, tmp_path / "x.txt", format="metilene", by="group", workers=0)
    with methcohort.open_store(store) as opened:
        every = opened.select()
        c, t, beta, pos = every.c, every.t, every.beta, every.pos
        chroms = [opened.chroms[k] for k in every.chrom]
        samples, pct = opened.samples, every.pct
    lines = gzip.decompress((tmp_path / "x.tsv.gz").read_bytes()).decode().splitlines()
    assert lines[0].split("\t")[:4] == ["chr", "pos", "s1.c", "s1.t"]
    assert len(lines) == len(pos) + 1
    for k, line in enumerate(lines[1:]):
        chrom, at, *cells = line.split("\t")
        assert (chrom, int(at)) == (chroms[k], pos[k])
        for j in range(len(samples)):
            assert (int(cells[3 * j]), int(cells[3 * j + 1])) == (c[j, k], t[j, k])
            seen = cells[3 * j + 2]
            assert np.isnan(pct[j, k]) if seen == "NA" else np.float32(seen) == pct[j, k]
    bed = gzip.decompress((tmp_path / "x.bed.gz").read_bytes()).decode().splitlines()
    assert bed[0].startswith("#chrom\tstart\tend\ts1.c\ts1.t")
    for k, line in enumerate(bed[1:]):
        cells = line.split("\t")
        assert cells[:3] == [chroms[k], str(pos[k] - 1), str(pos[k])]
        assert [int(cell) for cell in cells[3:]] == np.dstack([c, t])[:, k].ravel().tolist()
    assert (tmp_path / "x.bed.gz.tbi").exists() and not (tmp_path / "x.tsv.gz.tbi").exists()
    table = [line.split("\t") for line in (tmp_path / "x.txt").read_text().splitlines()]
    assert table[0] == ["chrom", "pos", *(f"g{k % 2}_s{k + 1}" for k in range(len(samples)))]
    for k, cells in enumerate(table[1:]):
        for j, cell in enumerate(cells[2:]):
            assert np.isnan(beta[j, k]) if cell == "." else np.float32(cell) == beta[j, k]


def test_the_same_bytes_whatever_the_machine(tmp_path: Path, store: Path) -> None:
    """Of each kind of file, with workers and without, and with little memory."""
    outputs = ("{sample}.cov.gz", "{sample}.txt.bgz", "x.tsv.gz", "x.bed.gz", "x.tsv")
    made = []
    for k, machine in enumerate(
        ({"workers": 0}, {"workers": 2}, {"workers": 1, "memory": "400MB"})
    ):
        folder = tmp_path / str(k)
        folder.mkdir()
        for name in outputs:
            methcohort.export(store, folder / name, **machine)
        made.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert made[0] == made[1] == made[2]
    assert "s1.cov.gz.tbi" in made[0]


def test_a_selection(tmp_path: Path, store: Path) -> None:
    """Regions, samples and the least coverage, as everywhere."""
    methcohort.export(
        store, tmp_path / "x.cov", regions="chr2:10-40", samples="s1", min_coverage=3, workers=0
    )
    rows = [line.split("\t") for line in (tmp_path / "x.cov").read_text().splitlines()]
    found = [(a, int(b), int(e), int(f)) for a, b, _, _, e, f in rows]
    assert found == [
        row for row in observed(store)["s1"]
        if row[0] == "chr2" and 10 <= row[1] <= 40 and row[2] + row[3] >= 3
    ]  # fmt: skip
    methcohort.export(store, tmp_path / "none.cov", regions="chr1:1000-", samples="s1", workers=0)
    assert (tmp_path / "none.cov").read_bytes() == b""


def test_other_programs_read_the_files(tmp_path: Path, store: Path) -> None:
    """htslib finds the rows of a region."""
    pysam: Any = pytest.importorskip("pysam")
    for path in methcohort.export(store, tmp_path / "{sample}.cov.gz", workers=0):
        own = observed(store)[path.name.removesuffix(".cov.gz")]
        with pysam.TabixFile(str(path)) as table:
            found = [int(row.split("\t")[1]) for row in table.fetch("chr1", 9, 40)]
        assert found == [pos for chrom, pos, *_ in own if chrom == "chr1" and 10 <= pos <= 40]


def test_parquet(tmp_path: Path, store: Path) -> None:
    """Wide, and long: a row for each call."""
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    methcohort.export(store, tmp_path / "wide.parquet", workers=0)
    methcohort.export(store, tmp_path / "long.parquet", long=True, workers=0)
    wide, long = (parquet.read_table(tmp_path / f"{name}.parquet") for name in ("wide", "long"))
    with methcohort.open_store(store) as opened:
        assert wide.num_rows == opened.n_sites
        assert wide.column("s1.c").to_pylist() == opened.select().c[0].tolist()
    assert long.num_rows == sum(map(len, observed(store).values()))


def test_anndata(tmp_path: Path, store: Path) -> None:
    anndata: Any = pytest.importorskip("anndata")
    pytest.importorskip("dask")
    methcohort.export(store, tmp_path / "x.h5ad", workers=0)
    found = anndata.read_h5ad(tmp_path / "x.h5ad")
    with methcohort.open_store(store) as opened:
        every = opened.select()
        np.testing.assert_array_equal(found.X, every.beta)
        np.testing.assert_array_equal(found.layers["c"], every.c)
        assert list(found.obs_names) == list(opened.samples)


@pytest.mark.parametrize(
    ("output", "options", "kind", "said"),
    [
        ("x.bw", {}, ConfigError, "has no lengths of its chromosomes, which a bigWig file needs"),
        ("x.cov", {}, ConfigError, r"has no \{sample\}, and there are \d+ samples"),
        ("x.xyz", {}, ConfigError, "the name does not say the format"),
        ("x.txt", {"format": "no"}, ConfigError, "found the format 'no'"),
        ("x.cov", {"value": "no"}, ConfigError, "found the value 'no'"),
        ("{sample}.t", {"format": "allc"}, ConfigError, "strand of .* sites is not known"),
        ("x.t", {"format": "metilene"}, ConfigError, "expected --by with a column"),
        ("x.t", {"format": "metilene", "by": "no"}, ConfigError, "which has group"),
        ("none/{sample}.cov", {}, StoreError, "does not exist; make it"),
        ("{sample}.cov", {"value": "beta"}, ConfigError, "found --value for the format bis"),
        ("{sample}.bw", {"by": "group"}, ConfigError, "an option of metilene; leave it out"),
        ("x.tsv", {"long": True}, ConfigError, "found --long for the format tsv"),
        ("x.bed", {"missing": "."}, ConfigError, "found --missing for the format bed"),
        ("{sample}.cov", {"chrom_sizes": "x"}, ConfigError, "an option of bigwig; leave it out"),
    ],
)  # fmt: skip
def test_what_is_refused(
    tmp_path: Path,
    store: Path,
    output: str,
    options: dict[str, Any],
    kind: type[Exception],
    said: str,
) -> None:
    """With a sentence; nothing is left behind."""
    with pytest.raises(kind, match=said):
        methcohort.export(store, tmp_path / output, workers=0, **options)
    assert not list(tmp_path.iterdir())


def test_standard_output_is_for_query(store: Path) -> None:
    """No file gets the name `-`."""
    with pytest.raises(ConfigError, match="methcohort query prints to standard output"):
        methcohort.export(store, "-", format="tsv", workers=0)
    assert not Path("-").exists()


@pytest.mark.parametrize(
    ("output", "workers"),
    [("{sample}.cov", "0"), ("{sample}.bw", "2"), ("{sample}.cov.gz", "2"), ("x.tsv", "2")],
)
def test_no_room(tmp_path: Path, store: Path, output: str, workers: str) -> None:
    """One sentence, whichever process writes; nothing is left behind."""
    sizes = tmp_path / "sizes"
    sizes.write_text("".join(f"chr{name}\t1000\n" for name in ("1", "2", "10", "X")))
    (tmp_path / "out").mkdir()
    more = ["--chrom-sizes", str(sizes)] if output.endswith(".bw") else []
    command = processes.command_line("export", store, "-o", tmp_path / "out" / output, *more)
    done = subprocess.run(
        [*command, "--workers", workers],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200)),
    )
    assert done.returncode == 1
    [line] = [one for one in done.stderr.splitlines() if "error" in one]
    assert "cannot be written" in line and "an earlier file, if any, is as it was" in line
    assert not list((tmp_path / "out").iterdir())


def test_a_chromosome_beyond_an_index(tmp_path: Path) -> None:
    """Text without an index has room for it."""
    rows = [("chr1", 600_000_000, "50", 1, 1)]
    store = make_cohort(tmp_path / "in", [rows], form="five_column").build()
    for name in ("x.cov.gz", "x.bed.gz"):
        with pytest.raises(ConfigError, match=r"sites up to 600,000,000 of chr1; give a name"):
            methcohort.export(store, tmp_path / name, workers=0)
    methcohort.export(store, tmp_path / "x.cov", workers=0)
    assert (tmp_path / "x.cov").read_text() == "chr1\t600000000\t600000000\t50\t1\t1\n"
    assert {path.name for path in tmp_path.iterdir()} == {"in", "x.cov"}


def test_lengths_that_are_not_known_are_not_made_up(tmp_path: Path, store: Path) -> None:
    """A track has the chromosomes of the table, and those of the store that it lacks have none."""
    sizes = tmp_path / "sizes"
    sizes.write_text("chr2\t100\nchr10\t99\n")
    [track] = methcohort.export(
        store, tmp_path / "x.bw", samples="s1", regions="chr10", chrom_sizes=sizes, workers=0
    )
    found = read_bigwig(track)
    assert found.lengths == {"chr2": 100, "chr10": 99}
    known = {("chr10", pos - 1) for chrom, pos, *_ in observed(store)["s1"] if chrom == "chr10"}
    assert set(found.values) == known
    sizes.write_text("chr2\t3\nchr10\t99\n")
    with pytest.raises(InputError, match="gives 3 bases to chr2"):
        methcohort.export(
            store, tmp_path / "x.bw", samples="s1", regions="chr10", chrom_sizes=sizes, workers=0
        )


def test_lengths_that_do_not_fit(tmp_path: Path, store: Path) -> None:
    sizes = tmp_path / "sizes"
    for text, said in (("chr1\t60\n", "has no length of"), ("chr1\t3\n", "gives 3 bases to chr1")):
        sizes.write_text(text)
        with pytest.raises(InputError, match=said):
            methcohort.export(store, tmp_path / "{sample}.bw", chrom_sizes=sizes, workers=0)
    assert [path.name for path in tmp_path.iterdir()] == ["sizes"]


def test_inputs_and_stores_stay(tmp_path: Path, store: Path) -> None:
    """An output that is the store, by whatever name, or another HDF5 file."""
    own = tmp_path / "s.cov"
    shutil.copy(store, own)
    (tmp_path / "link.cov").symlink_to(own)
    for path in (own, tmp_path / "link.cov"):
        with pytest.raises(ConfigError, match="is an input"):
            methcohort.export(own, path, samples="s1", workers=0)
    with pytest.raises(ConfigError, match="is an HDF5 file"):
        methcohort.export(store, own, samples="s1", workers=0)
    assert own.read_bytes() == store.read_bytes()


def test_names_that_are_no_files(tmp_path: Path) -> None:
    made = make_cohort(tmp_path / "in", [[("chr1", 1, "50", 1, 1)]] * 2, names=["a b", "a/b"],
                       form="five_column")  # fmt: skip
    store = made.build()
    with pytest.raises(ConfigError, match="sample 'a/b' cannot be part of a file name"):
        methcohort.export(store, tmp_path / "{sample}.cov", workers=0)
    assert methcohort.export(store, tmp_path / "{sample}.cov", samples="a b", workers=0) == [
        tmp_path / "a b.cov"
    ]
