"""methylKit's text: chrBase, chr, base, strand, coverage, freqC, freqT; 1-based.

methylKit makes counts of coverage and percentages, which have enough decimals here for a coverage
of a hundred million. Sites of both strands stand at their C on the forward strand.
"""

from collections.abc import Sequence

import numpy as np

from ...writers import Column, Decimals, Integers, Texts
from ..calls import Calls
from ._format import SampleFormat

_DECIMALS = 6
_WHOLE = 100 * 10**_DECIMALS


def _columns(calls: Calls) -> Sequence[Column]:
    methylated = (calls.c * _WHOLE + calls.coverage // 2) // calls.coverage
    return [
        _ids(calls), calls.of_chrom(), Integers(calls.pos), calls.of_strand("*FRF"),
        Integers(calls.coverage), Decimals(methylated, _DECIMALS),
        Decimals(_WHOLE - methylated, _DECIMALS),
    ]  # fmt: skip


def _ids(calls: Calls) -> Texts:
    names = [f"{calls.chroms[k]}.{p}" for k, p in zip(calls.chrom, calls.pos, strict=True)]
    return Texts(np.arange(len(names)), names)


FORMAT = SampleFormat(
    "methylkit",
    "methylKit text, 1-based",
    lambda calls, _: _columns(calls),
    header=lambda _: "chrBase\tchr\tbase\tstrand\tcoverage\tfreqC\tfreqT\n",
)
