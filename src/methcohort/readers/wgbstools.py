"""BED of wgbs_tools: `chr start end M N` without a header, both strands of a CpG in one row.

`wgbstools beta2bed` writes the 1-based position of the C as the start, and two more as the end;
`wgbstools bed2beta` takes such files, and with `--add_one` 0-based ones. So the base is the user's.

Traps: column 5 is all reads. The two bases are told apart by a reference or by other samples only,
unless a start is 0.

Source: wgbs_tools, `view_beta.sh`, `beta2bed.py` and `bed2beta.py`.
"""

from typing import Final

from ..cytosine import CPG
from ._format import Format

_COLUMNS: Final = ("chr", "pos", "end", "c", "n")

FORMAT: Final = Format(
    name="wgbstools",
    title="wgbs_tools BED, 0-based",
    columns=_COLUMNS,
    base=0,
    lengths=(2,),
    merged="yes",
    context=CPG,
)
ONE: Final = Format(
    name="wgbstools_1",
    title="wgbs_tools BED, 1-based (beta2bed)",
    columns=_COLUMNS,
    base=1,
    lengths=(2,),
    merged="yes",
    context=CPG,
)
