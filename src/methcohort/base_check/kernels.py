"""Kernels that count how many positions of one file another one has, as they are and shifted.

Of a file with many rows some windows are chosen, by a hash of the chromosome's name and the
window's number: which rows are compared depends on nothing but what the files hold.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine.compile import inline, kernel
from ..rows import ARENA, FIRST_ROW, KIND, N_ROWS, POS, find_block, find_run, lower_bound
from ..store.cytosine import BOTH, PLUS

WINDOW_BITS: Final = 14
"""Rows are chosen by windows of 2^14 positions: a human genome has 190,000 of them, enough to
choose any share of the rows, and a window holds some hundred CpGs, so that a file's rows in it are
found by one search."""

LOCUS_BITS: Final = 10
"""Hits count as one piece of evidence within 2^10 positions: fragments are shorter than that, so
loci are independent where rows of one fragment are not."""

NEAR: Final = 128
"""Rows at most so many positions apart are near: reads are longer, so that a file that has one of
two such rows of a fragment most often has the other."""

HAS_NEAR: Final = 8
"""Bit of a row's hits: the other file has a row near. The bits 1, 2 and 4 are hits at -1, 0, +1."""

N_TALLY: Final = 11
"""Numbers that `tally_hits` counts: the fields of `Tally`."""


class HeldRows(NamedTuple):
    """The rows of all files: both arenas, as the types of the columns, and tables of `Catalog`."""

    ram: npt.NDArray[np.int32]
    scratch: npt.NDArray[np.int32]
    ram_kinds: npt.NDArray[np.uint8]
    scratch_kinds: npt.NDArray[np.uint8]
    blocks: npt.NDArray[np.int64]
    block_start: npt.NDArray[np.int64]
    runs: npt.NDArray[np.int64]
    run_start: npt.NDArray[np.int64]


class ChosenRows(NamedTuple):
    """Rows of a file that are looked for in others.

    Attributes
    ----------
    pos : int32[n], 1-based
    strand : uint8[n]: 0 unknown, 1 forward, 2 reverse
    segments : int64[n_segments, 3]: chromosome, first row and end, by chromosome
    """

    pos: npt.NDArray[np.int32]
    strand: npt.NDArray[np.uint8]
    segments: npt.NDArray[np.int64]


