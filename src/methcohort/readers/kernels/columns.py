"""What the columns of a row say, each held to its role, whatever becomes of the row."""

import numpy as np

from ...engine.compile import inline
from ...store.schema import MAX_COUNT, MAX_POS
from ..formats import LEAST_SHARE
from ..layout import (
    BASE,
    C_AND_N,
    C_AND_T,
    C_OF_N,
    CONTEXT,
    COUNTS,
    DOT_KIND,
    END,
    KIND,
    LENGTHS,
    LEVEL,
    LEVEL_AND_N,
    LEVELS_AND_N,
    MIDDLE,
    MISSING,
    NUCLEOTIDE,
    OTHER,
    PCT,
    POS,
    RATIO,
    REST,
    STRAND,
    SUM_OF_ALL,
    T_AND_N,
    TOTAL,
    C,
    N,
    T,
)
from ..protocol import (
    BAD_FIELD,
    BAD_LENGTH,
    BAD_SHARES,
    CHECK_ERROR,
    CHECK_OFF,
    DONE,
    FAULT_COLUMN,
    MISSING_LEVEL,
    MISSING_PCT,
    PCT_CHECK,
    PCT_DISAGREES,
    REALS_SIZE,
    SHARE,
    TOLERANCE,
    TOO_FEW_READS,
    UNIT,
    WHOLE,
    WRONG_LEVEL,
    WRONG_SUM,
)
from .fields import HIGH, aligned, is_missing, oddity, values_of
from .numbers import read_integer, read_number, read_ratio
from .roundings import fit
from .rows import disagrees
from .split import field
from .symbols import kind_of_base, kind_of_context, kind_of_strand

_ONE = np.uint64(1)
_U32 = np.uint64(32)
_ZERO = np.int64(0)


@inline
def bad(state, column, status):
    """Say which column a fault is in."""
    state[FAULT_COLUMN] = column
    return status


@inline
def read_place(text, work):
    """Return (status, position, bits) of a row: what its other columns say but its counts."""
    state, layout, ends = work.state, work.layout, work.ends
    column = layout[POS]
    start, stop = field(ends, column)
    position = read_integer(text, start, stop)
    base = layout[BASE]
    if not base <= position < MAX_POS + base:
        return bad(state, column, BAD_FIELD), position, _ZERO
    column = layout[END]
    if column >= 0:
        start, stop = field(ends, column)
        end = read_integer(text, start, stop)
        if not 0 <= end <= MAX_POS:
            return bad(state, column, BAD_FIELD), position, _ZERO
        length = end - position
        if length < 0 or (layout[LENGTHS] and (length >= 63 or not layout[LENGTHS] >> length & 1)):
            return bad(state, column, BAD_LENGTH), position, _ZERO
    status, bits = read_kind(text, work)
    return status, position + 1 - base, bits


@inline
def read_kind(text, work):
    """Return (status, bits) of the columns that tell strand and context."""
    state, layout, ends = work.state, work.layout, work.ends
    bits = layout[KIND]
    column = layout[STRAND]
    if column >= 0:
        start, stop = field(ends, column)
        found = np.int64(kind_of_strand(text, start, stop))
        if found < 0:
            return bad(state, column, BAD_FIELD), bits
        bits |= found
        if found == 0:
            bits |= layout[DOT_KIND]
    column = layout[NUCLEOTIDE]
    if column >= 0:
        start, stop = field(ends, column)
        found = np.int64(kind_of_base(text, start, stop))
        if found < 0:
            return bad(state, column, BAD_FIELD), bits
        bits |= found
    column = layout[CONTEXT]
    if column >= 0:
        start, stop = field(ends, column)
        found = np.int64(kind_of_context(text, start, stop, layout[MIDDLE]))
        if found < 0:
            return bad(state, column, BAD_FIELD), bits
        bits |= found
    return DONE, bits


