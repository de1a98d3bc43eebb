"""Shared memory, worker processes, the memory budget, and compiled kernels.

It knows nothing of methylation: it lends memory, runs tasks and says which one was lost. What
kernels are made with is `engine.compile`, which loads numba.
"""

from .arenas import RAM, SCRATCH, Arenas, Bytes, Extent, Lender, SharedArray
from .budget import LEAST_ROWS_BYTES, Budget
from .memory import Memory
from .pool import Pool
from .session import Resources, Session, session
from .worker import Context, Note, ignore

__all__ = [
    "LEAST_ROWS_BYTES",
    "RAM",
    "SCRATCH",
    "Arenas",
    "Budget",
    "Bytes",
    "Context",
    "Extent",
    "Lender",
    "Memory",
    "Note",
    "Pool",
    "Resources",
    "Session",
    "SharedArray",
    "ignore",
    "session",
]
