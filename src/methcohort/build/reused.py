"""Samples of a cohort that are taken over from stores: where they come from, and their sites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..cohort import Cohort, Config, LoadedCohort, Reused, SampleRecord, natural_key
from ..engine import Context, Memory, Pool, SharedArray
from ..matrix import (
    NOT_STORED,
    GivenSites,
    OpenChunks,
    Sites,
    StoreChunks,
    StoredSamples,
    damaged,
    load_observing,
    note_observed,
)
from ..rows import BLOCK_ROWS, Block, site_block
from ..store import Store
from ..store.schema import COUNT_LAYERS
from .reused_checks import Looked, others_of
from .source_store import SourceStore

_TASK_COLUMNS: Final = 16


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sample comes from: the number of a source, and its row there."""

    source: int
    row: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Which samples of a cohort come from which stores.

    Attributes
    ----------
    sources : the stores, open
    origins : of each sample of the cohort; None where its text is read
    """

    sources: tuple[SourceStore, ...]
    origins: tuple[Origin | None, ...]

    def fresh(self, cohort: Cohort) -> Cohort:
        """Return the cohort with only the samples whose text is read."""
        pairs = zip(cohort.samples, self.origins, strict=True)
        return replace(cohort, samples=tuple(one for one, origin in pairs if origin is None))

    def rows(self, source: int) -> list[int]:
        """Return the samples that come from a source, by their rows there, in order."""
        found = [one.row for one in self.origins if one is not None and one.source == source]
        return sorted(found)

    def is_whole(self, source: int) -> bool:
        """Tell whether all samples of a source are taken."""
        return len(self.rows(source)) == self.sources[source].grid.n_samples

    def records(self, cohort: Cohort, fresh: Sequence[SampleRecord]) -> list[SampleRecord]:
        """Return what is told of each sample; names and paths of files are those of the cohort."""
        read = iter(fresh)
        return [
            next(read)
            if origin is None
            else replace(
                record := self.sources[origin.source].records[origin.row],
                files=tuple(
                    {**file, "name": source.name, "path": source.given}
                    for file, source in zip(record.files, sample.sources, strict=True)
                ),
            )
            for sample, origin in zip(cohort.samples, self.origins, strict=True)
        ]

    @property
    def largest(self) -> int:
        """The largest count of the samples that are taken."""
        return max(
            self.sources[one.source].records[one.row].counts["largest_count"]
            for one in self.origins
            if one is not None
        )

    def others(self, memory: Memory, stores: Sequence[StoreChunks], config: Config) -> Reused:
        """Return the samples as the checks across the cohort see them."""
        looked = [
            Looked(source, self.rows(k), store.sites.open(memory.arenas))
            for k, (source, store) in enumerate(zip(self.sources, stores, strict=True))
        ]
        return others_of(memory, looked, config)

    def share(self, memory: Memory, software: Mapping[str, str]) -> list[StoreChunks]:
        """Return where the chunks of each source lie, for workers."""
        return [
            source.share(memory, as_is=dict(source.made_with) == dict(software))
            for source in self.sources
        ]

    def stored(
        self, memory: Memory, stores: Sequence[StoreChunks], chroms: Sequence[str]
    ) -> StoredSamples:
        """Return what packing tasks need, for a cohort with these chromosomes."""
        pairs = [(one.source, one.row) if one else (NOT_STORED, 0) for one in self.origins]
        return StoredSamples(
            tuple(stores),
            tuple(
                memory.share(_spans(source, source.store.chrom_offset, chroms))
                for source in self.sources
            ),
            memory.share(np.array(pairs, np.int32)),
        )


def given_by_stores(
    memory: Memory, taken: Taken, stores: Sequence[StoreChunks], config: Config
) -> GivenSites | None:
    """Return the sites that all stores have alike; None where the samples tell the sites.

    Raises DamagedStoreError where they have not.
    """
    if not config.sites_are_given:
        return None
    store = taken.sources[0].store
    for source, chunks in zip(taken.sources[1:], stores[1:], strict=True):
        if not _has_sites(memory, source.store, chunks, store, stores[0]):
            what = f"its sites are not those of {store.path}, though both were made of one list"
            raise damaged(source.path, what)
    return GivenSites(store.chroms, Sites(stores[0].sites, store.chrom_offset))


def _has_sites(
    memory: Memory, store: Store, chunks: StoreChunks, other: Store, of_other: StoreChunks
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
    spans = _spans(source, offset, chroms)
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


def _spans(
    source: SourceStore, offset: npt.NDArray[np.int64], chroms: Sequence[str]
) -> npt.NDArray[np.int64]:
    """Return first site and end of each of `chroms`, int64[n_chroms, 2]; 0 for none.

    `offset` has the first site of each chromosome of the source, and the end. Raises
    DamagedStoreError where the source has them in another order, or one twice.
    """
    names = source.store.chroms
    own = {name: k for k, name in enumerate(names)}
    listed = np.zeros((len(names) + 1, 2), np.int64)
    listed[:-1, 0], listed[:-1, 1] = offset[:-1], offset[1:]
    spans = listed[np.array([own.get(name, -1) for name in chroms], np.int64)]
    there = spans[spans[:, 0] < spans[:, 1]]
    if (np.diff(there[:, 0]) < 0).any() or len(own) != len(names):
        raise damaged(source.path, "its chromosomes are not in their order")
    return spans
