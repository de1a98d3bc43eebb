"""The kernel that puts rows at their sites, and what it counts of them.

Rows find their sites by walking along both sorted lists at once.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...engine.compile import announced, inline, kernel
from ...rows import PCT, POS, WIDE_COUNTS, C, T, find_run, lower_bound, no_rows, visit_run
from ...store.schema import PCT_DTYPE

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


class Values(NamedTuple):
    """The values of samples at sites: `c` and `t` unsigned, `pct` float32.

    [n_samples, n_sites], or those of one sample; without sites where they are not wanted.
    """

    c: npt.NDArray[np.unsignedinteger]
    t: npt.NDArray[np.unsignedinteger]
    pct: npt.NDArray[np.float32]


@kernel
def place_rows(rows, sample, sites, spans, first, out, tallies):
    """Put the rows of samples, from the number `sample` on, at some sites.

    `rows` are `IndexedRows`; `sites` int32[n_sites]; `spans` those of `Axis.spans`. `out` are
    `Values` that start at the site `first` and hold "not observed" everywhere; those without sites
    are left alone. Adds to `tallies`, int64[n_samples, N_TALLIES].
    """
    for s in range(spans.shape[0]):
        chrom, start, stop = spans[s, 0], spans[s, 1], spans[s, 2]
        k, last = rows.chrom_start[chrom], rows.chrom_start[chrom + 1]
        k = find_run(rows.by_chrom, k, last, sample)
        while k < last and rows.by_chrom[k, 0] < sample + tallies.shape[0]:
            n = rows.by_chrom[k, 0] - sample
            values = Values(
                out.c[n, start - first : stop - first],
                out.t[n, start - first : stop - first],
                out.pct[n, start - first : stop - first],
            )
            visit_run(rows, k, place_block, (sites[start:stop], values, tallies[n]))
            k += 1


@inline
def place_block(views, block, low, high, sites, out, tallies):
    """Put rows [low, high) of one block at those of the sites that they have."""
    n = high - low
    at = block[POS] + low
    pos = views.i4[at : at + n]
    at = block[PCT] + low
    pct = views.f4[at : at + n] if out.pct.size > 0 else views.f4[:0]
    c, t = block[C] + low, block[T] + low
    if block[WIDE_COUNTS]:
        walk(pos, views.u4[c : c + n], views.u4[t : t + n], pct, sites, out, tallies)
    else:
        walk(pos, views.u2[c : c + n], views.u2[t : t + n], pct, sites, out, tallies)


@inline
def walk(pos, cs, ts, pct, sites, out, tallies):
    """Put rows at those of the sites that they have.

    The walk goes from site to site, not from row to row: whether a site has a row is then a
    number, 0 or 1, and not a jump that the processor cannot foresee. Indices are unsigned, so that
    they need no check for values below 0.
    """
    row = lower_bound(pos, 0, pos.size, sites[0])
    if row == pos.size:
        return
    i, n = np.uint64(row), np.uint64(pos.size)
    site = np.uint64(lower_bound(sites, 0, sites.size, pos[row]))
    last = np.uint64(sites.size)
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
        if out.c.size > 0:
            # Counts not observed are 0 and each site has one row, so OR is the same as a choice.
            out.c[site] |= c
            out.t[site] |= t
        if pct.size > 0 and here:
            out.pct[site] = pct[i]
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


@announced
def load_placing(dtype: "np.dtype[np.unsignedinteger]") -> None:
    """Compile or fetch the kernel that places rows, for one dtype of counts."""
    counts = np.empty((0, 0), dtype)
    out = Values(counts, counts, np.empty((0, 0), PCT_DTYPE))
    sites, spans = np.empty(0, np.int32), np.empty((0, 3), np.int64)
    place_rows(no_rows(), 0, sites, spans, 0, out, np.empty((0, N_TALLIES), np.int64))
