"""Zoom levels of a bigWig file: sums over windows, from which browsers draw what is far away."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .bigwig_blocks import ITEMS, Blocks

_FINEST: Final = 1024
"""Bases of the windows of the first level. What is drawn finer than this is read from the data, a
few thousand values for a screen; a human genome has three million such windows."""

_STEP: Final = 4
MOST_LEVELS: Final = 10
_TOGETHER: Final = 4 * ITEMS
"""Windows that are summed at once, as each call of numpy takes its time."""

_IN_MEMORY: Final = 1 << 20
"""Bytes of zoom levels that wait in memory; a human genome has tens of millions."""

RECORD: Final = np.dtype(
    [
        ("chrom", "<u4"), ("start", "<u4"), ("end", "<u4"), ("n", "<u4"),
        ("low", "<f4"), ("high", "<f4"), ("sum", "<f4"), ("squares", "<f4"),
    ]
)  # fmt: skip
"""What the file says of a window: how many of its bases have a value, and sums of these."""

_EXACT: Final = np.dtype([*RECORD.descr[:6], ("sum", "<f8"), ("squares", "<f8")])


class Values(NamedTuple):
    """Values of bases, in the order of the genome.

    Attributes
    ----------
    chrom : numbers of the chromosomes, uint32[n]
    start : 0-based positions, uint32[n]
    value : float32[n]
    """

    chrom: npt.NDArray[np.uint32]
    start: npt.NDArray[np.uint32]
    value: npt.NDArray[np.float32]

    def first(self, n: int) -> "Values":
        """Return the first of them."""
        return Values(self.chrom[:n], self.start[:n], self.value[:n])

    def after(self, n: int) -> "Values":
        """Return a copy of the rest, which does not keep the first in memory."""
        return Values(self.chrom[n:].copy(), self.start[n:].copy(), self.value[n:].copy())


def joined(pieces: list[Values]) -> Values:
    """Return the values of several pieces."""
    return Values(*(np.concatenate(column) for column in zip(*pieces, strict=True)))


class Summary(NamedTuple):
    """How many values there are, the lowest and the highest, their sum and that of squares."""

    n: int
    low: float
    high: float
    sum: float
    squares: float


class Windows:
    """Sums over the windows of all levels; a level is made of the windows of the one before.

    A window is summed when all of it is there, and at once, so that its sums do not depend on the
    pieces in which values come. Complete windows wait in a file without a name beside the one
    that is written, as the levels come after the data.
    """

    def __init__(self, folder: Path) -> None:
        # Closed by `close`, as the writer closes its own file.
        self._file: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY, dir=str(folder))  # noqa: SIM115
        self._values: list[Values] = []
        self._levels = [_Level(_FINEST * _STEP**k, self._file) for k in range(MOST_LEVELS)]
        self._coarsest: list[npt.NDArray[np.void]] = []

    def close(self) -> None:
        """Drop what waits."""
        self._file.close()

    def add(self, values: Values, *, last: bool = False) -> None:
        """Add values, in the order of the genome; after the last ones, all windows are complete."""
        self._values.append(values)
        waiting = joined(self._values)
        first = _firsts(waiting.chrom, waiting.start, _FINEST)
        end = len(waiting.start) if last or not len(first) else int(first[-1])
        self._values = [waiting.after(end)]
        found = _sums_of(waiting.first(end), first[first < end])
        for level in self._levels:
            found = level.add(found, last=last)
            if not len(found) and not last:
                return
        self._coarsest.append(found)

    def levels(self) -> Iterator[tuple[int, int, Blocks]]:
        """Yield the bases of a window, the number of windows with values, and these, by level.

        The last level is that with one window for each chromosome.
        """
        n_chroms = len(np.unique(np.concatenate(self._coarsest)["chrom"]))
        for level in self._levels:
            if level.n:
                yield level.size, level.n, level.blocks
            if level.n == n_chroms:
                return

    def summary(self) -> Summary:
        """Return what all values come to."""
        found = np.concatenate(self._coarsest)
        if not len(found):
            return Summary(0, 0.0, 0.0, 0.0, 0.0)
        return Summary(
            int(found["n"].sum(dtype=np.uint64)),
            float(found["low"].min()),
            float(found["high"].max()),
            float(found["sum"].sum()),
            float(found["squares"].sum()),
        )


class _Level:
    """Windows of one size, of which the last few wait to be written, and to be joined."""

    def __init__(self, size: int, file: IO[bytes]) -> None:
        self.size, self.n = size, 0
        self.blocks = Blocks(file)
        self._records = np.zeros(0, RECORD)
        self._waiting: list[npt.NDArray[np.void]] = []

    def add(self, windows: npt.NDArray[np.void], *, last: bool) -> npt.NDArray[np.void]:
        """Add windows; return those of the next level that are complete."""
        self._put(windows, last=last)
        self._waiting.append(windows)
        if sum(map(len, self._waiting)) < _TOGETHER and not last:
            return windows[:0]
        waiting = np.concatenate(self._waiting)
        first = _firsts(waiting["chrom"], waiting["start"], self.size * _STEP)
        end = len(waiting) if last else int(first[-1])
        self._waiting = [waiting[end:].copy()]
        return _joined(waiting[:end], first[first < end])

    def _put(self, windows: npt.NDArray[np.void], *, last: bool) -> None:
        """Write the records of all blocks that are full, or of all."""
        self.n += len(windows)
        records = np.concatenate([self._records, windows.astype(RECORD)])
        end = len(records) if last else len(records) // ITEMS * ITEMS
        for k in range(0, end, ITEMS):
            part = records[k : min(k + ITEMS, end)]
            start = int(part["chrom"][0]), int(part["start"][0])
            self.blocks.put(start, (int(part["chrom"][-1]), int(part["end"][-1])), part.tobytes())
        self._records = records[end:].copy()


def _firsts(
    chrom: npt.NDArray[np.uint32], start: npt.NDArray[np.uint32], size: int
) -> npt.NDArray[np.intp]:
    """Return where the windows of a size begin."""
    place = start // np.uint32(size)
    new = np.ones(len(place), np.bool_)
    new[1:] = (place[1:] != place[:-1]) | (chrom[1:] != chrom[:-1])
    return np.flatnonzero(new)


def _sums_of(values: Values, first: npt.NDArray[np.intp]) -> npt.NDArray[np.void]:
    """Return sums over windows, of the part of each that has values."""
    found = np.zeros(len(first), _EXACT)
    if len(first):
        ends = np.append(first[1:], len(values.start))
        exact = values.value.astype(np.float64)
        found["chrom"], found["start"] = values.chrom[first], values.start[first]
        found["end"] = values.start[ends - 1] + np.uint32(1)
        found["n"] = ends - first
        found["low"] = np.minimum.reduceat(values.value, first)
        found["high"] = np.maximum.reduceat(values.value, first)
        found["sum"] = np.add.reduceat(exact, first)
        found["squares"] = np.add.reduceat(exact * exact, first)
    return found


def _joined(windows: npt.NDArray[np.void], first: npt.NDArray[np.intp]) -> npt.NDArray[np.void]:
    """Return sums over larger windows, of which each begins at one of these windows."""
    found = windows[first]
    if len(first):
        found["end"] = windows["end"][np.append(first[1:], len(windows)) - 1]
        found["low"] = np.minimum.reduceat(windows["low"], first)
        found["high"] = np.maximum.reduceat(windows["high"], first)
        for name in ("n", "sum", "squares"):
            found[name] = np.add.reduceat(windows[name], first)
    return found
