"""The sites of batches: as rows of a catalog, counted, and the counts of those that are stored."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..cohort import Config, LoadedCohort
from ..engine import Memory, Pool
from ..matrix import Sites, add_counts, union_of_sites, with_sites
from ..rows import Catalog, column_offsets, site_block
from ..store.schema import POS_DTYPE
from .part_file import PartFile
from .part_rows import Numbering, counts_above

_LIMITS: Final = (2**16 - 1, 2**8 - 1)
"""The largest counts of 16 and of 8 bits."""


def numbers_of(batch: PartFile, chroms: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the number in the store of each chromosome of a batch, -1 for others, int64[n]."""
    number = {name: k for k, name in enumerate(chroms)}
    return np.array([number.get(name, -1) for name in batch.meta["chroms"]], np.int64)


def catalog_of_sites(memory: Memory, batches: Sequence[PartFile], chroms: Sequence[str]) -> Catalog:
    """Return a catalog of the sites of each batch, as if it were a sample."""
    blocks, runs = [], []
    for batch in batches:
        n, with_kind = batch.length("list/pos"), batch.has("list/kinds")
        pos, *_, kind, size = column_offsets(
            n, wide=False, with_pct=False, with_kind=with_kind, with_counts=False
        )
        extent = memory.reserve(size)
        data = memory.arenas.map(extent)
        batch.read_into("list/pos", data[pos : pos + n * POS_DTYPE.itemsize])
        if with_kind:
            batch.read_into("list/kinds", data[kind : kind + n])
        del data
        blocks.append([site_block(extent, n, with_kind=with_kind)])
        offset = batch.array("list/offset")
        table = np.column_stack([numbers_of(batch, chroms), offset[:-1], offset[1:]])
        runs.append(table[(table[:, 0] >= 0) & (table[:, 2] > table[:, 1])])
    memory.arenas.forget_scratch()
    return Catalog.build(blocks, runs, len(chroms), memory.sizes())


def sites_of_many(
    pool: Pool, memory: Memory, batches: Sequence[PartFile], loaded: LoadedCohort, least: int
) -> tuple[LoadedCohort, Sites]:
    """Return the sites that at least so many samples have, and the cohort with their chromosomes.

    Parameters
    ----------
    loaded : its catalog is of the sites of the batches
    """
    catalog = loaded.catalog
    shared = catalog.share(memory)
    union = union_of_sites(pool, memory, catalog, shared, 1)
    memory.release(shared.extent)
    pos = union.pos.open(memory.arenas)
    room = memory.empty(union.n, np.uint32)
    totals = room.open(memory.arenas)
    totals[:] = 0
    for k, batch in enumerate(batches):
        for own, samples, here in _counted(memory, batch, catalog, k, union):
            add_counts(own, samples, pos[here], totals[here])
    n = 0
    offset = np.zeros_like(union.offset)
    for chrom in range(len(offset) - 1):
        here = slice(*union.offset[chrom : chrom + 2].tolist())
        kept = pos[here][totals[here] >= least]
        pos[n : n + len(kept)] = kept  # never beyond what was looked at
        n += len(kept)
        offset[chrom + 1] = n
    del totals
    memory.release(room.extent)
    return with_sites(loaded, Sites(union.pos._replace(shape=(n,)), offset))


def _counted(
    memory: Memory, batch: PartFile, catalog: Catalog, k: int, union: Sites
) -> Iterator[tuple[npt.NDArray[np.int32], npt.NDArray[Any], slice]]:
    """Yield by chromosome the sites of batch k, how many samples have each, and where to look."""
    runs = catalog.runs[slice(*catalog.run_start[k : k + 2])].tolist()
    if not runs:
        return
    block = catalog.block(k)
    own = memory.arenas.map(block.extent)[: 4 * block.n_rows].view(POS_DTYPE)
    samples = batch.array("list/samples")
    for chrom, start, stop in runs:
        here = slice(*union.offset[chrom : chrom + 2].tolist())
        yield own[start:stop], samples[start:stop], here


def largest_stored(
    memory: Memory,
    batches: Sequence[PartFile],
    loaded: LoadedCohort,
    sites: Sites,
    settings: Config,
) -> int:
    """Return a count that takes the bits of the largest one that is stored.

    Only the bits matter, so that no block is read whose largest count takes few anyway; and where
    one row above a limit lies at a site of the store, no other has to be looked at.
    """
    if settings.all_rows_stay or loaded.largest <= _LIMITS[-1]:
        return loaded.largest
    pos = sites.pos.open(memory.arenas)
    offset = sites.offset.tolist()
    numbered = [Numbering(batch, numbers_of(batch, loaded.chroms)) for batch in batches]
    for limit in _LIMITS:
        for batch in numbered:
            for chrom, found in counts_above(batch, limit):
                own = pos[offset[chrom] : offset[chrom + 1]]
                at = np.minimum(np.searchsorted(own, found), own.size - 1)
                if own.size and (own[at] == found).any():
                    return limit + 1
    return 0
