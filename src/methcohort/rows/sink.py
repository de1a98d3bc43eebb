"""Where the rows of a file go while it is read: into blocks of columns in shared memory."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..engine import Context, Note
from .blocks import BLOCK_ROWS, NARROW, Block, Columns, column_offsets, new_columns, view_columns
from .file_rows import FileRows
from .summary import TextSummary

_LEAST_ROWS: Final = 1024
"""Rows that a block has room for at least, of however small a file."""


class BlockSink:
    """Takes rows into blocks of shared memory; tells `note` how many when a block ends.

    A block has room for about `n_rows`, or as many as a block can have.

    Attributes
    ----------
    blocks : the finished blocks, in order
    n_rows : rows in them
    largest : the largest count that `append` took
    n_same : rows that were added to another of their site with the same counts
    """

    def __init__(
        self, context: Context, n_rows: int, note: Note, *, with_pct: bool, with_kind: bool
    ) -> None:
        self._context = context
        self._note = note
        self._with_pct = with_pct
        self._with_kind = with_kind
        self._capacity = min(BLOCK_ROWS, max(_LEAST_ROWS, n_rows))
        self._runs: list[npt.NDArray[np.int64]] = []
        self._block_runs: list[npt.NDArray[np.int32]] = []
        self._filled = 0
        self._filled_runs: list[npt.NDArray[np.int32]] = []
        self._columns: Columns | None = None
        self._wide = False
        self._is_open = False
        self.blocks: list[Block] = []
        self.n_rows = 0
        self.largest = 0
        self.n_same = 0

    def open(self, *, wide: bool) -> Columns:
        """Return the columns of a new block, with room for some rows."""
        if self._columns is None or self._wide != wide:
            self._columns = new_columns(
                self._capacity, wide=wide, with_pct=self._with_pct, with_kind=self._with_kind
            )
            self._wide = wide
        self._is_open = True
        return self._columns

    def close(self, n_rows: int, n_runs: int) -> None:
        """End the current block: copy its rows to shared memory."""
        if not self._is_open or self._columns is None:
            return
        self._is_open = False
        self._note(n_rows)
        if n_rows == 0:
            return
        filled = [column[:n_rows] for column in self._columns.values()]
        nbytes = column_offsets(
            n_rows, wide=self._wide, with_pct=self._with_pct, with_kind=self._with_kind
        )[-1]
        extent = self._context.reserve(nbytes, mapped=False)
        self._context.arenas.write(extent, filled)
        runs = self._columns.runs[:n_runs].copy()
        self.blocks.append(Block(extent, n_rows, self._wide, self._with_pct, self._with_kind))
        self._block_runs.append(runs)
        self._runs.append(runs.astype(np.int64) + np.array([0, self.n_rows]))
        self.n_rows += n_rows
        self.forget()

    def forget(self) -> None:
        """Let go of the pages of scratch that this process has; rows can be read again."""
        self._context.arenas.forget_scratch()

    def append(self, runs: npt.NDArray[Any], rows: Sequence[npt.NDArray[Any]]) -> None:
        """Add rows (pos, pct, c, t, kind), in order; `runs` is [n, 2], chromosome and row."""
        largest = max(int(rows[2].max()), int(rows[3].max()))
        self.largest = max(self.largest, largest)
        wide = largest > np.iinfo(NARROW).max
        done = 0
        while done < len(rows[0]):
            if not self._is_open or self._columns is None or (wide and not self._wide):
                self.finish()
                self.open(wide=wide)
                continue
            columns = self._columns
            n = min(len(rows[0]) - done, len(columns.pos) - self._filled)
            if n == 0:
                self.finish()
                continue
            for target, source in zip(columns.values(), rows, strict=True):
                if target.size:
                    target[self._filled : self._filled + n] = source[done : done + n]
            low, high = np.searchsorted(runs[:, 1], [done + 1, done + n])
            part = runs[low - 1 : high].astype(np.int32)
            part[:, 1] = np.maximum(part[:, 1] - done, 0) + self._filled
            self._filled_runs.append(part)
            self._filled += n
            done += n

    def finish(self) -> None:
        """End the block that `append` is filling."""
        if self._is_open and self._columns is not None:
            runs = np.concatenate([np.empty((0, 2), np.int32), *self._filled_runs])
            self._columns.runs[: len(runs)] = runs
            self.close(self._filled, len(runs))
        self._filled = 0
        self._filled_runs = []

    def columns(self) -> list[Columns]:
        """Return the columns of the finished blocks."""
        return [
            view_columns(self._context.map(block.extent), block, runs)
            for block, runs in zip(self.blocks, self._block_runs, strict=True)
        ]

    def rows(self, names: list[str], summary: TextSummary, n_collapsed: int = 0) -> FileRows:
        """Return the rows of the finished blocks; `names` are those of the chromosomes."""
        runs = np.concatenate([np.empty((0, 2), np.int64), *self._runs])
        if len(runs):  # one that goes on in the next block was noted there, too
            runs = runs[np.concatenate([[True], runs[1:, 0] != runs[:-1, 0]])]
        return FileRows(tuple(self.blocks), runs, names, summary, n_collapsed)
