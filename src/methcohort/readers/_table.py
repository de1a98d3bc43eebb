"""The kernel that reads every tabular format, driven by numbers that say which column is what.

Each field of a row is held to its role, whatever becomes of the row; so a text of another format
is found out at once. Positions come out 1-based, percentages as 100*c/(c+t).
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from ..engine.compile import inline, kernel, load_word, trailing_zeros
from ..store.cytosine import BOTH
from ..store.schema import MAX_COUNT, MAX_POS
from ._fields import (
    DOT,
    FLOAT_POWERS,
    HASH,
    HIGH,
    POWERS,
    SMALL_E,
    ZEROS,
    is_missing,
    is_no_row,
    oddity,
    read_digits,
    read_exponent,
    skip_blanks,
    value_of,
    values_of,
)
from ._format import LEAST_SHARE, MEANINGS, Format
from ._roundings import fit, numbers_of, ways_of
from ._rows import (
    AT,
    BAD_FIELD,
    BAD_LENGTH,
    BAD_SHARES,
    CHECK_ERROR,
    CHECK_OFF,
    CODES,
    CODES_DISAGREE,
    COUNT_LIMIT,
    DONE,
    DROP_UNCOVERED,
    EXTRA_FIELDS,
    FAULT_COLUMN,
    HAS_ONLY,
    HAS_WANTED,
    INEXACT,
    KEEP,
    LARGEST,
    LAST_CHROM,
    LAST_POS,
    LINES,
    MISSING_LEVEL,
    MISSING_PCT,
    N_CODES,
    N_INEXACT,
    N_MERGED,
    N_OTHER_CODES,
    N_OTHER_CONTEXTS,
    N_REVERSE,
    N_ROWS,
    N_TEXT_ROWS,
    N_UNCOVERED,
    NAME,
    NAME_START,
    NAME_STOP,
    NEW_NAME,
    PCT_CHECK,
    PCT_DISAGREES,
    REALS_SIZE,
    SHARE,
    SITE_C,
    SITE_CHROM,
    SITE_CODES,
    SITE_POS,
    SITE_T,
    TOLERANCE,
    TOO_FEW_READS,
    TOO_MANY_READS,
    UNIT,
    WHOLE,
    WRONG_LEVEL,
    WRONG_SUM,
    add_row,
    disagrees,
    find_in_table,
    has_name,
    is_reverse,
    note_disagreement,
)
from ._rules import RowRules
from ._split import COLONS, field, find_fields, room_for
from ._symbols import (
    DASH,
    WANTED_CODES,
    class_of_code,
    kind_of_base,
    kind_of_context,
    kind_of_strand,
)

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

_ONE = np.uint64(1)
_U3 = np.uint64(3)
_U8 = np.uint64(8)
_U32 = np.uint64(32)
_U64 = np.uint64(64)
DOTS = np.uint64(0x2E2E2E2E2E2E2E2E)
LOWS = np.uint64(0x0101010101010101)


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


def scratch_of(form: Format) -> npt.NDArray[np.int64]:
    """Return the array in which `parse` keeps the ends of a line's fields."""
    return room_for(len(form.columns))


@inline
def aligned(text, start, length):
    """Return 1 to 8 bytes as the upper end of a word, as digits where they are some."""
    return (load_word(text, start) ^ ZEROS) << (_U64 - _U8 * np.uint64(length))


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
    """Return the decimal that a field is, to 15 digits; NaN where it is none."""
    length = np.uint64(stop - start)
    word = load_word(text, start) ^ DOTS
    point = min(trailing_zeros((word - LOWS) & ~word & HIGH) >> _U3, length)
    n_places = length - point - np.uint64(point < length)
    last = text[np.uint64(stop - 3)] if length > 4 else np.uint8(0)
    # One less, so that zero is too large.
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
def split(text, start, length):
    """Return the digits before the last eight of 5 to 12, as a lower half, and those eight."""
    n_low = min(length, _U8)
    n_high = length - n_low
    high = np.uint64(0)
    if n_high:
        high = aligned(text, start, n_high) >> _U32
    return high, aligned(text, start + n_high, n_low)


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


