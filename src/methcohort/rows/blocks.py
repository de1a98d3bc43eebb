"""A block is a stretch of rows of one sample, as columns: pos, pct, c, t, kind, and runs.

While a block is being filled its columns are private arrays of the largest size. When it ends, they
are copied to an extent of the right size, one behind another; the runs are kept apart.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine import Bytes, Extent
from ..store.cytosine import KIND_DTYPE
from ..store.schema import PCT_DTYPE, POS_DTYPE

BLOCK_ROWS: Final = 1 << 18
"""Rows of the largest block: few enough for the cache, many enough that a worker asks seldom."""

NARROW: Final = np.dtype("<u2")
WIDE: Final = np.dtype("<u4")


class Columns(NamedTuple):
    """The columns of a block, as views of its memory.

    `pos` int32, `pct` float32 (no values where percentages are not kept), `c` and `t` uint16 or
    uint32. `kind` uint8 (no values where neither strand nor context is known) holds the bits of
    `cytosine.py`. `runs` int32[n, 2] holds (chromosome, first row) wherever the chromosome changes.
    """

    pos: npt.NDArray[np.int32]
    pct: npt.NDArray[np.float32]
    c: npt.NDArray[np.unsignedinteger]
    t: npt.NDArray[np.unsignedinteger]
    kind: npt.NDArray[np.uint8]
    runs: npt.NDArray[np.int32]

    def values(self) -> tuple[npt.NDArray[np.generic], ...]:
        """Return the columns that have one value a row."""
        return self.pos, self.pct, self.c, self.t, self.kind


class Block(NamedTuple):
    """Where a finished block lies and what it holds: a few numbers that fit a message.

    One without counts is a list of sites.
    """

    extent: Extent
    n_rows: int
    wide: bool
    with_pct: bool
    with_kind: bool
    with_counts: bool = True


def site_block(extent: Extent, n_sites: int, *, with_kind: bool) -> Block:
    """Return a block of sites without counts."""
    return Block(
        extent, n_sites, wide=False, with_pct=False, with_kind=with_kind, with_counts=False
    )


def column_offsets(
    n_rows: int, *, wide: bool, with_pct: bool, with_kind: bool, with_counts: bool = True
) -> list[int]:
    """Return where pos, pct, c, t and kind of a block of `n_rows` start, in bytes, and its size."""
    offsets = [0]
    for dtype, wanted in _columns(
        wide=wide, with_pct=with_pct, with_kind=with_kind, with_counts=with_counts
    ):
        offsets.append(offsets[-1] + -(-n_rows * dtype.itemsize * wanted // 8) * 8)
    return offsets


def new_columns(capacity: int, *, wide: bool, with_pct: bool, with_kind: bool) -> Columns:
    """Return private columns with room for so many rows."""
    columns = _columns(wide=wide, with_pct=with_pct, with_kind=with_kind)
    values = [np.empty(capacity * wanted, dtype) for dtype, wanted in columns]
    return Columns._make([*values, np.empty((capacity + 1, 2), np.int32)])


def view_columns(memory: Bytes, block: Block, runs: npt.NDArray[np.int32]) -> Columns:
    """Return the columns of a block as views of its memory, with these runs."""
    parts = {
        "wide": block.wide,
        "with_pct": block.with_pct,
        "with_kind": block.with_kind,
        "with_counts": block.with_counts,
    }
    offsets = column_offsets(block.n_rows, **parts)
    values = [
        memory[offset : offset + block.n_rows * wanted * dtype.itemsize].view(dtype)
        for offset, (dtype, wanted) in zip(offsets, _columns(**parts), strict=False)
    ]
    return Columns._make([*values, runs])


def _columns(
    *, wide: bool, with_pct: bool, with_kind: bool, with_counts: bool = True
) -> list[tuple["np.dtype[np.generic]", bool]]:
    """Return the dtype of each column, and whether a block has it."""
    counts = WIDE if wide else NARROW
    return [
        (POS_DTYPE, True),
        (PCT_DTYPE, with_pct),
        (counts, with_counts),
        (counts, with_counts),
        (KIND_DTYPE, with_kind),
    ]
