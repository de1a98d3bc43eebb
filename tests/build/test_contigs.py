"""Draft genomes: what is done once a chromosome must be cheap, for there may be a million."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import oracle
import pytest
from cohorts import Cohort, make_cohort
from genomes import machine

import methcohort
from methcohort.build import reused_checks as others
from methcohort.build.reused_checks import Looked, others_of
from methcohort.build.source_store import SourceStore
from methcohort.cohort import files as loading
from methcohort.cohort import names as names_of_chroms
from methcohort.cohort.chroms import natural_key
from methcohort.cohort.reused import Reused, Stretches
from methcohort.core.errors import BudgetError
from methcohort.engine import Arenas
from methcohort.matrix.sites import WINDOW, plan_windows
from methcohort.rows.blocks import site_block
from methcohort.rows.index import Catalog
from methcohort.store.tiles import Tiles

N_SITES = 6_000


def draft(folder: Path, n_contigs: int, n_samples: int = 3, share: float = 0.8) -> Cohort:
    """Make samples with most of the same sites, which lie on so many contigs."""
    folder.mkdir()
    rng = random.Random(n_contigs)
    each = N_SITES // n_contigs
    sites = [(f"c{k}", 3 * i + 1) for k in range(n_contigs) for i in range(each)]
    rows = [
        [
            (chrom, pos, "50", c, c)
            for chrom, pos in sites
            if rng.random() < share and (c := rng.randint(1, 9))
        ]
        for _ in range(n_samples)
    ]
    return make_cohort(folder, rows)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often stores are read, and shared memory is mapped."""
    found: Counter[str] = Counter()
    for owner, name in ((Tiles, "read"), (h5py.Dataset, "__getitem__"), (Arenas, "map")):
        original = getattr(owner, name)

        def counted(*args: Any, _original: Any = original, _name: str = name, **kwargs: Any) -> Any:
            found[_name] += 1
            return _original(*args, **kwargs)

        monkeypatch.setattr(owner, name, counted)
    return found


@pytest.mark.parametrize("most", [others._MOST_SITES, 1_000], ids=["all", "stretches"])
def test_reads_of_stores_do_not_grow_with_contigs(
    tmp_path: Path, calls: Counter[str], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Adding, removing, merging and `earlier` read as often for many contigs as for few."""
    monkeypatch.setattr(others, "_MOST_SITES", most)
    counts: list[dict[str, Counter[str]]] = []
    for n_contigs in (3, 500):
        made = draft(tmp_path / str(n_contigs), n_contigs)
        header, *lines = made.sheet.read_text().splitlines()
        sheets = {"first": lines[:-1], "last": lines[-1:]}
        for name, listed in sheets.items():
            made.root.joinpath(f"{name}.tsv").write_text("\n".join([header, *listed, ""]))
        first, last, all_of_them, new = (
            made.root / f"{name}.h5" for name in ("first", "last", "all", "new")
        )
        for name, path in (("first", first), ("last", last)):
            methcohort.build(made.root / f"{name}.tsv", path, workers=0)
        methcohort.build(made.sheet, all_of_them, workers=0)
        ways: dict[str, tuple[Any, ...]] = {
            "add": (methcohort.add, first, made.root / "last.tsv", {"output": new}),
            "merge": (methcohort.merge, [first, last], new, {}),
            "earlier": (methcohort.build, made.sheet, new, {"earlier": first}),
            "remove": (methcohort.remove, all_of_them, ["s3"], {"output": new}),
        }
        found = {}
        for name, (way, *arguments, options) in ways.items():
            calls.clear()
            way(*arguments, **options, workers=0)
            found[name] = calls.copy()
            assert new.read_bytes() == (first if name == "remove" else all_of_them).read_bytes()
        counts.append(found)
    assert counts[0] == counts[1]


def rows_in(file: Any, arenas: Arenas) -> dict[str, list[int]]:
    """Return the positions of a file's rows by chromosome."""
    found: dict[str, list[int]] = {}
    if file.rows.n_rows:
        (block,) = file.rows.blocks
        pos = arenas.map(block.extent).view(np.int32)[: block.n_rows]
        stops = [*file.rows.runs[1:, 1].tolist(), block.n_rows]
        for (name, start), stop in zip(file.rows.runs.tolist(), stops, strict=True):
            found[file.rows.names[name]] = pos[start:stop].tolist()
    return found


@pytest.mark.parametrize("most", [300, 1_000, N_SITES])
@pytest.mark.parametrize("step", [64, 1 << 16])
def test_rows_of_stores_that_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, step: int
) -> None:
    """They are those of each sample in the middle of each chromosome, however they are read."""
    monkeypatch.setattr(others, "_MOST_SITES", most)
    monkeypatch.setattr(others, "BLOCK_SITES", step)
    path = draft(tmp_path / "made", 40, share=0.1).build(workers=0)
    with (
        machine(tmp_path) as (_, memory),
        SourceStore(path) as source,
        methcohort.open_store(path) as store,
    ):
        found = others_of(memory, [Looked(source, [0, 2], store.pos)], source.config)
        order = sorted([0, 2], key=lambda row: -source.records[row].counts["n_sites"])
        for file, row in zip(found.looked_at, order, strict=True):
            expected = {}
            for chrom in store.chroms:
                region = store.region(chrom)
                n = round(len(region.pos) * most / store.n_sites)
                skipped = 0 if n >= len(region.pos) else (len(region.pos) - n) // 2
                inside = slice(skipped, skipped + n)
                seen = (region.c + region.t)[row, inside] > 0
                if seen.any():
                    expected[chrom] = region.pos[inside][seen].tolist()
            assert rows_in(file, memory.arenas) == (
                expected if most < store.n_sites else dict(rows_of_sample(store, row))
            )


