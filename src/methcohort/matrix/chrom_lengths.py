"""The lengths of a store's chromosomes, from a table of the configuration or the reference."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ..cohort import Config
from ..core.errors import InputError
from ..core.log import log
from ..engine import Memory
from ..genome import Aliases, ChromSizes, Reference, read_chrom_sizes
from ..store.schema import OFFSET_DTYPE
from .axis import Sites

Lengths = npt.NDArray[np.int64]
"""Length of each chromosome of a store, in bases, int64[n_chroms]."""


def read_sizes(settings: Config, aliases: Aliases) -> ChromSizes | None:
    """Return the table of lengths of the configuration, or None where it has none.

    Raises what `read_chrom_sizes` raises.
    """
    return read_chrom_sizes(settings.chrom_sizes, aliases) if settings.chrom_sizes else None


def chrom_lengths(
    memory: Memory,
    chroms: Sequence[str],
    sites: Sites,
    sizes: ChromSizes | None,
    reference: Reference | None,
) -> Lengths | None:
    """Return the length of each chromosome, or None where they are not all known.

    What the user gives as a table has to fit; a reference that lacks a chromosome, or ends before
    a site, gives no lengths: `base_check` decides whether rows may be off it.

    Parameters
    ----------
    chroms : those that have a site, in the order of the store
    sizes : the table `chrom_sizes`, which goes before the reference

    Raises
    ------
    InputError
        Where the table lacks a chromosome, ends before a site, or contradicts the reference.
    """
    last = _last_positions(memory, sites)
    known = {} if reference is None else reference.chroms
    if sizes is not None:
        _expect_fit(sizes, chroms, last, known)
        return np.array([sizes.lengths[name] for name in chroms], OFFSET_DTYPE)
    if reference is None or not all(name in known for name in chroms):
        return None
    lengths = np.array([known[name] for name in chroms], OFFSET_DTYPE)
    beyond = np.flatnonzero(last > lengths)
    if beyond.size:
        k = int(beyond[0])
        log.warning(
            "the site %s:%s is beyond the end of %s, which has %s bases in the reference %s; the "
            "store gets no lengths of chromosomes",
            chroms[k], f"{last[k]:,}", chroms[k], f"{lengths[k]:,}", reference.path,
        )  # fmt: skip
        return None
    return lengths


def _expect_fit(
    sizes: ChromSizes,
    chroms: Sequence[str],
    last: npt.NDArray[np.int32],
    known: Mapping[str, int],
) -> None:
    """Raise InputError where a table does not fit the sites, or the reference."""
    absent = [name for name in chroms if name not in sizes.lengths]
    if absent:
        more = f" and {len(absent) - 1:,} more" if len(absent) > 1 else ""
        message = (
            f"{sizes.path}: found no length of the chromosome {absent[0]}{more}; expected one for "
            "each chromosome of the store; add it, set aliases, or leave out chrom_sizes"
        )
        raise InputError(message)
    for name, position in zip(chroms, last.tolist(), strict=True):
        length = sizes.lengths[name]
        if position > length:
            message = (
                f"{sizes.path}: found the length {length:,} of {name}, but a site at "
                f"{name}:{position:,}; expected sites within the chromosome; give the table of the "
                "genome that the files are of"
            )
            raise InputError(message)
        if known.get(name, length) != length:
            message = (
                f"{sizes.path}: found the length {length:,} of {name}, which has "
                f"{known[name]:,} bases in the reference; expected the same; give the table of the "
                "reference, or leave out chrom_sizes"
            )
            raise InputError(message)


def _last_positions(memory: Memory, sites: Sites) -> npt.NDArray[np.int32]:
    """Return the position of the last site of each chromosome, int32[n_chroms]."""
    pos = sites.pos.open(memory.arenas)
    found: npt.NDArray[np.int32] = pos[sites.offset[1:] - 1]
    return found
