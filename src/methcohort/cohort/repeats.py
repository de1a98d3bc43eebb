"""Finding the line of a repeated site in an unsorted file, for the message about it.

Rows do not carry their line numbers, so the file is read again: once to find the row, once more
to stop at it.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError
from ..readers import TextReader
from ..rows import Columns, new_columns
from ..store.schema import MAX_COUNT

_PIECE: Final = 1 << 16

Site = tuple[int, int]


def find_repeat(
    open_reader: Callable[[], TextReader], sites: npt.NDArray[np.int64]
) -> tuple[int, Site]:
    """Return the first line that repeats one of `sites`, and that site.

    Parameters
    ----------
    open_reader : returns a new reader of the file
    sites : int64[n, 2], chromosome number and position of sites that have several rows
    """
    seen: set[int] = set()

    def is_second(key: int, _c: int, _t: int) -> bool:
        if key in seen:
            return True
        seen.add(key)
        return False

    return _find(open_reader, sites, is_second)


def find_overflow(
    open_reader: Callable[[], TextReader], sites: npt.NDArray[np.int64]
) -> tuple[int, Site]:
    """Return the first line at which the rows of one of `sites` add up to too much."""
    sums: dict[int, tuple[int, int]] = {}

    def is_too_much(key: int, c: int, t: int) -> bool:
        before = sums.get(key, (0, 0))
        sums[key] = before[0] + c, before[1] + t
        return max(sums[key]) > MAX_COUNT

    return _find(open_reader, sites, is_too_much)


def _find(
    open_reader: Callable[[], TextReader],
    sites: npt.NDArray[np.int64],
    is_it: Callable[[int, int, int], bool],
) -> tuple[int, Site]:
    finder = _Finder(sites, is_it)
    row = _read_until(open_reader(), finder)
    reader = open_reader()
    _read_until(reader, _Stop(row))
    return reader.next_line, finder.site


class _Reached(Exception):
    """The row looked for, counted from 0."""

    def __init__(self, row: int) -> None:
        super().__init__()
        self.row = row


def _read_until(reader: TextReader, sink: "_Pieces") -> int:
    """Read until the sink has what it looks for; return the row."""
    try:
        try:
            reader.read(sink)
        except InputError:  # the row looked for lies before another fault
            reader.end_block(sink)
    except _Reached as reached:
        return reached.row
    message = f"{reader.path}: the file changed while it was read; run again"
    raise InputError(message)


class _Pieces:
    """A sink whose blocks are private memory, used over and over."""

    def __init__(self) -> None:
        self.n_rows = 0

    def room(self) -> int:
        return _PIECE

    def open(self, *, wide: bool) -> Columns:
        self.columns = new_columns(self.room(), wide=wide, with_pct=False, with_kind=False)
        return self.columns

    def close(self, n_rows: int, n_runs: int) -> None:
        self.look(n_rows, self.columns.runs[:n_runs])
        self.n_rows += n_rows

    def look(self, n_rows: int, runs: npt.NDArray[np.int32]) -> None:
        pass


class _Finder(_Pieces):
    """Finds the first row of some sites for which `is_it(key, c, t)` holds."""

    def __init__(
        self, sites: npt.NDArray[np.int64], is_it: Callable[[int, int, int], bool]
    ) -> None:
        super().__init__()
        self.keys = np.sort(sites[:, 0] << 32 | sites[:, 1])
        self.is_it = is_it
        self.site = (0, 0)

    def look(self, n_rows: int, runs: npt.NDArray[np.int32]) -> None:
        chroms = np.repeat(runs[:, 0], np.diff(runs[:, 1], append=n_rows)).astype(np.int64)
        keys = chroms << 32 | self.columns.pos[:n_rows]
        for row in np.flatnonzero(np.isin(keys, self.keys)).tolist():
            key = int(keys[row])
            if self.is_it(key, int(self.columns.c[row]), int(self.columns.t[row])):
                self.site = key >> 32, key & 0xFFFFFFFF
                raise _Reached(self.n_rows + row)


class _Stop(_Pieces):
    """Stops where the row `row` is about to be put into a new block."""

    def __init__(self, row: int) -> None:
        super().__init__()
        self.row = row

    def room(self) -> int:
        left = self.row - self.n_rows
        if left <= 0:
            raise _Reached(self.row)
        return min(left, _PIECE)
