"""One pass over a selection gives the same with any workers; a store that changes is noticed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain_stores import simulated

import methcohort
from methcohort import Selection, Store
from methcohort.core.errors import BudgetError, StoreError, WorkerError
from methcohort.engine import Resources
from methcohort.select import fitting_sites, stream, stream_samples

MADE = simulated(3)
MEMORY = 10**9


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with methcohort.open_store(MADE.write(tmp_path / "x.h5")) as opened:
        yield opened


def sums(part: Selection, factor: int, sites: int) -> tuple[list[int], int]:
    """Positions, and the sum of c read in blocks."""
    total = sum(int(block.values["c"].sum()) for block in part.blocks(["c"], sites))
    return part.pos.tolist(), total * factor


def whole(part: Selection) -> tuple[tuple[str, ...], list[list[int]]]:
    return part.samples, part.c.tolist()


def process(_part: Selection) -> int:
    return os.getpid()


def die(_part: Selection) -> None:
    os._exit(3)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_ranges_of_sites(store: Store, workers: int) -> None:
    """They come in order, cut at the same sites whatever reads them."""
    chosen = store.select(["chr1:1-150", "chr10"], ["s1", "s4"], strand="+")
    resources = Resources(workers, MEMORY)
    found = list(stream(chosen, sums, resources, 2, 5, title="adding", span=8))
    again = list(stream(chosen, sums, Resources(0, MEMORY), 2, 3, title="adding", span=8))
    assert found == again
    assert [pos for part, _ in found for pos in part] == chosen.pos.tolist()
    assert sum(total for _, total in found) == 2 * int(chosen.c.sum())
    assert len(found) == len(chosen.starts(8)) > 2


@pytest.mark.parametrize(("workers", "group"), [(0, None), (2, None), (2, 1), (1, 99)])
def test_groups_of_samples(store: Store, workers: int, group: int | None) -> None:
    chosen = store.select("chr1", ["s4", "s1", "s2"])
    resources = Resources(workers, MEMORY)
    found = list(stream_samples(chosen, whole, resources, title="reading", group=group))
    assert [name for names, _ in found for name in names] == ["s4", "s1", "s2"]
    assert [row for _, rows in found for row in rows] == chosen.c.tolist()
    assert len(found[0][0]) == min(3, group or 2)  # a chunk has two samples


def test_workers_are_processes(store: Store) -> None:
    pids = set(stream(store.select(), process, Resources(2, MEMORY), title="asking", span=1))
    assert os.getpid() not in pids
    assert set(stream(store.select(), process, Resources(0, MEMORY), title="x")) == {os.getpid()}


def test_nothing_selected(store: Store) -> None:
    chosen = store.select("chr1:399-400", contexts=[])
    assert list(stream(chosen, whole, Resources(1, MEMORY), title="x"))[1:] == []


def test_a_store_that_was_replaced(store: Store, tmp_path: Path) -> None:
    other = simulated(4).write(tmp_path / "y.h5")
    other.replace(tmp_path / "x.h5")
    with pytest.raises(StoreError, match="another store has taken its place"):
        list(stream(store.select(), whole, Resources(1, MEMORY), title="x"))


def test_a_worker_that_is_lost(store: Store) -> None:
    with pytest.raises(WorkerError, match=r"while it worked on adding, part 1"):
        list(stream(store.select(), die, Resources(1, MEMORY), title="adding"))


def test_memory_decides_the_size_of_a_block() -> None:
    """A half, a quarter ... of the span, never more than fits."""
    found = [fitting_sites(1000, Resources(2, memory)) for memory in (4 * 10**9, 5 * 10**8)]
    assert found[0] > found[1] > 0
    assert all(65536 % sites == 0 for sites in found)
    assert fitting_sites(3, Resources(2, MEMORY)) == 65536
    with pytest.raises(BudgetError, match="is too small for 2 workers"):
        fitting_sites(3, Resources(2, 10**8))
    with pytest.raises(BudgetError, match="is too small for 2 workers"):
        fitting_sites(10, Resources(2, MEMORY), result_bytes=MEMORY)
    with pytest.raises(BudgetError, match="is too small for 1 workers"):
        _use_too_much()


def _use_too_much() -> Any:
    return fitting_sites(1, Resources(1, MEMORY), cell_bytes=10**10)


def test_the_whole_of_many_blocks(tmp_path: Path) -> None:
    """Values of a whole store read by `stream` are those of the store."""
    made = simulated(8, sizes=(390, 200), n_samples=5)
    with methcohort.open_store(made.write(tmp_path / "z.h5")) as store:
        found = list(stream(store.select(), whole, Resources(2, MEMORY), title="x", span=100))
        np.testing.assert_array_equal(np.concatenate([c for _, c in found], axis=1), made.c)
