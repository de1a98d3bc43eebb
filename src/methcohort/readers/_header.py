"""Telling a header line from a first row."""

import re
from typing import Final

from ..core.errors import InputError
from ._format import Format

_PREAMBLE: Final = re.compile(
    rb"(?:[ \t]*+(?:#[^\n]*+\n|\r?\n"
    rb"|(?:track|browser)(?:[ \t]++[^0-9\n][^\n]*+|\r?)\n))*+"
)
_WORD: Final = re.compile(rb"[a-z%_]")
_MISSING: Final = {b"na", b"nan"}
_NUMBERS: Final = {"pos", "end", "pct", "level", "rest", "c", "t", "n", "other", "total", "sum"}


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
