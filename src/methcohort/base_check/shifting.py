"""Positions of a file shifted where they lie, once it is known that they have to be."""

from dataclasses import dataclass

import numpy as np

from ..core.errors import InputError
from ..engine import Context
from ..rows import Block, view_columns
from ..store.schema import MAX_POS


@dataclass(frozen=True, slots=True)
class ShiftTask:
    """Blocks of a file whose positions are to be shifted, and whose rows get a kind, or None."""

    title: str
    path: str
    blocks: tuple[Block, ...]
    shift: int
    kind: int | None


def shift_rows(context: Context, task: ShiftTask) -> InputError | None:
    """Shift the positions of a file where they lie; return the fault where one cannot be."""
    for block in task.blocks:
        columns = view_columns(context.map(block.extent), block, np.empty((0, 2), np.int32))
        low, high = int(columns.pos.min()) + task.shift, int(columns.pos.max()) + task.shift
        if low < 1 or high > MAX_POS:
            wrong = low if low < 1 else high
            message = (
                f"{task.path}: found the position {wrong} after a shift by {task.shift:+d}; "
                f"expected 1 to {MAX_POS:,}; name the format in the sheet"
            )
            return InputError(message)
        columns.pos[:] += task.shift
        if task.kind is not None and columns.kind.size:
            columns.kind[:] = task.kind
    return None
