"""bedMethyl, 0-based: the nine columns of BED, then counts, which each caller orders its own way.

`modkit pileup` has 18 columns: code in column 4, N_valid 10, percentage 11, N_mod 12, N_canonical
13, N_other_mod 14. Older ones put blanks between columns 10 to 18. `modbam2bed -e` has 14 (to 16):
coverage 10, percentage 11, N_canonical 12, N_mod 13, N_filtered 14, N_no_call 15, N_other_mod 16.
ENCODE has 11: reads 10, percentage 11; files
of gemBS have three more, which are not read.

Traps: columns 12 and 13 are swapped between modkit and modbam2bed. A position has a row for each
modification; codes are `m`, `h`, `C` (any) or `m,CG,0` in modkit, `5mC`, `5hmC` in modbam2bed. A
strand of `.` means that both strands are added (`modkit --combine-strands`, `modbam2bed
--aggregate`, whose rows end two bases behind the start). Column 10 of modbam2bed counts reads that
were filtered out; without `-e` it is the only count, so that none follow. ENCODE's percentage is a
whole number: counts follow exactly up to 99 reads, once it is known whether it is rounded or, as in
files of gemBS, cut off, `(int)(100.0 * (c / n))` in 64 bits. Its reads are of C and T only. Its
name is that of a sample. modkit's and modbam2bed's percentages have two decimals, and their names
are codes: rows of them cut to 14 columns may be of another modification, and are not ENCODE's.

Source: modkit's description of bedMethyl, modbam2bed's README, ENCODE's `bedMethyl.as`, gemBS
(`output.c` of mextr), and files of all but the third.
"""

from typing import Final

from ._format import Format, Rounding

_BED: Final = ("chr", "pos", "end", "code", "-", "strand", "start2", "end2", "-")
_NAMED: Final = ("chr", "pos", "end", "-", "-", "strand", "start2", "end2", "-")
_MODKIT: Final = (
    "chrom", "chromstart", "chromend", "name", "score", "strand", "thickstart", "thickend", "color",
    "valid_coverage", "percent_modified", "count_modified", "count_canonical", "count_other_mod",
    "count_delete", "count_fail", "count_diff", "count_nocall",
)  # fmt: skip
"""What `modkit pileup --with-header` calls the columns."""

_LONG: Final = "5(?:mC|hmC|fC|caC|hmU|fU|caU|oxoG)|6mA|Xao"

FORMAT: Final = Format(
    name="bedmethyl",
    title="bedMethyl (modkit)",
    columns=(*_BED, "sum", "pct", "c", "t", "other", "-", "-", "-", "-"),
    base=0,
    lengths=(1,),
    unit=0.005,
    merged="dot",
    marks=((3, r"(?:[A-Za-z]|\d{4,6})(?:,\w+,\d+)?"), *((k, r"\d+") for k in range(14, 18))),
    names=(_MODKIT,),
)
MODBAM2BED: Final = Format(
    name="modbam2bed",
    title="bedMethyl (modbam2bed -e)",
    columns=(*_BED, "total", "pct", "t", "c", "-", "-", "other"),
    base=0,
    optional=2,
    lengths=(1, 2),
    unit=0.005,
    merged="dot",
    marks=((3, _LONG), (10, r"\d+\.\d\d|nan")),
)
MODBAM2BED_BASIC: Final = Format(
    name="modbam2bed_basic",
    title="bedMethyl (modbam2bed without -e)",
    columns=(*_BED, "-", "pct"),
    base=0,
    lengths=(1, 2),
    merged="dot",
    refusal="its reads in column 10 include those that were filtered out, so that no counts follow "
    "from the percentage; run modbam2bed with -e, or modkit pileup, and use that file",
)
ENCODE: Final = Format(
    name="encode_bedmethyl",
    title="bedMethyl (ENCODE)",
    columns=(*_NAMED, "n", "level", "-", "-", "-"),
    base=0,
    optional=3,
    widths=(11, 14),
    lengths=(1,),
    unit=0.5,
    marks=((10, r"\d+(?:\.0)?|\.|na|nan|NA|NaN"),),
    roundings=(
        Rounding("rounded to a whole number", 0.5),
        Rounding("cut off to a whole number", 0.5, cut=True),
    ),
)
FORMATS: Final = (FORMAT, MODBAM2BED, ENCODE, MODBAM2BED_BASIC)
