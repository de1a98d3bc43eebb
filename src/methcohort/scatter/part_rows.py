"""The rows of a batch of samples on the disk, as they lie in shared memory, and where they lie.

A block of rows is written as it is and has a checksum of its own, so that a job that packs some
sites reads the blocks that touch them and no others. Two tables, int64, say what is where:

* `blocks`, one row per block, by sample: its place in the file, its columns, its largest count;
* `pieces`, a row for each stretch of a block on one chromosome, with its first and last position.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from ..core.errors import one_line
from ..engine import Bytes, Context, Extent, Memory, Pool
from ..files import open_file, read_whole, write_whole
from ..rows import FIRST_ROW, N_ROWS, Block, Catalog, Columns, Table, view_columns
from .part_file import DamagedPartError, PartFile, PartWriter

# Columns of `blocks`.
_OFFSET: Final = 0
_SIZE: Final = 1
_CRC: Final = 2
_ROWS: Final = 3
_WIDE: Final = 4
_PCT: Final = 5
_KIND: Final = 6
_LARGEST: Final = 7
_BLOCK_FIELDS: Final = 8

# Columns of `pieces`.
_BLOCK: Final = 0
_CHROM: Final = 1
_FIRST: Final = 2  # row of the block
_END: Final = 3
_LOW: Final = 4  # position of the first row
_HIGH: Final = 5
_PIECE_FIELDS: Final = 6

_NO_RUNS: Final = np.empty((0, 2), np.int32)


@dataclass(frozen=True, slots=True)
class WriteTask:
    """A block to be written to a file: row `number` of `blocks`, with the pieces [start, stop)."""

    title: str
    path: str
    block: Block
    blocks: Extent
    number: int
    pieces: Extent
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Bytes of a file to be read to an extent."""

    title: str
    path: str
    offset: int
    size: int
    crc: int
    extent: Extent


def write_rows(pool: Pool, memory: Memory, catalog: Catalog, writer: PartWriter) -> None:
    """Write all rows of a catalog, in which every row has a chromosome, and their tables."""
    pieces, starts = _pieces(catalog)
    n_blocks = len(catalog.blocks)
    blocks = memory.reserve(8 * _BLOCK_FIELDS * n_blocks)
    shared = memory.put(pieces)
    table = _table(memory.arenas.map(blocks), _BLOCK_FIELDS)
    tasks = []
    for k in range(n_blocks):
        block = catalog.block(k)
        table[k, _OFFSET] = writer.room(block.extent.nbytes)
        task = WriteTask(
            f"block {k + 1} of the rows", str(writer.path), block, blocks, k, shared,
            int(starts[k]), int(starts[k + 1]),
        )  # fmt: skip
        tasks.append((task,))
    for _, error in pool.run(write_block, tasks):
        if error is not None:
            raise writer.refusal(error)
    writer.add("blocks", table[:n_blocks])
    writer.add("block_start", catalog.block_start)
    found = _table(memory.arenas.map(shared), _PIECE_FIELDS)[: len(pieces)]
    writer.add("pieces", found)
    del table, found
    memory.release(blocks)
    memory.release(shared)


