"""Text of another dialect written anew as plain text, so that every kernel can read it.

Each line becomes one line, with one tab between two fields: its number stays, a field can be empty.
Comments, blank lines and track lines are left as they are. Every row has as many fields as the
first rows have, so that no delimiter can be taken for a part of a number, or the other way round.
"""

from typing import Any, Final

import numpy as np

from ..engine.compile import inline, kernel
from ._dialect import Dialect
from ._faults import BOM, mark_inside, shown
from ._fields import HASH, NEWLINE, PADDING, RETURN, SPACE, TAB, is_no_row, skip_blanks

# Indices into `rules`.
_DELIMITER: Final = 0
_QUOTE: Final = 1  # 0 where there is none
_COMMAS: Final = 2  # 1 where numbers have decimal commas
_NAMES: Final = 3  # what becomes of row names, one of those below
_N_COLUMNS: Final = 4
_FIRST: Final = 5  # 1 until the first line that is no comment was written; it can be a header
_N_RULES: Final = 6

_NO_NAMES: Final = 0
_LEFT_OUT: Final = 1
_KEPT: Final = 2

# What a line is refused for.
_FINE: Final = 0
_OPEN_QUOTE: Final = 1
_BEHIND_QUOTE: Final = 2
_STRAY_QUOTE: Final = 3
_TAB_INSIDE: Final = 4
_POINT: Final = 5
_HASH_NAME: Final = 6
_OTHER_NUMBER: Final = 7

_COMMA: Final = 44
_POINT_BYTE: Final = 46


class Rewriter:
    """Writes blocks of whole lines anew, from the first of a text on, or from inside it.

    Attributes
    ----------
    text : uint8, what was written, with `PADDING` readable bytes behind it
    """

    def __init__(self, dialect: Dialect, *, from_start: bool) -> None:
        self._dialect = dialect
        self._rules = np.zeros(_N_RULES, np.int64)
        self._rules[_DELIMITER] = ord(dialect.delimiter)
        self._rules[_QUOTE] = ord(dialect.quote) if dialect.quote else 0
        self._rules[_COMMAS] = dialect.decimal == ","
        if dialect.row_names:
            self._rules[_NAMES] = _KEPT if dialect.kept_names else _LEFT_OUT
        self._rules[_N_COLUMNS] = dialect.n_columns
        self._rules[_FIRST] = from_start
        n_columns = max(dialect.n_columns, *dialect.decimals, 0) + 1
        self._commas = np.full(n_columns, not dialect.decimals, np.uint8)
        self._commas[list(dialect.decimals)] = 1
        self.text = np.zeros(PADDING, np.uint8)
        self._block: tuple[Any, int, int] = (self.text, 0, 0)

    def original(self, k: int) -> bytes:
        """Return a line of the block that was last written, as it was before; the first is 0."""
        buffer, start, stop = self._block
        return bytes(buffer[start:stop]).split(b"\n", k + 1)[k]

    def write(self, buffer: Any, start: int, stop: int) -> tuple[int, str]:
        """Write the lines [start, stop) of a buffer to `text`; return (its end, fault).

        The fault says what is wrong with the line behind the last that was written; it is empty
        where all were.
        """
        self._block = buffer, start, stop
        room = stop - start + 1 + PADDING  # a header may get one field more
        if self.text.size < room:
            self.text = np.zeros(room, np.uint8)
        end, at, status, n = rewrite(buffer, start, stop, self._rules, self._commas, self.text)
        self.text[end : end + PADDING] = 0
        if status == _FINE:
            return end, ""
        line = bytes(buffer[at:stop]).partition(b"\n")[0].removesuffix(b"\r")
        return end, self._fault(status, n, line)

    def _fault(self, status: int, n: int, line: bytes) -> str:
        """Return what to say of a refused line of `n` fields."""
        if line.startswith(BOM):
            return mark_inside(line)
        one, whole = self._dialect, shown(line)
        if status != _OTHER_NUMBER:
            found, expected = _FAULTS[status]
            return f"found {found} in {whole}; expected {expected}; fix or remove the line"
        hint = ""
        if one.delimiter == ",":
            hint = (
                ", and no comma within a number or a name that stands in no quotes; write numbers "
                "with points, or put tabs between the fields"
            )
        return (
            f"found {n} fields in {whole}; expected {one.n_columns} with {one.delimiters} between "
            f"them, as the first rows have{hint}; fix or remove the line"
        )


