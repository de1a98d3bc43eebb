"""What the first rows of a text have in their columns: types, numbers, lengths of intervals.

Plain Python over some hundred rows. A row that does not fit is allowed among ten, so that one fault
does not hide the format: the reader finds it.
"""

from collections import Counter
from itertools import pairwise

from .field_types import (
    is_decimal,
    marks_of,
    roles_of,
    test_of,
    whole_of,
)
from .formats import WORDS, Format


class TableHead:
    """The first rows, by columns."""

    def __init__(self, rows: tuple[list[bytes], ...]) -> None:
        self.n = len(rows)
        self.columns = list(zip(*rows, strict=True))
        self._known: dict[tuple[str, int, int], int] = {}

    def type_of(self, k: int) -> str:
        """Return what most fields of a column are, in words."""
        kinds = (("pos", "a whole number"), ("number", "a number"), ("strand", "a strand"))
        return next((words for role, words in kinds if self._most(role, k)), "text")

    def misfits(self, form: Format) -> list[str]:
        """Return what keeps the columns from being those of a format, by their text alone."""
        roles = roles_of(form)[: len(self.columns)]
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
        for k, mark in marks_of(form):
            if k < len(self.columns):
                odd = [field for field in self.columns[k] if mark.fullmatch(field) is None]
                if not self._enough(self.n - len(odd)):
                    found[k] = odd[0]
        return found

    def lengths(self, start: int = 1, end: int = 2) -> Counter[int]:
        """Return how often end - start of two columns, counted from 0, has each value."""
        pairs = zip(self.integers(start), self.integers(end), strict=True)
        return Counter(stop - begin for begin, stop in pairs)

    def fits_lengths(self, form: Format) -> bool:
        """Tell whether the intervals are as long as those of a format."""
        if not form.has("end") or not form.lengths:
            return True
        found = self.lengths(form.columns.index("pos"), form.columns.index("end"))
        return self._enough(sum(found[length] for length in form.lengths))

    def has_intervals(self) -> bool:
        """Tell whether columns 2 and 3 are a start and an end, which no percentage can be."""
        pairs = zip(self.integers(1), self.integers(2), strict=True)
        return self._enough(sum(100 < end >= start > 0 for start, end in pairs))

    def has_zero(self, forms: list[Format]) -> bool:
        """Tell whether a position is 0, which a base of 1 does not have."""
        columns = {form.columns.index("pos") for form in forms}
        return any(b"0" in self.columns[k] for k in columns)

    def has_neighbours(self, form: Format) -> bool:
        """Tell whether two rows in a row are one base apart."""
        chroms = self.columns[form.columns.index("chr")]
        places = zip(chroms, self.integers(form.columns.index("pos")), strict=True)
        return any(b == (chrom, pos + 1) for (chrom, pos), b in pairwise(places))

    def levels(self, form: Format) -> list[tuple[float, int]]:
        """Return (level, reads) of each row that has a level and reads."""
        levels = self.numbers(form.columns.index("level"))
        counts = self.integers(form.columns.index("n"))
        return [(p, n) for p, n in zip(levels, counts, strict=True) if p is not None and n]

    def counts(self, form: Format) -> list[tuple[int, int]]:
        """Return (c, n) of each row; n counts other modifications too."""
        column = {role: k for k, role in enumerate(form.columns)}
        if "n" in column:
            n = self.integers(column["n"])
            part = self.integers(column["c" if "c" in column else "t"])
            c = part if "c" in column else [a - b for a, b in zip(n, part, strict=True)]
            return list(zip(c, n, strict=True))
        c = self.integers(column["c"])
        t = self.integers(column["t"])
        is_there = column.get("other", len(self.columns)) < len(self.columns)
        other = self.integers(column["other"]) if is_there else [0] * self.n
        return [(a, a + b + d) for a, b, d in zip(c, t, other, strict=True)]

    def integers(self, k: int) -> list[int]:
        """Return the whole numbers of a column, 0 for what is none."""
        return [whole_of(field) for field in self.columns[k]]

    def numbers(self, k: int) -> list[float | None]:
        """Return the decimals of a column, None for what is none."""
        return [float(field) if is_decimal(field) else None for field in self.columns[k]]

    def _most(self, role: str, k: int, whole: int = 100) -> bool:
        """Tell whether most fields of a column can have a role; levels are at most `whole`."""
        test = test_of(role, whole)
        if test is None:
            return True
        key = role, k, whole
        if key not in self._known:
            self._known[key] = sum(map(test, self.columns[k]))
        return self._enough(self._known[key])

    def _odd_field(self, role: str, k: int, whole: int) -> bytes:
        """Return the first field of a column that cannot have a role."""
        test = test_of(role, whole)
        odd: bytes = next(field for field in self.columns[k] if test and not test(field))
        return odd

    def _enough(self, n: int) -> bool:
        return n * 10 >= self.n * 9


def _short(field: bytes) -> str:
    return repr(field[:40].decode("utf-8", "backslashreplace"))
