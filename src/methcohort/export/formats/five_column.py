"""Five columns: chr, pos, pct, c, t; 1-based, without a header.

Levels have as many digits as read back to the same float32: built again, they give the same store.
"""

from ...writers import SITES, Integers, Reals
from ._format import SampleFormat

FORMAT = SampleFormat(
    "five_column",
    "chr pos pct c t, 1-based",
    lambda calls, _: [
        calls.of_chrom(), Integers(calls.pos), Reals(calls.pct), Integers(calls.c),
        Integers(calls.t),
    ],
    preset=SITES,
)  # fmt: skip
