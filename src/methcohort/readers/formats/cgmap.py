"""CGmap (BS-Seeker2 and 3, BSBolt, CGmapTools): `chr base pos context dinucleotide level M N`.

1-based, without a header. The base is that of the forward strand: G means a cytosine of the reverse
strand. ATCGmap has the reads by base instead, on either strand, of every position.

Traps: the last column is all reads. The level is rounded, or `na`. Context and dinucleotide are
`--` where the genome does not tell.

Source: CGmapTools (cgmap.format.txt, atcgmap.format.txt).
"""

from typing import Final

from ._format import Format

FORMAT: Final = Format(
    name="cgmap",
    title="CGmap",
    columns=("chr", "base", "pos", "context", "-", "pct", "c", "n"),
    base=1,
    scale=1,
    unit=0.005,
)
ATCGMAP: Final = Format(
    name="atcgmap",
    title="ATCGmap",
    columns=("chr", "-", "pos", "context", *("-",) * 12),
    base=1,
    scale=1,
    marks=((1, "[ACGTNacgtn]"), *((k, r"\d+") for k in range(5, 15)), (15, r"na|[01](\.\d+)?")),
    refusal="it has reads by base of every position, and not by methylation; use the CGmap file "
    "that the same caller writes beside it, or make one of it with CGmapTools",
)
FORMATS: Final = (FORMAT, ATCGMAP)