def rows_of_sample(store: methcohort.Store, row: int) -> Iterator[tuple[str, list[int]]]:
    """Yield each chromosome and the positions at which a sample was observed."""
    for chrom in store.chroms:
        region = store.region(chrom)
        seen = (region.c + region.t)[row] > 0
        if seen.any():
            yield chrom, region.pos[seen].tolist()


def test_runs_are_cut_to_stretches(tmp_path: Path) -> None:
    """Rows outside are left out, wherever blocks begin."""
    rng = np.random.default_rng(5)
    names = [f"c{k}" for k in range(60)]
    low, high = rng.integers(1, 400, (2, 50))
    stretches = Stretches({name: k for k, name in enumerate(names[:50])}, low, high)
    with machine(tmp_path) as (_, memory):
        blocks, runs, expected = [], [], []
        for _ in range(4):
            parts = [np.unique(rng.integers(1, 500, rng.integers(1, 90))) for _ in names]
            pos = np.concatenate(parts).astype(np.int32)
            cuts = [0, *sorted(rng.choice(pos.size - 1, 3, replace=False) + 1), pos.size]
            blocks.append(
                [
                    site_block(memory.put(pos[a:b]), int(b - a), with_kind=False)
                    for a, b in pairwise(cuts)
                ]
            )
            ends = np.cumsum([part.size for part in parts])
            runs.append(np.column_stack([np.arange(60), ends - [p.size for p in parts], ends]))
            expected.append(
                [
                    (k, part[(part >= low[k]) & (part <= high[k])].tolist())
                    for k, part in enumerate(parts[:50])
                    if ((part >= low[k]) & (part <= high[k])).any()
                ]
            )
        catalog = Catalog.build(blocks, runs, len(names), memory.sizes())
        told = Reused((), (), (), stretches)
        clipped = told.clipped(memory, catalog, names)
        for k, listed in enumerate(expected):
            values = np.concatenate(
                [memory.arenas.map(b.extent).view(np.int32)[: b.n_rows] for b in blocks[k]]
            )
            table = clipped.runs[clipped.run_start[k] : clipped.run_start[k + 1]].tolist()
            assert [(c, values[a:b].tolist()) for c, a, b in table] == listed


def test_natural_order() -> None:
    """The key of a name orders as digits read as numbers do."""
    rng = random.Random(3)
    for alphabet in ("a01b29", "a10\u0101é2B_.-٣", "c0123456789"):
        for _ in range(200):
            names = {"".join(rng.choices(alphabet, k=rng.randint(1, 9))) for _ in range(40)}
            assert sorted(names, key=natural_key) == sorted(names, key=oracle.natural_key)


def windows_one_by_one(longest: npt.NDArray[np.int64]) -> tuple[list[Any], list[Any]]:
    """What `plan_windows` returns, by a walk over all chromosomes."""
    rows: list[tuple[int, int, int, int]] = []
    units = []
    base = begin = 0
    for chrom, end in enumerate(longest.tolist()):
        for low in range(1, end + 1, WINDOW):
            stop = min(low + WINDOW, end + 1)
            if base + stop - low > WINDOW:
                units.append((begin, len(rows)))
                begin, base = len(rows), 0
            rows.append((chrom, low, stop, base))
            base += -(-(stop - low) // 64) * 64
    return rows, [*units, (begin, len(rows))] if begin < len(rows) else units


@pytest.mark.parametrize("most", [1, 100, 10**6, WINDOW + 1, 4 * WINDOW])
def test_windows(most: int) -> None:
    """Windows follow each other in tasks of limited size, as a walk over them says."""
    rng = np.random.default_rng(most)
    for n in [0, 1, 2, *rng.integers(3, 90, 40)]:
        longest = rng.integers(0, most, n)
        longest[rng.random(n) < 0.1] = min(most, WINDOW)
        windows, units = plan_windows(longest)
        assert windows.shape[1] == 4
        assert ([tuple(row) for row in windows.tolist()], units) == windows_one_by_one(longest)


def least(error: BudgetError) -> str:
    """Return the memory that a message says is needed, a megabyte more for rounding."""
    found = re.search(r"expected at least ([0-9,]+) MB", str(error))
    assert found is not None
    return f"{int(found[1].replace(',', '')) + 1}MB"


def test_names_are_part_of_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F7: where names leave no room, a build says how much it needs, and with that it works."""
    monkeypatch.setattr(names_of_chroms, "_NAME_BYTES", 100_000)
    made = draft(tmp_path / "made", 1_000, n_samples=2)
    with pytest.raises(BudgetError) as of_the_plan:
        made.build(workers=0, memory="1MB")
    with pytest.raises(BudgetError, match="names of 1,000 chromosomes") as of_names:
        made.build(workers=0, memory=least(of_the_plan.value))
    store = made.build(workers=0, memory=least(of_names.value))
    expected = store.read_bytes()
    with pytest.raises(BudgetError) as of_a_store:
        methcohort.remove(store, ["s2"], workers=0, memory=least(of_the_plan.value))
    assert store.read_bytes() == expected
    methcohort.remove(store, ["s2"], workers=0, memory=least(of_a_store.value))


def test_names_are_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All files share the names of their chromosomes."""
    seen = []
    original = loading.run_tasks

    def watched(*args: Any) -> Any:
        seen.append(original(*args))
        return seen[-1]

    monkeypatch.setattr(loading, "run_tasks", watched)
    draft(tmp_path / "made", 50).build(workers=0)
    (found,) = seen
    assert len({id(name) for rows in found.values() for name in rows.names}) == 50
