"""The calls with which the kernels of the matrix are compiled, before workers need them."""

import numpy as np

from ..engine.compile import announced
from ..rows import Views, first_at_least
from ..store.schema import PCT_DTYPE
from .kernels import (
    N_TALLIES,
    join_kinds,
    match_sites,
    note_observed,
    place_rows,
    spread_counts,
    spread_levels,
    tally_values,
)

_NO_TABLE = np.empty((0, 9), np.int64)


@announced
def load_placing(dtype: "np.dtype[np.unsignedinteger]") -> None:
    """Compile or fetch the kernel that places rows, for one dtype of counts."""
    views = _views()
    counts = np.empty(0, dtype)
    place_rows(
        views, views, _NO_TABLE, np.zeros(2, np.int64), _NO_TABLE, np.zeros(2, np.int64), 0,
        np.empty(0, np.int32), np.zeros(1, np.int64), 0, 0,
        counts, counts, np.empty(0, PCT_DTYPE), np.zeros(N_TALLIES, np.int64),
    )  # fmt: skip


@announced
def load_joining() -> None:
    """Compile or fetch the kernel that joins the kinds of rows."""
    views = _views()
    join_kinds(
        views, views, _NO_TABLE, np.zeros(1, np.int64), _NO_TABLE, np.zeros(1, np.int64),
        np.empty(0, np.int32), np.zeros(1, np.int64), 0, 0, np.empty(0, np.uint8),
    )  # fmt: skip


@announced
def load_spreading(dtype: "np.dtype[np.unsignedinteger]", *, with_pct: bool) -> None:
    """Compile or fetch the kernels that take values from chunks, for one dtype of counts."""
    i4, i8 = np.empty(0, np.int32), np.empty(0, np.int64)
    planes = np.frombuffer(b"", np.uint8).reshape(1, 1, 0)
    counts = np.empty(0, dtype)
    first_at_least(i4, i8, i8, i8, i8)
    match_sites(i4, i4, np.empty((0, 4), np.int64), 0, 0, i4, i8)
    spread_counts(planes, 0, 0, i4, False, counts)  # noqa: FBT003
    tally_values(counts, counts, np.zeros(N_TALLIES, np.int64))
    if with_pct:
        levels = np.frombuffer(b"", PCT_DTYPE).reshape(1, 1, 0)
        spread_levels(levels, 0, 0, i4, False, np.empty(0, PCT_DTYPE))  # noqa: FBT003


@announced
def load_observing() -> None:
    """Compile or fetch the kernel that finds observed sites in chunks."""
    note_observed(np.frombuffer(b"", np.uint8).reshape(1, 1, 0), 0, np.empty(0, np.uint8))


def _views() -> Views:
    """Return an arena of no bytes, as values."""
    none = np.empty(0, np.uint8)
    return Views(
        none.view(np.int32), none.view(np.uint16), none.view(np.uint32), none.view("<f4"), none
    )