@inline
def read_counts(text, n_fields, work):
    """Return (status, c, t, other, inexact): the reads of a row, each of its columns looked at.

    `inexact` is True where other numbers of reads fit the level as well.
    """
    meaning = work.layout[COUNTS]
    if meaning == C_OF_N:
        return read_part(text, work)
    if meaning in (LEVEL_AND_N, LEVELS_AND_N):
        return read_levels(text, meaning, work)
    return read_two(text, n_fields, meaning, work)


@inline
def read_part(text, work):
    """Return what `read_counts` does, of a column such as `3/7`."""
    column = work.layout[RATIO]
    start, stop = field(work.ends, column)
    c, n = read_ratio(text, start, stop)
    if not (0 <= c <= MAX_COUNT and 0 <= n <= MAX_COUNT):
        return bad(work.state, column, BAD_FIELD), c, _ZERO, _ZERO, False
    if n < c:
        return bad(work.state, column, TOO_FEW_READS), c, _ZERO, _ZERO, False
    return DONE, c, n - c, _ZERO, False


@inline
def read_levels(text, meaning, work):
    """Return what `read_counts` does, of all reads and the level of one or of both kinds."""
    state, reals, layout = work.state, work.reals, work.layout
    c, t = _ZERO, _ZERO
    column = layout[N]
    n = count_of(text, work.ends, column)
    if n < 0:
        if layout[MISSING] and are_missing(text, column, layout[LEVEL], work):
            return DONE, c, t, _ZERO, False
        return bad(state, column, BAD_FIELD), c, t, _ZERO, False
    status, c, inexact, share = read_level(text, layout[LEVEL], n, work)
    if status != DONE or meaning == LEVEL_AND_N:
        return status, c, n - c, _ZERO, inexact
    status, t, unsure, rest = read_level(text, layout[REST], n, work)
    if status != DONE or n == 0:
        return status, c, t, _ZERO, False
    inexact = inexact or unsure
    if inexact:
        t = min(t, n - c)
    both = (share + rest) * reals[SHARE]
    slack = 2.0 * reals[UNIT] * reals[SHARE] + 1e-9
    if not LEAST_SHARE - slack <= both <= 1.0 + slack or c + t > n:
        return bad(state, layout[LEVEL], BAD_SHARES), c, t, _ZERO, False
    return DONE, c, t, _ZERO, inexact


@inline
def read_two(text, n_fields, meaning, work):
    """Return what `read_counts` does, of two columns of reads."""
    state, layout, ends = work.state, work.layout, work.ends
    c, t, other = _ZERO, _ZERO, _ZERO
    first = layout[T if meaning == T_AND_N else C]
    second = layout[T if meaning == C_AND_T else N]
    one, two = read_pair(text, ends, first, second)
    if min(one, two) < 0 and layout[MISSING] and are_missing(text, first, second, work):
        return DONE, c, t, other, False
    if not 0 <= one <= MAX_COUNT:
        return bad(state, first, BAD_FIELD), c, t, other, False
    if not 0 <= two <= MAX_COUNT:
        return bad(state, second, BAD_FIELD), c, t, other, False
    if meaning == C_AND_T:
        c = one
        t = two
    else:
        if two < one:
            return bad(state, second, TOO_FEW_READS), c, t, other, False
        c = one if meaning == C_AND_N else two - one
        t = two - c
    column = layout[OTHER]
    if 0 <= column < n_fields:
        other = count_of(text, ends, column)
        if other < 0:
            return bad(state, column, BAD_FIELD), c, t, other, False
    return DONE, c, t, other, False


@inline
def read_pair(text, ends, first, second):
    """Return the integers that two fields are, -1 where they are none; short ones in one step."""
    start, stop = field(ends, first)
    begin, end = field(ends, second)
    length = np.uint64(stop - start)
    size = np.uint64(end - begin)
    # One less, so that zero, which wraps around, is too large.
    if max(length - _ONE, size - _ONE) < 4:
        word = (aligned(text, start, length) >> _U32) | aligned(text, begin, size)
        if oddity(word) & HIGH == 0:
            return values_of(word)
    return read_integer(text, start, stop), read_integer(text, begin, end)


