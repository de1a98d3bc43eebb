"""What a line means once its fields are read: the rules that every text format shares.

A format's kernel reads the fields of a line and calls `add_row`. The kernel's whole memory
between two calls is `state`, an int64 array indexed by the names below, so that a text can be cut
into blocks anywhere and a kernel can stop at any line, ask, and go on.
"""

from typing import Final

import numpy as np

from ..engine.compile import inline, load_word
from ..store.cytosine import ANY_CONTEXT, BOTH, CPG, MINUS
from ._fields import SPACE, TAB, end_of_field

# Indices into `state`.
AT: Final = 0  # byte of the text block at which the next line starts
LINES: Final = 1  # lines read so far, in the whole text
N_ROWS: Final = 2  # rows in the current block
N_RUNS: Final = 3  # runs in the current block
LAST_CHROM: Final = 4  # chromosome of the last kept row, -1 before the first
LAST_POS: Final = 5
IN_ORDER: Final = 6  # 1 until a row is out of order
COUNT_LIMIT: Final = 7  # largest count that the current block's columns hold
N_TEXT_ROWS: Final = 8
N_EXCLUDED: Final = 9
N_UNCOVERED: Final = 10
N_DUPLICATES: Final = 11
N_SUMMED: Final = 12
N_DISAGREE: Final = 13  # rows whose percentage lies too far from their counts
DISAGREE_LINE: Final = 14  # the first such line
LARGEST: Final = 15  # largest count kept
NAME_START: Final = 16  # of the name that is not in the table, for NEW_NAME
NAME_STOP: Final = 17
NAME: Final = 18  # chromosome of the line before, -1 before the first
DECIMAL_START: Final = 19  # of the number that only float() can read, for NEEDS_FLOAT
DECIMAL_STOP: Final = 20
DECIMAL_GIVEN: Final = 21  # 1 where `reals[GIVEN]` holds that number
DROP_UNCOVERED: Final = 22
DUPLICATES: Final = 23  # one of the policies below
PCT_CHECK: Final = 24
FAULT_COLUMN: Final = 25  # column in which a fault is, from 0
N_OTHER_CONTEXTS: Final = 26
N_OTHER_CODES: Final = 27
HAS_WANTED: Final = 28  # 1 where a row's modification is wanted, on any chromosome
N_INEXACT: Final = 29
N_MERGED: Final = 30  # rows with the reads of both strands
N_REVERSE: Final = 31  # rows of the reverse strand, in CpG or unknown context
SITE_CHROM: Final = 32  # site of the last row that has a modification
SITE_POS: Final = 33
SITE_CODES: Final = 34  # modifications that had rows at it, as bits
SITE_C: Final = 35
SITE_T: Final = 36
HAS_ONLY: Final = 37  # 1 where a row is not left out by the format's `only`
ROUNDINGS: Final = 38  # bits of the format's roundings that explain all rows so far
N_SAME: Final = 39  # rows added to one whose counts are theirs, or a multiple
CODES: Final = 40  # codes of dropped rows, each in the bytes of a word
N_CODES: Final = 8
STATE_SIZE: Final = CODES + N_CODES

# Indices into `reals`, a float64 array.
TOLERANCE: Final = 0
GIVEN: Final = 1
UNIT: Final = 2  # half of the last place of a level
WHOLE: Final = 3  # percentage or level where all reads are methylated
SHARE: Final = 4  # 1 / WHOLE
REALS_SIZE: Final = 5

REFUSE: Final = 0
SUM: Final = 1
FIRST: Final = 2

CHECK_OFF: Final = 0
CHECK_WARN: Final = 1
CHECK_ERROR: Final = 2

# What a kernel returns. Requests: the line was not consumed; answer and call again.
DONE: Final = 0
FULL: Final = 1
WIDE: Final = 2
NEW_NAME: Final = 3
NEEDS_FLOAT: Final = 4
# Faults: the line `LINES + 1` is wrong.
EXTRA_FIELDS: Final = 11
BAD_POS: Final = 12
BAD_PCT: Final = 13
MISSING_PCT: Final = 14
BAD_C: Final = 15
BAD_T: Final = 16
PCT_DISAGREES: Final = 17
DUPLICATE: Final = 18
SUM_TOO_LARGE: Final = 19
# Faults of the tabular kernel; `state[FAULT_COLUMN]` says where.
BAD_FIELD: Final = 20
BAD_LENGTH: Final = 21
TOO_FEW_READS: Final = 22
TOO_MANY_READS: Final = 23
MISSING_LEVEL: Final = 24
WRONG_LEVEL: Final = 25
INEXACT: Final = 26
CODES_DISAGREE: Final = 27
BAD_SHARES: Final = 28
WRONG_SUM: Final = 29

KEEP: Final = 1
SEEN: Final = 2

_FNV_OFFSET = np.uint64(14695981039346656037)
_FNV_PRIME = np.uint64(1099511628211)


@inline
def find_name(text, i, state, spans, words, names, table):
    """Return (chromosome, end) of the name at `i`; the number is -1 where it is not in the table.

    The name of the line before is compared first, eight bytes in one step.
    """
    last = state[NAME]
    if last >= 0:
        stop = i + spans[last, 1]
        if has_name(text, i, last, spans, words, names) and (
            text[stop] == TAB or text[stop] == SPACE
        ):
            return last, stop
    stop = end_of_field(text, i)
    found = find_in_table(text, i, stop, spans, names, table)
    state[NAME] = found
    return found, stop


