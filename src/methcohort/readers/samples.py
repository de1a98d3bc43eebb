"""Texts of several samples: columns that all share, and then the same few columns for each sample.

Which sample is meant is said by its name in the header or by its number, from 1. The format of one
sample is the same format with the columns of the others not read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from ..core.errors import InputError
from ..files import first_lines
from .agreement import agreement
from .formats import TAB, VARIANTS, Format
from .head import MAX_ROWS, Head, read_head
from .table_head import TableHead
from .wording import split_fields

_MISSING: Final = {b"", b".", b"na", b"nan"}
_SHOWN: Final = 8
_DIGITS: Final = 18


class _Beginning:
    """The beginning of a text, read at most once in each way that a format asks for."""

    def __init__(self, path: str, head: Head) -> None:
        self._path = path
        self._plain = head

    def head(self, *, tabs: bool) -> Head:
        """Return the first rows; in plain text, fields end at each tab where that is asked for."""
        return self._tabbed if tabs and self._plain.dialect.is_plain else self._plain

    @cached_property
    def _tabbed(self) -> Head:
        return read_head(self._path, {"delimiter": TAB})

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines before and of the first rows, without blank ones and comments."""
        lines = [line.removesuffix(b"\r") for line in first_lines(self._path) if line.strip()]
        return [line for line in lines if not line.startswith(b"#")][: MAX_ROWS + 1]


@dataclass(frozen=True, slots=True)
class _Table:
    """A text of some samples: its format, how many there are, and what the header has.

    `names` are those of the samples, empty where there are none; `header` the fields of the line
    before the rows.
    """

    form: Format
    n: int
    rows: tuple[list[bytes], ...]
    names: tuple[str, ...] = ()
    header: tuple[str, ...] = ()

    def of(self, k: int) -> Format:
        """Return the format of the sample of a number, from 0."""
        form = self.form
        width = len(form.repeat)
        fixed = len(form.columns) - width
        before, behind = (("-",) * (width * n) for n in (k, self.n - k - 1))
        columns = (*form.columns[:fixed], *before, *form.columns[fixed:], *behind)
        marks = tuple((at + width * k * (at >= fixed), text) for at, text in form.marks)
        names = (tuple(name.lower() for name in self.header),) if self.header else ()
        return replace(form, columns=columns, marks=marks, names=names, repeat=(), missing=True)

    def alone(self, k: int) -> "_Table":
        """Return what the table would be with the columns of one sample only.

        A look at each sample of a table then costs no more than a look at the table.
        """
        group = _group(self, k)
        fixed = len(self.form.columns) - len(group)
        rows = tuple([*row[:fixed], *row[group.start : group.stop]] for row in self.rows)
        header = (*self.header[:fixed], *self.header[group.start : group.stop])
        return _Table(self.form, 1, rows, self.names[k : k + 1], header)

    def number(self, columns: str) -> int | None:
        """Return the number, from 0, of a sample by its name or its number; None for none."""
        if self.names.count(columns) == 1:
            return self.names.index(columns)
        is_number = columns.isascii() and columns.isdigit() and len(columns) <= 9
        k = int(columns) - 1 if is_number and columns not in self.names else -1
        return k if 0 <= k < self.n else None

    def shown(self) -> str:
        """Return the names of the samples, or their numbers, the first of them."""
        names = self.names or [str(k) for k in range(1, self.n + 1)]
        more = ", ..." if self.n > _SHOWN else ""
        return ", ".join(names[:_SHOWN]) + more


def of_sample(form: Format, path: str, head: Head, columns: str) -> Format:
    """Return the format of one sample of a text, which may be the only one.

    Parameters
    ----------
    head : its beginning
    columns : which sample, by name or number; empty where the sheet does not say it

    Raises
    ------
    InputError
        Where there are several and `columns` is empty, or no sample is the one it says.
    """
    text = _Beginning(path, head)
    table = next((found for one in VARIANTS[form.name] if (found := _table(one, text))), None)
    if table is None:
        if columns:
            message = (
                f"{path}: found {columns!r} as columns in the sheet, and a text of {form.title} "
                "that is of one sample; expected one of several; leave columns empty"
            )
            raise InputError(message)
        return form
    if not columns and table.n > 1:
        message = (
            f"{path}: found {table.n} samples in one text ({table.shown()}), as {form.title} can "
            "have them; expected to know which one is meant: give the sheet one row per sample, "
            "all with this path, and a column named columns that has the sample's name in the "
            "header or its number, from 1"
        )
        raise InputError(message)
    k = table.number(columns) if columns else 0
    if k is None:
        message = (
            f"{path}: found {columns!r} as columns in the sheet, and {table.n} samples in the text "
            f"({table.shown()}); expected the name of one of them in the header, or its number "
            f"from 1 to {table.n}"
        )
        raise InputError(message)
    return table.of(k) if columns or table.names else form


def recognised(path: str, head: Head) -> tuple[Format, int, bool] | None:
    """Return the format of a text of several samples, their number, and if the header tells it.

    None where it is of no such format. Every sample that has reads has to fit.
    """
    text = _Beginning(path, head)
    for forms in VARIANTS.values():
        for form in forms:
            table = _table(form, text)
            if table is None or not (table.n > 1 or table.names):
                continue
            fits = _fitting(table)
            if table.names and (True in fits or not table.rows) and False not in fits:
                return form, table.n, True
            if table.n > 1 and True in fits and False not in fits:
                return form, table.n, False
    return None


