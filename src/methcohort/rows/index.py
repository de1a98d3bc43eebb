"""The catalog of a cohort: where each sample's rows of each chromosome lie in shared memory.

It is a few flat integer arrays in one extent, so that kernels in any worker can find the rows of
any sample without a Python object. Rows of a sample are numbered from 0 over all its blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ..engine import RAM, SCRATCH, Arenas, Bytes, Extent, Memory
from .blocks import Block, column_offsets

Table = npt.NDArray[np.int64]

# Columns of `blocks`.
ARENA: Final = 0
POS: Final = 1  # offsets of the columns in the arena, in values, not bytes
PCT: Final = 2
C: Final = 3
T: Final = 4
WIDE_COUNTS: Final = 5
FIRST_ROW: Final = 6
N_ROWS: Final = 7
KIND: Final = 8  # -1 where the block has no kinds
_FIELDS: Final = 9


class Views(NamedTuple):
    """One arena, seen as values of each type that columns have."""

    i4: npt.NDArray[np.int32]
    u2: npt.NDArray[np.uint16]
    u4: npt.NDArray[np.uint32]
    f4: npt.NDArray[np.float32]
    u1: npt.NDArray[np.uint8]


class IndexedRows(NamedTuple):
    """The rows of all samples and where they lie, as one argument of a kernel.

    The arenas as values, and the tables of `Catalog`.
    """

    ram: Views
    scratch: Views
    blocks: Table
    block_start: Table
    runs: Table
    run_start: Table
    by_chrom: Table
    chrom_start: Table


@dataclass(frozen=True, slots=True)
class Catalog:
    """Where rows lie; all arrays are int64.

    Attributes
    ----------
    blocks : [n_blocks, 9], a block a row; columns as named in this module
    block_start : [n_samples + 1], first block of each sample
    runs : [n_runs, 3], chromosome, first row, end; by sample, then chromosome
    run_start : [n_samples + 1], first run of each sample
    by_chrom : [n_runs, 3], sample, first row, end; by chromosome, then sample
    chrom_start : [n_chroms + 1], first of `by_chrom` of each chromosome
    sizes : [2], bytes of the two arenas
    """

    blocks: Table
    block_start: Table
    runs: Table
    run_start: Table
    by_chrom: Table
    chrom_start: Table
    sizes: Table

    def views(self, arenas: Arenas) -> tuple[Views, Views]:
        """Return the two arenas as values, for kernels."""
        ram, scratch = (arenas.whole(arena, int(self.sizes[arena])) for arena in (RAM, SCRATCH))
        return _views(ram), _views(scratch)

    def rows(self, arenas: Arenas) -> IndexedRows:
        """Return the rows themselves, for kernels."""
        return self._rows(*self.views(arenas))

    def _rows(self, ram: Views, scratch: Views) -> IndexedRows:
        return IndexedRows(
            ram,
            scratch,
            self.blocks,
            self.block_start,
            self.runs,
            self.run_start,
            self.by_chrom,
            self.chrom_start,
        )

    def share(self, memory: Memory) -> "SharedCatalog":
        """Copy the catalog to shared memory; return what a worker needs to find it."""
        tables = [getattr(self, name) for name in self.__slots__]
        return SharedCatalog(memory.put(*tables), tuple(table.shape for table in tables))

    @classmethod
    def build(
        cls,
        blocks: Sequence[Sequence[Block]],
        runs: Sequence[Table],
        n_chroms: int,
        sizes: tuple[int, int],
    ) -> Self:
        """Return the catalog of samples.

        Parameters
        ----------
        blocks : the blocks of each sample, in order
        runs : for each sample int64[n, 3] of chromosome, first row and end
        n_chroms : chromosome numbers are below it
        sizes : bytes of the two arenas
        """
        rows = [_block_rows(listed) for listed in blocks]
        return cls._of(
            np.concatenate([np.empty((0, _FIELDS), np.int64), *rows]),
            _starts([len(table) for table in rows]),
            np.array(sizes, np.int64),
            runs,
            n_chroms,
        )

    def block(self, number: int) -> Block:
        """Return a block, of at least one row, as it was given to `build`."""
        row = self.blocks[number].tolist()
        width = 4 if row[WIDE_COUNTS] else 2
        parts = {
            "wide": bool(row[WIDE_COUNTS]),
            "with_pct": row[C] * width > row[PCT] * 4,
            "with_kind": row[KIND] >= 0,
            "with_counts": row[T] > row[C],
        }
        size = column_offsets(row[N_ROWS], **parts)[-1]
        return Block(Extent(row[ARENA], row[POS] * 4, size), row[N_ROWS], **parts)

    def with_runs(self, runs: Sequence[Table], n_chroms: int) -> Self:
        """Return a catalog of the same blocks with other runs, as for `build`."""
        return self._of(self.blocks, self.block_start, self.sizes, runs, n_chroms)

    def arranged(
        self,
        places: Sequence[int],
        n_samples: int,
        number: Table,
        blocks: Sequence[Sequence[Block]],
        runs: Sequence[Table],
        n_chroms: int,
        sizes: tuple[int, int],
    ) -> Self:
        """Return a catalog with the same samples among others without rows, and further samples.

        Parameters
        ----------
        places : new number of each sample, in order
        n_samples : of those and the ones without rows
        number : int64, new number of each chromosome
        blocks, runs, n_chroms, sizes : as for `build`; those of the further samples come last
        """
        tables = [np.empty((0, 3), np.int64)] * n_samples
        sizes_of = np.zeros(n_samples, np.int64)
        sizes_of[list(places)] = np.diff(self.block_start)
        for place, start, stop in zip(places, self.run_start, self.run_start[1:], strict=False):
            table = self.runs[start:stop].copy()
            table[:, 0] = number[table[:, 0]]
            tables[place] = table
        rows = [_block_rows(listed) for listed in blocks]
        return self._of(
            np.concatenate([self.blocks, *rows]),
            _starts([*sizes_of.tolist(), *map(len, rows)]),
            np.array(sizes, np.int64),
            [*tables, *runs],
            n_chroms,
        )

    @classmethod
    def _of(
        cls, blocks: Table, block_start: Table, sizes: Table, runs: Sequence[Table], n_chroms: int
    ) -> Self:
        run_start = _starts([len(table) for table in runs])
        everything = np.concatenate([np.empty((0, 3), np.int64), *runs])
        for start, stop in zip(run_start[:-1].tolist(), run_start[1:].tolist(), strict=True):
            table = everything[start:stop]
            if (np.diff(table[:, 0]) < 0).any():
                table[:] = table[np.argsort(table[:, 0], kind="stable")]
        order = np.argsort(everything[:, 0], kind="stable")
        by_chrom = np.empty_like(everything)  # filled a column at a time: there may be many runs
        by_chrom[:, 0] = np.repeat(np.arange(len(runs)), np.diff(run_start))[order]
        for column in (1, 2):
            by_chrom[:, column] = everything[order, column]
        return cls(
            blocks=blocks,
            block_start=block_start,
            runs=everything,
            run_start=run_start,
            by_chrom=by_chrom,
            chrom_start=np.searchsorted(everything[order, 0], np.arange(n_chroms + 1)),
            sizes=sizes,
        )


def no_rows() -> IndexedRows:
    """Return the rows of no sample: what kernels are compiled with."""
    nothing = _views(np.empty(0, np.uint8))
    return Catalog.build((), (), 0, (0, 0))._rows(nothing, nothing)


@dataclass(frozen=True, slots=True)
class SharedCatalog:
    """Where a catalog lies in shared memory: what crosses the pipe instead of it."""

    extent: Extent
    shapes: tuple[tuple[int, ...], ...]

    def open(self, arenas: Arenas) -> Catalog:
        """Return the catalog, as views of the shared memory."""
        flat = arenas.map(self.extent).view(np.int64)
        tables = []
        start = 0
        for shape in self.shapes:
            stop = start + int(np.prod(shape))
            tables.append(flat[start:stop].reshape(shape))
            start = stop
        return Catalog(*tables)


def _views(whole: Bytes) -> Views:
    return Views(
        whole.view(np.int32),
        whole.view(np.uint16),
        whole.view(np.uint32),
        whole.view(np.float32),
        whole,
    )


def _starts(lengths: Sequence[int]) -> Table:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def _block_rows(blocks: Sequence[Block]) -> Table:
    table = np.empty((len(blocks), _FIELDS), np.int64)
    first = 0
    for row, block in zip(table, blocks, strict=True):
        pos, pct, c, t, kind, _ = column_offsets(
            block.n_rows,
            wide=block.wide,
            with_pct=block.with_pct,
            with_kind=block.with_kind,
            with_counts=block.with_counts,
        )
        start = block.extent.offset
        width = 4 if block.wide else 2
        row[ARENA], row[FIRST_ROW], row[N_ROWS] = block.extent.arena, first, block.n_rows
        row[POS], row[PCT] = (start + pos) // 4, (start + pct) // 4
        row[C], row[T] = (start + c) // width, (start + t) // width
        row[WIDE_COUNTS] = block.wide
        row[KIND] = start + kind if block.with_kind else -1
        first += block.n_rows
    return table
