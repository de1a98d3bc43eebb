"""A store with some sites and samples of another, values masked: what is written, and how."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..build import SourceStore
from ..cohort import SampleRecord
from ..core.signals import signals_held
from ..engine import Memory, Resources, session
from ..files import Target
from ..matrix import (
    Content,
    PackPlan,
    Sites,
    StoreChunks,
    StoredSamples,
    index_bytes,
    new_grid,
    pack_areas,
    software,
    task_bytes,
    write_store,
)
from ..store import StoreWriter
from ..store.cytosine import KIND_DTYPE
from ..store.schema import BLOCK_SITES, POS_DTYPE
from .judging import Judged
from .masks import NO_LIMIT, Limits
from .reasons import KEPT


@dataclass(frozen=True, slots=True)
class Filtered:
    """What is left of a store.

    Attributes
    ----------
    rows : samples that stay, in their new order
    limits : int64[n_samples, 2] of all samples, see `masks.py`
    judged : why sites are dropped, and what is left of all samples
    made_of : further members of the provenance
    """

    source: SourceStore
    rows: Sequence[int]
    limits: Limits
    judged: Judged
    made_of: Mapping[str, Any]

    @property
    def n_sites(self) -> int:
        """Number of sites that stay."""
        return int(np.count_nonzero(self.judged.reasons == KEPT))


def write(filtered: Filtered, target: Target, resources: Resources) -> str:
    """Write the store; return its digest."""
    source, config = filtered.source, filtered.source.config
    records = [_record(filtered, row) for row in filtered.rows]
    largest = max(record.counts["largest_count"] for record in records)
    grid = new_grid(config, len(records), filtered.n_sites, largest)
    private, slot = task_bytes(config)
    index = index_bytes(grid.n_samples, source.grid.n_sites, len(grid.layers), config.chunks)
    index += source.grid.n_sites  # the reasons
    budget = resources.divide(private, resources.window * slot, index)
    with session(resources, budget) as (pool, memory):
        with signals_held():
            writer = StoreWriter(target)
        with writer:
            stored = _stored(memory, filtered)
            chroms, offset = _chroms(filtered)
            sites = _sites(memory, filtered, stored, offset)
            samples = _samples(memory, filtered, stored, chroms)
            plan = PackPlan(None, sites.share(memory), grid, samples)
            content = _content(memory, filtered, records, chroms, sites)
            packed = pack_areas(pool, memory, plan, list(grid.areas()), resources.window)
            return write_store(memory, content, grid, packed, writer)


def _record(filtered: Filtered, row: int) -> SampleRecord:
    """Return what is recorded of a sample, from what the source says and what was counted."""
    record, judged = filtered.source.records[row], filtered.judged
    n_sites, sum_c, sum_t, largest = judged.tallies[row].tolist()
    low, high = judged.masked[row].tolist()
    before = record.counts
    gone = {
        "n_masked_min_coverage": low,
        "n_masked_max_coverage": high,
        "n_filtered_sites": before["n_sites"] - n_sites - low - high,
    }
    counts = {
        **before,
        "n_sites": n_sites,
        "sum_c": sum_c,
        "sum_t": sum_t,
        "largest_count": largest,
        **{name: before.get(name, 0) + n for name, n in gone.items()},
    }
    return dataclasses.replace(record, counts=counts)


def _stored(memory: Memory, filtered: Filtered) -> StoreChunks:
    source = filtered.source
    return source.share(memory, as_is=source.made_with == software())


def _chroms(filtered: Filtered) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Return the chromosomes that have sites left, and the first site of each, and the end."""
    store = filtered.source.store
    kept = np.concatenate([[0], np.cumsum(filtered.judged.reasons == KEPT, dtype=np.int64)])
    ends = kept[store.chrom_offset]
    left = np.flatnonzero(np.diff(ends))
    return tuple(store.chroms[k] for k in left), np.append(ends[left], ends[-1])


def _sites(
    memory: Memory, filtered: Filtered, stored: StoreChunks, offset: npt.NDArray[np.int64]
) -> Sites:
    """Return the sites that stay."""
    pos = memory.empty(filtered.n_sites, POS_DTYPE)
    np.compress(
        filtered.judged.reasons == KEPT,
        stored.sites.open(memory.arenas),
        out=pos.open(memory.arenas),
    )
    return Sites(pos, offset)


def _samples(
    memory: Memory, filtered: Filtered, stored: StoreChunks, chroms: Sequence[str]
) -> StoredSamples:
    """Return where the values of the samples that stay come from."""
    rows = np.array([(0, row) for row in filtered.rows], np.int32)
    spans = filtered.source.spans(chroms, filtered.source.store.chrom_offset)
    limits = filtered.limits[list(filtered.rows)]
    masks = (limits[:, 0] > 1).any() or (limits[:, 1] < NO_LIMIT).any()
    return StoredSamples(
        (stored,),
        (memory.share(spans),),
        memory.share(rows),
        memory.share(np.ascontiguousarray(limits)) if masks else None,
    )


def _content(
    memory: Memory,
    filtered: Filtered,
    records: Sequence[SampleRecord],
    chroms: tuple[str, ...],
    sites: Sites,
) -> Content:
    """Return what the store holds besides its layers."""
    source = filtered.source
    cohort, lengths = source.cohort, source.store.chrom_lengths
    if lengths is not None:
        lengths = lengths[[source.store.chroms.index(name) for name in chroms]]
    return Content(
        cohort=dataclasses.replace(
            cohort, samples=tuple(cohort.samples[row] for row in filtered.rows)
        ),
        config=source.config,
        chroms=chroms,
        offset=sites.offset,
        lengths=lengths,
        pos=sites.pos.open(memory.arenas),
        kinds=_kinds(memory, filtered) if source.store.kinds else None,
        agree=source.store.rows_agree,
        records=records,
        made_of=filtered.made_of,
    )


def _kinds(memory: Memory, filtered: Filtered) -> npt.NDArray[np.uint8]:
    """Return strand and context of the sites that stay, uint8[n_sites], see `cytosine.py`."""
    found = memory.empty(filtered.n_sites, KIND_DTYPE).open(memory.arenas)
    done = 0
    for start in range(0, filtered.source.grid.n_sites, BLOCK_SITES):
        keep = filtered.judged.reasons[start : start + BLOCK_SITES] == KEPT
        kinds = filtered.source.kinds(start, start + len(keep))[keep]
        found[done : done + len(kinds)] = kinds
        done += len(kinds)
    return found
