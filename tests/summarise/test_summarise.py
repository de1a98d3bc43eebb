"""Summaries of small stores against fractions, bin by bin and site by site."""

import gzip
import re
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_stores import Plain, simulated

import methcohort
from methcohort.core.errors import BudgetError, ConfigError, InputError, MethcohortError, StoreError

FIXED = 199_000_000 + (1 << 18) * 40
"""Bytes that a summary takes whatever its store."""

LENGTHS = [420, 450, 403]


def made_of(n: int, counts: Any, dtype: str = "u1", pos: Sequence[int] = ()) -> Plain:
    """A store of one chromosome and two samples."""
    c, t = np.broadcast_to(np.array(counts, dtype), (2, 2, n))
    places = np.array(pos or range(1, n + 1))
    sheet = {"group": ("case", "control")}
    return Plain(("chr1",), np.zeros(n, int), places, c, t, ("s0", "s1"), sheet)


MADE = {
    "u1": simulated(1, dtype="u1"),
    "u2": simulated(2, dtype="u2"),
    "u4": simulated(3, dtype="u4"),
    "one": made_of(1, [[[3]], [[1]]], pos=[100]),
    "masked": made_of(30, 0),
    "edges": made_of(70, [[[255]], [[255]]]),
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("stores")
    return {name: made.write(folder / f"{name}.h5") for name, made in MADE.items()}


Bin = tuple[int, int, int]
Stats = tuple[int, int, int, Fraction | None, Fraction | None]


def stats_of(made: Plain, where: Any, rows: Sequence[int], least: int, min_sites: int) -> Stats:
    """What the sites of a mask have in samples that are taken as one."""
    n = sum_c = sum_t = 0
    levels = []
    for site in np.flatnonzero(where).tolist():
        pairs = [(int(made.c[row, site]), int(made.t[row, site])) for row in rows]
        c, t = (sum(pair[k] for pair in pairs if sum(pair) >= least) for k in (0, 1))
        if c + t:
            n, sum_c, sum_t = n + 1, sum_c + c, sum_t + t
            levels.append(Fraction(c, c + t))
    if n < max(1, min_sites):
        return n, sum_c, sum_t, None, None
    return n, sum_c, sum_t, Fraction(sum_c, sum_c + sum_t), sum(levels, Fraction()) / n


def inside(made: Plain, one: Bin) -> Any:
    chrom, start, end = one
    return (made.chrom == chrom) & (made.pos >= start) & (made.pos <= end)


def read(path: Path) -> tuple[list[str], list[list[str]]]:
    lines = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    head, *rows = (line.split("\t") for line in lines.decode().splitlines())
    return head, rows


def assert_stats(cells: Sequence[str], expected: Stats, whole: int) -> None:
    """Counts are exact; levels have the digits that a table has."""
    assert cells[:3] == [str(n) for n in expected[:3]]
    for cell, level in zip(cells[3:], expected[3:], strict=True):
        if level is None:
            assert cell == "NA"
            continue
        digits = len(cell.partition(".")[2])
        assert digits == (4 if whole == 100 else 6)
        assert abs(Fraction(cell) - level * whole) <= Fraction(501, 1000) / 10**digits


BED = st.tuples(st.integers(0, 2), st.integers(0, 402), st.integers(0, 300))


@settings(max_examples=35)
@given(
    name=st.sampled_from(sorted(MADE)),
    size=st.sampled_from([1, 7, 50, 133, 1000]),
    step=st.sampled_from([None, 1, 20, 90, 500]),
    beds=st.lists(BED, min_size=1, max_size=12),
    by=st.booleans(),
    least=st.sampled_from([1, 4]),
    min_sites=st.sampled_from([0, 1, 3]),
    contexts=st.none() | st.just(("CpG", "CHH")),
    within=st.none() | st.just("chr1:20-300"),
    value=st.sampled_from(["pct", "beta"]),
    long=st.booleans(),
    sites=st.sampled_from([1, 4, 16, 10**5]),
)
def test_all_is_as_added_by_hand(
    stores: dict[str, Path],
    name: str,
    size: int,
    step: int | None,
    beds: list[tuple[int, int, int]],
    by: bool,
    least: int,
    min_sites: int,
    contexts: tuple[str, ...] | None,
    within: str | None,
    value: str,
    long: bool,
    sites: int,
) -> None:
    """Tiles, regions, chromosomes and samples, of any store and in any number of tasks."""
    made, path = MADE[name], stores[name]
    if not made.kinds:
        contexts = None
    keep = np.ones(len(made.pos), bool)
    if contexts:
        keep &= np.isin(made.kinds["context"], (1, 3))
    if within:
        keep &= inside(made, (0, 20, 300))
    samples = [k for k in range(len(made.samples)) if not by or made.sheet["group"][k]]
    groups: dict[str, list[int]] = {}
    for k in samples:
        groups.setdefault(made.sheet["group"][k] if by else made.samples[k], []).append(k)
    beds = [(chrom % len(made.chroms), start, width) for chrom, start, width in beds]
    bed = path.with_name("regions.bed")
    bed.write_text(
        "".join(
            f"{made.chroms[chrom]}\t{start}\t{start + width}\t{f'r{k}' if k % 3 else ''}\n"
            for k, (chrom, start, width) in enumerate(beds)
        )
    )
    out = path.with_name("out-{scheme}.tsv")
    overlap = -(-size // (step or size))
    memory = FIXED + 5 * (sites * (60 + 308 * overlap) + 308 * (len(beds) + 4) + 32 * 16)
    methcohort.summarise(
        path, out, tiles=size, step=step, regions=bed, per_chrom=True,
        schemes={"all": "samples"}, by="group" if by else None, min_sites=min_sites,
        min_coverage=least, value=value, long=long, samples=[made.samples[k] for k in samples],
        within=within, contexts=contexts, aliases="", workers=0, memory=memory,
    )  # fmt: skip
    whole = 100 if value == "pct" else 1
    bins = {
        "tiles": tiles_of(made, keep, size, step or size),
        "regions": [(chrom, start + 1, start + width) for chrom, start, width in beds],
        "chroms": chroms_of(made, within),
        "all": [None],
    }
    for scheme, listed in bins.items():
        expected = []
        for k, one in enumerate(listed):
            where = keep if one is None else keep & inside(made, one)
            found = [stats_of(made, where, rows, least, min_sites) for rows in groups.values()]
            place = [] if one is None else [made.chroms[one[0]], str(one[1]), str(one[2])]
            if scheme == "regions":
                place.append(f"r{k}" if k % 3 else ".")
            if scheme == "tiles" and max(stats[0] for stats in found) < min_sites:
                continue
            expected.append((place, found))
        table = read(Path(str(out).format(scheme=scheme)))
        assert_table(table, expected, list(groups), whole, long=long or scheme == "all")


def assert_table(
    table: tuple[list[str], list[list[str]]],
    expected: list[tuple[list[str], list[Stats]]],
    columns: list[str],
    whole: int,
    *,
    long: bool,
) -> None:
    """A table has these bins, one or all samples a row."""
    head, rows = table
    names = ["n_sites", "sum_c", "sum_t", "level", "mean"]
    if long:
        assert head[-6:] == ["sample", *names]
        assert [row[:-5] for row in rows] == [
            [*place, column] for place, _ in expected for column in columns
        ]
        found = [stats for _, several in expected for stats in several]
        for row, stats in zip(rows, found, strict=True):
            assert_stats(row[-5:], stats, whole)
        return
    n = 5 * len(columns)
    assert head[-n:] == [f"{column}.{name}" for column in columns for name in names]
    assert [row[:-n] for row in rows] == [place for place, _ in expected]
    for row, (place, several) in zip(rows, expected, strict=True):
        for k, stats in enumerate(several):
            assert_stats(row[len(place) + 5 * k :][:5], stats, whole)


def tiles_of(made: Plain, keep: Any, size: int, step: int) -> list[Bin]:
    """All tiles that have any of the sites."""
    tiles = [
        (chrom, start, start + size - 1)
        for chrom in range(len(made.chroms))
        for start in range(1, 500, step)
    ]
    return [one for one in tiles if (keep & inside(made, one)).any()]


def chroms_of(made: Plain, within: str | None) -> list[Bin]:
    found = []
    for chrom in range(len(made.chroms)):
        pos = made.pos[made.chrom == chrom]
        few = pos[(pos >= 20) & (pos <= 300)] if within and chrom == 0 else pos[: not within]
        if len(few):
            found.append((chrom, 1, int(pos[-1])))
    return found


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of several tasks, which bins go across."""
    rng = np.random.default_rng(5)
    n = 150_000
    chrom = np.repeat([0, 1, 2], [90_000, 20, n - 90_020])
    pos = np.concatenate([np.cumsum(rng.integers(1, 60, (chrom == k).sum())) for k in range(3)])
    c, t = rng.integers(0, 20, (2, 3, n)).astype("u1") * (rng.random((3, n)) < 0.7)
    made = Plain(
        ("chr1", "chr2", "chr3"), chrom, pos, c, t, ("a", "b", "c"), with_pct=False,
        chunk=(2, 8192),
    )  # fmt: skip
    path = made.write(tmp_path_factory.mktemp("large") / "large.h5")
    starts = rng.integers(0, 500_000, 3000)
    lines = [
        f"chr{1 + k % 2 * 2}\t{start}\t{start + 10 ** (k % 5)}" for k, start in enumerate(starts)
    ]
    path.with_name("regions.bed").write_text("\n".join([*lines, "chr1\t0\t5000000"]))
    return path


def test_same_bytes(large: Path) -> None:
    """Whatever the workers and the memory."""
    schemes = {"fine": "100", "slid": "3k/1k", "vast": "1M", "regions": "regions.bed"}
    schemes["regions"] = str(large.with_name("regions.bed"))
    for suffix in ("tsv.gz", "parquet"):
        found = []
        for workers, memory in ((0, "1GB"), (1, "1GB"), (2, "3GB"), (2, "500MB")):
            out = large.with_name(f"{{scheme}}-{workers}-{memory}.{suffix}")
            if suffix == "parquet":
                pytest.importorskip("pyarrow")
            methcohort.summarise(
                large, out, schemes=schemes, per_sample=True, aliases="", workers=workers,
                memory=memory,
            )  # fmt: skip
            names = [*schemes, "samples"]
            found.append([Path(str(out).format(scheme=name)).read_bytes() for name in names])
        assert all(one == found[0] for one in found[1:])


def test_sums_add_up(large: Path) -> None:
    """Tiles that share no site have all of them."""
    out = large.with_name("up-{scheme}.tsv")
    schemes = {"one": "1k", "two": "777k", "three": "chroms", "four": "samples"}
    methcohort.summarise(large, out, schemes=schemes, long=True, workers=2)
    sums = []
    for scheme in schemes:
        _, rows = read(Path(str(out).format(scheme=scheme)))
        sums.append(
            {
                name: np.sum(
                    [list(map(int, row[-5:-2])) for row in rows if row[-6] == name], axis=0
                )
                for name in "abc"
            }
        )
    with methcohort.open_store(large) as store:
        c, t = (store.select(samples="b").layer(name).astype(int) for name in "ct")
    truth = [np.count_nonzero(c + t), c.sum(), t.sum()]
    for one in sums:
        assert one["b"].tolist() == truth


def test_compressed_text_is_the_text(large: Path) -> None:
    """Any reader of gzip finds it, in blocks that say how long they are, as BGZF has them."""
    for suffix in ("tsv", "tsv.gz"):
        methcohort.summarise(large, large.with_name(f"c.{suffix}"), tiles="1k", workers=0)
    text, packed = (large.with_name(f"c.{suffix}").read_bytes() for suffix in ("tsv", "tsv.gz"))
    assert len(text) > 1 << 17
    parts = []
    while packed:
        size = int.from_bytes(packed[16:18], "little") + 1
        assert packed[12:16] == b"BC\x02\x00"
        parts.append(gzip.decompress(packed[:size]))
        packed = packed[size:]
    assert parts.pop() == b""
    assert b"".join(parts) == text


def test_parquet_has_what_the_text_has(large: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    bed = large.with_name("regions.bed")
    for long in (False, True):
        for suffix in ("tsv", "parquet"):
            methcohort.summarise(
                large, large.with_name(f"t.{suffix}"), regions=bed, aliases="", long=long, workers=0
            )
        head, rows = read(large.with_name("t.tsv"))
        table = parquet.read_table(large.with_name("t.parquet"))
        assert table.column_names == head
        for k, name in enumerate(head):
            values = table[name].to_pylist()
            cells = [row[k] for row in rows]
            if name.endswith(("level", "mean")):
                shown = ["NA" if value is None else f"{value:.4f}" for value in values]
                near = [float(a) - float(b) for a, b in zip(shown, cells, strict=True) if a != b]
                assert all(abs(gap) < 2e-4 for gap in near)
                assert len(near) < 0.01 * len(cells)
            else:
                assert list(map(str, values)) == cells


def test_an_empty_store(tmp_path: Path) -> None:
    """Tables of an empty store have their header; the level of nothing is not known."""
    path = simulated(1, sizes=()).write(tmp_path / "empty.h5")
    for suffix in ("tsv", "tsv.gz"):
        out = tmp_path / f"{{scheme}}.{suffix}"
        methcohort.summarise(path, out, tiles=10, per_chrom=True, per_sample=True, workers=0)
        for name in ("tiles", "chroms"):
            head, rows = read(tmp_path / f"{name}.{suffix}")
            assert head[:4] == ["chrom", "start", "end", "s0.n_sites"]
            assert rows == []
        nothing = [[f"s{k}", "0", "0", "0", "NA", "NA"] for k in range(5)]
        assert read(tmp_path / f"samples.{suffix}")[1] == nothing
    parquet = pytest.importorskip("pyarrow.parquet")
    methcohort.summarise(path, tmp_path / "tiles.parquet", tiles=10, workers=0)
    table = parquet.read_table(tmp_path / "tiles.parquet")
    assert table.num_rows == 0
    assert [str(kind) for kind in table.schema.types[:5]] == [
        "string", "int64", "int64", "int64", "int64",
    ]  # fmt: skip


def with_lengths(path: Path, target: Path) -> Path:
    target.write_bytes(path.read_bytes())
    with h5py.File(target, "a") as file:
        file["chroms/length"] = np.array(LENGTHS, "<i8")
    return target


def test_lengths_cut_tiles_and_bound_regions(stores: dict[str, Path], tmp_path: Path) -> None:
    path = with_lengths(stores["u2"], tmp_path / "lengths.h5")
    out = tmp_path / "{scheme}.tsv"
    methcohort.summarise(path, out, tiles=300, per_chrom=True, workers=0)
    rows = read(tmp_path / "tiles.tsv")[1]
    assert [tuple(row[:3]) for row in rows if row[1] == "301"] == [
        ("chr1", "301", "420"), ("HLA:1,2", "301", "450"), ("chr10", "301", "403"),
    ]  # fmt: skip
    assert [row[2] for row in read(tmp_path / "chroms.tsv")[1]] == list(map(str, LENGTHS))
    bed = tmp_path / "r.bed"
    bed.write_text("chr1\t0\t420\nchr1\t5\t421\nchr10\t400\t500\n")
    with pytest.raises(InputError, match=r"chr1:6-421 .*end of chr1 at 420, as 1 more do"):
        methcohort.summarise(path, tmp_path / "r.tsv", regions=bed, aliases="", workers=0)


def test_aliases(stores: dict[str, Path], tmp_path: Path) -> None:
    bed = tmp_path / "r.bed"
    bed.write_text("1\t0\t100\tone\0two\n")
    out = tmp_path / "r.tsv"
    with pytest.raises(InputError, match=r"line 1.*found the chromosome '1'.*did you mean chr1"):
        methcohort.summarise(stores["u1"], out, regions=bed, aliases="", workers=0)
    assert not out.exists()
    methcohort.summarise(stores["u1"], out, regions=bed, aliases="GRCh38", workers=0)
    assert read(out)[1][0][:4] == ["chr1", "1", "100", r"one\x00two"]


Wrong = tuple[dict[str, Any], type[MethcohortError], str]
WRONG: dict[str, Wrong] = {
    "nothing": ({}, ConfigError, "found nothing to summarise by"),
    "step alone": ({"step": 5}, ConfigError, "found the step 5 without tiles"),
    "no size": ({"tiles": 0}, ConfigError, "found 0 as the size of tiles"),
    "fraction": ({"tiles": "1.5"}, ConfigError, "found '1.5' as the size of tiles"),
    "no step": ({"tiles": 5, "step": -1}, ConfigError, "found -1 as the step of tiles"),
    "overlap": ({"tiles": "1M", "step": 1}, ConfigError, "would be in 1,000,000 of them"),
    "scheme": ({"schemes": {"a": "x.txt"}}, ConfigError, "found 'x.txt' for the scheme a;"),
    "name": ({"schemes": {"../a": "1k"}}, ConfigError, "found the scheme name '../a'"),
    "twice": (
        {"tiles": 5, "schemes": {"tiles": "1k"}}, ConfigError, "two schemes of the name 'tiles'",
    ),
    "several": (
        {"tiles": 5, "per_chrom": True}, ConfigError,
        r"several schemes \(tiles, chroms\); expected {scheme}",
    ),
    "value": ({"tiles": 5, "value": "c"}, ConfigError, "found the value 'c'; expected one of pct"),
    "sites": ({"tiles": 5, "min_sites": -1}, ConfigError, "found min_sites -1"),
    "coverage": ({"tiles": 5, "min_coverage": 0}, ConfigError, "found min_coverage 0"),
    "format": ({"tiles": 5, "format": "csv"}, ConfigError, "found the format 'csv'; expected one"),
    "suffix": ({"tiles": 5, "output": "a.csv"}, ConfigError, "a.csv: its suffix names no format"),
    "stdout": ({"tiles": 5, "output": "-", "format": "parquet"}, ConfigError, "found Parquet for"),
    "by": ({"tiles": 5, "by": "grop"}, ConfigError, "no column 'grop'.*did you mean group"),
    "no group": ({"tiles": 5, "by": "group"}, ConfigError, "sample s4 has no value in .*'group'"),
    "sample": ({"tiles": 5, "samples": "s9"}, StoreError, "found no sample 's9'"),
    "not BED": ({"regions": "r.txt"}, InputError, "expected a BED file whose name ends in .bed"),
    "no BED": ({"regions": "none.bed"}, InputError, "none.bed"),
    "folder": ({"tiles": 5, "output": "none/a.tsv"}, StoreError, "none: does not exist"),
    "memory": ({"tiles": 5, "memory": "100MB"}, BudgetError, "memory of 100 MB is too small"),
    "regions": (
        {"per_chrom": True, "memory": "20MB"}, BudgetError, "expected at most half of the memory",
    ),
    "workers": ({"tiles": 5, "workers": -1}, ConfigError, "found -1 workers"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_errors(
    stores: dict[str, Path], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, and no file."""
    arguments, kind, message = WRONG[name]
    monkeypatch.chdir(tmp_path)
    given = {"output": "a.tsv", "workers": 0, "aliases": "", **arguments}
    with pytest.raises(kind, match=message):
        methcohort.summarise(stores["u2"], **given)
    assert not list(tmp_path.iterdir())


def test_a_missing_library_is_named(
    stores: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is read."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"a .parquet file needs .*'methcohort\[arrow\]'"):
        methcohort.summarise(stores["u1"], tmp_path / "a.parquet", tiles=5, workers=0)
    assert not list(tmp_path.iterdir())


def test_inputs_and_other_files_stay(stores: dict[str, Path], tmp_path: Path) -> None:
    bed = tmp_path / "r.bed"
    bed.write_text("chr1\t0\t100\n")
    for output in (bed, stores["u1"]):
        with pytest.raises(ConfigError, match="is read, and stays as it is"):
            methcohort.summarise(stores["u1"], output, regions=bed, format="tsv")
    notes = tmp_path / "notes.tsv"
    notes.write_text("not a table of ours\n")
    with pytest.raises(StoreError, match=r"notes.tsv: exists and is not a table"):
        methcohort.summarise(stores["u1"], notes, tiles=5, workers=0)
    assert notes.read_text() == "not a table of ours\n"
    for tiles in (5, 50):  # an earlier table is replaced
        methcohort.summarise(stores["u1"], tmp_path / "t.tsv", tiles=tiles, workers=0)
    assert read(tmp_path / "t.tsv")[1][0][:3] == ["chr1", "1", "50"]


def test_the_command(
    stores: dict[str, Path], run: Callable[..., CompletedProcess[str]], tmp_path: Path
) -> None:
    bed = tmp_path / "r.bed"
    bed.write_text("chr1\t0\t100\tone\n")
    store = stores["u1"]
    done = run(
        "summarize", store, "-R", bed, "--scheme", "windows=100/50", "--per-chrom", "--aliases", "",
        "-s", "^s4", "--by", "group", "-o", tmp_path / "{scheme}.tsv", "--workers", "2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    heads = {name: read(tmp_path / f"{name}.tsv")[0] for name in ("regions", "windows", "chroms")}
    assert heads["regions"][:5] == ["chrom", "start", "end", "name", "case.n_sites"]
    assert heads["windows"][:4] == ["chrom", "start", "end", "case.n_sites"]
    printed = run(
        "-q", "summarise", store, "--tiles", "100", "--step", "50", "-s", "s0,s1,s2,s3",
        "--by", "group", "--workers", "0",
    )  # fmt: skip
    assert printed.stdout == (tmp_path / "windows.tsv").read_text()
    assert printed.stderr == ""
    wrong = run("summarise", store, "--scheme", "windows", "-o", tmp_path / "a.tsv")
    assert wrong.returncode == 1
    assert re.search("found the scheme 'windows'; expected NAME=WHAT", wrong.stderr)
