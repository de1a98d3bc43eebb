"""allc of methylpy and ALLCools: `chr pos strand context M N flag`, 1-based, without a header.

Traps: column 6 is all reads, not the converted ones. methylpy drops `chr` from chromosome names.
Column 4 is the context of three or more bases. methylpy `--add-snp-info` adds two columns of
numbers between commas. Column 7, whether a test called the site methylated, is not read.

Source: methylpy's and ALLCools' descriptions of the format.
"""

from typing import Final

from ._format import Format

FORMATS: Final = (
    Format(
        name="allc",
        title="allc (methylpy, ALLCools)",
        columns=("chr", "pos", "strand", "context", "c", "n", "-", "-", "-"),
        base=1,
        optional=2,
        widths=(7, 9),
        marks=((3, "[ACGTNacgtn]{3,}"), (6, r"[01](\.0)?")),
    ),
)
