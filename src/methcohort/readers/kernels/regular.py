"""Regular lines, many at a time: the quick way through the text that almost all files consist of.

A line is regular if it follows a row of the same chromosome, has its fields in plain form and
needs no decision: one tab or blank between fields, plain numbers, a new and higher position, reads
at it, counts that fit the block. Here such lines are read without a step from field to field: the
ends of all fields are found at once, so that their numbers can be read side by side (as in G.
Langdale and D. Lemire, "Parsing gigabytes of JSON per second", 2019). Any other line is left to
the format's own kernel, which decides what it means; so what is accepted is never decided here.
"""

import numpy as np

from ...engine.compile import find_bytes, inline, ones, trailing_zeros
from ...store.schema import MAX_POS
from ..protocol import (
    CHECK_OFF,
    COUNT_LIMIT,
    DECIMAL_GIVEN,
    LARGEST,
    LAST_CHROM,
    LAST_POS,
    LINES,
    N_ROWS,
    N_TEXT_ROWS,
    NAME,
    PCT_CHECK,
    TOLERANCE,
)
from .fields import (
    DOT,
    FLOAT_POWERS,
    HIGH,
    NEWLINE,
    POWERS,
    RETURN,
    SPACE,
    TAB,
    aligned,
    oddity,
    split,
    value_of,
    values_of,
)
from .rows import disagrees, has_name

_ONE = np.uint64(1)
_EIGHT = np.uint64(8)
_HALF = np.uint64(32)


@inline
def read_regular(text, line, stop, work, names, columns):
    """Read lines from `line` on as long as they are regular; return where the next one starts.

    Arguments are those of a format's kernel, `parse`.
    """
    state = work.state
    pos, pct, cs, ts, kind, _ = columns
    chrom = state[NAME]
    n = state[N_ROWS]
    if chrom < 0 or chrom != state[LAST_CHROM] or n == 0 or state[DECIMAL_GIVEN]:
        return line
    length = np.uint64(names.spans[chrom, 1])
    last = state[LAST_POS]
    limit = state[COUNT_LIMIT]
    check = state[PCT_CHECK] != CHECK_OFF
    largest = state[LARGEST]
    before = n
    while line < stop and n < pos.size:
        whole, ends = find_ends(text, line)
        if not whole or ends[0] != length:
            break
        if not has_name(text, line, chrom, names):
            break
        plain, position, level, c, t = read_numbers(text, np.uint64(line), ends)
        if not plain or level > 100.0 or c + t == 0 or max(c, t) > limit:
            break
        if position <= last or position > MAX_POS:
            break
        if check and disagrees(level, c, t, work.reals[TOLERANCE]):
            break
        row = np.uint64(n)
        pos[row] = position
        cs[row] = c
        ts[row] = t
        if pct.size > 0:
            pct[row] = level
        largest = max(largest, c, t)
        last = position
        n += 1
        line += np.int64(ends[6]) + 1
    if kind.size > 0:
        kind[before:n] = 0
    state[LAST_POS] = last
    state[LARGEST] = largest
    state[N_ROWS] = n
    state[N_TEXT_ROWS] += n - before
    state[LINES] += n - before
    return line


@inline
def find_ends(text, line):
    """Find the ends of all fields of a line, counted from its start.

    Returns whether there are five fields within 64 bytes, and the ends of name, pos, the digits
    of pct before its point, pct, c and t, and that of the line.

    Bit k stands for byte k of the line. For a word x, `x & -x` is its lowest bit alone, and one
    less than that are all bits below it, so what lies behind the newline is left out; `x & (x - 1)`
    takes the lowest bit away, which steps from one blank to the next.
    """
    newlines = find_bytes(text, line, NEWLINE)
    blanks = find_bytes(text, line, TAB) | find_bytes(text, line, SPACE)
    blanks &= (newlines & (~newlines + _ONE)) - _ONE
    dots = find_bytes(text, line, DOT)
    whole = newlines != 0 and ones(blanks) == 4
    name_end = trailing_zeros(blanks)
    blanks &= blanks - _ONE
    pos_end = trailing_zeros(blanks)
    blanks &= blanks - _ONE
    pct_end = trailing_zeros(blanks)
    blanks &= blanks - _ONE
    c_end = trailing_zeros(blanks)
    line_end = trailing_zeros(newlines)
    t_end = line_end
    if whole:
        t_end -= np.uint64(text[np.uint64(line) + line_end - _ONE] == RETURN)
        dots &= ~((_ONE << pos_end) - _ONE)  # none in the name
    point = min(trailing_zeros(dots), pct_end)
    return whole, (name_end, pos_end, point, pct_end, c_end, t_end, line_end)


@inline
def read_numbers(text, start, ends):
    """Return (plain, pos, pct, c, t) of the line at `start`; `plain` is False where one is odd.

    Short numbers go in pairs: what is before the last eight digits of the position with the whole
    percents, c with t. All bytes are looked at once, at the end: a byte that is no digit leaves a
    bit of `HIGH` in `odd`, and then the numbers mean nothing.
    """
    name_end, pos_end, point, pct_end, c_end, t_end, _ = ends
    n_pos = pos_end - name_end - _ONE
    n_whole = point - pos_end - _ONE
    n_places = pct_end - point - np.uint64(point < pct_end)
    n_c = c_end - pct_end - _ONE
    n_t = t_end - c_end - _ONE
    # One less, so that zero, which wraps around, is too large.
    if (
        n_pos - _ONE >= 10 or n_whole - _ONE >= 3 or n_places > 12
        or n_c - _ONE >= 4 or n_t - _ONE >= 4 or pct_end - point == 1
    ):  # fmt: skip
        return False, np.int64(0), 0.0, np.int64(0), np.int64(0)

    high_pos, word = split(text, start + name_end + _ONE, n_pos)
    second = aligned(text, start + pos_end + _ONE, n_whole)
    odd = oddity(high_pos) | oddity(second) | oddity(word)
    high, whole = values_of(high_pos | second)
    position = high * 100_000_000 + value_of(word)

    scaled = whole * POWERS[n_places]
    if n_places > 0:
        high_places, word = split(text, start + point + _ONE, n_places)
        odd |= oddity(high_places) | oddity(word)
        if n_places > _EIGHT:
            scaled += values_of(high_places)[0] * 100_000_000
        scaled += value_of(word)
    level = np.float64(scaled) / FLOAT_POWERS[n_places]

    first = aligned(text, start + pct_end + _ONE, n_c) >> _HALF
    second = aligned(text, start + c_end + _ONE, n_t)
    odd |= oddity(first) | oddity(second)
    c, t = values_of(first | second)
    return odd & HIGH == 0, position, level, c, t
