"""BED of wgbs_tools: `chr start end M N` without a header, both strands of a CpG in one row.

`wgbstools beta2bed` is 0-based in every release: the start is the position of the C less one, the
end is the start + 2. The development version of some weeks of 2021 wrote the position itself as the
start, again with the start + 2 as the end. `wgbstools bed2beta` reads 1-based starts, and 0-based
ones with `--add_one`; such text is made by its users.

Traps: column 5 is all reads. The two forms have intervals of the same length, so that the base
shows only against a reference or against other samples, or by a start of 0. Where nothing tells,
the user is asked: text of either base has been made, and nothing in it shows which it is.

Source: wgbs_tools, `beta2bed.py`, `view_beta.sh` and `bed2beta.py`.
"""

from typing import Final

from ...store.cytosine import CPG
from ._format import Format

_COLUMNS: Final = ("chr", "pos", "end", "c", "n")

FORMAT: Final = Format(
    name="wgbstools",
    title="wgbs_tools BED (beta2bed), 0-based",
    columns=_COLUMNS,
    base=0,
    lengths=(2,),
    merged="yes",
    context=CPG,
)
ONE: Final = Format(
    name="wgbstools_1",
    title="wgbs_tools BED, 1-based (input of bed2beta, and beta2bed of some weeks of 2021)",
    columns=_COLUMNS,
    base=1,
    lengths=(2,),
    merged="yes",
    context=CPG,
)
FORMATS: Final = (FORMAT, ONE)