@inline
def count_of(text, ends, column):
    """Return the number of reads in a column, -1 where it is none."""
    start, stop = field(ends, column)
    value = read_integer(text, start, stop)
    return value if value <= MAX_COUNT else np.int64(-1)


@inline
def read_pair(text, ends, first, second):
    """Return the integers that two fields are, -1 where they are none; short ones in one step."""
    start, stop = field(ends, first)
    begin, end = field(ends, second)
    length = np.uint64(stop - start)
    size = np.uint64(end - begin)
    # One less, so that zero is too large.
    if max(length - _ONE, size - _ONE) < 4:
        word = (aligned(text, start, length) >> _U32) | aligned(text, begin, size)
        if oddity(word) & HIGH == 0:
            return values_of(word)
    return read_integer(text, start, stop), read_integer(text, begin, end)


@inline
def bad(state, column, status):
    """Say which column a fault is in."""
    state[FAULT_COLUMN] = column
    return status


@inline
def read_place(text, ends, layout, state):
    """Return (status, position, kind) of a row: what its other columns say but its counts."""
    column = layout[POS]
    start, stop = field(ends, column)
    position = read_integer(text, start, stop)
    base = layout[BASE]
    if not base <= position < MAX_POS + base:
        return bad(state, column, BAD_FIELD), position, np.int64(0)
    column = layout[END]
    if column >= 0:
        start, stop = field(ends, column)
        end = read_integer(text, start, stop)
        if not 0 <= end <= MAX_POS:
            return bad(state, column, BAD_FIELD), position, np.int64(0)
        length = end - position
        if length < 0 or (layout[LENGTHS] and (length >= 63 or not layout[LENGTHS] >> length & 1)):
            return bad(state, column, BAD_LENGTH), position, np.int64(0)
    kind = layout[KIND]
    column = layout[STRAND]
    if column >= 0:
        start, stop = field(ends, column)
        found = np.int64(kind_of_strand(text, start, stop))
        if found < 0:
            return bad(state, column, BAD_FIELD), position, kind
        kind |= found
        if found == 0:
            kind |= layout[DOT_KIND]
    column = layout[NUCLEOTIDE]
    if column >= 0:
        start, stop = field(ends, column)
        found = np.int64(kind_of_base(text, start, stop))
        if found < 0:
            return bad(state, column, BAD_FIELD), position, kind
        kind |= found
    column = layout[CONTEXT]
    if column >= 0:
        start, stop = field(ends, column)
        found = np.int64(kind_of_context(text, start, stop, layout[MIDDLE]))
        if found < 0:
            return bad(state, column, BAD_FIELD), position, kind
        kind |= found
    return DONE, position + 1 - base, kind


