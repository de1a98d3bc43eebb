"""What the first rows of a text have in their columns: types, agreement of numbers, lengths.

Plain Python over some hundred rows. A row that does not fit is allowed among ten, so that one fault
does not hide the format: the reader finds it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, permutations, product
from typing import Final

import numpy as np
import numpy.typing as npt

from .formats import WORDS, Format
from .head import is_number
from .roundings import explains, ways_of

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
_POINTS: Final = 1.0
_HALF: Final = 0.5 + 1e-9
_LEAST_BETTER: Final = 3
_DIGITS: Final = 18
"""More make no number that a reader takes."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A meaning of two columns of counts that the percentages agree with, and the format's own."""

    text: str
    agree: int
    n: int
    own_text: str
    own: int
    custom: str
    columns: tuple[str, ...]


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

    def misfits(self, form: Format) -> list[str]:
        """Return what keeps the columns from being those of a format, by their text alone."""
        roles = _roles_of(form)[: len(self.columns)]
        wrong = [k for k, role in enumerate(roles) if not self._most(role, k, form.scale)]
        found = {k: self._odd_field(roles[k], k, form.scale) for k in wrong}
        found = self.odd_marks(form) | found
        for role, other in (("start2", "pos"), ("end2", "end")):
            k = form.columns.index(role) if form.has(role) else len(roles)
            if k < len(roles) and k not in found:
                pairs = zip(self.columns[k], self.columns[form.columns.index(other)], strict=True)
                unequal = [field for field, same in pairs if field != same]
                if not self._enough(self.n - len(unequal)):
                    found[k] = unequal[0]
        return [
            f"column {k + 1} would be {WORDS.get(roles[k], 'text of its own')}: found {_short(odd)}"
            for k, odd in sorted(found.items())
        ]

    def odd_marks(self, form: Format) -> dict[int, bytes]:
        """Return fields that are not written as a format's marks say, by column, where most are."""
        found = {}
        for k, mark in _marks_of(form):
            if k < len(self.columns):
                odd = [field for field in self.columns[k] if mark.fullmatch(field) is None]
                if not self._enough(self.n - len(odd)):
                    found[k] = odd[0]
        return found

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

    def support(self, form: Format) -> tuple[int, int] | None:
        """Return how many rows with reads bear a format out, and of how many.

        None where none of its columns can be held against another one.
        """
        if form.has("pct") or form.has("level"):
            return self.agreement(form)
        if form.has("ratio"):
            pairs = [_parts(field) for field in self.columns[form.columns.index("ratio")]]
        elif form.has("n"):
            part = "c" if form.has("c") else "t"
            columns = (self._integers(form.columns.index(role)) for role in (part, "n"))
            pairs = list(zip(*columns, strict=True))
        elif form.has("total"):
            all_reads = self._integers(form.columns.index("total"))
            pairs = [(c, n) for (_, c), n in zip(self._counts(form), all_reads, strict=True)]
        else:
            return None
        covered = [(part, whole) for part, whole in pairs if part or whole]
        return sum(part <= whole for part, whole in covered), len(covered)

    def best_pair(self, form: Format) -> Pair | None:
        """Return the meaning of the two counts that the percentages agree with, if they do."""
        first, second = _count_columns(form)
        scale, pct = 100 / form.scale, form.columns.index("pct")
        levels = self._numbers(pct)
        x, y = self._integers(first), self._integers(second)
        rows = [(p * scale, a, b) for p, a, b in zip(levels, x, y, strict=True) if p is not None]
        own, n = self.agreement(form)
        found: list[Pair] = []
        for text, custom, roles, share in _meanings(first + 1, second + 1):
            values = [(p, share(a, b)) for p, a, b in rows if a + b > 0]
            agree = sum(v is not None and abs(p - 100 * v) <= _POINTS + 1e-6 for p, v in values)
            place = f"custom: {{{_places(form)}, {custom}}}"
            columns = tuple(
                {first: roles[0], second: roles[1]}.get(k, role)
                for k, role in enumerate(form.columns)
            )
            found.append(Pair(text, agree, len(values), meaning_of(form), own, place, columns))
        best = max(found, key=lambda pair: pair.agree)
        clear = best.agree - own >= max(_LEAST_BETTER, n // 20)
        return best if best.agree * 10 >= best.n * 9 and clear else None

    def other_reading(self, form: Format) -> str:
        """Return another meaning of percentage and counts that rows bear out as well; or nothing.

        The three columns stand side by side. Meanings that give the same counts are none.
        """
        first = form.columns.index("pct")
        fields = zip(*(self.columns[k] for k in range(first, first + 3)), strict=True)
        rows = [[float(one) for one in row] for row in fields if all(map(_is_plain, row))]
        table = np.array(rows, np.float64).reshape(-1, 3).T
        given = np.array([table[1], table[1] + table[2]])
        own = _n_shares(table[0], given[0], given[1], 1.0)
        for share, (part, rest), key in product((1, 2), permutations(range(3), 2), "tn"):
            if share in (part, rest):
                continue
            read = np.array([table[part], table[rest] + table[part] * (key == "t")])
            good = _n_shares(table[share], read[0], read[1])
            differ = (read != given).any()
            if differ and good >= max(own, 1) and good * 20 >= np.count_nonzero(read[1]) * 19:
                a, b = sorted((part, rest)) if key == "t" else (part, rest)
                whole = f"(columns {first + a + 1} + {first + b + 1})" if key == "t" else ""
                return (
                    f"column {first + share + 1} as a percentage of column {first + part + 1} / "
                    f"{whole or f'column {first + rest + 1}'}"
                )
        return ""

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

    def lengths(self, start: int = 1, end: int = 2) -> Counter[int]:
        """Return how often end - start of two columns, counted from 0, has each value."""
        pairs = zip(self._integers(start), self._integers(end), strict=True)
        return Counter(stop - begin for begin, stop in pairs)

    def fits_lengths(self, form: Format) -> bool:
        """Tell whether the intervals are as long as those of a format."""
        if not form.has("end") or not form.lengths:
            return True
        found = self.lengths(form.columns.index("pos"), form.columns.index("end"))
        return self._enough(sum(found[length] for length in form.lengths))

    def has_intervals(self) -> bool:
        """Tell whether columns 2 and 3 are a start and an end, which no percentage can be."""
        pairs = zip(self._integers(1), self._integers(2), strict=True)
        return self._enough(sum(100 < end >= start > 0 for start, end in pairs))

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
        rows = self.levels(form)
        agree = max(
            sum(level <= form.scale and explains(way, level, n, form.scale) for level, n in rows)
            for way in ways_of(form)
        )
        return agree, len(rows)

    def levels(self, form: Format) -> list[tuple[float, int]]:
        """Return (level, reads) of each row that has a level and reads."""
        levels = self._numbers(form.columns.index("level"))
        counts = self._integers(form.columns.index("n"))
        return [(p, n) for p, n in zip(levels, counts, strict=True) if p is not None and n]

    def _counts(self, form: Format) -> list[tuple[int, int]]:
        """Return (c, n) of each row; n counts other modifications too."""
        column = {role: k for k, role in enumerate(form.columns)}
        if "n" in column:
            n = self._integers(column["n"])
            part = self._integers(column["c" if "c" in column else "t"])
            c = part if "c" in column else [a - b for a, b in zip(n, part, strict=True)]
            return list(zip(c, n, strict=True))
        c = self._integers(column["c"])
        t = self._integers(column["t"])
        is_there = column.get("other", len(self.columns)) < len(self.columns)
        other = self._integers(column["other"]) if is_there else [0] * self.n
        return [(a, a + b + d) for a, b, d in zip(c, t, other, strict=True)]

    def _integers(self, k: int) -> list[int]:
        return [
            int(field) if field.isdigit() and len(field) <= _DIGITS else _whole(field)
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

    def _odd_field(self, role: str, k: int, whole: int) -> bytes:
        """Return the first field of a column that cannot have a role."""
        test = _test_of(role, whole)
        odd: bytes = next(field for field in self.columns[k] if test and not test(field))
        return odd

    def _enough(self, n: int) -> bool:
        return n * 10 >= self.n * 9


def _roles_of(form: Format) -> tuple[str, ...]:
    """Return what the columns of a format are, with a context around the cytosine apart."""
    return tuple(
        "around" if role == "context" and form.middle < 0 else role for role in form.columns
    )


def _is_around_cytosine(field: bytes) -> bool:
    """Tell whether a field is an odd number of bases, with a cytosine in the middle."""
    return len(field) % 2 == 1 and field.isalpha() and field[len(field) // 2] in b"Cc"


def _short(field: bytes) -> str:
    return repr(field[:40].decode("utf-8", "backslashreplace"))


def _is_fraction(field: bytes) -> bool:
    if is_number(field):
        return float(field) <= 1
    return field.lower() in _MISSING or _SMALL.fullmatch(field) is not None


def _is_percentage(field: bytes) -> bool:
    return float(field) <= 100 if is_number(field) else field.lower() in _MISSING


def _is_count(field: bytes) -> bool:
    return field.isdigit() or _WHOLE.fullmatch(field) is not None


def _whole(field: bytes) -> int:
    """Return a whole number written as `3.0`; 0 where it is none."""
    digits = field.partition(b".")[0]
    return int(digits) if len(digits) <= _DIGITS and _WHOLE.fullmatch(field) else 0


def _is_plain(field: bytes) -> bool:
    return is_number(field) and len(field) <= _DIGITS


def _n_shares(
    pct: npt.NDArray[np.float64],
    part: npt.NDArray[np.float64],
    whole: npt.NDArray[np.float64],
    cut: float = _HALF,
) -> int:
    """Return how many percentages are those of a part: rounded, or less than `cut` too low."""
    counts = (part == np.floor(part)) & (whole == np.floor(whole)) & (part <= whole) & (whole > 0)
    off = pct - 100 * part / np.where(whole > 0, whole, 1)
    return int(np.count_nonzero(counts & (-cut < off) & (off <= _HALF)))


def _parts(field: bytes) -> tuple[int, int]:
    """Return the two numbers of a ratio, 0 and 0 where it is none."""
    if not _RATIO.fullmatch(field) or len(field) > 2 * _DIGITS:
        return 0, 0
    part, _, whole = field.strip(b"\"'").partition(b"/")
    return int(part), int(whole)


def _marks_of(form: Format) -> list[tuple[int, re.Pattern[bytes]]]:
    return [(k, re.compile(mark.encode())) for k, mark in form.marks]


def _test_of(role: str, whole: int) -> Callable[[bytes], bool] | None:
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


def meaning_of(form: Format) -> str:
    """Return what columns of a format are held against each other, with their numbers."""
    column = {role: k for k, role in enumerate(form.columns, 1)}
    if form.has("level"):
        return f"whole numbers of reads of column {column['n']}"
    if form.has("ratio"):
        return f"column {column['ratio']} is a part of all reads"
    if form.has("n"):
        part = column["c" if "c" in column else "t"]
        return f"column {part} {'/' if form.has('pct') else 'is at most'} column {column['n']}"
    if form.has("total") and not form.has("pct"):
        return f"columns {column['c']} + {column['t']} are at most column {column['total']}"
    first, second = sorted((column["c"], column["t"]))
    return f"column {column['c']} / (columns {first} + {second})"


def _count_columns(form: Format) -> tuple[int, int]:
    """Return the two columns of counts, in the order of the text."""
    found = [k for k, role in enumerate(form.columns) if role in ("c", "t", "n")]
    return found[0], found[1]


def _places(form: Format) -> str:
    """Return the columns of a format, but for its counts, as `custom` takes them."""
    roles = ("chr", "pos", "strand", "context", *(("pct",) if form.scale == 100 else ()))
    given = [f"{role}: {form.columns.index(role) + 1}" for role in roles if form.has(role)]
    return ", ".join([*given, *(["base: 0"] if form.base == 0 else [])])


def _meanings(a: int, b: int) -> Iterator[tuple[str, str, str, Callable[[int, int], float | None]]]:
    """Yield (words, custom, roles, function) of what two columns of counts can be."""
    yield f"column {a} / (columns {a} + {b})", f"c: {a}, t: {b}", "ct", lambda x, y: x / (x + y)
    yield f"column {b} / (columns {a} + {b})", f"c: {b}, t: {a}", "tc", lambda x, y: y / (x + y)
    yield f"column {a} / column {b}", f"c: {a}, n: {b}", "cn", lambda x, y: x / y if y else None
    yield f"column {b} / column {a}", f"c: {b}, n: {a}", "nc", lambda x, y: y / x if x else None
