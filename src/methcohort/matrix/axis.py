"""The sites of a store or a cohort, in order: their positions, chromosome by chromosome."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine import Arenas, Memory, SharedArray


class Axis(NamedTuple):
    """Sites in order: int32[n_sites] positions, and int64[n_chroms + 1], first of each chromosome.

    The last value of `offset` is the number of sites.
    """

    pos: npt.NDArray[np.int32]
    offset: npt.NDArray[np.int64]

    def spans(self, first: int, end: int) -> npt.NDArray[np.int64]:
        """Return which of the sites [first, end) are of which chromosome.

        int64[n, 3] of chromosome, first site and end; chromosomes without any are left out.
        """
        low = int(np.searchsorted(self.offset, first, side="right")) - 1
        high = int(np.searchsorted(self.offset, end))
        start = np.maximum(self.offset[low:high], first)
        stop = np.minimum(self.offset[low + 1 : high + 1], end)
        table = np.column_stack([np.arange(low, high), start, stop])
        return table[start < stop]


@dataclass(frozen=True, slots=True)
class SharedAxis:
    """An axis in shared memory: what crosses the pipe instead of it."""

    pos: SharedArray
    offset: SharedArray

    def open(self, arenas: Arenas) -> Axis:
        """Return the sites, as views of the shared memory."""
        return Axis(self.pos.open(arenas), self.offset.open(arenas))


@dataclass(frozen=True, slots=True)
class Sites:
    """The sites of a cohort, in the process that found them.

    Attributes
    ----------
    pos : their positions, int32[n]
    offset : int64[n_chroms + 1], first site of each chromosome
    """

    pos: SharedArray
    offset: npt.NDArray[np.int64]

    @property
    def n(self) -> int:
        """Number of sites."""
        return self.pos.shape[0]

    def share(self, memory: Memory) -> SharedAxis:
        """Return the sites as workers find them; `offset` is a copy that can be released."""
        return SharedAxis(self.pos, memory.share(self.offset))
