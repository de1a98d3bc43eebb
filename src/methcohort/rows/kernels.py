"""Kernels that find rows: by position, by chromosome, and block by block."""

import numpy as np

from ..engine import RAM
from ..engine.compile import announced, inline, kernel
from .index import ARENA, FIRST_ROW, N_ROWS, POS, no_rows


@inline
def lower_bound(values, start, stop, wanted):
    """Return the first index in [start, stop) whose value is at least `wanted`, else `stop`."""
    while start < stop:
        middle = (start + stop) >> 1
        if values[middle] < wanted:
            start = middle + 1
        else:
            stop = middle
    return start


@inline
def find_block(blocks, start, stop, row):
    """Return which of a sample's blocks [start, stop) holds a row."""
    while stop - start > 1:
        middle = (start + stop) >> 1
        if blocks[middle, FIRST_ROW] <= row:
            start = middle
        else:
            stop = middle
    return start


@inline
def find_run(runs, start, stop, wanted):
    """Return the first run in [start, stop) of at least this chromosome, else `stop`.

    In `by_chrom`, whose first column is the sample, it is the first run of at least this sample.
    """
    while start < stop:
        middle = (start + stop) >> 1
        if runs[middle, 0] < wanted:
            start = middle + 1
        else:
            stop = middle
    return start


@inline
def visit_run(rows, k, visit, more):
    """Call `visit(views, block, low, high, *more)` for each block with rows of a run.

    `rows` are `IndexedRows`, `k` is the number of the run in `by_chrom`. `views` is the arena of
    the block, of which the rows [low, high) are meant. `visit` is known when the kernel is
    compiled, so it becomes part of the loop.
    """
    sample, row, end = rows.by_chrom[k, 0], rows.by_chrom[k, 1], rows.by_chrom[k, 2]
    j = find_block(rows.blocks, rows.block_start[sample], rows.block_start[sample + 1], row)
    while row < end:
        block = rows.blocks[j]
        low = row - block[FIRST_ROW]
        high = min(end - block[FIRST_ROW], block[N_ROWS])
        visit(rows.ram if block[ARENA] == RAM else rows.scratch, block, low, high, *more)
        row += high - low
        j += 1


@kernel
def first_at_least(values, start, stop, wanted, out):
    """Write the first index in each [start, stop) whose value is at least `wanted`, else `stop`.

    `values` increase within each of these ranges; all others are int64[n].
    """
    for k in range(out.size):
        out[k] = lower_bound(values, start[k], stop[k], wanted[k])


@kernel
def last_positions(rows, out):
    """Write the position of the last row of each run, its largest, to `out`, int64[n_runs].

    The runs are those of `by_chrom`.
    """
    for k in range(out.size):
        out[k] = position_of(rows, rows.by_chrom[k, 0], rows.by_chrom[k, 2] - 1)


@kernel
def clip_runs(rows, low, high):
    """Cut the runs of each sample, where they stand, to rows from `low` to `high`.

    `low` and `high` are int64[n_chroms], positions.
    """
    for sample in range(rows.run_start.size - 1):
        for k in range(rows.run_start[sample], rows.run_start[sample + 1]):
            chrom, row, end = rows.runs[k, 0], rows.runs[k, 1], rows.runs[k, 2]
            row = find_row(rows, sample, row, end, low[chrom])
            rows.runs[k, 1] = row
            rows.runs[k, 2] = find_row(rows, sample, row, end, high[chrom] + 1)


@inline
def find_row(rows, sample, row, end, wanted):
    """Return the first of the rows [row, end), of one chromosome, at or behind a position."""
    while row < end:
        middle = (row + end) >> 1
        if position_of(rows, sample, middle) < wanted:
            row = middle + 1
        else:
            end = middle
    return row


@inline
def position_of(rows, sample, row):
    """Return the position of a row of a sample."""
    j = find_block(rows.blocks, rows.block_start[sample], rows.block_start[sample + 1], row)
    pos = rows.ram.i4 if rows.blocks[j, ARENA] == RAM else rows.scratch.i4
    return pos[rows.blocks[j, POS] + row - rows.blocks[j, FIRST_ROW]]


@announced
def load_clipping() -> None:
    """Compile or fetch the kernels that cut what is compared to stretches of chromosomes."""
    none = np.empty(0, np.int64)
    first_at_least(np.empty(0, np.int32), none, none, none, none)
    clip_runs(no_rows(), none, none)
