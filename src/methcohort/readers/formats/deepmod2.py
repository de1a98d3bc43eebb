"""DeepMod2's `.per_site` and `.per_site.aggregated`, 0-based, below a header.

Columns are `chromosome position_before position strand ref_cpg coverage mod_coverage unmod_coverage
mod_fraction`, and the last four again for each of two haplotypes; the aggregated table has no
strand, and both of them added. The line of names begins with `#`.

Traps: position is the end; an aggregated row ends two bases behind its start. Older versions call
the fraction mod_percentage; it is from 0 to 1 all the same. Sites that are no CpG of the reference
(ref_cpg) are among the rows. The first counts have the reads of both haplotypes and unphased ones.

Source: DeepMod2 (`utils.py`, README).
"""

from typing import Final

from ._format import Format

_FRACTIONS: Final = ("mod_fraction", "mod_percentage")


def _names(*first: str) -> tuple[tuple[str, ...], ...]:
    """Return what headers call the columns: those before the counts, and the counts three times."""
    return tuple(
        (
            *first,
            *(
                f"{name}{phase}"
                for phase in ("", "_phase1", "_phase2")
                for name in ("coverage", "mod_coverage", "unmod_coverage", fraction)
            ),
        )
        for fraction in _FRACTIONS
    )


_COUNTS: Final = ("sum", "c", "t", "pct", *("-",) * 8)

FORMAT: Final = Format(
    name="deepmod2",
    title="DeepMod2 per_site",
    columns=("chr", "pos", "end", "strand", "-", *_COUNTS),
    base=0,
    lengths=(1,),
    scale=1,
    unit=0.00005,
    names=_names("chromosome", "position_before", "position", "strand", "ref_cpg"),
    needs_header=True,
)
AGGREGATED: Final = Format(
    name="deepmod2_aggregated",
    title="DeepMod2 per_site.aggregated",
    columns=("chr", "pos", "end", "-", *_COUNTS),
    base=0,
    lengths=(2,),
    scale=1,
    unit=0.00005,
    names=_names("chromosome", "position_before", "position", "ref_cpg"),
    merged="yes",
    needs_header=True,
)
FORMATS: Final = (FORMAT, AGGREGATED)
