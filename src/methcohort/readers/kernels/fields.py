"""Fields of a text line, read from bytes to numbers without a Python object.

A field starts at an index and ends before the first byte that cannot belong to it. Several bytes
are looked at in one step, so every text buffer has at least `PADDING` readable bytes behind its
last line (`files/text.py`). Eight digits a step: D. Lemire, "Quickly parsing eight digits" (2018),
as in simdjson.
"""

from typing import Final

import numpy as np

from ...engine.compile import inline, load_word, outline, trailing_zeros

TAB: Final = 9
NEWLINE: Final = 10
RETURN: Final = 13
SPACE: Final = 32
HASH: Final = 35
PLUS_SIGN: Final = 43
DOT: Final = 46
COLON: Final = 58
SMALL_E: Final = 101

ZEROS = np.uint64(0x3030303030303030)
ABOVE_NINE = np.uint64(0x7676767676767676)
HIGH = np.uint64(0x8080808080808080)
_PAIRS = np.uint64(0x00FF00FF00FF00FF)
_FOURS = np.uint64(0x0000FFFF0000FFFF)
_LOW = np.uint64(0xFFFF)
_MUL_10 = np.uint64(2561)
_MUL_100 = np.uint64(6553601)
_MUL_10000 = np.uint64(42949672960001)
_U3 = np.uint64(3)
_U8 = np.uint64(8)
_U16 = np.uint64(16)
_U32 = np.uint64(32)
_U64 = np.uint64(64)

POWERS: Final = np.array([10**k for k in range(19)], dtype=np.int64)
FLOAT_POWERS: Final = np.array([10.0**k for k in range(23)], dtype=np.float64)

SATURATED: Final = 10**17
"""Digits behind a value of this size are no longer added: it is past every limit."""


@inline
def aligned(text, start, length):
    """Return 1 to 8 bytes as the upper end of a word, zeros below; digits become 0 to 9.

    The first byte of the text is the lowest of the word, so that bytes behind the field are shifted
    out at the top, and the zeros that come in below are leading zeros of the number.
    """
    return (load_word(text, start) ^ ZEROS) << (_U64 - _U8 * np.uint64(length))


@inline
def split(text, start, length):
    """Return the digits before the last eight of a field of up to 12, in a lower half, and those.

    The first word is zero where the field has no more than eight.
    """
    n_high = np.uint64(0)
    high = np.uint64(0)
    if length > _U8:
        n_high = length - _U8
        high = aligned(text, start, n_high) >> _U32
    return high, aligned(text, start + n_high, length - n_high)


@inline
def oddity(word):
    """Return a word that has a bit of `HIGH` wherever a byte of `word` is no digit, 0 to 9.

    9 + 0x76 is 0x7F, and all from 10 on gives the high bit; a byte that has it before keeps it by
    the OR. A carry comes only out of a byte of 0x8A or more, which is odd itself: it may make one
    above look odd, so the lowest odd byte is always found, and a word of digits is never odd.
    """
    return word | (word + ABOVE_NINE)


@inline
def value_of(word):
    """Return the number whose eight decimal digits, 0 to 9 each, are the bytes of a word.

    The lowest byte is the first digit. A product with 1 + (10 << 8) adds ten times each byte to the
    one above it, so every second byte is a number of two digits; with 1 + (100 << 16) and
    1 + (10000 << 32) these become four digits, and eight. No sum outgrows its place: 99 fits a
    byte, 9,999 two, 99,999,999 four.
    """
    word = (word * _MUL_10) >> _U8
    word = ((word & _PAIRS) * _MUL_100) >> _U16
    word = ((word & _FOURS) * _MUL_10000) >> _U32
    return np.int64(word)


@inline
def values_of(word):
    """Return the two numbers whose four digits each are the lower and the upper half of a word."""
    word = (word * _MUL_10) >> _U8
    word = ((word & _PAIRS) * _MUL_100) >> _U16
    return np.int64(word & _LOW), np.int64(word >> _U32 & _LOW)


