"""Chunks of a store as they lie in its file: fetched, checked and inflated without HDF5.

A table says where each chunk lies. So any process can read a chunk with one call of the system,
and hand it on as it is. Runs in the workers.
"""

import os
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from ..core.errors import DamagedStoreError
from ..engine import Context, SharedArray
from ..files import CHANGED, Identity, identity, open_file, read_whole
from ..store import Grid, inflated, without_checksum
from ..store.schema import SHUFFLED

PLACE_DTYPE: Final = np.dtype([("offset", "<i8"), ("size", "<i8")])
"""Where a chunk lies in its file, in bytes."""


@dataclass(frozen=True, slots=True)
class StoreChunks:
    """A store whose chunks are read: what a worker needs to find them.

    Attributes
    ----------
    path, file : the store, and which file that was when the table was made
    grid : what its layers are
    places : `PLACE_DTYPE` [n_layers, rows of chunks, columns of chunks]
    digests : uint8[n_layers, n_samples, n_blocks, 32]
    sites : the positions, int32[n_sites]
    as_is : whether a chunk of the same values would be written with the same bytes
    """

    path: str
    file: Identity
    grid: Grid
    places: SharedArray
    digests: SharedArray
    sites: SharedArray
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
        self.store = store
        self._places = store.places.open(context.arenas)
        self.digests = store.digests.open(context.arenas)
        self.pos = store.sites.open(context.arenas)
        self._fd = _opened(store)

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
        room = np.zeros(size, np.uint8)
        try:
            read_whole(self._fd, room, offset)
            data = room.tobytes()
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
            found = inflated(data, n_bytes)
        except ValueError as error:
            raise DamagedStoreError(self._damaged(layer, row, column)) from error
        if len(found) != n_bytes:
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