@inline
def read_counts(text, ends, n_fields, layout, reals, state):
    """Return (status, c, t, other, inexact): the reads of a row, each of its columns looked at.

    `inexact` is True where other numbers of reads fit the level as well.
    """
    meaning = layout[COUNTS]
    zero = np.int64(0)
    c = zero
    t = zero
    if meaning == C_OF_N:
        column = layout[RATIO]
        start, stop = field(ends, column)
        c, n = read_ratio(text, start, stop)
        if not (0 <= c <= MAX_COUNT and 0 <= n <= MAX_COUNT):
            return bad(state, column, BAD_FIELD), c, t, zero, False
        if n < c:
            return bad(state, column, TOO_FEW_READS), c, t, zero, False
        return DONE, c, n - c, zero, False
    if meaning in (LEVEL_AND_N, LEVELS_AND_N):
        column = layout[N]
        n = count_of(text, ends, column)
        if n < 0:
            if layout[MISSING] and are_missing(text, ends, layout, column, layout[LEVEL]):
                return DONE, c, t, zero, False
            return bad(state, column, BAD_FIELD), c, t, zero, False
        status, c, inexact, share = read_level(text, ends, layout[LEVEL], n, reals, state)
        if status != DONE or meaning == LEVEL_AND_N:
            return status, c, n - c, zero, inexact
        status, t, unsure, rest = read_level(text, ends, layout[REST], n, reals, state)
        if status != DONE or n == 0:
            return status, c, t, zero, False
        inexact = inexact or unsure
        if inexact:
            t = min(t, n - c)
        both = (share + rest) * reals[SHARE]
        slack = 2.0 * reals[UNIT] * reals[SHARE] + 1e-9
        if not LEAST_SHARE - slack <= both <= 1.0 + slack or c + t > n:
            return bad(state, layout[LEVEL], BAD_SHARES), c, t, zero, False
        return DONE, c, t, zero, inexact
    first = layout[T if meaning == T_AND_N else C]
    second = layout[T if meaning == C_AND_T else N]
    one, two = read_pair(text, ends, first, second)
    if min(one, two) < 0 and layout[MISSING] and are_missing(text, ends, layout, first, second):
        return DONE, c, t, zero, False
    if not 0 <= one <= MAX_COUNT:
        return bad(state, first, BAD_FIELD), c, t, zero, False
    if not 0 <= two <= MAX_COUNT:
        return bad(state, second, BAD_FIELD), c, t, zero, False
    if meaning == C_AND_T:
        c = one
        t = two
    else:
        if two < one:
            return bad(state, second, TOO_FEW_READS), c, t, zero, False
        c = one if meaning == C_AND_N else two - one
        t = two - c
    other = zero
    column = layout[OTHER]
    if 0 <= column < n_fields:
        other = count_of(text, ends, column)
        if other < 0:
            return bad(state, column, BAD_FIELD), c, t, other, False
    return DONE, c, t, other, False


@inline
def are_missing(text, ends, layout, first, second):
    """Tell whether two fields, and that of the total, are empty or a missing value."""
    for column in (first, second, layout[TOTAL]):
        if column < 0:
            continue
        start, stop = field(ends, column)
        if start < stop and not is_missing(text, start, stop):
            return False
    return True


@inline
def read_level(text, ends, column, n, reals, state):
    """Return (status, c, inexact, level): the reads of `n` that give a level, as it is rounded."""
    start, stop = field(ends, column)
    level = read_number(text, start, stop)
    scale = reals[WHOLE]
    if not level <= scale:
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
    room = reals[UNIT] * reads * reals[SHARE] * (1.0 + 1e-9) + 1e-9 + reads * 1e-14
    distance = abs(exact - nearest)
    if distance > room:
        return bad(state, column, WRONG_LEVEL), c, False, level
    # The next nearest number; above all reads there is none.
    next_one = 1.0 + distance if exact >= nearest and c == n else 1.0 - distance
    return DONE, c, next_one <= room, level


@inline
def check_sums(text, ends, layout, counted, state):
    """Return the status of the columns that count the reads of the others once more."""
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
def read_pct(text, ends, layout, c, t, reals, state):
    """Return (status, wrong): whether a percentage lies too far from the counts."""
    column = layout[PCT]
    if column < 0:
        return DONE, False
    start, stop = field(ends, column)
    level = read_number(text, start, stop)
    scale = reals[WHOLE]
    if not level <= scale:
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


@inline
def find_chrom(text, start, stop, state, spans, words, names, table):
    """Return the number of a name, -1 where it is not in the table."""
    last = state[NAME]
    if (
        last >= 0
        and spans[last, 1] == stop - start
        and has_name(text, start, last, spans, words, names)
    ):
        return last
    found = find_in_table(text, start, stop, spans, names, table)
    state[NAME] = found
    return found


@inline
def is_same_site(chrom, position, code, c, t, state):
    """Return (status, whether a row gives another modification of the row before it)."""
    if state[SITE_CHROM] != chrom or state[SITE_POS] != position or state[SITE_CODES] & code:
        return DONE, False
    if state[SITE_C] != c or state[SITE_T] != t:
        return CODES_DISAGREE, False
    return DONE, True


