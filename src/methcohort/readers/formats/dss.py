"""Tables for DSS and bsseq: `chr pos N X` below a header, 1-based.

Trap: all reads come before the methylated ones. Without the header such a file is not told from one
with methylated and converted reads, and needs `custom`.

Source: an example file of DSS.
"""

from typing import Final

from ._format import Format

FORMATS: Final = (
    Format(
        name="dss",
        title="DSS table",
        columns=("chr", "pos", "n", "c"),
        base=1,
        names=(("chr", "pos", "n", "x"),),
        needs_header=True,
    ),
)
