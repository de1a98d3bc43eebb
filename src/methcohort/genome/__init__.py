"""The reference: bases, FASTA and BED files, and the names of chromosomes.

It knows nothing of samples or counts.
"""

from typing import TYPE_CHECKING

from ..core.doors import lazy

if TYPE_CHECKING:
    from .aliases import Aliases, aliases_beside, is_built_in, load_aliases
    from .bases import Chromosome, Genome, OpenGenome
    from .bed import Bed, bed_rows, read_bed
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
    "aliases_beside",
    "bed_rows",
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

__getattr__ = lazy(
    __name__,
    {
        "aliases": ("Aliases", "aliases_beside", "is_built_in", "load_aliases"),
        "bases": ("Chromosome", "Genome", "OpenGenome"),
        "bed": ("Bed", "bed_rows", "read_bed"),
        "codes": ("OUTSIDE", "C", "G"),
        "fasta": ("Reference", "load_reference"),
        "kernels": ("count_bases", "kinds_at", "load_reference_kernels", "mark_sites"),
        "naming": ("Named", "refuse_mixed", "renamed"),
        "sizes": ("ChromSizes", "read_chrom_sizes"),
        "vcf": ("read_vcf",),
    },
)
