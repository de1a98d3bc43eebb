"""Counts of DNMTools and methpipe: `chr pos strand context level N`, 0-based, without a header.

Contexts are CpG, CHH, CXG and CCG; an `x` behind one marks a site that may be mutated. `dnmtools
sym` writes the same columns for both strands added, on the forward strand.

Traps: the level has six significant digits, from which counts follow exactly for any depth met in
practice. A file of `dnmtools sym` cannot be told from one of `counts`: its rows are taken as those
of the forward strand.

`dnmtools merge -t` makes a table of several samples, which radmeth takes: below a header of names,
with none for the first column, rows `chr:pos:strand:context` and, for each sample, N and the
methylated reads. The header names each sample once (`-radmeth`) or twice, as NAME_R and NAME_M. A
sample without the site has 0 0.

Source: DNMTools (`counts.md`, `merge-methcounts.cpp`, `symmetric-cpgs.cpp`, `MSite.cpp`) and
methpipe (`MethpipeSite.cpp`).
"""

from typing import Final

from ._format import Format

FORMAT: Final = Format(
    name="dnmtools_counts",
    title="DNMTools or methpipe counts",
    columns=("chr", "pos", "strand", "context", "level", "n"),
    base=0,
    scale=1,
    unit=5e-7,
    marks=((3, "(?:CpG|CHH|CXG|CHG|CCG|N)x?"),),
)

TABLE: Final = Format(
    name="dnmtools_table",
    title="dnmtools merge -t, a table for radmeth",
    columns=("chr", "pos", "strand", "context", "n", "c"),
    base=0,
    needs_header=True,
    tabs=True,
    colons=True,
    repeat=("", ""),
)
FORMATS: Final = (FORMAT, TABLE)
