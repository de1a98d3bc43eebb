"""The file format, and its only reader and writer.

It knows neither text files nor how values come about, and needs neither numba nor workers. The
write side and the read side of methcohort meet here and nowhere else. Facts of the format are in
`store.schema`, those of strands and contexts in `store.cytosine`.
"""

from typing import TYPE_CHECKING

from ..core.doors import lazy

if TYPE_CHECKING:
    from .codec import block_digest, encode, without_checksum
    from .digest import content_digest, file_sha256, text_of
    from .grid import Area, ChunkedArray, ChunkShape, Grid, task_samples, tiles_of
    from .hdf5 import UNREADABLE
    from .info import DECIDED_BY, info, sites_text
    from .provenance import SHARED_FILES
    from .reader import StoreReader, open_reader
    from .seal import seal_fault
    from .tiles import inflated
    from .writer import ContentWriter, StoreWriter, encode_strings

__all__ = [
    "DECIDED_BY",
    "SHARED_FILES",
    "UNREADABLE",
    "Area",
    "ChunkShape",
    "ChunkedArray",
    "ContentWriter",
    "Grid",
    "StoreReader",
    "StoreWriter",
    "block_digest",
    "content_digest",
    "encode",
    "encode_strings",
    "file_sha256",
    "inflated",
    "info",
    "open_reader",
    "seal_fault",
    "sites_text",
    "task_samples",
    "text_of",
    "tiles_of",
    "without_checksum",
]

__getattr__ = lazy(
    __name__,
    {
        "codec": (
            "block_digest",
            "encode",
            "without_checksum",
        ),
        "digest": (
            "content_digest",
            "file_sha256",
            "text_of",
        ),
        "grid": (
            "Area",
            "ChunkedArray",
            "ChunkShape",
            "Grid",
            "task_samples",
            "tiles_of",
        ),
        "hdf5": ("UNREADABLE",),
        "info": (
            "DECIDED_BY",
            "info",
            "sites_text",
        ),
        "provenance": ("SHARED_FILES",),
        "reader": (
            "StoreReader",
            "open_reader",
        ),
        "seal": ("seal_fault",),
        "tiles": ("inflated",),
        "writer": (
            "ContentWriter",
            "StoreWriter",
            "encode_strings",
        ),
    },
)
