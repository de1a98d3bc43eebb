"""bedGraph: chr, start, end, value; 0-based, for genome browsers."""

from ...writers import BED, Integers
from ._format import SampleFormat
from .values import column, value_of

FORMAT = SampleFormat(
    "bedgraph",
    "bedGraph, 0-based, for browsers",
    lambda calls, style: [
        calls.of_chrom(), Integers(calls.start), Integers(calls.pos),
        column(value_of(calls, style.value)),
    ],
    (".bedGraph", ".bedGraph.gz", ".bedgraph", ".bedgraph.gz", ".bg", ".bg.gz"),
    preset=BED,
)  # fmt: skip
