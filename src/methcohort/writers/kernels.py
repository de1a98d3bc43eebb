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

_POWERS = np.array([10.0**k for k in range(MOST_DECIMALS + 1)])
_MINUS, _POINT, _ZERO = 45, 46, 48
_INSIDE = 1 - 1e-7
"""Of half the distance to the next float32, so that errors of float64 cannot matter."""


def _numbers():
    return np.zeros(0, np.int64), np.zeros(0, np.uint8)


@inline
def _n_digits(value):
    n = 1
    while value >= 10:
        value //= 10
        n += 1
    return n


@kernel(
    step="text",
    example=lambda: (np.zeros(0, np.float32), np.zeros(0, np.int32), *_numbers()),
)
def shorten(values, bits, scaled, decimals):
    """Find the fewest decimals with which each float32 reads back as it is; return the first fault.

    `bits` are the same values as integers. Ten to the power of up to 22 is exact in float64, and a
    float32 times it as good as exact: a number of so many decimals is accepted where it lies
    nearer to the value than half the way to its neighbour. The fault is the index of a value that
    is infinite, or too small or large to be written so, or the number of values if there is none.
    """
    for i in range(len(values)):
        value = values[i]
        if value != value:
            decimals[i] = MISSING
            continue
        x = np.float64(value)
        exponent = (bits[i] >> 23) & 255
        if exponent > 127 + 40 or (value != 0 and exponent < 127 - 43):
            return i
        half = np.ldexp(1.0, exponent - 127 - 24) * _INSIDE
        if bits[i] & 0x7FFFFF == 0:  # a power of two: its neighbour below is half as far
            half /= 2
        for d in range(MOST_DECIMALS + 1):
            near = np.rint(x * _POWERS[d])
            if abs(near / _POWERS[d] - x) < half or near == x * _POWERS[d]:
                scaled[i] = np.int64(near)
                decimals[i] = d
                break
    return len(values)


@kernel(step="text", example=lambda: (*_numbers(), 2, np.zeros(0, np.int64)))
def add_number_lengths(scaled, decimals, missing, lengths):
    """Add to `lengths` how many bytes each number takes; a missing one takes `missing`."""
    for i in range(len(scaled)):
        d = decimals[i]
        if d == MISSING:
            lengths[i] += missing
            continue
        value = scaled[i]
        if value < 0:
            lengths[i] += 1
            value = -value
        n = _n_digits(value)
        lengths[i] += max(n, d + 1) + (d > 0)


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
            value = scaled[i]
            if value < 0:
                out[at] = _MINUS
                at += 1
                value = -value
            n = max(_n_digits(value), d + 1) + (d > 0)
            for k in range(n - 1, -1, -1):
                if d > 0 and k == n - 1 - d:
                    out[at + k] = _POINT
                else:
                    out[at + k] = _ZERO + value % 10
                    value //= 10
            at += n
        out[at] = end
        cursor[i] = at + 1


@kernel(
    step="text",
    example=lambda: (np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(0, np.int64)),
)
def add_text_lengths(codes, offsets, lengths):
    """Add to `lengths` how many bytes the text of each code takes."""
    for i in range(len(codes)):
        lengths[i] += offsets[codes[i] + 1] - offsets[codes[i]]


@kernel(
    step="text",
    example=lambda: (
        np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.int64),
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
