"""The sites of samples that are taken over from stores, among those of samples that are read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..cohort import Config, LoadedCohort, natural_key
from ..engine import Context, Memory, Pool, SharedArray
from ..matrix import (
    GivenSites,
    OpenChunks,
    Sites,
    StoreChunks,
    damaged,
    load_observing,
    note_observed,
)
from ..rows import BLOCK_ROWS, Block, site_block
from ..store import StoreReader
from ..store.schema import COUNT_LAYERS
from .reused import Taken

_TASK_COLUMNS: Final = 16
"""Columns of chunks that one task looks at; 4,096 sites wide, they are one block of digests."""


def given_by_stores(
    memory: Memory, taken: Taken, stores: Sequence[StoreChunks], config: Config
) -> GivenSites | None:
    """Return the sites that all stores share; None where the sites are those of the samples.

    Raises DamagedStoreError where they differ.
    """
    if not config.sites_are_given:
        return None
    store = taken.sources[0].store
    for source, chunks in zip(taken.sources[1:], stores[1:], strict=True):
        if not _has_sites(memory, source.store, chunks, store, stores[0]):
            what = f"its sites differ from those of {store.path}, although both had the same list"
            raise damaged(source.path, what)
    return GivenSites(store.chroms, Sites(stores[0].sites, store.chrom_offset))


def _has_sites(
    memory: Memory,
    store: StoreReader,
    chunks: StoreChunks,
    other: StoreReader,
    of_other: StoreChunks,
) -> bool:
    """Tell whether two stores have the same sites."""
    if store.chroms != other.chroms or store.chrom_offset.tolist() != other.chrom_offset.tolist():
        return False
    one, two = (array.open(memory.arenas) for array in (chunks.sites, of_other.sites))
    return np.array_equal(one, two)


def with_taken(
    pool: Pool,
    memory: Memory,
    taken: Taken,
    stores: Sequence[StoreChunks],
    loaded: LoadedCohort,
    *,
    given: bool,
) -> LoadedCohort:
    """Return a cohort with all its samples, of which those taken over have no rows.

    Behind the samples its catalog has the sites of each source, as if they were the rows of one
    more sample. So what finds sites and joins their kinds needs to know of rows alone.

    Parameters
    ----------
    loaded : the samples whose text was read
    given : whether the sites do not depend on samples
    """
    if not stores:
        return loaded
    named = dict.fromkeys(name for source in taken.sources for name in source.store.chroms)
    chroms = list(loaded.chroms)
    if not given:
        chroms = sorted({*chroms, *named}, key=natural_key)
    lists = [
        _site_list(pool, memory, taken, k, store, chroms, given=given)
        for k, store in enumerate(stores)
    ]
    places = [k for k, origin in enumerate(taken.origins) if origin is None]
    number = {name: k for k, name in enumerate(chroms)}
    catalog = loaded.catalog.arranged(
        places,
        len(taken.origins),
        np.array([number[name] for name in loaded.chroms], np.int64),
        [blocks for blocks, _ in lists],
        [runs for _, runs in lists],
        len(chroms),
        memory.sizes(),
    )
    return replace(loaded, chroms=tuple(chroms), catalog=catalog)


def _site_list(
    pool: Pool,
    memory: Memory,
    taken: Taken,
    number: int,
    store: StoreChunks,
    chroms: Sequence[str],
    *,
    given: bool,
) -> tuple[list[Block], npt.NDArray[np.int64]]:
    """Return the sites of a source that stay, as blocks, with runs as for `Catalog.build`."""
    source, n = taken.sources[number], store.grid.n_sites
    with_kind = bool(source.store.kinds)
    if n == 0 or (given and not with_kind):
        return [], np.empty((0, 3), np.int64)
    pos = store.sites.open(memory.arenas)
    offset = source.store.chrom_offset
    kept = None
    if not given and not taken.is_whole(number):
        seen = _observed(pool, memory, store, taken.rows(number))
        kept = seen.open(memory.arenas)
        sizes = np.add.reduceat(kept, offset[:-1], dtype=np.int64)
        offset = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    blocks = []
    for start in range(0, n, BLOCK_ROWS):  # a copy of all sites may not fit the memory
        part = slice(start, min(start + BLOCK_ROWS, n))
        chosen = ... if kept is None else kept[part]
        columns: list[npt.NDArray[Any]] = [pos[part][chosen]]
        if with_kind:
            columns.append(source.kinds(part.start, part.stop)[chosen])
        if columns[0].size:
            extent = memory.put(*columns)
            blocks.append(site_block(extent, columns[0].size, with_kind=with_kind))
    if kept is not None:
        memory.release(seen.extent)
    spans = source.spans(chroms, offset)
    runs = np.column_stack([np.arange(len(chroms)), spans])
    return blocks, runs[spans[:, 0] < spans[:, 1]]


@dataclass(frozen=True, slots=True)
class ObserveTask:
    """Columns [first, end) of chunks, in which some rows are looked at; see `_observed`."""

    title: str
    store: StoreChunks
    rows: tuple[int, ...]
    first: int
    end: int
    seen: SharedArray


def _observed(pool: Pool, memory: Memory, store: StoreChunks, rows: Sequence[int]) -> SharedArray:
    """Return bool[n_sites], whether one of the rows has a read at a site."""
    load_observing()
    seen = memory.empty(store.grid.n_sites, np.bool_)
    _, n_columns = store.grid.tiles
    tasks = [
        (
            ObserveTask(
                f"the sites of {store.path}", store, tuple(rows), first,
                min(first + _TASK_COLUMNS, n_columns), seen,
            ),
        )
        for first in range(0, n_columns, _TASK_COLUMNS)
    ]  # fmt: skip
    for _ in pool.run(observe, tasks):
        pass
    return seen


def observe(context: Context, task: ObserveTask) -> None:
    """Find out at which sites one of some samples has a read."""
    grid = task.store.grid
    height, width = grid.chunk
    first, end = task.first * width, min(task.end * width, grid.n_sites)
    seen = task.seen.open(context.arenas)[first:end].view(np.uint8)
    seen[:] = 0
    tiles: dict[int, list[int]] = {}
    for row in task.rows:
        tiles.setdefault(row // height, []).append(row % height)
    with OpenChunks(context, task.store) as chunks:
        for column in range(task.first, task.end):
            left = column * width - first
            for tile, rows in tiles.items():
                for layer in COUNT_LAYERS:
                    planes = chunks.planes(grid.layers.index(layer), tile, column)
                    for row in rows:
                        note_observed(planes, row, seen[left : left + width])
