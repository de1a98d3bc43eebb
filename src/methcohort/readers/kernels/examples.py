"""Arguments of the types that readers give to kernels, with nothing to read: to compile them."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...files import PADDING
from ...rows import Columns
from ..layout import LAYOUT_SIZE
from ..protocol import REALS_SIZE, STATE_SIZE, Names, Work

_NONE: Final = np.zeros(0, np.int64)


def no_text() -> tuple[npt.NDArray[np.uint8], int]:
    """Return an empty text, and where it ends."""
    return np.zeros(PADDING, np.uint8), 0


def no_work() -> Work:
    """Return arrays that are never looked into, as there is no line."""
    state = np.zeros(STATE_SIZE, np.int64)
    return Work(state, np.zeros(REALS_SIZE), np.zeros(LAYOUT_SIZE, np.int64), _NONE)


def no_names() -> Names:
    """Return a table without names."""
    pairs = np.zeros((0, 2), np.int64)
    letters = np.zeros(0, np.uint8)
    return Names(pairs, pairs.view(np.uint64), letters, np.zeros(0, np.int32), letters)


def no_columns(counts: "np.dtype[np.unsignedinteger[Any]]") -> Columns:
    """Return columns without room, with one dtype of counts."""
    none = np.zeros(0, counts)
    return Columns(
        np.zeros(0, np.int32), np.zeros(0, np.float32), none, none, np.zeros(0, np.uint8),
        np.zeros((0, 2), np.int32),
    )  # fmt: skip
