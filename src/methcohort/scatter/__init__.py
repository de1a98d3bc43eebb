"""A build in several jobs, with files between them.

Batches of samples are loaded, their sites found, ranges of sites packed, and the ranges assembled.
It knows nothing of Snakemake, and no other package knows of it.
"""

from .assemble import assemble_ranges
from .load import load_batch
from .pack import pack_range
from .part_file import DamagedPartError
from .sites import find_sites

__all__ = ["DamagedPartError", "assemble_ranges", "find_sites", "load_batch", "pack_range"]
