"""Having all kernels ready before workers start, so that each is compiled once a machine.

A kernel is compiled, or fetched from numba's cache on disk, when it is first called with some
types. Here each is called with the types of a build and nothing to do, before workers need it:
those that are forked later have it then, and others find it in the cache.
"""

import numpy as np

from ..base_check import load_comparing
from ..engine.compile import announced
from ..genome import load_reference_kernels
from ..matrix import last_positions, rank_words, read_sites, visit_rows

_NO_TABLE = np.empty((0, 9), np.int64)
_NO_NUMBERS = np.empty(0, np.int64)


@announced
def load_kernels(n_files: int, *, reference: bool) -> None:
    """Compile or fetch the kernels that a build of so many files needs, or with a reference.

    Which kernels read the files and place their rows is known later: `load_reader`, `load_placing`.
    """
    i4 = np.empty(0, np.int32)
    rows = i4, i4, _NO_TABLE, _NO_NUMBERS, _NO_TABLE
    last_positions(*rows, _NO_NUMBERS)
    bits = np.empty(0, np.uint64)
    visit_rows(*rows, _NO_NUMBERS, _NO_TABLE, bits, _NO_NUMBERS, np.empty(0, np.uint32))
    rank_words(bits, _NO_NUMBERS)
    read_sites(_NO_TABLE, bits, i4, _NO_NUMBERS)
    if n_files > 1:
        load_comparing()
    if reference:
        load_reference_kernels()
