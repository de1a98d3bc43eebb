"""Filling the hash table of chromosome names."""

import numpy as np

from ...engine.compile import kernel
from ..protocol import Names
from .examples import no_names
from .rows import hash_of


def _example():
    """Return arguments of the types that a table of names gives, without a name."""
    return no_names(), 0, 0


@kernel(step="names", example=_example)
def insert(names: Names, first: int, stop: int) -> None:
    """Put the names [first, stop), which are not yet in the hash table, into it."""
    mask = np.uint64(names.table.size - 1)
    for number in range(first, stop):
        start = names.spans[number, 0]
        slot = hash_of(names.letters, start, start + names.spans[number, 1]) & mask
        while names.table[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        names.table[slot] = number
