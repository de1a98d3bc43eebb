"""Replicates: several files of one sample, summed into one row of the store."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from cohorts import strings, write_sample

import methcohort
from methcohort.cohort.sheet import read_cohort
from methcohort.core.errors import InputError
from methcohort.engine import budget

Rows = list[tuple[str, int, int, int]]


def draw(seed: int, n: int = 400, largest: int = 30) -> Rows:
    """Rows of one replicate: a chromosome, a position and two counts."""
    random = np.random.default_rng(seed)
    rows = []
    for chrom in ("chr10", "chr2", "chr1"):
        for pos in np.sort(random.choice(np.arange(1, 2 * n), n, replace=False)).tolist():
            c, t = random.integers(0, largest, 2).tolist()
            rows.append((chrom, pos, c, t + (c + t == 0)))
    return rows


def write(root: Path, name: str, rows: Rows) -> str:
    """Write rows as five columns."""
    lines = [(chrom, pos, f"{100 * c / (c + t):.6f}", c, t) for chrom, pos, c, t in rows]
    return str(write_sample(root / f"{name}.txt", lines))


def write_sheet(root: Path, rows: Sequence[Sequence[str]], extra: Sequence[str] = ()) -> Path:
    """Write a sheet of sample, path, merge_as and further columns."""
    sheet = root / "samples.tsv"
    lines = [("sample", "path", "cohort", "merge_as", *extra)]
    lines += [(row[0], row[1], "one", *row[2:]) for row in rows]
    sheet.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    return sheet


def summed(*parts: Rows) -> dict[tuple[str, int], tuple[int, int]]:
    """The sums by site, in dictionaries."""
    found: dict[tuple[str, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for rows in parts:
        for chrom, pos, c, t in rows:
            before = found[chrom, pos]
            found[chrom, pos] = before[0] + c, before[1] + t
    return dict(found)


def contents(path: Path) -> dict[str, Any]:
    """What a store holds of sites and layers, and its samples."""
    with h5py.File(path) as file:
        held = {name: file[name][()].tolist() for name in ("sites/pos", "layers/c", "layers/t")}
        held["pct"] = np.nan_to_num(file["layers/pct"][()], nan=-1).round(3).tolist()
        return held | {name: strings(file[name]) for name in ("samples/name", "chroms/name")}


def values(path: Path, sample: str) -> dict[tuple[str, int], tuple[int, int, float]]:
    """The covered sites of a sample by chromosome and position."""
    with methcohort.open_store(path) as store:
        row = store.samples.index(sample)
        names = np.repeat(store.chroms, np.diff(store.chrom_offset))
        pos = [int(p) for p in store.pos]
        c, t, pct = (
            store.read_layer(layer, slice(None), 0, store.n_sites)[row]
            for layer in ("c", "t", "pct")
        )
        covered = np.flatnonzero((c > 0) | (t > 0)).tolist()
        return {(str(names[k]), pos[k]): (int(c[k]), int(t[k]), float(pct[k])) for k in covered}


@pytest.mark.parametrize(
    "options",
    [{}, {"workers": 2}, {"workers": 2, "memory": "1MB"}],
    ids=["alone", "workers", "scratch"],
)
def test_sums(
    tmp_path: Path,
    no_leftovers: Path,
    options: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three replicates of one sample between others: sums, percentages and counts."""
    if "memory" in options:
        monkeypatch.setattr(budget, "LEAST_ROWS_BYTES", -(10**12))  # all rows go to scratch
    parts = [draw(seed) for seed in range(5)]
    paths = [write(tmp_path, f"f{k}", rows) for k, rows in enumerate(parts)]
    merged = ["", "all", "all", "", "all"]
    sheet = write_sheet(tmp_path, [(f"s{k}", path, merged[k]) for k, path in enumerate(paths)])
    target = tmp_path / "x.h5"
    methcohort.build(sheet, target, **{"workers": 0, "scratch": no_leftovers} | options)
    with methcohort.open_store(target) as store:
        assert store.samples == ("s0", "all", "s3")
        assert store.inputs["sample"] == (0, 1, 1, 1, 2)
        assert store.inputs["name"] == ("s0", "s1", "s2", "s4", "s3")
        assert store.inputs["path"] == tuple(paths[k] for k in (0, 1, 2, 4, 3))
        expected = summed(parts[1], parts[2], parts[4])
        n_rows = sum(map(len, (parts[1], parts[2], parts[4])))
        assert store.sample_counts["n_rows"][1] == n_rows
        assert list(store.sample_counts["n_summed_replicates"]) == [0, n_rows - len(expected), 0]
        assert list(store.sample_counts["n_dropped_sites"]) == [0, 0, 0]
    for name, sums in (("all", expected), ("s0", summed(parts[0])), ("s3", summed(parts[3]))):
        found = values(target, name)
        assert {site: counts[:2] for site, counts in found.items()} == sums
        assert all(abs(pct - 100 * c / (c + t)) < 1e-4 for c, t, pct in found.values())
    methcohort.verify(target, inputs=True, scratch=no_leftovers)


