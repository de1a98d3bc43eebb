"""Blocks of data of a bigWig file: compressed, one after the other, and found by their places."""

from array import array
from typing import IO, Final

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from .bigwig_index import PLACE

ITEMS: Final = 1024
"""Values of a section, and records of a block of a zoom level, as UCSC's own programs have it."""

_LEVEL: Final = 1


class Blocks:
    """The blocks of the data, or of a zoom level.

    Attributes
    ----------
    largest : bytes of the largest block before compression
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.largest = 0
        self._file = file
        self._places = array("Q")

    def put(self, start: tuple[int, int], end: tuple[int, int], data: bytes) -> None:
        """Write a block, which lies between two places, each of a chromosome and a base."""
        self.largest = max(self.largest, len(data))
        packed = isal_zlib.compress(data, _LEVEL)
        self._places.extend((*start, *end, self._file.tell(), len(packed)))
        self._file.write(packed)

    def places(self) -> npt.NDArray[np.void]:
        """Return the `PLACE` of each block."""
        names = PLACE.names or ()
        rows = np.frombuffer(self._places, np.uint64).reshape(-1, len(names))
        found = np.zeros(len(rows), PLACE)
        for column, name in enumerate(names):
            found[name] = rows[:, column]
        return found

    def copy(self, file: IO[bytes]) -> npt.NDArray[np.void]:
        """Write the blocks once more, to another file; return their places there."""
        places = self.places()
        at = file.tell()
        for place in places:
            self._file.seek(int(place["offset"]))
            file.write(self._file.read(int(place["size"])))
        places["offset"] = at + np.cumsum(places["size"]) - places["size"]
        return places
