"""What to say of a text of no known format: what it has, what comes near, how to describe it.

The description is for the key `custom` of the configuration. It is filled in as far as the header
and the rows tell; what they do not tell is `FILL_IN`, which the configuration does not take.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise, permutations, product
from typing import Final

from ..files import BOM
from .column_names import role_of_name
from .field_types import is_number
from .formats import DEFAULT, READERS
from .head import Head
from .table_head import TableHead

FILL_IN: Final = "FILL_IN"

NEAR: Final = 2
"""Columns that may be odd for a text to come near to a format."""

_NEAREST: Final = 2
_MOST_COLUMNS: Final = 40
_MOST_NUMBERS: Final = 6
_MOST_ROWS: Final = 100
_LEAST_ROWS: Final = 5
_SHOWN: Final = 100
_STRANDS: Final = {b"+", b"-", b".", b"*", b"F", b"R"}
_CONTEXTS: Final = {b"CG", b"CpG", b"CHG", b"CHH"}
_DIGITS: Final = 18
_ORDER: Final[tuple[str, ...]] = (
    "chr", "pos", "end", "strand", "context", "c", "t", "fraction", "percent", "n",
)  # fmt: skip
_CONTROLS: Final = bytes(k for k in range(32) if k not in b"\t\n\v\f\r") + b"\x7f"
_PLACE: Final = "name the format custom in the sheet's column format"


def unknown_format(path: str, head: Head, against: Mapping[str, str]) -> str:
    """Return what to say of a text, and of the formats that it is not, each with the reason."""
    near = list(against.items())[-_NEAREST:][::-1]
    reasons = "; ".join(f"{name}: {why}" for name, why in near)
    nearest = f"; the closest is {reasons}" if reasons else ""
    given = custom_text(head)
    remedy = (
        f"if it is one of docs/formats.md, name that in the sheet's column format; else describe "
        f"the columns in the configuration and {_PLACE}"
    )
    if given:
        blank = f", with {FILL_IN} replaced" if FILL_IN in given else ""
        remedy += f": custom: {given}{blank}{_hint(head)}"
    return f"{path}: found {_found(head)}, which matches no known format{nearest}; {remedy}"


def custom_text(head: Head) -> str:
    """Return the description of a text as YAML on one line, empty where it has no columns."""
    given = describe_columns(head)
    return f"{{{', '.join(f'{key}: {value}' for key, value in given.items())}}}" if given else ""


def describe_columns(head: Head) -> dict[str, int | str]:
    """Return the columns of a text as `custom` takes them, empty where there are too few.

    Columns are numbers from 1; `FILL_IN` stands for what the text does not tell.
    """
    width = head.n_columns or len(head.header)
    if not 3 < width <= _MOST_COLUMNS:
        return {}
    roles = dict(_named(head))
    if head.rows:
        roles = _of_text(head, roles)
    found: dict[str, int | str] = {role: k + 1 for role, k in roles.items()}
    counts = _counts(head, found)
    for role in ("c", "t", "n", "level"):
        found.pop(role, None)
    given: dict[str, int | str] = {"chr": FILL_IN, "pos": FILL_IN, **found, **counts}
    ordered = {role: given[role] for role in _ORDER if role in given}
    return {**ordered, "base": _base(head, ordered)}


def is_nearly_default(head: Head, table: TableHead) -> bool:
    """Tell whether a text is nearly five columns, or so odd that their reader says it best."""
    n = head.n_columns
    first = head.first.removesuffix(b"\r")
    if n == 1 or not is_printable(first) or b"\r" in first or BOM in first:
        return True
    if n != len(READERS[DEFAULT].columns) or head.names or head.track:
        return False
    if table.has_intervals():
        return False
    tables = table, TableHead(head.rows[:1])
    return any(len(one.misfits(READERS[DEFAULT])) < NEAR for one in tables)


def is_printable(line: bytes) -> bool:
    """Tell whether a line is text, without control characters."""
    return len(line.translate(None, _CONTROLS)) == len(line)


def _found(head: Head) -> str:
    names = " ".join(head.names)
    if names:
        return f"the header {_short(names)}" + ("" if head.rows else " and no row below it")
    row = _short(b" ".join(head.rows[0]).decode("utf-8", "backslashreplace"))
    return f"rows of {head.n_columns} columns, such as {row}"


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def _hint(head: Head) -> str:
    """Return what two counts can be, where neither names nor percentages tell."""
    given = describe_columns(head)
    if given.get("t") != FILL_IN:
        return ""
    if given["c"] != FILL_IN or not head.rows:
        return " (t are unmethylated reads; give n instead where the file has all reads)"
    taken = {*given.values()}
    columns = list(zip(*head.rows, strict=True))
    free = [
        k
        for k, column in enumerate(columns)
        if k + 1 not in taken and _share(list(column), bytes.isdigit)
    ]
    if len(free) != 2:
        return " (c are methylated reads, t unmethylated ones; n, instead of t, are all reads)"
    a, b = free
    larger = sum(_value(row[a]) > _value(row[b]) for row in head.rows)
    no_total = f"; column {a + 1} is larger in {larger} rows, so {b + 1} cannot"
    return (
        f" (c: {a + 1}, t: {b + 1} for methylated and unmethylated reads; c: {a + 1}, n: {b + 1} "
        f"where column {b + 1} has all reads{no_total if larger else ''})"
    )


def _named(head: Head) -> Iterator[tuple[str, int]]:
    """Yield the roles that the header tells, each with its first column."""
    names = head.names if len(head.names) == head.n_columns or not head.rows else ()
    seen = set()
    for k, role in enumerate(map(role_of_name, names)):
        if role and role not in seen and _can_be(head, role, k):
            seen.add(role)
            yield role, k


def _can_be(head: Head, role: str, k: int) -> bool:
    column = [row[k] for row in head.rows]
    if role in ("pos", "end", "c", "t", "n"):
        return _share(column, bytes.isdigit)
    return role != "level" or _share(column, lambda field: not field.isalpha() or len(field) < 4)


def _share(column: list[bytes], test: Callable[[bytes], bool]) -> bool:
    """Tell whether nine fields of ten pass a test."""
    return 10 * sum(map(test, column)) >= 9 * len(column)


def _of_text(head: Head, roles: dict[str, int]) -> dict[str, int]:
    """Return the roles with those that the rows tell."""
    columns = [list(column) for column in zip(*head.rows, strict=True)]
    whole = [k for k, column in enumerate(columns) if _share(column, bytes.isdigit)]
    if "chr" not in roles and 0 not in roles.values() and not _share(columns[0], _is_decimal):
        roles = {"chr": 0, **roles}
    taken = {*roles.values()}
    if "pos" not in roles:
        free = [k for k in whole if k not in taken and k < 4]
        if free:
            roles["pos"] = free[0]
    after = roles.get("pos", -2) + 1
    if "end" not in roles and after in whole and after not in roles.values():
        lengths = TableHead(head.rows).lengths(after - 1, after)
        if 10 * sum(lengths[k] for k in range(4)) >= 9 * len(head.rows):
            roles["end"] = after
    for role, known in (("strand", _STRANDS), ("context", _CONTEXTS)):
        if role not in roles:
            like = [k for k, column in enumerate(columns) if {*column} <= known]
            free = [k for k in like if k not in roles.values() and {*columns[k]} != {b"."}]
            if free:
                roles[role] = free[0]
    return roles


def _is_count(field: bytes) -> bool:
    return field.isdigit() and len(field) <= _DIGITS


def _value(field: bytes) -> int:
    return int(field) if _is_count(field) else 0


def _is_decimal(field: bytes) -> bool:
    return is_number(field) and b"." in field


def _counts(head: Head, found: Mapping[str, int | str]) -> dict[str, int | str]:
    """Return the columns of counts: those that percentages prove, or those that are named."""
    proven = _proven(head, {k for k in found.values() if isinstance(k, int)})
    if proven:
        names = [role_of_name(name) for name in head.names]
        told = {role: names[int(k) - 1] for role, k in proven.items()} if names else {}
        clash = any(name and name != role for role, name in told.items())
        return {"c": FILL_IN, "t": FILL_IN} if clash else proven
    named = {role: found[role] for role in ("c", "t", "n") if role in found}
    if "c" in named and "t" in named:
        return {"c": named["c"], "t": named["t"]}
    if "c" in named and "n" in named:
        return {"c": named["c"], "n": named["n"]}
    if "level" in found and "n" in named:
        return {_level_key(head, found["level"]): found["level"], "n": named["n"]}
    if "n" in named and "t" not in named:
        return {"c": FILL_IN, "n": named["n"]}
    return {"c": named.get("c", FILL_IN), "t": named.get("t", FILL_IN)}


def _level_key(head: Head, column: int | str) -> str:
    fields = [row[int(column) - 1] for row in head.rows]
    return "percent" if any(is_number(f) and float(f) > 1 for f in fields) else "fraction"


def _proven(head: Head, taken: Iterable[int]) -> dict[str, int | str]:
    """Return the two columns of counts whose share a column of percentages or fractions is."""
    places = {*taken} - {0}
    named = [role_of_name(name) for name in head.names] or [""] * head.n_columns
    columns = list(zip(*head.rows, strict=True))
    whole = [
        k
        for k, column in enumerate(columns)
        if _share(list(column), _is_count)
        and not _ascends(column)
        and (k + 1 not in places or named[k] in ("c", "t", "n"))
    ]
    shares = [
        k for k, column in enumerate(columns) if k not in whole and _share(list(column), is_number)
    ]
    if len(whole) > _MOST_NUMBERS or len(shares) > _MOST_NUMBERS:
        return {}
    rows = head.rows[:_MOST_ROWS]
    most, best = 0, dict[str, int | str]()
    for share, (a, b), key in product(shares, permutations(whole, 2), ("t", "n")):
        n_good = _agreeing([(row[share], row[a], row[b]) for row in rows], key)
        if n_good > most:
            most, best = n_good, {"c": a + 1, key: b + 1}
    return best


def _ascends(column: tuple[bytes, ...]) -> bool:
    """Tell whether a column goes up from row to row, as positions do."""
    values = [*map(_value, column)]
    return len(values) >= _LEAST_ROWS and all(a < b for a, b in pairwise(values))


def _agreeing(rows: list[tuple[bytes, bytes, bytes]], key: str) -> int:
    """Return in how many rows a level is the share of the counts; 0 where it is not in most."""
    n_rows = n_good = n_between = 0
    for level, c, other in rows:
        if not (is_number(level) and _is_count(c) and _is_count(other)):
            continue
        part, n = int(c), int(other) + (int(c) if key == "t" else 0)
        if n == 0:
            continue
        n_rows += 1
        true = 100 * part / n
        n_good += min(abs(float(level) - true), abs(100 * float(level) - true)) <= 0.51
        n_between += 0 < part < n
    return n_good if n_good >= max(_LEAST_ROWS, 0.95 * n_rows) and n_between > 1 else 0


def _base(head: Head, given: Mapping[str, int | str]) -> int | str:
    """Return 0 where a position is 0, 1 where intervals are closed, else what is to fill in."""
    pos, end = given.get("pos"), given.get("end")
    if not head.rows or not isinstance(pos, int):
        return FILL_IN
    if any(row[pos - 1] == b"0" for row in head.rows):
        return 0
    if isinstance(end, int) and {*TableHead(head.rows).lengths(pos - 1, end - 1)} == {0}:
        return 1
    return FILL_IN
