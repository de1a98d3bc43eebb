"""Where a text file can be cut, so that its parts can be read side by side.

A cut is a byte of the file. Plain text can be cut anywhere, bgzip between two of its blocks, and
other gzip nowhere. Lines pay no heed to cuts: the line over a cut belongs to the part before it,
see `text.py`.
"""

import os
from itertools import pairwise
from typing import Final, NamedTuple

from .identity import Identity, identity, open_file
from .sniff import GZIP_MAGIC

_BGZF_HEAD: Final = 18
_BGZF_START: Final = b"\x1f\x8b\x08\x04"
_BGZF_FIELD: Final = b"\x06\x00BC\x02\x00"  # six more bytes: one subfield, BC, of two


class Span(NamedTuple):
    """Bytes [start, stop) of a file that was this one when it was cut."""

    start: int
    stop: int
    file: Identity


def cut(path: str, n: int) -> list[Span]:
    """Cut a file into at most `n` parts of about one size; an empty list where it cannot be cut.

    A file that cannot be read is left to the reader, which says so.
    """
    try:
        fd = open_file(path)
        try:
            found = identity(fd)
            size = found.size if found else 0
            wanted = [size * k // n for k in range(1, n)]
            if os.pread(fd, len(GZIP_MAGIC), 0) == GZIP_MAGIC:
                wanted = _block_starts(fd, size, wanted)
        finally:
            os.close(fd)
    except OSError:
        return []
    edges = sorted({0, *wanted, size})
    spans = [Span(a, b, found) for a, b in pairwise(edges)] if found else []
    return spans if len(spans) > 1 else []


def _block_starts(fd: int, size: int, wanted: list[int]) -> list[int]:
    """Return the starts of bgzip blocks next to the wanted bytes; none if not all is bgzip.

    Blocks are followed from the first, so that nothing inside one can be taken for another.
    """
    found: list[int] = []
    at = 0
    while at < size:
        head = os.pread(fd, _BGZF_HEAD, at)
        if len(head) < _BGZF_HEAD or head[:4] != _BGZF_START or head[10:16] != _BGZF_FIELD:
            return []
        if len(found) < len(wanted) and at >= wanted[len(found)]:
            found.append(at)
        at += int.from_bytes(head[16:18], "little") + 1
    return found if at == size else []
