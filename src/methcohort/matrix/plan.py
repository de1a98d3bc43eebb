"""What the matrix of a cohort will be, and what packing it takes, before a chunk is made."""

from collections.abc import Sequence
from typing import Final

from ..cohort import Config
from ..store import ChunkShape, Grid, tiles_of
from ..store.schema import BLOCK_SITES, DIGEST_BYTES, LAYERS, count_dtype
from .kernels.place import N_TALLIES

_CHUNK_BYTES: Final = 2 * 8 + 16


def index_bytes(n_samples: int, n_sites: int, n_layers: int, chunk: tuple[int, int]) -> int:
    """Return what the parent keeps of every chunk and digest block until a store is written.

    That is its size and checksum, and what HDF5's index holds of it; and the block's digest.
    """
    chunks = n_samples * n_sites / (chunk[0] * chunk[1])
    blocks = n_samples * n_sites / BLOCK_SITES
    return round(n_layers * (chunks * _CHUNK_BYTES + blocks * DIGEST_BYTES))


def new_grid(config: Config, n_samples: int, n_sites: int, largest: int) -> Grid:
    """Return what the layers of a store are whose counts go up to `largest`.

    Raises ValueError where 32 bits are too few.
    """
    return Grid(
        n_samples,
        n_sites,
        layers=tuple(layer for layer in LAYERS if layer in config.layers),
        count_dtype=count_dtype(largest).str,
        chunk=ChunkShape(min(config.chunks[0], n_samples), max(1, min(config.chunks[1], n_sites))),
        deflate_level=config.deflate_level,
    )


def slot_bytes(chunk: ChunkShape, widths: Sequence[int], n_samples: int, n_sites: int) -> int:
    """Return the bytes of a slot that surely holds what a task of this size leaves.

    `widths` are the bytes of one value of each layer. Deflate makes nothing larger by more than
    1/64 and a few bytes.
    """
    n_tiles = tiles_of(chunk, n_samples, n_sites)
    values = chunk.samples * chunk.sites
    chunks = sum(values * width + values * width // 64 + 256 + 16 for width in widths)
    return n_tiles * chunks + n_samples * (len(widths) * DIGEST_BYTES + 8 * N_TALLIES)


def largest_slot(grid: Grid) -> int:
    """Return the bytes of a slot that holds any area of a grid."""
    area = grid.largest_area
    widths = [dtype.itemsize for dtype in grid.dtypes.values()]
    return slot_bytes(grid.chunk, widths, area.n_samples, area.n_sites)
