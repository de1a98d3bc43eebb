"""The reference: bases, FASTA and BED files, and the names of chromosomes.

It knows nothing of samples or counts.
"""

from .bases import (
    OUTSIDE,
    C,
    G,
    Genome,
    OpenGenome,
    count_bases,
    kinds_at,
    load_reference_kernels,
    mark_sites,
)
from .bed import read_bed
from .fasta import Reference, load_reference
from .names import Aliases, Named, is_built_in, load_aliases, refuse_mixed, renamed

__all__ = [
    "Aliases",
    "C",
    "G",
    "Genome",
    "Named",
    "OUTSIDE",
    "OpenGenome",
    "Reference",
    "count_bases",
    "is_built_in",
    "kinds_at",
    "load_aliases",
    "load_reference",
    "load_reference_kernels",
    "mark_sites",
    "read_bed",
    "refuse_mixed",
    "renamed",
]