@inline
def note_code(text, start, stop, state):
    """Remember what a row is dropped for, as a word of its first bytes."""
    word = np.int64(0)
    k = np.int64(0)
    while k < 8 and start + k < stop and text[start + k] != 44:
        word |= np.int64(text[start + k]) << (8 * k)
        k += 1
    for slot in range(CODES, CODES + N_CODES):
        if state[slot] == word:
            return
        if state[slot] == 0:
            state[slot] = word
            return


@inline
def is_one_of(text, start, stop, layout, at, end):
    """Tell whether a field is one of the texts that the layout has in [at, end)."""
    while at < end:
        length = layout[at]
        at += 1
        same = length == stop - start
        k = np.int64(0)
        while k < length:
            mask = np.uint64(layout[at + 1])
            same = same and load_word(text, start + k) & mask == np.uint64(layout[at])
            at += 2
            k += 8
        if same:
            return True
    return False


@inline
def left_out_by(text, ends, layout):
    """Return the first column for which `only` leaves a row out, -1 where it keeps it."""
    at = np.int64(LAYOUT_SIZE)
    while at < layout.size:
        column = layout[at]
        start, stop = field(ends, column)
        end = layout[at + 1]
        if not is_one_of(text, start, stop, layout, at + 2, end):
            return column
        at = end
    return np.int64(-1)


@inline
def keep_row(
    chrom, position, level, c, t, bits, code, inexact, dropped, layout, state, flags, columns, runs
):  # fmt: skip
    """Do with a row what `add_row` does, and what modifications and levels need besides.

    `dropped` is the index in `state` of what counts the row where it is not wanted, or 0.
    """
    wanted = flags[chrom] & KEEP != 0
    if wanted and dropped == 0 and inexact and not layout[ALLOW_INEXACT]:
        return INEXACT
    if wanted and dropped == 0 and code and layout[OTHERS_COUNT]:
        status, repeats = is_same_site(chrom, position, code, c, t, state)
        if status != DONE:
            return status
        if repeats:
            state[SITE_CODES] |= code
            dropped = np.int64(N_OTHER_CODES)
    if wanted and dropped:
        state[dropped] += 1
        return DONE
    status = add_row(chrom, position, level, c, t, bits, state, flags, columns, runs)
    if status == DONE:
        state[N_INEXACT] += wanted and inexact
        if code:
            state[SITE_CHROM] = chrom
            state[SITE_POS] = position
            state[SITE_CODES] = code
            state[SITE_C] = c
            state[SITE_T] = t
    return status


