"""Telling from the first lines of a text how its fields are written.

A text is taken for plain unless its lines say otherwise in one way only. Commas and semicolons have
to be as many in every line; R's row names have to be told by the header, which leaves out their
name; a decimal comma has to be one that cannot separate thousands. What is neither plain nor clear
is refused with what was seen, where the first row looks like calls at all; other text is left to
its reader.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from .field_types import is_number
from .formats import (
    BLANK,
    COMMA,
    PLAIN,
    SEMICOLON,
    TAB,
    Dialect,
)

_QUOTED: Final = {
    quote: re.compile(
        rb"(?:^|(?<=[\t ,;]))" + quote + rb"(?:[^" + quote + rb"]|" + quote * 2 + rb")*" + quote
        + rb"(?=[\t ,;]|$)"
    )
    for quote in (b'"', b"'")
}  # fmt: skip
_WORDS: Final = re.compile(rb"[\t ,;\"']+")
_WHOLE: Final = re.compile(rb"\d+")
_POINT_NUMBER: Final = re.compile(rb"\d*\.\d+")
_COMMA_NUMBER: Final = re.compile(rb"(\d*),(\d+)(?:[eE][+-]?\d+)?")
_NO_NAME: Final = (b"", b"Unnamed: 0")  # as R and pandas call row names
_MARKS: Final = (b'"', b"'", b",", b";")
_LEAST: Final = 2  # commas or semicolons in a line of fields
_SURE: Final = 10
_SEVERAL: Final = 3
_SHOWN: Final = 60


class UnclearError(ValueError):
    """The fields of a text can be read in several ways; the message says what was seen."""


def detect(
    lines: Sequence[bytes], given: Mapping[str, str] | None = None, *, kept_names: bool = False
) -> Dialect:
    """Return how the fields of the first lines of a text are written.

    Parameters
    ----------
    lines : rows, and the header where there is one, without line ends, comments and track lines
    given : what is known of it already: `delimiter`, `quote` or `decimal`; the rest is found
    kept_names : whether row names stay a column

    Raises
    ------
    UnclearError
        Where the lines are those of a table, and can be read in several ways.
    """
    if not given and _is_plain(lines):
        return PLAIN
    known = dict(given or {})
    rows = lines[1:] if len(lines) > 1 and _is_header(_WORDS.split(lines[0])) else lines
    quote = known["quote"] if "quote" in known else _quote_of(rows)
    delimiter = known["delimiter"] if "delimiter" in known else _delimiter_of(rows, quote)
    dialect = Dialect(delimiter=delimiter, quote=quote, kept_names=kept_names)
    fields = [one for line in lines if (one := dialect.split(line)) is not None]
    if not fields:
        return replace(dialect, decimal=known.get("decimal", ".")) if known else PLAIN
    header = fields[0] if len(fields) > 1 and _is_header(fields[0]) else []
    table = fields[1:] if header else fields
    n_columns, n_alike = Counter(map(len, table)).most_common(1)[0]
    dialect = replace(dialect, n_columns=n_columns)
    guessed = delimiter in (COMMA, SEMICOLON) and "delimiter" not in known
    if guessed and not _is_calls(table[0]):
        return PLAIN
    if guessed:
        _check_numbers(dialect, table, n_alike)
    table = [row for row in table if len(row) == n_columns]
    named = bool(header) and _has_row_names(header, table, delimiter)
    dialect = replace(dialect, row_names=named)
    if guessed:
        _check_header(dialect, header, table)
    dialect = _with_decimals(dialect, table, known.get("decimal"))
    return PLAIN if dialect.is_plain and not known else dialect


def _is_plain(lines: Sequence[bytes]) -> bool:
    """Tell at a glance that nothing in the lines is odd, as in nearly all texts."""
    text = b"\n".join(lines)
    if any(mark in text for mark in _MARKS) or not lines:
        return not lines
    first, second = lines[0], lines[min(1, len(lines) - 1)]
    has_name = not first.startswith((b"\t", b" ", _NO_NAME[1]))
    return has_name and len(first.split()) == len(second.split())


def _with_decimals(
    dialect: Dialect, table: Sequence[Sequence[bytes]], decimal: str | None
) -> Dialect:
    """Return a dialect with the decimal mark that is given, or that the columns have."""
    if decimal is not None:
        return replace(dialect, decimal=decimal)
    if dialect.delimiter == COMMA or not any(b"," in field for row in table for field in row):
        return dialect
    if any(_POINT_NUMBER.fullmatch(field) for row in table for field in row):
        return dialect  # both in one text are not plain: the reader refuses what it cannot read
    columns = zip(*table, strict=True)
    decimals = tuple(k for k, column in enumerate(columns) if _has_decimal_commas(column))
    return replace(dialect, decimal="," if decimals else ".", decimals=decimals)


def _quote_of(rows: Sequence[bytes]) -> str:
    """Return what stands round a field in most rows, empty where nothing does."""
    for quote, pattern in _QUOTED.items():
        with_quote = [row for row in rows if quote in row]
        if 2 * sum(pattern.search(row) is not None for row in with_quote) > len(rows):
            return quote.decode()
    return ""


def _delimiter_of(rows: Sequence[bytes], quote: str) -> str:
    """Return what stands between the fields of most rows, tabs before anything else."""
    bare = [_QUOTED[quote.encode()].sub(b"Q", row) for row in rows] if quote else rows
    if _most(row.count(b"\t") >= _LEAST for row in bare):
        return TAB
    for delimiter in (SEMICOLON, COMMA):
        mark = delimiter.encode()
        if _most(row.count(mark) >= _LEAST and _has_no_gaps(row.split(mark)) for row in bare):
            return delimiter
    return BLANK


def _most(found: Iterable[bool]) -> bool:
    told = list(found)
    return 2 * sum(told) > len(told)


def _has_no_gaps(fields: Sequence[bytes]) -> bool:
    return not any(b" " in (bare := field.strip()) or b"\t" in bare for field in fields)


def _is_header(fields: Sequence[bytes]) -> bool:
    return len(fields) > 2 and not any(map(is_number, fields))


def _check_numbers(dialect: Dialect, table: Sequence[Sequence[bytes]], n_alike: int) -> None:
    """Refuse rows with different numbers of fields, or with decimal commas between commas.

    Where nearly all are alike, the reader says which is not.
    """
    others = sorted({len(row) for row in table})
    if len(others) > 1 and (len(table) < _SURE or n_alike * 10 < len(table) * 9):
        seen = " and ".join(str(n) for n in others[:3])
        odd = next(row for row in table if len(row) != len(table[0]))
        both = f"{_shown(dialect, table[0])} and {_shown(dialect, odd)}"
        _refuse(dialect, f"rows of {seen} fields between {dialect.delimiters}, such as {both}")
    if dialect.delimiter == COMMA and all(map(_has_split_percentage, table)):
        _refuse(dialect, f"rows such as {_shown(dialect, table[0])}")


def _check_header(
    dialect: Dialect, header: Sequence[bytes], table: Sequence[Sequence[bytes]]
) -> None:
    """Refuse a header with other than a name for each field, but for row names."""
    n, n_names = dialect.n_columns, len(header)
    if not header or n_names == n or dialect.row_names:
        return
    shown = _shown(dialect, table[0])
    _refuse(dialect, f"a header of {n_names} names above rows of {n} fields, such as {shown}")


def _refuse(dialect: Dialect, found: str) -> None:
    what = ""
    if dialect.delimiter == COMMA:
        what = ", so a comma may stand between two fields or within a number"
    message = (
        f"found {found}{what}; expected as many {dialect.delimiters} in every line, a name for "
        "each column, and no decimal commas between commas; write the table with tabs between "
        "its fields and points in its numbers (in R, write.table with sep = "
        '"\\t", row.names = FALSE, quote = FALSE)'
    )
    raise UnclearError(message)


def _shown(dialect: Dialect, row: Sequence[bytes]) -> str:
    text = dialect.delimiter.join(field.decode("utf-8", "backslashreplace") for field in row)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def _is_calls(row: Sequence[bytes]) -> bool:
    """Tell whether a row may be one of calls: four fields or more, two of them numbers."""
    return len(row) > 3 and sum(map(is_number, row)) > 1


def _has_split_percentage(row: Sequence[bytes]) -> bool:
    """Tell whether a row is one of five columns whose percentage has a decimal comma."""
    if len(row) != 6 or not all(map(_WHOLE.fullmatch, row[1:])) or max(map(len, row[1:])) > 15:
        return False
    level, (c, t) = float(row[2] + b"." + row[3]), (int(row[4]), int(row[5]))
    return c + t > 0 and abs(level - 100 * c / (c + t)) <= 1


def _has_row_names(
    header: Sequence[bytes], table: Sequence[Sequence[bytes]], delimiter: str
) -> bool:
    """Tell whether rows begin with names that R, or pandas, gave them.

    The header has none for them, or an empty one, and no two are the same. A single row has to be
    number 1. Chromosomes stand behind them: between commas, a number there may as well be the
    position, and what is one field too many the half of another number.
    """
    names = [row[0] for row in table]
    if len(set(names)) < len(names):
        return False
    if len(header) == len(table[0]):
        return header[0] in _NO_NAME
    if len(header) != len(table[0]) - 1:
        return False
    chroms = [row[1] for row in table]
    several = len(names) > 1
    if not any(map(is_number, chroms)):
        return several or names == [b"1"]
    return several and delimiter != COMMA and len(set(chroms)) < len(chroms)


def _has_decimal_commas(column: Sequence[bytes]) -> bool:
    """Tell whether a column has numbers with a comma that cannot be one of thousands.

    One field in many is odd, and left to the reader.
    """
    found = [match for field in column if (match := _COMMA_NUMBER.fullmatch(field))]
    if len(found) < sum(b"," in field for field in column):
        return False  # some are lists
    clear = any(
        len(match[2]) != 3 or match[1] in (b"", b"0") or len(match[1]) > 3 for match in found
    )
    return clear and (len(found) >= _SEVERAL or 2 * len(found) >= len(column))
