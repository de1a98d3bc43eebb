"""A part of a scattered build on the disk: named arrays and pieces of bytes, whole or absent.

    SIGNATURE | arrays and pieces, each at a multiple of 8 bytes | index | tail

The index is JSON: what the part is, what it records (`meta`), and for each array its place, its
dtype and the CRC-32 of each of its pieces of 1 MiB, so that a range of it can be read and checked.
The tail says where the index lies, and has its checksum. A file that was cut has no tail.
"""

import contextlib
import functools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from ..core.errors import ConfigError, StoreError, one_line
from ..core.signals import signals_held
from ..engine import Bytes
from ..files import Target, open_file, read_whole, write_whole

SIGNATURE: Final = b"\x89MCPART\n"
KIND: Final = "part of a scattered build"
"""What messages call such a file."""

PIECE: Final = 1 << 20
"""Bytes of an array that one checksum covers."""

_TAIL: Final = np.dtype(
    [("offset", "<u8"), ("size", "<u8"), ("crc", "<u4"), ("none", "<u4"), ("end", "S8")]
)


REMEDY: Final = "remove it, and run the step that makes it again"

MAKERS: Final = {"batch": "load", "sites": "sites", "range": "pack"}
"""What a part is, and the step that makes it."""


class DamagedPartError(StoreError):
    """A part is cut, or holds other bytes than were written; `path` is the file."""

    def __init__(self, path: str, found: str) -> None:
        super().__init__(f"{path}: {found}; {REMEDY}")
        self.path = path
        self._found = found

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """Come back from a worker as it is."""
        return type(self), (self.path, self._found)


@functools.cache
def release() -> str:
    """Return the version of methcohort, looked up once: a step may open thousands of parts."""
    return version("methcohort")


def new_target(path: Path, what: str, inputs: Sequence[str | Path] = ()) -> Target:
    """Return the place of a part, locked for one writer.

    Parameters
    ----------
    what : "batch", "sites" or "range"
    inputs : files that are read for it

    Raises
    ------
    ConfigError
        Where it is one of the inputs.
    StoreError
        Where something else than such a part is there, or the place cannot be written.
    """
    real = os.path.realpath(path)
    if real in map(os.path.realpath, inputs):
        message = f"{path}: found the output among the inputs; expected another name"
        raise ConfigError(message)
    found = _what_is(real)
    if found not in (None, what):
        message = (
            f"{path}: is what methcohort scatter {MAKERS[str(found)]} writes; only an earlier "
            f"{what} file is replaced; give another --output, or remove it"
        )
        raise StoreError(message)
    return Target(path, SIGNATURE, KIND)


def _what_is(path: str) -> str | None:
    """Return what a part is that may be there; None where that is not known."""
    try:
        return PartFile(path, None).what
    except StoreError:
        return None


