"""Kernels that look at the values of sites, once to judge these and once to count what is kept."""

import numpy as np

from ..engine.compile import announced, kernel

# Columns of what `tally` adds up.
N_SITES = 0
SUM_C = 1
SUM_T = 2
LARGEST = 3
N_TALLIED = 4


@kernel
def observe(c, t, limits, group, n_observed, moments, masked):
    """Count the samples that are observed at each site, once their values are masked.

    `c` and `t` are [n_samples, n_sites]; `limits`, int64[n_samples, 2], the lowest and the highest
    coverage that counts; `group`, int32[n_samples], the row of `n_observed`, int32[n_groups,
    n_sites], that each sample is counted in. `moments`, float64[3, n_sites], or [3, 0] where they
    are not wanted, has the number of levels so far, their mean, and the sum of squared differences
    from it (B. P. Welford, Technometrics 4, 1962). `masked`, int64[n_samples, 2], counts values
    below and above the limits.
    """
    for s in range(c.shape[0]):
        low, high, row = limits[s, 0], limits[s, 1], group[s]
        for k in range(c.shape[1]):
            n = np.int64(c[s, k]) + np.int64(t[s, k])
            if n == 0:
                continue
            if n < low:
                masked[s, 0] += 1
            elif n > high:
                masked[s, 1] += 1
            else:
                n_observed[row, k] += 1
                if moments.shape[1]:
                    level = np.float64(c[s, k]) / np.float64(n)
                    moments[0, k] += 1.0
                    step = level - moments[1, k]
                    moments[1, k] += step / moments[0, k]
                    moments[2, k] += step * (level - moments[1, k])


@kernel
def tally(c, t, limits, keep, tallies):
    """Add up what the values of each sample come to at the sites to `keep`, uint8[n_sites].

    `tallies` is int64[n_samples, N_TALLIED]; the rest is as for `observe`.
    """
    for s in range(c.shape[0]):
        low, high = limits[s, 0], limits[s, 1]
        for k in range(c.shape[1]):
            n = np.int64(c[s, k]) + np.int64(t[s, k])
            if keep[k] and n != 0 and n >= low and n <= high:
                tallies[s, N_SITES] += 1
                tallies[s, SUM_C] += np.int64(c[s, k])
                tallies[s, SUM_T] += np.int64(t[s, k])
                largest = max(np.int64(c[s, k]), np.int64(t[s, k]))
                tallies[s, LARGEST] = max(tallies[s, LARGEST], largest)


@announced
def load_judging(dtype: "np.dtype[np.unsignedinteger]") -> None:
    """Compile or fetch the kernels for one dtype of counts."""
    counts, limits = np.zeros((0, 0), dtype), np.zeros((0, 2), np.int64)
    observe(
        counts, counts, limits, np.zeros(0, np.int32), np.zeros((0, 0), np.int32),
        np.zeros((3, 0)), np.zeros((0, 2), np.int64),
    )  # fmt: skip
    tally(counts, counts, limits, np.zeros(0, np.uint8), np.zeros((0, N_TALLIED), np.int64))
