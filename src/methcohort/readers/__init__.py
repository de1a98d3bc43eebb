"""Readers: text of methylation calls to columns of rows, one small module a format.

A format is a `Format`, the facts of its columns, which drive one kernel for all but five columns.
To add one: write its module, and name it in `_registry.py`.
"""

import numpy as np

from ..core.errors import InputError
from ..files import Identity
from ..rows import TextSummary
from ._dialect import Dialect
from ._faults import too_large
from ._fields import PADDING
from ._format import Format
from ._kinds import START_BYTES, describe_kind
from ._lines import DamagedError, Lines, explained
from ._names import decode_name
from ._read import KERNELS, Sink, TextReader
from ._registry import READERS
from ._repeat import told_repeat
from ._rules import RowRules
from ._spans import Span, cut
from ._text import TextFault, TextFile, unended
from ._unknown import FILL_IN
from .custom import FORMAT as CUSTOM
from .custom import custom_format, used_descriptions
from .recognise import (
    AUTO,
    Recognition,
    columns_fault,
    format_names,
    near_format,
    recognise,
    settle,
    suggest,
)


def open_text(
    path: str,
    form: str | Format,
    rules: RowRules,
    span: Span | None = None,
    file: Identity | None = None,
) -> TextReader:
    """Return a reader of a file, or a span of it, in a format or the one of that name.

    Where `file` is given, another one at the path is a fault.

    Raises
    ------
    InputError
        Where the format is known, but has no counts, or `auto` finds several.
    """
    if isinstance(form, str):
        form = settle(recognise(path).format if form == AUTO else form, path)
    if form.refusal:
        message = f"{path}: the format {form.name} cannot be used: {form.refusal}"
        raise InputError(message)
    return TextReader(path, form, rules, span, file)


def format_named(name: str) -> Format:
    """Return the format of a name, and what stands for all that a configuration describes."""
    return READERS.get(name, CUSTOM)


def warm(form: Format, counts: "np.dtype[np.unsignedinteger]") -> None:
    """Compile or fetch the kernel of a format, for columns of this dtype of counts."""
    rules = RowRules(
        wanted=lambda _name: True,
        duplicates="error",
        drop_uncovered=True,
        pct_check="error",
        pct_tolerance=0.0,
        with_pct=True,
    )
    reader = TextReader("", form, rules)
    if reader.rewriter is not None:
        reader.rewriter.write(np.zeros(PADDING, np.uint8), 0, 0)
    table = reader.names
    table.add(b"chr1")
    none = np.empty(0, counts)
    reader.parse(
        np.zeros(PADDING, np.uint8), 0, reader.state, reader.reals,
        table.spans, table.words, table.names, table.table, table.flags,
        reader.layout, reader.ends,
        np.empty(0, np.int32), np.empty(0, np.float32), none, none, np.empty(0, np.uint8),
        np.empty((0, 2), np.int32),
    )  # fmt: skip


__all__ = [
    "AUTO",
    "DamagedError",
    "Dialect",
    "FILL_IN",
    "Format",
    "KERNELS",
    "READERS",
    "Recognition",
    "Lines",
    "START_BYTES",
    "RowRules",
    "Sink",
    "Span",
    "TextFault",
    "TextFile",
    "TextReader",
    "TextSummary",
    "columns_fault",
    "custom_format",
    "cut",
    "decode_name",
    "describe_kind",
    "explained",
    "format_named",
    "format_names",
    "near_format",
    "open_text",
    "recognise",
    "settle",
    "suggest",
    "told_repeat",
    "too_large",
    "unended",
    "used_descriptions",
    "warm",
]
