"""Numbers of reads that a level stands for, where a caller may have written it in several ways.

Each way that explains a row is a `Rounding`; all levels of a text are written in one. So a row that
a way does not explain rules it out for the rest of the text, and a row that the ways still left
read differently has several numbers of reads, like a level of too few decimals.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from ..engine.compile import outline
from ._format import Format, Rounding
from ._rows import DONE, REALS_SIZE, ROUNDINGS, SHARE, WHOLE, WRONG_LEVEL

_UNIT: Final = 0
_CUT: Final = 1
_STEP: Final = 2
_SIZE: Final = 3


def ways_of(form: Format) -> tuple[Rounding, ...]:
    """Return the ways in which levels of a format may be written."""
    return form.roundings or (Rounding("rounded", form.unit),)


def numbers_of(form: Format) -> npt.NDArray[np.float64]:
    """Return the end of `reals`: unit, cut and step of each way; none for one that only rounds."""
    ways = ways_of(form)
    if len(ways) == 1 and not (ways[0].cut or ways[0].step):
        return np.empty(0)
    return np.array([(way.unit, way.cut, way.step) for way in ways]).ravel()


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
    slack = 1e-9 + reads * 1e-14
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


def explains(way: Rounding, level: float, n: int, scale: int) -> bool:
    """Tell whether some number of `n` reads, 1 or more, has a level as one way writes it."""
    if level > scale:
        return False
    if way.step and abs(level - way.step * round(level / way.step)) > 1e-9:
        return False
    near = round(level * n / scale)
    for c in range(max(0, near - 1), min(n, near + 1) + 1):
        true = scale * (c / n)
        if way.cut and (int(true) == level or scale * c // n == level):
            return True
        if not way.cut and abs(true - level) <= way.unit * (1 + 1e-9) + 1e-9:
            return True
    return False


def left_by(form: Format, rows: Iterable[tuple[float, int]]) -> tuple[Rounding, ...]:
    """Return the ways of a format that some rows (level, n) leave: all where they contradict."""
    ways = ways_of(form)
    left = list(ways)
    for level, n in rows:
        if n == 0 or not level <= form.scale:
            continue
        fitting = [way for way in ways if explains(way, level, n, form.scale)]
        left = [way for way in left if way in fitting] if fitting else left
    return tuple(left) or ways
