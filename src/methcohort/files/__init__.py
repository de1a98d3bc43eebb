"""Files of any kind: opened, told from what takes their place, and read as text.

Knows nothing of methylation calls: what a line means is for `readers`, what a file of another kind
is called, and how to come to text from it, for `sniff.py`. Text comes in blocks of whole lines from
plain or gzip files, or from spans of them, which are read side by side.
"""

from .identity import (
    CHANGED,
    NO_LOCKS,
    Identity,
    identity,
    open_file,
    read_whole,
    steady,
    write_whole,
)
from .lines import DamagedError, Lines, explained
from .names import MAX_NAME_BYTES, decode_name
from .sniff import BOM, CARRIAGE_RETURNS, START_BYTES, describe_kind
from .spans import Span, cut
from .start import first_lines
from .text import PADDING, TextFault, TextFile, unended, unreadable

__all__ = [
    "BOM",
    "CARRIAGE_RETURNS",
    "CHANGED",
    "MAX_NAME_BYTES",
    "NO_LOCKS",
    "PADDING",
    "START_BYTES",
    "DamagedError",
    "Identity",
    "Lines",
    "Span",
    "TextFault",
    "TextFile",
    "cut",
    "decode_name",
    "describe_kind",
    "explained",
    "first_lines",
    "identity",
    "open_file",
    "read_whole",
    "steady",
    "unended",
    "unreadable",
    "write_whole",
]
