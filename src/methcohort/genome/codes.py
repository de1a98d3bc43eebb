"""The code of a base, two bits, and what a base and its neighbours are."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ..store.cytosine import CHG, CHH, CPG, MINUS, PLUS

UNKNOWN: Final = 0
C: Final = 1
G: Final = 2
# 3 is A or T: nothing here has to tell them apart.
OUTSIDE: Final = 4
"""What `count_bases` says of positions that the chromosome does not have."""

IS_UNKNOWN: Final = np.zeros(256, np.bool_)
"""Whether a letter other than N is a base that is not known: IUPAC letters for more than one base,
and gaps."""

IS_UNKNOWN[np.frombuffer(b"RYSWKMBDHVXryswkmbdhvx-.", np.uint8)] = True


def _kind_of(bases: Sequence[int]) -> int:
    """Return the kind of the third of five bases."""
    before_2, before, here, after, after_2 = bases
    if here not in (C, G):
        return 0
    strand, one, two, pair = (
        (PLUS, after, after_2, G) if here == C else (MINUS, before, before_2, C)
    )
    if one == pair:
        return strand | CPG
    if UNKNOWN in (one, two):
        return strand
    return strand | (CHG if two == pair else CHH)


def _bases_of(key: int) -> list[int]:
    """Return the five bases of a key of `KINDS`."""
    low, high = key & 31, key >> 5
    return [(low >> k & 1) | (high >> k & 1) << 1 for k in range(5)]


KINDS: Final = np.array([_kind_of(_bases_of(key)) for key in range(1 << 10)], np.uint8)
"""Kinds, bits of `cytosine.py`, by the low bits, and 32 times the high bits, of a base and the two
on both sides: bit 0 of either is that of the first of the five bases."""
