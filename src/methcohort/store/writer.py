"""Writing a store: the only code that writes HDF5.

The store grows under a temporary name beside its target. Every value goes in as a compressed
chunk by `write_direct_chunk`, which reports a full disk at once. At the end the file is closed,
sealed, opened again and compared with what was meant to be in it, and only then takes the target's
name: a store is either absent or whole, and an earlier one stays until that moment.
"""

import contextlib
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Protocol, Self

import h5py
import numpy as np
import numpy.typing as npt
from h5py import h5f, h5g, h5p
from h5py._objects import phil
from isal import isal_zlib

from ..core.errors import StoreError
from ..core.signals import signals_held
from ..files import Target
from .codec import filtered
from .digest import content_digest
from .grid import ChunkShape
from .schema import FORMAT, FORMAT_VERSION
from .seal import append_seal, seal_fault

_CHUNK_BYTES: Final = 1 << 16
"""Of a dataset that is no layer: small, since a search for a position inflates whole chunks."""

_LEVEL: Final = 3
_REFUSALS: Final = (OSError, RuntimeError, KeyError, ValueError)
"""What h5py raises where the system refuses to write or to read, by what it was about to do."""

_WRITTEN: Final = np.dtype([("size", "<u4"), ("crc", "<u4")])


class StoreWriter:
    """Writes one store; a context manager that removes its temporary file after any error.

    Parameters
    ----------
    target : where the store is to be

    Raises
    ------
    StoreError
        Where the system refuses to write, for example as the disk is full.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._datasets: dict[str, h5py.Dataset] = {}
        self._chunks: dict[str, ChunkShape] = {}
        self._written: dict[str, npt.NDArray[Any]] = {}
        self._kinds: tuple[str, ...] = ()
        try:
            self.path = target.new_file()
        except OSError as error:
            raise StoreError(target.cannot_write(error)) from error
        try:
            self._file = _created(self.path)
        except _REFUSALS as error:
            target.remove(self.path)
            raise StoreError(target.cannot_write(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with signals_held():
            with contextlib.suppress(Exception):  # the error in flight is the one to tell
                self._file.close()
            self.target.remove(self.path)

    def write_array(self, name: str, values: npt.NDArray[Any], legend: Sequence[str] = ()) -> None:
        """Write a whole dataset of numbers or fixed-length UTF-8 bytes.

        A `legend` names what the values 0, 1 ... of a dataset of `KIND_NAMES` mean.
        """
        dtype: Any = values.dtype
        if values.dtype.kind == "S":
            dtype = h5py.string_dtype("utf-8", values.dtype.itemsize)
        row = max(1, values[:1].nbytes)
        rows = max(1, min(len(values), _CHUNK_BYTES // row))
        shuffle = values.dtype.kind != "S"
        chunk = (rows, *(max(1, n) for n in values.shape[1:]))
        dataset = self._create(name, values.shape, dtype, chunk, _LEVEL, shuffle=shuffle)
        if legend:
            self._kinds += (name.removeprefix("sites/"),)
            self._set_legend(dataset, legend)
        if not values.size:
            return
        for start in range(0, len(values), rows):
            part = values[start : start + rows]
            if len(part) < rows:
                filled = np.zeros(chunk, values.dtype)
                filled[: len(part)] = part
                part = filled
            data = filtered(np.ascontiguousarray(part), _LEVEL, shuffle=shuffle)
            self._put(dataset, (start, *[0] * (values.ndim - 1)), data)

    def create_layer(
        self,
        layer: str,
        dtype: np.dtype[Any],
        shape: tuple[int, int],
        chunk: ChunkShape,
        level: int,
        *,
        shuffle: bool,
    ) -> None:
        """Create the dataset of a layer, to be filled by `write_chunk`."""
        dataset = self._create(
            f"layers/{layer}", shape, dtype, tuple(chunk), level, shuffle=shuffle
        )
        self._datasets[layer] = dataset
        tiles = [max(1, -(-n // step)) for n, step in zip(shape, chunk, strict=True)]
        self._chunks[layer] = chunk
        self._written[layer] = np.zeros(tiles, _WRITTEN)

    def write_chunk(
        self, layer: str, place: tuple[int, int], data: npt.NDArray[np.uint8], crc: int
    ) -> None:
        """Write one chunk of a layer at (sample, site), as its filters would have made it."""
        self._put(self._datasets[layer], place, data)
        self._written[layer][self._tile(layer, place)] = data.size, crc

    def finish(self, attributes: Mapping[str, Any]) -> str:
        """Write the root attributes, seal and check the file, publish it; return the digest.

        Raises
        ------
        StoreError
            Where the file cannot be written, or does not hold what was written.
        """
        self.target.confirm()
        try:
            for name, value in attributes.items():
                _set_attribute(self._file, name, value)
            digest = content_digest(self._file, self._kinds)
            _set_attribute(self._file, "digest", digest)
            _set_attribute(self._file, "format-version", FORMAT_VERSION)
            _set_attribute(self._file, "format", FORMAT)
            self._file.flush()
            self._datasets.clear()
            self._file.close()
            append_seal(self.path)
            self._check(digest)
            self.target.publish(self.path)
        except _REFUSALS as error:
            if isinstance(error, StoreError):
                raise
            raise StoreError(self.target.cannot_write(error)) from error
        return digest

    def _tile(self, layer: str, place: tuple[int, int]) -> tuple[int, int]:
        """Return which chunk of a layer, by row and column, starts at (sample, site)."""
        chunk = self._chunks[layer]
        return place[0] // chunk.samples, place[1] // chunk.sites

    def _create(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: Any,
        chunk: tuple[int, ...],
        level: int,
        *,
        shuffle: bool,
    ) -> h5py.Dataset:
        # An empty dataset has chunks too, which HDF5 allows where it could grow to one.
        limit = tuple(max(n, 1) for n in shape)
        group = name.rpartition("/")[0]
        try:
            if group not in self._file:
                h5g.create(self._file.id, group.encode(), gcpl=_without_times(h5p.GROUP_CREATE))
            return self._file.create_dataset(
                name,
                shape=shape,
                maxshape=limit if 0 in shape else None,
                dtype=dtype,
                chunks=chunk,
                compression="gzip",
                compression_opts=level,
                shuffle=shuffle and dtype.itemsize > 1,
                fletcher32=True,
                fillvalue=np.nan if np.dtype(dtype).kind == "f" else None,
            )
        except _REFUSALS as error:
            raise StoreError(self.target.cannot_write(error)) from error

    def _set_legend(self, dataset: h5py.Dataset, legend: Sequence[str]) -> None:
        try:
            _set_attribute(dataset, "legend", legend)
        except _REFUSALS as error:
            raise StoreError(self.target.cannot_write(error)) from error

    def _put(self, dataset: h5py.Dataset, place: tuple[int, ...], data: Any) -> None:
        try:
            with phil:  # as in tiles.py
                dataset.id.write_direct_chunk(place, data)
        except _REFUSALS as error:
            raise StoreError(self.target.cannot_write(error)) from error

    def _check(self, digest: str) -> None:
        """Compare the closed file with what was written: seal, every chunk, and the digest."""
        if seal_fault(self.path) is not None:
            raise StoreError(_differs(self.target.path))
        with h5py.File(self.path, locking=False) as file, self.path.open("rb") as raw:
            for layer, written in self._written.items():
                found = np.zeros_like(written)

                def add(info: Any, layer: str = layer, found: Any = found) -> None:
                    raw.seek(info.byte_offset)
                    data = raw.read(info.size)
                    found[self._tile(layer, info.chunk_offset)] = info.size, isal_zlib.crc32(data)

                file["layers"][layer].id.chunk_iter(add)
                if not np.array_equal(found, written):
                    raise StoreError(_differs(self.target.path))
            if content_digest(file, self._kinds) != digest:
                raise StoreError(_differs(self.target.path))


def _created(path: os.PathLike[str]) -> h5py.File:
    """Return a new HDF5 file, without a lock, whose root has no times.

    By default versions of h5py differ in whether they write when an object was made: two runs
    would then give other bytes.
    """
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_libver_bounds(h5f.LIBVER_V110, h5f.LIBVER_V110)
    access.set_file_locking(False, False)  # noqa: FBT003
    name, made = os.fsencode(path), _without_times(h5p.FILE_CREATE)
    return h5py.File(h5f.create(name, h5f.ACC_TRUNC, fcpl=made, fapl=access))


def _without_times(kind: Any) -> Any:
    """Return the properties of a new object of a kind that keeps no times."""
    made = h5p.create(kind)
    made.set_obj_track_times(False)
    return made


def encode_strings(values: list[str]) -> npt.NDArray[np.bytes_]:
    """Return strings as UTF-8 bytes of one fixed length, at least 1."""
    encoded = [value.encode() for value in values]
    return np.array(encoded, dtype=f"S{max([1, *map(len, encoded)])}")


def _set_attribute(item: h5py.File | h5py.Dataset, name: str, value: Any) -> None:
    strings = encode_strings([value] if isinstance(value, str) else list(value))
    dtype = h5py.string_dtype("utf-8", strings.dtype.itemsize)
    data = strings[0] if isinstance(value, str) else strings
    item.attrs.create(name, data, dtype=dtype)


def _differs(target: os.PathLike[str]) -> str:
    return (
        f"{target}: what was written does not read back the same; check the disk, then run again; "
        "an earlier store, if any, is as it was"
    )


class ContentWriter(Protocol):
    """What takes the content of a store as it is made: `StoreWriter`, or `Ledger`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def write_array(self, name: str, values: npt.NDArray[Any], legend: Sequence[str] = ()) -> None:
        """Take a whole dataset of numbers or fixed-length UTF-8 bytes, with names of its values."""

    def create_layer(
        self,
        layer: str,
        dtype: np.dtype[Any],
        shape: tuple[int, int],
        chunk: ChunkShape,
        level: int,
        *,
        shuffle: bool,
    ) -> None:
        """Take what a layer is."""

    def write_chunk(
        self, layer: str, place: tuple[int, int], data: npt.NDArray[np.uint8], crc: int
    ) -> None:
        """Take one chunk of a layer, as HDF5 stores it."""

    def finish(self, attributes: Mapping[str, Any]) -> str:
        """Take the attributes of the root; return the digest."""
