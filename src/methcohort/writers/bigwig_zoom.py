"""Zoom levels of a bigWig file: sums over windows, from which browsers draw what is far away."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

_FINEST: Final = 1024
"""Bases of the windows of the first level. What is drawn finer than this is read from the data, a
few thousand values for a screen; a human genome has three million such windows."""

_STEP: Final = 4
_MOST_LEVELS: Final = 10

RECORD: Final = np.dtype(
    [
        ("chrom", "<u4"), ("start", "<u4"), ("end", "<u4"), ("n", "<u4"),
        ("low", "<f4"), ("high", "<f4"), ("sum", "<f4"), ("squares", "<f4"),
    ]
)  # fmt: skip
"""What the file says of a window: how many of its bases have a value, and sums of these."""

_EXACT: Final = np.dtype([*RECORD.descr[:6], ("sum", "<f8"), ("squares", "<f8")])


class Windows:
    """Sums over the windows of the first level, chromosome by chromosome.

    Values of a window are summed at once, so that the sums do not depend on the pieces in which
    the values come.
    """

    def __init__(self) -> None:
        self._done: list[npt.NDArray[np.void]] = []
        self._chrom = 0
        self._starts: npt.NDArray[np.uint32] = np.zeros(0, np.uint32)
        self._values: npt.NDArray[np.float32] = np.zeros(0, np.float32)

    def add(
        self, chrom: int, starts: npt.NDArray[np.uint32], values: npt.NDArray[np.float32]
    ) -> None:
        """Add values of bases in ascending order."""
        if chrom != self._chrom:
            self._flush(len(self._starts))
            self._chrom = chrom
        self._starts = np.concatenate([self._starts, starts])
        self._values = np.concatenate([self._values, values])
        if len(self._starts):
            last = self._starts[-1] // _FINEST * _FINEST
            self._flush(int(np.searchsorted(self._starts, last)))

    def levels(self) -> Iterator[tuple[int, npt.NDArray[np.void]]]:
        """Yield the bases of a window, and the windows with values, of each level."""
        self._flush(len(self._starts))
        windows = np.concatenate(self._done) if self._done else np.zeros(0, _EXACT)
        self._done.clear()
        size = _FINEST
        for _ in range(_MOST_LEVELS):
            if not len(windows):
                return
            yield size, windows.astype(RECORD)
            if len(windows) == len(np.unique(windows["chrom"])):
                return
            size *= _STEP
            windows = _joined(windows, size)

    def _flush(self, n: int) -> None:
        """Sum up the first values, which fill their windows."""
        if not n:
            return
        starts, values = self._starts[:n], self._values[:n]
        self._starts, self._values = self._starts[n:], self._values[n:]
        found = np.zeros(n, _EXACT)
        found["chrom"], found["start"], found["end"] = self._chrom, starts, starts + 1
        found["n"] = 1
        found["low"] = found["high"] = values
        found["sum"] = values
        found["squares"] = values.astype(np.float64) ** 2
        self._done.append(_joined(found, _FINEST))


def _joined(windows: npt.NDArray[np.void], size: int) -> npt.NDArray[np.void]:
    """Return sums over larger windows, of the part of each that has values."""
    place = windows["start"] // size
    cut = (np.diff(place.astype(np.int64), prepend=-1) != 0) | (
        np.diff(windows["chrom"].astype(np.int64), prepend=-1) != 0
    )
    first = np.flatnonzero(cut)
    found = np.zeros(len(first), _EXACT)
    found["chrom"], found["start"] = windows["chrom"][first], windows["start"][first]
    found["end"] = windows["end"][np.append(first[1:], len(windows)) - 1]
    found["n"] = np.add.reduceat(windows["n"], first)
    found["low"] = np.minimum.reduceat(windows["low"], first)
    found["high"] = np.maximum.reduceat(windows["high"], first)
    for name in ("sum", "squares"):
        found[name] = np.add.reduceat(windows[name], first)
    return found
