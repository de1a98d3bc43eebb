"""Placing: the sites of a cohort, and each sample's rows put to their sites.

A site is a position that some sample, or enough of them, has a row for. Sites are found with a
bitmap of positions: every row sets a bit, and reading the bits off gives the sites in order. Rows
find their sites by walking along both sorted lists at once. Nothing is sorted here.
"""

import numpy as np

from ..engine.compile import inline, kernel, ones, trailing_zeros
from ..rows import (
    ARENA,
    FIRST_ROW,
    KIND,
    N_ROWS,
    PCT,
    POS,
    WIDE_COUNTS,
    C,
    T,
    find_block,
    find_run,
    lower_bound,
)
from ..store.cytosine import ANY_KIND, NO_KIND, OTHER_KIND, TOLD

# Indices into the int64 array of counts that `place_rows` adds to.
N_PLACED = 0
N_SITES = 1
SUM_C = 2
SUM_T = 3
LARGEST = 4
N_COPIED = 5  # sites whose values were not looked at: their chunks are copied from a store
N_TALLIES = 6

TALLIED = {"n_sites": N_SITES, "sum_c": SUM_C, "sum_t": SUM_T, "largest_count": LARGEST}
"""Where in the tallies those of `COUNTS` are that stored values determine."""

_ONE = np.uint64(1)


@kernel
def last_positions(ram, scratch, blocks, block_start, by_chrom, out):
    """Write the position of each run's last row, its largest, to `out`, int64[n_runs]."""
    for k in range(by_chrom.shape[0]):
        sample, row = by_chrom[k, 0], by_chrom[k, 2] - 1
        j = find_block(blocks, block_start[sample], block_start[sample + 1], row)
        pos = ram if blocks[j, ARENA] == 0 else scratch
        out[k] = pos[blocks[j, POS] + row - blocks[j, FIRST_ROW]]


@kernel
def visit_rows(
    ram, scratch, blocks, block_start, by_chrom, chrom_start, windows, bits, ranks, counts
):
    """Set the bit of every row's position in `bits`, uint64.

    Where `counts`, uint32[n_sites], has a size, add 1 to it at the site of every row instead;
    `ranks` is then that of `rank_words`. `windows` is int64[n, 4]: chromosome, first position,
    end, and the bit of the first position.
    """
    for w in range(windows.shape[0]):
        chrom, low, high, base = windows[w, 0], windows[w, 1], windows[w, 2], windows[w, 3]
        for k in range(chrom_start[chrom], chrom_start[chrom + 1]):
            sample = by_chrom[k, 0]
            j = find_block(blocks, block_start[sample], block_start[sample + 1], by_chrom[k, 1])
            while j < block_start[sample + 1] and blocks[j, FIRST_ROW] < by_chrom[k, 2]:
                start = max(by_chrom[k, 1] - blocks[j, FIRST_ROW], 0) + blocks[j, POS]
                stop = min(by_chrom[k, 2] - blocks[j, FIRST_ROW], blocks[j, N_ROWS])
                pos = ram if blocks[j, ARENA] == 0 else scratch
                visit_run(pos, start, stop + blocks[j, POS], low, high, base, bits, ranks, counts)
                j += 1


