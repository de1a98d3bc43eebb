"""MethylDackel's bedGraph, `chr start end pct M U`, 0-based, below a `track` line.

The `track` line says which of CpG, CHG and CHH the file holds, whether the strands are merged
(`--mergeContext`), and whether its values are levels, fractions, counts or logits.

Traps: the percentage is a whole number, cut off and not rounded, so up to one point too low.
Merged rows end two bases behind the start in CpG, three in CHG; README shows one. `--fraction`,
`--counts` and `--logit` have four columns, from which no counts of methylated reads follow.

Source: MethylDackel, `extract.c` (`printHeader`).
"""

from typing import Final

from ._format import Format

_REMEDY: Final = (
    "; run MethylDackel extract on the same BAM file without --fraction, --counts and --logit, or "
    "with --cytosine_report, and use that file"
)
_VALUES: Final = ("chr", "pos", "end", "level")

FORMAT: Final = Format(
    name="methyldackel_bedgraph",
    title="MethylDackel bedGraph",
    columns=("chr", "pos", "end", "pct", "c", "t"),
    base=0,
    lengths=(1, 2, 3),
    unit=1.0,
    track="methylation levels",
    by_track=True,
    style=("cut", "whole", "exact"),
)
FRACTION: Final = Format(
    name="methyldackel_fraction",
    title="MethylDackel --fraction",
    columns=_VALUES,
    base=0,
    lengths=(1, 2, 3),
    scale=1,
    refusal="it has fractions without counts" + _REMEDY,
    track="methylation fractions",
)
COUNTS: Final = Format(
    name="methyldackel_counts",
    title="MethylDackel --counts",
    columns=("chr", "pos", "end", "n"),
    base=0,
    lengths=(1, 2, 3),
    refusal="it has the number of all reads, and not of methylated ones" + _REMEDY,
    track="methylation counts",
)
LOGIT: Final = Format(
    name="methyldackel_logit",
    title="MethylDackel --logit",
    columns=_VALUES,
    base=0,
    lengths=(1, 2, 3),
    refusal="it has logits without counts" + _REMEDY,
    track="logit transformed methylation fractions",
)
FORMATS: Final = (FORMAT, FRACTION, COUNTS, LOGIT)
