"""PacBio pb-CpG-tools (`aligned_bam_to_cpg_scores`), 0-based, both strands of a CpG in one row.

Columns are `chrom begin end mod_score type cov`, then in model mode `est_mod_count est_unmod_count
discretized_mod_score`, in count mode `mod_count unmod_count avg_mod_score avg_unmod_score`.

Traps: in model mode mod_score is the probability of a model, not the share of the counts beside it;
discretized_mod_score is that share, and the counts are estimates that the model's probability
gives of all reads. Version 2 has no header, version 3 has `##` lines and a line of names that
begins with `#`. `type` is Total, hap1 or hap2, one of them a file (`.combined.bed`, `.hap1.bed`,
`.hap2.bed`). Reads of a haplotype are among those of Total, so that rows of each type are a format
of their own; those of a haplotype are read where the sheet names it.

Source: pb-CpG-tools 3.0.0 (README, `write_tracks.rs`), and files of 2.3.2.
"""

from dataclasses import replace
from typing import Final

from ...store.cytosine import CPG
from ._format import Format

_FIRST: Final = ("chrom", "begin", "end", "mod_score", "type", "cov")
_TYPE: Final = 4
_MARKS: Final = ((_TYPE, r"Total|hap\d"),)
_TOTAL: Final = ((_TYPE, ("Total",)),)

FORMAT: Final = Format(
    name="pb_cpg_tools",
    title="pb-CpG-tools, model mode",
    columns=("chr", "pos", "end", "-", "-", "sum", "c", "t", "pct"),
    only=_TOTAL,
    base=0,
    lengths=(1,),
    unit=0.05,
    names=((*_FIRST, "est_mod_count", "est_unmod_count", "discretized_mod_score"),),
    merged="yes",
    context=CPG,
    marks=_MARKS,
)
COUNT: Final = Format(
    name="pb_cpg_tools_count",
    title="pb-CpG-tools, count mode",
    columns=("chr", "pos", "end", "pct", "-", "total", "c", "t", "-", "-"),
    only=_TOTAL,
    base=0,
    lengths=(1,),
    unit=0.05,
    names=((*_FIRST, "mod_count", "unmod_count", "avg_mod_score", "avg_unmod_score"),),
    merged="yes",
    context=CPG,
    marks=_MARKS,
)


def _haplotype(form: Format, k: int) -> Format:
    """Return a format with the rows of one haplotype alone."""
    return replace(
        form,
        name=f"{form.name}_hap{k}",
        title=f"{form.title}, haplotype {k}",
        only=((_TYPE, (f"hap{k}",)),),
        by_name=True,
    )


HAPLOTYPES: Final = tuple(_haplotype(form, k) for form in (FORMAT, COUNT) for k in (1, 2))
FORMATS: Final = (FORMAT, COUNT, *HAPLOTYPES)
