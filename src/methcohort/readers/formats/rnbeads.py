"""BED of the Broad's epigenome pipeline, as RnBeads reads it: `chr start end 'M/N' score strand`.

0-based, without a header. The score is the level times 1000.

Trap: the ratio may stand in quotes; its second number is all reads.

Source: RnBeads, `read.single.bed(is.epp.style=TRUE)`, which adds 1 to the start.
"""

from typing import Final

from ._format import Format

FORMATS: Final = (
    Format(
        name="rnbeads_epp",
        title="RnBeads EPP BED",
        columns=("chr", "pos", "end", "ratio", "-", "strand"),
        base=0,
        lengths=(1, 2),
    ),
)