_FAULTS: Final = {
    _OPEN_QUOTE: (
        "a quote that is not closed",
        "quotes to be closed on the same line, as a field has no line break",
    ),
    _BEHIND_QUOTE: ("text behind a closing quote", "a delimiter there, or a quote within doubled"),
    _STRAY_QUOTE: ("a quote inside a field", "quotes round a whole field, or none"),
    _TAB_INSIDE: ("a tab inside a field", "fields without tabs"),
    _POINT: (
        "a number with a decimal point",
        "decimal commas, as the first rows have; a point may separate thousands",
    ),
    _HASH_NAME: (
        "a first field that begins with # inside quotes",
        "a row, not a comment; rename the chromosome, or write the line without quotes",
    ),
}


@inline
def is_track(text, i):
    """Tell whether a line begins with the word `track` or `browser`."""
    if text[i] == 116:
        n = np.int64(5)
        same = text[i + 1] == 114 and text[i + 2] == 97 and text[i + 3] == 99 and text[i + 4] == 107
    elif text[i] == 98:
        n = np.int64(7)
        same = text[i + 1] == 114 and text[i + 2] == 111 and text[i + 3] == 119
        same = same and text[i + 4] == 115 and text[i + 5] == 101 and text[i + 6] == 114
    else:
        return False
    return same and text[i + n] <= SPACE


@inline
def find_end(text, i):
    """Return (the end of the line at `i` without its carriage return, its newline)."""
    newline = i
    while text[newline] != NEWLINE:
        newline += 1
    end = newline
    if end > i and text[end - 1] == RETURN:
        end -= 1
    return end, newline


@inline
def is_gap(byte, delimiter):
    """Tell whether a byte beside a field means nothing."""
    return byte == SPACE or (byte == TAB and delimiter != TAB)


@inline
def copy_quoted(text, i, end, quote, out, to):
    """Copy what stands between the quotes at `i`; return (status, index behind, end in `out`)."""
    i += 1
    while i < end:
        byte = text[i]
        if byte == quote:
            if i + 1 < end and text[i + 1] == quote:
                i += 1
            else:
                return _FINE, i + 1, to
        elif byte == TAB:
            return _TAB_INSIDE, i, to
        out[to] = byte
        to += 1
        i += 1
    return _OPEN_QUOTE, i, to


@inline
def copy_field(text, i, end, delimiter, quote, out, to):
    """Copy one field without quotes and blanks round it; return (status, index behind, its end)."""
    start = to
    status = np.int64(_FINE)
    while i < end and is_gap(text[i], delimiter):
        i += 1
    if i < end and quote != 0 and text[i] == quote:
        status, i, to = copy_quoted(text, i, end, quote, out, to)
        behind = i
        while i < end and is_gap(text[i], delimiter):
            i += 1
        if status == _FINE and i < end:
            closed = behind < i if delimiter == SPACE else text[i] == delimiter
            if not closed:
                status = np.int64(_BEHIND_QUOTE)
    else:
        while i < end and text[i] != delimiter and not (delimiter == SPACE and text[i] == TAB):
            if quote != 0 and text[i] == quote:
                status = np.int64(_STRAY_QUOTE)
            out[to] = text[i]
            to += 1
            i += 1
    while to > start and is_gap(out[to - 1], delimiter):
        to -= 1
    for k in range(start, to):
        if out[k] == TAB:
            status = np.int64(_TAB_INSIDE)
    skipped = start
    while skipped < to and out[skipped] == SPACE:
        skipped += 1
    if skipped > start:
        for k in range(to - skipped):
            out[start + k] = out[skipped + k]
        to -= skipped - start
    return status, i, to


