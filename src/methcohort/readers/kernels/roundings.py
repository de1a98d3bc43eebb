"""The number of reads of a level that may be written in several ways."""

from typing import Final

import numpy as np

from ...engine.compile import outline
from ..protocol import DONE, REALS_SIZE, ROUNDINGS, SHARE, WHOLE, WRONG_LEVEL

_UNIT: Final = 0
_CUT: Final = 1
_STEP: Final = 2
_SIZE: Final = 3


@outline
def fit(level, n, reals, state):
    """Return (status, c, inexact) of a level of `n` reads; leave the ways that explain it.

    A level that is cut off is that of the quotient, in real numbers or in 64 bits, where
    100 * (29 / 50) is 57.99: callers do either. Up to 99 reads no level is of both a number
    and the next.
    """
    scale = reals[WHOLE]
    reads = np.float64(n)
    exact = level * reads * reals[SHARE]
    slack = 1e-9 + reads * 1e-14  # more than 64 bits are off by, less than a read
    left = np.int64(0)
    c = np.int64(-1)
    inexact = False
    for k in range((reals.size - REALS_SIZE) // _SIZE):
        at = REALS_SIZE + _SIZE * k
        step = reals[at + _STEP]
        off = step > 0 and abs(level - step * np.rint(level / step)) > 1e-9
        if off or not state[ROUNDINGS] >> k & 1:
            continue
        room = reals[at + _UNIT] * reads * reals[SHARE] * (1.0 + 1e-9)
        middle = exact
        if reals[at + _CUT]:
            low = np.ceil(exact - slack)
            high = np.ceil(exact + 2 * room - slack) - 1.0
            high += np.floor(scale * ((high + 1.0) / reads)) == level
            middle = exact + room
        else:
            low = np.ceil(exact - room - slack)
            high = np.floor(exact + room + slack)
        low = max(low, 0.0)
        high = min(high, reads)
        if low > high:
            continue
        left |= np.int64(1) << k
        nearest = np.int64(min(max(np.rint(middle), low), high))
        if c < 0:
            c = nearest
        inexact = inexact or low < high or c != nearest
    if left == 0:
        return WRONG_LEVEL, np.int64(0), False
    state[ROUNDINGS] = left
    return DONE, c, inexact
