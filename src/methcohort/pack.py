"""Packing: tiles of samples x sites into compressed chunks, with digests. Runs in the workers.

A task covers a digest block of sites of some samples. It puts their rows into arrays of one value a
site, cuts these into chunks, filters each as HDF5 does, and leaves the bytes in a slot of shared
memory, in the order in which the writer stores them: tile of samples, layer, tile of sites.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from .catalog import SharedCatalog
from .fletcher import with_checksum
from .layout import (
    BLOCK_SITES,
    DIGEST_BYTES,
    OFFSET_DTYPE,
    PCT_DTYPE,
    PCT_LAYER,
    POS_DTYPE,
    SHUFFLED,
    fill_value,
)
from .merge import N_TALLIES, place_rows
from .shared import Extent
from .workers import Context

_TASK_SAMPLES: Final = 16

ISAL_LEVELS: Final = 3
"""Levels up to this one are ISA-L's; above, zlib's."""


class ChunkShape(NamedTuple):
    """Samples and sites of one chunk."""

    samples: int
    sites: int


class Area(NamedTuple):
    """Sites [first, end) of samples [start, stop): what is packed at a time."""

    first: int
    end: int
    start: int
    stop: int

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self.stop - self.start

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return self.end - self.first


@dataclass(frozen=True, slots=True)
class Grid:
    """What the layers of a store are: how many values, of which dtype, in which chunks."""

    n_samples: int
    n_sites: int
    layers: tuple[str, ...]
    count_dtype: str
    chunk: ChunkShape
    deflate_level: int

    @property
    def dtypes(self) -> dict[str, np.dtype[Any]]:
        """The dtype of each layer."""
        counts = np.dtype(self.count_dtype)
        return {layer: PCT_DTYPE if layer == PCT_LAYER else counts for layer in self.layers}

    def areas(self, first: int = 0, end: int | None = None) -> Iterator[Area]:
        """Yield the areas that cover the sites [first, end), in the order of the store.

        `first` is a multiple of `BLOCK_SITES`, and so is `end` if it is not that of all.
        """
        end = self.n_sites if end is None else end
        step = task_samples(self.chunk.samples)
        for low in range(first, end, BLOCK_SITES):
            for start in range(0, self.n_samples, step):
                yield Area(
                    low, min(low + BLOCK_SITES, end), start, min(start + step, self.n_samples)
                )

    @property
    def largest_slot(self) -> int:
        """Bytes of a slot that holds any area."""
        area = Area(
            0,
            min(BLOCK_SITES, self.n_sites),
            0,
            min(task_samples(self.chunk.samples), self.n_samples),
        )
        widths = [dtype.itemsize for dtype in self.dtypes.values()]
        return slot_bytes(self.chunk, widths, area.n_samples, area.n_sites)


@dataclass(frozen=True, slots=True)
class PackPlan:
    """What is the same for all tasks of a cohort.

    `sites` starts with the positions, int32[n_sites]; `chroms` with the first site of each
    chromosome, int64[n_chroms + 1].
    """

    catalog: SharedCatalog
    sites: Extent
    chroms: Extent
    n_chroms: int
    grid: Grid


@dataclass(frozen=True, slots=True)
class PackTask:
    """An area to be packed into `slot`."""

    title: str
    plan: PackPlan
    area: Area
    slot: Extent


class Slot(NamedTuple):
    """A slot of shared memory, seen as what a task leaves in it.

    `chunks` is int64[n_chunks, 2]: bytes and CRC-32 of each chunk; `digests` is uint8[n_layers,
    n_samples, 32]; `tallies` is int64[n_samples, N_TALLIES]; `data` is the chunks, back to back.
    """

    chunks: npt.NDArray[np.int64]
    digests: npt.NDArray[np.uint8]
    tallies: npt.NDArray[np.int64]
    data: npt.NDArray[np.uint8]


def task_samples(chunk_samples: int) -> int:
    """Return how many samples one packing task covers: whole tiles, about `_TASK_SAMPLES`."""
    return chunk_samples * max(1, _TASK_SAMPLES // chunk_samples)


def slot_bytes(chunk: ChunkShape, widths: Sequence[int], n_samples: int, n_sites: int) -> int:
    """Return the bytes of a slot that surely holds what a task of this size leaves.

    `widths` are the bytes of one value of each layer. Deflate makes nothing larger by more than
    1/64 and a few bytes.
    """
    n_tiles = tiles_of(chunk, n_samples, n_sites)
    values = chunk.samples * chunk.sites
    chunks = sum(values * width + values * width // 64 + 256 + 16 for width in widths)
    return n_tiles * chunks + n_samples * (len(widths) * DIGEST_BYTES + 8 * N_TALLIES)


def tiles_of(chunk: ChunkShape, n_samples: int, n_sites: int) -> int:
    """Return the number of chunks of one layer that so many samples and sites fill."""
    return -(-n_samples // chunk.samples) * -(-n_sites // chunk.sites)


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
    """Pack the rows of some samples at some sites into the task's slot; return its bytes used."""
    grid, area = task.plan.grid, task.area
    slot = open_slot(context.arenas.kept(task.slot), grid, area)
    layers = {}
    for layer, dtype in grid.dtypes.items():
        memory = context.private(layer, area.n_samples * area.n_sites * dtype.itemsize)
        layers[layer] = memory.view(dtype).reshape(area.n_samples, area.n_sites)
        layers[layer].fill(fill_value(layer))
    slot.tallies[:] = _place(context, task, layers)
    context.arenas.forget_scratch()
    used = n = 0
    for start in range(0, area.n_samples, grid.chunk.samples):
        for layer, values in layers.items():
            tile = values[start : start + grid.chunk.samples]
            for first in range(0, area.n_sites, grid.chunk.sites):
                data = encode(tile[:, first : first + grid.chunk.sites], layer, grid)
                slot.data[used : used + len(data)] = np.frombuffer(data, np.uint8)
                slot.chunks[n] = len(data), isal_zlib.crc32(data)
                used += len(data)
                n += 1
    for digests, values in zip(slot.digests, layers.values(), strict=True):
        for k, row in enumerate(values):
            digests[k] = np.frombuffer(block_digest(row), np.uint8)
    context.note(area.n_samples * area.n_sites)
    return used