@inline
def point_number(out, start, stop, wanted):
    """Put a point for the decimal comma of a field, if wanted; return `_POINT` where it has one."""
    comma = np.int64(-1)
    point = np.int64(-1)
    i = start
    while i < stop:
        byte = out[i]
        if byte == _COMMA and comma < 0 and point < 0:
            comma = i
        elif byte == _POINT_BYTE and comma < 0 and point < 0:
            point = i
        elif not 48 <= byte <= 57:
            break
        i += 1
    digits_end = i
    if i < stop and (out[i] | 32) == 101 and i > start:
        i += 1
        if i < stop and (out[i] == 43 or out[i] == 45):
            i += 1
        first = i
        while i < stop and 48 <= out[i] <= 57:
            i += 1
        if i == first:
            return _FINE
    if i < stop:
        return _FINE
    if point >= 0 and digits_end - start > 1:
        return _POINT
    if comma >= 0 and wanted and comma + 1 < digits_end:
        out[comma] = _POINT_BYTE
    return _FINE


@inline
def copy_line(text, i, end, rules, commas, out, to):
    """Copy the fields of one line; return (status, end in `out`, fields, where the second is)."""
    delimiter = np.uint8(rules[_DELIMITER])
    quote = np.uint8(rules[_QUOTE])
    n = np.int64(0)
    second = to
    status = np.int64(_FINE)
    while status == _FINE:
        while delimiter == SPACE and i < end and is_gap(text[i], delimiter):
            i += 1
        if i >= end and (delimiter == SPACE):
            break
        if n > 0:
            out[to] = TAB
            to += 1
        if n == 1:
            second = to
        start = to
        status, i, to = copy_field(text, i, end, delimiter, quote, out, to)
        if status == _FINE and rules[_COMMAS]:
            status = np.int64(point_number(out, start, to, commas[min(n, commas.size - 1)]))
        n += 1
        if delimiter != SPACE:
            if i >= end:
                break
            i += 1
    return status, to, n, second


@inline
def is_wordy(out, i):
    """Tell whether no field of a plain line begins with a digit, so that it can be a header."""
    before = np.uint8(TAB)
    while out[i] != NEWLINE:
        if before == TAB and 48 <= out[i] <= 57:
            return False
        before = out[i]
        i += 1
    return True


@kernel
def rewrite(text, start, stop, rules, commas, out):
    """Write the lines [start, stop) of `text` to `out`, as `rules` say.

    `text` and `out` are uint8, `rules` int64; `commas` is uint8[n], 1 for each column that has
    decimal commas, the last for all behind it. Returns (end in `out`, the line that comes next,
    what it is refused for, its fields).
    """
    to = np.int64(0)
    line = np.int64(start)
    while line < stop:
        end, newline = find_end(text, line)
        begin = skip_blanks(text, line)
        first = rules[_FIRST] != 0
        if is_no_row(text, begin) or (first and is_track(text, begin)):
            for i in range(line, newline + 1):
                out[to] = text[i]
                to += 1
            line = newline + 1
            continue
        begun = to
        status, to, n, second = copy_line(text, line, end, rules, commas, out, to)
        short = first and rules[_NAMES] != _NO_NAMES and n == rules[_N_COLUMNS] - 1
        if status == _FINE and rules[_N_COLUMNS] == 0:
            rules[_N_COLUMNS] = n
        if status == _FINE and n != rules[_N_COLUMNS] and not short:
            status = np.int64(_OTHER_NUMBER)
        if status != _FINE:
            return begun, line, status, n
        if short and rules[_NAMES] == _KEPT:
            for i in range(to, begun, -1):
                out[i] = out[i - 1]
            out[begun] = TAB
            to += 1
        elif rules[_NAMES] == _LEFT_OUT and not short:
            for i in range(to - second):
                out[begun + i] = out[second + i]
            to -= second - begun
        out[to] = NEWLINE
        to += 1
        if out[skip_blanks(out, begun)] == HASH and not (first and is_wordy(out, begun)):
            return begun, line, np.int64(_HASH_NAME), n
        rules[_FIRST] = 0
        line = newline + 1
    return to, line, np.int64(_FINE), np.int64(0)