@kernel
def parse(
    text, stop, state, reals, spans, words, names, table, flags, layout, ends,
    pos, pct, cs, ts, kind, runs,
):  # fmt: skip
    """Read the lines of `text` from `state[AT]` to `stop` into columns; see `readers/_rows.py`.

    Arguments are those of the five columns' kernel; `layout` int64 is made by `layout_of`, `reals`
    by `reals_of` and `ends` by `scratch_of`; `kind` is uint8 (size 0: not wanted).
    """
    columns = (pos, pct, cs, ts, kind)
    line = state[AT]
    status = DONE
    limit = state[COUNT_LIMIT]
    # Of a row like the one before it, only these numbers change; `state` has them again at the end.
    n = state[N_ROWS]
    last = state[LAST_POS]
    largest = state[LARGEST]
    n_plain = np.int64(0)
    n_uncovered = np.int64(0)
    n_merged = np.int64(0)
    n_reverse = np.int64(0)
    has_sums = layout[TOTAL] >= 0 or layout[SUM_OF_ALL] >= 0
    has_only = layout.size > LAYOUT_SIZE
    while line < stop:
        n_fields, newline = find_fields(text, line, ends, layout[TABS])
        if text[line] <= HASH and is_no_row(text, skip_blanks(text, line)):
            line = newline + 1
            state[LINES] += 1
            continue
        if not layout[LEAST] <= n_fields <= layout[MOST]:
            status = EXTRA_FIELDS
            break
        status, position, bits = read_place(text, ends, layout, state)
        if status != DONE:
            break
        status, c, t, other, inexact = read_counts(
            text, ends, n_fields, layout, reals, state
        )  # fmt: skip
        if status != DONE:
            break
        if has_sums:
            status = check_sums(text, ends, layout, c + t + other, state)
            if status != DONE:
                break
        status, wrong = read_pct(text, ends, layout, c, t + other, reals, state)
        if status != DONE:
            break
        start, after = field(ends, layout[CHR])
        chrom = find_chrom(text, start, after, state, spans, words, names, table)
        if chrom < 0:
            state[NAME_START] = start
            state[NAME_STOP] = after
            status = NEW_NAME
            break

        dropped = np.int64(0)  # where it is counted
        code = np.int64(0)
        if has_only:
            column = left_out_by(text, ends, layout)
            if column >= 0:
                start, after = field(ends, column)
                note_code(text, start, after, state)
                dropped = np.int64(N_OTHER_CODES)
            else:
                state[HAS_ONLY] = 1
        if layout[CODE] >= 0 and dropped == 0:
            start, after = field(ends, layout[CODE])
            code = class_of_code(text, start, after)
            if code & layout[WANTED] == 0:
                note_code(text, start, after, state)
                dropped = np.int64(N_OTHER_CODES)
            else:
                state[HAS_WANTED] = 1
        if layout[OTHER] >= 0:
            if layout[OTHERS_COUNT]:
                c += other
            else:
                t += other
            if max(c, t) > MAX_COUNT:
                status = TOO_MANY_READS
                break
        if dropped == 0 and layout[CONTEXTS] and bits & layout[CONTEXTS] == 0:
            dropped = np.int64(N_OTHER_CONTEXTS)
        # Where all modifications count, the next row may be of the same site.
        is_like = chrom == state[LAST_CHROM] and not wrong and not (code and layout[OTHERS_COUNT])
        if is_like and dropped == 0 and c + t == 0 and state[DROP_UNCOVERED]:
            n_uncovered += 1
            line = newline + 1
            continue
        level = np.nan
        if pct.size > 0 and c + t > 0:
            level = 100.0 * np.float64(c) / np.float64(c + t)

        if (
            is_like
            and dropped == 0
            and c + t > 0
            and not inexact
            and position > last
            and max(c, t) <= limit
            and 0 < n < pos.size
        ):
            row = np.uint64(n)
            pos[row] = position
            cs[row] = c
            ts[row] = t
            if pct.size > 0:
                pct[row] = level
            if kind.size > 0:
                kind[row] = bits
            largest = max(largest, c, t)
            last = position
            n += 1
            n_plain += 1
            # No branch: strands come as at random.
            n_merged += bits & BOTH == BOTH
            n_reverse += is_reverse(bits)
            line = newline + 1
            continue

        state[N_ROWS] = n
        state[LAST_POS] = last
        state[LARGEST] = largest
        state[N_TEXT_ROWS] += n_plain + n_uncovered
        state[LINES] += n_plain + n_uncovered
        state[N_UNCOVERED] += n_uncovered
        n_plain = np.int64(0)
        n_uncovered = np.int64(0)
        status = keep_row(
            chrom, position, level, c, t, bits, code, inexact, dropped,
            layout, state, flags, columns, runs,
        )  # fmt: skip
        n = state[N_ROWS]
        last = state[LAST_POS]
        largest = state[LARGEST]
        if status != DONE:
            break
        if wrong:
            note_disagreement(state)
        state[N_TEXT_ROWS] += 1
        state[LINES] += 1
        line = newline + 1
    state[N_ROWS] = n
    state[LAST_POS] = last
    state[LARGEST] = largest
    state[N_TEXT_ROWS] += n_plain + n_uncovered
    state[LINES] += n_plain + n_uncovered
    state[N_UNCOVERED] += n_uncovered
    state[N_MERGED] += n_merged
    state[N_REVERSE] += n_reverse
    state[AT] = line
    return status
