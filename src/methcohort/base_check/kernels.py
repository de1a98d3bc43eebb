"""Kernels that count how many positions of one sample another one has, as they are and one aside.

Of a sample with many rows some windows are chosen, by a hash of the chromosome's name and the
window's number: which rows are compared depends on nothing but what the files hold.
"""

from typing import Final

import numpy as np

from ..engine.compile import inline, kernel
from ..rows import ARENA, FIRST_ROW, KIND, N_ROWS, POS, find_block, find_run, lower_bound
from ..store.cytosine import BOTH, PLUS

WINDOW_BITS: Final = 14
"""Rows are chosen by windows of 2^14 positions."""

LOCUS_BITS: Final = 10
"""Hits count as one piece of evidence within 2^10 positions: reads are shorter than that."""

NEAR: Final = 128
"""Rows at most so many positions apart are near: a read that has one most often has the other."""

# What `tally_hits` counts, int64: hits at the shifts -1, 0 and +1, and loci with more hits at -1
# than at 0, at 0 than at -1, at +1 than at 0 and at 0 than at +1; rows that have one of the other
# file near, and loci with such rows; the sums over loci of the squares of the hits at 0 less those
# at -1, and less those at +1.
N_TALLY: Final = 11
HAS_NEAR: Final = 8  # bit of a row's hits


@inline
def mixed(value):
    """Return the 64 bits of a number well mixed: the finaliser of SplitMix64 (Steele 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@inline
def strand_of(ram, scratch, block, row):
    """Return the strand of a row of a block: 0 unknown, 1 forward, 2 reverse.

    Where the counts of both strands are added, the row stands at the C of the forward strand.
    """
    if block[KIND] < 0:
        return np.uint8(0)
    kind = (ram if block[ARENA] == 0 else scratch)[block[KIND] + row] & np.uint8(BOTH)
    return np.uint8(PLUS) if kind == BOTH else kind


@kernel
def gather_rows(
    ram, scratch, ram_kinds, scratch_kinds, blocks, block_start, runs, run_start, sample, keys,
    limit, pos, strand, segments,
):  # fmt: skip
    """Take the rows of a sample in the windows whose hash is at most `limit`; return how many.

    `keys` uint64[n_chroms]; `limit` uint64. Writes positions to `pos`, int32, strands to `strand`,
    uint8, and (chromosome, first, end) of each of the sample's runs to `segments`, int64[n, 3].
    Where `pos` has no size, rows are only counted.
    """
    n = 0
    for k in range(run_start[sample], run_start[sample + 1]):
        chrom, row, end = runs[k, 0], runs[k, 1], runs[k, 2]
        begin = n
        while row < end:
            j = find_block(blocks, block_start[sample], block_start[sample + 1], row)
            values = ram if blocks[j, ARENA] == 0 else scratch
            at = blocks[j, POS]
            low = row - blocks[j, FIRST_ROW]
            high = min(end - blocks[j, FIRST_ROW], blocks[j, N_ROWS])
            while low < high:
                window = np.int64(values[at + low]) >> WINDOW_BITS
                stop = lower_bound(values, at + low, at + high, (window + 1) << WINDOW_BITS) - at
                if mixed(keys[chrom] ^ mixed(np.uint64(window + 1))) <= limit:
                    if pos.size > 0:
                        for i in range(low, stop):
                            pos[n + i - low] = values[at + i]
                            strand[n + i - low] = strand_of(ram_kinds, scratch_kinds, blocks[j], i)
                    n += stop - low
                low = stop
            row = blocks[j, FIRST_ROW] + high
        if pos.size > 0:
            segments[k - run_start[sample], 0] = chrom
            segments[k - run_start[sample], 1] = begin
            segments[k - run_start[sample], 2] = n
    return n


@inline
def lower_from(values, i, end, wanted):
    """Return the first of the values [i, end), which is not far from i, that is not below."""
    step = 1
    while i + step < end and values[i + step] < wanted:
        i += step
        step += step
    return lower_bound(values, i, min(i + step + 1, end), wanted)


@kernel
def match_rows(
    ram, scratch, ram_kinds, scratch_kinds, blocks, block_start, runs, run_start, sample,
    pos, strand, segments, hits,
):  # fmt: skip
    """Set in `hits`, uint8, bit d + 1 where a sample has a row at pos + d, for d = -1, 0, 1.

    Rows whose strands are known and differ do not meet. `HAS_NEAR` is set where it has a row near,
    of whichever strand.
    """
    k = run_start[sample]
    for s in range(segments.shape[0]):
        chrom, first, last = segments[s, 0], segments[s, 1], segments[s, 2]
        k = find_run(runs, k, run_start[sample + 1], chrom)
        if k == run_start[sample + 1]:
            return
        if runs[k, 0] != chrom or first == last:
            continue
        j = find_block(blocks, block_start[sample], block_start[sample + 1], runs[k, 1])
        while j < block_start[sample + 1] and blocks[j, FIRST_ROW] < runs[k, 2]:
            at = blocks[j, POS]
            values = ram if blocks[j, ARENA] == 0 else scratch
            i = at + max(runs[k, 1] - blocks[j, FIRST_ROW], 0)
            end = at + min(runs[k, 2] - blocks[j, FIRST_ROW], blocks[j, N_ROWS])
            if i >= end:
                j += 1
                continue
            low, most = i, np.int64(values[end - 1]) + NEAR
            q = lower_bound(pos, first, last, values[i] - NEAR)
            while q < last and pos[q] <= most:
                wanted = np.int64(pos[q]) - 1
                i = lower_from(values, i, end, wanted)
                above = i < end and values[i] <= wanted + 1 + NEAR
                if above or (i > low and values[i - 1] >= wanted + 1 - NEAR):
                    hits[q] |= np.uint8(HAS_NEAR)
                m = i
                while m < end and values[m] <= wanted + 2:
                    other = strand_of(ram_kinds, scratch_kinds, blocks[j], m - at)
                    if other == 0 or strand[q] == 0 or other == strand[q]:
                        hits[q] |= np.uint8(1) << np.uint8(np.int64(values[m]) - wanted)
                    m += 1
                q += 1
            j += 1


@kernel
def tally_hits(pos, segments, hits, out):
    """Add to `out`, int64[N_TALLY], what the hits of `match_rows` come to."""
    for s in range(segments.shape[0]):
        q, last = segments[s, 1], segments[s, 2]
        while q < last:
            locus = pos[q] >> LOCUS_BITS
            before = same = behind = near = 0
            while q < last and pos[q] >> LOCUS_BITS == locus:
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
    table = np.empty((0, 9), np.int64)
    rows = i4, i4, u1, u1, table, starts, table, starts, 0
    gather_rows(*rows, np.empty(0, np.uint64), np.uint64(0), i4, u1, table)
    match_rows(*rows, i4, u1, table, u1)
    tally_hits(i4, table, u1, np.zeros(N_TALLY, np.int64))
