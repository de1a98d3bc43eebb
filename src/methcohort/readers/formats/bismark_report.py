"""Cytosine reports, `chr pos strand M U context trinucleotide` without a header, on either base.

Written by Bismark's `coverage2cytosine` (CpG_report, CX_report), `MethylDackel extract
--cytosine_report` and Illumina DRAGEN (`--methylation-generate-cytosine-report`), all 1-based.
Bismark writes the same columns 0-based with `--zero_based` (of `coverage2cytosine`, or of
`bismark_methylation_extractor` beside `--cytosine_report`), all positions one lower.

Traps: every cytosine of the genome has a row, most of them 0 0. A row of the reverse strand has the
position of its G. The trinucleotide is sometimes left out. Nothing but a position of 0 tells the
base in the text itself.

Source: files of Bismark, and the manuals of Bismark, MethylDackel and DRAGEN 4.4.
"""

from dataclasses import replace
from typing import Final

from ._format import Format

FORMAT: Final = Format(
    name="bismark_report",
    title="cytosine report (Bismark, MethylDackel, DRAGEN)",
    columns=("chr", "pos", "strand", "c", "t", "context", "-"),
    base=1,
    optional=1,
    usual=True,
)
ZERO: Final = replace(
    FORMAT,
    name="bismark_report_zero",
    title="0-based cytosine report (Bismark --zero_based)",
    base=0,
    usual=False,
)
FORMATS: Final = (FORMAT, ZERO)
