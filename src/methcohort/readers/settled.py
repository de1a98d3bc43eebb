"""The format of a name, with what the file says of it itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ..core.errors import ConfigError, InputError
from ..store.cytosine import CONTEXT_BITS
from .custom import DELIMITERS, NAME, custom_format, description, descriptions
from .formats import READERS, TAB, Dialect, Format
from .head import Head, has_tabs, places_of, read_head
from .naming import near_format
from .roundings import left_by
from .samples import of_sample
from .table_head import TableHead

_WRITTEN: Final = ("delimiter", "quote", "decimal")


def settle(
    name: str, path: str, custom: Mapping[str, Any] | None = None, columns: str = ""
) -> Format:
    """Return the format of a name, with what the file says of it itself.

    The `track` line of a caller may tell context and merged strands; the columns that `custom`,
    the key of the configuration, describes may be names in the file's header; and of a text of
    several samples the columns of one are taken. Rows can tell in which of several ways levels are
    written.

    Parameters
    ----------
    custom : the key `custom` of the configuration
    columns : which sample of a text of several it is, as the sheet says it

    Raises
    ------
    ConfigError
        Where there is no such format, or `custom` does not tell the columns.
    InputError
        Where the format has no counts, or where the text is of several samples and `columns` names
        none of them, or it is of one.
    """
    custom = custom or {}
    if name == NAME or name in descriptions(custom):
        return _settle_custom(name, path, description(custom, name), columns)
    if name not in READERS:
        message = f"found the format {name!r}; {near_format(name, custom)}"
        raise ConfigError(message)
    form = READERS[name]
    if form.refusal:
        message = f"{path}: the format {form.name} cannot be used: {form.refusal}"
        raise InputError(message)
    head = read_head(path)
    if form.by_track:
        form = _settle_track(form, head)
    if form.repeat or columns:
        form = of_sample(form, path, head, columns)
    if form.roundings:
        rows = [row for row in head.rows if len(row) >= len(form.columns) - form.optional]
        same = tuple(row for row in rows if len(row) == len(rows[0]))
        left = left_by(form, TableHead(same).levels(form) if same else ())
        form = replace(form, roundings=left)
    return _in_dialect(form, head.dialect)


def _in_dialect(form: Format, dialect: Dialect) -> Format:
    """Return a format of text that is written in a dialect."""
    return form if dialect.is_plain else replace(form, dialect=dialect, tabs=True)


def _settle_custom(name: str, path: str, given: Mapping[str, Any], columns: str) -> Format:
    written = {key: str(given[key]) for key in _WRITTEN if given.get(key) is not None}
    written = {key: DELIMITERS.get(value, value) for key, value in written.items()}
    if "delimiter" not in written and has_tabs(path):
        written["delimiter"] = TAB
    # Columns are counted as in the file, by who gives their numbers.
    head = read_head(path, written, kept_names=True)
    header = head.header or (head.hashed if len(head.hashed) == head.n_columns else ())
    tabs = head.dialect.delimiter == TAB
    form = custom_format(given, header or None, name=name, columns=columns, tabs=tabs)
    if form.has("level"):
        places = places_of(path, head, form.columns.index("level"))
        form = custom_format(given, header or None, places, name, columns, tabs=tabs)
    return _in_dialect(form, head.dialect)


def _settle_track(form: Format, head: Head) -> Format:
    words = head.track.replace('"', " ").split()
    context = sum(bit for name, bit in CONTEXT_BITS.items() if name in words)
    lengths = TableHead(head.rows).lengths() if head.n_columns > 2 else {}
    merged = "merged" in words or bool(lengths and min(lengths) > 1)
    return replace(form, context=context, merged="yes" if merged else form.merged)
