"""Numbers of reads that a level stands for, where a caller may have written it in several ways.

Each way that explains a row is a `Rounding`; all levels of a text are written in one. So a row that
a way does not explain rules it out for the rest of the text, and a row that the ways still left
read differently has several numbers of reads, like a level of too few decimals.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from .formats import Format, Rounding


def ways_of(form: Format) -> tuple[Rounding, ...]:
    """Return the ways in which levels of a format may be written."""
    return form.roundings or (Rounding("rounded", form.unit),)


def numbers_of(form: Format) -> npt.NDArray[np.float64]:
    """Return the end of `reals`: unit, cut and step of each way; none for one that only rounds."""
    ways = ways_of(form)
    if len(ways) == 1 and not (ways[0].cut or ways[0].step):
        return np.empty(0)
    return np.array([(way.unit, way.cut, way.step) for way in ways]).ravel()


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
