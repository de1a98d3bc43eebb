"""The index of a sorted BGZF table, as `tabix` makes it: a `.tbi` file.

It is made along with the table, from where each row lies. Written from the description of the
format in the SAM and tabix specifications.
"""

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .bgzf import EOF, compress

MAX_INDEXED: Final = 1 << 29
"""Bases of the longest chromosome that the index has room for."""

_WINDOW: Final = 14
_LEVELS: Final = ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1))
"""How many bits a bin of each level covers, and the number of the first; bin 0 covers all."""

_PSEUDO_BIN: Final = 37450
_NONE: Final = np.iinfo(np.uint64).max


class Preset(NamedTuple):
    """Which columns of a table say where a row is.

    Attributes
    ----------
    chrom, start, end : numbers of the columns, from 1; `end` may be that of the start
    zero_based : whether starts are 0-based and ends not included, as in BED
    comment : the character with which lines begin that are no rows
    """

    chrom: int = 1
    start: int = 2
    end: int = 3
    zero_based: bool = True
    comment: str = "#"


BED: Final = Preset()
SITES: Final = Preset(1, 2, 2, zero_based=False)
"""A table of single positions, 1-based."""


class TabixIndex:
    """Collects where rows lie; rows come in the order of the file.

    Parameters
    ----------
    names : of chromosomes; those without rows are left out
    """

    def __init__(self, names: Sequence[str], preset: Preset) -> None:
        self._names = names
        self._preset = preset
        self._chroms: dict[int, _Chrom] = {}
        self._last = 0

    def add(
        self,
        chrom: npt.NDArray[np.integer],
        start: npt.NDArray[np.integer],
        end: npt.NDArray[np.integer],
        places: npt.NDArray[np.uint64],
    ) -> None:
        """Add rows, of chromosomes in ascending order and by their starts.

        Parameters
        ----------
        chrom : numbers of the names, [n_rows]
        start, end : 0-based, the end not included
        places : virtual offsets of the rows and of their end, [n_rows + 1]

        Raises
        ------
        ValueError
            Where a row lies beyond what the index has room for, ends before it starts, or comes
            after one that should follow it: readers would not find it.
        """
        if not len(end):
            return
        if int(end.max()) > MAX_INDEXED:
            message = (
                f"found a row at position {int(end.max()):,}; a .tbi index has room for "
                f"{MAX_INDEXED:,} bases of a chromosome"
            )
            raise ValueError(message)
        self._check_order(chrom, start, end)
        cuts = np.flatnonzero(np.diff(chrom, prepend=-1))
        for first, last in zip(cuts, [*cuts[1:], len(chrom)], strict=True):
            number = int(chrom[first])
            own = self._chroms.setdefault(number, _Chrom())
            own.add(
                start[first:last].astype(np.int64),
                end[first:last].astype(np.int64),
                places[first : last + 1],
            )

    def _check_order(
        self,
        chrom: npt.NDArray[np.integer],
        start: npt.NDArray[np.integer],
        end: npt.NDArray[np.integer],
    ) -> None:
        order = chrom.astype(np.int64) * MAX_INDEXED + start
        back = np.diff(order, prepend=self._last) < 0
        wrong = np.flatnonzero(back | (start < 0) | (end <= start))
        if len(wrong):
            k = int(wrong[0])
            message = (
                f"found a row of {self._names[int(chrom[k])]} from {int(start[k]):,} to "
                f"{int(end[k]):,} (0-based); expected rows of one base at least, in order"
            )
            raise ValueError(message)
        self._last = int(order[-1])

    def data(self) -> bytes:
        """Return the bytes of the `.tbi` file."""
        preset = self._preset
        names = b"".join(self._names[number].encode() + b"\0" for number in self._chroms)
        columns = (preset.chrom, preset.start, preset.end)
        kind = 0x10000 if preset.zero_based else 0
        head = struct.pack(
            "<4s8i", b"TBI\1", len(self._chroms), kind, *columns, ord(preset.comment), 0, len(names)
        )
        body = b"".join(own.data() for own in self._chroms.values())
        return compress(head + names + body + struct.pack("<Q", 0)).data + EOF


class _Chrom:
    """The bins and the linear index of a chromosome."""

    def __init__(self) -> None:
        self._bins: dict[int, list[tuple[int, int]]] = {}
        self._windows = np.full(0, _NONE, np.uint64)
        self._n_rows = 0
        self._first = self._end = 0

    def add(
        self,
        start: npt.NDArray[np.int64],
        end: npt.NDArray[np.int64],
        places: npt.NDArray[np.uint64],
    ) -> None:
        if not self._n_rows:
            self._first = int(places[0])
        self._end = int(places[-1])
        self._n_rows += len(start)
        bins = _bins(start, end)
        cuts = np.flatnonzero(np.diff(bins, prepend=-1))
        for first, last in zip(cuts, [*cuts[1:], len(bins)], strict=True):
            self._put(int(bins[first]), int(places[first]), int(places[last]))
        self._cover(start >> _WINDOW, (end - 1) >> _WINDOW, places[:-1])

    def _put(self, number: int, first: int, last: int) -> None:
        """Add a chunk to a bin, or to the last one of the bin where that ends in its member."""
        chunks = self._bins.setdefault(number, [])
        if chunks and chunks[-1][1] >> 16 == first >> 16:
            chunks[-1] = (chunks[-1][0], last)
        else:
            chunks.append((first, last))

    def _cover(
        self,
        first: npt.NDArray[np.int64],
        last: npt.NDArray[np.int64],
        places: npt.NDArray[np.uint64],
    ) -> None:
        """Note for each window where the first row lies that overlaps it."""
        n = int(last.max()) + 1
        if n > len(self._windows):
            more = np.full(n - len(self._windows), _NONE, np.uint64)
            self._windows = np.concatenate([self._windows, more])
        for step in range(int((last - first).max()) + 1):
            inside = first + step <= last
            np.minimum.at(self._windows, first[inside] + step, places[inside])

    def data(self) -> bytes:
        parts = [struct.pack("<i", len(self._bins) + 1)]
        for number, chunks in sorted(self._bins.items()):
            parts.append(struct.pack("<Ii", number, len(chunks)))
            parts += [struct.pack("<QQ", *chunk) for chunk in chunks]
        parts.append(struct.pack("<Ii", _PSEUDO_BIN, 2))
        parts.append(struct.pack("<4Q", self._first, self._end, self._n_rows, 0))
        windows = self._windows.copy()
        windows[0] = 0 if windows[0] == _NONE else windows[0]
        known = np.maximum.accumulate(np.where(windows == _NONE, 0, np.arange(len(windows))))
        parts.append(struct.pack("<i", len(windows)) + windows[known].astype("<u8").tobytes())
        return b"".join(parts)


def _bins(start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the smallest bin that holds each row."""
    found = np.zeros(len(start), np.int64)
    for bits, first in reversed(_LEVELS):
        same = start >> bits == (end - 1) >> bits
        found[same] = first + (start[same] >> bits)
    return found
