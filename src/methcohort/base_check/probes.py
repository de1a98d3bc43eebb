"""Probes: some positions of each file, by which files of different batches can be compared.

A probe has all rows of a file in windows that are chosen by a hash of chromosome and window, so the
probes of two files are of the same stretches, as far as both go.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..engine import Context, Extent, Memory, Pool
from ..rows import Catalog, SharedCatalog, Table, site_block
from ..store.schema import POS_DTYPE
from .between_samples import chosen_rows, chrom_keys, most_rows, plan_pairs

_MORE = 4


@dataclass(frozen=True, slots=True)
class Probe:
    """Some rows of a file, of windows with hashes up to `limit`.

    Attributes
    ----------
    pos : int32[n]
    strand : uint8[n], 0 where it is not known, 1 forward, 2 reverse
    segments : int64[n_segments, 3], chromosome, first row and end
    limit : the largest hash of a window that was taken
    """

    pos: npt.NDArray[np.int32]
    strand: npt.NDArray[np.uint8]
    segments: Table
    limit: int


@dataclass(frozen=True, slots=True)
class ProbeTask:
    """A file of which some rows are wanted; `keys` as `agreement.chrom_keys` gives them."""

    title: str
    catalog: SharedCatalog
    keys: Extent
    file: int
    most: int


def probe_rows(n_files: int) -> int:
    """Return how many rows the probe of a file has, about, in a cohort of so many files.

    They are more than are looked for in another file: of the probe of the largest file, which
    covers the smallest share of the genome, only that share is used of all others.
    """
    plan = plan_pairs(range(n_files))
    return _MORE * most_rows(sum(map(len, plan.values())))


def take_probes(
    pool: Pool, memory: Memory, catalog: Catalog, chroms: Sequence[str], most: int
) -> list[Probe]:
    """Return a probe of about `most` rows of each file; `catalog` has a file a sample."""
    keys = chrom_keys(memory, chroms)
    shared = catalog.share(memory)
    tasks = [
        (ProbeTask(f"the positions of file {k + 1}", shared, keys, k, most),)
        for k in range(len(catalog.run_start) - 1)
    ]
    found: dict[int, Probe] = {}
    for index, (extent, n, n_segments, limit) in pool.run(take_probe, tasks):
        listed = memory.arenas.map(extent)
        a, b = 24 * n_segments, 24 * n_segments + 4 * n
        found[index] = Probe(
            listed[a:b].view(POS_DTYPE).copy(),
            listed[b : b + n].copy(),
            listed[:a].view(np.int64).reshape(-1, 3).copy(),
            limit,
        )
        del listed
        memory.release(extent)
    memory.release(shared.extent)
    memory.release(keys)
    return [found[index] for index in range(len(tasks))]


def take_probe(context: Context, task: ProbeTask) -> tuple[Extent, int, int, int]:
    """Take some rows of a file; return where segments, positions and strands lie, and how many."""
    catalog = task.catalog.open(context.arenas)
    keys = context.map(task.keys).view(np.uint64)
    views = catalog.views(context.arenas)
    n, limit, (pos, strand, segments) = chosen_rows(catalog, views, keys, task.file, task.most)
    segments = segments[segments[:, 2] > segments[:, 1]]
    extent = context.reserve(segments.nbytes + 5 * n)
    memory = context.map(extent)
    at = 0
    for values in (segments.ravel(), pos[:n], strand[:n]):
        memory[at : at + values.nbytes] = values.view(np.uint8)
        at += values.nbytes
    context.arenas.forget_scratch()
    return extent, n, len(segments), limit


def probe_catalog(memory: Memory, probes: Sequence[Probe], chroms: Sequence[str]) -> Catalog:
    """Return a catalog of the rows that probes have in the windows that all of them cover.

    Parameters
    ----------
    probes : with chromosomes by the numbers of `chroms`
    """
    whole = _catalog(memory, probes, len(chroms))
    limit = min((probe.limit for probe in probes), default=0)
    keys = chrom_keys(memory, chroms)
    hashes = memory.arenas.map(keys).view(np.uint64)
    views = whole.views(memory.arenas)
    cut = []
    for k, probe in enumerate(probes):
        if probe.limit > limit:
            most = max(1, len(probe.pos))
            n, _, (pos, strand, segments) = chosen_rows(whole, views, hashes, k, most, limit)
            segments = segments[segments[:, 2] > segments[:, 1]]
            probe = Probe(pos[:n], strand[:n], segments, limit)
        cut.append(probe)
    memory.release(keys)
    return _catalog(memory, cut, len(chroms))


def _catalog(memory: Memory, probes: Sequence[Probe], n_chroms: int) -> Catalog:
    blocks = []
    for probe in probes:
        extent = memory.put(probe.pos, probe.strand)
        blocks.append([site_block(extent, len(probe.pos), with_kind=True)])
    return Catalog.build(blocks, [probe.segments for probe in probes], n_chroms, memory.sizes())
