"""Readers: text of methylation calls of any caller to columns of rows.

What a format is stands as data in `formats`; `recognise` tells the format of a text by its
beginning, `settle` what the file itself says of it, and `TextReader` reads it, with one of the two
kernels in `kernels`, into the blocks of a `Sink`. Readers know a line and what it means, the rules
for rows of one file, and how to say what is wrong with them. They know nothing of samples and
cohorts, of other files, of the genome, or of where rows go.

Names are loaded when first used: checking a sheet or describing a store needs no compiled code.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ..files import (
        START_BYTES,
        DamagedError,
        Lines,
        Span,
        TextFault,
        TextFile,
        cut,
        decode_name,
        describe_kind,
        explained,
        unended,
    )
    from .custom import custom_format, used_descriptions
    from .formats import READERS, Dialect, Format
    from .naming import AUTO, columns_fault, format_named, format_names, near_format
    from .reader import KERNELS, Sink, TextReader, warm
    from .recognition import Recognition, recognise, suggest
    from .repeat import told_repeat
    from .rules import RowRules
    from .settled import settle
    from .summary import TextSummary
    from .unknown import FILL_IN
    from .wording import too_large

_HOMES: Final = {
    ".custom": ("custom_format", "used_descriptions"),
    ".naming": ("AUTO", "columns_fault", "format_named", "format_names", "near_format"),
    ".formats": ("READERS", "Dialect", "Format"),
    ".reader": ("KERNELS", "Sink", "TextReader", "warm"),
    ".recognition": ("Recognition", "recognise", "suggest"),
    ".repeat": ("told_repeat",),
    ".rules": ("RowRules",),
    ".settled": ("settle",),
    ".summary": ("TextSummary",),
    ".unknown": ("FILL_IN",),
    ".wording": ("too_large",),
    "..files": (
        "START_BYTES",
        "DamagedError",
        "Lines",
        "Span",
        "TextFault",
        "TextFile",
        "cut",
        "decode_name",
        "describe_kind",
        "explained",
        "unended",
    ),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AUTO",
    "FILL_IN",
    "KERNELS",
    "READERS",
    "Dialect",
    "Format",
    "Recognition",
    "RowRules",
    "Sink",
    "TextReader",
    "TextSummary",
    "columns_fault",
    "custom_format",
    "format_named",
    "format_names",
    "near_format",
    "recognise",
    "settle",
    "suggest",
    "told_repeat",
    "too_large",
    "used_descriptions",
    "warm",
    # of `files`
    "START_BYTES",
    "DamagedError",
    "Lines",
    "Span",
    "TextFault",
    "TextFile",
    "cut",
    "decode_name",
    "describe_kind",
    "explained",
    "unended",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(_HOME_OF[name], __name__), name)
    globals()[name] = value
    return value
