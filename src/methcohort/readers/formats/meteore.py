"""METEORE's tables of CpGs, 0-based, below a header, the same for each of its callers.

`Chr Pos_start Pos_end Coverage Methylation Strand` has a row for each strand. The table without the
strand, and the older `Chr Pos Methyl_freq Cov`, have both strands in one.

Traps: Methylation is a fraction, in four decimals or more. Where the strands are in one row it is
the mean of the two levels, whatever the reads of each, so that no counts follow.

Source: METEORE (`run_nanopolish.R`, `run_deepsignal.R`, `run_tombo.R`, `run_guppy.R`), and files of
two of its callers, whose positions are those of DeepSignal's own table.
"""

from typing import Final

from ...store.cytosine import CPG
from ._format import Format

_NAMES: Final = ("chr", "pos_start", "pos_end", "coverage", "methylation")

FORMAT: Final = Format(
    name="meteore",
    title="METEORE table of strands",
    columns=("chr", "pos", "end", "n", "level", "strand"),
    base=0,
    lengths=(1,),
    scale=1,
    unit=0.0005,
    names=((*_NAMES, "strand"),),
    context=CPG,
    needs_header=True,
)
COMBINED: Final = Format(
    name="meteore_combined",
    title="METEORE table of both strands",
    columns=("chr", "pos", "-", "-", "-"),
    base=0,
    optional=1,
    names=(_NAMES, ("chr", "pos", "methyl_freq", "cov")),
    needs_header=True,
    refusal="its level is the mean of the levels of two strands, and not that of the reads; use "
    "the table with a column Strand that the same run wrote",
)
FORMATS: Final = (FORMAT, COMBINED)
