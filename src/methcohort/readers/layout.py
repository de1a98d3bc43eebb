"""A format, and what of it is wanted, as the numbers that drive the kernel of all tables."""

from typing import Final

import numpy as np
import numpy.typing as npt

from ..store.cytosine import BOTH
from .formats import MEANINGS, Format
from .modifications import WANTED_CODES
from .roundings import numbers_of, ways_of
from .rules import RowRules

# Indices into `layout`. A column is -1 where the format has none with that role.
LEAST: Final = 0  # columns that a row has at least
MOST: Final = 1
BASE: Final = 2  # number of a chromosome's first base
LENGTHS: Final = 3  # bit k: end - pos may be k; 0 where it may be anything
KIND: Final = 4  # bits of every row
DOT_KIND: Final = 5  # bits of a row whose strand is `.`
MIDDLE: Final = 6  # bases before the cytosine in a context
COUNTS: Final = 7  # which columns the counts follow from, one of those below
CONTEXTS: Final = 8  # bits of the contexts that are kept; 0 keeps all
WANTED: Final = 9  # bits of the modifications that count as methylated
OTHERS_COUNT: Final = 10  # 1 where other modifications are methylated, too
ALLOW_INEXACT: Final = 11
TABS: Final = 12  # 1 where each tab ends a field, which can be empty; COLONS where colons do, too
MISSING: Final = 13  # 1 where missing values in all columns of counts are no reads
_FIRST_COLUMN: Final = 14
_ROLES: Final = (
    "chr", "pos", "end", "strand", "context", "base", "code",
    "pct", "level", "ratio", "c", "t", "n", "other", "rest", "total", "sum",
)  # fmt: skip
(
    CHR, POS, END, STRAND, CONTEXT, NUCLEOTIDE, CODE,
    PCT, LEVEL, RATIO, C, T, N, OTHER, REST, TOTAL, SUM_OF_ALL,
) = range(_FIRST_COLUMN, _FIRST_COLUMN + len(_ROLES))  # fmt: skip
LAYOUT_SIZE: Final = _FIRST_COLUMN + len(_ROLES)
"""Behind these numbers is what rows must have; see `_wanted_texts`."""

# Places in `MEANINGS`.
C_AND_T: Final = 0
C_AND_N: Final = 1
T_AND_N: Final = 2
LEVEL_AND_N: Final = 3
C_OF_N: Final = 4
LEVELS_AND_N: Final = 5
_ANY_NUMBER: Final = 1 << 40
COLONS: Final = 2
SPARE_ENDS: Final = 65
"""Room for the ends of fields that one step may find beyond those wanted: one a byte of 64."""


def layout_of(form: Format, rules: RowRules) -> npt.NDArray[np.int64]:
    """Return a format, and what of it is wanted, as the numbers that drive `parse`."""
    layout = np.full(LAYOUT_SIZE, -1, np.int64)
    n_columns = len(form.columns)
    layout[LEAST] = n_columns - form.optional
    layout[MOST] = _ANY_NUMBER if form.more else n_columns
    layout[BASE] = form.base
    layout[LENGTHS] = sum(1 << length for length in form.lengths)
    layout[KIND] = form.context | (BOTH if form.merged == "yes" else 0)
    layout[DOT_KIND] = BOTH if form.merged == "dot" else 0
    layout[MIDDLE] = form.middle
    layout[COUNTS] = MEANINGS.index(form.counts)
    known = form.context or form.has("context")
    layout[CONTEXTS] = rules.contexts if known else 0
    layout[WANTED] = WANTED_CODES[rules.modification]
    layout[OTHERS_COUNT] = rules.modification == "any"
    layout[ALLOW_INEXACT] = rules.inexact
    layout[TABS] = COLONS if form.colons else form.tabs
    layout[MISSING] = form.missing
    for k, role in enumerate(_ROLES, _FIRST_COLUMN):
        if form.has(role):
            layout[k] = form.columns.index(role)
    return np.concatenate([layout, _wanted_texts(form)])


def _wanted_texts(form: Format) -> npt.NDArray[np.int64]:
    """Return `only` as numbers: for each column itself, where its texts end, and these.

    A text is its length and, for each eight bytes, these and a mask. The end is an index into the
    layout.
    """
    numbers: list[int] = []
    for column, texts in form.only:
        start = len(numbers)
        numbers += [column, 0]
        for text in texts:
            raw = text.encode()
            numbers.append(len(raw))
            for k in range(0, len(raw), 8):
                few = raw[k : k + 8]
                words = few, b"\xff" * len(few)
                numbers += [
                    int.from_bytes(word.ljust(8, b"\0"), "little", signed=True) for word in words
                ]
        numbers[start + 1] = LAYOUT_SIZE + len(numbers)
    return np.array(numbers, np.int64)


def reals_of(form: Format, rules: RowRules) -> npt.NDArray[np.float64]:
    """Return the format's part of `reals`: tolerance in points, room, unit, scale, share.

    A percentage that the text has in few digits may differ by what it is rounded by, too. Behind
    them are the ways in which a level may be written, where it is not only rounded.
    """
    tolerance = rules.pct_tolerance + 100 * form.unit / form.scale
    unit = ways_of(form)[0].unit
    numbers = [tolerance, 0.0, unit, form.scale, 1 / form.scale]
    return np.concatenate([np.array(numbers), numbers_of(form)])


def room_for(n_fields: int) -> npt.NDArray[np.int64]:
    """Return an array in which `find_fields` finds so many fields of a line for certain."""
    return np.zeros(2 * (n_fields + SPARE_ENDS + 1), np.int64)
