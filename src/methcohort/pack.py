"""Packing: tiles of samples x sites into compressed chunks, with digests. Runs in the workers.

A task covers a digest block of sites of some samples. It puts their rows into arrays of one value a
site, cuts these into chunks, filters each as HDF5 does, and leaves the bytes in a slot of shared
memory, in the order in which the writer stores them: tile of samples, layer, tile of sites.
"""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from .catalog import SharedCatalog
from .fletcher import with_checksum
from .layout import (
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

ISAL_LEVELS: Final = 3
"""Levels up to this one are ISA-L's; above, zlib's."""


class ChunkShape(NamedTuple):
    """Samples and sites of one chunk."""

    samples: int
    sites: int


@dataclass(frozen=True, slots=True)
class PackPlan:
    """What is the same for all tasks of a cohort.

    `sites` starts with the positions, int32[n_sites]; `chroms` with the first site of each
    chromosome, int64[n_chroms + 1].
    """

    catalog: SharedCatalog
    sites: Extent
    n_sites: int
    chroms: Extent
    n_chroms: int
    layers: tuple[str, ...]
    count_dtype: str
    chunk: ChunkShape
    deflate_level: int


@dataclass(frozen=True, slots=True)
class PackTask:
    """Sites [first, end) of samples [start, stop), to be packed into `slot`."""

    title: str
    plan: PackPlan
    first: int
    end: int
    start: int
    stop: int
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


def layer_dtypes(plan: PackPlan) -> dict[str, np.dtype[Any]]:
    """Return the dtype of each layer."""
    counts = np.dtype(plan.count_dtype)
    return {layer: PCT_DTYPE if layer == PCT_LAYER else counts for layer in plan.layers}


def open_slot(memory: npt.NDArray[np.uint8], plan: PackPlan, n_samples: int, n_sites: int) -> Slot:
    """Return the parts of a slot."""
    n_layers = len(plan.layers)
    n_chunks = n_layers * tiles_of(plan.chunk, n_samples, n_sites)
    sizes = (16 * n_chunks, n_layers * n_samples * DIGEST_BYTES, 8 * n_samples * N_TALLIES)
    a, b, c = np.cumsum(sizes).tolist()
    return Slot(
        memory[:a].view(np.int64).reshape(n_chunks, 2),
        memory[a:b].reshape(n_layers, n_samples, DIGEST_BYTES),
        memory[b:c].view(np.int64).reshape(n_samples, N_TALLIES),
        memory[c:],
    )


def pack(context: Context, task: PackTask) -> int:
    """Pack the rows of some samples at some sites into the task's slot; return its bytes used."""
    plan = task.plan
    n_samples, n_sites = task.stop - task.start, task.end - task.first
    slot = open_slot(context.arenas.kept(task.slot), plan, n_samples, n_sites)
    layers = {}
    for layer, dtype in layer_dtypes(plan).items():
        memory = context.private(layer, n_samples * n_sites * dtype.itemsize)
        layers[layer] = memory.view(dtype).reshape(n_samples, n_sites)
        layers[layer].fill(fill_value(layer))
    slot.tallies[:] = _place(context, task, layers)
    context.arenas.forget_scratch()
    used = n = 0
    for start in range(0, n_samples, plan.chunk.samples):
        for layer, values in layers.items():
            tile = values[start : start + plan.chunk.samples]
            for first in range(0, n_sites, plan.chunk.sites):
                data = encode(tile[:, first : first + plan.chunk.sites], layer, plan)
                slot.data[used : used + len(data)] = np.frombuffer(data, np.uint8)
                slot.chunks[n] = len(data), isal_zlib.crc32(data)
                used += len(data)
                n += 1
    for digests, values in zip(slot.digests, layers.values(), strict=True):
        for k, row in enumerate(values):
            digests[k] = np.frombuffer(block_digest(row), np.uint8)
    context.note(n_samples * n_sites)
    return used


def survey(context: Context, task: PackTask) -> int:
    """Return the largest count that the samples have at the sites, without packing them."""
    return int(_place(context, task, {})[:, -1].max())


def _place(
    context: Context, task: PackTask, layers: dict[str, npt.NDArray[Any]]
) -> npt.NDArray[np.int64]:
    """Put the rows of the task into the layers; return the tallies, int64[n_samples, N_TALLIES]."""
    plan = task.plan
    catalog = plan.catalog.open(context.arenas)
    ram, scratch = catalog.views(context.arenas)
    sites = context.map(plan.sites).view(POS_DTYPE)[: plan.n_sites]
    offset = context.map(plan.chroms).view(OFFSET_DTYPE)[: plan.n_chroms + 1]
    tallies = np.zeros((task.stop - task.start, N_TALLIES), np.int64)
    nothing = {dtype: np.empty((len(tallies), 0), dtype) for dtype in ("<u1", "<f4")}
    c = layers.get("c", nothing["<u1"])
    t = layers.get("t", nothing["<u1"])
    pct = layers.get(PCT_LAYER, nothing["<f4"])
    for k in range(len(tallies)):
        place_rows(
            ram, scratch, catalog.blocks, catalog.block_start, catalog.runs, catalog.run_start,
            task.start + k, sites, offset, task.first, task.end, c[k], t[k], pct[k], tallies[k],
        )  # fmt: skip
    return tallies


def encode(tile: npt.NDArray[Any], layer: str, plan: PackPlan) -> bytes:
    """Return a tile as HDF5 stores a chunk: filled up to the full shape, and filtered."""
    if tile.shape != plan.chunk:
        whole = np.full(plan.chunk, fill_value(layer), tile.dtype)
        whole[: tile.shape[0], : tile.shape[1]] = tile
        tile = whole
    return filtered(np.ascontiguousarray(tile), plan.deflate_level, shuffle=SHUFFLED[layer])


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
