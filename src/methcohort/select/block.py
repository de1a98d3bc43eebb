"""Some sites of a store: which they are, and what was read of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .spans import Spans, n_of


@dataclass(frozen=True, slots=True)
class Block:
    """Some sites of a store that follow each other, or some of these.

    Attributes
    ----------
    start, stop : numbers of the first site and of the end
    index : int64[n], which of these sites, counted from `start`; None for all of them
    chrom : int32[n], numbers of the chromosomes
    pos : int32[n], 1-based
    values : by layer, [n_samples, n] in the dtype of the layer
    """

    start: int
    stop: int
    index: npt.NDArray[np.int64] | None
    chrom: npt.NDArray[np.int32]
    pos: npt.NDArray[np.int32]
    values: dict[str, npt.NDArray[Any]]
    _kind_of: Callable[[str], npt.NDArray[np.uint8]]

    @property
    def strand(self) -> npt.NDArray[np.uint8]:
        """Strand of the sites, uint8[n], read when asked for; `Store.legends` names the values."""
        return self._kind_of("strand")

    @property
    def context(self) -> npt.NDArray[np.uint8]:
        """Context of the sites, uint8[n], read when asked for."""
        return self._kind_of("context")

    @property
    def sites(self) -> npt.NDArray[np.int64]:
        """Numbers of the sites in the store, int64[n]."""
        index = np.arange(self.stop - self.start) if self.index is None else self.index
        return self.start + index


class Sites(NamedTuple):
    """Chosen sites: ranges to read, one after the other, and which of what is read to keep."""

    runs: Spans
    keep: npt.NDArray[np.int64] | None

    @property
    def n(self) -> int:
        """Return how many there are."""
        return n_of(self.runs) if self.keep is None else len(self.keep)

    def take(self, read: Callable[[int, int], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """Return what a function reads of the sites [start, stop), the last axis, of those kept."""
        parts = [read(int(start), int(stop)) for start, stop in self.runs]
        found = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
        return found if self.keep is None else np.take(found, self.keep, axis=-1)
