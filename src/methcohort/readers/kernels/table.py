"""The kernel that reads every tabular format, driven by numbers that say which column is what.

Each field of a row is held to its role, whatever becomes of the row; so a text of another format
is found out at once. Positions come out 1-based, percentages as 100*c/(c+t).
"""

import numpy as np

from ...engine.compile import inline, kernel
from ...store.cytosine import BOTH
from ...store.schema import MAX_COUNT
from ..layout import (
    ALLOW_INEXACT,
    CHR,
    LEAST,
    MOST,
    OTHER,
    OTHERS_COUNT,
    SUM_OF_ALL,
    TABS,
    TOTAL,
)
from ..protocol import (
    AT,
    COUNT_LIMIT,
    DONE,
    DROP_UNCOVERED,
    EXTRA_FIELDS,
    INEXACT,
    KEEP,
    LARGEST,
    LAST_CHROM,
    LAST_POS,
    LINES,
    N_INEXACT,
    N_MERGED,
    N_OTHER_CODES,
    N_REVERSE,
    N_ROWS,
    N_TEXT_ROWS,
    N_UNCOVERED,
    NAME,
    NAME_START,
    NAME_STOP,
    NEW_NAME,
    TOO_MANY_READS,
    Row,
)
from .columns import check_sums, read_counts, read_pct, read_place
from .examples import no_columns, no_names, no_text, no_work
from .fields import HASH, is_no_row, skip_blanks
from .rows import add_row, find_in_table, has_name, is_reverse, note_disagreement, put_row
from .split import field, find_fields
from .wanted import dropped_for, is_same_site, note_site

_ZERO = np.int64(0)


@inline
def read_row(text, line_fields, work):
    """Return (status, row, other, inexact, wrong) of a line, each of its columns looked at.

    The row is without its level. `other` are reads with other modifications; `inexact` says whether
    other counts fit the level as well, `wrong` whether the percentage is too far from the counts.
    """
    layout = work.layout
    none = Row(_ZERO, 0.0, _ZERO, _ZERO, _ZERO)
    if not layout[LEAST] <= line_fields <= layout[MOST]:
        return EXTRA_FIELDS, none, _ZERO, False, False
    status, position, bits = read_place(text, work)
    if status != DONE:
        return status, none, _ZERO, False, False
    status, c, t, other, inexact = read_counts(text, line_fields, work)
    if status == DONE and (layout[TOTAL] >= 0 or layout[SUM_OF_ALL] >= 0):
        status = check_sums(text, c + t + other, work)
    if status != DONE:
        return status, none, _ZERO, False, False
    status, wrong = read_pct(text, c, t + other, work)
    return status, Row(position, 0.0, c, t, bits), other, inexact, wrong


@inline
def find_chrom(text, work, names):
    """Return (status, number) of the chromosome that a line is of; NEW_NAME where it has none."""
    state = work.state
    start, stop = field(work.ends, work.layout[CHR])
    last = state[NAME]
    if last >= 0 and names.spans[last, 1] == stop - start and has_name(text, start, last, names):
        return DONE, last
    found = find_in_table(text, start, stop, names)
    state[NAME] = found
    if found < 0:
        state[NAME_START] = start
        state[NAME_STOP] = stop
        return NEW_NAME, found
    return DONE, found


@inline
def with_others(row, other, layout, with_pct):
    """Return a row with the reads of other modifications where they belong, and its level."""
    c, t = row.c, row.t
    if layout[OTHER] >= 0:
        if layout[OTHERS_COUNT]:
            c += other
        else:
            t += other
    level = np.nan
    if with_pct and c + t > 0:
        level = 100.0 * np.float64(c) / np.float64(c + t)
    return Row(row.position, level, c, t, row.bits)


