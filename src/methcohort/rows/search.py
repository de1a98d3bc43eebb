"""Kernels that find rows and sites by their position."""

import numpy as np

from ..engine.compile import announced, inline, kernel
from .index import ARENA, FIRST_ROW, POS


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
def find_run(runs, start, stop, chrom):
    """Return the first run in [start, stop) of this or a later chromosome."""
    while start < stop:
        middle = (start + stop) >> 1
        if runs[middle, 0] < chrom:
            start = middle + 1
        else:
            stop = middle
    return start


@kernel
def first_at_least(values, start, stop, wanted, out):
    """Write the first index in each [start, stop) whose value is at least `wanted`, else `stop`.

    `values` increase within each of these ranges; all others are int64[n].
    """
    for k in range(out.size):
        out[k] = lower_bound(values, start[k], stop[k], wanted[k])


@kernel
def clip_runs(ram, scratch, blocks, block_start, run_start, low, high, runs):
    """Cut runs, those of a catalog, to the rows from `low` to `high` of their chromosome.

    `low` and `high` are int64[n_chroms].
    """
    for sample in range(block_start.size - 1):
        start, stop = block_start[sample], block_start[sample + 1]
        for k in range(run_start[sample], run_start[sample + 1]):
            chrom, row, end = runs[k, 0], runs[k, 1], runs[k, 2]
            row = find_row(ram, scratch, blocks, start, stop, row, end, low[chrom])
            runs[k, 1] = row
            runs[k, 2] = find_row(ram, scratch, blocks, start, stop, row, end, high[chrom] + 1)


@inline
def find_row(ram, scratch, blocks, start, stop, row, end, wanted):
    """Return the first of the rows [row, end), of one chromosome, at or behind a position."""
    while row < end:
        middle = (row + end) >> 1
        j = find_block(blocks, start, stop, middle)
        pos = ram if blocks[j, ARENA] == 0 else scratch
        if pos[blocks[j, POS] + middle - blocks[j, FIRST_ROW]] < wanted:
            row = middle + 1
        else:
            end = middle
    return row


@announced
def load_clipping() -> None:
    """Compile or fetch the kernels that cut what is compared to stretches of chromosomes."""
    i4, starts = np.empty(0, np.int32), np.zeros(2, np.int64)
    none, table = np.empty(0, np.int64), np.empty((0, 9), np.int64)
    first_at_least(i4, none, none, none, none)
    clip_runs(i4, i4, table, starts, starts, none, none, table)
