"""rastair's BED of CpGs (`rastair call --bed`, `rastair convert`), 0-based, a row a strand.

Columns are `chr start end name beta_est strand unmod mod no_snp snp coverage genotype gt_p_score
gt_conf_score cpg` below a line of these names that begins with `#`.

Traps: unmodified reads come before modified ones. beta_est can be empty. Older versions have no
column `cpg`. Counts are corrected for the genotype, and beta_est follows from them.

Source: rastair's description of its BED, and the headers its versions write.
"""

from typing import Final

from ...store.cytosine import CPG
from ._format import Format

_NAMES: Final = (
    "chr", "start", "end", "name", "beta_est", "strand", "unmod", "mod", "no_snp", "snp",
    "coverage", "genotype", "gt_p_score", "gt_conf_score", "cpg",
)  # fmt: skip

FORMATS: Final = (
    Format(
        name="rastair",
        title="rastair BED",
        columns=("chr", "pos", "end", "-", "pct", "strand", "t", "c", *("-",) * 7),
        base=0,
        optional=1,
        lengths=(1,),
        scale=1,
        unit=0.005,
        names=(_NAMES,),
        context=CPG,
        tabs=True,
    ),
)
