"""methtuple's tuples of one cytosine (`-m 1`), `chr strand pos1 M U` below a header, 1-based.

Traps: the strand comes before the position; it is `*` where `--strand-collapse` added both, whose
position is that of the C. Tuples of more cytosines have more positions, and are not read.

Source: methtuple (README), and a file of it.
"""

from typing import Final

from ._format import Format

FORMATS: Final = (
    Format(
        name="methtuple",
        title="methtuple, one cytosine",
        columns=("chr", "strand", "pos", "c", "t"),
        base=1,
        names=(("chr", "strand", "pos1", "m", "u"),),
        merged="dot",
        needs_header=True,
    ),
)
