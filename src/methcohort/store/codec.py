"""Chunks as HDF5 stores them: filled up, shuffled, deflated, with a Fletcher-32 checksum.

The recipe of the checksum is that of `H5_checksum_fletcher32` in H5checksum.c: two sums, modulo
65535, over big-endian 16-bit words; the first of the words, the second of all values that the first
had. Any single bit that is flipped changes the first sum.
"""

import hashlib
import zlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from .grid import Grid
from .schema import SHUFFLED, fill_value

_WORDS: Final = 8192
"""Words that are added at once. Sums stay far below 2**53, up to which float64 is exact, and BLAS
starts no threads for so few."""

_ONES: Final = np.ones(_WORDS)
_FALLING: Final = np.arange(_WORDS, 0, -1, dtype=np.float64)
_MODULUS: Final = 65535
_BYTES: Final = 4


def fletcher32(data: bytes | memoryview) -> int:
    """Return the checksum of bytes, as HDF5 has it."""
    size = len(data)
    words: npt.NDArray[np.uint16] = np.frombuffer(data, "<u2", size // 2)
    first = second = 0
    for start in range(0, words.size, _WORDS):
        part = words[start : start + _WORDS].astype(np.float64)
        second += part.size * first + int(_FALLING[_WORDS - part.size :].dot(part))
        first += int(_ONES[: part.size].dot(part))
    # The words are big-endian, and were read as little-endian. Swapping the bytes of a word is the
    # same as multiplying it by 256 modulo 65535, since 65536 is 1 there: the high byte, times 256,
    # comes round as the low one. So the sums are swapped once, not each word.
    first, second = first * 256, second * 256
    if size % 2:
        first += data[-1] * 256
        second += first
    return _folded(second) << 16 | _folded(first)


def with_checksum(data: bytes) -> bytes:
    """Return bytes and their checksum, as HDF5's filter leaves them."""
    return data + fletcher32(data).to_bytes(_BYTES, "little")


def without_checksum(stored: bytes) -> memoryview:
    """Return the bytes before a checksum. Raises ValueError where it is not theirs."""
    data = memoryview(stored)[:-_BYTES]
    if fletcher32(data) != int.from_bytes(stored[-_BYTES:], "little"):
        message = "the Fletcher-32 checksum is that of other bytes"
        raise ValueError(message)
    return data


def _folded(total: int) -> int:
    """Return a sum modulo 65535; only zero itself gives 0, as where carries are added back."""
    return (total - 1) % _MODULUS + 1 if total else 0


ISAL_LEVELS: Final = 3
"""Levels up to this one are ISA-L's; above, zlib's."""


def encode(tile: npt.NDArray[Any], layer: str, grid: Grid) -> bytes:
    """Return a tile as HDF5 stores a chunk: filled up to the full shape, and filtered."""
    if tile.shape != grid.chunk:
        whole = np.full(grid.chunk, fill_value(layer), tile.dtype)
        whole[: tile.shape[0], : tile.shape[1]] = tile
        tile = whole
    return filtered(np.ascontiguousarray(tile), grid.deflate_level, shuffle=SHUFFLED[layer])


def filtered(values: npt.NDArray[Any], level: int, *, shuffle: bool) -> bytes:
    """Return an array as HDF5's filters leave it: shuffled if wanted, deflated, with a checksum."""
    width = values.dtype.itemsize
    planes: Any = values
    if shuffle and width > 1:
        planes = np.ascontiguousarray(values.view(np.uint8).reshape(-1, width).T)
    if level <= ISAL_LEVELS:
        return with_checksum(isal_zlib.compress(planes, level))
    return with_checksum(zlib.compress(planes, level))


def block_digest(values: npt.NDArray[Any]) -> bytes:
    """Return the SHA-256 of values of one digest block, little-endian, in order."""
    data: Any = np.ascontiguousarray(values)
    return hashlib.sha256(data).digest()
