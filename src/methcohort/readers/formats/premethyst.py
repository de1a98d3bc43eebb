"""Five columns of premethyst's and Scale Biosciences' single cells: `chr pos pct t c`, 1-based.

Without a header, a file for each cell and for each of CG and CH (`.CG.cov`).

Trap: converted reads come before methylated ones, in columns that otherwise are those of the
five-column text. Where percentages have decimals they show it, but not whether the percentage or
the counts are the other way round, so that the sheet must name the format.

Source: premethyst (`bam_extract`).
"""

from typing import Final

from ._format import Format

FORMATS: Final = (
    Format(
        name="premethyst",
        title="five columns of premethyst or Scale Bio (chr pos pct t c)",
        columns=("chr", "pos", "pct", "t", "c"),
        base=1,
        unit=0.005,
        by_name=True,
    ),
)
