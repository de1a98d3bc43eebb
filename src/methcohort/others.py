"""Samples of stores, as the checks across a cohort see them.

Whether names, strands and positions of all samples fit together is asked again whenever samples
come together. Of samples that are in a store already a few are looked at, in a stretch of each
chromosome: those of one store were compared with each other when it was built.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .aliases import Named
from .blocks import Block, site_block, view_columns
from .collapse import Strands
from .config import Config
from .identify import ASSUMED, Identified
from .layout import COUNT_LAYERS, MAX_POS
from .loading import LoadedFile
from .parts import Rows
from .readers import TextSummary, format_named
from .shared import Memory
from .sheet import copy_key, format_of
from .source import SourceStore

_MOST_SAMPLES: Final = 8
_MOST_SITES: Final = 1 << 17
_NO_RUNS: Final = np.empty((0, 2), np.int32)


class Whose(NamedTuple):
    """Whose a file is: the name of its row of the sheet, and its path."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Others:
    """What is known of samples whose text is not read.

    Attributes
    ----------
    named : names of the chromosomes of each store
    digests : whose file has a `copy_key`
    copies : files that have the same bytes, the first of them and another
    strands : whether each file tells strands apart
    files : some samples, with their rows in the stretches
    stretches : by chromosome, first and last position at which rows are compared
    bases : the rules that decided the bases of all their files
    """

    named: tuple[Named, ...]
    digests: Mapping[str, Whose]
    copies: tuple[tuple[Whose, Whose], ...]
    strands: tuple[Strands, ...]
    files: tuple[LoadedFile, ...]
    stretches: Mapping[str, tuple[int, int]]
    bases: frozenset[str] = frozenset()

    @property
    def has_assumed(self) -> bool:
        """Whether the base of some file was assumed."""
        return ASSUMED in self.bases

    @property
    def has_known(self) -> bool:
        """Whether the base of some file was not assumed."""
        return bool(self.bases - {ASSUMED})

    def clipped(
        self, memory: Memory, rows: Rows, table: npt.NDArray[np.int64], chroms: Sequence[str]
    ) -> npt.NDArray[np.int64]:
        """Return runs, int64[n, 3] of chromosome, first row and end, cut to the stretches."""
        kept = []
        for chrom, first, end in table.tolist():
            low, high = self.stretches.get(chroms[chrom], (1, 0))
            start = _find_row(memory, rows, first, end, low)
            stop = _find_row(memory, rows, start, end, high + 1)
            if start < stop:
                kept.append((chrom, start, stop))
        return np.array(kept, np.int64).reshape(-1, 3)


NO_OTHERS: Final = Others((), {}, (), (), (), {})


def others_of(
    memory: Memory, sources: Sequence[tuple[SourceStore, Sequence[int]]], config: Config
) -> Others:
    """Return what is known of samples, given by their stores and their rows there.

    Raises
    ------
    StoreError
        Where a store cannot be read.
    """
    stretches: dict[str, tuple[int, int]] = {}
    for source, _ in sorted(sources, key=lambda one: -one[0].grid.n_sites):
        stretches = _stretches(source) | stretches
    files: list[LoadedFile] = []
    if config.base_check != "off":
        for source, rows in sources:
            chosen = _most_covered(source, rows)
            files += _looked_at(memory, source, chosen, stretches, config)
    listed = [one for source, rows in sources for row in rows for one in source.records[row].files]
    digests: dict[str, Whose] = {}
    copies = []
    for one in listed:
        if one["n_kept"]:
            whose = Whose(str(one["name"]), str(one["path"]))
            first = digests.setdefault(copy_key(str(one["sha256"]), str(one["format"])), whose)
            if first is not whose:
                copies.append((first, whose))
    return Others(
        named=tuple(Named(source.path, source.store.chroms) for source, _ in sources),
        digests=digests,
        copies=tuple(copies),
        strands=tuple(_strands(one) for one in listed),
        files=tuple(files),
        stretches=stretches,
        bases=frozenset(str(one["decided_by"]) for one in listed),
    )


def _strands(file: Mapping[str, Any]) -> Strands:
    return Strands(
        file["path"],
        merged=bool(file["n_merged_rows"]),
        split=bool(file["n_reverse"]),
        blind=not format_named(format_of(str(file["format"]))[0]).with_strand,
    )