def test_equals_the_concatenated_text(tmp_path: Path) -> None:
    """The same rows in one file, repeated sites summed, give the same sites and layers."""
    parts = [draw(seed) for seed in range(3)]
    paths = [write(tmp_path, f"f{k}", rows) for k, rows in enumerate(parts)]
    other = write(tmp_path, "other", draw(9))
    both = write(tmp_path, "both", [row for rows in parts for row in rows])
    rows = [(f"s{k}", path, "x") for k, path in enumerate(paths)]
    one, two = tmp_path / "one.h5", tmp_path / "two.h5"
    methcohort.build(write_sheet(tmp_path, [*rows, ("o", other, "")]), one, workers=0)
    config = {"duplicates": "sum"}
    sheet = write_sheet(tmp_path, [("x", both, ""), ("o", other, "")])
    methcohort.build(sheet, two, config=config, workers=0)
    assert contents(one) == contents(two)


def test_order_of_parts(tmp_path: Path) -> None:
    """Whichever part comes first, the sums are the same."""
    parts = [draw(seed) for seed in range(3)]
    paths = [write(tmp_path, f"f{k}", rows) for k, rows in enumerate(parts)]
    stores = []
    for order in ((0, 1, 2), (2, 0, 1)):
        sheet = write_sheet(tmp_path, [(f"s{k}", paths[k], "x") for k in order])
        stores.append(tmp_path / f"{order[0]}.h5")
        methcohort.build(sheet, stores[-1], workers=0)
    assert contents(stores[0]) == contents(stores[1])


def test_min_samples_counts_merged_rows(tmp_path: Path) -> None:
    """A site of two replicates of one sample is a site of one sample."""
    parts = [[("1", 5, 1, 1), ("1", 9, 1, 1)], [("1", 5, 1, 1)], [("1", 9, 2, 0)]]
    paths = [write(tmp_path, f"f{k}", rows) for k, rows in enumerate(parts)]
    sheet = write_sheet(tmp_path, [("a", paths[0], "x"), ("b", paths[1], "x"), ("c", paths[2], "")])
    methcohort.build(sheet, tmp_path / "x.h5", config={"min_samples": 2}, workers=0)
    assert values(tmp_path / "x.h5", "x") == {("1", 9): (1, 1, 50.0)}


def test_rows_off_the_store_are_counted(tmp_path: Path) -> None:
    """With sites of a BED file, rows elsewhere are dropped, and the counts still add up."""
    parts = [[("1", 5, 1, 1), ("2", 7, 1, 1)], [("1", 5, 1, 1), ("2", 7, 3, 1)]]
    paths = [write(tmp_path, f"f{k}", rows) for k, rows in enumerate(parts)]
    (tmp_path / "sites.bed").write_text("1\t4\t5\n1\t8\t9\n", encoding="utf-8")
    sheet = write_sheet(tmp_path, [(f"s{k}", path, "x") for k, path in enumerate(paths)])
    config = {"sites": str(tmp_path / "sites.bed")}
    methcohort.build(sheet, tmp_path / "x.h5", config=config, workers=0)
    assert values(tmp_path / "x.h5", "x") == {("1", 5): (2, 2, 50.0)}
    with methcohort.open_store(tmp_path / "x.h5") as store:
        counts = {name: values[0] for name, values in store.sample_counts.items()}
    assert counts["n_rows"] == 4
    assert counts["n_summed_replicates"] + counts["n_dropped_sites"] == 3


