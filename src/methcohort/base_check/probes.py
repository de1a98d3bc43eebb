"""Probes: some positions of each file, by which files of different batches can be compared.

A probe has all rows of a file in windows that are chosen by a hash of chromosome and window, so the
probes of two files are of the same regions, as far as both go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..engine import Context, Memory, Pool, SharedArray
from ..rows import Catalog, SharedCatalog, Table, site_block
from .kernels import HeldRows
from .pairs import most_rows, plan_pairs
from .windows import ALL_WINDOWS, Keys, choose_rows, chrom_keys, held_rows

_MORE: Final = 4
"""How many times as many rows a probe has as are looked for in another file; see `probe_rows`."""


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
    """A file of which some rows are wanted; `keys` of `chrom_keys`."""

    title: str
    catalog: SharedCatalog
    keys: SharedArray
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
    """Return a probe of about `most` rows of each file; `catalog` has each file as a sample."""
    keys = memory.share(chrom_keys(chroms))
    shared = catalog.share(memory)
    tasks = [
        (ProbeTask(f"the positions of file {k + 1}", shared, keys, k, most),)
        for k in range(len(catalog.run_start) - 1)
    ]
    probes = []
    for arrays, limit in pool.map(take_probe, tasks):
        pos, strand, segments = (array.open(memory.arenas).copy() for array in arrays)
        probes.append(Probe(pos, strand, segments, limit))
        for array in arrays:
            memory.release(array.extent)
    memory.release(shared.extent)
    memory.release(keys.extent)
    return probes


def take_probe(context: Context, task: ProbeTask) -> tuple[tuple[SharedArray, ...], int]:
    """Take some rows of a file; return where positions, strands and segments lie, and the limit."""
    rows = held_rows(task.catalog.open(context.arenas), context.arenas)
    probe = _probe(rows, task.keys.open(context.arenas), task.file, task.most)
    arrays = tuple(context.share(array) for array in (probe.pos, probe.strand, probe.segments))
    context.arenas.forget_scratch()
    return arrays, probe.limit


def _probe(rows: HeldRows, keys: Keys, file: int, most: int, limit: int = ALL_WINDOWS) -> Probe:
    """Return a probe of a file, without the chromosomes of which it has no rows."""
    chosen, limit = choose_rows(rows, keys, file, most, limit)
    segments = chosen.segments[chosen.segments[:, 2] > chosen.segments[:, 1]]
    return Probe(chosen.pos, chosen.strand, segments, limit)


def probe_catalog(memory: Memory, probes: Sequence[Probe], chroms: Sequence[str]) -> Catalog:
    """Return a catalog of the rows that probes have in the windows that all of them cover.

    Parameters
    ----------
    probes : with chromosomes by the numbers of `chroms`
    """
    whole = _catalog(memory, probes, len(chroms))
    limit = min((probe.limit for probe in probes), default=0)
    keys, rows = chrom_keys(chroms), held_rows(whole, memory.arenas)
    cut = [
        _probe(rows, keys, k, len(probe.pos), limit) if probe.limit > limit else probe
        for k, probe in enumerate(probes)
    ]
    return _catalog(memory, cut, len(chroms))


def _catalog(memory: Memory, probes: Sequence[Probe], n_chroms: int) -> Catalog:
    blocks = []
    for probe in probes:
        extent = memory.put(probe.pos, probe.strand)
        blocks.append([site_block(extent, len(probe.pos), with_kind=True)])
    return Catalog.build(blocks, [probe.segments for probe in probes], n_chroms, memory.sizes())
