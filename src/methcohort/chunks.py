"""Chunks of a store as they lie in its file: fetched, checked and inflated without HDF5.

A table says where each chunk lies. So any process can read a chunk with one call of the system,
and hand it on as it is. Runs in the workers.
"""

import math
import os
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from .errors import DamagedStoreError
from .files import CHANGED, Identity, identity, open_file
from .fletcher import without_checksum
from .grid import Grid
from .layout import BLOCK_SITES, DIGEST_BYTES, POS_DTYPE, SHUFFLED
from .shared import Extent
from .workers import Context

_INFLATE_ERROR: Final[type[Exception]] = isal_zlib.IsalError  # type: ignore[assignment]

PLACE_DTYPE: Final = np.dtype([("offset", "<i8"), ("size", "<i8")])
"""Where a chunk lies in its file, in bytes."""


@dataclass(frozen=True, slots=True)
class StoreChunks:
    """A store whose chunks are read: what a worker needs to find them.

    Attributes
    ----------
    path, file : the store, and which file that was when the table was made
    grid : what its layers are
    places : extent of `PLACE_DTYPE` [n_layers, rows of chunks, columns of chunks]
    digests : extent of uint8[n_layers, n_samples, n_blocks, 32]
    sites : extent that starts with the positions, int32[n_sites]
    as_is : whether a chunk of the same values would be written with the same bytes
    """

    path: str
    file: Identity
    grid: Grid
    places: Extent
    digests: Extent
    sites: Extent
    as_is: bool


class OpenChunks:
    """A store's chunks, in a process that reads them; a context manager.

    Attributes
    ----------
    store : which they are
    pos : int32[n_sites], positions of the sites
    digests : uint8[n_layers, n_samples, n_blocks, 32]

    Raises
    ------
    DamagedStoreError
        Where another file has taken the store's place.
    """

    def __init__(self, context: Context, store: StoreChunks) -> None:
        grid = store.grid
        self.store = store
        self._fd = _opened(store)
        n_rows = -(-grid.n_samples // grid.chunk.samples)
        n_columns = -(-grid.n_sites // grid.chunk.sites)
        n_blocks = -(-grid.n_sites // BLOCK_SITES)
        n_layers = len(grid.layers)
        places = context.map(store.places).view(PLACE_DTYPE)[: n_layers * n_rows * n_columns]
        self._places = places.reshape(n_layers, n_rows, n_columns)
        shape = n_layers, grid.n_samples, n_blocks, DIGEST_BYTES
        self.digests = context.map(store.digests)[: math.prod(shape)].reshape(shape)
        self.pos = context.map(store.sites).view(POS_DTYPE)[: grid.n_sites]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)

    def stored(self, layer: int, row: int, column: int) -> bytes:
        """Return the bytes of a chunk as they lie in the file.

        Raises
        ------
        DamagedStoreError
            Where they are not what was written there, or cannot be read.
        """
        offset, size = self._places[layer, row, column].tolist()
        try:
            data = _read(self._fd, size, offset)
            without_checksum(data)
        except OSError as error:
            message = f"{self.store.path}: cannot be read ({error.strerror}); check the disk"
            raise DamagedStoreError(message) from error
        except ValueError as error:
            raise DamagedStoreError(self._damaged(layer, row, column)) from error
        return data

    def planes(self, layer: int, row: int, column: int) -> npt.NDArray[Any]:
        """Return the values of a chunk, inflated: [width, samples, sites] of bytes or [1, ...].

        Shuffled values come as planes of bytes, the lowest first, others in their dtype.
        Raises DamagedStoreError where the chunk is damaged.
        """
        grid = self.store.grid
        name = grid.layers[layer]
        dtype = grid.dtypes[name]
        n_bytes = grid.chunk.samples * grid.chunk.sites * dtype.itemsize
        data = without_checksum(self.stored(layer, row, column))
        try:
            stream = isal_zlib.decompressobj(15)
            found: bytes = stream.decompress(data, n_bytes + 1)
        except _INFLATE_ERROR as error:
            raise DamagedStoreError(self._damaged(layer, row, column)) from error
        if len(found) != n_bytes or not stream.eof:
            raise DamagedStoreError(self._damaged(layer, row, column))
        shuffled = SHUFFLED[name] or dtype.itemsize == 1
        values = np.frombuffer(found, np.uint8 if shuffled else dtype)
        return values.reshape(-1, grid.chunk.samples, grid.chunk.sites)

    def _damaged(self, layer: int, row: int, column: int) -> str:
        grid = self.store.grid
        return (
            f"{self.store.path}: the chunk of layer {grid.layers[layer]} at sample "
            f"{row * grid.chunk.samples} and site {column * grid.chunk.sites:,} is damaged, or the "
            "file changed while it was read; build the store again"
        )


def _read(fd: int, size: int, offset: int) -> bytes:
    """Return bytes of a file, fewer only at its end: the system may give them in pieces."""
    data = os.pread(fd, size, offset)
    while len(data) < size and (more := os.pread(fd, size - len(data), offset + len(data))):
        data += more
    return data


def _opened(store: StoreChunks) -> int:
    """Return the descriptor of a store."""
    try:
        fd = open_file(store.path)
    except OSError as error:
        message = f"{store.path}: cannot be read ({error.strerror}); expected the store"
        raise DamagedStoreError(message) from error
    if identity(fd) != store.file:
        os.close(fd)
        message = f"{store.path}: {CHANGED}"
        raise DamagedStoreError(message)
    return fd
