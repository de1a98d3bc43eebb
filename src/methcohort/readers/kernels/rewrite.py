"""The kernel that writes text of another dialect anew; see `readers/rewrite.py`."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...engine.compile import inline, kernel
from .examples import no_text
from .fields import HASH, NEWLINE, RETURN, SPACE, TAB, is_no_row, skip_blanks

Bytes = npt.NDArray[np.uint8]

# Indices into `rules`.
DELIMITER: Final = 0
QUOTE: Final = 1  # 0 where there is none
COMMAS: Final = 2  # 1 where numbers have decimal commas
NAMES: Final = 3  # what becomes of row names, one of those below
N_COLUMNS: Final = 4
FIRST: Final = 5  # 1 until the first line that is no comment was written; it can be a header
N_RULES: Final = 6

NO_NAMES: Final = 0
LEFT_OUT: Final = 1
KEPT: Final = 2

# What a line is refused for.
FINE: Final = 0
OPEN_QUOTE: Final = 1
BEHIND_QUOTE: Final = 2
STRAY_QUOTE: Final = 3
TAB_INSIDE: Final = 4
POINT: Final = 5
HASH_NAME: Final = 6
OTHER_NUMBER: Final = 7

_COMMA: Final = 44
_POINT_BYTE: Final = 46


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
                return FINE, i + 1, to
        elif byte == TAB:
            return TAB_INSIDE, i, to
        out[to] = byte
        to += 1
        i += 1
    return OPEN_QUOTE, i, to


@inline
def copy_field(text, i, end, delimiter, quote, out, to):
    """Copy one field without quotes and blanks round it; return (status, index behind, its end)."""
    start = to
    status = np.int64(FINE)
    while i < end and is_gap(text[i], delimiter):
        i += 1
    if i < end and quote != 0 and text[i] == quote:
        status, i, to = copy_quoted(text, i, end, quote, out, to)
        behind = i
        while i < end and is_gap(text[i], delimiter):
            i += 1
        if status == FINE and i < end:
            closed = behind < i if delimiter == SPACE else text[i] == delimiter
            if not closed:
                status = np.int64(BEHIND_QUOTE)
    else:
        while i < end and text[i] != delimiter and not (delimiter == SPACE and text[i] == TAB):
            if quote != 0 and text[i] == quote:
                status = np.int64(STRAY_QUOTE)
            out[to] = text[i]
            to += 1
            i += 1
    while to > start and is_gap(out[to - 1], delimiter):
        to -= 1
    for k in range(start, to):
        if out[k] == TAB:
            status = np.int64(TAB_INSIDE)
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
    """Put a point for the decimal comma of a field, if wanted; return `POINT` where it has one."""
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
            return FINE
    if i < stop:
        return FINE
    if point >= 0 and digits_end - start > 1:
        return POINT
    if comma >= 0 and wanted and comma + 1 < digits_end:
        out[comma] = _POINT_BYTE
    return FINE


@inline
def copy_line(text, i, end, rules, commas, out, to):
    """Copy the fields of one line; return (status, end in `out`, fields, where the second is)."""
    delimiter = np.uint8(rules[DELIMITER])
    quote = np.uint8(rules[QUOTE])
    n = np.int64(0)
    second = to
    status = np.int64(FINE)
    while status == FINE:
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
        if status == FINE and rules[COMMAS]:
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


def _example():
    """Return arguments of the types that a rewriter gives, with nothing to write."""
    text, stop = no_text()
    return text, 0, stop, np.zeros(N_RULES, np.int64), np.zeros(1, np.uint8), text


@kernel(step="rewrite", example=_example)
def rewrite(
    text: Bytes, start: int, stop: int, rules: npt.NDArray[np.int64], commas: Bytes, out: Bytes
) -> Any:
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
        first = rules[FIRST] != 0
        if is_no_row(text, begin) or (first and is_track(text, begin)):
            for i in range(line, newline + 1):
                out[to] = text[i]
                to += 1
            line = newline + 1
            continue
        begun = to
        status, to, n, second = copy_line(text, line, end, rules, commas, out, to)
        short = first and rules[NAMES] != NO_NAMES and n == rules[N_COLUMNS] - 1
        if status == FINE and rules[N_COLUMNS] == 0:
            rules[N_COLUMNS] = n
        if status == FINE and n != rules[N_COLUMNS] and not short:
            status = np.int64(OTHER_NUMBER)
        if status != FINE:
            return begun, line, status, n
        if short and rules[NAMES] == KEPT:
            for i in range(to, begun, -1):
                out[i] = out[i - 1]
            out[begun] = TAB
            to += 1
        elif rules[NAMES] == LEFT_OUT and not short:
            for i in range(to - second):
                out[begun + i] = out[second + i]
            to -= second - begun
        out[to] = NEWLINE
        to += 1
        if out[skip_blanks(out, begun)] == HASH and not (first and is_wordy(out, begun)):
            return begun, line, np.int64(HASH_NAME), n
        rules[FIRST] = 0
        line = newline + 1
    return to, line, np.int64(FINE), np.int64(0)
