"""Writing bigWig: a value for each of many single bases, with the zoom levels of browsers.

Written from the description of the format in the supplement of Kent et al. 2010 (Bioinformatics
26:2204).
"""

import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from .bigwig_blocks import ITEMS, Blocks
from .bigwig_index import chrom_tree, place_tree
from .bigwig_zoom import MOST_LEVELS, Values, Windows, joined

_MAGIC: Final = 0x888FFC26
_VERSION: Final = 4
_HEADER: Final = struct.Struct("<I2H3Q2H2QIQ")
_ZOOM: Final = struct.Struct("<2I2Q")
_SUMMARY: Final = struct.Struct("<Q4d")
_SECTION: Final = struct.Struct("<5I2BH")
_VARIABLE_STEP: Final = 2
_PIECE: Final = 64 * ITEMS
"""Values that are written at once."""

MAX_LENGTH: Final = 2**32 - 1
_NOTHING: Final = Values(np.zeros(0, np.uint32), np.zeros(0, np.uint32), np.zeros(0, np.float32))


class BigWig:
    """Writes a bigWig file of values at single bases; a context manager.

    Whatever the pieces in which values come, the file is the same. All chromosomes are in its
    header, also those without values, so that readers know their lengths. After an error the file
    has no header and is no bigWig.

    Parameters
    ----------
    path : the file to write
    names, lengths : of the chromosomes
    """

    def __init__(self, path: str | Path, names: Sequence[str], lengths: Sequence[int]) -> None:
        self._names, self._lengths = names, lengths
        self._file = Path(path).open("wb")  # noqa: SIM115 - closed by the context
        self._blocks = Blocks(self._file)
        self._windows = Windows(Path(path).parent)
        self._chrom, self._last = 0, -1
        self._waiting: list[Values] = []
        self._n_waiting = 0
        self._tree_at = _HEADER.size + MOST_LEVELS * _ZOOM.size + _SUMMARY.size
        self._file.write(bytes(self._tree_at))
        self._file.write(chrom_tree(names, lengths, self._tree_at))
        self._data_at = self._file.tell()
        self._file.write(bytes(8))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._windows.close()
            self._file.close()

    def add(
        self, chrom: int, starts: npt.NDArray[np.integer], values: npt.NDArray[np.float32]
    ) -> None:
        """Add values of bases; those that are NaN are left out.

        Parameters
        ----------
        chrom : number of the name; chromosomes come one after the other
        starts : 0-based positions, ascending

        Raises
        ------
        ValueError
            Where bases are out of order, come twice or lie beyond the chromosome, or a value is
            infinite, or there are not as many values as bases.
        """
        with np.errstate(over="ignore"):  # what is too large is infinite then, and refused
            values = np.asarray(values, np.float32)
        if len(starts) != len(values):
            message = f"found {len(starts):,} bases and {len(values):,} values"
            raise ValueError(message)
        present = ~np.isnan(values)
        if not present.all():
            starts, values = starts[present], values[present]
        if not len(starts):
            return
        self._check(chrom, starts, values)
        self._chrom, self._last = chrom, int(starts[-1])
        # Copies, as a caller may use its arrays again.
        own = Values(
            np.full(len(starts), chrom, np.uint32), np.array(starts, np.uint32),
            np.array(values, np.float32),
        )  # fmt: skip
        self._waiting.append(own)
        self._n_waiting += len(starts)
        if self._n_waiting >= _PIECE:
            self._write(last=False)

    def _check(
        self, chrom: int, starts: npt.NDArray[np.integer], values: npt.NDArray[np.float32]
    ) -> None:
        name, length = self._names[chrom], self._lengths[chrom]
        before = self._last if chrom == self._chrom else -1
        # Compared, not subtracted: a difference of unsigned numbers is never negative.
        if chrom < self._chrom or starts[0] <= before or (starts[1:] <= starts[:-1]).any():
            message = f"found bases of {name} out of order, or twice"
            raise ValueError(message)
        if starts[-1] >= length:
            message = f"found base {int(starts[-1]) + 1:,} of {name}, which has {length:,}"
            raise ValueError(message)
        if np.isinf(values).any():
            message = f"found an infinite value on {name}"
            raise ValueError(message)

    def _write(self, *, last: bool) -> None:
        """Write the sections that are complete, or all."""
        if not self._n_waiting:
            self._windows.add(_NOTHING, last=last)
            return
        waiting = joined(self._waiting)
        cuts = _sections(waiting.chrom)
        if not last:
            cuts = cuts[:-1]
        items = np.empty((len(waiting.start), 2), "<u4")
        items[:, 0] = waiting.start
        items[:, 1] = waiting.value.view(np.uint32)
        for first, end in pairwise(cuts):
            self._put(int(waiting.chrom[first]), items[first:end])
        self._windows.add(waiting.first(cuts[-1]), last=last)
        self._waiting = [waiting.after(cuts[-1])]
        self._n_waiting = len(items) - cuts[-1]

    def _put(self, chrom: int, items: npt.NDArray[np.uint32]) -> None:
        """Write a section."""
        start, end = int(items[0, 0]), int(items[-1, 0]) + 1
        head = _SECTION.pack(chrom, start, end, 0, 1, _VARIABLE_STEP, 0, len(items))
        self._blocks.put((chrom, start), (chrom, end), head + items.tobytes())

    def _finish(self) -> None:
        self._write(last=True)
        places = self._blocks.places()
        index_at = self._index(places)
        levels = list(self._windows.levels())
        zooms = [self._zoom(size, n, blocks) for size, n, blocks in levels]
        largest = max([self._blocks.largest, *(blocks.largest for _, _, blocks in levels)])
        self._file.write(struct.pack("<I", _MAGIC))
        summary_at = _HEADER.size + MOST_LEVELS * _ZOOM.size
        header = _HEADER.pack(
            _MAGIC, _VERSION, len(zooms), self._tree_at, self._data_at, index_at, 0, 0, 0,
            summary_at, largest, 0,
        )  # fmt: skip
        self._file.seek(self._data_at)
        self._file.write(struct.pack("<Q", len(places)))
        self._file.seek(_HEADER.size)
        self._file.write(b"".join(zooms))
        self._file.seek(summary_at)
        self._file.write(_SUMMARY.pack(*self._windows.summary()))
        self._file.flush()
        self._file.seek(0)
        self._file.write(header)

    def _index(self, places: npt.NDArray[np.void]) -> int:
        """Write the index of some blocks; return where it begins."""
        at = self._file.tell()
        self._file.write(place_tree(places, at, ITEMS))
        return at

    def _zoom(self, size: int, n: int, blocks: Blocks) -> bytes:
        """Write a zoom level of n windows; return what the header says of it."""
        at = self._file.tell()
        self._file.write(struct.pack("<I", n))
        return _ZOOM.pack(size, 0, at, self._index(blocks.copy(self._file)))


def _sections(chrom: npt.NDArray[np.uint32]) -> list[int]:
    """Return where sections begin, and the end of the last: of one chromosome, and of `ITEMS`."""
    new = (np.flatnonzero(chrom[1:] != chrom[:-1]) + 1).tolist()
    runs = pairwise([0, *new, len(chrom)])
    return [*(k for first, end in runs for k in range(first, end, ITEMS)), len(chrom)]
