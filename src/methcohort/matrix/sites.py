"""The sites of a cohort: those its rows have, or those a BED file or a reference genome names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..engine import Context, Extent, Memory, Note, Pool, ignore
from ..genome import Genome, OpenGenome, kinds_at, mark_sites
from ..rows import Catalog, SharedCatalog, Table, last_positions
from ..store.cytosine import BOTH, CPG, KIND_DTYPE
from ..store.schema import OFFSET_DTYPE, POS_DTYPE
from .kernels.sites import count_rows, fill_intervals, mark_rows, rank_words, read_sites

WINDOW: Final = 1 << 24
"""Positions looked at in one task: a bitmap of 2 MB, which fits the cache."""

KIND_SITES: Final = 1 << 21
"""Sites whose kinds are looked up in one task."""


@dataclass(frozen=True, slots=True)
class Sites:
    """The sites of a cohort.

    Attributes
    ----------
    extent : shared memory that starts with the positions, int32[n]
    n : number of sites
    offset : int64[n_chroms + 1], first site of each chromosome
    """

    extent: Extent
    n: int
    offset: Table


@dataclass(frozen=True, slots=True)
class Listing:
    """Cytosines of a reference genome that are sites whether a row has them or not.

    Attributes
    ----------
    genome : where the bases lie
    chroms : names of the chromosomes, by their numbers in the catalog
    contexts : bits of `cytosine.py`
    collapse : whether a CpG is only its C
    """

    genome: Genome
    chroms: tuple[str, ...]
    contexts: int
    collapse: bool


@dataclass(frozen=True, slots=True)
class SitesTask:
    """Windows to search for sites: some rows of a table that lies in shared memory.

    Where `counted`, the answer has the number of samples at each site, too.
    """

    title: str
    catalog: SharedCatalog
    windows: Extent
    start: int
    stop: int
    min_samples: int
    listing: Listing | None = None
    counted: bool = False


@dataclass(frozen=True, slots=True)
class KindsTask:
    """Sites whose kinds are to be looked up: those [start, stop) of all, into `kinds`."""

    title: str
    genome: Genome
    chroms: tuple[str, ...]
    sites: Sites
    start: int
    stop: int
    collapse: bool
    kinds: Extent


def union_of_sites(
    pool: Pool,
    memory: Memory,
    catalog: Catalog,
    shared: SharedCatalog,
    min_samples: int,
    note: Note = ignore,
    listing: Listing | None = None,
) -> Sites:
    """Return the sites for which at least `min_samples` samples have a row.

    Those of a listing are sites too; `min_samples` is then 1.
    """
    sites, _ = _found(pool, memory, catalog, shared, min_samples, note, listing)
    return sites


def counted_sites(
    pool: Pool, memory: Memory, catalog: Catalog, shared: SharedCatalog
) -> tuple[Sites, Extent]:
    """Return the sites for which a sample has a row, and of how many that is so, uint32[n]."""
    sites, samples = _found(pool, memory, catalog, shared, 1, ignore, None, counted=True)
    assert samples is not None  # noqa: S101 - it was asked for
    return sites, samples


def _found(
    pool: Pool,
    memory: Memory,
    catalog: Catalog,
    shared: SharedCatalog,
    min_samples: int,
    note: Note,
    listing: Listing | None,
    *,
    counted: bool = False,
) -> tuple[Sites, Extent | None]:
    """Return the sites, and the samples that have each where they are to be counted."""
    last = np.empty(len(catalog.by_chrom), np.int64)
    last_positions(catalog.rows(memory.arenas), last)
    memory.arenas.forget_scratch()
    n_chroms = len(catalog.chrom_start) - 1
    longest = np.zeros(n_chroms, np.int64)
    filled = catalog.chrom_start[:-1] < catalog.chrom_start[1:]
    if len(last):
        longest[filled] = np.maximum.reduceat(last, catalog.chrom_start[:-1][filled])
    if listing is not None:
        genome = listing.genome.open(memory.arenas)
        lengths = [genome.length(name) for name in listing.chroms]
        longest = np.maximum(longest, np.array(lengths, np.int64))
    windows, units = plan_windows(longest)
    table = memory.put(windows)
    tasks = [
        (
            SitesTask(
                "the union of sites", shared, table, start, stop, min_samples, listing, counted
            ),
        )
        for start, stop in units
    ]
    found: list[Extent | None] = [None] * len(tasks)
    for index, extent in pool.run(find_sites, tasks, note):
        found[index] = extent
    return _joined(memory, windows, units, found, n_chroms, counted=counted)


def plan_windows(longest: Table) -> tuple[Table, list[tuple[int, int]]]:
    """Cut chromosomes into windows, and group these into tasks of about `WINDOW` positions.

    Parameters
    ----------
    longest : int64[n_chroms], the last position of each chromosome; 0 where there is none

    Returns
    -------
    windows : int64[n, 4], chromosome, first position, end, and its first bit in the task's bitmap
    units : (start, stop) of the windows of each task
    """
    n = -(-longest // WINDOW)
    chrom = np.repeat(np.arange(longest.size), n)
    low = WINDOW * (np.arange(chrom.size) - np.repeat(np.cumsum(n) - n, n)) + 1
    sizes = np.minimum(WINDOW, longest[chrom] + 1 - low)
    words = -(-sizes // 64) * 64
    bits = np.cumsum(words) - words
    ends = bits + sizes
    base, units, begin = np.empty_like(bits), [], 0
    while begin < chrom.size:
        first = bits[begin]
        end = int(np.searchsorted(ends, first + WINDOW, side="right"))
        base[begin:end] = bits[begin:end] - first
        units.append((begin, end))
        begin = end
    return np.column_stack([chrom, low, low + sizes, base]), units


def find_sites(context: Context, task: SitesTask) -> Extent:
    """Find the sites of some windows.

    Returns an extent that starts with the number of sites of each window, int64, and then holds
    their positions, int32, and where wanted the number of samples at each, uint32.
    """
    rows = task.catalog.open(context.arenas).rows(context.arenas)
    windows = context.map(task.windows).view(np.int64)[4 * task.start : 4 * task.stop]
    windows = windows.reshape(-1, 4)
    n_bits = int(windows[-1, 3] + windows[-1, 2] - windows[-1, 1])
    bits = context.private("bits", -(-n_bits // 64) * 8).view(np.uint64)
    bits[:] = 0
    ranks = context.private("ranks", bits.nbytes).view(np.int64)
    mark_rows(rows, windows, bits)
    if task.listing is not None:
        _mark_listed(task.listing.genome.open(context.arenas), task.listing, windows, bits)
    n = rank_words(bits, ranks)
    counts = np.zeros(len(windows), np.int64)
    positions = np.empty(n, np.int32)
    read_sites(windows, bits, positions, counts)
    samples = np.zeros(n * (task.counted or task.min_samples > 1), np.uint32)
    if samples.size:
        count_rows(rows, windows, bits, ranks, samples)
    if samples.size and not task.counted:
        kept = samples >= task.min_samples
        positions = positions[kept]
        window = np.repeat(np.arange(len(windows)), counts)
        counts = np.bincount(window[kept], minlength=len(windows))
    answer = [counts, positions, *([samples] if task.counted else [])]
    extent = context.reserve(sum(values.nbytes for values in answer))
    memory = context.map(extent)
    at = 0
    for values in answer:
        memory[at : at + values.nbytes].view(values.dtype)[:] = values
        at += values.nbytes
    context.arenas.forget_scratch()
    context.note(1)
    return extent


def _mark_listed(
    genome: OpenGenome, listing: Listing, windows: Table, bits: npt.NDArray[np.uint64]
) -> None:
    """Set the bits of the sites of a listing in some windows."""
    for chrom, low, high, base in windows.tolist():
        found = genome.chromosome(listing.chroms[chrom])
        if found is not None:
            mark_sites(
                found.planes, found.length, low, high, listing.contexts, int(listing.collapse),
                base, bits,
            )  # fmt: skip


def _joined(
    memory: Memory,
    windows: Table,
    units: Sequence[tuple[int, int]],
    found: Sequence[Extent | None],
    n_chroms: int,
    *,
    counted: bool,
) -> tuple[Sites, Extent | None]:
    """Join the answers of the tasks, in their order, and give their extents back."""
    counts = np.zeros(len(windows), np.int64)
    for (start, stop), extent in zip(units, found, strict=True):
        assert extent is not None  # noqa: S101 - every task has answered
        counts[start:stop] = memory.arenas.map(extent).view(np.int64)[: stop - start]
    n = int(counts.sum())
    joined = [memory.reserve(n * POS_DTYPE.itemsize) for _ in range(1 + counted)]
    columns = [memory.arenas.map(extent).view(POS_DTYPE) for extent in joined]
    done = 0
    for (start, stop), extent in zip(units, found, strict=True):
        assert extent is not None  # noqa: S101
        part = memory.arenas.map(extent).view(POS_DTYPE)[2 * (stop - start) :]
        size = int(counts[start:stop].sum())
        for k, column in enumerate(columns):
            column[done : done + size] = part[k * size : (k + 1) * size]
        done += size
        memory.release(extent)
    memory.arenas.forget_scratch()
    by_chrom = np.bincount(windows[:, 0], weights=counts, minlength=n_chroms).astype(np.int64)
    return Sites(joined[0], n, _offsets(by_chrom)), joined[1] if counted else None


def sites_of_bed(memory: Memory, intervals: dict[str, npt.NDArray[np.int64]]) -> Sites:
    """Return every base of some intervals, as `read_bed` gives them, in the order of the dict."""
    sizes = [int((spans[:, 1] - spans[:, 0]).sum()) for spans in intervals.values()]
    extent = memory.reserve(sum(sizes) * POS_DTYPE.itemsize)
    positions = memory.arenas.map(extent).view(POS_DTYPE)
    offset = _offsets(np.array(sizes, np.int64))
    for k, spans in enumerate(intervals.values()):
        fill_intervals(spans[:, 0], spans[:, 1], positions[offset[k] : offset[k + 1]])
    return Sites(extent, int(offset[-1]), offset)


def sites_of_reference(
    pool: Pool, memory: Memory, listing: Listing, note: Note = ignore
) -> tuple[tuple[str, ...], Sites]:
    """Return every site of a listing, and the names of the chromosomes that have one.

    The chromosomes are in the order of `listing.chroms`.
    """
    no_rows = Catalog.build([[]], [np.empty((0, 3), np.int64)], len(listing.chroms), (0, 0))
    shared = no_rows.share(memory)
    sites = union_of_sites(pool, memory, no_rows, shared, 1, note, listing)
    memory.release(shared.extent)
    filled = np.diff(sites.offset) > 0
    names = tuple(name for name, kept in zip(listing.chroms, filled, strict=True) if kept)
    offset = np.concatenate([[0], sites.offset[1:][filled]]).astype(OFFSET_DTYPE)
    return names, Sites(sites.extent, sites.n, offset)


def kinds_of_reference(
    pool: Pool,
    memory: Memory,
    genome: Genome,
    chroms: Sequence[str],
    sites: Sites,
    *,
    collapse: bool,
) -> Extent:
    """Return what a reference genome has at each site: an extent that starts with uint8[n].

    Parameters
    ----------
    chroms : names of the chromosomes of the sites
    collapse : whether each CpG stands for both of its strands
    """
    kinds = memory.reserve(sites.n * KIND_DTYPE.itemsize)
    tasks = [
        (
            KindsTask(
                "the contexts of sites", genome, tuple(chroms), sites, start,
                min(start + KIND_SITES, sites.n), collapse, kinds,
            ),
        )
        for start in range(0, sites.n, KIND_SITES)
    ]  # fmt: skip
    for _ in pool.run(look_up_kinds, tasks):
        pass
    return kinds


def look_up_kinds(context: Context, task: KindsTask) -> None:
    """Write the kinds of some sites to their place."""
    pos = context.map(task.sites.extent).view(POS_DTYPE)
    out = context.map(task.kinds)[task.start : task.stop]
    genome = task.genome.open(context.arenas)
    offset = task.sites.offset
    chrom = int(np.searchsorted(offset, task.start, side="right")) - 1
    start = task.start
    while start < task.stop:
        stop = min(task.stop, int(offset[chrom + 1]))
        found = genome.chromosome(task.chroms[chrom])
        part = out[start - task.start : stop - task.start]
        part[:] = 0
        if found is not None:
            kinds_at(found.planes, found.length, pos[start:stop], part)
        start, chrom = stop, chrom + 1
    if task.collapse:
        out[(out & CPG) != 0] |= BOTH


def _offsets(sizes: Table) -> Table:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(OFFSET_DTYPE)
