"""The first lines of a plain or gzip text, as far as it is whole.

Whatever is wrong with what the file holds is left to who reads all of it; then there are fewer
lines here, or none.
"""

import os
import zlib
from typing import Final

from ..core.errors import InputError
from .identity import open_file
from .sniff import BOM, GZIP_MAGIC
from .text import unreadable

_HEAD_BYTES: Final = 1 << 16

_MOST_PACKED: Final = 4 * _HEAD_BYTES
"""Packed bytes that are inflated for as many of text: data of empty members go on without end."""


def first_lines(path: str, n_bytes: int = _HEAD_BYTES) -> list[bytes]:
    """Return the whole lines among the first bytes of a text, without byte order marks before them.

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    try:
        text = _start(path, n_bytes)
    except OSError as error:
        raise InputError(unreadable(path, error)) from error
    whole = text if len(text) < n_bytes else text[: text.rfind(b"\n") + 1]
    while whole.startswith(BOM):
        whole = whole.removeprefix(BOM)
    return whole.split(b"\n")


def _start(path: str, n_bytes: int) -> bytes:
    """Return the first bytes of a text, inflated as far as it can be."""
    fd = open_file(path)
    try:
        raw = _read(fd)
        if raw.startswith(GZIP_MAGIC):
            return _inflated(fd, raw, n_bytes)
        while len(raw) < n_bytes and (part := _read(fd)):
            raw += part
        return raw
    finally:
        os.close(fd)


def _inflated(fd: int, raw: bytes, n_bytes: int) -> bytes:
    """Return the first bytes packed in gzip data, which may have many members."""
    text = bytearray()
    member = zlib.decompressobj(wbits=31)
    n_read = len(raw)
    while raw and len(text) < n_bytes:
        try:
            text += member.decompress(raw, n_bytes - len(text))
        except zlib.error:
            break
        raw = member.unused_data if member.eof else member.unconsumed_tail
        if member.eof:
            member = zlib.decompressobj(wbits=31)
        if not raw and n_read < _MOST_PACKED * n_bytes // _HEAD_BYTES:
            raw = _read(fd)
            n_read += len(raw)
    return bytes(text)


def _read(fd: int) -> bytes:
    """Return the next `_HEAD_BYTES` of a file, fewer at its end; a read may give less at once."""
    parts = []
    left = _HEAD_BYTES
    while left and (part := os.read(fd, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
