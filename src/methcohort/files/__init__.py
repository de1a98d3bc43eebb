"""Any file, whatever is in it: which file it is, its text, output that is complete or not there.

It knows no format of its own, and of methylation only that its calls are what a file was expected
to have, where it says what one is instead. Text comes in blocks of whole lines from plain or gzip
files, or from spans of them, which are read side by side; what a line means is for `readers`.
`strict_yaml` is a door of its own, as it is slow to load.
"""

from typing import TYPE_CHECKING

from ..core.doors import lazy

if TYPE_CHECKING:
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
    from .output import Target, refusal, written
    from .sniff import BOM, CARRIAGE_RETURNS, START_BYTES, describe_kind
    from .spans import Span, cut
    from .start import first_lines
    from .text import PADDING, TextFault, TextFile, unended

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
    "Target",
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
    "refusal",
    "steady",
    "unended",
    "write_whole",
    "written",
]

__getattr__ = lazy(
    __name__,
    {
        "identity": (
            "CHANGED",
            "NO_LOCKS",
            "Identity",
            "identity",
            "open_file",
            "read_whole",
            "refusal",
            "steady",
            "write_whole",
        ),
        "lines": (
            "DamagedError",
            "Lines",
            "explained",
        ),
        "names": (
            "MAX_NAME_BYTES",
            "decode_name",
        ),
        "output": ("Target", "refusal", "written"),
        "sniff": (
            "BOM",
            "CARRIAGE_RETURNS",
            "START_BYTES",
            "describe_kind",
        ),
        "spans": (
            "Span",
            "cut",
        ),
        "start": ("first_lines",),
        "text": (
            "PADDING",
            "TextFault",
            "TextFile",
            "unended",
        ),
    },
)
