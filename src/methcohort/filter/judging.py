"""The sites that values keep or drop, and what is left of each sample: one pass by workers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine import Resources
from ..select import Selection, Store, stream
from ..store import task_samples
from ..store.schema import BLOCK_SITES
from .kernels import N_TALLIED, load_judging, observe, tally
from .masks import Limits
from .options import Groups
from .reasons import FEW, KEPT, LEVEL, Reasons, spans_of

Values = tuple[npt.NDArray[np.unsignedinteger], npt.NDArray[np.unsignedinteger]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a site needs: samples of each group, and at least so much variation, if any."""

    limits: Limits
    groups: Groups
    min_sd: float | None


class Judged(NamedTuple):
    """What the values of sites come to.

    Attributes
    ----------
    start : a multiple of `BLOCK_SITES`, at or before the first site
    reasons : uint8[n], why each site is dropped
    masked : int64[n_samples, 2], values with too few and too many reads
    tallies : int64[n_samples, N_TALLIED], of the values that are left at the sites that are kept
    """

    start: int
    reasons: Reasons
    masked: npt.NDArray[np.int64]
    tallies: npt.NDArray[np.int64]


def judge(store: Store, reasons: Reasons, rule: Rule, resources: Resources) -> Judged:
    """Judge the sites that nothing has dropped yet, and write down why in `reasons`."""
    load_judging(store.layer_dtype("c"))
    selection = store.select()
    selection = Selection(store, selection.choice._replace(spans=spans_of(reasons)))
    n_samples = len(store.samples)
    masked = np.zeros((n_samples, 2), np.int64)
    tallies = np.zeros((n_samples, N_TALLIED), np.int64)
    height = task_samples(store.chunk[0])
    task_bytes = BLOCK_SITES * (min(height, n_samples) * 16 + 4 * len(rule.groups.needed) + 64)
    for part in stream(selection, judged, resources, rule, title="judge", task_bytes=task_bytes):
        here = reasons[part.start : part.start + BLOCK_SITES]
        here[here == KEPT] = part.reasons
        masked += part.masked
        most = np.maximum(tallies[:, -1], part.tallies[:, -1])
        tallies += part.tallies
        tallies[:, -1] = most
    return Judged(0, reasons, masked, tallies)


def judged(part: Selection, rule: Rule) -> Judged:
    """Judge the sites of one range. Runs in the workers; reads some samples at a time."""
    n_samples, n_sites = len(part.samples), part.n_sites
    n_observed = np.zeros((len(rule.groups.needed), n_sites), np.int32)
    moments = np.zeros((3, 0 if rule.min_sd is None else n_sites))
    masked = np.zeros((n_samples, 2), np.int64)
    tallies = np.zeros((n_samples, N_TALLIED), np.int64)
    for rows, (c, t) in _values(part):
        observe(c, t, rule.limits[rows], rule.groups.of[rows], n_observed, moments, masked[rows])
    reasons = np.zeros(n_sites, np.uint8)
    if rule.min_sd is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            reasons[~(np.sqrt(moments[2] / (moments[0] - 1)) >= rule.min_sd)] = LEVEL
    reasons[(n_observed < rule.groups.needed[:, None]).any(axis=0)] = FEW
    keep = (reasons == KEPT).astype(np.uint8)
    if keep.any():
        for rows, (c, t) in _values(part):
            tally(c, t, rule.limits[rows], keep, tallies[rows])
    start = int(part.spans[0, 0]) // BLOCK_SITES * BLOCK_SITES
    return Judged(start, reasons, masked, tallies)


def _values(part: Selection) -> Iterator[tuple[slice, Values]]:
    """Yield c and t of some samples at a time, and which these are."""
    step = task_samples(part.store.chunk[0])
    for first in range(0, len(part.samples), step):
        for block in part.of_samples(first, first + step).blocks(("c", "t")):
            c, t = (np.ascontiguousarray(block.values[name]) for name in ("c", "t"))
            yield slice(first, first + len(c)), (c, t)
