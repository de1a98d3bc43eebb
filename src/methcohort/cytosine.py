"""Strand and context of a cytosine, as the bits of one byte.

Bits of several rows or samples are joined by OR, so what a site is does not depend on the order in
which they come. 0 means that nothing is known.
"""

from typing import Final

import numpy as np

from .compiled import inline

KIND_DTYPE: Final = np.dtype("u1")

PLUS: Final = 1
MINUS: Final = 2
BOTH: Final = PLUS | MINUS
"""The counts of both strands are added, or files disagree."""

CPG: Final = 4
CHG: Final = 8
CHH: Final = 16
ANY_CONTEXT: Final = CPG | CHG | CHH

CONTEXT_BITS: Final = {"CpG": CPG, "CHG": CHG, "CHH": CHH}

STRANDS: Final = ("unknown", "+", "-", "both")
"""Legend of `/sites/strand`: the names of its values 0 to 3."""

CONTEXTS: Final = ("unknown", "CpG", "CHG", "CHH", "mixed")
"""Legend of `/sites/context`: the names of its values 0 to 4."""


@inline
def is_reverse_cpg(kind):
    """Tell whether a row is the G of a CpG: a cytosine of the reverse strand alone."""
    return kind & (BOTH | CPG) == MINUS | CPG
