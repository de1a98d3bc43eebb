"""What the names in a header say: that it is one, and of which formats it can be."""

import re
from typing import Final

from ..core.errors import InputError
from .column_names import role_of_name
from .formats import DEFAULT, WORDS, Format

_PREAMBLE: Final = re.compile(
    rb"(?:[ \t]*+(?:#[^\n]*+\n|\r?\n"
    rb"|(?:track|browser)(?:[ \t]++[^0-9\n][^\n]*+|\r?)\n))*+"
)
_WORD: Final = re.compile(rb"[a-z%_]")
_MISSING: Final = {b"na", b"nan"}
_NUMBERS: Final = {"pos", "end", "pct", "level", "rest", "c", "t", "n", "other", "total", "sum"}
_COUNTED: Final = ("c", "t", "n", "level", "other")
_AS_NAMED: Final = {"pct": "level"}


def skip_preamble(block: bytes) -> tuple[int, int]:
    """Return where the first line starts that is no blank, comment or track line, and its number.

    `block` is whole lines; the number is counted from 0.
    """
    match = _PREAMBLE.match(block)
    end = match.end() if match else 0
    return end, block.count(b"\n", 0, end)


def is_named(known: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Tell whether a header's names, in small letters, are those that a format knows."""
    return len(names) == len(known) and all(
        name.endswith(wanted) if wanted.startswith(":") else name == wanted
        for name, wanted in zip(names, known, strict=True)
    )


def is_header(fields: list[bytes], form: Format, path: str, number: int) -> bool:
    """Tell whether the fields of the first line that is no comment are a header, not a row.

    A header has as many fields as a row, and words where a row has numbers.

    Raises
    ------
    InputError
        Where the header names the columns that the format knows, but in another order.
    """
    bare = [field.strip(b"\"'").lower() for field in fields]
    names = tuple(name.decode("utf-8", "replace") for name in bare)
    if any(is_named(known, names) for known in form.names):
        return True
    n_columns = len(form.columns)
    if len(fields) < n_columns - form.optional or (len(fields) > n_columns and not form.more):
        return False
    numbers = [name for name, role in zip(bare, form.columns, strict=False) if role in _NUMBERS]
    if not all(_WORD.match(name) and name not in _MISSING for name in numbers):
        return False
    for known in form.names:
        if names != known and sorted(names) == sorted(known):
            message = (
                f"{path}, line {number}: found the columns {' '.join(names)}; expected them in the "
                f"order {' '.join(known)}; write the columns in that order"
            )
            raise InputError(message)
    return True


def knows(form: Format, names: tuple[str, ...]) -> bool:
    """Tell whether a header's names are those of a format, which does not need to be named."""
    return not form.by_name and any(
        len(known) - form.optional <= len(names) and is_named(known[: len(names)], names)
        for known in form.names
    )


def contradiction(form: Format, names: tuple[str, ...], n_columns: int) -> str:
    """Return in what a header of other names speaks against a format; empty where in nothing.

    Columns that nothing in the rows can be held against must be named as what they are.
    """
    roles = [role_of_name(name) for name in names]
    strict = not (form.has("pct") or form.has("level")) or (form.names and form.name != DEFAULT)
    if len(names) != n_columns:
        return f"the header has {len(names)} names for {n_columns} columns" if strict else ""
    columns = [_AS_NAMED.get(role, role) for role in form.columns]
    for k, (role, name, found) in enumerate(zip(columns, names, roles, strict=False)):
        own = WORDS.get(form.columns[k], "")
        if role in _COUNTED and found != role and (found or strict):
            return f"column {k + 1} would be {own}, and is named {name!r}"
        own_column = columns.index(found) if found in columns else -1
        if found in _COUNTED and own_column not in (-1, k) and roles[own_column] != found:
            return f"column {own_column + 1} would be {WORDS[found]}, not column {k + 1}"
    return ""
