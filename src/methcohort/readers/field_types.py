"""What a field of text can be: a number, a strand, a context and so on."""

import re
from collections.abc import Callable
from typing import Final

from .formats import Format

_STRANDS: Final = {b"+", b"-", b".", b"*", b"F", b"R", b"both", b"unknown"}
_BASES: Final = {b"C", b"G", b"c", b"g"}
_CONTEXT: Final = re.compile(rb"[A-Za-z-]{2,8}")
_RATIO: Final = re.compile(rb"['\"]?\d+/\d+['\"]?")
_CODE: Final = re.compile(
    rb"(?:[A-Za-z]|\d{4,6})(?:,\w+,\d+)?|5(?:mC|hmC|fC|caC|hmU|fU|caU|oxoG)|6mA|Xao"
)
_SMALL: Final = re.compile(rb"\d(?:\.\d+)?e-\d\d")
"""A fraction near zero, as C and Python write it."""

_WHOLE: Final = re.compile(rb"\d+\.0+")
_MISSING: Final = {b".", b"na", b"nan"}
_NUMBER: Final = re.compile(rb"\d+\.?\d*|\.\d+")
_DIGITS: Final = 18
"""More make no number that a reader takes."""


def is_number(field: bytes) -> bool:
    """Tell whether a field is a plain decimal."""
    return field.isdigit() or _NUMBER.fullmatch(field) is not None


def is_decimal(field: bytes) -> bool:
    """Tell whether a field is a plain decimal, or one near zero with an exponent."""
    return is_number(field) or _SMALL.fullmatch(field) is not None


def _is_around_cytosine(field: bytes) -> bool:
    """Tell whether a field is an odd number of bases, with a cytosine in the middle."""
    return len(field) % 2 == 1 and field.isalpha() and field[len(field) // 2] in b"Cc"


def _is_fraction(field: bytes) -> bool:
    if is_number(field):
        return float(field) <= 1
    return field.lower() in _MISSING or _SMALL.fullmatch(field) is not None


def _is_percentage(field: bytes) -> bool:
    return float(field) <= 100 if is_number(field) else field.lower() in _MISSING


def _is_count(field: bytes) -> bool:
    return field.isdigit() or _WHOLE.fullmatch(field) is not None


def whole_of(field: bytes) -> int:
    """Return a whole number, which may be written as `3.0`; 0 where it is none."""
    if field.isdigit() and len(field) <= _DIGITS:
        return int(field)
    digits = field.partition(b".")[0]
    return int(digits) if len(digits) <= _DIGITS and _WHOLE.fullmatch(field) else 0


def is_plain(field: bytes) -> bool:
    """Tell whether a field is a plain decimal of few digits."""
    return is_number(field) and len(field) <= _DIGITS


def parts(field: bytes) -> tuple[int, int]:
    """Return the two numbers of a ratio, 0 and 0 where it is none."""
    if not _RATIO.fullmatch(field) or len(field) > 2 * _DIGITS:
        return 0, 0
    part, _, whole = field.strip(b"\"'").partition(b"/")
    return int(part), int(whole)


def marks_of(form: Format) -> list[tuple[int, re.Pattern[bytes]]]:
    """Return the marks of a format: columns from 0, and what their fields match as a whole."""
    return [(k, re.compile(mark.encode())) for k, mark in form.marks]


def roles_of(form: Format) -> tuple[str, ...]:
    """Return what the columns of a format are, with a context around the cytosine apart."""
    return tuple(
        "around" if role == "context" and form.middle < 0 else role for role in form.columns
    )


def test_of(role: str, whole: int) -> Callable[[bytes], bool] | None:
    """Return what tells whether a field can have a role; None where any can."""
    if role in ("pct", "level", "rest"):
        return _is_fraction if whole == 1 else _is_percentage
    return _TESTS.get(role)


_TESTS: Final[dict[str, Callable[[bytes], bool]]] = {
    "pos": bytes.isdigit,
    "end": bytes.isdigit,
    "start2": bytes.isdigit,
    "end2": bytes.isdigit,
    "c": _is_count,
    "t": _is_count,
    "n": _is_count,
    "other": _is_count,
    "total": _is_count,
    "sum": _is_count,
    "number": is_number,
    "strand": _STRANDS.__contains__,
    "base": _BASES.__contains__,
    "context": lambda field: _CONTEXT.fullmatch(field) is not None,
    "around": _is_around_cytosine,
    "ratio": lambda field: _RATIO.fullmatch(field) is not None,
    "code": lambda field: _CODE.fullmatch(field) is not None,
}
