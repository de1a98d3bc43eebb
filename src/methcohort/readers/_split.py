"""Finding the fields of a line, many bytes in one step."""

import numpy as np

from ..compiled import find_bytes, inline, ones, trailing_zeros
from ._fields import NEWLINE, RETURN, SPACE, TAB, skip_blanks

_ONE = np.uint64(1)
_LAST = np.uint64(63)
_SPARE = 65


def room_for(n_fields: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return an array in which `find_fields` finds so many fields for certain."""
    return np.zeros(2 * (n_fields + _SPARE + 1), np.int64)


@inline
def find_fields(text, line, ends, tabs):
    """Find the fields of the line at `line`; return (how many there are, where its newline is).

    Field k is [ends[2 * k], ends[2 * k + 1]), as far as `ends` has room. Tabs and blanks separate
    fields, many as one; where `tabs` is not 0, each tab does, and blanks do not. A carriage return
    before the newline belongs to it.
    """
    at = line
    before = _ONE  # a blank at the start of a line has no field before it
    odd = np.uint64(0)
    n = np.int64(0)
    ends[0] = line
    room = ends.size // 2 - _SPARE
    while True:
        newlines = find_bytes(text, at, NEWLINE)
        blanks = find_bytes(text, at, TAB)
        if not tabs:
            blanks |= find_bytes(text, at, SPACE)
        if newlines != 0:
            blanks &= (newlines & (~newlines + _ONE)) - _ONE
            blanks |= newlines & (~newlines + _ONE)
        odd |= blanks & (blanks << _ONE | before)
        before = blanks >> _LAST
        if n < room:
            while blanks != 0:
                stop = at + np.int64(trailing_zeros(blanks))
                ends[2 * n + 1] = stop
                ends[2 * n + 2] = stop + 1
                n += 1
                blanks &= blanks - _ONE
        else:
            n += np.int64(ones(blanks))
        if newlines != 0:
            break
        at += 64
    newline = at + np.int64(trailing_zeros(newlines))
    returns = newline > line and text[newline - 1] == RETURN
    if not tabs and (odd or (returns and (newline - 1 == line or text[newline - 2] <= SPACE))):
        return split_odd(text, line, newline, ends), newline
    if returns and n < room:
        ends[2 * n - 1] -= 1
    return n, newline


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
