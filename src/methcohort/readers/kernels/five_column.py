"""The kernel of five columns: `chr pos pct c t` with tabs or blanks between, a field at a time."""

import numpy as np

from ...engine.compile import inline, kernel, outline
from ...store.schema import MAX_COUNT, MAX_POS
from ..protocol import (
    AT,
    BAD_C,
    BAD_PCT,
    BAD_POS,
    BAD_T,
    CHECK_ERROR,
    CHECK_OFF,
    DECIMAL_GIVEN,
    DECIMAL_START,
    DECIMAL_STOP,
    DONE,
    EXTRA_FIELDS,
    GIVEN,
    LINES,
    MISSING_PCT,
    N_TEXT_ROWS,
    NAME_START,
    NAME_STOP,
    NEEDS_FLOAT,
    NEW_NAME,
    PCT_CHECK,
    PCT_DISAGREES,
    TOLERANCE,
    Row,
)
from .examples import no_columns, no_names, no_text, no_work
from .fields import (
    NEWLINE,
    RETURN,
    SPACE,
    end_of_field,
    end_of_line,
    is_blank,
    is_missing,
    is_no_row,
    read_decimal,
    read_digits,
    read_exponent,
    skip_blanks,
)
from .regular import read_regular
from .rows import add_row, disagrees, find_name, note_disagreement


@outline
def read_fields(text, i, state, reals):
    """Read `pos pct c t` from `i` on; return (status, end of the line, pos, pct, c, t).

    A percentage that is missing, or means nothing because c + t = 0, is NaN.
    """
    after = skip_blanks(text, i)
    position, i = read_whole(text, after)
    if i == after or not is_blank(text[i]) or not 1 <= position <= MAX_POS:
        return BAD_POS, i, position, 0.0, 0, 0

    after = skip_blanks(text, i)
    level, i, exact = read_decimal(text, after)
    if exact < 1 or not is_blank(text[i]):
        status, level, i = read_odd_percentage(text, after, i, exact, state, reals)
        if status != DONE:
            return status, i, position, level, 0, 0
    if level > 100.0:
        return BAD_PCT, i, position, level, 0, 0

    after = skip_blanks(text, i)
    c, i = read_whole(text, after)
    if i == after or not is_blank(text[i]) or c > MAX_COUNT:
        return BAD_C, i, position, level, c, 0
    after = skip_blanks(text, i)
    t, i = read_whole(text, after)
    if i == after or text[i] > SPACE or t > MAX_COUNT:
        return BAD_T, i, position, level, c, t

    if text[i] != NEWLINE:
        i = skip_blanks(text, i)
        if text[i] == RETURN:
            i += 1
        if text[i] != NEWLINE:
            return EXTRA_FIELDS, i, position, level, c, t
    if c + t == 0:
        level = np.nan
    elif np.isnan(level):
        return MISSING_PCT, i, position, level, c, t
    return DONE, i + 1, position, level, c, t


@inline
def read_whole(text, start):
    """Return (value, end) of a whole number, of digits or as R writes some: `1e+05`."""
    value, i = read_digits(text, start)
    return odd_whole(text, start, value, i) if text[i] > SPACE else (value, i)


@outline
def odd_whole(text, start, value, i):
    """Return (value, end) of a whole number as R writes it, or what is given."""
    stop = end_of_field(text, start)
    other = read_exponent(text, start, stop)
    return (other, stop) if other >= 0 else (value, i)


@inline
def read_odd_percentage(text, start, i, exact, state, reals):
    """Return (status, pct, end) of a percentage that is no plain number of up to 15 digits."""
    stop = end_of_field(text, start)
    if is_missing(text, start, stop):
        return DONE, np.nan, stop
    if exact != 0 or stop != i:
        return BAD_PCT, np.nan, stop
    if state[DECIMAL_GIVEN]:
        return DONE, reals[GIVEN], stop
    state[DECIMAL_START] = start
    state[DECIMAL_STOP] = stop
    return NEEDS_FLOAT, np.nan, stop


def _example(counts):
    """Return arguments of the types that a reader gives, with nothing to read."""
    return (*no_text(), no_work(), no_names(), no_columns(counts))


@kernel(step="five_column", example=_example)
def parse(text, stop, work, names, columns):
    """Read the lines of `text` from `state[AT]` to `stop` into columns.

    Parameters
    ----------
    text : uint8, ends with a newline at `stop - 1` and has `PADDING` readable bytes behind it
    work : `protocol.Work`
    names : `protocol.Names`
    columns : `Columns` of a block; `kind` becomes 0, as nothing is known

    Returns
    -------
    What the reader is to do, or what is wrong with the line that comes next; see `protocol.py`.
    """
    state = work.state
    line = state[AT]
    status = DONE
    while line < stop:
        line = read_regular(text, line, stop, work, names, columns)
        if line >= stop:
            break
        begin = skip_blanks(text, line)
        if is_no_row(text, begin):
            line = end_of_line(text, begin) + 1
            state[LINES] += 1
            continue
        chrom, i = find_name(text, begin, state, names)
        status, i, position, level, c, t = read_fields(text, i, state, work.reals)
        if status != DONE:
            break
        if chrom < 0:
            state[NAME_START] = begin
            state[NAME_STOP] = end_of_field(text, begin)
            status = NEW_NAME
            break
        check = state[PCT_CHECK] != CHECK_OFF
        wrong = check and disagrees(level, c, t, work.reals[TOLERANCE])
        if wrong and state[PCT_CHECK] == CHECK_ERROR:
            status = PCT_DISAGREES
            break
        row = Row(position, level, c, t, 0)
        status = add_row(chrom, row, state, names.flags, columns)
        if status != DONE:
            break
        if wrong:
            note_disagreement(state)
        state[DECIMAL_GIVEN] = 0
        state[N_TEXT_ROWS] += 1
        state[LINES] += 1
        line = i
    state[AT] = line
    return status