class PartWriter:
    """Writes one part; a context manager that removes its temporary file after any error.

    Parameters
    ----------
    target : where the part is to be
    what : "batch", "sites" or "range"

    Attributes
    ----------
    path : of the temporary file, for those who write pieces

    Raises
    ------
    StoreError
        Where the system refuses to write, for example as the disk is full.
    """

    def __init__(self, target: Target, what: str) -> None:
        self._target = target
        self._what = what
        self._arrays: dict[str, Any] = {}
        self._end = len(SIGNATURE)
        try:
            self.path = target.new_file()
        except OSError as error:
            raise self.refusal(error) from error
        try:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            target.remove(self.path)
            raise self.refusal(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with signals_held():
            os.close(self._fd)
            self._target.remove(self.path)

    def refusal(self, error: OSError) -> StoreError:
        """Return the error to raise where the system refuses to write."""
        return StoreError(self._target.cannot_write(error))

    def room(self, nbytes: int) -> int:
        """Return the offset of so many bytes that the caller, or its workers, will write."""
        offset = -(-self._end // 8) * 8
        self._end = offset + nbytes
        return offset

    def write(self, offset: int, data: Any) -> None:
        """Write bytes to a place that `room` gave."""
        try:
            write_whole(self._fd, data, offset)
        except OSError as error:
            raise self.refusal(error) from error

    def add(self, name: str, array: npt.NDArray[Any]) -> None:
        """Write an array of numbers."""
        data = np.ascontiguousarray(array)
        raw = data.view(np.uint8).reshape(-1) if data.size else np.empty(0, np.uint8)
        offset = self.room(raw.size)
        crcs = []
        for start in range(0, raw.size, PIECE):
            piece = raw[start : start + PIECE]
            crcs.append(isal_zlib.crc32(piece))
            self.write(offset + start, piece)
        self._arrays[name] = [offset, data.dtype.str, list(data.shape), crcs]

    def finish(self, meta: Mapping[str, Any]) -> None:
        """Write what the part records, and publish it."""
        self._target.confirm()
        index = {
            "what": self._what,
            "version": release(),
            "meta": meta,
            "arrays": self._arrays,
        }
        text = json.dumps(index, ensure_ascii=False, separators=(",", ":")).encode()
        offset = self.room(len(text))
        self.write(0, SIGNATURE)
        self.write(offset, text)
        tail = np.array((offset, len(text), isal_zlib.crc32(text), 0, SIGNATURE), _TAIL)
        self.write(self.room(_TAIL.itemsize), tail.tobytes())
        try:
            self._target.publish(self.path)
        except OSError as error:
            if isinstance(error, StoreError):
                raise
            raise self.refusal(error) from error


class PartFile:
    """Reads one part. The file is open only while it is read: a step may have thousands of parts.

    Parameters
    ----------
    path : the file
    what : what it has to be: "batch", "sites" or "range"; None takes any

    Attributes
    ----------
    what : what it is
    meta : what it records

    Raises
    ------
    StoreError
        Where it cannot be read, is not such a part, is cut or damaged, or is of another version.
    """

    def __init__(self, path: str | Path, what: str | None) -> None:
        self.path = str(path)
        self._wanted = what
        index = self._index()
        self.what: str = index["what"]
        if what not in (None, self.what):
            found = f"is what methcohort scatter {MAKERS[self.what]} writes"
            raise self.misfit(found)
        if index["version"] != release():
            found = (
                f"found a {KIND} by methcohort {index['version']}; expected one by {release()}, "
                "which reads it"
            )
            raise self.misfit(found)
        self.meta: dict[str, Any] = index["meta"]
        self._arrays: dict[str, Any] = index["arrays"]

    def damage(self, found: str) -> "DamagedPartError":
        """Return the error to raise for a part that is not as it was written."""
        return DamagedPartError(self.path, found)

    def misfit(self, found: str) -> StoreError:
        """Return the error to raise for a file that is not the one that is needed."""
        what = self._wanted or self.what
        return StoreError(
            f"{self.path}: {found}; expected a {what} of this build, as methcohort scatter "
            f"{MAKERS[what]} writes it; give that file, or run that step again"
        )

    def has(self, name: str) -> bool:
        """Tell whether there is an array of this name."""
        return name in self._arrays

    def length(self, name: str) -> int:
        """Return how many rows an array has."""
        return int(self._arrays[name][2][0])

    def array(self, name: str) -> npt.NDArray[Any]:
        """Return a whole array."""
        _, dtype, shape, _ = self._arrays[name]
        values = np.empty(shape, dtype)
        if values.size:
            self.read_into(name, values.reshape(-1).view(np.uint8))
        return values

    def read_into(self, name: str, out: Bytes, start: int = 0) -> None:
        """Fill memory with the bytes of an array from byte `start`."""
        offset, dtype, shape, crcs = self._arrays[name]
        total = np.dtype(dtype).itemsize * int(np.prod(shape))
        stop = start + out.size
        with self._opened() as fd:
            for at in range(start // PIECE * PIECE, stop, PIECE):
                size = min(PIECE, total - at)
                piece = self._read(fd, offset + at, size, crcs[at // PIECE])
                low, high = max(at, start), min(at + size, stop)
                out[low - start : high - start] = piece[low - at : high - at]

    def read(self, offset: int, size: int, crc: int) -> Bytes:
        """Return bytes at an offset, of which the checksum is known."""
        with self._opened() as fd:
            return self._read(fd, offset, size, crc)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """Open the file for a `with` block; report what the system says in between."""
        try:
            fd = open_file(self.path)
            try:
                yield fd
            finally:
                os.close(fd)
        except StoreError:
            raise
        except OSError as error:
            message = (
                f"{self.path}: cannot be read ({error.strerror or one_line(error)}); expected a "
                f"{KIND}; check the path, or run the step that makes it"
            )
            raise StoreError(message) from error

    def _read(self, fd: int, offset: int, size: int, crc: int) -> Bytes:
        data = np.empty(size, np.uint8)
        if not read_whole(fd, data, offset) or isal_zlib.crc32(data) != crc:
            found = f"found other bytes than were written, at byte {offset:,}"
            raise self.damage(found)
        return data

    def _index(self) -> dict[str, Any]:
        with self._opened() as fd:
            total = os.fstat(fd).st_size
            if os.pread(fd, len(SIGNATURE), 0) != SIGNATURE:
                found = f"is not a {KIND}"
                raise self.misfit(found)
            raw = os.pread(fd, _TAIL.itemsize, max(0, total - _TAIL.itemsize))
            if len(raw) == _TAIL.itemsize:
                tail = np.frombuffer(raw, _TAIL)[0]
                offset, size = int(tail["offset"]), int(tail["size"])
                fits = -(-(offset + size) // 8) * 8 + _TAIL.itemsize == total
                if tail["end"] == SIGNATURE and fits:
                    text = self._read(fd, offset, size, int(tail["crc"])).tobytes()
                    index: dict[str, Any] = json.loads(text)
                    return index
        raise self.damage("ends before its end: it was cut, or something was added")
