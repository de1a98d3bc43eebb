"""Tables of FAANG's RRBS toolkit, 1-based, below a header.

Columns are `Chromosome`, `Position`, `Coverage`, `# methylated` and `% methylated`, made from
Bismark's lists of reads, without strands.

Traps: the names of the columns have blanks. Percentages are cut off behind the first decimal. All
reads come before the methylated ones.

Source: the toolkit's `parse_extract.py`, and a file of it.
"""

from typing import Final

from ._format import Format

_FIRST: Final = ("chromosome", "position", "coverage")

FORMATS: Final = (
    Format(
        name="rrbs_table",
        title="FAANG RRBS table",
        columns=("chr", "pos", "n", "c", "pct"),
        base=1,
        unit=0.1,
        # As tabs part them, and as tabs or blanks do.
        names=(
            (*_FIRST, "# methylated", "% methylated"),
            (*_FIRST, "#", "methylated", "%", "methylated"),
        ),
        needs_header=True,
    ),
)
