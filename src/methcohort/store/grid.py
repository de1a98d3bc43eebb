"""What the layers of a store are, and how they are cut into chunks and areas."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from .schema import BLOCK_SITES, PCT_DTYPE, PCT_LAYER, SHUFFLED

_TASK_SAMPLES: Final = 16


class ChunkShape(NamedTuple):
    """Samples and sites of one chunk."""

    samples: int
    sites: int


class ChunkedArray(NamedTuple):
    """What a dataset is: all that has to be known to create it.

    Attributes
    ----------
    name : path in the store
    chunk : length of a chunk along each axis of `shape`
    level : of deflate
    shuffle : whether the bytes of values of more than one are shuffled before
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk: tuple[int, ...]
    level: int
    shuffle: bool

    @property
    def tiles(self) -> tuple[int, ...]:
        """Number of chunks along each axis; at least 1, as in an empty dataset."""
        return tuple(max(1, -(-n // step)) for n, step in zip(self.shape, self.chunk, strict=True))


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


def task_samples(chunk_samples: int) -> int:
    """Return how many samples one packing task covers: whole tiles, about `_TASK_SAMPLES`."""
    return chunk_samples * max(1, _TASK_SAMPLES // chunk_samples)


def tiles_of(chunk: ChunkShape, n_samples: int, n_sites: int) -> int:
    """Return the number of chunks of one layer that so many samples and sites fill."""
    return -(-n_samples // chunk.samples) * -(-n_sites // chunk.sites)


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
    def n_blocks(self) -> int:
        """Number of digest blocks."""
        return -(-self.n_sites // BLOCK_SITES)

    @property
    def tiles(self) -> tuple[int, int]:
        """Rows and columns of chunks of a layer."""
        return -(-self.n_samples // self.chunk.samples), -(-self.n_sites // self.chunk.sites)

    @property
    def dtypes(self) -> dict[str, np.dtype[Any]]:
        """The dtype of each layer."""
        counts = np.dtype(self.count_dtype)
        return {layer: PCT_DTYPE if layer == PCT_LAYER else counts for layer in self.layers}

    def array(self, layer: str) -> ChunkedArray:
        """Return what the dataset of a layer is."""
        return ChunkedArray(
            f"layers/{layer}",
            (self.n_samples, self.n_sites),
            self.dtypes[layer],
            tuple(self.chunk),
            self.deflate_level,
            SHUFFLED[layer],
        )

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
    def largest_area(self) -> Area:
        """The first area, which is as large as any."""
        n_samples = min(task_samples(self.chunk.samples), self.n_samples)
        return Area(0, min(BLOCK_SITES, self.n_sites), 0, n_samples)
