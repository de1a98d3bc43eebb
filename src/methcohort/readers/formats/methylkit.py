"""methylKit's own text, 1-based, in three layouts.

The "amp" text, which `MethylDackel extract --methylKit` writes too, is `chrBase chr base strand
coverage freqC freqT` below a header; the strand is F or R. The table of a methylRaw object, plain
or behind tabix (.txt.bgz), is `chr start end strand coverage numCs numTs`. That of united samples
(methylBase) has the last three once for each sample, with its number, as in `coverage1 numCs1
numTs1`; a sample without the site has NA. The example of generic text, `chr
start strand coverage freqC freqT`, is the amp text without its first column; the strand is + or -.

Traps: coverage counts reads of other bases, too, fewer than a tenth: methylKit drops sites that
have more. So the converted reads are those of freqT, and not all but the methylated ones. The amp
text has percentages of two decimals (MethylDackel: `%6.2f`, with blanks before), from which the
counts follow exactly below about 10,000 reads. MethylDackel 0.1.9 to 0.2.0 wrote shares from 0 to
1, which are refused. A table of tiles or regions has intervals longer than a base, and is refused.
Since 1.11.1 the table begins with `#` lines.

Source: methylKit's example files, manual and `methCall.cpp`; MethylDackel, `extract.c` and its list
of changes.
"""

from typing import Final

from ._format import Format

FORMAT: Final = Format(
    name="methylkit",
    title="methylKit text (amp)",
    columns=("-", "chr", "pos", "strand", "n", "level", "rest"),
    base=1,
    unit=0.005,
    names=(("chrbase", "chr", "base", "strand", "coverage", "freqc", "freqt"),),
    marks=((0, r".+\.\d+"),),
)
TABIX: Final = Format(
    name="methylkit_tabix",
    title="methylKit table (methylRaw)",
    columns=("chr", "pos", "end", "strand", "total", "c", "t"),
    base=1,
    lengths=(0,),
    names=(("chr", "start", "end", "strand", "coverage", "numcs", "numts"),),
    repeat=("coverage{}", "numCs{}", "numTs{}"),
)
GENERIC: Final = Format(
    name="methylkit_generic",
    title="methylKit generic text",
    columns=("chr", "pos", "strand", "n", "level", "rest"),
    base=1,
    unit=0.005,
    names=(("chr", "start", "strand", "coverage", "freqc", "freqt"),),
    needs_header=True,
)
FORMATS: Final = (FORMAT, TABIX, GENERIC)