@inline
def has_name(text, i, number, spans, words, names):
    """Tell whether the bytes from `i` on begin with a name of the table."""
    if load_word(text, i) & words[number, 1] != words[number, 0]:
        return False
    length = spans[number, 1]
    start = spans[number, 0]
    k = np.int64(8)
    while k < length and text[i + k] == names[start + k]:
        k += 1
    return k >= length


@inline
def hash_of(text, start, stop):
    """Return the FNV-1a hash (G. Fowler, L. C. Noll, K.-P. Vo) of some bytes."""
    value = _FNV_OFFSET
    for k in range(start, stop):
        value = (value ^ np.uint64(text[k])) * _FNV_PRIME
    return value ^ (value >> np.uint64(29))


@inline
def find_in_table(text, start, stop, spans, names, table):
    """Return the number of a name in the hash table, -1 where it is not there."""
    mask = np.uint64(table.size - 1)
    slot = hash_of(text, start, stop) & mask
    while table[slot] >= 0:
        found = np.int64(table[slot])
        if spans[found, 1] == stop - start:
            k = 0
            begin = spans[found, 0]
            while k < stop - start and names[begin + k] == text[start + k]:
                k += 1
            if k == stop - start:
                return found
        slot = (slot + np.uint64(1)) & mask
    return np.int64(-1)


@inline
def note_disagreement(state):
    """Count a row whose percentage and counts disagree, and remember the first."""
    if state[N_DISAGREE] == 0:
        state[DISAGREE_LINE] = state[LINES] + 1
    state[N_DISAGREE] += 1


@inline
def disagrees(level, c, t, tolerance):
    """Tell whether a percentage lies further than `tolerance` points from 100*c/(c+t).

    False where c + t = 0.
    """
    n = np.float64(c + t)
    return abs(level * n - 100.0 * np.float64(c)) > (tolerance + 1e-9) * n


@inline
def sum_into(row, c, t, bits, state, columns):
    """Add the counts of a repeated site to the row it repeats."""
    _, pct, cs, ts, kind = columns
    sum_c = np.int64(cs[row]) + c
    sum_t = np.int64(ts[row]) + t
    if max(sum_c, sum_t) > 4294967295:
        return SUM_TOO_LARGE
    if max(sum_c, sum_t) > state[COUNT_LIMIT]:
        return WIDE
    times = (np.int64(cs[row]) + np.int64(ts[row])) // max(c + t, 1)
    state[N_SAME] += (cs[row] == times * c) & (ts[row] == times * t) & (c + t > 0) & (times > 0)
    cs[row] = sum_c
    ts[row] = sum_t
    if kind.size > 0:
        kind[row] |= np.uint8(bits)
    state[LARGEST] = max(state[LARGEST], sum_c, sum_t)
    state[N_SUMMED] += 1
    if pct.size > 0 and sum_c + sum_t > 0:
        pct[row] = 100.0 * np.float64(sum_c) / np.float64(sum_c + sum_t)
    return DONE


@inline
def is_reverse(bits):
    """Tell whether a row is of the reverse strand alone, and in a CpG or may be; no branch."""
    return (bits & BOTH == MINUS) & ((bits & CPG != 0) | (bits & ANY_CONTEXT == 0))


@inline
def add_row(chrom, position, level, c, t, bits, state, flags, columns, runs):
    """Put one row at the end of the current block, or count why it is not kept.

    `bits` are those of `cytosine.py`; repeated rows that are added up have the bits of both.
    Returns DONE, a request (FULL, WIDE) or a fault (DUPLICATE, SUM_TOO_LARGE).
    """
    if flags[chrom] & KEEP == 0:
        state[N_EXCLUDED] += 1
        return DONE
    if state[DROP_UNCOVERED] and c + t == 0:
        state[N_UNCOVERED] += 1
        return DONE
    pos, pct, cs, ts, kind = columns
    n = state[N_ROWS]
    same = chrom == state[LAST_CHROM]
    if same and position <= state[LAST_POS] and state[IN_ORDER]:
        if position == state[LAST_POS]:
            if state[DUPLICATES] == REFUSE:
                return DUPLICATE
            if state[DUPLICATES] == SUM:
                return sum_into(n - 1, c, t, bits, state, columns)
            state[N_DUPLICATES] += 1
            return DONE
        state[IN_ORDER] = 0
    if max(c, t) > state[COUNT_LIMIT]:
        return WIDE
    if n == pos.size:
        return FULL
    if not same:
        if flags[chrom] & SEEN:
            state[IN_ORDER] = 0
        flags[chrom] |= SEEN
    if n == 0 or not same:
        runs[state[N_RUNS], 0] = chrom
        runs[state[N_RUNS], 1] = n
        state[N_RUNS] += 1
        state[LAST_CHROM] = chrom
    pos[n] = position
    cs[n] = c
    ts[n] = t
    if pct.size > 0:
        pct[n] = level
    if kind.size > 0:
        kind[n] = bits
    # No branch: strands come as at random.
    state[N_MERGED] += bits & BOTH == BOTH
    state[N_REVERSE] += is_reverse(bits)
    state[N_ROWS] = n + 1
    state[LAST_POS] = position
    state[LARGEST] = max(state[LARGEST], c, t)
    return DONE
