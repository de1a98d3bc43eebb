"""Samples of stores, as the checks across a cohort see them.

Of samples that are in a store already a few are looked at, in a stretch of each chromosome: those
of one store were compared with each other when it was built.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..cohort import (
    NOWHERE,
    Config,
    FileFacts,
    Identified,
    LoadedFile,
    Reused,
    Strands,
    Stretches,
    format_of,
)
from ..engine import Memory
from ..genome import Named
from ..readers import format_named
from ..rows import Block, FileRows, TextSummary, first_at_least, load_clipping, site_block
from ..store.schema import BLOCK_SITES, COUNT_LAYERS, MAX_POS
from .source_store import SourceStore

MOST_SAMPLES: Final = 8
"""Samples of a store that are looked at: more would not change a verdict, only take longer."""


_MOST_SITES: Final = 1 << 17
"""Sites of a store that are looked at, as many as two digest blocks have."""


class Looked(NamedTuple):
    """A store of which samples are looked at.

    Attributes
    ----------
    source : the store
    rows : numbers of the samples there
    pos : int32[n_sites], positions of its sites
    """

    source: SourceStore
    rows: Sequence[int]
    pos: npt.NDArray[np.int32]


def others_of(memory: Memory, looked: Sequence[Looked], config: Config) -> Reused:
    """Return what is known of the samples of stores.

    Raises
    ------
    StoreError
        Where a store cannot be read.
    """
    stretches = _stretches(sorted(looked, key=lambda one: -one.pos.size))
    files: list[LoadedFile] = []
    if config.base_check != "off":
        for one in looked:
            files += _looked_at(memory, one, stretches, config)
    listed = [
        file for source, rows, _ in looked for row in rows for file in source.records[row].files
    ]
    return Reused(
        named=tuple(Named(source.path, source.store.chroms) for source, _, _ in looked),
        facts=tuple(_facts(file) for file in listed),
        looked_at=tuple(files),
        stretches=stretches,
        bases=frozenset(str(file["decided_by"]) for file in listed),
    )


def _facts(file: Mapping[str, Any]) -> FileFacts:
    """Return what the checks across files need of one that a store was made of."""
    strands = Strands(
        file["path"],
        merged=bool(file["n_merged_rows"]),
        split=bool(file["n_reverse"]),
        blind=not format_named(format_of(str(file["format"]))[0]).with_strand,
    )
    return FileFacts(
        sample=-1,
        name=str(file["name"]),
        path=str(file["path"]),
        sha256=str(file["sha256"]),
        format=str(file["format"]),
        columns="",
        strands=strands,
        n_rows=int(file["n_kept"]),
    )


def _most_covered(source: SourceStore, rows: Sequence[int]) -> list[int]:
    """Return the samples of a store that have the most sites."""
    return sorted(rows, key=lambda row: (-source.records[row].counts["n_sites"], row))[
        :MOST_SAMPLES
    ]


def _stretches(looked: Sequence[Looked]) -> Stretches:
    """Return the middle of each chromosome of the first store that has it.

    So many sites are looked at as `_MOST_SITES` says, all chromosomes of a store together.
    """
    number: dict[str, int] = {}
    parts = [(NOWHERE.low, NOWHERE.high)]
    for source, _, pos in looked:
        names = source.store.chroms
        fresh = np.array([name not in number for name in names], np.bool_)
        number |= {name: k for k, name in enumerate(compress(names, fresh), len(number))}
        low, high = _middles(source.store.chrom_offset, pos)
        parts.append((low[fresh], high[fresh]))
    low, high = (np.concatenate(ends) for ends in zip(*parts, strict=True))
    return Stretches(number, low, high)


def _middles(
    offset: npt.NDArray[np.int64], pos: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return first and last position of the middle of each chromosome; 1 and 0 for none."""
    sizes = np.diff(offset)
    low = np.ones(sizes.size, np.int64)
    if pos.size <= _MOST_SITES:
        return low, np.full_like(low, MAX_POS)
    high = np.zeros_like(low)
    n = np.rint(sizes * (_MOST_SITES / pos.size)).astype(np.int64)
    first = (offset[:-1] + (sizes - n) // 2)[n > 0]
    low[n > 0], high[n > 0] = pos[first], pos[first + n[n > 0] - 1]
    return low, high


class _Found:
    """The rows of a sample in the stretches, as they are found."""

    def __init__(self) -> None:
        self.chroms = [np.empty(0, np.int64)]
        self.pos = [np.empty(0, np.int32)]
        self.kinds = [np.empty(0, np.uint8)]

    def add(
        self,
        chroms: npt.NDArray[np.int64],
        pos: npt.NDArray[np.int32],
        kinds: npt.NDArray[np.uint8],
    ) -> None:
        """Add rows, given by the number of the chromosome of each, its position and its kind."""
        self.chroms.append(chroms)
        self.pos.append(pos)
        self.kinds.append(kinds)

    def rows(self, memory: Memory, names: Sequence[str], *, with_kind: bool) -> FileRows:
        """Return the rows as those of a file; `names` are those of all chromosomes."""
        chroms = np.concatenate(self.chroms)
        starts = np.flatnonzero(np.diff(chroms, prepend=-1))
        pos, kinds = np.concatenate(self.pos), np.concatenate(self.kinds)
        blocks: tuple[Block, ...] = ()
        if pos.size:
            extent = memory.put(pos, kinds) if with_kind else memory.put(pos)
            blocks = (site_block(extent, pos.size, with_kind=with_kind),)
        return FileRows(
            blocks,
            np.column_stack([np.arange(starts.size), starts]),
            [names[k] for k in chroms[starts].tolist()],
            TextSummary(pos.size, 0, 0, 0, 0, 0, 0, 0, 0, 0, ""),
        )


def _looked_at(
    memory: Memory, looked: Looked, stretches: Stretches, config: Config
) -> list[LoadedFile]:
    """Return samples of a store as files with the rows that they have in the stretches."""
    source, store = looked.source, looked.source.store
    chosen = _most_covered(source, looked.rows)
    found = [_Found() for _ in chosen]
    for sites, chroms in _sites_in(looked, stretches):
        start, stop = int(sites[0]), int(sites[-1]) + 1
        inside = sites - start
        kinds = source.kinds(start, stop)[inside]
        c, t = (store.read_layer(layer, chosen, start, stop)[:, inside] for layer in COUNT_LAYERS)
        for one, observed in zip(found, (c | t) != 0, strict=True):
            one.add(chroms[observed], looked.pos[sites[observed]], kinds[observed])
    with_kind = bool(store.kinds)
    return [
        _as_file(source, row, one.rows(memory, store.chroms, with_kind=with_kind), config)
        for row, one in zip(chosen, found, strict=True)
    ]


def _sites_in(
    looked: Looked, stretches: Stretches
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield the sites of a store in the stretches, and the chromosome of each, a block at a time.

    So what is read of a store does not depend on how many chromosomes it has.
    """
    load_clipping()
    store = looked.source.store
    low, high = stretches.of(store.chroms)
    first, end = np.ascontiguousarray(store.chrom_offset[:-1]), store.chrom_offset[1:].copy()
    start, stop = np.empty_like(low), np.empty_like(low)
    first_at_least(looked.pos, first, end, low, start)
    first_at_least(looked.pos, start, end, high + 1, stop)
    for left in range(0, looked.pos.size, BLOCK_SITES):
        chrom, until = np.searchsorted(store.chrom_offset, [left, left + BLOCK_SITES])
        here = slice(max(chrom - 1, 0), until)
        begin = np.maximum(start[here], left)
        sizes = np.maximum(np.minimum(stop[here], left + BLOCK_SITES) - begin, 0)
        n = int(sizes.sum())
        if n:
            shift = begin - (np.cumsum(sizes) - sizes)
            numbers = np.repeat(np.arange(here.start, here.start + sizes.size), sizes)
            yield np.arange(n) + np.repeat(shift, sizes), numbers


def _as_file(source: SourceStore, row: int, rows: FileRows, config: Config) -> LoadedFile:
    """Return a sample of a store as a file with some rows."""
    file = source.records[row].files[0]
    name = format_of(str(file["format"]))[0]
    form = replace(
        format_named(name),
        base=int(file["base"]),
        merged="yes" if file["n_merged_rows"] else "no",
    )
    return LoadedFile(
        sample=row,
        source=source.cohort.samples[row].sources[0],
        found=Identified(form, str(file["decided_by"])),
        rows=rows,
        fits=bool(config.reference),
    )
