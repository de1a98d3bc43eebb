"""bedMethyl as modkit has it: 18 columns, 0-based; code m.

Reads are valid, and methylated or canonical; what else modkit counts is 0. The score is the
coverage, from which modkit's own programs read it. A strand of `.` has the reads of both.
"""

import numpy as np

from ...writers import BED, Column, Integers, Reals, Texts
from ..calls import Calls
from ._format import SampleFormat


def _columns(calls: Calls) -> list[Column]:
    zeros = np.zeros(len(calls.pos), np.int64)
    coverage = Integers(calls.coverage)
    place = [Integers(calls.start), Integers(calls.pos)]
    return [
        calls.of_chrom(), *place, Texts(zeros, ["m"]), coverage, calls.of_strand(".+-."), *place,
        Texts(zeros, ["255,0,0"]), coverage, Reals(calls.pct, 2), Integers(calls.c),
        Integers(calls.t), *[Integers(zeros)] * 5,
    ]  # fmt: skip


FORMAT = SampleFormat(
    "bedmethyl",
    "bedMethyl of modkit, 18 columns, 0-based",
    lambda calls, _: _columns(calls),
    preset=BED,
)