def _table(form: Format, text: _Beginning) -> _Table | None:
    """Return how many samples a text of a format has; None where it has none."""
    if not form.repeat:
        return None
    if form.colons:
        return _named_rows(form, text.lines)
    names = tuple(name.lower() for name in text.head(tabs=False).header[:2])
    if form.needs_header and names != form.names[0][:2]:
        return None
    head = text.head(tabs=form.tabs)
    header = head.header or head.hashed
    n = _n_samples(form, head.n_columns or len(header))
    named = _names_in(form, header)
    if n == 0 or (head.n_columns and named and len(named) != n):
        return None
    if form.needs_header and not named:
        return None
    return _Table(form, n, head.rows, named, head.header)


def _n_samples(form: Format, n_columns: int) -> int:
    width = len(form.repeat)
    n, rest = divmod(n_columns - len(form.columns) + width, width)
    return 0 if rest else max(n, 0)


def _names_in(form: Format, header: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the samples in a header; none where it is not one of the format."""
    width = len(form.repeat)
    fixed = len(form.columns) - width
    starts = [known[:fixed] for known in form.names]
    if tuple(name.lower() for name in header[:fixed]) not in starts or not all(form.repeat):
        return ()
    groups = [header[k : k + width] for k in range(fixed, len(header), width)]
    names = [_name_of(form.repeat, group) for group in groups]
    found = tuple(name for name in names if name is not None)
    return found if len(found) == len(groups) == len({*found}) else ()


def _name_of(templates: Sequence[str], group: Sequence[str]) -> str | None:
    """Return the sample that some columns of a header are of, None where they are of none."""
    found = set()
    for template, name in zip(templates, group, strict=False):
        before, _, after = map(re.escape, template.partition("{}"))
        match = re.fullmatch(f"{before}(.+){after}", name, re.IGNORECASE)
        found.add(match[1] if match else None)
    return found.pop() if len(found) == 1 and len(group) == len(templates) else None


_NAMED_ROW: Final = re.compile(rb"[^\t]+:\d+:[-+]:[A-Za-z]+\t\d")


def _named_rows(form: Format, lines: Sequence[bytes]) -> _Table | None:
    """Return a table whose rows have a name of several parts, for which the header has none."""
    if not lines or b":" not in lines[-1]:
        return None
    headed = _NAMED_ROW.match(lines[0]) is None
    rows = [split_fields(line, tabs=True, colons=True) for line in lines[headed:]]
    same = tuple(row for row in rows if len(row) == len(rows[0]))
    names = tuple(name.decode("utf-8", "replace") for name in lines[0].split()) if headed else ()
    if not same or not all(map(_NAMED_ROW.match, lines[headed:])):
        return None
    n = _n_samples(form, len(same[0]))
    width = len(form.repeat)
    if len(names) == n * width:
        stems = [{name[:-2] for name in names[k : k + width]} for k in range(0, n * width, width)]
        ends = [name[-2:-1] for name in names]
        alike = all(len(stem) == 1 for stem in stems) and {*ends} == {"_"}
        names = tuple(stem.pop() for stem in stems) if alike else ()
    if n == 0 or len({*names}) != n:
        return None
    fields = split_fields(lines[0], tabs=True, colons=True)
    header = tuple(field.strip(b"\"'").decode("utf-8", "replace") for field in fields)
    return _Table(form, n, same, names, header)


def _fitting(table: _Table) -> list[bool | None]:
    """Return what `_fits` says of each sample, up to the first that does not fit."""
    found: list[bool | None] = []
    for k in range(table.n):
        found.append(_fits(table.alone(k)))
        if found[-1] is False:
            break
    return found


def _fits(table: _Table) -> bool | None:
    """Tell whether the rows of a table of one sample fit; None where it has no reads there."""
    form = table.of(0)
    places = _group(table, 0)
    rows = tuple(_with_values(table.rows, places))
    if not rows:
        return None
    head = TableHead(rows)
    if head.misfits(form) or not head.fits_lengths(form):
        return False
    if form.has("pct") or form.has("level"):
        agree, n = agreement(head, form)
        return None if n == 0 else agree * 10 >= n * 9
    counts = [[int(row[at]) for at in places] for row in rows if _are_counts(row, places)]
    covered = [one for one in counts if max(one) > 0]
    # All formats without a percentage have a column of all reads, the first.
    n_right = sum(one[0] >= sum(one[1:]) for one in covered)
    named = all(table.form.repeat[1:]) and table.names
    return (None if not covered else n_right * 10 >= len(covered) * 9) if not named else True


def _are_counts(row: Sequence[bytes], places: Sequence[int]) -> bool:
    return all(row[at].isdigit() and len(row[at]) <= _DIGITS for at in places)


def _group(table: _Table, k: int) -> range:
    """Return the numbers of the columns of a sample, from 0."""
    width = len(table.form.repeat)
    first = len(table.form.columns) - width + width * k
    return range(first, first + width)


def _with_values(rows: Sequence[list[bytes]], places: Sequence[int]) -> Iterator[list[bytes]]:
    """Yield the rows in which one of some columns has a value."""
    for row in rows:
        if not all(row[at].lower() in _MISSING for at in places):
            yield row
