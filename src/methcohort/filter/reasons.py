"""Why each site is dropped, as far as that follows from where it is and not from values."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import ConfigError, InputError, short
from ..core.log import log
from ..genome import Aliases, Bed, read_bed, read_vcf
from ..select import Selection, Store
from ..store.cytosine import CONTEXTS, STRANDS
from ..store.schema import BLOCK_SITES

Reasons = npt.NDArray[np.uint8]
"""Of each site `KEPT`, or the first reason that drops it."""

KEPT: Final = 0
REGION: Final = 1
KIND: Final = 2
SNP: Final = 3
FEW: Final = 4
LEVEL: Final = 5

NAMES: Final = {
    REGION: ("regions", "outside the regions and chromosomes"),
    KIND: ("contexts", "of other contexts or strands"),
    SNP: ("snps", "at SNPs"),
    FEW: ("min_samples", "in too few samples"),
    LEVEL: ("min_sd", "without variation"),
}
"""What the provenance, and what messages, call each reason."""

_VCF: Final = (".vcf", ".vcf.gz", ".vcf.bgz")
_BED: Final = (".bed", ".bed.gz", ".bed.bgz")
_ALONE: Final = [CONTEXTS.index(name) for name in ("CHG", "CHH")]
_SHOWN: Final = 3


class Listed(NamedTuple):
    """The positions that a file lists."""

    path: str
    bed: Bed


def read_listed(path: str | Path, min_af: float | None = None) -> Listed:
    """Read positions of a BED or VCF file.

    Raises
    ------
    InputError
        Where it is neither by its name, or cannot be read.
    ConfigError
        Where a `min_af` is given for a BED file.
    """
    name = str(path)
    if name.endswith(_VCF):
        return Listed(name, read_vcf(name, min_af))
    if not name.endswith(_BED):
        message = (
            f"{name}: expected a file whose name ends in .bed or .vcf, or in .bed.gz, .vcf.gz or "
            ".vcf.bgz; its name tells whether positions count from 0 or 1"
        )
        raise InputError(message)
    if min_af is not None:
        message = f"{name}: found min_af for a BED file, which has no frequencies; expected a VCF"
        raise ConfigError(message)
    return Listed(name, read_bed(name, most=None))


def placed_reasons(store: Store, regions: Selection, kinds: Selection) -> Reasons:
    """Return why sites are dropped that are not in some regions, or of other kinds."""
    found = np.full(store.n_sites, REGION, np.uint8)
    for first, end in regions.spans.tolist():
        found[first:end] = KEPT
    for read, values in ((store.context, kinds.contexts), (store.strand, kinds.strands)):
        if values is None:
            continue
        for start in range(0, store.n_sites, BLOCK_SITES):
            here = found[start : start + BLOCK_SITES]
            here[(here == KEPT) & ~np.isin(read(start, start + BLOCK_SITES), values)] = KIND
    return found


def drop_listed(
    store: Store, listed: Listed, aliases: Aliases, reasons: Reasons, reason: int
) -> None:
    """Write down a reason for sites that the intervals of a file touch.

    Where the reason is `SNP`, both the C and the G of a CpG count.

    Raises
    ------
    InputError
        Where the file names no chromosome of the store.
    """
    numbers = {name: k for k, name in enumerate(store.chroms)}
    by_chrom: dict[int, list[npt.NDArray[np.int64]]] = {}
    for name, intervals in listed.bed.intervals.items():
        number = numbers.get(aliases(name), -1)
        if number >= 0:
            by_chrom.setdefault(number, []).append(intervals)
    _expect_named(store, listed, by_chrom)
    for number, parts in by_chrom.items():
        first, end = (int(k) for k in store.chrom_offset[number : number + 2])
        touched = np.zeros(end - first, bool)
        low, high = _extents(store, first, end, pairs=reason == SNP)
        for intervals in parts:
            touched |= _touched(intervals, low, high)
        here = reasons[first:end]
        here[touched & (here == KEPT)] = reason


def _expect_named(store: Store, listed: Listed, found: Collection[int]) -> None:
    """Raise InputError where a file has no chromosome of a store; say which it lacks otherwise."""
    if not found:
        theirs, ours = (_some(list(names)) for names in (listed.bed.intervals, store.chroms))
        message = (
            f"{listed.path}: found the chromosomes {theirs}, none of which {store.path} has "
            f"({ours}); expected its names; give aliases, such as GRCh38, or another file"
        )
        raise InputError(message)
    lacks = [name for k, name in enumerate(store.chroms) if k not in found]
    if lacks:
        log.info("%s: has nothing on %s", listed.path, _some(lacks))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(map(short, names[:_SHOWN])) + more


def _extents(
    store: Store, first: int, end: int, *, pairs: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the first and the last base of each site, int64[n]: with `pairs`, C and G of a CpG.

    That is the base behind, or before on the reverse strand; sites of CHG and CHH have one base.
    """
    low = store.positions(first, end).astype(np.int64)
    high = low.copy()
    if pairs:
        paired = ~np.isin(store.context(first, end), _ALONE)
        reverse = store.strand(first, end) == STRANDS.index("-")
        high += paired & ~reverse
        low -= paired & reverse
    return low, high


def _touched(
    intervals: npt.NDArray[np.int64], low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Tell which of the stretches [low, high] any interval touches."""
    start, stop = intervals.T
    k = np.searchsorted(stop, low, side="right")  # the first that ends behind the first base
    inside = k < len(stop)
    inside[inside] = start[k[inside]] <= high[inside]
    return inside


def spans_of(reasons: Reasons) -> npt.NDArray[np.int64]:
    """Return the ranges of the sites that nothing drops, int64[n, 2]."""
    kept = np.concatenate([[0], (reasons == KEPT).view(np.int8), [0]])
    return np.flatnonzero(np.diff(kept)).reshape(-1, 2)
