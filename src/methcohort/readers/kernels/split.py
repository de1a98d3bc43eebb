"""Finding the fields of a line, many bytes in one step."""

import numpy as np

from ...engine.compile import find_bytes, inline, ones, trailing_zeros
from ..layout import COLONS, SPARE_ENDS
from .fields import (
    COLON,
    NEWLINE,
    RETURN,
    SPACE,
    TAB,
    skip_blanks,
)

_ONE = np.uint64(1)
_TWO = np.uint64(2)
_LAST = np.uint64(63)
_WORD = np.uint64(64)


@inline
def find_fields(text, line, ends, tabs):
    """Find the fields of the line at `line`; return (how many there are, where its newline is).

    Field k is [ends[2 * k], ends[2 * k + 1]), as far as `ends` has room. Tabs and blanks separate
    fields, many as one; where `tabs` is not 0, each tab does, and blanks do not. A carriage return
    before the newline belongs to it.

    64 bytes are looked at in a step: bit k of a word stands for byte k. A separator is odd where
    the byte before it is one, too, that is where `blanks` and `blanks << 1` have the same bit;
    `before` carries the last bit of a step into the next. The newline counts as a separator, so a
    blank at the end of a line is odd as well. Odd lines are read once more, a byte at a time.
    """
    at = np.uint64(line)
    before = _ONE  # a blank at the start of a line has no field before it
    odd = np.uint64(0)
    k = _ONE  # of `ends`: where the next end goes
    room = np.uint64(ends.size - 2 * SPARE_ENDS)
    n_beyond = np.uint64(0)
    ends[0] = line
    while True:
        newlines = find_bytes(text, at, NEWLINE)
        blanks = find_bytes(text, at, TAB)
        if not tabs:
            blanks |= find_bytes(text, at, SPACE)
        elif tabs == COLONS:
            blanks |= find_bytes(text, at, COLON)
        if newlines != 0:
            first = newlines & (~newlines + _ONE)
            blanks = (blanks & (first - _ONE)) | first
        odd |= blanks & (blanks << _ONE | before)
        before = blanks >> _LAST
        if k < room:
            while blanks != 0:
                stop = at + trailing_zeros(blanks)
                ends[k] = stop
                ends[k + _ONE] = stop + _ONE
                k += _TWO
                blanks &= blanks - _ONE
        else:
            n_beyond += ones(blanks)
        if newlines != 0:
            break
        at += _WORD
    newline = at + trailing_zeros(newlines)
    n = np.int64((k >> _ONE) + n_beyond)
    returns = newline > np.uint64(line) and text[newline - _ONE] == RETURN
    if not tabs and (
        odd or (returns and (newline - _ONE == np.uint64(line) or text[newline - _TWO] <= SPACE))
    ):
        return split_odd(text, line, np.int64(newline), ends), np.int64(newline)
    if returns and n_beyond == 0:
        ends[k - _TWO] -= 1
    return n, np.int64(newline)


@inline
def split_odd(text, line, newline, ends):
    """Return the number of fields of a line that has a blank before or behind another."""
    stop = newline
    if stop > line and text[stop - 1] == RETURN:
        stop -= 1
    n = np.int64(0)
    i = skip_blanks(text, line)
    while i < stop:
        end = i
        while end < stop and text[end] != TAB and text[end] != SPACE:
            end += 1
        if 2 * n + 1 < ends.size:
            ends[2 * n] = i
            ends[2 * n + 1] = end
        n += 1
        i = skip_blanks(text, end)
    return n


@inline
def field(ends, column):
    """Return where a field starts and ends."""
    k = np.uint64(column) << _ONE
    return ends[k], ends[k + _ONE]
