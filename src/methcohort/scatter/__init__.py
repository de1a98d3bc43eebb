"""A build in jobs that can run on different machines, with files between them; the same bytes."""

from .assemble import assemble_ranges
from .load import load_batch
from .pack import pack_range
from .sites import find_sites

__all__ = ["assemble_ranges", "find_sites", "load_batch", "pack_range"]
