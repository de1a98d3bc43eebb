"""The reference: bases, FASTA and BED files, and the names of chromosomes.

It knows nothing of samples or counts.
"""

from .aliases import Aliases, is_built_in, load_aliases
from .bases import Chromosome, Genome, OpenGenome
from .bed import Bed, read_bed
from .codes import OUTSIDE, C, G
from .fasta import Reference, load_reference
from .kernels import count_bases, kinds_at, load_reference_kernels, mark_sites
from .naming import Named, refuse_mixed, renamed
from .sizes import ChromSizes, read_chrom_sizes
from .vcf import read_vcf

__all__ = [
    "OUTSIDE",
    "Aliases",
    "Bed",
    "C",
    "ChromSizes",
    "Chromosome",
    "G",
    "Genome",
    "Named",
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
    "read_chrom_sizes",
    "read_vcf",
    "refuse_mixed",
    "renamed",
]
