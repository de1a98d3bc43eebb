"""A build in jobs that can run on different machines, with files between them; the same bytes."""

from ._assemble import assemble_ranges
from ._load import load_batch
from ._pack import pack_range
from ._sites import find_sites

__all__ = ["assemble_ranges", "find_sites", "load_batch", "pack_range"]
