"""Writing bigWig: a value for each of many single bases, with the zoom levels of browsers.

Written from the description of the format in the supplement of Kent et al. 2010 (Bioinformatics
26:2204).
"""

import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from .bigwig_index import PLACE, chrom_tree, place_tree
from .bigwig_zoom import RECORD, Windows

_MAGIC: Final = 0x888FFC26
_VERSION: Final = 4
_HEADER: Final = struct.Struct("<I2H3Q2H2QIQ")
_ZOOM: Final = struct.Struct("<2I2Q")
_SUMMARY: Final = struct.Struct("<Q4d")
_MOST_ZOOMS: Final = 10
_SECTION: Final = struct.Struct("<5I2BH")
_VARIABLE_STEP: Final = 2
_ITEMS: Final = 1024
"""Values of a section, and records of a block of a zoom level, as UCSC's own programs have it."""

_PIECE: Final = 64 * _ITEMS
_LEVEL: Final = 1
MAX_LENGTH: Final = 2**32 - 1


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
        self._places: list[npt.NDArray[np.void]] = []
        self._windows = Windows()
        self._chrom, self._last = 0, -1
        self._starts = np.zeros(0, np.uint32)
        self._values = np.zeros(0, np.float32)
        self._n_values = 0
        self._low, self._high, self._sum, self._squares = np.inf, -np.inf, 0.0, 0.0
        self._largest = 0
        self._tree_at = _HEADER.size + _MOST_ZOOMS * _ZOOM.size + _SUMMARY.size
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
            infinite.
        """
        present = ~np.isnan(values)
        if not present.all():
            starts, values = starts[present], values[present]
        if not len(starts):
            return
        self._check(chrom, starts, values)
        if chrom != self._chrom:
            self._write(len(self._starts))
            self._chrom = chrom
        self._last = int(starts[-1])
        self._starts = np.concatenate([self._starts, starts.astype(np.uint32)])
        self._values = np.concatenate([self._values, values.astype(np.float32)])
        if len(self._starts) >= _PIECE:
            self._write(len(self._starts) // _PIECE * _PIECE)

    def _check(
        self, chrom: int, starts: npt.NDArray[np.integer], values: npt.NDArray[np.float32]
    ) -> None:
        name, length = self._names[chrom], self._lengths[chrom]
        before = self._last if chrom == self._chrom else -1
        if chrom < self._chrom or starts[0] <= before or (np.diff(starts) <= 0).any():
            message = f"found bases of {name} out of order, or twice"
            raise ValueError(message)
        if starts[-1] >= length:
            message = f"found base {int(starts[-1]) + 1:,} of {name}, which has {length:,}"
            raise ValueError(message)
        if np.isinf(values).any():
            message = f"found an infinite value on {name}"
            raise ValueError(message)

    def _write(self, n: int) -> None:
        """Write the first values that are waiting."""
        starts, values = self._starts[:n], self._values[:n]
        self._starts, self._values = self._starts[n:], self._values[n:]
        if not n:
            return
        self._windows.add(self._chrom, starts, values)
        self._n_values += n
        exact = values.astype(np.float64)
        self._low = min(self._low, float(exact.min()))
        self._high = max(self._high, float(exact.max()))
        self._sum += float(exact.sum())
        self._squares += float(np.dot(exact, exact))
        items = np.empty((n, 2), "<u4")
        items[:, 0] = starts
        items[:, 1] = values.view(np.uint32)
        blocks = []
        for first in range(0, n, _ITEMS):
            part = items[first : first + _ITEMS]
            low, end = int(part[0, 0]), int(part[-1, 0]) + 1
            head = _SECTION.pack(self._chrom, low, end, 0, 1, _VARIABLE_STEP, 0, len(part))
            blocks.append((self._chrom, low, self._chrom, end, head + part.tobytes()))
        self._places.append(self._put(blocks))

    def _put(self, blocks: list[tuple[int, int, int, int, bytes]]) -> npt.NDArray[np.void]:
        """Write blocks of data, compressed; return where they lie."""
        places = np.zeros(len(blocks), PLACE)
        at, out = self._file.tell(), []
        for k, (chrom, start, end_chrom, end, data) in enumerate(blocks):
            self._largest = max(self._largest, len(data))
            packed = isal_zlib.compress(data, _LEVEL)
            places[k] = chrom, start, end_chrom, end, at, len(packed)
            at += len(packed)
            out.append(packed)
        self._file.write(b"".join(out))
        return places

    def _finish(self) -> None:
        self._write(len(self._starts))
        places = np.concatenate(self._places) if self._places else np.zeros(0, PLACE)
        index_at = self._index(places)
        zooms = [self._zoom(size, records) for size, records in self._windows.levels()]
        self._file.write(struct.pack("<I", _MAGIC))
        summary_at = _HEADER.size + _MOST_ZOOMS * _ZOOM.size
        header = _HEADER.pack(
            _MAGIC, _VERSION, len(zooms), self._tree_at, self._data_at, index_at, 0, 0, 0,
            summary_at, self._largest, 0,
        )  # fmt: skip
        self._file.seek(self._data_at)
        self._file.write(struct.pack("<Q", len(places)))
        self._file.seek(_HEADER.size)
        self._file.write(b"".join(zooms))
        self._file.seek(summary_at)
        low, high = (self._low, self._high) if self._n_values else (0.0, 0.0)
        self._file.write(_SUMMARY.pack(self._n_values, low, high, self._sum, self._squares))
        self._file.flush()
        self._file.seek(0)
        self._file.write(header)

    def _index(self, places: npt.NDArray[np.void]) -> int:
        """Write the index of some blocks; return where it begins."""
        at = self._file.tell()
        self._file.write(place_tree(places, at, _ITEMS))
        return at

    def _zoom(self, size: int, records: npt.NDArray[np.void]) -> bytes:
        """Write a zoom level; return what the header says of it."""
        at = self._file.tell()
        self._file.write(struct.pack("<I", len(records)))
        blocks = []
        for first in range(0, len(records), _ITEMS):
            part = records[first : first + _ITEMS]
            low, high = part[0], part[-1]
            own = int(low["chrom"]), int(low["start"]), int(high["chrom"]), int(high["end"])
            blocks.append((*own, part.astype(RECORD).tobytes()))
        places = self._put(blocks)
        return _ZOOM.pack(size, 0, at, self._index(places))
