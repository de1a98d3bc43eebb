"""asTair's `.mods`, 0-based, below a header.

Columns are CHROM START END MOD_LEVEL MOD UNMOD REF ALT SPECIFIC_CONTEXT CONTEXT SNV TOTAL_DEPTH.
REF is the base of the forward strand: G means a cytosine of the reverse strand.

Traps: the last column is missing in rows without reads, whose level is NA. The counts are of
modified reads, whichever way the chemistry shows them (`--method`).

Source: asTair, `caller.py` (`modification_calls_writer`).
"""

from typing import Final

from ._format import Format

_NAMES: Final = (
    "start", "end", "mod_level", "mod", "unmod", "ref", "alt", "specific_context", "context",
    "snv", "total_depth",
)  # fmt: skip

FORMATS: Final = (
    Format(
        name="astair",
        title="asTair .mods",
        columns=("chr", "pos", "end", "pct", "c", "t", "base", "-", "-", "context", "-", "-"),
        base=0,
        optional=1,
        lengths=(1,),
        scale=1,
        unit=0.0005,
        names=(("chrom", *_NAMES),),
    ),
)
