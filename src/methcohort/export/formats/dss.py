"""DSS's table: chr, pos, N reads, X of them methylated; 1-based."""

from ...writers import Integers
from ._format import SampleFormat

FORMAT = SampleFormat(
    "dss",
    "DSS: chr pos N X, 1-based",
    lambda calls, _: [
        calls.of_chrom(), Integers(calls.pos), Integers(calls.coverage), Integers(calls.c),
    ],
    header=lambda _: "chr\tpos\tN\tX\n",
)  # fmt: skip
