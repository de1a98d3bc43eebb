"""Bismark's coverage file: chr, start, end, percent, methylated, unmethylated; 1-based."""

from ...writers import SITES, Integers, Reals
from ._format import SampleFormat

FORMAT = SampleFormat(
    "bismark_cov",
    "Bismark coverage, 1-based",
    lambda calls, _: [
        calls.of_chrom(), Integers(calls.pos), Integers(calls.pos), Reals(calls.pct),
        Integers(calls.c), Integers(calls.t),
    ],
    (".cov", ".cov.gz"),
    preset=SITES._replace(end=3),
)  # fmt: skip
