"""Packing: tiles of samples x sites into compressed chunks, with digests. Runs in the workers.

A task covers a digest block of sites of some samples. It puts their rows into arrays of one value a
site, cuts these into chunks, filters each as HDF5 does, and leaves the bytes in a slot of shared
memory, in the order in which the writer stores them: tile of samples, layer, tile of sites.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from ..engine import Context, Extent
from ..rows import SharedCatalog
from ..store import Area, Grid, block_digest, encode, tiles_of
from ..store.schema import DIGEST_BYTES, PCT_LAYER, fill_value
from .axis import SharedAxis
from .kernels.place import LARGEST, N_TALLIES, Values, place_rows
from .stored_samples import StoredArea, StoredSamples


@dataclass(frozen=True, slots=True)
class PackPlan:
    """What is the same for all tasks of a cohort.

    Samples that are `stored` have no rows in the catalog; there is none where all are.
    """

    catalog: SharedCatalog | None
    axis: SharedAxis
    grid: Grid
    stored: StoredSamples | None = None


@dataclass(frozen=True, slots=True)
class PackTask:
    """An area to be packed into `slot`."""

    title: str
    plan: PackPlan
    area: Area
    slot: Extent


@dataclass(frozen=True, slots=True)
class SurveyTask:
    """An area whose largest count is wanted."""

    title: str
    plan: PackPlan
    area: Area


class Slot(NamedTuple):
    """A slot of shared memory, seen as what a task leaves in it.

    `chunks` is int64[n_chunks, 2]: bytes and CRC-32 of each chunk; `digests` is uint8[n_layers,
    n_samples, 32]; `tallies` is int64[n_samples, N_TALLIES]; `data` is the chunks, back to back.
    """

    chunks: npt.NDArray[np.int64]
    digests: npt.NDArray[np.uint8]
    tallies: npt.NDArray[np.int64]
    data: npt.NDArray[np.uint8]


def open_slot(memory: npt.NDArray[np.uint8], grid: Grid, area: Area) -> Slot:
    """Return the parts of a slot that holds an area."""
    n_layers = len(grid.layers)
    n_chunks = n_layers * tiles_of(grid.chunk, area.n_samples, area.n_sites)
    sizes = (
        16 * n_chunks,
        n_layers * area.n_samples * DIGEST_BYTES,
        8 * area.n_samples * N_TALLIES,
    )
    a, b, c = np.cumsum(sizes).tolist()
    return Slot(
        memory[:a].view(np.int64).reshape(n_chunks, 2),
        memory[a:b].reshape(n_layers, area.n_samples, DIGEST_BYTES),
        memory[b:c].view(np.int64).reshape(area.n_samples, N_TALLIES),
        memory[c:],
    )


def pack(context: Context, task: PackTask) -> int:
    """Pack some samples at some sites into the task's slot; return its bytes used."""
    grid, area = task.plan.grid, task.area
    slot = open_slot(context.arenas.kept(task.slot), grid, area)
    layers = {}
    for layer, dtype in grid.dtypes.items():
        memory = context.private(layer, area.n_samples * area.n_sites * dtype.itemsize)
        layers[layer] = memory.view(dtype).reshape(area.n_samples, area.n_sites)
        layers[layer].fill(fill_value(layer))
    slot.tallies[:] = _place(context, task.plan, area, layers)
    context.arenas.forget_scratch()
    with ExitStack() as stack:
        axis = task.plan.axis.open(context.arenas)
        stored = StoredArea(context, stack, task.plan.stored, axis, grid, area)
        used = n = 0
        for start in range(0, area.n_samples, grid.chunk.samples):
            stored.fill(start, layers, slot.tallies)
            for layer, values in layers.items():
                tile = values[start : start + grid.chunk.samples]
                for first in range(0, area.n_sites, grid.chunk.sites):
                    data = stored.chunk(layer, start, first)
                    if data is None:
                        data = encode(tile[:, first : first + grid.chunk.sites], layer, grid)
                    slot.data[used : used + len(data)] = np.frombuffer(data, np.uint8)
                    slot.chunks[n] = len(data), isal_zlib.crc32(data)
                    used += len(data)
                    n += 1
        for digests, (layer, values) in zip(slot.digests, layers.items(), strict=True):
            for k, row in enumerate(values):
                digest = stored.digest(layer, k)
                if digest is None:
                    digest = np.frombuffer(block_digest(row), np.uint8)
                digests[k] = digest
    context.note(area.n_samples * area.n_sites)
    return used


def survey(context: Context, task: SurveyTask) -> int:
    """Return the largest count that the samples have at the sites, without packing them."""
    return int(_place(context, task.plan, task.area, {})[:, LARGEST].max())


def _place(
    context: Context, plan: PackPlan, area: Area, layers: dict[str, npt.NDArray[Any]]
) -> npt.NDArray[np.int64]:
    """Put the rows of an area into the layers; return the tallies, int64[n_samples, N_TALLIES]."""
    tallies = np.zeros((area.n_samples, N_TALLIES), np.int64)
    if plan.catalog is None:
        return tallies
    rows = plan.catalog.open(context.arenas).rows(context.arenas)
    axis = plan.axis.open(context.arenas)
    no_counts, no_levels = (np.empty((area.n_samples, 0), dtype) for dtype in ("<u1", "<f4"))
    out = Values(
        layers.get("c", no_counts), layers.get("t", no_counts), layers.get(PCT_LAYER, no_levels)
    )
    spans = axis.spans(area.first, area.end)
    place_rows(rows, area.start, axis.pos, spans, area.first, out, tallies)
    return tallies
