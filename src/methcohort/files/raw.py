"""The bytes of a file as they are read: hashed, counted, and held to what the file was."""

import hashlib
import io
import os
from typing import Any, Final

from .identity import Identity, identity
from .sniff import GZIP_MAGIC
from .spans import Span

_LINE_PIECE: Final = 1 << 12

_ZEROS: Final = bytes(16)
"""Fewer than the shortest member of gzip has bytes, and rare in one."""

BGZF_END: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block at the end of a file of bgzip."""


class FirstLine(io.RawIOBase):
    """The first line of a stream, with its newline."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._ended = False

    def readable(self) -> bool:
        """Return True, as `io` asks."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the start of a buffer; return how many bytes, 0 behind the line."""
        if self._ended:
            return 0
        part = memoryview(buffer)[:_LINE_PIECE]
        n: int = self._stream.readinto(part)
        end = bytes(part[:n]).find(b"\n") + 1
        self._ended = end > 0
        return end or n


class HashedFile(io.RawIOBase):
    """A file, or first a span of it, whose bytes are hashed and counted as they are read.

    `fd` is an open file, which is closed with this one: also by the finalizer, where the rest of
    the constructor fails. `zeros` tells whether gzip data had many zero bytes in a row.
    """

    def __init__(self, fd: int, path: str, span: Span | None, file: Identity | None) -> None:
        self._file = os.fdopen(fd, "rb", buffering=0)
        self._path = path
        self._whole = span is None
        meant = file if span is None else span.file
        self._identity = meant or identity(self._file.fileno())
        self._size = self._identity.size if self._identity else 0
        self._at, self._stop = (0, self._size) if span is None else (span.start, span.stop)
        self.digest = hashlib.sha256()
        self.size = 0
        self.head = self._file.read(32) or b""  # None where it would have to wait
        self.tail = b""
        self.zeros = False
        self._is_gzip = self.head.startswith(GZIP_MAGIC)
        self._file.seek(self._at)

    def readable(self) -> bool:
        """Return True, as `io` asks."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the start of a buffer; return how many bytes, 0 at the end of the file or span."""
        part = memoryview(buffer)
        if not self._whole:
            part = part[: self._stop - self._at]
        n = self._file.readinto(part) or 0
        part = part[:n]
        if self._whole:
            self.digest.update(part)
        self._at += n
        self.size += n
        if self._is_gzip and not self.zeros:
            self.zeros = _ZEROS in self.tail + bytes(part)
        self.tail = (self.tail + bytes(part[-len(BGZF_END) :]))[-len(BGZF_END) :]
        return n

    def widen(self) -> bool:
        """Let the file be read behind the end of the span; return whether there is more of it."""
        more = not self._whole and self._stop < self._size
        self._stop = self._size
        return more

    def at_end(self) -> bool:
        """Tell whether the last byte of the file was read."""
        return self._at == self._size

    def changed(self) -> bool:
        """Tell whether the path leads to another file, or one with other bytes, than before."""
        found = identity(self._path)
        return found is None or found != self._identity

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
