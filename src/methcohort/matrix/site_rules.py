"""Which sites a store has: those of its rows, of a BED file, or of the reference."""

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..cohort import Config, LoadedCohort, context_bits, is_wanted, natural_key, only_chroms
from ..core.errors import InputError
from ..core.log import log
from ..core.progress import Progress
from ..engine import Memory, Pool
from ..genome import Aliases, Reference, load_reference, read_bed, renamed
from ..store.cytosine import ANY_CONTEXT, BOTH, CPG
from .axis import Sites
from .listed_sites import sites_of_bed, sites_of_reference
from .reference_kinds import kinds_of_reference
from .site_kinds import Kinds, kinds_of_sites
from .sites import Listing, union_of_sites


class BedSites(NamedTuple):
    """The bases that a BED file names.

    Attributes
    ----------
    intervals : as `read_bed` gives them, of the wanted chromosomes in the store's order
    sha256 : of the file
    """

    intervals: dict[str, Any]
    sha256: str


class GivenSites(NamedTuple):
    """Sites that do not depend on rows, and the names of their chromosomes."""

    chroms: tuple[str, ...]
    sites: Sites


def read_bed_sites(settings: Config, aliases: Aliases) -> BedSites | None:
    """Return what the BED file of the configuration names, or None where it has none.

    Raises
    ------
    InputError
        Where the file cannot be read or names no base of a wanted chromosome.
    """
    if settings.bed is None:
        return None
    chroms = settings.chroms
    bed = read_bed(settings.bed)
    names = renamed(list(bed.intervals), aliases, settings.bed)
    intervals = {
        name: spans
        for name, spans in zip(names, bed.intervals.values(), strict=True)
        if len(spans) and is_wanted(name, chroms.include, chroms.exclude)
    }
    if not intervals:
        message = (
            f"{settings.bed}: found no base on the wanted chromosomes; expected some; "
            "check chroms.include and chroms.exclude"
        )
        raise InputError(message)
    if chroms.order == "natural":
        intervals = dict(sorted(intervals.items(), key=lambda item: natural_key(item[0])))
    return BedSites(intervals, bed.sha256)


def read_reference(
    pool: Pool, settings: Config, aliases: Aliases, expected: int
) -> Reference | None:
    """Return the reference of the configuration in shared memory, or None where it has none.

    `expected` is the number of bases that it is likely to have. Raises what `load_reference` does.
    """
    if not settings.reference:
        return None
    chroms = settings.chroms
    wanted = partial(is_wanted, include=chroms.include, exclude=chroms.exclude)
    with Progress("reference", expected, "bases") as progress:
        return load_reference(pool, settings.reference, aliases, wanted, progress.add)


def given_sites(
    pool: Pool,
    memory: Memory,
    settings: Config,
    bed: BedSites | None,
    reference: Reference | None,
) -> GivenSites | None:
    """Return the sites of the BED file or the reference, or None where the rows tell the sites."""
    if bed is not None:
        return GivenSites(tuple(bed.intervals), sites_of_bed(memory, bed.intervals))
    listing = _listing(settings, reference)
    if listing is None or settings.off_reference == "keep":
        return None
    chroms, sites = sites_of_reference(pool, memory, listing)
    return GivenSites(chroms, sites)


def found_sites(
    pool: Pool,
    memory: Memory,
    loaded: LoadedCohort,
    settings: Config,
    reference: Reference | None,
) -> tuple[LoadedCohort, Sites]:
    """Return the sites that rows tell, and the cohort with only their chromosomes.

    They are the union or intersection of the samples' sites, or their union with those of the
    reference.
    """
    wanted = len(loaded.n_rows) if settings.sites == "intersection" else settings.min_samples
    listing = _listing(settings, reference)
    if listing is not None:
        listing, wanted = replace(listing, chroms=loaded.chroms), 1
    return sites_of_rows(pool, memory, loaded, wanted, listing)


def sites_of_rows(
    pool: Pool,
    memory: Memory,
    loaded: LoadedCohort,
    wanted: int = 1,
    listing: Listing | None = None,
) -> tuple[LoadedCohort, Sites]:
    """Return the sites for which so many samples have a row, and those of a listing.

    With them comes the cohort with only their chromosomes.
    """
    shared = loaded.catalog.share(memory)
    sites = union_of_sites(pool, memory, loaded.catalog, shared, wanted, listing=listing)
    memory.release(shared.extent)
    return with_sites(loaded, sites)


def with_sites(loaded: LoadedCohort, sites: Sites) -> tuple[LoadedCohort, Sites]:
    """Return a cohort and its sites with only the chromosomes that have a site."""
    filled = np.diff(sites.offset) > 0
    if filled.all():
        return loaded, sites
    offset = np.concatenate([[0], sites.offset[1:][filled]])
    return only_chroms(loaded, filled), replace(sites, offset=offset)


def strand_and_context(
    pool: Pool,
    memory: Memory,
    loaded: LoadedCohort,
    sites: Sites,
    settings: Config,
    reference: Reference | None,
) -> Kinds | None:
    """Return the kinds of the sites, from rows and reference; see `kinds_of_sites`."""
    known = None
    if reference is not None and sites.n:
        known = kinds_of_reference(
            pool,
            memory,
            reference.genome,
            loaded.chroms,
            sites,
            collapse=settings.strands == "collapse",
        )
    kinds = kinds_of_sites(pool, memory, loaded.catalog, sites, known)
    if kinds is not None:
        _warn_of_contradictions(kinds.values.open(memory.arenas), loaded, settings)
    return kinds


def _warn_of_contradictions(
    kinds: npt.NDArray[np.uint8], loaded: LoadedCohort, settings: Config
) -> None:
    """Say of how many sites rows, or rows and the reference, tell different things."""
    contexts = kinds & ANY_CONTEXT
    n_contexts = int(np.count_nonzero(contexts & (contexts - np.uint8(1))))
    if n_contexts:
        log.warning(
            "%s sites have several contexts: files or reference disagree", f"{n_contexts:,}"
        )
    merged = any(one.n_merged_rows for one in loaded.inputs)
    if settings.strands == "keep" and not merged:
        n_strands = int(np.count_nonzero(kinds & BOTH == BOTH))
        if n_strands:
            log.warning("%s sites have both strands: files or reference disagree", f"{n_strands:,}")


def _listing(settings: Config, reference: Reference | None) -> Listing | None:
    """Return which cytosines of the reference are sites, where it says so."""
    if settings.sites != "reference" or reference is None:
        return None
    chroms = list(reference.chroms)
    if settings.chroms.order == "natural":
        chroms.sort(key=natural_key)
    contexts = context_bits(settings) or CPG
    return Listing(reference.genome, tuple(chroms), contexts, settings.strands == "collapse")
