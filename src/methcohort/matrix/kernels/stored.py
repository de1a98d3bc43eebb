"""Kernels that take values out of the chunks of a store, to the sites of a cohort."""

import numpy as np

from ...engine.compile import announced, kernel
from ...rows import first_at_least
from ...store.schema import PCT_DTYPE
from .place import LARGEST, N_SITES, N_TALLIES, SUM_C, SUM_T


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
def mask_values(c, t, pct, limits, width, masked):
    """Make values of a sample not observed whose coverage is below or above its `limits`, int64[2].

    `pct` has no values where there is no such layer. `masked`, uint8, is set to 1 for each `width`
    sites of which any is masked.
    """
    for k in range(c.size):
        n = np.int64(c[k]) + np.int64(t[k])
        if n != 0 and (n < limits[0] or n > limits[1]):
            c[k] = 0
            t[k] = 0
            if pct.size:
                pct[k] = np.nan
            masked[k // width] = 1


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


@announced
def load_spreading(dtype: "np.dtype[np.unsignedinteger]", *, with_pct: bool) -> None:
    """Compile or fetch the kernels that take values from chunks, for one dtype of counts."""
    i4, i8 = np.empty(0, np.int32), np.empty(0, np.int64)
    planes = np.frombuffer(b"", np.uint8).reshape(1, 1, 0)
    counts = np.empty(0, dtype)
    first_at_least(i4, i8, i8, i8, i8)
    match_sites(i4, i4, np.empty((0, 4), np.int64), 0, 0, i4, i8)
    spread_counts(planes, 0, 0, i4, False, counts)  # noqa: FBT003
    no_levels = np.empty(0, PCT_DTYPE)
    mask_values(counts, counts, no_levels, np.zeros(2, np.int64), 1, np.empty(0, np.uint8))
    tally_values(counts, counts, np.zeros(N_TALLIES, np.int64))
    if with_pct:
        levels = np.frombuffer(b"", PCT_DTYPE).reshape(1, 1, 0)
        spread_levels(levels, 0, 0, i4, False, np.empty(0, PCT_DTYPE))  # noqa: FBT003


@announced
def load_observing() -> None:
    """Compile or fetch the kernel that finds observed sites in chunks."""
    note_observed(np.frombuffer(b"", np.uint8).reshape(1, 1, 0), 0, np.empty(0, np.uint8))