@inline
def count_of(text, ends, column):
    """Return the number of reads in a column, -1 where it is none."""
    start, stop = field(ends, column)
    value = read_integer(text, start, stop)
    return value if value <= MAX_COUNT else np.int64(-1)


@inline
def are_missing(text, first, second, work):
    """Tell whether two fields, and that of the total, are empty or a missing value."""
    for column in (first, second, work.layout[TOTAL]):
        if column < 0:
            continue
        start, stop = field(work.ends, column)
        if start < stop and not is_missing(text, start, stop):
            return False
    return True


@inline
def read_level(text, column, n, work):
    """Return (status, c, inexact, level): the reads of `n` that give a level, as it is rounded."""
    state, reals = work.state, work.reals
    start, stop = field(work.ends, column)
    level = read_number(text, start, stop)
    if not level <= reals[WHOLE]:
        if start < stop and not is_missing(text, start, stop):
            return bad(state, column, BAD_FIELD), np.int64(0), False, level
        return bad(state, column, DONE if n == 0 else MISSING_LEVEL), np.int64(0), False, level
    if n == 0:
        return DONE, np.int64(0), False, level
    if reals.size > REALS_SIZE:
        status, c, inexact = fit(level, n, reals, state)
        return bad(state, column, status), c, inexact, level
    reads = np.float64(n)
    exact = level * reads * reals[SHARE]
    nearest = np.rint(exact)
    c = np.int64(nearest)
    # The distances from `exact` to whole numbers of reads, against that of half of a last place.
    # 1e-9 and 1e-14 are above what 64 bits can be off by: 2**-53 of a level, times the reads.
    room = reals[UNIT] * reads * reals[SHARE] * (1.0 + 1e-9) + 1e-9 + reads * 1e-14
    distance = abs(exact - nearest)
    if distance > room:
        return bad(state, column, WRONG_LEVEL), c, False, level
    # The next nearest number; above all reads there is none.
    next_one = 1.0 + distance if exact >= nearest and c == n else 1.0 - distance
    return DONE, c, next_one <= room, level


@inline
def check_sums(text, counted, work):
    """Return the status of the columns that count the reads of the others once more."""
    state, layout, ends = work.state, work.layout, work.ends
    column = layout[TOTAL]
    if column >= 0:
        total = count_of(text, ends, column)
        start, stop = field(ends, column)
        blank = start == stop or is_missing(text, start, stop)
        if total < 0 and counted == 0 and layout[MISSING] and blank:
            total = counted
        if total < 0:
            return bad(state, column, BAD_FIELD)
        if total < counted:
            return bad(state, column, TOO_FEW_READS)
    column = layout[SUM_OF_ALL]
    if column >= 0:
        total = count_of(text, ends, column)
        if total < 0:
            return bad(state, column, BAD_FIELD)
        if total != counted:
            return bad(state, column, WRONG_SUM)
    return DONE


@inline
def read_pct(text, c, t, work):
    """Return (status, wrong): whether a percentage lies too far from the counts."""
    state, reals = work.state, work.reals
    column = work.layout[PCT]
    if column < 0:
        return DONE, False
    start, stop = field(work.ends, column)
    level = read_number(text, start, stop)
    if not level <= reals[WHOLE]:
        if start < stop and not is_missing(text, start, stop):
            return bad(state, column, BAD_FIELD), False
        return bad(state, column, DONE if c + t == 0 else MISSING_PCT), False
    wrong = (
        c + t > 0
        and state[PCT_CHECK] != CHECK_OFF
        and disagrees(level * 100.0 * reals[SHARE], c, t, reals[TOLERANCE])
    )
    if wrong and state[PCT_CHECK] == CHECK_ERROR:
        return bad(state, column, PCT_DISAGREES), True
    return DONE, wrong
