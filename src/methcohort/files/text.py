"""The bytes of a text file: inflated, hashed and cut into blocks that end with a line.

A block is a stretch of one buffer that is used over and over. What is left of a line at the end
of the buffer is moved to its front before the next bytes are read behind it.

Of a span of a file, the first line is left out unless the span starts with the file, and the line
after its last byte is read too. So every line belongs to one span, wherever the file is cut.
"""

import os
import zlib
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from isal import isal_zlib

from ..core.errors import InputError
from .identity import CHANGED, Identity, open_file
from .members import has_zeros_between_members, member_starts
from .raw import BGZF_END, FirstLine, HashedFile
from .sniff import BOM, CARRIAGE_RETURNS, GZIP_MAGIC, START_BYTES
from .spans import Span

PADDING: Final = 64
"""Bytes that can be read behind the last line of a buffer, as kernels look at 64 in one step."""

BLOCK_BYTES: Final = 1 << 18
"""Bytes of text in one block: small enough to be parsed while it is still in the cache."""

_TAIL_BYTES: Final = 1 << 12

MAX_LINE_BYTES: Final = 1 << 20
"""A longer line is refused, so that no file can make a reader use more memory."""

_GZIP_ERROR: Final[type[Exception]] = isal_zlib.IsalError  # type: ignore[assignment]

_CHECKED_BYTES: Final = 1 << 31
"""Text behind a refused line that is inflated to see whether the gzip data is whole."""


class TextFault(Exception):
    """What is wrong with the bytes of a text; the caller adds the file and the line.

    `in_line` tells whether the next line itself is wrong, or all that is known is that the lines
    before it were read.
    """

    def __init__(self, message: str, *, in_line: bool = False) -> None:
        super().__init__(message)
        self.in_line = in_line


