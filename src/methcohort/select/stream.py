"""One pass over a selection by worker processes, a range of sites or a group of samples a task."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ..core.errors import StoreError
from ..core.progress import Progress
from ..engine import Context, Resources, session
from ..store import StoreReader
from ..store.schema import BLOCK_SITES
from .selection import Choice, Selection
from .store import Store

Function = Callable[..., Any]
"""Called with a part, a `Selection`, and further arguments; a function of a module."""


class _Task(NamedTuple):
    """A part of a selection as a worker gets it; `title` names it where the worker is lost."""

    title: str
    path: Path
    digest: str
    choice: Choice


def stream(
    selection: Selection,
    function: Function,
    resources: Resources,
    *arguments: Any,
    title: str,
    span: int = BLOCK_SITES,
    task_bytes: int = 0,
) -> Iterator[Any]:
    """Call a function for each range of sites, in worker processes; yield the results in order.

    Parameters
    ----------
    function : called with a part of the selection and `arguments`
    title : of the step, for the progress
    span : ranges are cut at its multiples, whatever the workers and the memory
    task_bytes : memory that a call takes

    Raises
    ------
    BudgetError
        Where the memory is too small.
    StoreError
        Where another store has taken the place of this one.
    """
    edges = selection.starts(span)
    parts = (selection.restrict(start, start + span) for start in edges)
    yield from _run(selection, parts, len(edges), function, resources, arguments, title, task_bytes)


def stream_samples(
    selection: Selection,
    function: Function,
    resources: Resources,
    *arguments: Any,
    title: str,
    group: int | None = None,
    task_bytes: int = 0,
) -> Iterator[Any]:
    """Do the same for each group of samples, at all sites of the selection.

    Parameters
    ----------
    group : samples of one; None takes those of a chunk of the store, so that none is read twice
    """
    n = group or selection.store.chunk[0]
    starts = range(0, len(selection.samples), n)
    parts = (selection.of_samples(start, start + n) for start in starts)
    yield from _run(
        selection, parts, len(starts), function, resources, arguments, title, task_bytes
    )


def _run(
    selection: Selection,
    parts: Iterable[Selection],
    n_parts: int,
    function: Function,
    resources: Resources,
    arguments: tuple[Any, ...],
    title: str,
    task_bytes: int,
) -> Iterator[Any]:
    store = selection.store
    path, digest = store.path.absolute(), store.digest
    tasks = (
        (
            _Task(f"{title}, part {k + 1} of {n_parts}", path, digest, part.choice),
            function,
            arguments,
        )
        for k, part in enumerate(parts)
    )
    budget = resources.divide(task_bytes)
    with session(resources, budget) as machine, Progress(title, n_parts, "parts") as progress:
        for result in machine.pool.map(_work, tasks, window=resources.window):
            progress.add(1)
            yield result


def _work(_context: Context, task: _Task, function: Function, arguments: tuple[Any, ...]) -> Any:
    return function(Selection(_opened(task.path, task.digest), task.choice), *arguments)


@lru_cache(1)
def _opened(path: Path, digest: str) -> StoreReader:
    """Return the store, which a worker opens once."""
    store = Store(path)
    if store.digest != digest:
        store.close()
        message = f"{path}: another store has taken its place meanwhile; run again"
        raise StoreError(message)
    return store