@inline
def mixed(value):
    """Return the 64 bits of a number well mixed: the finaliser of SplitMix64 (Steele 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@inline
def strand_of(kinds, first, row):
    """Return the strand of a row of a block: 0 unknown, 1 forward, 2 reverse.

    Where the counts of both strands are added, the row is at the C of the forward strand. `first`
    is where the kinds of the block start, below 0 where it has none.
    """
    if first < 0:
        return np.uint8(0)
    kind = kinds[first + row] & np.uint8(BOTH)
    return np.uint8(PLUS) if kind == BOTH else kind


@kernel
def gather_rows(rows, file, keys, limit, chosen):
    """Take the rows of a file in the windows whose hash is at most `limit`; return how many.

    `keys` uint64[n_chroms]; `limit` uint64. `chosen` has a segment for each run of the file. Where
    its `pos` has no size, rows are only counted.
    """
    n = 0
    start, stop = rows.block_start[file], rows.block_start[file + 1]
    first_run = rows.run_start[file]
    for k in range(first_run, rows.run_start[file + 1]):
        chrom, row, end = rows.runs[k, 0], rows.runs[k, 1], rows.runs[k, 2]
        begin = n
        while row < end:
            block = rows.blocks[find_block(rows.blocks, start, stop, row)]
            high = min(end - block[FIRST_ROW], block[N_ROWS])
            n += gather_block(
                rows, block, row - block[FIRST_ROW], high, keys[chrom], limit, chosen, n
            )
            row = block[FIRST_ROW] + high
        if chosen.pos.size > 0:
            chosen.segments[k - first_run, 0] = chrom
            chosen.segments[k - first_run, 1] = begin
            chosen.segments[k - first_run, 2] = n
    return n


@inline
def gather_block(rows, block, low, high, key, limit, chosen, n_before):
    """Take the rows [low, high) of a block, all of one chromosome, as `gather_rows` does."""
    values = rows.ram if block[ARENA] == 0 else rows.scratch
    kinds = rows.ram_kinds if block[ARENA] == 0 else rows.scratch_kinds
    at, first_kind = block[POS], block[KIND]
    n = n_before
    while low < high:
        window = np.int64(values[at + low]) >> WINDOW_BITS
        stop = lower_bound(values, at + low, at + high, (window + 1) << WINDOW_BITS) - at
        if mixed(key ^ mixed(np.uint64(window + 1))) <= limit:
            if chosen.pos.size > 0:
                for i in range(low, stop):
                    chosen.pos[n + i - low] = values[at + i]
                    chosen.strand[n + i - low] = strand_of(kinds, first_kind, i)
            n += stop - low
        low = stop
    return n - n_before


@inline
def lower_from(values, i, end, wanted):
    """Return the first of the values [i, end), which is not far from i, that is not below.

    Steps double until one goes too far, so the search costs the logarithm of the distance.
    """
    step = 1
    while i + step < end and values[i + step] < wanted:
        i += step
        step += step
    return lower_bound(values, i, min(i + step + 1, end), wanted)


@kernel
def match_rows(rows, file, chosen, hits):
    """Set in `hits`, uint8, bit d + 1 where a file has a row at pos + d, for d = -1, 0, 1.

    Rows whose strands are known and differ do not meet. `HAS_NEAR` is set where it has a row near,
    of whichever strand.
    """
    k, last_run = rows.run_start[file], rows.run_start[file + 1]
    start, stop = rows.block_start[file], rows.block_start[file + 1]
    for s in range(chosen.segments.shape[0]):
        chrom, first, last = chosen.segments[s, 0], chosen.segments[s, 1], chosen.segments[s, 2]
        k = find_run(rows.runs, k, last_run, chrom)
        if k == last_run:
            return
        if rows.runs[k, 0] != chrom or first == last:
            continue
        run = rows.runs[k]
        j = find_block(rows.blocks, start, stop, run[1])
        while j < stop and rows.blocks[j, FIRST_ROW] < run[2]:
            match_block(rows, rows.blocks[j], run, chosen, first, last, hits)
            j += 1


@inline
def match_block(rows, block, run, chosen, first, last, hits):
    """Set the hits of the chosen rows [first, last) with a block's rows of one run.

    A chosen row at the edge of two blocks meets those of each, so bits are added to `hits`.
    """
    values = rows.ram if block[ARENA] == 0 else rows.scratch
    kinds = rows.ram_kinds if block[ARENA] == 0 else rows.scratch_kinds
    at, first_kind = block[POS], block[KIND]
    i = at + max(run[1] - block[FIRST_ROW], 0)
    end = at + min(run[2] - block[FIRST_ROW], block[N_ROWS])
    if i >= end:
        return
    pos, strand = chosen.pos, chosen.strand
    low, most = i, np.int64(values[end - 1]) + NEAR
    q = lower_bound(pos, first, last, values[i] - NEAR)
    while q < last and pos[q] <= most:
        wanted = np.int64(pos[q]) - 1
        i = lower_from(values, i, end, wanted)
        # `i` is the first row at or behind pos - 1: the nearest rows are it and the one before.
        above = i < end and values[i] <= wanted + 1 + NEAR
        if above or (i > low and values[i - 1] >= wanted + 1 - NEAR):
            hits[q] |= np.uint8(HAS_NEAR)
        m = i
        while m < end and values[m] <= wanted + 2:
            other = strand_of(kinds, first_kind, m - at)
            if other == 0 or strand[q] == 0 or other == strand[q]:
                hits[q] |= np.uint8(1) << np.uint8(np.int64(values[m]) - wanted)
            m += 1
        q += 1


@kernel
def tally_hits(chosen, hits, out):
    """Add to `out`, int64[N_TALLY], the fields of a `Tally` of the hits of `match_rows`."""
    for s in range(chosen.segments.shape[0]):
        q, last = chosen.segments[s, 1], chosen.segments[s, 2]
        while q < last:
            locus = chosen.pos[q] >> LOCUS_BITS
            before = same = behind = near = 0
            while q < last and chosen.pos[q] >> LOCUS_BITS == locus:
                before += hits[q] & 1
                same += (hits[q] >> 1) & 1
                behind += (hits[q] >> 2) & 1
                near += (hits[q] >> 3) & 1
                q += 1
            out[0] += before
            out[1] += same
            out[2] += behind
            out[3] += before > same
            out[4] += same > before
            out[5] += behind > same
            out[6] += same > behind
            out[7] += near
            out[8] += near > 0
            out[9] += (same - before) ** 2
            out[10] += (same - behind) ** 2


def load_comparing() -> None:
    """Compile or fetch the kernels that compare positions."""
    i4, u1, starts = np.empty(0, np.int32), np.empty(0, np.uint8), np.zeros(2, np.int64)
    table: Any = np.empty((0, 9), np.int64)
    rows = HeldRows(i4, i4, u1, u1, table, starts, table, starts)
    chosen = ChosenRows(i4, u1, table)
    gather_rows(rows, 0, np.empty(0, np.uint64), np.uint64(0), chosen)
    match_rows(rows, 0, chosen, u1)
    tally_hits(chosen, u1, np.zeros(N_TALLY, np.int64))
