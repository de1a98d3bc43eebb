"""What a line means once its fields are read: the rules that every text format shares.

A format's kernel reads the fields of a line and calls `add_row`; `protocol.py` has the arrays.
"""

import numpy as np

from ...engine.compile import inline, load_word
from ...store.cytosine import ANY_CONTEXT, BOTH, CPG, MINUS
from ...store.schema import MAX_COUNT
from ..protocol import (
    COUNT_LIMIT,
    DISAGREE_LINE,
    DONE,
    DROP_UNCOVERED,
    DUPLICATE,
    DUPLICATES,
    FULL,
    IN_ORDER,
    KEEP,
    LARGEST,
    LAST_CHROM,
    LAST_POS,
    LINES,
    N_DISAGREE,
    N_DUPLICATES,
    N_EXCLUDED,
    N_MERGED,
    N_REVERSE,
    N_ROWS,
    N_RUNS,
    N_SAME,
    N_SUMMED,
    N_UNCOVERED,
    NAME,
    REFUSE,
    SEEN,
    SUM,
    SUM_TOO_LARGE,
    WIDE,
)
from .fields import SPACE, TAB, end_of_field

_FNV_OFFSET = np.uint64(14695981039346656037)
_FNV_PRIME = np.uint64(1099511628211)


@inline
def find_name(text, i, state, names):
    """Return (chromosome, end) of the name at `i`; the number is -1 where it is not in the table.

    The name of the line before is compared first, eight bytes in one step.
    """
    last = state[NAME]
    if last >= 0:
        stop = i + names.spans[last, 1]
        if has_name(text, i, last, names) and (text[stop] == TAB or text[stop] == SPACE):
            return last, stop
    stop = end_of_field(text, i)
    found = find_in_table(text, i, stop, names)
    state[NAME] = found
    return found, stop


@inline
def has_name(text, i, number, names):
    """Tell whether the bytes from `i` on begin with a name of the table.

    The mask leaves out the bytes of the word behind a shorter name: the text may have any there,
    and `NameTable` has zeros.
    """
    if load_word(text, i) & names.words[number, 1] != names.words[number, 0]:
        return False
    length = names.spans[number, 1]
    start = names.spans[number, 0]
    k = np.int64(8)
    while k < length and text[i + k] == names.letters[start + k]:
        k += 1
    return k >= length


@inline
def hash_of(text, start, stop):
    """Return the FNV-1a hash (G. Fowler, L. C. Noll, K.-P. Vo) of some bytes.

    Its low bits choose the slot and mix worst, so higher ones are folded into them.
    """
    value = _FNV_OFFSET
    for k in range(start, stop):
        value = (value ^ np.uint64(text[k])) * _FNV_PRIME
    return value ^ (value >> np.uint64(29))


@inline
def find_in_table(text, start, stop, names):
    """Return the number of a name in the hash table, -1 where it is not there."""
    mask = np.uint64(names.table.size - 1)
    slot = hash_of(text, start, stop) & mask
    while names.table[slot] >= 0:
        found = np.int64(names.table[slot])
        if names.spans[found, 1] == stop - start:
            k = 0
            begin = names.spans[found, 0]
            while k < stop - start and names.letters[begin + k] == text[start + k]:
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

    False where c + t = 0. Both sides are multiplied by n, so that nothing is divided.
    """
    n = np.float64(c + t)
    return abs(level * n - 100.0 * np.float64(c)) > (tolerance + 1e-9) * n


@inline
def sum_into(at, row, state, columns):
    """Add the counts of a repeated site to the row that it repeats, at an index of the block."""
    pct, cs, ts, kind = columns.pct, columns.c, columns.t, columns.kind
    sum_c = np.int64(cs[at]) + row.c
    sum_t = np.int64(ts[at]) + row.t
    if max(sum_c, sum_t) > MAX_COUNT:
        return SUM_TOO_LARGE
    if max(sum_c, sum_t) > state[COUNT_LIMIT]:
        return WIDE
    # The same reads, or several times the same: a file that was joined to itself looks so.
    n = row.c + row.t
    times = (np.int64(cs[at]) + np.int64(ts[at])) // max(n, 1)
    state[N_SAME] += (
        (cs[at] == times * row.c) & (ts[at] == times * row.t) & (n > 0) & (times > 0)
    )  # fmt: skip
    cs[at] = sum_c
    ts[at] = sum_t
    if kind.size > 0:
        kind[at] |= np.uint8(row.bits)
    state[LARGEST] = max(state[LARGEST], sum_c, sum_t)
    state[N_SUMMED] += 1
    if pct.size > 0 and sum_c + sum_t > 0:
        pct[at] = 100.0 * np.float64(sum_c) / np.float64(sum_c + sum_t)
    return DONE


@inline
def is_reverse(bits):
    """Tell whether a row is of the reverse strand alone, and in a CpG or may be; no branch."""
    return (bits & BOTH == MINUS) & ((bits & CPG != 0) | (bits & ANY_CONTEXT == 0))


@inline
def add_row(chrom, row, state, flags, columns):
    """Put one row at the end of the current block, or count why it is not kept.

    Repeated rows that are added up have the bits of both. Returns DONE, a request (FULL, WIDE) or
    a fault (DUPLICATE, SUM_TOO_LARGE).
    """
    if flags[chrom] & KEEP == 0:
        state[N_EXCLUDED] += 1
        return DONE
    if state[DROP_UNCOVERED] and row.c + row.t == 0:
        state[N_UNCOVERED] += 1
        return DONE
    n = state[N_ROWS]
    same = chrom == state[LAST_CHROM]
    if same and row.position <= state[LAST_POS] and state[IN_ORDER]:
        if row.position == state[LAST_POS]:
            if state[DUPLICATES] == REFUSE:
                return DUPLICATE
            if state[DUPLICATES] == SUM:
                return sum_into(n - 1, row, state, columns)
            state[N_DUPLICATES] += 1
            return DONE
        state[IN_ORDER] = 0
    if max(row.c, row.t) > state[COUNT_LIMIT]:
        return WIDE
    if n == columns.pos.size:
        return FULL
    if not same:
        if flags[chrom] & SEEN:
            state[IN_ORDER] = 0
        flags[chrom] |= SEEN
    if n == 0 or not same:
        columns.runs[state[N_RUNS], 0] = chrom
        columns.runs[state[N_RUNS], 1] = n
        state[N_RUNS] += 1
        state[LAST_CHROM] = chrom
    put_row(n, row, columns)
    # No branch: strands come as at random.
    state[N_MERGED] += row.bits & BOTH == BOTH
    state[N_REVERSE] += is_reverse(row.bits)
    state[N_ROWS] = n + 1
    state[LAST_POS] = row.position
    state[LARGEST] = max(state[LARGEST], row.c, row.t)
    return DONE


@inline
def put_row(n, row, columns):
    """Write a row at an index of the block."""
    at = np.uint64(n)  # a negative index would be counted from the end, which costs a branch
    columns.pos[at] = row.position
    columns.c[at] = row.c
    columns.t[at] = row.t
    if columns.pct.size > 0:
        columns.pct[at] = row.level
    if columns.kind.size > 0:
        columns.kind[at] = row.bits
