"""Collapsing strands: the G of a CpG goes to its C, one position before, and the reads are added.

A pass over the rows of a whole file, once they are in order and its parts are joined: what comes
out does not depend on how the file was cut. The pass runs in a worker, from block to block.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError
from ..engine import Context, Memory, Pool, ignore
from ..rows import (
    BlockSink,
    Columns,
    FileRows,
    SharedRows,
)
from ..store.cytosine import BOTH, MINUS, PLUS
from ..store.schema import MAX_COUNT
from .kernels import (
    CHROM,
    FAULT,
    IMPLIED,
    N_ADDED,
    N_ROWS,
    N_RUNS,
    NO_CONTEXT,
    NO_PARTNER,
    NO_STRAND,
    POS,
    STATE_SIZE,
    STRICT,
    Output,
    collapse_rows,
    load_collapsing,
)

_LEAST_PAIRS: Final = 20
"""Pairs of C and G side by side from which strands show that all rows are of CpG."""

_ODD_SHARE: Final = 0.01
"""Rows of one strand side by side, for each such pair, that are put down to errors. In a file of
all cytosines there is more than one for each pair, as in CC and CCC."""


@dataclass(frozen=True, slots=True)
class CollapseTask:
    """The rows of a file: each block of `rows` is given back once it was read.

    Rows that do not state strand or context are a fault where `strict`, and stay as they are where
    not: a reference has no cytosine there.
    """

    title: str
    path: str
    rows: SharedRows
    strict: bool


def collapse_strands(
    pool: Pool, memory: Memory, files: Sequence[tuple[str, str, FileRows]], *, strict: bool
) -> list[FileRows | InputError]:
    """Collapse the strands of files, given by a title for messages, path and rows.

    Parameters
    ----------
    strict : whether every row has to state its strand and context

    Returns
    -------
    The rows of each file, or why they cannot be collapsed. The rows given are of no use then.
    """
    load_collapsing()
    tasks = [
        (CollapseTask(title, path, rows.share(memory), strict),) for title, path, rows in files
    ]
    found: list[FileRows | InputError] = [rows for _, _, rows in files]
    for index, result in pool.run(collapse, tasks):
        memory.release(tasks[index][0].rows.directory)
        found[index] = result.take(memory) if isinstance(result, SharedRows) else result
    return found


def collapse(context: Context, task: CollapseTask) -> SharedRows | InputError:
    """Collapse the strands of one file; a fault in it is returned."""
    rows = task.rows.open(context.arenas)
    blocks = rows.blocks
    with_pct = any(block.with_pct for block in blocks)
    sink = BlockSink(context, rows.n_rows, ignore, with_pct=with_pct, with_kind=True)
    state = np.zeros(STATE_SIZE, np.int64)
    state[STRICT] = task.strict
    output = Output.new(1 + max((block.n_rows for block in blocks), default=0), with_pct=with_pct)
    if task.strict and has_only_cpg(context, rows):
        state[IMPLIED] = 1
    for block, columns in zip(blocks, rows.columns(context.arenas), strict=True):
        if not columns.kind.size:
            return _explained(task.path, rows.names, columns, state)
        collapse_rows(columns, output, state)
        if state[FAULT]:
            return _explained(task.path, rows.names, columns, state)
        context.release(block.extent)
        _hand_over(sink, output, state, keep=1)
    _hand_over(sink, output, state, keep=0)
    sink.finish()
    summary = replace(rows.summary, largest=sink.largest)
    return sink.rows(rows.names, summary, int(state[N_ADDED])).share(context)


def has_only_cpg(context: Context, rows: FileRows) -> bool:
    """Tell from the strands alone whether all rows of a file are of CpG.

    In a file of other cytosines, too, rows of one strand stand side by side (CC); where all are
    of CpG, only rows of different strands do, the C and the G. Of these there must be enough.
    """
    n_pairs = n_same = 0
    last = (-1, 0, 0)
    for columns in rows.columns(context.arenas):
        if not columns.kind.size:
            return False
        lengths = np.diff(columns.runs[:, 1], append=columns.pos.size)
        chrom = np.concatenate([[last[0]], np.repeat(columns.runs[:, 0], lengths)])
        pos = np.concatenate([[last[1]], columns.pos])
        strand = np.concatenate([[last[2]], columns.kind & BOTH])
        beside = (np.diff(pos) == 1) & (np.diff(chrom) == 0)
        n_pairs += int(np.count_nonzero(beside & (strand[:-1] == PLUS) & (strand[1:] == MINUS)))
        n_same += int(np.count_nonzero(beside & (strand[:-1] == strand[1:]) & (strand[1:] != 0)))
        last = int(chrom[-1]), int(pos[-1]), int(strand[-1])
    return n_pairs >= _LEAST_PAIRS and n_same <= _ODD_SHARE * n_pairs


def _hand_over(sink: BlockSink, output: Output, state: npt.NDArray[np.int64], *, keep: int) -> None:
    """Put all rows of the output but the last ones, which are kept, into the sink."""
    n, m = int(state[N_ROWS]), int(state[N_RUNS])
    gone = n - min(keep, n)
    runs = output.runs
    if gone:
        sink.append(runs[:m][runs[:m, 1] < gone], [column[:gone] for column in output.columns()])
    for column in output.columns():
        column[: n - gone] = column[gone:n]
    state[N_ROWS], state[N_RUNS] = n - gone, min(m, n - gone)
    if n > gone:
        runs[0] = runs[m - 1, 0], 0


def _explained(
    path: str, names: list[str], columns: Columns, state: npt.NDArray[np.int64]
) -> InputError:
    """Return what is wrong with a row."""
    fault = int(state[FAULT]) if columns.kind.size else NO_STRAND
    if fault in (NO_STRAND, NO_CONTEXT):
        lack = "strand" if fault == NO_STRAND else "context"
        return InputError(
            f"{path}: the text does not state the {lack} of its rows; expected it, since strands "
            "is collapse; give a reference, or set strands to keep"
        )
    where = f"{names[int(state[CHROM])]} {int(state[POS])}"
    if fault == NO_PARTNER:
        return InputError(
            f"{path}: found {where} as the G of a CpG; expected its C before it; check the format"
        )
    return InputError(
        f"{path}: the reads of both strands of the CpG with {where} add up to more than "
        f"{MAX_COUNT}; expected counts of 32 bits; fix the rows, or set strands to keep"
    )
