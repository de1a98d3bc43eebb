"""Kernels that write numbers as text, a column at a time.

A number is a whole number and how many of its last digits stand behind the point, so that one pair
of kernels writes counts and levels alike.
"""

import numpy as np

from ..engine.compile import inline, kernel

MISSING = 255
"""Digits behind the point of a value that is not there."""

MOST_DECIMALS = 22
"""Ten to this power is the largest that a float64 holds exactly."""

SEEN_BITS = 13
"""Of the number of values whose text `shorten` remembers."""

_POWERS = np.array([10.0**k for k in range(MOST_DECIMALS + 1)])
_DIGITS = np.frombuffer("".join(f"{k:04}" for k in range(10000)).encode(), np.uint8)
"""The four digits of every number below ten thousand."""

_MINUS, _POINT = 45, 46
_INSIDE = 1 - 1e-8
"""Of half the distance to the next float32, so that errors of float64 cannot matter.

These are below 2^-28 of it. Numbers of up to 11 decimals are not in that strip: they lie at least
5^-11 of it off its end, or on it, where a shorter one would be the value itself.
"""

_SPREAD = 0x9E3779B1
_LOW = 0xFFFFFFFF


def _numbers():
    return np.zeros(0, np.int64), np.zeros(0, np.uint8)


@inline
def _size(value):
    """Return a whole number without its sign, as uint64."""
    return np.uint64(0) - np.uint64(value) if value < 0 else np.uint64(value)


@inline
def _n_digits(size):
    n = 1
    while size >= np.uint64(10000):
        size //= np.uint64(10000)
        n += 4
    return n + (size >= np.uint64(10)) + (size >= np.uint64(100)) + (size >= np.uint64(1000))


@inline
def _put_digits(size, n, out, at):
    """Write `n` digits of a number, with zeros in front where it has fewer."""
    end = at + n
    while n >= 4:
        rest = size // np.uint64(10000)
        k = 4 * np.int64(size - rest * np.uint64(10000))
        out[end - 4] = _DIGITS[k]
        out[end - 3] = _DIGITS[k + 1]
        out[end - 2] = _DIGITS[k + 2]
        out[end - 1] = _DIGITS[k + 3]
        size = rest
        end -= 4
        n -= 4
    k = 4 * np.int64(size)
    if n > 0:
        out[end - 1] = _DIGITS[k + 3]
    if n > 1:
        out[end - 2] = _DIGITS[k + 2]
    if n > 2:
        out[end - 3] = _DIGITS[k + 1]


@inline
def _shortest(value, bits):
    """Return the digits of a float32 and how many decimals they have, or no decimals but -1.

    Ten to the power of up to 22 is exact in float64, and a float32 times it as good as exact: a
    number of so many decimals is accepted where it lies nearer to the value than half the way to
    its neighbour.
    """
    x = abs(np.float64(value))
    exponent = (bits >> 23) & 255
    if exponent > 127 + 40 or (x != 0 and exponent < 127 - 43):
        return 0, -1
    above = np.ldexp(1.0, exponent - 127 - 24) * _INSIDE
    # The neighbour below a power of two is half as far.
    below = above / 2 if bits & 0x7FFFFF == 0 else above
    for d in range(MOST_DECIMALS + 1):
        exact = x * _POWERS[d]
        near = np.rint(exact)
        if near - exact < -below * _POWERS[d]:
            near += 1
        if near == exact or -below * _POWERS[d] < near - exact < above * _POWERS[d]:
            return np.int64(near) if value >= 0 else -np.int64(near), d
    return 0, -1


@kernel(
    step="text",
    example=lambda: (
        np.zeros(0, np.float32), np.zeros(0, np.int32), *_numbers(), np.zeros((1, 2), np.int64),
    ),
)  # fmt: skip
def shorten(values, bits, scaled, decimals, seen):
    """Find the fewest decimals with which each float32 reads back as it is; return the first fault.

    `bits` are the same values as integers. The fault is the index of a value that is infinite, or
    too small or large to be written so, or the number of values if there is none.

    Levels of few reads are few values, so what was found is kept in `seen`, int64[2**SEEN_BITS, 2]:
    bits and above them decimals, and digits; -1 where there is nothing yet.
    """
    for i in range(len(values)):
        if values[i] != values[i]:
            decimals[i] = MISSING
            continue
        own = np.int64(bits[i]) & _LOW
        place = ((own * _SPREAD) & _LOW) >> (32 - SEEN_BITS)
        known = seen[place, 0]
        if known < 0 or known & _LOW != own:
            number, d = _shortest(values[i], bits[i])
            if d < 0:
                return i
            known = own | np.int64(d) << 32
            seen[place, 0] = known
            seen[place, 1] = number
        scaled[i] = seen[place, 1]
        decimals[i] = known >> 32
    return len(values)


@kernel(step="text", example=lambda: (*_numbers(), 2, np.zeros(0, np.int64)))
def add_number_lengths(scaled, decimals, missing, lengths):
    """Add to `lengths` how many bytes each number takes; a missing one takes `missing`."""
    for i in range(len(scaled)):
        d = decimals[i]
        if d == MISSING:
            lengths[i] += missing
            continue
        n = max(_n_digits(_size(scaled[i])), np.int64(d) + 1)
        lengths[i] += n + (d > 0) + (scaled[i] < 0)


@kernel(
    step="text",
    example=lambda: (
        *_numbers(), np.zeros(2, np.uint8), np.zeros(0, np.int64), np.zeros(0, np.uint8), 9,
    ),
)  # fmt: skip
def put_numbers(scaled, decimals, missing, cursor, out, end):
    """Write each number where its `cursor` is, and the byte `end` behind it; move the cursor on."""
    for i in range(len(scaled)):
        at = cursor[i]
        d = decimals[i]
        if d == MISSING:
            for k in range(len(missing)):
                out[at + k] = missing[k]
            at += len(missing)
        else:
            if scaled[i] < 0:
                out[at] = _MINUS
                at += 1
            size = _size(scaled[i])
            n = max(_n_digits(size), np.int64(d) + 1)
            if d == 0:
                _put_digits(size, n, out, at)
            else:
                _put_digits(size, n, out, at + 1)
                whole = n - d
                for k in range(whole):
                    out[at + k] = out[at + k + 1]
                out[at + whole] = _POINT
                n += 1
            at += n
        out[at] = end
        cursor[i] = at + 1


@kernel(
    step="text",
    example=lambda: (np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.int64)),
)
def add_text_lengths(codes, offsets, lengths):
    """Add to `lengths` how many bytes the text of each code takes."""
    for i in range(len(codes)):
        lengths[i] += offsets[codes[i] + 1] - offsets[codes[i]]


@kernel(
    step="text",
    example=lambda: (
        np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.int64),
        np.zeros(0, np.uint8), 9,
    ),
)  # fmt: skip
def put_texts(codes, offsets, texts, cursor, out, end):
    """Write the text of each code where its `cursor` is, and `end` behind it; move the cursor."""
    for i in range(len(codes)):
        at = cursor[i]
        for k in range(offsets[codes[i]], offsets[codes[i] + 1]):
            out[at] = texts[k]
            at += 1
        out[at] = end
        cursor[i] = at + 1
