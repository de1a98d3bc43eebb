"""Columns as text: tables of bytes, a row a line, from which what fills them up is taken out."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .tables import WHOLE, Column

_MISSING: Final = b"\tNA"
_STEPS: Final = 10**6
"""Levels have as many digits as there are steps from 0 to 1."""

_SMALL: Final = 1 << 12
"""Numbers below it are looked up."""

_Bytes = npt.NDArray[np.uint8]


def header(names: Sequence[str]) -> bytes:
    """Return the line of the names of columns."""
    return ("\t".join(names) + "\n").encode()


def lines_of(columns: Sequence[Column], value: str) -> bytes:
    """Return rows as lines with tabs between the columns; levels as pct or beta."""
    if not len(columns[0].values):
        return b""
    table = np.concatenate([_cells(column, value) for column in columns], axis=1)
    table[:, 0] = ord("\n")
    return table.tobytes().translate(None, b"\0")[1:] + b"\n"


def _cells(column: Column, value: str) -> _Bytes:
    """Return each value as text behind a tab, uint8[n, width]; zeros fill it up."""
    values, legend = column
    if legend is not None:
        different, places = np.unique(values, return_inverse=True)
        texts = _packed([f"\t{legend[k]}".encode() for k in different.tolist()])
        return texts[places]
    if values.dtype.kind == "f":
        steps = np.where(np.isnan(values), _STEPS + 1, np.rint(values * _STEPS))
        return np.take(_levels(value), steps.astype(np.int64), axis=0)
    largest = int(values.max())
    if largest < _SMALL:
        return np.take(_small(), values, axis=0)
    return _digits(values, len(str(largest)))


def _packed(texts: Sequence[bytes]) -> _Bytes:
    """Return texts as rows of bytes."""
    width = max(map(len, texts))
    found = np.frombuffer(b"".join(text.ljust(width, b"\0") for text in texts), np.uint8)
    return found.reshape(len(texts), width)


def _digits(values: npt.NDArray[Any], width: int) -> _Bytes:
    """Return whole numbers from 0 behind a tab, without leading zeros."""
    found = np.zeros((len(values), width + 1), np.uint8)
    found[:, 0] = ord("\t")
    rest = values
    for place in range(width, 0, -1):
        shown = rest > 0 if place < width else np.ones(len(values), bool)
        rest, digit = np.divmod(rest, 10)
        found[:, place] = (digit + ord("0")) * shown
    return found


@cache
def _small() -> _Bytes:
    return _digits(np.arange(_SMALL), len(str(_SMALL - 1)))


@cache
def _levels(value: str) -> _Bytes:
    """Return each step from 0 to 1, in percent or not, and what stands for none."""
    after = len(str(_STEPS // WHOLE[value])) - 1
    whole, part = np.divmod(np.arange(_STEPS + 1), 10**after)
    left = _digits(whole, len(str(WHOLE[value])))
    right = _digits(part + 10**after, after + 1)[:, 1:]  # a 1 in front keeps the zeros
    right[:, 0] = ord(".")
    table = np.concatenate([left, right], axis=1)
    none = np.zeros((1, table.shape[1]), np.uint8)
    none[0, : len(_MISSING)] = np.frombuffer(_MISSING, np.uint8)
    return np.concatenate([table, none])
