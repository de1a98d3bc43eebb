"""Having all kernels ready before workers start, so that each is compiled once a machine.

A kernel is compiled, or fetched from numba's cache on disk, when it is first called with some
types. Here each is called with the types of a build and nothing to do; workers that are forked
have it then, and others find it in the cache.
"""

import numpy as np

from .blocks import NARROW
from .catalog import Views
from .layout import COUNT_DTYPES, PCT_DTYPE
from .merge import N_TALLIES, last_positions, place_rows, rank_words, read_sites, visit_rows
from .readers import READERS
from .readers import warm as warm_reader

_NO_TABLE = np.empty((0, 9), np.int64)
_NO_NUMBERS = np.empty(0, np.int64)


def load_kernels() -> None:
    """Compile or fetch the kernels that almost every build needs."""
    warm_reader(READERS["five_column"], NARROW)
    i4 = np.empty(0, np.int32)
    rows = i4, i4, _NO_TABLE, _NO_NUMBERS, _NO_TABLE
    last_positions(*rows, _NO_NUMBERS)
    bits = np.empty(0, np.uint64)
    visit_rows(*rows, _NO_NUMBERS, _NO_TABLE, bits, _NO_NUMBERS, np.empty(0, np.uint32))
    rank_words(bits, _NO_NUMBERS)
    read_sites(_NO_TABLE, bits, i4, _NO_NUMBERS)
    for dtype in COUNT_DTYPES[:2]:
        load_placing(dtype)


def load_placing(dtype: "np.dtype[np.unsignedinteger]") -> None:
    """Compile or fetch the kernel that places rows, for one dtype of counts."""
    none = np.empty(0, np.uint8)
    views = Views(
        none.view(np.int32), none.view(np.uint16), none.view(np.uint32), none.view("<f4"), none
    )
    counts = np.empty(0, dtype)
    place_rows(
        views, views, _NO_TABLE, np.zeros(2, np.int64), _NO_TABLE, np.zeros(2, np.int64), 0,
        np.empty(0, np.int32), np.zeros(1, np.int64), 0, 0,
        counts, counts, np.empty(0, PCT_DTYPE), np.zeros(N_TALLIES, np.int64),
    )  # fmt: skip
