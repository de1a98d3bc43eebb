"""Which rows of a table are wanted: by a column's texts, base modification and context."""

import numpy as np

from ...engine.compile import inline, load_word
from ..layout import CODE, CONTEXTS, LAYOUT_SIZE, WANTED
from ..protocol import (
    CODES,
    CODES_DISAGREE,
    DONE,
    HAS_ONLY,
    HAS_WANTED,
    N_CODES,
    N_OTHER_CODES,
    N_OTHER_CONTEXTS,
    SITE_C,
    SITE_CHROM,
    SITE_CODES,
    SITE_POS,
    SITE_T,
)
from .split import field
from .symbols import class_of_code

_COMMA = 44


@inline
def dropped_for(text, bits, work):
    """Return (modification, what counts the row where it is not wanted): a bit and an index.

    The bit is 0 where the row names no modification or is left out before, the index of `state` 0
    where the row is wanted.
    """
    state, layout, ends = work.state, work.layout, work.ends
    code = np.int64(0)
    if layout.size > LAYOUT_SIZE:
        column = left_out_by(text, ends, layout)
        if column >= 0:
            start, stop = field(ends, column)
            note_code(text, start, stop, state)
            return code, np.int64(N_OTHER_CODES)
        state[HAS_ONLY] = 1
    if layout[CODE] >= 0:
        start, stop = field(ends, layout[CODE])
        code = class_of_code(text, start, stop)
        if code & layout[WANTED] == 0:
            note_code(text, start, stop, state)
            return code, np.int64(N_OTHER_CODES)
        state[HAS_WANTED] = 1
    if layout[CONTEXTS] and bits & layout[CONTEXTS] == 0:
        return code, np.int64(N_OTHER_CONTEXTS)
    return code, np.int64(0)


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
def is_one_of(text, start, stop, layout, at, end):
    """Tell whether a field is one of the texts that the layout has in [at, end).

    Eight bytes are compared at once; the mask leaves out those behind the end of the text.
    """
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
def note_code(text, start, stop, state):
    """Remember what a row is dropped for, as a word of its first bytes."""
    word = np.int64(0)
    k = np.int64(0)
    while k < 8 and start + k < stop and text[start + k] != _COMMA:
        word |= np.int64(text[start + k]) << (8 * k)
        k += 1
    for slot in range(CODES, CODES + N_CODES):
        if state[slot] == word:
            return
        if state[slot] == 0:
            state[slot] = word
            return


@inline
def is_same_site(chrom, row, code, state):
    """Return (status, whether a row gives another modification of the row before it)."""
    same = state[SITE_CHROM] == chrom and state[SITE_POS] == row.position
    if not same or state[SITE_CODES] & code:
        return DONE, False
    if state[SITE_C] != row.c or state[SITE_T] != row.t:
        return CODES_DISAGREE, False
    state[SITE_CODES] |= code
    return DONE, True


@inline
def note_site(chrom, row, code, state):
    """Remember the site of a row that names a modification."""
    state[SITE_CHROM] = chrom
    state[SITE_POS] = row.position
    state[SITE_CODES] = code
    state[SITE_C] = row.c
    state[SITE_T] = row.t
