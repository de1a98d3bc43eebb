"""Files that others read, from columns of numbers: text, BGZF with its index, bigWig.

It knows nothing of stores and selections: it is given arrays and names.
"""

from .bgzf import EOF, MEMBER_BYTES, Compressed, compress
from .bigwig import BigWig
from .tabix import BED, MAX_INDEXED, SITES, Preset, TabixIndex
from .text import Column, Decimals, Integers, Reals, Texts, format_rows

__all__ = [
    "BED",
    "EOF",
    "MAX_INDEXED",
    "MEMBER_BYTES",
    "SITES",
    "BigWig",
    "Column",
    "Compressed",
    "Decimals",
    "Integers",
    "Preset",
    "Reals",
    "TabixIndex",
    "Texts",
    "compress",
    "format_rows",
]
