"""The Fletcher-32 checksum of HDF5, which stands behind the bytes of every chunk of a store.

The recipe is that of `H5_checksum_fletcher32` in H5checksum.c: two sums, modulo 65535, over
big-endian 16-bit words; the first of the words, the second of all values that the first had. Any
single bit that is flipped changes the first sum.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

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
    # To swap the bytes of all words is to multiply by 256, modulo 65535.
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
