"""Frequencies of nanopolish (`calculate_methylation_frequency.py`) and f5c (`meth-freq`), 0-based.

Columns are `chromosome start end num_motifs_in_group called_sites called_sites_methylated
methylated_frequency group_sequence` below a header; f5c and older nanopolish have
`num_cpgs_in_group`. Both strands of a CpG are in one row.

Traps: CpGs that are near to each other are called as a group, in one row from the first to the
last, whose called_sites are reads times CpGs; the option `-s` (`--split-groups`) gives each CpG a
row of its own. The end is the start where there is one CpG. Other motifs than CpG (`-q` of
`call-methylation`) have the same columns.

Source: nanopolish and f5c, the scripts named above.
"""

from typing import Final

from ...store.cytosine import CPG
from ._format import Format

_LAST: Final = (
    "called_sites", "called_sites_methylated", "methylated_frequency", "group_sequence",
)  # fmt: skip

FORMATS: Final = (
    Format(
        name="nanopolish",
        title="nanopolish or f5c frequency table of single CpGs",
        columns=("chr", "pos", "end", "-", "n", "c", "pct", "-"),
        base=0,
        lengths=(0,),
        longer="groups of several CpGs do not tell the reads of each: run "
        "calculate_methylation_frequency.py or f5c meth-freq with -s, which splits them",
        scale=1,
        unit=0.0005,
        names=(
            ("chromosome", "start", "end", "num_motifs_in_group", *_LAST),
            ("chromosome", "start", "end", "num_cpgs_in_group", *_LAST),
        ),
        merged="yes",
        context=CPG,
        needs_header=True,
        marks=((7, "[A-Za-z]*CG[A-Za-z]*|split-group"),),
    ),
)
