"""Rows of text from columns of numbers, tens of millions of cells a second."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from .kernels import (
    MISSING,
    SEEN_BITS,
    add_number_lengths,
    add_text_lengths,
    put_numbers,
    put_texts,
    shorten,
)

_ROWS: Final = 8192
"""Rows that are written at a time: what they take stays in the cache of a processor."""

_TAB: Final = ord("\t")
_NEWLINE: Final = ord("\n")
_INT64: Final = np.iinfo(np.int64)
_MOST_DECIMALS: Final = 9
"""With so many a float32 times their power of ten is exact in a float64, and so is rounding it."""


class Column(Protocol):
    """A column of a table, of which some rows can be written at a time."""

    def __len__(self) -> int: ...

    def cells(self, rows: slice) -> "Cells":
        """Return what is to be written of some rows."""


class Cells(Protocol):
    """The cells of some rows of one column."""

    def add_lengths(self, lengths: npt.NDArray[np.int64]) -> None:
        """Add the bytes that each cell takes."""

    def put(self, cursor: npt.NDArray[np.int64], out: npt.NDArray[np.uint8], end: int) -> None:
        """Write each cell and one more byte where the cursor of its row is, and move that on."""


@dataclass(frozen=True)
class Texts:
    """Texts by their numbers, as names of chromosomes.

    Attributes
    ----------
    codes : whole numbers, [n_rows]
    names : what they stand for
    """

    codes: npt.NDArray[Any]
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.codes)

    def cells(self, rows: slice) -> "_TextCells":
        """Return what is to be written of some rows. Raises ValueError where a code has no name."""
        codes = np.ascontiguousarray(self.codes[rows], np.int64)
        if len(codes) and not 0 <= codes.min() <= codes.max() < len(self.names):
            message = (
                f"found codes from {codes.min()} to {codes.max()}; expected 0 to "
                f"{len(self.names) - 1}"
            )
            raise ValueError(message)
        return _TextCells(codes, *self._table)

    @cached_property
    def _table(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        encoded = [name.encode() for name in self.names]
        offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return offsets, np.frombuffer(b"".join(encoded), np.uint8)


@dataclass(frozen=True)
class Integers:
    """Whole numbers, of any integer dtype."""

    values: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.values)

    def cells(self, rows: slice) -> "_NumberCells":
        """Return what is to be written of some rows. Raises ValueError for other numbers."""
        values = self.values[rows]
        if values.dtype.kind not in "iu":
            message = f"found values of {values.dtype}; expected integers"
            raise ValueError(message)
        large = values.dtype == np.uint64 and len(values) and values.max() > _INT64.max
        scaled: npt.NDArray[Any] = np.ascontiguousarray(values, np.uint64 if large else np.int64)
        return _NumberCells(scaled, np.zeros(len(scaled), np.uint8), b"")


@dataclass(frozen=True)
class Decimals:
    """Whole numbers, of which so many of the last digits stand behind the point.

    Attributes
    ----------
    values : int64[n_rows]
    decimals : how many digits
    absent : which rows have none, bool[n_rows]; None where all have one
    missing : what is written there
    """

    values: npt.NDArray[np.int64]
    decimals: int
    absent: npt.NDArray[np.bool_] | None = None
    missing: str = "NA"

    def __len__(self) -> int:
        return len(self.values)

    def cells(self, rows: slice) -> "_NumberCells":
        """Return what is to be written of some rows."""
        scaled = np.ascontiguousarray(self.values[rows], np.int64)
        decimals = np.full(len(scaled), self.decimals, np.uint8)
        if self.absent is not None:
            decimals[self.absent[rows]] = MISSING
        return _NumberCells(scaled, decimals, self.missing.encode())


@dataclass(frozen=True)
class Reals:
    """Float32 values with the fewest digits that read back as they are, or with so many decimals.

    There is never an exponent, and no minus before a zero.

    Attributes
    ----------
    values : float32[n_rows]; NaN is missing
    decimals : from 0 to 9, rounded to the nearest, ties to even; None takes as few as read back
    missing : what is written where there is no value
    """

    values: npt.NDArray[np.float32]
    decimals: int | None = None
    missing: str = "NA"

    def __len__(self) -> int:
        return len(self.values)

    def cells(self, rows: slice) -> "_NumberCells":
        """Return what is to be written of some rows.

        Raises ValueError where a value is infinite, or beyond what is written without an exponent.
        """
        if self.values.dtype != np.float32:  # from float64 they would be rounded twice
            message = f"found values of {self.values.dtype}; expected float32"
            raise ValueError(message)
        values = np.ascontiguousarray(self.values[rows])
        missing = self.missing.encode()
        if self.decimals is None:
            return self._shortest(values, missing)
        if not 0 <= self.decimals <= _MOST_DECIMALS:
            message = f"found {self.decimals} decimals; expected 0 to {_MOST_DECIMALS}"
            raise ValueError(message)
        absent = np.isnan(values)
        exact = np.rint(np.where(absent, 0, values).astype(np.float64) * 10.0**self.decimals)
        if (np.abs(exact) >= 2.0**63).any():
            message = "found a value that is too large to be written with decimals"
            raise ValueError(message)
        decimals = np.where(absent, MISSING, self.decimals).astype(np.uint8)
        return _NumberCells(exact.astype(np.int64), decimals, missing)

    def _shortest(self, values: npt.NDArray[np.float32], missing: bytes) -> "_NumberCells":
        scaled, decimals = np.zeros(len(values), np.int64), np.zeros(len(values), np.uint8)
        fault = shorten(values, values.view(np.int32), scaled, decimals, _MEMORY.seen)
        if fault < len(values):
            message = f"found {values[fault]}, which is not written without an exponent"
            raise ValueError(message)
        return _NumberCells(scaled, decimals, missing)


class _Memory(threading.local):
    """What `shorten` remembers, in each thread by itself."""

    def __init__(self) -> None:
        self.seen = np.full((1 << SEEN_BITS, 2), -1, np.int64)


_MEMORY: Final = _Memory()


@dataclass(frozen=True)
class _TextCells:
    codes: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    texts: npt.NDArray[np.uint8]

    def add_lengths(self, lengths: npt.NDArray[np.int64]) -> None:
        add_text_lengths(self.codes, self.offsets, lengths)

    def put(self, cursor: npt.NDArray[np.int64], out: npt.NDArray[np.uint8], end: int) -> None:
        put_texts(self.codes, self.offsets, self.texts, cursor, out, end)


@dataclass(frozen=True)
class _NumberCells:
    """Digits, int64 or uint64, and how many of them are decimals."""

    scaled: npt.NDArray[Any]
    decimals: npt.NDArray[np.uint8]
    missing: bytes

    def add_lengths(self, lengths: npt.NDArray[np.int64]) -> None:
        add_number_lengths(self.scaled, self.decimals, len(self.missing), lengths)

    def put(self, cursor: npt.NDArray[np.int64], out: npt.NDArray[np.uint8], end: int) -> None:
        missing = np.frombuffer(self.missing, np.uint8)
        put_numbers(self.scaled, self.decimals, missing, cursor, out, end)


@dataclass(frozen=True)
class Rows:
    """Rows of text.

    Attributes
    ----------
    text : uint8[n_bytes]; cells with tabs between them, each row with a newline
    starts : int64[n_rows + 1], first byte of each row, and the end
    """

    text: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]


def format_rows(columns: Sequence[Column]) -> Rows:
    """Return a table as text.

    Raises
    ------
    ValueError
        Where columns differ in length, or a value cannot be written.
    """
    n_rows = len(columns[0])
    if any(len(column) != n_rows for column in columns):
        message = f"found columns of {', '.join(str(len(one)) for one in columns)} rows"
        raise ValueError(message)
    parts, starts = [], np.zeros(n_rows + 1, np.int64)
    n_bytes = 0
    for first in range(0, n_rows, _ROWS):
        rows = slice(first, min(first + _ROWS, n_rows))
        text, ends = _formatted([column.cells(rows) for column in columns], rows.stop - first)
        parts.append(text)
        starts[first + 1 : rows.stop + 1] = ends + n_bytes
        n_bytes += len(text)
    return Rows(np.concatenate(parts) if parts else np.zeros(0, np.uint8), starts)


def _formatted(
    cells: Sequence[Cells], n_rows: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return some rows as text, and the end of each."""
    lengths = np.full(n_rows, len(cells), np.int64)
    for column in cells:
        column.add_lengths(lengths)
    ends = np.cumsum(lengths)
    cursor = ends - lengths
    out = np.empty(ends[-1], np.uint8)
    for column in cells[:-1]:
        column.put(cursor, out, _TAB)
    cells[-1].put(cursor, out, _NEWLINE)
    return out, ends