def _most_covered(source: SourceStore, rows: Sequence[int]) -> list[int]:
    """Return the samples of a store that have the most sites."""
    return sorted(rows, key=lambda row: (-source.records[row].counts["n_sites"], row))[
        :_MOST_SAMPLES
    ]


def _stretches(source: SourceStore) -> dict[str, tuple[int, int]]:
    """Return the middle of each chromosome, of not too many sites together."""
    store = source.store
    if store.n_sites <= _MOST_SITES:
        return dict.fromkeys(store.chroms, (1, MAX_POS))
    share = _MOST_SITES / store.n_sites
    found = {}
    for name, start, stop in zip(
        store.chroms, store.chrom_offset[:-1].tolist(), store.chrom_offset[1:].tolist(), strict=True
    ):
        n = round((stop - start) * share)
        if n:
            first = start + (stop - start - n) // 2
            pos = store.positions(first, first + n)
            found[name] = int(pos[0]), int(pos[-1])
    return found


class _Rows:
    """The rows of a sample in the stretches, as they are found."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.runs: list[tuple[int, int]] = []
        self.parts: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]] = []
        self.n = 0

    def add(self, chrom: str, pos: npt.NDArray[np.int32], kinds: npt.NDArray[np.uint8]) -> None:
        """Add the rows of one more chromosome."""
        if pos.size:
            self.runs.append((len(self.names), self.n))
            self.names.append(chrom)
            self.parts.append((pos, kinds))
            self.n += pos.size


def _looked_at(
    memory: Memory,
    source: SourceStore,
    chosen: Sequence[int],
    stretches: Mapping[str, tuple[int, int]],
    config: Config,
) -> list[LoadedFile]:
    """Return samples of a store as files with the rows that they have in the stretches."""
    store = source.store
    found = [_Rows() for _ in chosen]
    for name in store.chroms:
        if name not in stretches:
            continue
        start, stop = store.find(name, *stretches[name])
        pos, kinds = store.positions(start, stop), source.kinds(start, stop)
        c, t = (store.read_layer(layer, chosen, start, stop) for layer in COUNT_LAYERS)
        for rows, observed in zip(found, (c | t) != 0, strict=True):
            rows.add(name, pos[observed], kinds[observed])
    return [
        _as_file(memory, source, row, rows, config) for row, rows in zip(chosen, found, strict=True)
    ]


def _as_file(
    memory: Memory, source: SourceStore, row: int, rows: _Rows, config: Config
) -> LoadedFile:
    """Return a sample of a store as a file with some rows."""
    told = source.records[row].files[0]
    name = format_of(str(told["format"]))[0]
    form = replace(
        format_named(name),
        base=int(told["base"]),
        merged="yes" if told["n_merged_rows"] else "no",
    )
    return LoadedFile(
        sample=row,
        source=source.cohort.samples[row].sources[0],
        found=Identified(form, str(told["decided_by"])),
        rows=Rows(
            _blocks(memory, rows.parts, with_kind=bool(source.store.kinds)),
            np.array(rows.runs, np.int64).reshape(-1, 2),
            rows.names,
            TextSummary(rows.n, 0, 0, 0, 0, 0, 0, 0, 0, 0, ""),
        ),
        fits=bool(config.reference),
    )


def _blocks(
    memory: Memory,
    parts: Sequence[tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]],
    *,
    with_kind: bool,
) -> tuple[Block, ...]:
    """Return positions and kinds as one block of shared memory, or none."""
    if not parts:
        return ()
    pos, kinds = (np.concatenate(column) for column in zip(*parts, strict=True))
    extent = memory.put(pos, kinds) if with_kind else memory.put(pos)
    return (site_block(extent, len(pos), with_kind=with_kind),)


def _find_row(memory: Memory, rows: Rows, start: int, stop: int, position: int) -> int:
    """Return the first of the rows [start, stop), of one chromosome, that is not before it."""
    first = 0
    for block in rows.blocks:
        low, high = max(start - first, 0), min(stop - first, block.n_rows)
        if low < high:
            pos = view_columns(memory.arenas.map(block.extent), block, _NO_RUNS).pos[low:high]
            if int(pos[-1]) >= position:
                return first + low + int(np.searchsorted(pos, position))
        first += block.n_rows
    return stop