@inline
def keep_row(chrom, row, code, inexact, dropped, work, flags, columns):
    """Do with a row what `add_row` does, and what modifications and levels need besides.

    `dropped` is the index in `state` of what counts the row where it is not wanted, or 0.
    """
    state, layout = work.state, work.layout
    wanted = flags[chrom] & KEEP != 0
    if wanted and dropped == 0 and inexact and not layout[ALLOW_INEXACT]:
        return INEXACT
    if wanted and dropped == 0 and code and layout[OTHERS_COUNT]:
        status, repeats = is_same_site(chrom, row, code, state)
        if status != DONE:
            return status
        if repeats:
            dropped = np.int64(N_OTHER_CODES)
    if wanted and dropped:
        state[dropped] += 1
        return DONE
    status = add_row(chrom, row, state, flags, columns)
    if status == DONE:
        state[N_INEXACT] += wanted and inexact
        if code:
            note_site(chrom, row, code, state)
    return status


@inline
def settle(last, largest, n, n_plain, n_uncovered, n_merged, n_reverse, state):
    """Write what was counted of rows like the one before them to `state`."""
    state[N_ROWS] = n
    state[LAST_POS] = last
    state[LARGEST] = largest
    state[N_TEXT_ROWS] += n_plain + n_uncovered
    state[LINES] += n_plain + n_uncovered
    state[N_UNCOVERED] += n_uncovered
    state[N_MERGED] += n_merged
    state[N_REVERSE] += n_reverse


def _example(counts):
    """Return arguments of the types that a reader gives, with nothing to read."""
    return (*no_text(), no_work(), no_names(), no_columns(counts))


@kernel(step="table", example=_example)
def parse(text, stop, work, names, columns):
    """Read the lines of `text` from `state[AT]` to `stop` into columns.

    Arguments and result are those of the kernel of five columns. Of a row like the one before it
    only a few numbers change: they are kept apart, and `state` has them again at other rows and at
    the end.
    """
    state, layout = work.state, work.layout
    line, status = state[AT], DONE
    limit = state[COUNT_LIMIT]
    n, last, largest = state[N_ROWS], state[LAST_POS], state[LARGEST]
    n_plain, n_uncovered, n_merged, n_reverse = _ZERO, _ZERO, _ZERO, _ZERO
    while line < stop:
        n_fields, newline = find_fields(text, line, work.ends, layout[TABS])
        if text[line] <= HASH and is_no_row(text, skip_blanks(text, line)):
            line = newline + 1
            state[LINES] += 1
            continue
        status, row, other, inexact, wrong = read_row(text, n_fields, work)
        if status != DONE:
            break
        status, chrom = find_chrom(text, work, names)
        if status != DONE:
            break
        code, dropped = dropped_for(text, row.bits, work)
        row = with_others(row, other, layout, columns.pct.size > 0)
        if max(row.c, row.t) > MAX_COUNT:
            status = TOO_MANY_READS
            break
        # Where all modifications count, the next row may be of the same site.
        alone = not (code and layout[OTHERS_COUNT])
        is_like = chrom == state[LAST_CHROM] and alone and dropped == 0 and not wrong
        if is_like and row.c + row.t == 0 and state[DROP_UNCOVERED]:
            n_uncovered += 1
            line = newline + 1
            continue
        fits = row.position > last and max(row.c, row.t) <= limit and 0 < n < columns.pos.size
        if is_like and fits and row.c + row.t > 0 and not inexact:
            put_row(n, row, columns)
            largest = max(largest, row.c, row.t)
            last = row.position
            n += 1
            n_plain += 1
            # No branch: strands come as at random.
            n_merged += row.bits & BOTH == BOTH
            n_reverse += is_reverse(row.bits)
            line = newline + 1
            continue
        settle(last, largest, n, n_plain, n_uncovered, n_merged, n_reverse, state)
        n_plain, n_uncovered, n_merged, n_reverse = _ZERO, _ZERO, _ZERO, _ZERO
        status = keep_row(chrom, row, code, inexact, dropped, work, names.flags, columns)
        n, last, largest = state[N_ROWS], state[LAST_POS], state[LARGEST]
        if status != DONE:
            break
        if wrong:
            note_disagreement(state)
        state[N_TEXT_ROWS] += 1
        state[LINES] += 1
        line = newline + 1
    settle(last, largest, n, n_plain, n_uncovered, n_merged, n_reverse, state)
    state[AT] = line
    return status
