"""Kernels that find the sites of a cohort, without sorting anything.

A site is a position for which some sample, or enough of them, has a row. Every row sets the bit of
its position in a bitmap; reading the set bits off, in order, gives the sites in order. That costs
one step per row, however many samples there are, where merging sorted lists costs a comparison per
row and doubling of samples. Chromosomes are cut into windows so that the bitmap stays in the cache.
"""

import numpy as np

from ...engine.compile import inline, kernel, ones, trailing_zeros
from ...rows import POS, last_positions, lower_bound, no_rows, visit_run

_ONE = np.uint64(1)


@kernel
def mark_rows(rows, windows, bits):
    """Set the bit of every row's position in `bits`, uint64.

    `rows` are `IndexedRows`. `windows` is int64[n, 4]: chromosome, first position, end, and the bit
    of the first position.
    """
    for w in range(windows.shape[0]):
        chrom = windows[w, 0]
        for k in range(rows.chrom_start[chrom], rows.chrom_start[chrom + 1]):
            visit_run(rows, k, mark_block, (windows[w], bits))


@inline
def mark_block(views, block, low, high, window, bits):
    """Set the bits of rows [low, high) of one block that are in a window."""
    i, end = rows_within(views.i4, block[POS] + low, block[POS] + high, window)
    shift = window[3] - window[1]
    while i < end:
        bit = np.uint64(views.i4[i] + shift)
        bits[bit >> np.uint64(6)] |= _ONE << (bit & np.uint64(63))
        i += _ONE


@kernel
def count_rows(rows, windows, bits, ranks, counts):
    """Add 1 to `counts`, uint32[n_sites], at the site of every row.

    `bits` are those that `mark_rows` has set, and `ranks` those of `rank_words`.
    """
    for w in range(windows.shape[0]):
        chrom = windows[w, 0]
        for k in range(rows.chrom_start[chrom], rows.chrom_start[chrom + 1]):
            visit_run(rows, k, count_block, (windows[w], bits, ranks, counts))


@inline
def count_block(views, block, low, high, window, bits, ranks, counts):
    """Count the rows [low, high) of one block that are in a window, at their sites."""
    i, end = rows_within(views.i4, block[POS] + low, block[POS] + high, window)
    shift = window[3] - window[1]
    while i < end:
        bit = np.uint64(views.i4[i] + shift)
        word = bit >> np.uint64(6)
        # Sites are numbered in the order of their bits: before this one come those of earlier
        # words, and as many as bits are set below it in its own word.
        below = bits[word] & ((_ONE << (bit & np.uint64(63))) - _ONE)
        counts[np.uint64(ranks[word]) + ones(below)] += 1
        i += _ONE


@inline
def rows_within(pos, start, stop, window):
    """Return the first and the end of the values [start, stop) that are in a window, uint64.

    Unsigned, they need no check for a negative index in the loop over them.
    """
    first = lower_bound(pos, start, stop, window[1])
    return np.uint64(first), np.uint64(lower_bound(pos, first, stop, window[2]))


@kernel
def rank_words(bits, ranks):
    """Write the number of bits set before each word to `ranks`, int64; return that of all."""
    total = np.int64(0)
    for k in range(bits.size):
        ranks[k] = total
        total += np.int64(ones(bits[k]))
    return total


@kernel
def read_sites(windows, bits, out, counts):
    """Write the positions whose bits are set to `out`, int32, and their number per window.

    Each window's first bit is a multiple of 64.
    """
    n = 0
    for w in range(windows.shape[0]):
        before = n
        low, base = windows[w, 1], windows[w, 3]
        first = base >> 6
        last = (base + windows[w, 2] - low + 63) >> 6
        for k in range(first, last):
            word = bits[k]
            start = low + (k << 6) - base
            while word != 0:
                out[n] = start + np.int64(trailing_zeros(word))
                n += 1
                word &= word - np.uint64(1)  # clears the lowest bit that is set
        counts[w] = n - before


@kernel
def fill_intervals(starts, stops, out):
    """Write every integer of the intervals [start, stop) to `out`, int32, one after another."""
    n = 0
    for k in range(starts.size):
        for position in range(starts[k], stops[k]):
            out[n] = position
            n += 1


@kernel
def add_counts(pos, counts, sites, totals):
    """Add the counts of positions to the totals of their sites.

    `pos` and `sites` are int32 and in order, every position is a site; `counts` are unsigned, and
    `totals` uint32[n_sites].
    """
    site = 0
    for i in range(pos.size):
        while sites[site] < pos[i]:
            site += 1
        totals[site] += counts[i]


def load_finding() -> None:
    """Compile or fetch the kernels that find the sites of rows."""
    rows, table, none = no_rows(), np.empty((0, 4), np.int64), np.empty(0, np.int64)
    bits = np.empty(0, np.uint64)
    last_positions(rows, none)
    mark_rows(rows, table, bits)
    count_rows(rows, table, bits, none, np.empty(0, np.uint32))
    rank_words(bits, none)
    read_sites(table, bits, np.empty(0, np.int32), none)
