"""methylKit's text: chrBase, chr, base, strand, coverage, freqC, freqT; 1-based.

methylKit makes counts of coverage and percentages, which have enough decimals for a coverage of a
million. Sites of both strands stand at their C on the forward strand.
"""

import numpy as np

from ...writers import Integers, Reals, Texts
from ..calls import Calls
from ._format import SampleFormat

_DECIMALS = 4


def _percent(part: np.ndarray, whole: np.ndarray) -> Reals:
    return Reals((100 * part / whole).astype(np.float32), _DECIMALS)


def _ids(calls: Calls) -> Texts:
    names = [f"{calls.chroms[k]}.{p}" for k, p in zip(calls.chrom, calls.pos, strict=True)]
    return Texts(np.arange(len(names)), names)


FORMAT = SampleFormat(
    "methylkit",
    "methylKit text, 1-based",
    lambda calls, _: [
        _ids(calls), calls.of_chrom(), Integers(calls.pos), calls.of_strand("*FRF"),
        Integers(calls.coverage), _percent(calls.c, calls.coverage),
        _percent(calls.t, calls.coverage),
    ],
    header=lambda _: "chrBase\tchr\tbase\tstrand\tcoverage\tfreqC\tfreqT\n",
)  # fmt: skip
