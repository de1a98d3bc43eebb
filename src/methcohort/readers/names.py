"""The chromosome names of one text file: numbered as they appear, found by a hash table."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..files import decode_name
from .kernels.names import insert
from .protocol import KEEP, Names

_FIRST_SIZE: Final = 256

MAX_NAMES: Final = 1 << 22
MAX_PADDED_BYTES: Final = 1 << 30
"""A store has all names in the length of the longest, so no text may give it too many long ones."""


class NameTable:
    """Names seen in a file, in arrays that kernels can search.

    Attributes
    ----------
    decoded : the names as text
    arrays : what kernels search; others after `add`
    """

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self._wanted = wanted
        self.decoded: list[str] = []
        self.arrays = Names(
            spans=np.zeros((_FIRST_SIZE, 2), np.int64),
            words=np.zeros((_FIRST_SIZE, 2), np.uint64),
            letters=np.zeros(_FIRST_SIZE * 16, np.uint8),
            table=np.full(4 * _FIRST_SIZE, -1, np.int32),
            flags=np.zeros(_FIRST_SIZE, np.uint8),
        )
        self._used = 0
        self._longest = 0

    def add(self, name: bytes) -> None:
        """Give a new name its number.

        Raises
        ------
        ValueError
            Where it is not UTF-8, has a control character or a space, or is too long, or where
            there are too many names.
        """
        text = decode_name(name)
        self._longest = max(self._longest, len(name))
        number = len(self.decoded)
        if number >= MAX_NAMES or (number + 1) * self._longest > MAX_PADDED_BYTES:
            message = (
                f"it is number {number + 1:,}, too many with up to {self._longest:,} bytes each"
            )
            raise ValueError(message)
        self._make_room(number, self._used + len(name) + 8)
        arrays = self.arrays
        arrays.letters[self._used : self._used + len(name)] = np.frombuffer(name, np.uint8)
        arrays.spans[number] = self._used, len(name)
        head = name[:8]
        arrays.words[number] = int.from_bytes(head, "little"), (1 << (8 * len(head))) - 1
        arrays.flags[number] = KEEP if self._wanted(text) else 0
        self.decoded.append(text)
        self._used += len(name)
        insert(arrays, number, number + 1)

    def _make_room(self, number: int, n_bytes: int) -> None:
        """Let the arrays have room for the name of a number, and for all bytes of names."""
        spans, words, letters, table, flags = self.arrays
        while n_bytes > letters.size:
            letters = _doubled(letters)
        if number == len(flags):
            table = np.full(2 * table.size, -1, np.int32)
            spans, words, flags = _doubled(spans), _doubled(words), _doubled(flags)
            insert(Names(spans, words, letters, table, flags), 0, number)
        self.arrays = Names(spans, words, letters, table, flags)


def _doubled(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array with as much room again, of zeros."""
    return np.concatenate([array, np.zeros_like(array)])
