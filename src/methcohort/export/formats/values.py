"""The columns of single values, in the text of several formats."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ...writers import Column, Integers, Reals
from ..calls import Calls

LEVELS = ("pct", "beta")
VALUES = (*LEVELS, "c", "t", "coverage")


def value_of(calls: Calls, value: str) -> npt.NDArray[Any]:
    """Return one value for each call: float32 where it is a level, else int64."""
    if value == "beta":
        return (calls.c / calls.coverage).astype(np.float32)
    found: npt.NDArray[Any] = getattr(calls, value)
    return found


def column(values: npt.NDArray[Any], missing: str = "NA") -> Column:
    """Return a column of levels, as short as they read back, or of counts."""
    return Reals(values, None, missing) if values.dtype.kind == "f" else Integers(values)
