"""A block is a stretch of rows of one sample, as columns: pos, pct, c, t, and runs of chromosomes.

While a block is being filled its columns are private arrays of the largest size. When it ends, they
are copied to an extent of the right size, one behind another; the runs are kept apart.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .layout import PCT_DTYPE, POS_DTYPE
from .shared import Bytes, Extent

BLOCK_ROWS: Final = 1 << 18
"""Rows of the largest block: few enough for the cache, many enough that a worker asks seldom."""

NARROW: Final = np.dtype("<u2")
WIDE: Final = np.dtype("<u4")


class Columns(NamedTuple):
    """The columns of a block, as views of its memory.

    `pos` int32, `pct` float32 (no values where percentages are not kept), `c` and `t` uint16 or
    uint32. `runs` int32[n, 2] holds (chromosome, first row) wherever the chromosome changes.
    """

    pos: npt.NDArray[np.int32]
    pct: npt.NDArray[np.float32]
    c: npt.NDArray[np.unsignedinteger]
    t: npt.NDArray[np.unsignedinteger]
    runs: npt.NDArray[np.int32]

    def values(self) -> tuple[npt.NDArray[np.generic], ...]:
        """Return the columns that have one value a row."""
        return self.pos, self.pct, self.c, self.t


class Block(NamedTuple):
    """Where a finished block lies and what it holds: a few numbers that fit a message."""

    extent: Extent
    n_rows: int
    wide: bool
    with_pct: bool


def column_offsets(n_rows: int, *, wide: bool, with_pct: bool) -> tuple[int, int, int, int, int]:
    """Return where pos, pct, c and t of a block of `n_rows` start, in bytes, and its size."""
    width = (WIDE if wide else NARROW).itemsize
    steps = (POS_DTYPE.itemsize, PCT_DTYPE.itemsize * with_pct, width, width)
    offsets = [0]
    for step in steps:
        offsets.append(offsets[-1] + -(-n_rows * step // 8) * 8)
    return offsets[0], offsets[1], offsets[2], offsets[3], offsets[4]


def new_columns(capacity: int, *, wide: bool, with_pct: bool) -> Columns:
    """Return private columns with room for so many rows."""
    counts = WIDE if wide else NARROW
    return Columns(
        np.empty(capacity, POS_DTYPE),
        np.empty(capacity * with_pct, PCT_DTYPE),
        np.empty(capacity, counts),
        np.empty(capacity, counts),
        np.empty((capacity + 1, 2), np.int32),
    )


def view_columns(
    memory: Bytes, n_rows: int, runs: npt.NDArray[np.int32], *, wide: bool, with_pct: bool
) -> Columns:
    """Return the columns of a block of `n_rows` as views of its memory, with these runs."""
    counts = WIDE if wide else NARROW
    offsets = column_offsets(n_rows, wide=wide, with_pct=with_pct)
    sizes = (n_rows, n_rows * with_pct, n_rows, n_rows)
    dtypes = (POS_DTYPE, PCT_DTYPE, counts, counts)
    pos, pct, c, t = (
        memory[offset : offset + size * dtype.itemsize].view(dtype)
        for offset, size, dtype in zip(offsets, sizes, dtypes, strict=False)
    )
    return Columns(pos, pct, c, t, runs)