class TextFile:
    """A plain or gzip text file, or a span of one, opened for one pass from start to end.

    Where `file` is given, another one at the path has changed.

    Attributes
    ----------
    buffer : uint8, whose parts `blocks` yields, with `PADDING` readable bytes behind them
    start : the first bytes of the text, once `blocks` has begun; empty for a span inside a file

    Raises
    ------
    InputError
        Where the file is missing, unreadable or has no bytes.
    """

    def __init__(self, path: str, span: Span | None = None, file: Identity | None = None) -> None:
        self.path = path
        self._allot(BLOCK_BYTES)
        try:
            self._raw = HashedFile(open_file(path), path, span, file)
        except OSError as error:
            raise InputError(unreadable(path, error)) from error
        if not self._raw.head:
            self._raw.close()
            raise InputError(_empty(path))
        self._is_gzip = self._raw.head.startswith(GZIP_MAGIC)
        self._is_bgzf = self._is_gzip and self._raw.head[12:14] == b"BC"
        self._is_span = span is not None
        self._from_start = span is None or span.start == 0
        self.start = b""
        self._offset = 0  # of the buffer in the text
        self._members: Iterator[int] | None = None
        self._stream = self._opened()

    @property
    def size(self) -> int:
        """Bytes of the file; complete after the last block."""
        return self._raw.size

    def sha256(self) -> str:
        """Return the SHA-256 of the file's bytes in hexadecimal; complete after the last block."""
        return self._raw.digest.hexdigest()

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Yield (start, stop) of whole lines in `buffer`; a last newline is added if missing.

        Raises
        ------
        TextFault
            Where the file is damaged or cut, changed while it was read, or has too long a line.
        InputError
            Where there is no text at all.
        """
        if fault := self.changed():  # since it was cut, or it was told what it is
            raise fault
        filled = self._fill(0)
        if self._from_start:
            self.start = bytes(self._bytes[: min(filled, START_BYTES)])
            start = self._after_marks(filled)
            if filled == start:
                raise InputError(_empty(self.path))
        else:
            start, filled = self._after_first_line(filled)
        while True:
            at_end = filled < self._room
            if at_end and filled > start and self._bytes[filled - 1] != ord("\n"):
                self._bytes[filled] = ord("\n")
                filled += 1
            stop = self._bytes.rfind(b"\n", start, filled) + 1
            marks = self._marks(start, stop) if self._is_gzip and not self._is_span else []
            if marks:
                self._leave_out(marks, filled)
                n_left_out = len(BOM) * len(marks)
                stop, filled = stop - n_left_out, filled - n_left_out
                self._offset += n_left_out
            if stop:
                yield start, stop
            elif not at_end and start == 0:
                self._enlarge()
            if at_end:
                break
            left = filled - max(stop, start)
            self._bytes[:left] = self._bytes[max(stop, start) : filled]
            self._offset += max(stop, start)
            filled = self._fill(left)
            start = 0
        self._check_end()

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Yield (start, stop) of the whole text in `buffer`, cut anywhere: for lines of any length.

        Raises what `blocks` raises, but for long lines.
        """
        filled = self._fill(0)
        self.start = bytes(self._bytes[: min(filled, START_BYTES)])
        start = self._after_marks(filled)
        if filled == start:
            raise InputError(_empty(self.path))
        while filled:
            yield start, filled
            filled = self._fill(0) if filled == self._room else 0
            start = 0
        self._check_end()

    def changed(self) -> TextFault | None:
        """Return a fault where the file is not the one that was opened any more."""
        return TextFault(CHANGED) if self._raw.changed() else None

    def damage(self) -> TextFault | None:
        """Return what is wrong with gzip data of which a line was refused; None for plain text.

        Lines are looked at before the checksum behind them is known. So where one is wrong, the
        rest is inflated, or 2 GiB of it: damaged data explain any line. The buffer is lost.
        """
        if not self._is_gzip:
            return None
        left = _CHECKED_BYTES
        try:
            while left > 0:
                filled = self._fill(0)
                left -= filled
                if filled < self._room:
                    self._check_end()
                    break
        except TextFault as fault:
            return fault
        return None

    def _opened(self) -> Any:
        """Return a stream of the text from where the file is read next."""
        if not self._is_gzip:
            return self._raw
        reader: Any = isal_zlib._GzipReader  # what IGzipFile reads with, less two copies
        return reader(self._raw, BLOCK_BYTES)

    def _after_first_line(self, filled: int) -> tuple[int, int]:
        """Return where the second line starts in the buffer, and how far that is filled."""
        while (end := self._bytes.find(b"\n", 0, filled)) < 0 and filled == self._room:
            filled = self._fill(0)
        return (end + 1 if end >= 0 else filled), filled

    def _after_marks(self, filled: int) -> int:
        """Return where the text begins behind byte order marks at the start of the buffer."""
        start = 0
        while start < filled and self._bytes.startswith(BOM, start):
            start += len(BOM)
        return min(start, filled)

    def _marks(self, start: int, stop: int) -> list[int]:
        """Return where lines in the buffer begin with a mark that begins a member of gzip, too.

        Such a member was a file of its own. A line of the file before it is whole: elsewhere, a
        mark stays in the text, and is refused as a part of a name.
        """
        found: list[int] = []
        at = self._bytes.find(BOM[0], start, stop)
        while at >= 0:
            begins = self._bytes[at - 1] == ord("\n") if at > start else True
            again = bool(found) and at == found[-1] + len(BOM)
            if self._bytes.startswith(BOM, at) and (
                again or (begins and self._is_member(self._offset + at))
            ):
                found.append(at)
                at += len(BOM) - 1
            at = self._bytes.find(BOM[0], at + 1, stop)
        return found

    def _is_member(self, offset: int) -> bool:
        """Tell whether a member of gzip begins at a byte of the text; offsets only go up."""
        if self._members is None:
            self._members = member_starts(self.path)
        return next((at for at in self._members if at >= offset), -1) == offset

    def _leave_out(self, marks: list[int], filled: int) -> None:
        """Take byte order marks out of the buffer."""
        edges = [0, *(edge for at in marks for edge in (at, at + len(BOM))), filled]
        kept = b"".join(self._bytes[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
        self._bytes[: len(kept)] = kept

    def _allot(self, room: int) -> None:
        self._room = room
        self._bytes = bytearray(room + PADDING)
        self.buffer = np.frombuffer(self._bytes, np.uint8)

    def _enlarge(self) -> None:
        if self._room > MAX_LINE_BYTES:
            raise TextFault(_too_long(bytes(self._bytes[: self._room])), in_line=True)
        old = self._bytes
        self._allot(MAX_LINE_BYTES + 1)  # the newline
        self._bytes[: len(old)] = old

    def _fill(self, filled: int) -> int:
        """Read behind the first `filled` bytes of the buffer; return how far it is filled."""
        room = memoryview(self._bytes)[: self._room]
        try:
            while filled < self._room:
                n = self._stream.readinto(room[filled:])
                if not n and not self._raw.widen():
                    break
                if not n:
                    self._stream = FirstLine(self._opened())
                filled += n
        except EOFError as error:
            message = (
                f"the gzip data is cut short, or other bytes follow it ({error}); "
                "copy or make the file again"
            )
            raise TextFault(message) from error
        except (_GZIP_ERROR, OverflowError) as error:  # overflow: a header without an end
            raise TextFault(_damaged(error)) from error
        except OSError as error:
            if error.errno is None:  # BadGzipFile
                raise TextFault(_damaged(error)) from error
            message = f"reading failed ({error.strerror}); check the disk, then run again"
            raise TextFault(message) from error
        return filled

    def _check_end(self) -> None:
        if self._is_bgzf and self._raw.at_end() and self._raw.tail != BGZF_END:
            message = (
                "the file begins as bgzip but lacks bgzip's end-of-file block, so it may "
                "have been cut; copy it again, or make it again with bgzip"
            )
            raise TextFault(message)
        if self._is_gzip and self._raw.zeros and self._has_zeros_inside():
            message = (
                "zero bytes between two members of the gzip data, as if a part was lost; "
                "copy or make the file again"
            )
            raise TextFault(message)
        if self._raw.changed() or not (self._raw.at_end() or self._is_span):
            raise TextFault(CHANGED)

    def _has_zeros_inside(self) -> bool:
        try:
            return has_zeros_between_members(self.path)
        except (OSError, zlib.error) as error:
            raise TextFault(_damaged(error)) from error


def unreadable(path: str, error: OSError) -> str:
    """Return what to say of a file that cannot be read."""
    return f"{path}: cannot be read ({error.strerror}); expected a readable text file"


def unended(path: str) -> str:
    """Return the last line of a plain text that does not end with a newline; else nothing.

    The text may have been cut inside it, even inside its last number. Gzip has a proof of its own
    that it is whole. A file that cannot be read is left to the reader, which says so.
    """
    try:
        fd = open_file(path)
        try:
            size = os.fstat(fd).st_size
            is_gzip = os.pread(fd, len(GZIP_MAGIC), 0) == GZIP_MAGIC
            tail = b"" if is_gzip else os.pread(fd, _TAIL_BYTES, max(size - _TAIL_BYTES, 0))
        finally:
            os.close(fd)
    except OSError:
        return ""
    return tail.rpartition(b"\n")[2].decode("utf-8", "replace").strip()


def _empty(path: str) -> str:
    return (
        f"{path}: the file is empty; expected lines of text, if only a header line; make the file "
        "again, or leave it out"
    )


def _too_long(start: bytes) -> str:
    """Return what to say of a line of which these are the first bytes."""
    if b"\r" in start:
        return f"found {CARRIAGE_RETURNS}"
    return (
        f"the line is longer than {MAX_LINE_BYTES:,} bytes; expected a row; "
        "check that this is a text of methylation calls"
    )


def _damaged(error: Exception) -> str:
    return f"the gzip data is damaged ({error}); copy or make the file again"
