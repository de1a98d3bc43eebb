"""MOABS's `mcall`, 0-based, below a line of names that begins with `#`.

`.G.bed` has a row for each CpG, of both strands: `chrom start end ratio totalC methC strand next
Plus totalC methC Minus totalC methC [localSeq]`; `_strand.bed` has the first eight of these columns
and a row for each cytosine.

Traps: all reads (totalC) come before the methylated ones. The strand of a CpG's row is B, or + or -
where the reads are of one strand only; its interval is the C and the G even then. The `.bed` of
`--fullMode` has single cytosines of other contexts among the CpGs, and is refused.

Source: MOABS (`mcall`: `strandCombinedBed`, `strandSpecificBed`; `mcomp`, which merges lanes).
"""

from typing import Final

from ...store.cytosine import CPG
from ._format import Format

_FIRST: Final = ("chrom", "start", "end", "ratio", "totalc", "methc", "strand", "next")

FORMAT: Final = Format(
    name="moabs",
    title="MOABS mcall .G.bed",
    columns=("chr", "pos", "end", "pct", "n", "c", *("-",) * 9),
    base=0,
    optional=1,
    lengths=(2,),
    scale=1,
    unit=0.0005,
    names=(
        (*_FIRST, "plus", "totalc", "methc", "minus", "totalc", "methc", "localseq"),
        (*_FIRST, "plus", "tcp", "mcp", "minus", "tcm", "mcm"),
    ),
    merged="yes",
    context=CPG,
    needs_header=True,
)
STRAND: Final = Format(
    name="moabs_strand",
    title="MOABS mcall _strand.bed",
    columns=("chr", "pos", "end", "pct", "n", "c", "strand", "-"),
    base=0,
    lengths=(1,),
    scale=1,
    unit=0.0005,
    names=(_FIRST,),
    needs_header=True,
)
FORMATS: Final = (FORMAT, STRAND)
