"""Each file next to the reference: its positions compared, its rows given a strand and a context.

A pass over the rows of a whole file, once they are in order and its parts are joined. It runs in a
worker, from block to block.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError
from ..engine import Context, Memory, Pool, ignore
from ..genome import Genome, OpenGenome, kinds_at
from ..rows import BlockSink, Columns, FileRows, SharedRows
from ..store.cytosine import ANY_CONTEXT, KIND_DTYPE
from .against_reference import SHIFTED, Verdict, judge
from .base_counts import count_rows

_FEW_ROWS: Final = 20
_FEW_CONTEXTS: Final = 0.1
"""Rows, and the share of them, whose context may differ from that of the reference: a variant
beside a cytosine changes its context, in a few rows of a hundred at most."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted of one file's rows.

    Attributes
    ----------
    title, path : for messages
    base : number of a chromosome's first base in the format that the file was read in
    rival_shift : what is to be added to its positions if it is its rival; 0 where it has none
    rival_kind : the kind of every row if it is its rival; 0 where that does not follow
    with_kinds : whether its rows are to get the strand and context of the reference
    contexts : bits of the contexts of which rows are kept; 0 keeps all
    counted : bits of the contexts outside of which rows are off the reference; 0 counts none
    """

    title: str
    path: str
    base: int
    rival_shift: int
    rival_kind: int
    with_kinds: bool
    contexts: int
    counted: int


@dataclass(frozen=True, slots=True)
class AnnotateTask:
    """A file's rows; where they get kinds, each block is given back once it was read."""

    title: str
    wishes: Wishes
    rows: SharedRows
    genome: Genome
    reference: str


@dataclass(frozen=True, slots=True)
class Annotated:
    """A file's rows after they were compared with the reference.

    Attributes
    ----------
    rows : those that are left; the summary counts those dropped for their context
    verdict : whether they fit as they were read
    is_rival : whether they fit now that they are shifted, so that the file is its rival
    n_off_reference : rows at no cytosine of the contexts that are counted
    n_contexts : rows whose context is known from both the text and the reference
    n_other_contexts : those of them where they differ
    """

    rows: FileRows
    verdict: Verdict
    is_rival: bool
    n_off_reference: int
    n_contexts: int
    n_other_contexts: int

    @property
    def has_other_contexts(self) -> bool:
        """Tell whether the text has other contexts than the reference in more than a few rows."""
        few = max(_FEW_ROWS, _FEW_CONTEXTS * self.n_contexts)
        return self.n_other_contexts > few


def annotate_files(
    pool: Pool,
    memory: Memory,
    files: Sequence[tuple[Wishes, FileRows]],
    genome: Genome,
    reference: str,
) -> list[Annotated]:
    """Compare files with the reference, whose path is `reference`.

    The rows given are of no use then.
    """
    tasks = [
        (AnnotateTask(wishes.title, wishes, rows.share(memory), genome, reference),)
        for wishes, rows in files
    ]
    annotated = []
    for (task,), (loaded, verdict, is_rival, counts) in zip(
        tasks, pool.map(annotate, tasks), strict=True
    ):
        if loaded.directory != task.rows.directory:
            memory.release(task.rows.directory)
        annotated.append(Annotated(loaded.take(memory), verdict, is_rival, *counts))
    return annotated


def annotate(context: Context, task: AnnotateTask) -> tuple[SharedRows, Verdict, bool, list[int]]:
    """Compare one file with the reference; see `Annotated`.

    Raises
    ------
    InputError
        Where a row has no position left after the shift that fits the others.
    """
    wishes, genome = task.wishes, task.genome.open(context.arenas)
    given = task.rows.open(context.arenas)
    names, columns = given.names, list(given.columns(context.arenas))
    figures = count_rows(genome, names, columns, context.arenas.forget_scratch)
    verdict = judge(figures, task.reference, genome.names, wishes.base)
    shifted = verdict.outcome == SHIFTED and verdict.shift == wishes.rival_shift
    is_rival = bool(wishes.rival_shift) and shifted
    if is_rival:
        _take_rival(columns, wishes)
    counts = np.zeros(3, np.int64)
    for block in columns:
        counts += _compare_kinds(genome, names, block, wishes.counted)
    context.arenas.forget_scratch()
    rows = task.rows
    if wishes.with_kinds:
        rows = _with_kinds(context, given, wishes.contexts, genome, columns).share(context)
    return rows, verdict, is_rival, counts.tolist()


