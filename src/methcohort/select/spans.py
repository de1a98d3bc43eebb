"""Ranges of sites, int64[n, 2] of first and end: sorted, disjoint and not touching, or made so."""

import numpy as np
import numpy.typing as npt

Spans = npt.NDArray[np.int64]


def union(ranges: Spans) -> Spans:
    """Return the sites of any of the ranges, which may overlap, as sorted and disjoint ones."""
    ranges = ranges[ranges[:, 0] < ranges[:, 1]]
    if not len(ranges):
        return np.empty((0, 2), np.int64)
    ranges = ranges[np.argsort(ranges[:, 0], kind="stable")]
    ends = np.maximum.accumulate(ranges[:, 1])
    first = np.concatenate([[True], ranges[1:, 0] > ends[:-1]])
    last = np.concatenate([first[1:], [True]])
    return np.column_stack([ranges[first, 0], ends[last]])


def complement(spans: Spans, n: int) -> Spans:
    """Return the sites of [0, n) that no span has."""
    edges = np.concatenate([[0], spans.reshape(-1), [n]]).reshape(-1, 2)
    return edges[edges[:, 0] < edges[:, 1]]


def common(one: Spans, other: Spans) -> Spans:
    """Return the sites that both have."""
    if not len(one) or not len(other):
        return np.empty((0, 2), np.int64)
    # Of each span of `other`, those of `one` that overlap it follow each other.
    low = np.searchsorted(one[:, 1], other[:, 0], side="right")
    high = np.searchsorted(one[:, 0], other[:, 1], side="left")
    n = np.maximum(high - low, 0)
    of = np.repeat(np.arange(len(other)), n)
    k = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + np.repeat(low, n)
    starts = np.maximum(one[k, 0], other[of, 0])
    ends = np.minimum(one[k, 1], other[of, 1])
    return np.column_stack([starts, ends])


def clip(spans: Spans, first: int, end: int) -> Spans:
    """Return what lies in [first, end)."""
    low = int(np.searchsorted(spans[:, 1], first, side="right"))
    high = int(np.searchsorted(spans[:, 0], end, side="left"))
    found: Spans = np.clip(spans[low : max(low, high)], first, end)
    return found


def n_of(spans: Spans) -> int:
    """Return the number of sites."""
    return int((spans[:, 1] - spans[:, 0]).sum())


def numbers_of(spans: Spans) -> npt.NDArray[np.int64]:
    """Return the numbers of the sites, int64[n]."""
    lengths = spans[:, 1] - spans[:, 0]
    before = np.cumsum(lengths) - lengths
    found: npt.NDArray[np.int64] = np.repeat(spans[:, 0] - before, lengths)
    return found + np.arange(len(found))


def runs_of(spans: Spans, width: int) -> Spans:
    """Join spans between which no whole chunk of `width` sites lies: ranges to read at once."""
    if len(spans) < 2:
        return spans
    far = spans[1:, 0] // width - (spans[:-1, 1] - 1) // width > 1
    first = np.concatenate([[True], far])
    last = np.concatenate([far, [True]])
    return np.column_stack([spans[first, 0], spans[last, 1]])
