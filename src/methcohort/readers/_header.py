"""Telling a header line from a first row."""

import re
from typing import Final

from ..errors import InputError

_EMPTY: Final = re.compile(rb"(?:[ \t]*+(?:#[^\n]*+\n|\r?\n))*+")
_WORD: Final = re.compile(rb"[a-z%_]")
_MISSING: Final = {b"na", b"nan"}
_NAMES: Final = ("chr", "pos", "pct", "c", "t")


def skip_empty(block: bytes) -> tuple[int, int]:
    """Return where the first line starts that is neither blank nor a comment, and its number.

    `block` is whole lines; the number is counted from 0.
    """
    match = _EMPTY.match(block)
    end = match.end() if match else 0
    return end, block.count(b"\n", 0, end)


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
    bare = [field.strip(b"\"'").lower() for field in fields]
    if not all(_WORD.match(name) and name not in _MISSING for name in bare[1:]):
        return False
    names = tuple(name.decode("utf-8", "replace") for name in bare)
    if names != _NAMES and sorted(names) == sorted(_NAMES):
        message = (
            f"{path}, line {number}: found the columns {' '.join(names)}; expected them in the "
            f"order {' '.join(_NAMES)}; write the columns in that order"
        )
        raise InputError(message)
    return True
