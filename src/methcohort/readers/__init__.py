"""Readers: text of methylation calls to columns of rows, one small module a format.

A format is a kernel, `parse`, that reads the fields of a line and hands them to
`_rows.add_row`. To add one: write its module, and name it in `READERS`.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from . import five_column
from ._faults import duplicate, too_large
from ._fields import PADDING
from ._kinds import START_BYTES, describe_kind
from ._lines import DamagedError, Lines, explained
from ._names import NameTable, decode_name
from ._read import RowRules, Sink, TextReader, TextSummary
from ._rows import STATE_SIZE
from ._spans import Span, cut
from ._text import TextFault, TextFile

READERS: Final[dict[str, Callable[..., int]]] = {"five_column": five_column.parse}

AUTO: Final = "auto"


def open_text(path: str, name: str, rules: RowRules, span: Span | None = None) -> TextReader:
    """Return a reader of a file, or a span of it, in the format called `name`.

    `auto` is five columns so far.
    """
    return TextReader(path, READERS["five_column" if name == AUTO else name], rules, span)


def warm(name: str, counts: "np.dtype[np.unsignedinteger]") -> None:
    """Compile or fetch the kernels of a format, for columns of this dtype of counts."""
    table = NameTable(lambda _name: True)
    table.add(b"chr1")
    text = np.zeros(PADDING, np.uint8)
    none = np.empty(0, counts)
    READERS[name](
        text, 0, np.zeros(STATE_SIZE, np.int64), np.zeros(2),
        table.spans, table.words, table.names, table.table, table.flags,
        np.zeros(1, np.int64), np.zeros(1, np.int64),
        np.empty(0, np.int32), np.empty(0, np.float32), none, none, np.empty(0, np.uint8),
        np.empty((0, 2), np.int32),
    )  # fmt: skip


__all__ = [
    "AUTO",
    "DamagedError",
    "READERS",
    "Lines",
    "START_BYTES",
    "RowRules",
    "Sink",
    "Span",
    "TextFault",
    "TextFile",
    "TextReader",
    "TextSummary",
    "cut",
    "decode_name",
    "describe_kind",
    "duplicate",
    "explained",
    "open_text",
    "too_large",
    "warm",
]
