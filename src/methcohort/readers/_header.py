"""Telling a header line from a first row."""

import re
from typing import Final

from ..errors import InputError

_WORD: Final = re.compile(rb"[\"']?[A-Za-z%_]")
_MISSING: Final = {b"na", b"nan"}
_NAMES: Final = ("chr", "pos", "pct", "c", "t")


def split_fields(line: bytes) -> list[bytes]:
    """Return the fields of a line with its end, as the kernels find them."""
    line = line.removesuffix(b"\n").removesuffix(b"\r").replace(b"\t", b" ")
    return [field for field in line.split(b" ") if field]


def is_header(fields: list[bytes], path: str, number: int) -> bool:
    """Tell whether the fields of the first line that is no comment are a header, not a row.

    A header has five fields, and the last four are words where a row has numbers.

    Raises
    ------
    InputError
        Where the header names the five columns, but in another order.
    """
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