@inline
def visit_run(pos, start, stop, low, high, base, bits, ranks, counts):
    """Do what `visit_rows` says for rows [start, stop) of one block, from `low` to below `high`."""
    i = np.uint64(lower_bound(pos, start, stop, low))
    end = np.uint64(lower_bound(pos, np.int64(i), stop, high))
    shift = base - low
    while i < end:
        bit = np.uint64(pos[i] + shift)
        word = bit >> np.uint64(6)
        mask = _ONE << (bit & np.uint64(63))
        if counts.size == 0:
            bits[word] |= mask
        else:
            below = bits[word] & (mask - _ONE)
            counts[np.uint64(ranks[word]) + ones(below)] += 1
        i += _ONE


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
    """Write the positions whose bits are set to `out`, int32, and their number a window.

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
                word &= word - np.uint64(1)
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


@kernel
def place_rows(
    ram, scratch, blocks, block_start, runs, run_start, sample, sites, chrom_offset, first, end,
    out_c, out_t, out_pct, tallies,
):  # fmt: skip
    """Put a sample's rows at the sites [first, end) into arrays of one value a site.

    `ram` and `scratch` are `Views`; `sites` int32[n_sites]; `chrom_offset` int64[n_chroms + 1].
    `out_c`, `out_t` (unsigned) and `out_pct` (float32) start at site `first` and hold "not
    observed" everywhere; those of size 0 are left alone. Adds to `tallies`, int64[N_TALLIES].
    """
    chrom = lower_bound(chrom_offset, 0, chrom_offset.size, first + 1) - 1
    k = run_start[sample]
    while chrom < chrom_offset.size - 1 and chrom_offset[chrom] < end:
        start = max(first, chrom_offset[chrom])
        stop = min(end, chrom_offset[chrom + 1])
        k = find_run(runs, k, run_start[sample + 1], chrom)
        if k == run_start[sample + 1]:
            break
        if runs[k, 0] == chrom and start < stop:
            j = find_block(blocks, block_start[sample], block_start[sample + 1], runs[k, 1])
            while j < block_start[sample + 1] and blocks[j, FIRST_ROW] < runs[k, 2]:
                low = max(runs[k, 1] - blocks[j, FIRST_ROW], 0)
                high = min(runs[k, 2] - blocks[j, FIRST_ROW], blocks[j, N_ROWS])
                place_run(
                    ram if blocks[j, ARENA] == 0 else scratch, blocks[j], low, high,
                    sites, start, stop, first, out_c, out_t, out_pct, tallies,
                )  # fmt: skip
                j += 1
        chrom += 1


@inline
def place_run(views, block, low, high, sites, start, stop, first, out_c, out_t, out_pct, tallies):
    """Put rows [low, high) of one block at those of the sites [start, stop) that they have."""
    n = high - low
    at = block[POS] + low
    pos = views.i4[at : at + n]
    at = block[PCT] + low
    pct = views.f4[at : at + n] if out_pct.size > 0 else views.f4[:0]
    c, t = block[C] + low, block[T] + low
    if block[WIDE_COUNTS]:
        cs, ts = views.u4[c : c + n], views.u4[t : t + n]
        walk(pos, cs, ts, pct, sites, start, stop, first, out_c, out_t, out_pct, tallies)
    else:
        cs, ts = views.u2[c : c + n], views.u2[t : t + n]
        walk(pos, cs, ts, pct, sites, start, stop, first, out_c, out_t, out_pct, tallies)


@inline
def walk(pos, cs, ts, pct, sites, start, stop, first, out_c, out_t, out_pct, tallies):
    """Put rows at those of the sites [start, stop) that they have.

    The walk goes from site to site, not from row to row: whether a site has a row is then a
    number, 0 or 1, and not a jump that the processor cannot foresee.
    """
    row = lower_bound(pos, 0, pos.size, sites[start])
    if row == pos.size:
        return
    i, n = np.uint64(row), np.uint64(pos.size)
    site, last = np.uint64(lower_bound(sites, start, stop, pos[row])), np.uint64(stop)
    shift = np.uint64(first)
    n_placed = n_sites = sum_c = sum_t = largest = np.int64(0)
    while site < last and i < n:
        wanted = sites[site]
        position = pos[i]
        if position < wanted:  # a row whose site is not kept
            i += _ONE
            continue
        here = np.int64(position == wanted)
        c = np.int64(cs[i]) * here
        t = np.int64(ts[i]) * here
        if out_c.size > 0:
            out_c[site - shift] |= c
            out_t[site - shift] |= t
        if pct.size > 0 and here:
            out_pct[site - shift] = pct[i]
        n_placed += here
        n_sites += np.int64(c + t > 0)
        sum_c += c
        sum_t += t
        largest = max(largest, c, t)
        i += np.uint64(here)
        site += _ONE
    tallies[N_PLACED] += n_placed
    tallies[N_SITES] += n_sites
    tallies[SUM_C] += sum_c
    tallies[SUM_T] += sum_t
    tallies[LARGEST] = max(tallies[LARGEST], largest)


@kernel
def match_sites(pos, sites, spans, low, first, where, back):
    """Find the sites of a cohort among the positions of another list, and back.

    Each row of `spans`, int64[n, 4], is a chromosome: [low, high) of `pos`, [start, stop) of
    `sites`. `where`, int32, gets for the position `i` the number of its site less `first`, in place
    `i - low`. `back`, int64, gets for each site its place in `pos`, in place site less `first`.
    What is not in both lists is left alone.
    """
    for k in range(spans.shape[0]):
        i, high, site, stop = spans[k, 0], spans[k, 1], spans[k, 2], spans[k, 3]
        while i < high and site < stop:
            if pos[i] < sites[site]:
                i += 1
            elif pos[i] > sites[site]:
                site += 1
            else:
                where[i - low] = site - first
                back[site - first] = i
                i += 1
                site += 1


@kernel
def spread_counts(planes, row, first, where, together, out):
    """Put counts of a chunk to the places `where`, int32[n]; those of a place below 0 are left out.

    `planes` is uint8[width, samples, sites], the lowest bytes first; the counts are those of the
    sample `row` from the site `first` on. `together` says that each place is the one before plus 1.
    Returns 0 where the dtype of `out` holds every one of them.
    """
    over = np.uint8(0)
    for plane in range(out.itemsize, planes.shape[0]):
        for k in range(where.size):
            over |= planes[plane, row, first + k] * np.uint8(where[k] >= 0)
    if together and planes.shape[0] <= 2:
        low = planes[0, row, first : first + where.size]
        high = planes[planes.shape[0] - 1, row, first : first + where.size]
        factor = np.uint64(256 * (planes.shape[0] - 1))
        place = out[where[0] : where[0] + where.size]
        for k in range(where.size):
            place[k] = np.uint64(low[k]) + factor * np.uint64(high[k])
        return over
    for k in range(where.size):
        if where[k] >= 0:
            count = np.uint64(0)
            for plane in range(planes.shape[0] - 1, -1, -1):
                count = count << np.uint64(8) | np.uint64(planes[plane, row, first + k])
            out[where[k]] = count
    return over


@kernel
def spread_levels(levels, row, first, where, together, out):
    """Put levels of a chunk, float32[1, samples, sites], to their places; see `spread_counts`.

    Returns 0.
    """
    if together:
        # One by one: numba would copy a slice to memory of its own first, which kernels have not.
        place = out[where[0] : where[0] + where.size]
        for k in range(where.size):
            place[k] = levels[0, row, first + k]
        return np.uint8(0)
    for k in range(where.size):
        if where[k] >= 0:
            out[where[k]] = levels[0, row, first + k]
    return np.uint8(0)


@kernel
def tally_values(cs, ts, tallies):
    """Add what a sample's counts, one a site, come to to `tallies`, int64[N_TALLIES]."""
    n_sites = sum_c = sum_t = np.int64(0)
    most_c = most_t = np.uint32(0)
    for k in range(cs.size):
        c, t = np.uint32(cs[k]), np.uint32(ts[k])
        n_sites += np.int64(c | t != 0)
        sum_c += np.int64(c)
        sum_t += np.int64(t)
        most_c = max(most_c, c)
        most_t = max(most_t, t)
    tallies[N_SITES] += n_sites
    tallies[SUM_C] += sum_c
    tallies[SUM_T] += sum_t
    tallies[LARGEST] = max(tallies[LARGEST], np.int64(max(most_c, most_t)))


