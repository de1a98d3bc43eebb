"""One pass over a selection by worker processes, a range of sites or a group of samples a task.

A worker opens the store itself, once: what it is sent are numbers of samples and sites.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..core.errors import StoreError
from ..core.progress import Progress
from ..engine import Budget, Context, Resources, session
from ..store.schema import BLOCK_SITES
from .selection import Choice, Selection
from .spans import n_of
from .store import Store

Function = Callable[..., Any]
"""Called with a part, a `Selection`, and further arguments; a function of a module."""

CELL_BYTES: Final = 32
"""Memory that a value of a sample at a site takes while c, t, coverage and level are read."""


class _Task(NamedTuple):
    """A part of a selection as a worker gets it; `title` names it where the worker is lost."""

    title: str
    path: Path
    digest: str
    choice: Choice


class _Step(NamedTuple):
    """What is done with each part, and of how many `unit` in all."""

    title: str
    function: Function
    arguments: Sequence[Any]
    total: int
    unit: str


def stream(
    selection: Selection,
    function: Function,
    resources: Resources,
    *arguments: Any,
    title: str,
    span: int = BLOCK_SITES,
    task_bytes: int = 0,
    result_bytes: int = 0,
) -> Iterator[Any]:
    """Call a function for each range of sites, in worker processes; yield the results in order.

    Kernels that it needs are loaded before, so that each is compiled once.

    Parameters
    ----------
    function : called with a part of the selection and `arguments`; a part that is large is read in
        blocks of as many sites as `fitting_sites` gives, with the same result
    title : of the step, for its progress
    span : ranges are cut at its multiples, whatever the workers and the memory
    task_bytes, result_bytes : memory that a call takes, and that its result takes

    Raises
    ------
    BudgetError
        Where the memory is too small.
    StoreError
        Where another store has taken the place of this one, or it is damaged.
    """
    parts = (selection.restrict(start, start + span) for start in selection.starts(span))
    step = _Step(title, function, arguments, n_of(selection.spans), "sites")
    budget = resources.divide(task_bytes, result_bytes * resources.window)
    yield from _run(selection, parts, step, resources, budget)


def stream_samples(
    selection: Selection,
    function: Function,
    resources: Resources,
    *arguments: Any,
    title: str,
    group: int | None = None,
    task_bytes: int = 0,
    result_bytes: int = 0,
) -> Iterator[Any]:
    """Do the same for each group of samples, at all sites of the selection.

    Parameters
    ----------
    group : samples of one; None takes those of a chunk of the store, so that none is read twice
    """
    n = group or selection.store.chunk[0]
    starts = range(0, len(selection.samples), n)
    parts = (selection.of_samples(start, start + n) for start in starts)
    step = _Step(title, function, arguments, len(selection.samples), "samples")
    budget = resources.divide(task_bytes, result_bytes * resources.window)
    yield from _run(selection, parts, step, resources, budget)


def fitting_sites(
    n_samples: int,
    resources: Resources,
    *,
    cell_bytes: int = CELL_BYTES,
    result_bytes: int = 0,
    span: int = BLOCK_SITES,
) -> int:
    """Return of how many sites a block fits the memory of a worker: `span`, its half, quarter ...

    With as many sites, `task_bytes` of `stream` is `cell_bytes * n_samples` of each.

    Parameters
    ----------
    cell_bytes : memory that a value of a sample at a site takes
    result_bytes : that a result takes, see `stream`

    Raises
    ------
    BudgetError
        Where not even one site fits.
    """
    room = resources.room(result_bytes * resources.window)
    sites = span
    while sites > 1 and sites * n_samples * cell_bytes > room:
        sites //= 2
    resources.divide(sites * n_samples * cell_bytes, result_bytes * resources.window)
    return sites


def _run(
    selection: Selection,
    parts: Iterable[Selection],
    step: _Step,
    resources: Resources,
    budget: Budget,
) -> Iterator[Any]:
    store = selection.store
    path, digest = store.path.absolute(), store.digest
    amounts: list[int] = []

    def tasks() -> Iterator[tuple[_Task | Selection, Function, Sequence[Any]]]:
        for part in parts:
            amounts.append(n_of(part.spans) if step.unit == "sites" else len(part.samples))
            name = f"{step.title}, part {len(amounts)}"
            task = _Task(name, path, digest, part.choice) if resources.workers else part
            yield task, step.function, step.arguments

    with (
        session(resources, budget) as machine,
        Progress(step.title, step.total, step.unit) as progress,
    ):
        for k, result in enumerate(machine.pool.map(_work, tasks(), window=resources.window)):
            progress.add(amounts[k])
            yield result


def _work(
    _context: Context, task: _Task | Selection, function: Function, arguments: Sequence[Any]
) -> Any:
    part = task
    if isinstance(task, _Task):
        part = Selection(_opened(task.path, task.digest), task.choice)
    return function(part, *arguments)


@lru_cache(1)
def _opened(path: Path, digest: str) -> Store:
    """Return the store, which a worker opens once."""
    store = Store(path)
    if store.digest != digest:
        store.close()
        message = f"{path}: another store has taken its place meanwhile; run again"
        raise StoreError(message)
    return store
