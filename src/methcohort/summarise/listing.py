"""Bins that are known before any value is read: regions, chromosomes, or all sites."""

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError
from ..genome import Aliases
from ..select import Bed, Selection, read_bed
from .schemes import CHROMS, SAMPLES, Scheme
from .tables import Column

Bins = tuple[dict[str, Column], npt.NDArray[np.int64]]


def listed(chosen: Selection, scheme: Scheme, aliases: Aliases) -> Bins:
    """Return bins: the columns that name them, and the sites of each, int64[n, 2].

    Raises
    ------
    InputError
        Where a BED file cannot be read, names no chromosome of the store, or goes beyond its end.
    """
    store = chosen.store
    if scheme.kind == SAMPLES:
        return {}, np.array([[0, store.n_sites]], np.int64)
    if scheme.kind == CHROMS:
        return _chroms(chosen)
    bed = read_bed(scheme.path, store, aliases)
    _expect_inside(bed, chosen)
    places = {
        "chrom": Column(bed.chrom, store.chroms),
        "start": Column(bed.start),
        "end": Column(bed.end),
        "name": Column(
            np.arange(len(bed)), [name.replace("\0", r"\x00") or "." for name in bed.names]
        ),
    }
    return places, bed.site_ranges(store)


def _chroms(chosen: Selection) -> Bins:
    """Return the chromosomes that have sites; each ends with its length, or its last site."""
    store, spans = chosen.store, chosen.spans
    first, end = store.chrom_offset[:-1], store.chrom_offset[1:]
    some = np.flatnonzero(
        np.searchsorted(spans[:, 0], end) > np.searchsorted(spans[:, 1], first, side="right")
    )
    lengths = store.last_positions if store.chrom_lengths is None else store.chrom_lengths
    places = {
        "chrom": Column(some, store.chroms),
        "start": Column(np.ones(len(some), np.int64)),
        "end": Column(lengths[some].astype(np.int64)),
    }
    return places, np.column_stack([first, end])[some].astype(np.int64)


def _expect_inside(bed: Bed, chosen: Selection) -> None:
    """Raise InputError where a region goes beyond the end of its chromosome, if that is known."""
    lengths = chosen.store.chrom_lengths
    if lengths is None:
        return
    beyond = np.flatnonzero(bed.end > lengths[bed.chrom])
    if len(beyond):
        k = int(beyond[0])
        chrom = chosen.chroms[bed.chrom[k]]
        more = f", as {len(beyond) - 1:,} more do" if len(beyond) > 1 else ""
        message = (
            f"{bed.path}: found the region {chrom}:{bed.start[k]:,}-{bed.end[k]:,} (1-based), "
            f"which goes beyond the end of {chrom} at {lengths[bed.chrom[k]]:,}{more}; expected "
            "regions of the assembly of the store; fix or remove it"
        )
        raise InputError(message)
