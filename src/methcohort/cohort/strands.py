"""Collapsing strands: the G of a CpG goes to its C, one position before, and the reads are added.

A pass over the rows of a whole file, once they are in order and its parts are joined: what comes
out does not depend on how the file was cut. The pass runs in a worker, from block to block.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError
from ..core.progress import log
from ..engine import Context, Memory, Pool, ignore
from ..engine.compile import inline, kernel
from ..rows import (
    Block,
    BlockSink,
    Columns,
    Loaded,
    Rows,
    new_columns,
    runs_of,
    share_rows,
    take_rows,
    view_columns,
)
from ..store.cytosine import ANY_CONTEXT, BOTH, CPG, KIND_DTYPE, MINUS, PLUS
from ..store.schema import MAX_COUNT, PCT_DTYPE, POS_DTYPE
from .config import Config

# Indices into the int64 state of `collapse_rows`.
_N_ROWS: Final = 0  # rows in the output
_N_RUNS: Final = 1  # runs in the output
_N_ADDED: Final = 2  # rows that were added to another
_FAULT: Final = 3  # what is wrong with the row at which it stopped; 0 where nothing is
_CHROM: Final = 4  # of that row
_POS: Final = 5
_STRICT: Final = 6  # whether every row has to tell its strand and context
_IMPLIED: Final = 7  # whether rows that tell their strand and no context are of CpG
_STATE_SIZE: Final = 8

_LEAST_PAIRS: Final = 20
_ODD_SHARE: Final = 0.01

_NO_CONTEXT: Final = 1
_NO_STRAND: Final = 2
_NO_PARTNER: Final = 3
_TOO_LARGE: Final = 4


@dataclass(frozen=True, slots=True)
class CollapseTask:
    """The rows of a file: each block of `rows` is given back once it was read.

    Rows that do not tell strand or context are a fault where `strict`, and stay as they are where
    not: a reference has no cytosine there.
    """

    title: str
    path: str
    rows: Loaded
    strict: bool


class _Output(NamedTuple):
    """Room for the rows of a block and the one before it; sums do not overflow."""

    pos: npt.NDArray[np.int32]
    pct: npt.NDArray[np.float32]
    c: npt.NDArray[np.uint64]
    t: npt.NDArray[np.uint64]
    kind: npt.NDArray[np.uint8]


def collapse_strands(
    pool: Pool, memory: Memory, files: Sequence[tuple[str, str, Rows]], *, strict: bool
) -> list[Rows | InputError]:
    """Collapse the strands of files, given by a title for messages, path and rows.

    Parameters
    ----------
    strict : whether every row has to tell its strand and context

    Returns
    -------
    What each file's rows become, or why that cannot be told. The rows given are of no use then.
    """
    load_collapsing()
    tasks = [
        (CollapseTask(title, path, share_rows(memory, rows), strict),)
        for title, path, rows in files
    ]
    found: list[Rows | InputError] = [rows for _, _, rows in files]
    for index, result in pool.run(collapse, tasks):
        memory.release(tasks[index][0].rows.directory)
        found[index] = take_rows(memory, result) if isinstance(result, Loaded) else result
    return found


class Strands(NamedTuple):
    """What strands the rows of a file are of.

    Attributes
    ----------
    path : of the file
    merged : whether a row has the reads of both strands of a CpG
    split : whether it has rows of the reverse strand alone
    joined : whether its rows, of unknown strand, are at the C of CpGs only, next to other files
    blind : whether its text does not tell the strand
    """

    path: str
    merged: bool
    split: bool
    joined: bool = False
    blind: bool = False


def refuse_mixed_strands(files: Sequence[Strands], config: Config) -> None:
    """Refuse files some of which tell strands apart and some not.

    Where only positions say that strands were added, it is a warning unless `base_check` is error.

    Raises
    ------
    InputError
        That names one of each.
    """
    merged = next((file for file in files if file.merged), None)
    joined = next((file for file in files if file.joined), None)
    split = next((file for file in files if file.split), None)
    one = merged or joined
    if one is None or split is None:
        return
    rest = (
        f"{split.path} has rows of their own for those of the reverse strand; expected one or the "
        f"other in a cohort; set strands: collapse{_blind_told(files, config)}"
    )
    if merged:
        message = f"{one.path}: has the reads of both strands of a CpG in one row, and {rest}"
        raise InputError(message)
    message = (
        f"{one.path}: has rows at the C of CpGs only, as where the reads of both strands were "
        f"added, and {rest}, or set base_check: warn to take them as they are, as where reads of "
        "the reverse strand were left out"
    )
    if config.base_check == "error":
        raise InputError(message)
    log.warning("%s", message)


def _blind_told(files: Sequence[Strands], config: Config) -> str:
    """Return what collapsing needs besides, where a text does not tell the strand."""
    blind = next((file.path for file in files if file.blind), None)
    if blind is None or config.reference:
        return ""
    return f" and give a reference, since the text of {blind} does not tell the strand of its rows"


def collapse(context: Context, task: CollapseTask) -> Loaded | InputError:
    """Collapse the strands of one file; a fault in it is returned."""
    rows = task.rows
    names, runs = rows.read_directory(context)
    n_rows = sum(block.n_rows for block in rows.blocks)
    with_pct = any(block.with_pct for block in rows.blocks)
    sink = BlockSink(context, n_rows, ignore, with_pct=with_pct, with_kind=True)
    state = np.zeros(_STATE_SIZE, np.int64)
    state[_STRICT] = task.strict
    first = 0
    output, out_runs = _room(rows.blocks)
    if task.strict and has_only_cpg(context, rows, runs):
        state[_IMPLIED] = 1
    for block in rows.blocks:
        columns = view_columns(
            context.map(block.extent), block, runs_of(runs, first, first + block.n_rows)
        )
        if not columns.kind.size:
            return _explained(task.path, names, columns, state)
        collapse_rows(*columns, *output, out_runs, state)
        if state[_FAULT]:
            return _explained(task.path, names, columns, state)
        del columns
        context.release(block.extent)
        _hand_over(sink, output, out_runs, state, keep=1)
        first += block.n_rows
    _hand_over(sink, output, out_runs, state, keep=0)
    sink.finish()
    directory, n_runs, name_bytes = sink.write_directory(names)
    return Loaded(
        blocks=tuple(sink.blocks),
        directory=directory,
        n_runs=n_runs,
        name_bytes=name_bytes,
        summary=replace(rows.summary, largest=sink.largest),
        n_collapsed=int(state[_N_ADDED]),
    )


def has_only_cpg(context: Context, rows: Loaded, runs: npt.NDArray[np.int64]) -> bool:
    """Tell from the strands alone that all rows of a file are of CpG.

    In a file of other cytosines, too, rows of one strand stand side by side (CC); where all are
    of CpG, only rows of different strands do, the C and the G. Of these there must be enough.
    """
    n_pairs = n_same = first = 0
    last = (-1, 0, 0)
    for block in rows.blocks:
        part = runs_of(runs, first, first + block.n_rows)
        columns = view_columns(context.map(block.extent), block, part)
        if not columns.kind.size:
            return False
        lengths = np.diff(part[:, 1], append=block.n_rows)
        chrom = np.concatenate([[last[0]], np.repeat(part[:, 0], lengths)])
        pos = np.concatenate([[last[1]], columns.pos])
        strand = np.concatenate([[last[2]], columns.kind & BOTH])
        beside = (np.diff(pos) == 1) & (np.diff(chrom) == 0)
        n_pairs += int(np.count_nonzero(beside & (strand[:-1] == PLUS) & (strand[1:] == MINUS)))
        n_same += int(np.count_nonzero(beside & (strand[:-1] == strand[1:]) & (strand[1:] != 0)))
        last = int(chrom[-1]), int(pos[-1]), int(strand[-1])
        first += block.n_rows
    return n_pairs >= _LEAST_PAIRS and n_same <= _ODD_SHARE * n_pairs


def load_collapsing() -> None:
    """Compile or fetch the kernel, for both widths of counts."""
    runs = np.empty((0, 2), np.int32)
    for wide in (False, True):
        columns = new_columns(0, wide=wide, with_pct=False, with_kind=True)
        room, _ = _room(())
        state = np.zeros(_STATE_SIZE, np.int64)
        collapse_rows(*columns._replace(runs=runs), *room, runs, state)


@kernel
def collapse_rows(
    pos, pct, c, t, kind, runs, out_pos, out_pct, out_c, out_t, out_kind, out_runs, state
):
    """Add the rows of a block to the output, those of a reverse CpG at the position before.

    The columns are those of `Columns`, then those of `_Output`, whose rows `state` counts; `runs`
    and `out_runs` are int32[n, 2] of chromosome and first row. The last row of the output may be
    of the block before: the first one of this block may still be added to it.
    """
    n, m = state[_N_ROWS], state[_N_RUNS]
    for r in range(runs.shape[0]):
        chrom, first = runs[r, 0], runs[r, 1]
        stop = runs[r + 1, 1] if r + 1 < runs.shape[0] else pos.size
        if m == 0 or out_runs[m - 1, 0] != chrom:
            out_runs[m, 0], out_runs[m, 1] = chrom, n
            m += 1
        start = out_runs[m - 1, 1]
        for i in range(first, stop):
            what = kind[i]
            if state[_IMPLIED] and what & ANY_CONTEXT == 0 and what & BOTH:
                what |= CPG
            position = pos[i] - is_reverse_cpg(what)
            fault = 0
            if what & ANY_CONTEXT == 0:
                if what & BOTH != BOTH:
                    fault = _NO_CONTEXT * state[_STRICT]
            elif what & CPG:
                if what & BOTH == 0:
                    fault = _NO_STRAND * state[_STRICT]
                what |= BOTH
            if position == 0:
                fault = _NO_PARTNER
            if n > start and out_pos[n - 1] == position:
                k = n - 1
                out_c[k] += np.uint64(c[i])
                out_t[k] += np.uint64(t[i])
                out_kind[k] |= what
                total = out_c[k] + out_t[k]
                if out_pct.size > 0:
                    out_pct[k] = 100.0 * out_c[k] / total if total > 0 else np.nan
                state[_N_ADDED] += 1
                if max(out_c[k], out_t[k]) > MAX_COUNT:
                    fault = _TOO_LARGE
            else:
                out_pos[n] = position
                out_c[n], out_t[n], out_kind[n] = c[i], t[i], what
                if out_pct.size > 0:
                    out_pct[n] = pct[i]
                n += 1
            if fault:
                state[_FAULT], state[_CHROM], state[_POS] = fault, chrom, pos[i]
                return
    state[_N_ROWS], state[_N_RUNS] = n, m


def _room(blocks: Sequence[Block]) -> tuple[_Output, npt.NDArray[np.int32]]:
    """Return room for the output of the largest block and a row before it."""
    n = 1 + max((block.n_rows for block in blocks), default=0)
    with_pct = any(block.with_pct for block in blocks)
    output = _Output(
        np.empty(n, POS_DTYPE),
        np.empty(n * with_pct, PCT_DTYPE),
        np.empty(n, np.uint64),
        np.empty(n, np.uint64),
        np.empty(n, KIND_DTYPE),
    )
    return output, np.empty((n, 2), np.int32)


def _hand_over(
    sink: BlockSink,
    output: _Output,
    runs: npt.NDArray[np.int32],
    state: npt.NDArray[np.int64],
    *,
    keep: int,
) -> None:
    """Put all rows of the output but the last ones, which are kept, into the sink."""
    n, m = int(state[_N_ROWS]), int(state[_N_RUNS])
    gone = n - min(keep, n)
    if gone:
        sink.append(runs[:m][runs[:m, 1] < gone], [column[:gone] for column in output])
    for column in output:
        column[: n - gone] = column[gone:n]
    state[_N_ROWS], state[_N_RUNS] = n - gone, min(m, n - gone)
    if n > gone:
        runs[0] = runs[m - 1, 0], 0


def _explained(
    path: str, names: list[str], columns: Columns, state: npt.NDArray[np.int64]
) -> InputError:
    """Return what is wrong with a row."""
    fault = int(state[_FAULT]) if columns.kind.size else _NO_STRAND
    if fault in (_NO_STRAND, _NO_CONTEXT):
        lack = "strand" if fault == _NO_STRAND else "context"
        return InputError(
            f"{path}: the text does not tell the {lack} of its rows; expected it, since strands is "
            "collapse; give a reference, or set strands to keep"
        )
    where = f"{names[int(state[_CHROM])]} {int(state[_POS])}"
    if fault == _NO_PARTNER:
        return InputError(
            f"{path}: found {where} as the G of a CpG; expected its C before it; check the format"
        )
    return InputError(
        f"{path}: the reads of both strands of the CpG with {where} add up to more than "
        f"{MAX_COUNT}; expected counts of 32 bits; mend the rows, or set strands to keep"
    )


@inline
def is_reverse_cpg(kind):
    """Tell whether a row is the G of a CpG: a cytosine of the reverse strand alone."""
    return kind & (BOTH | CPG) == MINUS | CPG
