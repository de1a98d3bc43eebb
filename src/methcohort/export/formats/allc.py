"""allc of ALLCools and methylpy: chr, pos, strand, context, mc, cov, 1; 1-based.

Sites of both strands stand at their C on the forward strand.
"""

import numpy as np

from ...writers import SITES, Integers, Texts
from ..calls import Calls
from ._format import SampleFormat

_CONTEXTS = ("CNN", "CGN", "CHG", "CHH", "CNN")


def _columns(calls: Calls) -> list[Integers | Texts]:
    return [
        calls.of_chrom(),
        Integers(calls.pos),
        calls.of_strand("?+-+"),
        Texts(calls.context, _CONTEXTS),
        Integers(calls.c),
        Integers(calls.coverage),
        Integers(np.ones(len(calls.pos), np.int64)),
    ]


FORMAT = SampleFormat(
    "allc",
    "allc of ALLCools and methylpy, 1-based; needs strands and contexts",
    lambda calls, _: _columns(calls),
    preset=SITES,
    needs_kinds=True,
)
