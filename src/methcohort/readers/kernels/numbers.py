"""Numbers in fields whose ends are known: integers, decimals and ratios."""

import numpy as np

from ...engine.compile import inline, load_word, trailing_zeros
from .fields import (
    DOT,
    FLOAT_POWERS,
    HIGH,
    POWERS,
    SMALL_E,
    ZEROS,
    aligned,
    oddity,
    read_digits,
    read_exponent,
    split,
    value_of,
    values_of,
)
from .symbols import DASH

_ONE = np.uint64(1)
_U3 = np.uint64(3)
_U8 = np.uint64(8)
_U32 = np.uint64(32)
DOTS = np.uint64(0x2E2E2E2E2E2E2E2E)
LOWS = np.uint64(0x0101010101010101)


@inline
def read_integer(text, start, stop):
    """Return the integer that a field is, -1 where it is none; `5.0` and `1e+05` are some."""
    length = stop - start
    if length <= 0:
        return np.int64(-1)
    if length <= 8:
        word = aligned(text, start, length)
        if oddity(word) & HIGH == 0:
            return value_of(word)
    elif length <= 16:
        word = load_word(text, start) ^ ZEROS
        low = aligned(text, start + 8, length - 8)
        if (oddity(word) | oddity(low)) & HIGH == 0:
            return value_of(word) * POWERS[length - 8] + value_of(low)
    value, i = read_digits(text, start)
    if i == start:
        return np.int64(-1)
    if i < stop and text[i] == DOT:
        i += 1
        while i < stop and text[i] == 48:
            i += 1
    return value if i == stop else read_exponent(text, start, stop)


@inline
def read_number(text, start, stop):
    """Return the decimal that a field is, to 15 digits; NaN where it is none.

    A point becomes a zero byte, and `(word - LOWS) & ~word & HIGH` marks the lowest zero byte of a
    word, as only that one has to borrow to lose 1. All bytes are looked at once, before the end.
    """
    length = np.uint64(stop - start)
    word = load_word(text, start) ^ DOTS
    point = min(trailing_zeros((word - LOWS) & ~word & HIGH) >> _U3, length)
    n_places = length - point - np.uint64(point < length)
    last = text[np.uint64(stop - 3)] if length > 4 else np.uint8(0)
    # One less, so that zero, which wraps around, is too large.
    if point - _ONE >= 4 or n_places > 12 or length - point == 1 or last == DASH:
        return read_odd_number(text, start, stop)
    begin = np.uint64(start)
    whole = aligned(text, begin, point)
    if n_places <= 4:
        # Two shifts, as one by 64 is undefined.
        low = load_word(text, begin + point + _ONE) ^ ZEROS
        low = low << (_U32 - _U8 * n_places) << _U32
        odd = oddity(whole) | oddity(low)
        first, second = values_of(whole >> _U32 | low)
        scaled = first * POWERS[n_places] + second
    else:
        high, low = split(text, begin + point + _ONE, n_places)
        odd = oddity(whole) | oddity(high) | oddity(low)
        upper, first = values_of(high | whole)
        scaled = (upper * 100_000_000 + value_of(low)) + first * POWERS[n_places]
    if odd & HIGH:
        return np.nan
    return np.float64(scaled) / FLOAT_POWERS[n_places]


@inline
def read_odd_number(text, start, stop):
    """Return the decimal that a field is, to 15 digits; NaN where it is none.

    Levels near zero may end in an exponent, as in `5e-05`, of two digits.
    """
    small = np.int64(0)
    if stop - start > 4 and text[stop - 4] == SMALL_E and text[stop - 3] == DASH:
        small, i = read_digits(text, stop - 2)
        if i != stop or small > 22:
            return np.nan
        stop -= 4
    whole, i = read_digits(text, start)
    if i == stop and i > start:
        return np.float64(whole) / FLOAT_POWERS[small]
    if i >= stop or text[i] != DOT:
        return np.nan
    first = i + 1
    fraction, i = read_digits(text, first)
    places = i - first
    if i != stop or first - start + places == 1:
        return np.nan
    if places > 17:
        fraction = np.int64(0)
        places = np.int64(17)
        for k in range(first, first + places):
            fraction = fraction * 10 + np.int64(text[k] - 48)
    value = np.float64(whole) + np.float64(fraction) / FLOAT_POWERS[places]
    return value / FLOAT_POWERS[small]


@inline
def read_ratio(text, start, stop):
    """Return the two numbers of a field such as `3/7`, which may stand in quotes; -1 for none."""
    quote = text[start]
    if stop - start > 2 and quote in (39, 34) and text[stop - 1] == quote:
        start += 1
        stop -= 1
    slash = start
    while slash < stop and text[slash] != 47:
        slash += 1
    if slash == start or slash + 1 >= stop:
        return np.int64(-1), np.int64(-1)
    return read_integer(text, start, slash), read_integer(text, slash + 1, stop)
