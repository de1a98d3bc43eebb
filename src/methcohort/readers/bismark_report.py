"""Cytosine reports, `chr pos strand M U context trinucleotide` without a header, 1-based.

Written by Bismark's `coverage2cytosine` (CpG_report, CX_report), `MethylDackel extract
--cytosine_report` and Illumina DRAGEN (`--methylation-generate-cytosine-report`).

Traps: every cytosine of the genome has a row, most of them 0 0. A row of the reverse strand has the
position of its G. The trinucleotide is sometimes left out.

Source: a file of Bismark, and the manuals of MethylDackel and DRAGEN 4.4.
"""

from typing import Final

from ._format import Format

FORMAT: Final = Format(
    name="bismark_report",
    title="cytosine report (Bismark, MethylDackel, DRAGEN)",
    columns=("chr", "pos", "strand", "c", "t", "context", "-"),
    base=1,
    optional=1,
)
