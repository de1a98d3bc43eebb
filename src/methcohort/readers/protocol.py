"""What a reader and its kernels tell each other: the arrays of a kernel, their places, its answers.

A kernel's whole memory between two calls is `state`, an int64 array indexed by the names below, so
that a text can be cut into blocks anywhere and a kernel can stop at any line, ask, and go on.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

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


Whole = int | np.int64


class Work(NamedTuple):
    """What drives a kernel and what it remembers.

    Attributes
    ----------
    state : int64, what it remembers between two calls, and rules; indexed by the names above
    reals : float64, indexed by the names above; behind these, the ways in which levels are written
    layout : int64, which column is what; see `layout.py`
    ends : int64, room for where the fields of a line end
    """

    state: npt.NDArray[np.int64]
    reals: npt.NDArray[np.float64]
    layout: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


class Names(NamedTuple):
    """The chromosome names that a file has had so far, as arrays that kernels search.

    Attributes
    ----------
    spans : int64[n, 2], start and length of each name in `letters`
    words : uint64[n, 2], the first eight bytes of each name, and the mask of those it has
    letters : uint8, all names in a row
    table : int32, a hash table of open addressing; -1 is an empty slot
    flags : uint8[n], KEEP where the configuration wants the chromosome, SEEN once it has a row
    """

    spans: npt.NDArray[np.int64]
    words: npt.NDArray[np.uint64]
    letters: npt.NDArray[np.uint8]
    table: npt.NDArray[np.int32]
    flags: npt.NDArray[np.uint8]


class Row(NamedTuple):
    """What a line says: a position from 1, the percentage, reads and the bits of `cytosine.py`."""

    position: Whole
    level: float
    c: Whole
    t: Whole
    bits: Whole
