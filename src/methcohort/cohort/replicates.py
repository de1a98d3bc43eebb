"""Replicates: the rows of several files of one sample, summed into one row per site.

A pass in a worker over the files of one sample, once each is in order: rows are put in the order of
the store's chromosomes, and those of one site are added. Counts are added as they are, so neither
the order of the files nor that of the samples matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError
from ..engine import Context, Memory, Pool, ignore
from ..rows import (
    Block,
    BlockSink,
    Columns,
    Loaded,
    Rows,
    SumTooLargeError,
    runs_of,
    share_rows,
    sort_rows,
    take_rows,
    view_columns,
)
from ..store.schema import MAX_COUNT

_MOST_PATHS: Final = 5


class Group(NamedTuple):
    """The files of one sample: its name, their paths, and the rows of each."""

    name: str
    paths: tuple[str, ...]
    files: tuple[Rows, ...]


class Summed(NamedTuple):
    """The rows of a sample, how many were added to another, and the largest count."""

    rows: Rows
    n_added: int
    largest: int


@dataclass(frozen=True, slots=True)
class SumTask:
    """The files of a sample, whose chromosomes have common numbers; blocks are given back."""

    title: str
    name: str
    paths: tuple[str, ...]
    files: tuple[Loaded, ...]


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
                tuple(share_rows(memory, _renumbered(rows, names, number)) for rows in group.files),
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
        loaded, largest = result
        rows = take_rows(memory, loaded)
        n_before = sum(file.n_rows for file in groups[index].files)
        found[index] = Summed(rows, n_before - rows.n_rows, largest)
    return [found[index] for index in range(len(groups))]


def _renumbered(rows: Rows, names: list[str], number: dict[str, int]) -> Rows:
    """Return rows whose runs have the numbers of common names."""
    runs = rows.runs.copy()
    runs[:, 0] = np.array([number[name] for name in rows.names], np.int64)[runs[:, 0]]
    return replace(rows, runs=runs, names=names)


def sum_files(context: Context, task: SumTask) -> tuple[Loaded, int] | InputError:
    """Sum the files of one sample; return its rows and the largest count, or the fault."""
    blocks = [block for file in task.files for block in file.blocks]
    with_kind = any(block.with_kind for block in blocks)
    first = task.files[0]
    names, _ = first.read_directory(context)
    sink = BlockSink(
        context,
        sum(block.n_rows for block in blocks),
        ignore,
        with_pct=any(block.with_pct for block in blocks),
        with_kind=with_kind,
    )
    columns = [one for file in task.files for one in _columns(context, file, with_kind=with_kind)]
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
    directory, n_runs, name_bytes = sink.write_directory(names)
    loaded = Loaded(tuple(sink.blocks), directory, n_runs, name_bytes, first.summary)
    return loaded, sink.largest


def _columns(context: Context, file: Loaded, *, with_kind: bool) -> list[Columns]:
    """Return the columns of each block of a file, with the runs that it has."""
    _, runs = file.read_directory(context)
    found, start = [], 0
    for block in file.blocks:
        stop = start + block.n_rows
        own = runs_of(runs, start, stop)
        found.append(_view(context, block, own, with_kind=with_kind))
        start = stop
    return found


def _view(
    context: Context, block: Block, runs: npt.NDArray[np.int32], *, with_kind: bool
) -> Columns:
    columns = view_columns(context.map(block.extent), block, runs)
    if with_kind and not block.with_kind:  # nothing is known of its rows
        return columns._replace(kind=np.zeros(block.n_rows, np.uint8))
    return columns
