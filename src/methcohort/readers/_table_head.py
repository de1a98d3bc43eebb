"""What the first rows of a text have in their columns: types, agreement of numbers, lengths.

Plain Python over some hundred rows. A row that does not fit is allowed among ten, so that one fault
does not hide the format: the reader finds it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ._format import Format
from ._head import is_number

_STRANDS: Final = {b"+", b"-", b".", b"*", b"F", b"R"}
_BASES: Final = {b"C", b"G", b"c", b"g"}
_CONTEXT: Final = re.compile(rb"[A-Za-z-]{2,8}")
_RATIO: Final = re.compile(rb"['\"]?\d+/\d+['\"]?")
_CODE: Final = re.compile(
    rb"(?:[A-Za-z]|\d{4,6})(?:,\w+,\d+)?|5(?:mC|hmC|fC|caC|hmU|fU|caU|oxoG)|6mA|Xao"
)
_BETA: Final = re.compile(rb"[01]\.\d{3}|\.")
_PLACE: Final = re.compile(rb".+\.\d+")
_PARTS: Final = re.compile(rb"C:[^,]+,G:[^,]+")
_TYPE: Final = re.compile(rb"Total|hap\d")
_SMALL: Final = re.compile(rb"\d(?:\.\d+)?e-\d\d")
"""A fraction near zero, as C and Python write it."""

_WHOLE: Final = re.compile(rb"\d+\.0+")
_MISSING: Final = {b".", b"na", b"nan"}
_POINTS: Final = 1.0
_LEAST_BETTER: Final = 3
_DIGITS: Final = 18
"""More make no number that a reader takes."""

_MARKS: Final = {
    "biscuit_bed": {3: _BETA},
    "biscuit_extended": {7: _BETA},
    "biscuit_mergecg": {3: _BETA, 5: _PARTS},
    "methylkit": {0: _PLACE},
    "biscuit_mergecg_counts": {6: _PARTS},
    "pb_cpg_tools": {4: _TYPE},
    "pb_cpg_tools_count": {4: _TYPE},
}
"""How columns are written that tell a format: its decimals, or text that is not read."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A meaning of two columns of counts that the percentages agree with, and the format's own."""

    text: str
    agree: int
    n: int
    own_text: str
    own: int
    custom: str


