"""Readers: text of methylation calls of any caller to columns of rows.

What a format is stands as data in `formats`; `recognise` tells the format of a text by its
beginning, `settle` what the file itself says of it, and `TextReader` reads it, with one of the two
kernels in `kernels`, into the blocks of a `Sink`. Readers know a line and what it means, the rules
for rows of one file, and how to say what is wrong with them. They know nothing of samples and
cohorts, of other files, of the genome, or of where rows go.

Names are loaded when first used: checking a sheet or describing a store needs no compiled code.
"""

from typing import TYPE_CHECKING

from ..core.doors import lazy

if TYPE_CHECKING:
    from .custom import used_descriptions
    from .formats import Format
    from .naming import AUTO, columns_fault, format_named, format_names, near_format
    from .reader import KERNELS, TextReader, warm
    from .recognition import recognise, suggest
    from .repeat import describe_repeat
    from .rules import RowRules
    from .settled import settle
    from .unknown import FILL_IN
    from .wording import too_large

__all__ = [
    "AUTO",
    "FILL_IN",
    "KERNELS",
    "Format",
    "RowRules",
    "TextReader",
    "columns_fault",
    "describe_repeat",
    "format_named",
    "format_names",
    "near_format",
    "recognise",
    "settle",
    "suggest",
    "too_large",
    "used_descriptions",
    "warm",
]

__getattr__ = lazy(
    __name__,
    {
        "custom": ("used_descriptions",),
        "formats": ("Format",),
        "naming": (
            "AUTO",
            "columns_fault",
            "format_named",
            "format_names",
            "near_format",
        ),
        "reader": (
            "KERNELS",
            "TextReader",
            "warm",
        ),
        "recognition": (
            "recognise",
            "suggest",
        ),
        "repeat": ("describe_repeat",),
        "rules": ("RowRules",),
        "settled": ("settle",),
        "unknown": ("FILL_IN",),
        "wording": ("too_large",),
    },
)
