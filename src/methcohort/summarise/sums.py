"""Exact sums over ranges of sites, which do not depend on how the sites are cut."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

N_SITES, SUM_C, SUM_T, SUM_LEVELS = range(4)

N_SUMS: Final = 4

UNIT: Final = float(1 << 32)
"""The level 1 in `SUM_LEVELS`: levels are summed as whole numbers, in any order with one result."""

Sums = npt.NDArray[np.int64]
"""Of bins, int64[N_SUMS, n_columns, n_bins]; a column is a sample or a group of samples."""

_AT_ONCE: Final = 1 << 16
"""Values for which intermediate arrays are made at the same time."""


def no_sums(n_columns: int, n_bins: int) -> Sums:
    """Return sums of nothing."""
    return np.zeros((N_SUMS, n_columns, n_bins), np.int64)


def range_sums(c: npt.NDArray[Any], t: npt.NDArray[Any], ranges: npt.NDArray[np.int64]) -> Sums:
    """Return the sums over ranges of sites, which may overlap and come in any order.

    Sites between the ends of ranges that follow each other are summed once; the sum of a range is
    a difference of running sums.

    Parameters
    ----------
    c, t : [n_columns, n_sites], whole numbers
    ranges : int64[n, 2], first and end of each, none of them empty
    """
    if not len(ranges):
        return no_sums(len(c), 0)
    edges, places = np.unique(ranges, return_inverse=True)
    first, end = places.reshape(-1, 2).T
    sums = _between(c, t, edges)
    if (end == first + 1).all():
        return np.take(sums, first, axis=2)
    running = no_sums(len(c), len(edges))
    np.cumsum(sums, axis=2, out=running[:, :, 1:])
    found: Sums = np.take(running, end, axis=2) - np.take(running, first, axis=2)
    return found


def _between(c: npt.NDArray[Any], t: npt.NDArray[Any], edges: npt.NDArray[np.int64]) -> Sums:
    """Return the sums over the sites between one edge and the next."""
    start, stop = int(edges[0]), int(edges[-1])
    at = edges[:-1] - start
    sums = no_sums(len(c), len(at))
    step = max(1, _AT_ONCE // (stop - start))
    for k in range(0, len(c), step):
        rows = slice(k, k + step)
        for total, values in zip(
            sums, _summed(c[rows, start:stop], t[rows, start:stop]), strict=True
        ):
            np.add.reduceat(values, at, axis=1, dtype=np.int64, out=total[rows])
    return sums


def _summed(c: npt.NDArray[Any], t: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Return what is summed: whether a site is observed, c, t and its level in `UNIT`."""
    coverage = np.add(c, t, dtype=np.int64)
    observed = coverage > 0
    levels = np.zeros(coverage.shape)
    np.divide(c, coverage, out=levels, where=observed)
    levels *= UNIT
    return observed, c, t, np.rint(levels, out=levels).astype(np.int64)


def levels_of(sums: Sums, min_sites: int) -> tuple[npt.NDArray[np.float64], ...]:
    """Return the level of all reads, and the mean of the levels of the sites, 0 to 1.

    Both are float64[n_columns, n_bins], NaN with fewer than `min_sites` observed sites, or none.
    """
    n_sites, sum_c, sum_t, sum_levels = sums
    enough = n_sites >= max(1, min_sites)
    level, mean = np.full((2, *n_sites.shape), np.nan)
    np.divide(sum_c, sum_c + sum_t, out=level, where=enough)
    np.divide(sum_levels / UNIT, n_sites, out=mean, where=enough)
    return level, mean
