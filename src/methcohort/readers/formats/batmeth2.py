"""BatMeth2's `.methratio.txt`, 1-based, below a line of names that begins with `#`.

Columns are `chromsome loci strand context C_count CT_count methRatio eff_CT_count rev_G_count
rev_GA_count MethContext 5context`; the description spells the first right, and calls the level
methlevel.

Traps: BSMAP's methratio has the same names in another order. methRatio and eff_CT_count are
corrected for variants, and eff_CT_count can be `null`: they are not looked at.

Source: BatMeth2 (`calmeth`), and its description of the output.
"""

from typing import Final

from ._format import Format

_PLACE: Final = ("loci", "strand", "context", "c_count", "ct_count")
_LAST: Final = ("eff_ct_count", "rev_g_count", "rev_ga_count", "methcontext", "5context")

FORMATS: Final = (
    Format(
        name="batmeth2",
        title="BatMeth2 methratio",
        columns=("chr", "pos", "strand", "context", "c", "n", *("-",) * 6),
        base=1,
        names=(
            ("chromsome", *_PLACE, "methratio", *_LAST),
            ("chromosome", *_PLACE, "methlevel", *_LAST),
        ),
        marks=((6, r"[\d.]+"), (10, "M|Mh|H|hU|U"), (11, "[A-Za-z]{5}")),
    ),
)
