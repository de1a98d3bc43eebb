"""gemBS's tables of cytosines (`_cpg.txt.gz`, `_non_cpg.txt.gz`), 0-based, below a header.

Columns are `Contig Pos0 Pos1 Ref`, then `Call Flags Meth non_conv conv support_call total`, each
after the sample's name and a colon. `mextr` writes a row for each CpG, of both strands and two
bases, or (`strand_specific`) one for each of its strands.

Traps: non_conv are methylated reads, conv converted ones; total counts reads of all bases. Meth is
an estimate that corrects for conversion rates, not the share of the counts: it is not looked at.
The base is that of the call, as a sample may have a cytosine where the reference has none.
A table of several samples has seven more columns for each, and is refused.

Source: gemBS 3 (`mextr.c`), gemBS-rs, and rows of its files.
"""

from typing import Final

from ...store.cytosine import CPG
from ._format import Format

_NAMES: Final = (
    (
        "contig", "pos0", "pos1", "ref",
        ":call", ":flags", ":meth", ":non_conv", ":conv", ":support_call", ":total",
    ),
)  # fmt: skip
_LAST: Final = ("-", "-", "c", "t", "-", "-")

FORMAT: Final = Format(
    name="gembs",
    title="gemBS CpG table",
    columns=("chr", "pos", "end", "-", "-", *_LAST),
    base=0,
    lengths=(2,),
    names=_NAMES,
    merged="yes",
    context=CPG,
    needs_header=True,
    marks=((3, "[A-Za-z]{2}"),),
)
STRANDED: Final = Format(
    name="gembs_stranded",
    title="gemBS table of single strands",
    columns=("chr", "pos", "end", "-", "base", *_LAST),
    base=0,
    lengths=(1,),
    names=_NAMES,
    needs_header=True,
)
FORMATS: Final = (FORMAT, STRANDED)