class TableHead:
    """The first rows, by columns."""

    def __init__(self, rows: tuple[list[bytes], ...]) -> None:
        self.n = len(rows)
        self.columns = list(zip(*rows, strict=True))
        self._known: dict[tuple[str, int, int], int] = {}

    def shown(self) -> str:
        """Return the first row, short, between quotes."""
        row = b" ".join(column[0] for column in self.columns).decode("utf-8", "backslashreplace")
        return repr(row if len(row) <= 60 else row[:60] + "...")

    def type_of(self, k: int) -> str:
        """Return what most fields of a column are, in words."""
        kinds = (("pos", "a whole number"), ("number", "a number"), ("strand", "a strand"))
        return next((words for role, words in kinds if self._most(role, k)), "text")

    def fits_types(self, form: Format) -> bool:
        """Tell whether the columns can be those of a format, by their text alone."""
        marks = _MARKS.get(form.name, {})
        roles = form.columns[: len(self.columns)]
        whole = form.scale
        return all(self._most(role, k, whole) for k, role in enumerate(roles)) and all(
            self._enough(sum(mark.fullmatch(field) is not None for field in self.columns[k]))
            for k, mark in marks.items()
        )

    def misfits(self, form: Format) -> list[tuple[int, str]]:
        """Return the columns that cannot be those of a format, each with a field that says so."""
        roles = form.columns[: len(self.columns)]
        wrong = [k for k, role in enumerate(roles) if not self._most(role, k, form.scale)]
        return [(k, self._odd_field(roles[k], k, form.scale)) for k in wrong]

    def agreement(self, form: Format) -> tuple[int, int]:
        """Return in how many rows the percentages agree with the counts, and of how many."""
        if form.has("level"):
            return self._exact_levels(form)
        scale, pct = 100 / form.scale, form.columns.index("pct")
        counts = self._counts(form)
        pairs = [
            (level * scale, c, n)
            for level, (c, n) in zip(self._numbers(pct), counts, strict=True)
            if level is not None and n > 0
        ]
        slack = _POINTS + form.unit * scale
        return sum(abs(level - 100 * c / n) <= slack + 1e-6 for level, c, n in pairs), len(pairs)

    def best_pair(self, form: Format) -> Pair | None:
        """Return the meaning of the two counts that the percentages agree with, if they do."""
        first, second = _count_columns(form)
        scale, pct = 100 / form.scale, form.columns.index("pct")
        levels = self._numbers(pct)
        x, y = self._integers(first), self._integers(second)
        rows = [(p * scale, a, b) for p, a, b in zip(levels, x, y, strict=True) if p is not None]
        own, n = self.agreement(form)
        found: list[Pair] = []
        for text, custom, share in _meanings(first + 1, second + 1):
            values = [(p, share(a, b)) for p, a, b in rows if a + b > 0]
            agree = sum(v is not None and abs(p - 100 * v) <= _POINTS + 1e-6 for p, v in values)
            place = f"custom: {{{_places(form)}, {custom}}}"
            found.append(Pair(text, agree, len(values), meaning_of(form), own, place))
        best = max(found, key=lambda pair: pair.agree)
        clear = best.agree - own >= max(_LEAST_BETTER, n // 20)
        return best if best.agree * 10 >= best.n * 9 and clear else None

    def style_of_percentages(self, form: Format) -> tuple[str, str]:
        """Return how percentages are written, and a sentence of it."""
        texts = self.columns[form.columns.index("pct")]
        with_point = sum(b"." in text and text != b"." for text in texts)
        if with_point:
            return "decimals", f"percentages have decimals in {with_point} of {self.n} rows"
        broken = [
            (int(text), 100 * c / n)
            for text, (c, n) in zip(texts, self._counts(form), strict=True)
            if text.isdigit() and len(text) <= _DIGITS and n > 0 and 100 * c % n
        ]
        cut = sum(pct == int(true) < true - 0.5 for pct, true in broken)
        up = sum(pct == int(true) + 1 and true - int(true) > 0.5 for pct, true in broken)
        if not broken:
            return "exact", "percentages are whole numbers, as the counts give them"
        if cut and not up:
            return "cut", f"percentages are cut off to whole numbers in {cut} rows"
        if up and not cut:
            return "rounded", f"percentages are rounded to whole numbers in {up} rows"
        return "whole", f"percentages are whole numbers in {len(broken)} rows where c/(c+t) is not"

    def lengths(self) -> Counter[int]:
        """Return how often end - start of columns 2 and 3 has each value."""
        starts, ends = self._integers(1), self._integers(2)
        return Counter(end - start for start, end in zip(starts, ends, strict=True))

    def fits_lengths(self, form: Format) -> bool:
        """Tell whether the intervals are as long as those of a format."""
        if not form.has("end") or not form.lengths:
            return True
        found = self.lengths()
        return self._enough(sum(found[length] for length in form.lengths))

    def has_zero(self, forms: list[Format]) -> bool:
        """Tell whether a position is 0, which a base of 1 does not have."""
        columns = {form.columns.index("pos") for form in forms}
        return any(b"0" in self.columns[k] for k in columns)

    def has_neighbours(self, form: Format) -> bool:
        """Tell whether two rows in a row are one base apart."""
        chroms = self.columns[form.columns.index("chr")]
        places = zip(chroms, self._integers(form.columns.index("pos")), strict=True)
        return any(b == (chrom, pos + 1) for (chrom, pos), b in pairwise(places))

    def _exact_levels(self, form: Format) -> tuple[int, int]:
        levels = self._numbers(form.columns.index("level"))
        counts = self._integers(form.columns.index("n"))
        rows = [(p / form.scale, n) for p, n in zip(levels, counts, strict=True) if p is not None]
        unit = form.unit / form.scale * (1 + 1e-9) + 1e-12
        agree = sum(p <= 1 and abs(round(p * n) - p * n) <= unit * n for p, n in rows if n)
        return agree, sum(n > 0 for _, n in rows)

    def _counts(self, form: Format) -> list[tuple[int, int]]:
        """Return (c, n) of each row; n counts other modifications too."""
        column = {role: k for k, role in enumerate(form.columns)}
        c = self._integers(column["c"])
        if "n" in column:
            return list(zip(c, self._integers(column["n"]), strict=True))
        t = self._integers(column["t"])
        other = self._integers(column["other"]) if "other" in column else [0] * self.n
        return [(a, a + b + d) for a, b, d in zip(c, t, other, strict=True)]

    def _integers(self, k: int) -> list[int]:
        return [
            int(field) if field.isdigit() and len(field) <= _DIGITS else 0
            for field in self.columns[k]
        ]

    def _numbers(self, k: int) -> list[float | None]:
        return [
            float(field) if is_number(field) or _SMALL.fullmatch(field) else None
            for field in self.columns[k]
        ]

    def _most(self, role: str, k: int, whole: int = 100) -> bool:
        """Tell whether most fields of a column can have a role; levels are at most `whole`."""
        test = _test_of(role, whole)
        if test is None:
            return True
        key = role, k, whole
        if key not in self._known:
            self._known[key] = sum(map(test, self.columns[k]))
        return self._enough(self._known[key])

    def _odd_field(self, role: str, k: int, whole: int) -> str:
        """Return the first field of a column that cannot have a role."""
        test = _test_of(role, whole)
        odd: bytes = next(
            field for field in self.columns[k] if test is not None and not test(field)
        )
        return odd.decode("utf-8", "backslashreplace")

    def _enough(self, n: int) -> bool:
        return n * 10 >= self.n * 9


def _is_fraction(field: bytes) -> bool:
    if is_number(field):
        return float(field) <= 1
    return field.lower() in _MISSING or _SMALL.fullmatch(field) is not None


def _is_percentage(field: bytes) -> bool:
    return float(field) <= 100 if is_number(field) else field.lower() in _MISSING


def _is_count(field: bytes) -> bool:
    return field.isdigit() or _WHOLE.fullmatch(field) is not None


def _test_of(role: str, whole: int) -> Callable[[bytes], bool] | None:
    """Return what tells whether a field can have a role; None where any can."""
    if role in ("pct", "level"):
        return _is_fraction if whole == 1 else _is_percentage
    return _TESTS.get(role)


_TESTS: Final[dict[str, Callable[[bytes], bool]]] = {
    "pos": bytes.isdigit,
    "end": bytes.isdigit,
    "c": _is_count,
    "t": _is_count,
    "n": _is_count,
    "other": _is_count,
    "number": is_number,
    "strand": _STRANDS.__contains__,
    "base": _BASES.__contains__,
    "context": lambda field: _CONTEXT.fullmatch(field) is not None,
    "ratio": lambda field: _RATIO.fullmatch(field) is not None,
    "code": lambda field: _CODE.fullmatch(field) is not None,
}


def meaning_of(form: Format) -> str:
    """Return what the percentages of a format are, with the numbers of the columns."""
    column = {role: k for k, role in enumerate(form.columns, 1)}
    if form.has("level"):
        return f"whole numbers of reads of column {column['n']}"
    if form.has("n"):
        return f"column {column['c']} / column {column['n']}"
    return f"column {column['c']} / (columns {column['c']} + {column['t']})"


def _count_columns(form: Format) -> tuple[int, int]:
    """Return the two columns of counts, in the order of the text."""
    found = [k for k, role in enumerate(form.columns) if role in ("c", "t", "n")]
    return found[0], found[1]


def _places(form: Format) -> str:
    """Return the columns of a format, but for its counts, as `custom` takes them."""
    roles = ("chr", "pos", "strand", "context", *(("pct",) if form.scale == 100 else ()))
    given = [f"{role}: {form.columns.index(role) + 1}" for role in roles if form.has(role)]
    return ", ".join([*given, *(["base: 0"] if form.base == 0 else [])])


def _meanings(a: int, b: int) -> Iterator[tuple[str, str, Callable[[int, int], float | None]]]:
    """Yield (words, custom, function) of what two columns of counts can be."""
    yield f"column {a} / (columns {a} + {b})", f"c: {a}, t: {b}", lambda x, y: x / (x + y)
    yield f"column {b} / (columns {a} + {b})", f"c: {b}, t: {a}", lambda x, y: y / (x + y)
    yield f"column {a} / column {b}", f"c: {a}, n: {b}", lambda x, y: x / y if y else None
    yield f"column {b} / column {a}", f"c: {b}, n: {a}", lambda x, y: y / x if x else None
