"""Telling a header line from a first row."""

import re
from typing import Final

from ..errors import InputError

_WORD: Final = re.compile(rb"[\"']?[A-Za-z%_]")
_MISSING: Final = {b"na", b"nan"}
_NAMES: Final = ("chr", "pos", "pct", "c", "t")


def is_header(line: bytes, path: str, number: int) -> bool:
    """Tell whether the first line that is no comment is a header, not a row.

    A header has five fields, and the last four are words where a row has numbers.

    Raises
    ------
    InputError
        Where the header names the five columns, but in another order.
    """
    fields = line.split()
    if len(fields) != len(_NAMES):
        return False
    if not all(_WORD.match(field) and field.lower() not in _MISSING for field in fields[1:]):
        return False
    names = tuple(field.decode("utf-8", "replace").strip("\"'").lower() for field in fields)
    if names != _NAMES and sorted(names) == sorted(_NAMES):
        message = (
            f"{path}, line {number}: found the columns {' '.join(names)}; expected them in the "
            f"order {' '.join(_NAMES)}; write the columns in that order"
        )
        raise InputError(message)
    return True
