"""Replicates: the rows of several files of one sample, summed into one row per site.

A pass in a worker over the files of one sample, once each is in order: rows are put in the order of
the store's chromosomes, and those of one site are added. Counts are added as they are, so neither
the order of the files nor that of the samples matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from ..core.errors import InputError
from ..engine import Context, Memory, Pool, ignore
from ..rows import (
    BlockSink,
    Columns,
    FileRows,
    SharedRows,
    SumTooLargeError,
    sort_rows,
)
from ..store.schema import MAX_COUNT

_MOST_PATHS: Final = 5


class Group(NamedTuple):
    """The files of one sample: its name, their paths, and the rows of each."""

    name: str
    paths: tuple[str, ...]
    files: tuple[FileRows, ...]


class Summed(NamedTuple):
    """The rows of a sample, how many were added to another, and the largest count."""

    rows: FileRows
    n_added: int
    largest: int


@dataclass(frozen=True, slots=True)
class SumTask:
    """The files of a sample, whose chromosomes have common numbers; blocks are given back."""

    title: str
    name: str
    paths: tuple[str, ...]
    files: tuple[SharedRows, ...]


def sum_replicates(
    pool: Pool, memory: Memory, groups: Sequence[Group], chroms: Sequence[str]
) -> list[Summed | InputError]:
    """Sum the files of each sample.

    Parameters
    ----------
    groups : the samples that have several files; their rows are of no use afterwards
    chroms : names of the chromosomes in the order of the store

    Returns
    -------
    The rows of each sample, with the summary of its first file, or why they cannot be added.
    """
    seen = (name for group in groups for rows in group.files for name in rows.names)
    names = list(dict.fromkeys((*chroms, *seen)))
    number = {name: k for k, name in enumerate(names)}
    tasks = [
        (
            SumTask(
                f"sample {group.name} ({', '.join(group.paths[:_MOST_PATHS])})",
                group.name,
                group.paths,
                tuple(_renumbered(rows, names, number).share(memory) for rows in group.files),
            ),
        )
        for group in groups
    ]
    found: dict[int, Summed | InputError] = {}
    for index, result in pool.run(sum_files, tasks):
        for file in tasks[index][0].files:
            memory.release(file.directory)
        if isinstance(result, InputError):
            found[index] = result
            continue
        summed, largest = result
        rows = summed.take(memory)
        n_before = sum(file.n_rows for file in groups[index].files)
        found[index] = Summed(rows, n_before - rows.n_rows, largest)
    return [found[index] for index in range(len(groups))]


def _renumbered(rows: FileRows, names: list[str], number: dict[str, int]) -> FileRows:
    """Return rows whose runs have the numbers of common names."""
    runs = rows.runs.copy()
    runs[:, 0] = np.array([number[name] for name in rows.names], np.int64)[runs[:, 0]]
    return replace(rows, runs=runs, names=names)


def sum_files(context: Context, task: SumTask) -> tuple[SharedRows, int] | InputError:
    """Sum the files of one sample; return its rows and the largest count, or the fault."""
    names = task.files[0].open(context.arenas).names  # all files have these
    files = [file.open(context.arenas, names) for file in task.files]
    blocks = [block for file in files for block in file.blocks]
    with_kind = any(block.with_kind for block in blocks)
    sink = BlockSink(
        context,
        sum(block.n_rows for block in blocks),
        ignore,
        with_pct=any(block.with_pct for block in blocks),
        with_kind=with_kind,
    )
    columns = [one for file in files for one in file.columns(context.arenas)]
    if with_kind:
        columns = [_with_kind(one) for one in columns]
    try:
        sort_rows(columns, len(names), "sum", sink)
    except SumTooLargeError as error:
        chrom, pos = error.sites[0].tolist()
        more = ", ..." if len(task.paths) > _MOST_PATHS else ""
        message = (
            f"sample {task.name}: the reads of its files at {names[chrom]}:{pos} add up to more "
            f"than {MAX_COUNT:,} ({', '.join(task.paths[:_MOST_PATHS])}{more}); expected sums of "
            "at most 32 bits; fix the counts, or give the files other values of merge_as"
        )
        return InputError(message)
    sink.finish()
    del columns
    for block in blocks:
        context.release(block.extent)
    return sink.rows(names, files[0].summary).share(context), sink.largest


def _with_kind(columns: Columns) -> Columns:
    """Return columns with kinds; where a block has none, nothing is known of its rows."""
    if columns.kind.size:
        return columns
    return columns._replace(kind=np.zeros(columns.pos.size, np.uint8))
