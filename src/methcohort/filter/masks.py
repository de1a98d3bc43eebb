"""Which coverage a value of each sample may have; others count as not observed."""

from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt

from ..engine import Resources
from ..select import Selection, Store, stream_samples
from ..store.schema import BLOCK_SITES
from .options import Options

Limits = npt.NDArray[np.int64]

NO_LIMIT: Final = 2**62

_FEW: Final = 1 << 16
"""Coverages that are counted in a table; larger ones are few, and sorted."""


def limits_of(store: Store, options: Options, resources: Resources) -> Limits:
    """Return the lowest and the highest coverage that counts, int64[n_samples, 2]."""
    found = np.empty((len(store.samples), 2), np.int64)
    found[:, 0] = options.min_coverage
    found[:, 1] = NO_LIMIT if options.max_coverage is None else options.max_coverage
    if options.max_coverage_quantile is not None:
        share = Fraction(str(options.max_coverage_quantile))
        task_bytes = store.chunk[0] * (BLOCK_SITES * 24 + _FEW * 8)
        parts = stream_samples(
            store.select(), quantiles, resources, share, title="coverage", task_bytes=task_bytes
        )
        found[:, 1] = np.minimum(found[:, 1], np.concatenate(list(parts)))
    return found


def quantiles(part: Selection, share: Fraction) -> npt.NDArray[np.int64]:
    """Return for each sample the smallest coverage that a share of its observed sites do not pass.

    int64[n_samples]; `NO_LIMIT` where it is observed nowhere.
    """
    n_samples = len(part.samples)
    counts = np.zeros((n_samples, _FEW), np.int64)
    larger: list[list[npt.NDArray[np.int64]]] = [[] for _ in range(n_samples)]
    for block in part.blocks(("coverage",)):
        for k, values in enumerate(block.values["coverage"]):
            few = values < _FEW
            if not few.all():
                larger[k].append(values[~few].astype(np.int64))
                values = values[few]
            counts[k] += np.bincount(values, minlength=_FEW)
    return np.array([_quantile(*one, share) for one in zip(counts, larger, strict=True)], np.int64)


def _quantile(
    counts: npt.NDArray[np.int64], larger: list[npt.NDArray[np.int64]], share: Fraction
) -> int:
    """Return a quantile from how often each coverage was met, and those beyond the table."""
    counts[0] = 0  # not observed
    beyond = np.sort(np.concatenate([np.empty(0, np.int64), *larger]))
    within = int(counts.sum())
    n = within + len(beyond)
    if not n:
        return NO_LIMIT
    rank = -(-share.numerator * n // share.denominator)
    if rank > within:
        return int(beyond[rank - within - 1])
    return int(np.searchsorted(np.cumsum(counts), rank))
