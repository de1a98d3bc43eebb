"""BISCUIT's BED files, 0-based, without a header.

`biscuit vcf2bed` writes `chr start end beta N`; with `-c`, `pct M U` instead of the last two; with
`-e`, `base context 2-mer 5-mer` before them. `biscuit mergecg` adds both strands of a CpG and a
column `C:beta:N,G:beta:N`.

Traps: beta has three decimals, from which counts follow exactly up to 999 reads; it is `.` where N
is 0. Pileups of 0.3 (seen in 0.3.8) rounded it to two decimals, to which vcf2bed adds a zero: then
up to 99 reads; `mergecg` made an average of these, of which no counts follow. N is reads of C and T
only. `-c` rounds the percentage, and computes M from the rounded beta itself, so that deep counts
are the nearest. A row of `mergecg` ends two bases behind its start, or one where the reference has
no CpG there. A file of several samples (`-s ALL`) repeats the last columns, in the order of the
VCF. In NOMe mode contexts are HCG and GCH.

Source: BISCUIT (after 1.6.0), `vcf2bed.c` and `mergecg.c`.
"""

from typing import Final

from ...store.cytosine import CPG
from ._format import Format, Rounding

_INTERVAL: Final = ("chr", "pos", "end")
_EXTENDED: Final = (*_INTERVAL, "base", "context", "-", "-")
_UNIT: Final = 0.0005
_BETA: Final = r"[01]\.\d{3}|\."
_PARTS: Final = r"C:[^,]+,G:[^,]+"
_ROUNDINGS: Final = (
    Rounding("rounded to three decimals", _UNIT),
    Rounding("rounded to two decimals and a zero", 10 * _UNIT, step=0.01),
)

FORMAT: Final = Format(
    name="biscuit_bed",
    title="BISCUIT vcf2bed",
    columns=(*_INTERVAL, "level", "n"),
    base=0,
    lengths=(1,),
    scale=1,
    unit=_UNIT,
    marks=((3, _BETA),),
    repeat=("", ""),
    roundings=_ROUNDINGS,
)
COUNTS: Final = Format(
    name="biscuit_bed_counts",
    title="BISCUIT vcf2bed -c",
    columns=(*_INTERVAL, "pct", "c", "t"),
    base=0,
    lengths=(1,),
    unit=0.5,
    style=("rounded", "whole", "exact"),
    repeat=("", "", ""),
)
EXTENDED: Final = Format(
    name="biscuit_extended",
    title="BISCUIT vcf2bed -e",
    columns=(*_EXTENDED, "level", "n"),
    base=0,
    lengths=(1,),
    scale=1,
    unit=_UNIT,
    marks=((7, _BETA),),
    repeat=("", ""),
    roundings=_ROUNDINGS,
)
EXTENDED_COUNTS: Final = Format(
    name="biscuit_extended_counts",
    title="BISCUIT vcf2bed -e -c",
    columns=(*_EXTENDED, "pct", "c", "t"),
    base=0,
    lengths=(1,),
    unit=0.5,
    repeat=("", "", ""),
)
MERGECG: Final = Format(
    name="biscuit_mergecg",
    title="BISCUIT mergecg",
    columns=(*_INTERVAL, "level", "n", "-"),
    base=0,
    lengths=(1, 2),
    scale=1,
    unit=_UNIT,
    merged="yes",
    context=CPG,
    marks=((3, _BETA), (5, _PARTS)),
)
MERGECG_COUNTS: Final = Format(
    name="biscuit_mergecg_counts",
    title="BISCUIT mergecg -c",
    columns=(*_INTERVAL, "pct", "c", "t", "-"),
    base=0,
    lengths=(1, 2),
    unit=0.5,
    merged="yes",
    context=CPG,
    marks=((6, _PARTS),),
)
FORMATS: Final = (FORMAT, COUNTS, EXTENDED, EXTENDED_COUNTS, MERGECG, MERGECG_COUNTS)
