"""Text formats as data: which column holds what, and what its numbers mean.

A format is a `Format`, one module a caller. A module here lists what it describes as `FORMATS`, and
is found by that alone; `_registry.py` says in which order. Nothing here reads a file, and nothing
needs compiled code, so that a sheet is checked and a store is described without it.
"""

from ._dialect import BLANK, COMMA, PLAIN, SEMICOLON, TAB, Dialect
from ._format import LEAST_SHARE, MEANINGS, ROLES, WORDS, Format, Rounding
from ._registry import DEFAULT, READERS, VARIANTS

__all__ = [
    "BLANK",
    "COMMA",
    "DEFAULT",
    "LEAST_SHARE",
    "MEANINGS",
    "PLAIN",
    "READERS",
    "ROLES",
    "SEMICOLON",
    "TAB",
    "VARIANTS",
    "WORDS",
    "Dialect",
    "Format",
    "Rounding",
]