def _table(memory: Bytes, fields: int) -> Table:
    values = memory.view(np.int64)
    return values[: values.size // fields * fields].reshape(-1, fields)


def _pieces(catalog: Catalog) -> tuple[Table, Table]:
    """Return the pieces of all blocks, but for their positions, and the first of each block."""
    tables = [np.empty((0, _PIECE_FIELDS), np.int64)]
    for k in range(len(catalog.run_start) - 1):
        first_block = int(catalog.block_start[k])
        rows = catalog.blocks[first_block : catalog.block_start[k + 1]]
        runs = catalog.runs[catalog.run_start[k] : catalog.run_start[k + 1]]
        runs = runs[np.argsort(runs[:, 1])]
        starts = np.union1d(rows[:, FIRST_ROW], runs[:, 1])
        if not starts.size:
            continue
        n_rows = int(rows[-1, FIRST_ROW] + rows[-1, N_ROWS])
        block = np.searchsorted(rows[:, FIRST_ROW], starts, side="right") - 1
        table = np.zeros((len(starts), _PIECE_FIELDS), np.int64)
        table[:, _BLOCK] = first_block + block
        table[:, _CHROM] = runs[np.searchsorted(runs[:, 1], starts, side="right") - 1, 0]
        table[:, _FIRST] = starts - rows[block, FIRST_ROW]
        table[:, _END] = np.append(starts[1:], n_rows) - rows[block, FIRST_ROW]
        tables.append(table)
    pieces = np.concatenate(tables)
    return pieces, np.searchsorted(pieces[:, _BLOCK], np.arange(len(catalog.blocks) + 1))


def write_block(context: Context, task: WriteTask) -> OSError | None:
    """Write a block to its place, and its row of the tables; return why the system refuses."""
    row = _table(context.map(task.blocks), _BLOCK_FIELDS)[task.number]
    pieces = _table(context.map(task.pieces), _PIECE_FIELDS)[task.start : task.stop]
    block = task.block
    data = context.map(block.extent)[: block.extent.nbytes]
    columns = view_columns(data, block, _NO_RUNS)
    row[_SIZE], row[_CRC], row[_ROWS] = data.size, isal_zlib.crc32(data), block.n_rows
    row[_WIDE], row[_PCT], row[_KIND] = block.wide, block.with_pct, block.with_kind
    row[_LARGEST] = max(int(columns.c.max()), int(columns.t.max()))
    pieces[:, _LOW] = columns.pos[pieces[:, _FIRST]]
    pieces[:, _HIGH] = columns.pos[pieces[:, _END] - 1]
    try:
        fd = os.open(task.path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            write_whole(fd, data, int(row[_OFFSET]))
        finally:
            os.close(fd)
    except OSError as error:
        return error
    context.arenas.forget_scratch()
    context.note(block.n_rows)
    return None


def read_block(context: Context, task: ReadTask) -> None:
    """Read a block to shared memory.

    Raises
    ------
    StoreError
        Where it cannot be read, or holds other bytes than were written.
    """
    data = context.private("rows", task.size)
    found = "found other bytes than were written"
    try:
        fd = open_file(task.path)
        try:
            whole = read_whole(fd, data, task.offset)
        finally:
            os.close(fd)
    except OSError as error:
        whole, found = False, f"cannot be read ({one_line(error)})"
    if not whole or isal_zlib.crc32(data) != task.crc:
        raise DamagedPartError(task.path, f"{found}, at byte {task.offset:,}")
    context.arenas.write(task.extent, [data])
    context.note(1)


class Numbering(NamedTuple):
    """A batch, and the number in the store of each of its chromosomes, -1 for those left out."""

    bundle: PartFile
    chroms: npt.NDArray[np.int64]


def read_rows(pool: Pool, memory: Memory, batches: Sequence[Numbering], limits: Table) -> Catalog:
    """Read the blocks that have rows in some range to shared memory; return where they lie.

    Parameters
    ----------
    batches : in the order of their samples
    limits : int64[n_chroms, 2], first and last position that is wanted of each chromosome; the last
        one is below the first where none is
    """
    blocks: list[list[Block]] = []
    runs: list[Table] = []
    tasks: list[tuple[ReadTask]] = []
    for batch in batches:
        table, pieces = batch.bundle.array("blocks"), batch.bundle.array("pieces")
        start = batch.bundle.array("block_start")
        pieces = _touching(pieces, batch.chroms, limits)
        chosen = np.unique(pieces[:, _BLOCK])
        read = [_reserved(memory, batch.bundle.path, row) for row in table[chosen]]
        tasks += [(task,) for _, task in read]
        first = np.concatenate([[0], np.cumsum(table[chosen, _ROWS])])
        cuts = np.searchsorted(chosen, start)
        piece_cuts = np.searchsorted(pieces[:, _BLOCK], start)
        place = first[np.searchsorted(chosen, pieces[:, _BLOCK])]
        for k in range(len(start) - 1):
            low, high = cuts[k : k + 2].tolist()
            own = slice(*piece_cuts[k : k + 2].tolist())
            blocks.append([block for block, _ in read[low:high]])
            runs.append(_runs(pieces[own], place[own] - first[low]))
    for _ in pool.run(read_block, tasks):
        pass
    return Catalog.build(blocks, runs, len(limits), memory.sizes())


def _touching(pieces: Table, chroms: npt.NDArray[np.int64], limits: Table) -> Table:
    """Return the pieces that have positions within the limits, with chromosomes of the store."""
    number = np.append(chroms, -1)[pieces[:, _CHROM]]
    low, high = np.append(limits, [[0, -1]], axis=0)[number].T
    kept = (number >= 0) & (low <= high) & (pieces[:, _HIGH] >= low) & (pieces[:, _LOW] <= high)
    found: Table = pieces[kept].copy()
    found[:, _CHROM] = number[kept]
    return found


def _runs(pieces: Table, first: Table) -> Table:
    """Return the runs of a sample, given its pieces and the first row of the block of each."""
    if not len(pieces):
        return np.empty((0, 3), np.int64)
    order = np.argsort(pieces[:, _CHROM], kind="stable")
    pieces, first = pieces[order], first[order]
    starts = np.flatnonzero(np.diff(pieces[:, _CHROM], prepend=-1))
    last = np.append(starts[1:], len(pieces)) - 1
    return np.column_stack(
        [
            pieces[starts, _CHROM],
            first[starts] + pieces[starts, _FIRST],
            first[last] + pieces[last, _END],
        ]
    )


def _reserved(memory: Memory, path: str, row: Table) -> tuple[Block, ReadTask]:
    offset, size, crc, n_rows, wide, with_pct, with_kind, _ = row.tolist()
    extent = memory.reserve(size, mapped=False)
    block = Block(extent, n_rows, bool(wide), bool(with_pct), bool(with_kind))
    return block, ReadTask(f"the rows of {path}", path, offset, size, crc, extent)


def rows_by_chrom(bundle: PartFile, n_chroms: int) -> Table:
    """Return how many rows a batch has on each of its chromosomes, int64[n_chroms]."""
    pieces = bundle.array("pieces")
    sizes = pieces[:, _END] - pieces[:, _FIRST]
    found: Table = np.bincount(pieces[:, _CHROM], weights=sizes, minlength=n_chroms).astype(
        np.int64
    )
    return found


def counts_above(batch: Numbering, limit: int) -> Iterator[tuple[int, npt.NDArray[np.int32]]]:
    """Yield the positions of rows with a count above a limit, by block and chromosome.

    The chromosome has its number in the store. Blocks that have no such row are not read.
    """
    table, pieces = batch.bundle.array("blocks"), batch.bundle.array("pieces")
    for number in np.flatnonzero(table[:, _LARGEST] > limit).tolist():
        columns = _columns(batch.bundle, table[number])
        above = (columns.c > limit) | (columns.t > limit)
        low, high = np.searchsorted(pieces[:, _BLOCK], [number, number + 1])
        for _, chrom, first, end, _, _ in pieces[low:high].tolist():
            if batch.chroms[chrom] >= 0 and above[first:end].any():
                yield int(batch.chroms[chrom]), columns.pos[first:end][above[first:end]]


def _columns(bundle: PartFile, row: Table) -> Columns:
    offset, size, crc, n_rows, wide, with_pct, with_kind, _ = row.tolist()
    data: Any = bundle.read(offset, size, crc)
    block = Block(Extent(0, 0, size), n_rows, bool(wide), bool(with_pct), bool(with_kind))
    return view_columns(data, block, _NO_RUNS)
