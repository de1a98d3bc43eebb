"""Shared memory, worker processes, the memory budget, and compiled kernels.

It knows nothing of methylation: it lends memory, runs tasks and says which one was lost. What
kernels are made with is `engine.compile`, which loads numba.
"""

from .budget import LEAST_ROWS_BYTES, Budget, affordable, names_bytes, plan_budget
from .memory import RAM, SCRATCH, Arenas, Bytes, Extent, Memory
from .workers import Context, Note, Pool, ignore

__all__ = [
    "Arenas",
    "Budget",
    "Bytes",
    "Context",
    "Extent",
    "LEAST_ROWS_BYTES",
    "Memory",
    "Note",
    "Pool",
    "RAM",
    "SCRATCH",
    "affordable",
    "ignore",
    "names_bytes",
    "plan_budget",
]
