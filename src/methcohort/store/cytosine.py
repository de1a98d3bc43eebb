"""Strand and context of a cytosine, as the bits of one byte.

Bits of several rows or samples are joined by OR, so what a site is does not depend on the order in
which they come. 0 means that nothing is known.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

KIND_DTYPE: Final = np.dtype("u1")

PLUS: Final = 1
MINUS: Final = 2
BOTH: Final = PLUS | MINUS
"""The counts of both strands are added, or files disagree."""

CPG: Final = 4
CHG: Final = 8
CHH: Final = 16
ANY_CONTEXT: Final = CPG | CHG | CHH

ANY_KIND: Final = BOTH | ANY_CONTEXT

OTHER_KIND: Final = 32
"""Set while kinds are joined: rows at the site differ."""

NO_KIND: Final = 64
"""Set while kinds are joined: a row at the site gives neither."""

TOLD: Final = 128
"""Set while kinds are joined: the reference gives what the site is."""

CONTEXT_BITS: Final = {"CpG": CPG, "CHG": CHG, "CHH": CHH}

STRANDS: Final = ("unknown", "+", "-", "both")
"""Legend of `/sites/strand`: the names of its values 0 to 3."""

CONTEXTS: Final = ("unknown", "CpG", "CHG", "CHH", "mixed")
"""Legend of `/sites/context`: the names of its values 0 to 4."""

LEGENDS: Final = {"strand": STRANDS, "context": CONTEXTS}
"""Legends by the name of their dataset."""

_CONTEXT_OF: Final = np.full(32, CONTEXTS.index("mixed"), KIND_DTYPE)
_CONTEXT_OF[: PLUS + MINUS + 1] = CONTEXTS.index("unknown")
for _name, _bit in CONTEXT_BITS.items():
    _CONTEXT_OF[_bit : _bit + BOTH + 1] = CONTEXTS.index(_name)


def strands_of(
    kinds: npt.NDArray[np.uint8], out: npt.NDArray[np.uint8] | None = None
) -> npt.NDArray[np.uint8]:
    """Return the strand of each kind as an index of `STRANDS`, uint8, in `out` if given."""
    return np.bitwise_and(kinds, BOTH, out=out)


def contexts_of(
    kinds: npt.NDArray[np.uint8], out: npt.NDArray[np.uint8] | None = None
) -> npt.NDArray[np.uint8]:
    """Return the context of each kind as an index of `CONTEXTS`, uint8, in `out` if given."""
    return np.take(_CONTEXT_OF, kinds, out=out, mode="clip")  # other modes copy `out`