@inline
def read_digits(text, i):
    """Return (value, end) of the run of digits at `i`; end is `i` where there is none.

    The value is exact up to `SATURATED` and at least that beyond. The first odd byte ends the run:
    the lowest bit of `HIGH` is bit 7 of it, so `& ~7` makes of that eight times its index.
    """
    word = load_word(text, i) ^ ZEROS
    bits = trailing_zeros(oddity(word) & HIGH) & ~np.uint64(7)
    if bits == 0:
        return np.int64(0), i
    value = value_of(word << (_U64 - bits))
    i += np.int64(bits >> _U3)
    if bits == _U64:
        while 48 <= text[i] <= 57:
            if value < SATURATED:
                value = value * 10 + np.int64(text[i] - 48)
            i += 1
    return value, i


@outline
def read_exponent(text, start, stop):
    """Return the whole number that a field is as R writes it, such as `1e+05`; -1 where it is none.

    R writes what is shorter so. A field that is no shorter than the digits, such as `1.23e+05`, was
    written by something else, and may be rounded.
    """
    whole, i = read_digits(text, start)
    places = np.int64(0)
    if i != start + 1:
        return np.int64(-1)
    if text[i] == DOT:
        fraction, end = read_digits(text, i + 1)
        places = end - i - 1
        if not 0 < places <= 15:
            return np.int64(-1)
        whole = whole * POWERS[places] + fraction
        i = end
    if text[i] != SMALL_E or text[i + 1] != PLUS_SIGN:
        return np.int64(-1)
    power, end = read_digits(text, i + 2)
    if end != stop or end != i + 4 or not places <= power <= 15 or stop - start > power:
        return np.int64(-1)
    return whole * POWERS[power - places]


@inline
def is_blank(byte):
    """Tell whether a byte is a tab or a space."""
    return byte in (TAB, SPACE)


@inline
def is_no_row(text, i):
    """Tell whether a line whose first non-blank byte is at `i` is blank or a comment."""
    byte = text[i]
    if byte > HASH:
        return False
    return byte in (NEWLINE, HASH) or (byte == RETURN and text[i + 1] == NEWLINE)


@inline
def skip_blanks(text, i):
    """Return the index of the first byte from `i` on that is neither a tab nor a space."""
    while text[i] == TAB or text[i] == SPACE:
        i += 1
    return i


@inline
def end_of_field(text, i):
    """Return the index of the first byte from `i` on that is a tab, a space or a line's end."""
    while text[i] > SPACE or (
        text[i] != TAB and text[i] != SPACE and text[i] != NEWLINE and text[i] != RETURN
    ):
        i += 1
    return i


@inline
def end_of_line(text, i):
    """Return the index of the first newline from `i` on."""
    while text[i] != NEWLINE:
        i += 1
    return i


@inline
def is_missing(text, start, stop):
    """Tell whether a field is `.`, `NA` or `NaN` in any case."""
    length = stop - start
    if length == 1:
        return text[start] == DOT
    if length != 2 and length != 3:
        return False
    if (text[start] | 32) != 110 or (text[start + 1] | 32) != 97:
        return False
    return length == 2 or (text[start + 2] | 32) == 110


@inline
def read_decimal(text, i):
    """Return (value, end, exact) of an unsigned decimal such as `71.43`, `100`, `.5` or `5.`.

    `exact` is 1 where the value rounded to float32 is that of the float64 nearest to the text,
    0 where only `float()` can tell, -1 where there is no number. Up to 15 digits the quotient of
    two exact float64 is correctly rounded (W. Clinger, PLDI 1990); beyond, both ends of the
    possible range must round to the same float32.
    """
    start = i
    whole, i = read_digits(text, i)
    n_digits = i - start
    fraction = np.int64(0)
    places = 0
    if text[i] == DOT:
        first = i + 1
        fraction, i = read_digits(text, first)
        places = i - first
        n_digits += places
        if places == 0:
            i = first
    if n_digits == 0:
        return 0.0, start, -1
    if n_digits <= 15:
        value = np.float64(whole * POWERS[places] + fraction) / FLOAT_POWERS[places]
        return value, i, 1
    if whole >= 1000 or places > 17:
        return 0.0, i, 0
    value = np.float64(whole) + np.float64(fraction) / FLOAT_POWERS[places]
    slack = value * 4.5e-16  # twice 2**-52: a quotient and a sum, each rounded by half of it
    exact = 1 if np.float32(value - slack) == np.float32(value + slack) else 0
    return value, i, exact
