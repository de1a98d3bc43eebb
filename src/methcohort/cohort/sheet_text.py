"""The text of a sheet of samples: a table whose cells are separated by tabs, as it is written."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from unicodedata import category

from ..core.errors import InputError
from ..files import START_BYTES, describe_kind, steady
from ..store.schema import SAMPLE_COUNTS

REQUIRED: Final = ("sample", "path", "cohort")
OPTIONAL: Final = ("format", "columns", "merge_as")
"""Columns of a sheet that mean something; others are kept in the store as they are."""

MAX_SHEET_BYTES: Final = 1 << 26
"""A sheet of 100,000 samples has about 1 << 24; a file of calls given by mistake has more."""

MAX_CELL_BYTES: Final = 4096
"""As long as a path can be on Linux."""

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_REFUSED: Final = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories that no cell may have: control, surrogate, line ends."""


def read_rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and the rows with their line numbers.

    Raises
    ------
    InputError
        Where the text cannot be read, or its header is none of a sheet.
    """
    lines = [
        (number, [field.strip() for field in line.split("\t")])
        for number, line in enumerate(read_lines(path), 1)
        if line.strip() and not line.startswith("#")
    ]
    for number, fields in lines:
        _refuse_odd_text(path, number, fields)
    if not lines:
        message = f"{path}: the sheet is empty; expected the columns {', '.join(REQUIRED)}"
        raise InputError(message)
    columns = lines[0][1]
    if fault := _header_fault(columns):
        message = f"{path}, line {lines[0][0]}: {fault}"
        raise InputError(message)
    if len(lines) == 1:
        message = f"{path}: found no samples; expected one row per sample below the header"
        raise InputError(message)
    return columns, lines[1:]


def _header_fault(columns: Sequence[str]) -> str | None:
    """Return what is wrong with the names of the columns."""
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        return (
            f"the columns {', '.join(missing)} are missing; found {len(columns)} "
            f"({', '.join(map(repr, columns))}); expected {', '.join(REQUIRED)}, in lowercase, "
            "separated by tabs"
        )
    twice = sorted({name or "(no name)" for name in columns if not name or columns.count(name) > 1})
    if twice:
        return (
            f"found the columns {', '.join(twice)} without a name or twice; expected different "
            "names"
        )
    meant = {_bare(name): name for name in (*REQUIRED, *OPTIONAL)}
    for name in columns:
        if meant.get(_bare(name), name) != name:
            return (
                f"found the column {name!r}; did you mean {meant[_bare(name)]}? A column of your "
                "own needs another name"
            )
    taken = [name for name in columns if name in SAMPLE_COUNTS]
    if taken:
        return (
            f"found the columns {', '.join(taken)}, which are names of the store's own counts; "
            "give them other names"
        )
    return None


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text of at most `MAX_SHEET_BYTES`. Raises InputError."""
    return _LINE_END.split(_read_text(path))


def _bare(name: str) -> str:
    """Return the name of a column in small letters alone, as it may be written by mistake."""
    return re.sub(r"[\s_.-]", "", name).lower()


def _read_text(path: Path) -> str:
    """Return the text of a sheet, of at most `MAX_SHEET_BYTES`."""
    try:
        with steady(path) as file:
            raw = file.read(MAX_SHEET_BYTES + 1)
    except OSError as error:
        message = (
            f"{path}: the sheet cannot be read ({error.strerror or error}); expected tab-separated "
            "text"
        )
        raise InputError(message) from error
    if len(raw) > MAX_SHEET_BYTES:
        message = f"{path}: found more than {MAX_SHEET_BYTES:,} bytes; expected a sheet of samples"
        raise InputError(message)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        kind = describe_kind(raw[:START_BYTES]) or "found bytes that are not UTF-8"
        message = (
            f"{path}, line {line}: the sheet cannot be read: {kind.partition(';')[0]}; expected "
            "tab-separated text in UTF-8; save it so"
        )
        raise InputError(message) from error


def _refuse_odd_text(path: Path, number: int, fields: list[str]) -> None:
    """Refuse what a store would not keep as it is, or would keep at the cost of much room."""
    for field in fields:
        if len(field) > MAX_CELL_BYTES or len(field.encode()) > MAX_CELL_BYTES:
            message = (
                f"{path}, line {number}: found a cell of {len(field):,} characters; expected at "
                f"most {MAX_CELL_BYTES:,} bytes; shorten it"
            )
            raise InputError(message)
        if not field.isprintable() and any(category(char) in _REFUSED for char in field):
            message = (
                f"{path}, line {number}: found {field[:80]!r}; expected text without control "
                "characters; remove them"
            )
            raise InputError(message)
