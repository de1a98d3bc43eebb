"""Having all kernels ready before workers start, so that each is compiled once a machine.

A kernel is compiled, or fetched from numba's cache on disk, when it is first called with some
types. Here each is called with the types of a build and nothing to do, before workers need it:
those that are forked later have it then, and others find it in the cache.
"""

from ..base_check import load_comparing
from ..engine.compile import announced
from ..genome import load_reference_kernels
from ..matrix import load_finding


@announced
def load_kernels(n_files: int, *, reference: bool = False) -> None:
    """Compile or fetch the kernels that a build of so many files needs, or with a reference.

    Which kernels read the files and place their rows is known later: `load_reader`, `load_placing`.
    """
    load_finding()
    if n_files > 1:
        load_comparing()
    if reference:
        load_reference_kernels()