def test_wide_counts_and_sums_of_32_bits(tmp_path: Path) -> None:
    """Sums may need more bits than their parts; more than 32 are an error that names the site."""
    big = 2**31
    parts = [[("1", 5, 60_000, 1), ("7", 3, big, 0)], [("1", 5, 60_000, 1), ("7", 3, big - 1, 0)]]
    paths = [write(tmp_path, f"f{k}", rows) for k, rows in enumerate(parts)]
    lines = [(f"s{k}", path, "x", "five_column") for k, path in enumerate(paths)]
    sheet = write_sheet(tmp_path, lines, ["format"])
    methcohort.build(sheet, tmp_path / "x.h5", workers=0)
    found = values(tmp_path / "x.h5", "x")
    assert found["1", 5][:2] == (120_000, 2) and found["7", 3][:2] == (2**32 - 1, 0)
    write(tmp_path, "f1", [("7", 3, big, 0)])
    for workers in (0, 2):
        with pytest.raises(InputError) as caught:
            methcohort.build(sheet, tmp_path / "x.h5", workers=workers)
        assert str(caught.value).startswith("sample x: the reads of its files at 7:3 add up")
        assert paths[0] in str(caught.value)


def test_empty_parts(tmp_path: Path) -> None:
    """A replicate without rows adds nothing."""
    paths = [write(tmp_path, "f0", draw(1)), str(tmp_path / "f1.txt")]
    Path(paths[1]).write_text("chr pos pct c t\n", encoding="utf-8")
    for order in ((0, 1), (1, 0)):
        sheet = write_sheet(tmp_path, [(f"s{k}", paths[k], "x") for k in order])
        methcohort.build(sheet, tmp_path / "x.h5", workers=0)
        found = {site: counts[:2] for site, counts in values(tmp_path / "x.h5", "x").items()}
        assert found == summed(draw(1))
    empty = write_sheet(tmp_path, [("a", paths[1], "x"), ("b", paths[1], "x")])
    methcohort.build(empty, tmp_path / "x.h5", workers=0)
    with methcohort.open_store(tmp_path / "x.h5") as store:
        assert store.samples == ("x",) and store.n_sites == 0


def test_further_columns(tmp_path: Path) -> None:
    """Equal values are kept once, values that differ are joined in the order of the sheet."""
    rows = [
        ("a", "a.txt", "x", "liver", "1"),
        ("b", "b.txt", "", "skin", "2"),
        ("c", "c.txt", "x", "liver", "3"),
        ("d", "d.txt", "x", "liver", "1"),
    ]
    cohort = read_cohort(write_sheet(tmp_path, rows, ["tissue", "batch"]))
    assert [sample.name for sample in cohort.samples] == ["x", "b"]
    assert [sample.extra for sample in cohort.samples] == [("liver", "1,3"), ("skin", "2")]
    assert [source.name for source in cohort.samples[0].sources] == ["a", "c", "d"]
    assert cohort.columns == ("tissue", "batch")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [("a", "1", "b"), ("b", "2", "")],
            "line 2: found 'b' as merge_as, which is the sample of line 3",
        ),
        ([("a", "1", "b"), ("b", "2", "c")], "line 2: found 'b' as merge_as"),
        ([("a", "1", "x"), ("a", "2", "x")], "line 3: found the sample 'a' of cohort 'one' again"),
    ],
)
def test_names_that_mean_two_things(
    tmp_path: Path, rows: list[tuple[str, ...]], words: str
) -> None:
    """A merged sample has a name of its own, or that of one of its parts."""
    with pytest.raises(InputError) as caught:
        read_cohort(write_sheet(tmp_path, rows))
    assert words in str(caught.value)


def test_a_part_may_give_its_name(tmp_path: Path) -> None:
    """A merged sample may be called like one of its parts."""
    cohort = read_cohort(write_sheet(tmp_path, [("a", "1", "a"), ("b", "2", "a")]))
    assert [len(sample.sources) for sample in cohort.samples] == [2]
