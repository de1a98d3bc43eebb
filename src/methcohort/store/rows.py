"""Which samples and sites are asked of a store, as numpy has them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..core.errors import StoreError

Rows = int | slice | Sequence[int] | npt.NDArray[np.intp]
"""Numbers of samples."""


def row_numbers(rows: Rows, n_samples: int, path: Path) -> npt.NDArray[np.intp]:
    """Return the numbers of samples, from 0; without an axis where `rows` is a single one.

    Raises TypeError where `rows` are not whole numbers, StoreError where there is no such sample.
    """
    if isinstance(rows, slice):
        return np.arange(n_samples)[rows]
    numbers = np.asarray(rows)
    if numbers.size and (numbers.dtype.kind not in "iu" or numbers.ndim > 1):
        message = f"found {rows!r} as rows; expected a whole number, several, or a slice"
        raise TypeError(message)
    for absent in numbers[(numbers < -n_samples) | (numbers >= n_samples)][:1].tolist():
        message = f"{path}: found no sample number {absent}; there are {n_samples}"
        raise StoreError(message)
    return numbers.astype(np.intp) % n_samples


def clipped(start: int, stop: int, n: int) -> tuple[int, int]:
    """Return a range as a slice of `n` things has it."""
    start, stop, _ = slice(start, stop).indices(n)
    return start, max(start, stop)
