"""Conditions on the sheet, such as `group == 'case' and age > 50`: parsed, never run as code.

    condition  = and { "or" and }
    and        = not { "and" not }
    not        = "not" not | "(" condition ")" | comparison
    comparison = operand operator operand | operand ["not"] "in" "(" operand { "," operand } ")"
    operand    = column | number | "text" | 'text'

A column is a word, or anything between backquotes; `sample` is the name of the sample. Numbers are
compared as numbers where both sides are numbers; what is in quotes is text. A cell of the sheet is
a number where it looks like one. `<`, `<=`, `>` and `>=` of an empty cell are neither true nor
false, also behind `not`: such a sample is not taken.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, NamedTuple

from ..core.errors import ConfigError, nearest

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?(?![\w.]))
      | (?P<text>'[^']*'|"[^"]*")
      | (?P<quoted>`[^`]+`)
      | (?P<word>[^\W\d][\w.]*)
      | (?P<sign>==|!=|<=|>=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_EQUAL: Final[dict[str, Callable[[Any, Any], bool]]] = {"==": eq, "!=": ne}
_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_HINTS: Final = {
    "=": "write == to compare",
    "&": "write and",
    "|": "write or",
    "!": "write not, or != to compare",
    "'": "the quote is not closed",
    '"': "the quote is not closed",
    "`": "the quote is not closed",
}
_MOST_DEEP: Final = 100

Row = Mapping[str, str]
Test = Callable[[Row], bool | None]
"""Whether a sample fits; None where that is not known."""


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


class _Operand(NamedTuple):
    """What is compared: the value of a row, and how it was given, as a cell, number or text."""

    kind: str
    text: str
    place: int

    def of(self, row: Row) -> str:
        return row[self.text] if self.kind == "column" else self.text


def parse_where(text: str, columns: Sequence[str]) -> Test:
    """Return what tells of a row of the sheet, with `columns` by name, whether it fits.

    Raises ConfigError, which points at the place, where the text is not a condition. What is
    returned raises it where a cell cannot be compared.
    """
    return _Parser(text, columns).whole()


class _Parser:
    def __init__(self, text: str, columns: Sequence[str]) -> None:
        self._text = text
        self._columns = columns
        self._tokens = list(self._split())
        self._next = 0
        self._depth = 0

    def whole(self) -> Test:
        found = self._either()
        if self._peek().kind != "end":
            raise self._expected("and, or, or the end")
        return found

    def _split(self) -> Iterator[_Token]:
        place = 0
        while self._text[place:].strip():
            match = _TOKEN.match(self._text, place)
            if match is None:
                place += len(self._text[place:]) - len(self._text[place:].lstrip())
                char = self._text[place]
                raise self._fault(repr(char), place, _HINTS.get(char, "remove it"))
            kind = str(match.lastgroup)
            yield _Token(kind, match[kind], match.start(kind))
            place = match.end()
        yield _Token("end", "the end", len(self._text))

    def _fault(self, what: str, place: int, remedy: str) -> ConfigError:
        where = f"at character {place + 1} of the condition {self._text}"
        return ConfigError(f"found {what} {where}; {remedy}")

    def _expected(self, what: str) -> ConfigError:
        found = self._peek()
        return self._fault(found.text, found.place, f"expected {what}")

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> bool:
        """Go over a word or sign if it comes next."""
        found = self._peek()
        if found.kind not in ("word", "sign") or found.text not in texts:
            return False
        self._next += 1
        return True

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda row: _any(tests, row)

    def _both(self) -> Test:
        tests = [self._negated()]
        while self._take("and"):
            tests.append(self._negated())
        return tests[0] if len(tests) == 1 else lambda row: _all(tests, row)

    def _negated(self) -> Test:
        self._depth += 1
        if self._depth > _MOST_DEEP:
            raise self._fault("too many parentheses", self._peek().place, "write it shorter")
        if self._take("not"):
            inner = self._negated()
            found: Test = lambda row: _not(inner(row))  # noqa: E731
        elif self._take("("):
            found = self._either()
            if not self._take(")"):
                raise self._expected(")")
        else:
            found = self._comparison()
        self._depth -= 1
        return found

    def _comparison(self) -> Test:
        left = self._operand()
        sign = self._peek().text
        if self._take(*_EQUAL):
            return self._equal(left, sign, self._operand())
        if self._take(*_ORDER):
            return self._ordered(left, sign, self._operand())
        if self._take("not"):
            if not self._take("in"):
                raise self._expected("in")
            among = self._among(left)
            return lambda row: _not(among(row))
        if self._take("in"):
            return self._among(left)
        raise self._expected("==, !=, <, <=, >, >=, in or not in")

    def _among(self, left: _Operand) -> Test:
        if not self._take("("):
            raise self._expected("( and the values")
        tests = [self._equal(left, "==", self._operand())]
        while self._take(","):
            tests.append(self._equal(left, "==", self._operand()))
        if not self._take(")"):
            raise self._expected(", or )")
        return lambda row: _any(tests, row)

    def _operand(self) -> _Operand:
        kind, text, place = self._peek()
        if kind == "number":
            found = _Operand("number", text, place)
        elif kind == "text":
            found = _Operand("text", text[1:-1], place)
        elif kind in ("word", "quoted"):
            found = _Operand("column", self._column(text.strip("`"), place), place)
        else:
            raise self._expected("a column, a number or a text in quotes")
        self._next += 1
        return found

    def _column(self, name: str, place: int) -> str:
        if name in self._columns:
            return name
        near = " or ".join(nearest(name, self._columns))
        known = f"did you mean {near}?" if near else f"there are {', '.join(self._columns)}"
        what = f"{name!r}, which is no column of the sheet,"
        raise self._fault(what, place, f"{known}; put text in quotes")

    def _equal(self, left: _Operand, sign: str, right: _Operand) -> Test:
        compare = _EQUAL[sign]

        def test(row: Row) -> bool:
            one, other = left.of(row), right.of(row)
            numbers = None if "text" in (left.kind, right.kind) else _numbers(one, other)
            return compare(*(numbers or (one, other)))

        return test

    def _ordered(self, left: _Operand, sign: str, right: _Operand) -> Test:
        compare = _ORDER[sign]
        for one in (left, right):
            if one.kind == "text" and _NUMBER.fullmatch(one.text):
                what = f"{sign} with the text {one.text!r}"
                raise self._fault(what, one.place, "write the number without quotes")

        def test(row: Row) -> bool | None:
            one, other = left.of(row), right.of(row)
            if not one or not other:
                return None
            numbers = _numbers(one, other)
            if numbers is None and "text" not in (left.kind, right.kind):
                wrong, value = (right, other) if _NUMBER.fullmatch(one) else (left, one)
                what = (
                    f"{value!r} in column {wrong.text!r} of sample {row['sample']!r}, which "
                    f"is no number and cannot be compared by {sign},"
                )
                remedy = "leave such samples out before it, as in column != 'NA' and ..."
                raise self._fault(what, wrong.place, remedy)
            return compare(*(numbers or (one, other)))

        return test


def _numbers(one: str, other: str) -> tuple[Decimal, Decimal] | None:
    """Return both texts as numbers, exactly; None where they are not both numbers."""
    if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
        return Decimal(one), Decimal(other)
    return None


def _not(known: bool | None) -> bool | None:  # noqa: FBT001
    return None if known is None else not known


def _any(tests: Sequence[Test], row: Row) -> bool | None:
    """Tell whether one is true; where none is, but one is not known, that is not known, either."""
    found: bool | None = False
    for test in tests:
        known = test(row)
        if known:
            return True
        found = None if known is None else found
    return found


def _all(tests: Sequence[Test], row: Row) -> bool | None:
    """Tell whether all are true, as far as is known; nothing behind a false one is looked at."""
    found: bool | None = True
    for test in tests:
        known = test(row)
        if known is False:
            return False
        found = None if known is None else found
    return found
