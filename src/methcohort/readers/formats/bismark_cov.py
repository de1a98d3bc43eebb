"""Bismark's coverage files, `chr start end pct M U` without a header, in four layouts.

`.cov` comes from `bismark_methylation_extractor --bedGraph` or `bismark2bedGraph`: 1-based, the end
is the start. `.zero.cov` is the same with `--zero_based`: half-open intervals. `coverage2cytosine
--merge_CpG` writes 1-based rows of both strands, whose interval is the C and the G: the end is the
start + 1. With `--zero_based` these are half-open intervals: the end is the start + 2.

Traps: `.zero.cov` and 1-based merged rows look alike; the base of such a file shows only against a
reference or against other samples, or where two rows are neighbours, which merged rows cannot be.
Percentages have up to 13 decimals. A `.cov` may hold cytosines outside CpG beside indels.

Source: files of Bismark, and the manual of `bismark2bedGraph` and `coverage2cytosine`.
"""

from typing import Final

from ...store.cytosine import CPG
from ._format import Format

_COLUMNS: Final = ("chr", "pos", "end", "pct", "c", "t")
_STYLE: Final = ("decimals", "exact")

FORMAT: Final = Format(
    name="bismark_cov",
    title="Bismark coverage (.cov)",
    columns=_COLUMNS,
    base=1,
    lengths=(0,),
    style=_STYLE,
)
ZERO: Final = Format(
    name="bismark_zero_cov",
    title="Bismark 0-based coverage (.zero.cov)",
    columns=_COLUMNS,
    base=0,
    lengths=(1,),
    style=_STYLE,
)
MERGED: Final = Format(
    name="bismark_merged_cov",
    title="Bismark coverage of merged strands (coverage2cytosine --merge_CpG)",
    columns=_COLUMNS,
    base=1,
    lengths=(1,),
    merged="yes",
    context=CPG,
    style=_STYLE,
)
MERGED_ZERO: Final = Format(
    name="bismark_merged_zero_cov",
    title="Bismark 0-based coverage of merged strands (coverage2cytosine --merge_CpG --zero_based)",
    columns=_COLUMNS,
    base=0,
    lengths=(2,),
    merged="yes",
    context=CPG,
    style=_STYLE,
)
BEDGRAPH: Final = Format(
    name="bismark_bedgraph",
    title="Bismark bedGraph",
    columns=("chr", "pos", "end", "pct"),
    base=0,
    lengths=(1,),
    refusal="it has percentages without counts; use the coverage file (.cov.gz) that the same run "
    "of bismark_methylation_extractor or bismark2bedGraph wrote beside it",
    track="type=bedGraph",
)
FORMATS: Final = (FORMAT, ZERO, MERGED, MERGED_ZERO, BEDGRAPH)
