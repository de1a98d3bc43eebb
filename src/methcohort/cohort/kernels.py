"""The kernel that collapses strands: the G of a CpG goes to its C, one position before."""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine.compile import inline, kernel
from ..rows import new_columns
from ..store.cytosine import ANY_CONTEXT, BOTH, CPG, KIND_DTYPE, MINUS
from ..store.schema import MAX_COUNT, PCT_DTYPE, POS_DTYPE

# Indices into the int64 state of `collapse_rows`.
N_ROWS: Final = 0  # rows in the output
N_RUNS: Final = 1  # runs in the output
N_ADDED: Final = 2  # rows that were added to another
FAULT: Final = 3  # what is wrong with the row at which it stopped; 0 where nothing is
CHROM: Final = 4  # of that row
POS: Final = 5
STRICT: Final = 6  # whether every row has to state its strand and context
IMPLIED: Final = 7  # whether rows that state their strand and no context are of CpG
STATE_SIZE: Final = 8

NO_CONTEXT: Final = 1
NO_STRAND: Final = 2
NO_PARTNER: Final = 3
TOO_LARGE: Final = 4


class Output(NamedTuple):
    """Room for the rows of a block and the one before it; sums do not overflow."""

    pos: npt.NDArray[np.int32]
    pct: npt.NDArray[np.float32]
    c: npt.NDArray[np.uint64]
    t: npt.NDArray[np.uint64]
    kind: npt.NDArray[np.uint8]
    runs: npt.NDArray[np.int32]

    @classmethod
    def new(cls, n: int, *, with_pct: bool) -> "Output":
        """Return room for n rows."""
        return cls(
            np.empty(n, POS_DTYPE),
            np.empty(n * with_pct, PCT_DTYPE),
            np.empty(n, np.uint64),
            np.empty(n, np.uint64),
            np.empty(n, KIND_DTYPE),
            np.empty((n, 2), np.int32),
        )

    def columns(self) -> list[npt.NDArray[Any]]:
        """Return all but the runs."""
        return [self.pos, self.pct, self.c, self.t, self.kind]


def load_collapsing() -> None:
    """Compile or fetch the kernel, for both widths of counts."""
    for wide in (False, True):
        columns = new_columns(0, wide=wide, with_pct=False, with_kind=True)
        columns = columns._replace(runs=np.empty((0, 2), np.int32))
        collapse_rows(columns, Output.new(1, with_pct=False), np.zeros(STATE_SIZE, np.int64))


@kernel
def collapse_rows(rows, out, state):
    """Add the rows of a block to the output, those of a reverse CpG at the position before.

    `rows` are `Columns`, `out` is an `Output`, whose rows `state` counts. The last row of the
    output may be of the block before: the first one of this block may still be added to it.
    Stops at the first row with a fault.
    """
    runs = rows.runs
    n, m = state[N_ROWS], state[N_RUNS]
    for r in range(runs.shape[0]):
        chrom, first = runs[r, 0], runs[r, 1]
        stop = runs[r + 1, 1] if r + 1 < runs.shape[0] else rows.pos.size
        if m == 0 or out.runs[m - 1, 0] != chrom:
            out.runs[m, 0], out.runs[m, 1] = chrom, n
            m += 1
        start = out.runs[m - 1, 1]
        for i in range(first, stop):
            kind = rows.kind[i]
            if state[IMPLIED] and kind & ANY_CONTEXT == 0 and kind & BOTH:
                kind |= CPG
            position = rows.pos[i] - is_reverse_cpg(kind)
            fault = fault_of(kind, position, state[STRICT])
            if kind & CPG:
                kind |= BOTH
            # Rows are in order, and a G is moved by one at most, so that only the last row of
            # the output can be the C that it belongs to.
            if n > start and out.pos[n - 1] == position:
                if add_row(rows, i, kind, out, n - 1) > MAX_COUNT:
                    fault = TOO_LARGE
                state[N_ADDED] += 1
            else:
                out.pos[n] = position
                out.c[n], out.t[n], out.kind[n] = rows.c[i], rows.t[i], kind
                if out.pct.size > 0:
                    out.pct[n] = rows.pct[i]
                n += 1
            if fault:
                state[FAULT], state[CHROM], state[POS] = fault, chrom, rows.pos[i]
                return
    state[N_ROWS], state[N_RUNS] = n, m


@inline
def fault_of(kind, position, strict):
    """Return what is wrong with a row by itself; 0 where nothing is."""
    if position == 0:
        return NO_PARTNER
    if strict:
        if kind & ANY_CONTEXT == 0 and kind & BOTH != BOTH:
            return NO_CONTEXT
        if kind & CPG and kind & BOTH == 0:
            return NO_STRAND
    return 0


@inline
def add_row(rows, i, kind, out, k):
    """Add row i of a block to row k of the output; return the larger of its two counts."""
    out.c[k] += np.uint64(rows.c[i])
    out.t[k] += np.uint64(rows.t[i])
    out.kind[k] |= kind
    if out.pct.size > 0:
        total = out.c[k] + out.t[k]
        out.pct[k] = 100.0 * out.c[k] / total if total > 0 else np.nan
    return max(out.c[k], out.t[k])


@inline
def is_reverse_cpg(kind):
    """Tell whether a row is the G of a CpG: a cytosine of the reverse strand alone."""
    return kind & (BOTH | CPG) == MINUS | CPG