def survey(context: Context, task: PackTask) -> int:
    """Return the largest count that the samples have at the sites, without packing them."""
    return int(_place(context, task, {})[:, -1].max())


def _place(
    context: Context, task: PackTask, layers: dict[str, npt.NDArray[Any]]
) -> npt.NDArray[np.int64]:
    """Put the rows of the task into the layers; return the tallies, int64[n_samples, N_TALLIES]."""
    plan, area = task.plan, task.area
    catalog = plan.catalog.open(context.arenas)
    ram, scratch = catalog.views(context.arenas)
    sites = context.map(plan.sites).view(POS_DTYPE)[: plan.grid.n_sites]
    offset = context.map(plan.chroms).view(OFFSET_DTYPE)[: plan.n_chroms + 1]
    tallies = np.zeros((area.n_samples, N_TALLIES), np.int64)
    nothing = {dtype: np.empty((len(tallies), 0), dtype) for dtype in ("<u1", "<f4")}
    c = layers.get("c", nothing["<u1"])
    t = layers.get("t", nothing["<u1"])
    pct = layers.get(PCT_LAYER, nothing["<f4"])
    for k in range(len(tallies)):
        place_rows(
            ram, scratch, catalog.blocks, catalog.block_start, catalog.runs, catalog.run_start,
            area.start + k, sites, offset, area.first, area.end, c[k], t[k], pct[k], tallies[k],
        )  # fmt: skip
    return tallies


def encode(tile: npt.NDArray[Any], layer: str, grid: Grid) -> bytes:
    """Return a tile as HDF5 stores a chunk: filled up to the full shape, and filtered."""
    if tile.shape != grid.chunk:
        whole = np.full(grid.chunk, fill_value(layer), tile.dtype)
        whole[: tile.shape[0], : tile.shape[1]] = tile
        tile = whole
    return filtered(np.ascontiguousarray(tile), grid.deflate_level, shuffle=SHUFFLED[layer])


def filtered(values: npt.NDArray[Any], level: int, *, shuffle: bool) -> bytes:
    """Return an array as HDF5's filters leave it: shuffled if wanted, deflated, with a checksum."""
    width = values.dtype.itemsize
    planes: Any = values
    if shuffle and width > 1:
        planes = np.ascontiguousarray(values.view(np.uint8).reshape(-1, width).T)
    if level <= ISAL_LEVELS:
        return with_checksum(isal_zlib.compress(planes, level))
    return with_checksum(zlib.compress(planes, level))


def block_digest(values: npt.NDArray[Any]) -> bytes:
    """Return the SHA-256 of values of one digest block, little-endian, in order."""
    data: Any = np.ascontiguousarray(values)
    return hashlib.sha256(data).digest()
