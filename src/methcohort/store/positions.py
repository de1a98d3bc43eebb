"""Positions of sites: read, and searched without reading them all."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from .tiles import Tiles

_KEPT: Final = 64
_ONLY_ROW: Final = np.zeros(1, np.intp)


class Positions:
    """The positions of a store; threads may share it.

    A search decodes one tile a step, about as many as the number of tiles has binary digits, and
    keeps the last ones: regions that are looked up one after the other share most of them.
    """

    def __init__(self, tiles: Tiles) -> None:
        self.n = tiles.shape[1]
        self._tiles = tiles
        self._decoded = lru_cache(_KEPT)(_decoder(tiles))

    def read(self, start: int, stop: int) -> npt.NDArray[np.int32]:
        """Return the positions of the sites [start, stop). Raises what `Tiles.read` raises."""
        found: npt.NDArray[np.int32] = self._tiles.read(_ONLY_ROW, start, stop)[0]
        return found

    def find(self, pos: int, first: int, end: int) -> int:
        """Return the first of the sites [first, end) at `pos` or after it, or `end`.

        The positions of these sites must increase. Raises what `Tiles.read` raises.
        """
        if first >= end:
            return end
        width = self._tiles.tile[1]
        low, high = first // width, (end - 1) // width
        while low < high:
            middle = (low + high) // 2
            if int(self._decoded(middle)[-1]) < pos:
                low = middle + 1
            else:
                high = middle
        left = low * width
        start = max(first, left)
        part = self._decoded(low)[start - left : end - left]
        return start + int(np.searchsorted(part, pos))


def _decoder(tiles: Tiles) -> Callable[[int], npt.NDArray[np.int32]]:
    width = tiles.tile[1]

    def decode(number: int) -> npt.NDArray[np.int32]:
        stop = min((number + 1) * width, tiles.shape[1])
        found: npt.NDArray[np.int32] = tiles.read(_ONLY_ROW, number * width, stop)[0]
        return found

    return decode
