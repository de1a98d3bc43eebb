"""Pileups of PacBio's MethBat (`methbat pileup`), 0-based, one file for each modification.

Columns are `chrom start end name score strand mod_score type cov mod_count unmod_count
inferred_unmod_count diff_base_count avg_mod_score avg_unmod_score`, below `##` lines and a line of
names that begins with `#`. The name is m, h or a; 5mC has both strands of a CpG in one row, whose
strand is `.`; 5hmC and 6mA have a row for each strand.

Traps: the reads of a site have up to three rows, whose type is Total, hap1 or hap2; Total has those
of the haplotypes, and unphased ones. Each type is a format of its own, and never added to another.
inferred_unmod_count is a part of unmod_count; reads of another base (diff_base_count) are in none
of the counts.

Source: MethBat 1.0 and 1.1 (`pileup_guide.md`, `migration_v1.md`).
"""

from dataclasses import replace
from typing import Final

from ._format import Format

_TYPE: Final = 7

FORMAT: Final = Format(
    name="methbat",
    title="MethBat pileup",
    columns=(
        "chr", "pos", "end", "code", "-", "strand", "pct", "-", "sum",
        "c", "t", "-", "-", "-", "-",
    ),
    base=0,
    lengths=(1,),
    unit=0.05,
    names=(
        (
            "chrom", "start", "end", "name", "score", "strand", "mod_score", "type", "cov",
            "mod_count", "unmod_count", "inferred_unmod_count", "diff_base_count",
            "avg_mod_score", "avg_unmod_score",
        ),
    ),
    merged="dot",
    only=((_TYPE, ("Total",)),),
    marks=((_TYPE, r"Total|hap\d"),),
)  # fmt: skip


def _haplotype(k: int) -> Format:
    """Return the format with the rows of one haplotype alone."""
    return replace(
        FORMAT,
        name=f"methbat_hap{k}",
        title=f"MethBat pileup, haplotype {k}",
        only=((_TYPE, (f"hap{k}",)),),
        by_name=True,
    )


HAPLOTYPES: Final = (_haplotype(1), _haplotype(2))
FORMATS: Final = (FORMAT, *HAPLOTYPES)