@kernel
def note_observed(planes, row, out):
    """Set `out`, uint8[n], to 1 where a sample of a chunk has a count; see `spread_counts`."""
    for k in range(out.size):
        for plane in range(planes.shape[0]):
            out[k] |= np.uint8(planes[plane, row, k] != 0)


@kernel
def join_kinds(
    ram, scratch, blocks, block_start, runs, run_start, sites, chrom_offset, first, end, out
):
    """Join the kinds of all samples' rows at the sites [first, end) to `out`, uint8, by OR.

    `ram` and `scratch` are `Views`; `sites` int32[n_sites]; `chrom_offset` int64[n_chroms + 1];
    `out` starts at site `first`. `OTHER_KIND` is added where two rows tell different things, and
    `NO_KIND` where a row tells nothing; where `out` has `TOLD`, only what is more than it held.
    """
    for sample in range(block_start.size - 1):
        chrom = lower_bound(chrom_offset, 0, chrom_offset.size, first + 1) - 1
        k = run_start[sample]
        while chrom < chrom_offset.size - 1 and chrom_offset[chrom] < end:
            start = max(first, chrom_offset[chrom])
            stop = min(end, chrom_offset[chrom + 1])
            k = find_run(runs, k, run_start[sample + 1], chrom)
            if k == run_start[sample + 1]:
                break
            if runs[k, 0] == chrom and start < stop:
                j = find_block(blocks, block_start[sample], block_start[sample + 1], runs[k, 1])
                while j < block_start[sample + 1] and blocks[j, FIRST_ROW] < runs[k, 2]:
                    low = max(runs[k, 1] - blocks[j, FIRST_ROW], 0)
                    high = min(runs[k, 2] - blocks[j, FIRST_ROW], blocks[j, N_ROWS])
                    views = ram if blocks[j, ARENA] == 0 else scratch
                    at = blocks[j, POS]
                    pos = views.i4[at + low : at + high]
                    at = max(blocks[j, KIND], 0)
                    kinds = views.u1[at + low : at + high]
                    known = np.uint8(blocks[j, KIND] >= 0)
                    walk_kinds(pos, kinds, known, sites, start, stop, first, out)
                    j += 1
            chrom += 1


@inline
def walk_kinds(pos, kinds, known, sites, start, stop, first, out):
    """Join the kinds of rows, times `known`, to those of the sites [start, stop) that they have."""
    row = lower_bound(pos, 0, pos.size, sites[start])
    if row == pos.size:
        return
    i, n = np.uint64(row), np.uint64(pos.size)
    site, last = np.uint64(lower_bound(sites, start, stop, pos[row])), np.uint64(stop)
    shift = np.uint64(first)
    while site < last and i < n:
        wanted = sites[site]
        position = pos[i]
        if position < wanted:
            i += _ONE
            continue
        here = np.uint8(position == wanted)
        before = out[site - shift] & ANY_KIND
        told = out[site - shift] & TOLD
        # Rows that were joined before have flags of their own, which mean nothing where told.
        kind = kinds[i] * known & (ANY_KIND if told else ANY_KIND | OTHER_KIND | NO_KIND)
        differs = kind & (before ^ ANY_KIND) if told else kind ^ before
        other = np.uint8(before != 0) & np.uint8(kind != 0) & np.uint8(differs != 0)
        flags = other * OTHER_KIND | np.uint8(kind == 0) * np.uint8(told == 0) * NO_KIND
        out[site - shift] |= (kind | flags) * here
        i += np.uint64(here)
        site += _ONE
