"""BSMAP's methratio.py, 1-based, below a header, in two layouts.

Newer versions write `chr pos strand context ratio eff_CT_count C_count CT_count rev_G_count
rev_GA_count CI_lower CI_upper`; older ones `chr pos strand context ratio total_C methy_C CI_lower
CI_upper`.

Traps: eff_CT_count is corrected for variants by default and then no whole number, and the ratio is
C_count over it, so that it need not agree with the counts: it is not looked at. Counts are C_count
and CT_count. In the old layout all reads come before the methylated ones, and the context is five
bases, which are not read. BatMeth2's methratio has the same names in another order.

Source: `methratio.py` (description of its output), and a file of it.
"""

from typing import Final

from ._format import Format

_FIRST: Final = ("chr", "pos", "strand", "context", "ratio")
_LAST: Final = ("ci_lower", "ci_upper")

FORMAT: Final = Format(
    name="bsmap_methratio",
    title="BSMAP methratio",
    columns=("chr", "pos", "strand", "context", "-", "-", "c", "n", "-", "-", "-", "-"),
    base=1,
    scale=1,
    names=(
        (*_FIRST, "eff_ct_count", "c_count", "ct_count", "rev_g_count", "rev_ga_count", *_LAST),
    ),
    needs_header=True,
)
OLD: Final = Format(
    name="bsmap_methratio_old",
    title="BSMAP methratio, old",
    columns=("chr", "pos", "strand", "-", "pct", "n", "c", "-", "-"),
    base=1,
    scale=1,
    unit=0.0005,
    names=((*_FIRST, "total_c", "methy_c", *_LAST),),
)
FORMATS: Final = (FORMAT, OLD)
