"""The sites of a cohort that its rows have, or enough of its samples, found by the workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine import Context, Memory, Note, Pool, SharedArray, ignore
from ..genome import Genome, OpenGenome, mark_sites
from ..rows import Catalog, SharedCatalog, Table, last_positions
from ..store.schema import OFFSET_DTYPE, POS_DTYPE
from .axis import Sites
from .kernels.sites import count_rows, mark_rows, rank_words, read_sites

SAMPLES_DTYPE: Final = np.dtype("<u4")
"""Of the number of samples that have a site."""

WINDOW: Final = 1 << 24
"""Positions looked at in one task: a bitmap of 2 MB, which fits the cache."""


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
    windows: SharedArray
    start: int
    stop: int
    min_samples: int
    listing: Listing | None = None
    counted: bool = False


class SitesFound(NamedTuple):
    """The sites of some windows, as a task leaves them.

    Attributes
    ----------
    per_window : int64[n_windows], how many sites each has
    columns : int32[n] positions and, where it was wanted, uint32[n], samples that have each
    """

    per_window: SharedArray
    columns: tuple[SharedArray, ...]


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
    sites, _ = _search(pool, memory, catalog, shared, min_samples, note, listing)
    return sites


def counted_sites(
    pool: Pool, memory: Memory, catalog: Catalog, shared: SharedCatalog
) -> tuple[Sites, SharedArray]:
    """Return the sites for which a sample has a row, and for how many samples, uint32[n]."""
    sites, samples = _search(pool, memory, catalog, shared, 1, ignore, None, counted=True)
    assert samples is not None  # noqa: S101 - it was asked for
    return sites, samples


def _search(
    pool: Pool,
    memory: Memory,
    catalog: Catalog,
    shared: SharedCatalog,
    min_samples: int,
    note: Note,
    listing: Listing | None,
    *,
    counted: bool = False,
) -> tuple[Sites, SharedArray | None]:
    """Return the sites, and how many samples have each where that is to be counted."""
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
    table = memory.share(windows)
    title = "the union of sites"
    tasks = [
        (SitesTask(title, shared, table, start, stop, min_samples, listing, counted),)
        for start, stop in units
    ]
    found = list(pool.map(find_sites, tasks, note))
    memory.release(table.extent)
    return _joined(memory, windows, found, n_chroms, counted=counted)


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


def find_sites(context: Context, task: SitesTask) -> SitesFound:
    """Find the sites of some windows."""
    rows = task.catalog.open(context.arenas).rows(context.arenas)
    windows = task.windows.open(context.arenas)[task.start : task.stop]
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
    columns: list[npt.NDArray[Any]] = [positions]
    if task.counted or task.min_samples > 1:
        samples = np.zeros(n, np.uint32)
        count_rows(rows, windows, bits, ranks, samples)
        if task.counted:
            columns.append(samples)
        else:
            kept = samples >= task.min_samples
            columns = [positions[kept]]
            window = np.repeat(np.arange(len(windows)), counts)
            counts = np.bincount(window[kept], minlength=len(windows))
    found = SitesFound(context.share(counts), tuple(context.share(one) for one in columns))
    context.arenas.forget_scratch()
    context.note(1)
    return found


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
    memory: Memory, windows: Table, found: Sequence[SitesFound], n_chroms: int, *, counted: bool
) -> tuple[Sites, SharedArray | None]:
    """Join the answers of the tasks, in their order, and give their memory back."""
    arenas = memory.arenas
    per_window = np.concatenate(
        [np.empty(0, np.int64), *(one.per_window.open(arenas) for one in found)]
    )
    n = int(per_window.sum())
    joined = [memory.empty(n, dtype) for dtype in (POS_DTYPE, SAMPLES_DTYPE)[: 1 + counted]]
    columns = [array.open(arenas) for array in joined]
    done = 0
    for one in found:
        for part, column in zip(one.columns, columns, strict=True):
            column[done : done + part.shape[0]] = part.open(arenas)
        done += one.columns[0].shape[0]
        for array in (one.per_window, *one.columns):
            memory.release(array.extent)
    arenas.forget_scratch()
    by_chrom = np.bincount(windows[:, 0], weights=per_window, minlength=n_chroms)
    sites = Sites(joined[0], offsets_of(by_chrom.astype(np.int64)))
    return sites, joined[1] if counted else None


def offsets_of(sizes: Table) -> Table:
    """Return the first site of each chromosome, and the end, from how many each has."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(OFFSET_DTYPE)