def _take_rival(columns: Sequence[Columns], wishes: Wishes) -> None:
    """Shift all rows to where the file's rival has them."""
    for block in columns:
        if int(block.pos.min()) + wishes.rival_shift < 1:
            message = (
                f"{wishes.path}: found the position 0 after a shift by {wishes.rival_shift:+d}, "
                "which the other rows need to fit the reference; expected 1 or more; fix the "
                "rows, or name the format in the sheet"
            )
            raise InputError(message)
        block.pos[:] += wishes.rival_shift
        block.kind[:] |= np.uint8(wishes.rival_kind)


def _with_kinds(
    context: Context,
    rows: FileRows,
    contexts: int,
    genome: OpenGenome,
    columns: list[Columns],
) -> FileRows:
    """Return new blocks of the rows that are kept, with kinds; the old ones are given back."""
    with_pct = any(block.with_pct for block in rows.blocks)
    sink = BlockSink(context, rows.n_rows, ignore, with_pct=with_pct, with_kind=True)
    for block in rows.blocks:
        _add_kinds(genome, rows.names, columns.pop(0), contexts, sink)
        context.release(block.extent)
    sink.finish()
    n_dropped = rows.summary.n_dropped_contexts + rows.n_rows - sink.n_rows
    summary = replace(rows.summary, largest=sink.largest, n_dropped_contexts=n_dropped)
    return sink.rows(rows.names, summary, rows.n_collapsed)


def _kinds(genome: OpenGenome, names: list[str], block: Columns) -> npt.NDArray[np.uint8]:
    """Return what the reference has at the rows of a block; 0 on chromosomes it does not have."""
    kinds = np.zeros(block.pos.size, KIND_DTYPE)
    stops = np.append(block.runs[1:, 1], block.pos.size).tolist()
    for (chrom, start), stop in zip(block.runs.tolist(), stops, strict=True):
        found = genome.chromosome(names[chrom])
        if found is not None:
            kinds_at(found.planes, found.length, block.pos[start:stop], kinds[start:stop])
    return kinds


def _compare_kinds(
    genome: OpenGenome, names: list[str], block: Columns, counted: int
) -> tuple[int, int, int]:
    """Return the last three counts of `Annotated` for the rows of a block."""
    if not counted and not block.kind.size:
        return 0, 0, 0
    kinds = _kinds(genome, names, block)
    n_off = int(np.count_nonzero(kinds & counted == 0)) if counted else 0
    if not block.kind.size:
        return n_off, 0, 0
    own, theirs = block.kind & ANY_CONTEXT, kinds & ANY_CONTEXT
    known = (own != 0) & (theirs != 0)
    return n_off, int(np.count_nonzero(known)), int(np.count_nonzero(known & (own & theirs == 0)))


def _add_kinds(
    genome: OpenGenome, names: list[str], block: Columns, contexts: int, sink: BlockSink
) -> None:
    """Put the rows of a block into `sink`, with kinds, but for those of other contexts."""
    kinds = _kinds(genome, names, block)
    if block.kind.size:
        kinds |= block.kind
    kept = kinds & contexts != 0 if contexts else np.ones(kinds.size, np.bool_)
    if not kept.any():
        return
    rows = [column[kept] if column.size else column for column in (*block[:4], kinds)]
    first = np.concatenate([[0], np.cumsum(kept)])[block.runs[:, 1]]
    filled = np.diff(first, append=int(kept.sum())) > 0
    sink.append(np.column_stack([block.runs[filled, 0], first[filled]]), rows)
