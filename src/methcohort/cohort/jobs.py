"""Handing the files of a cohort to the workers, large ones in spans, and taking their rows."""

from collections.abc import Mapping, Sequence

from ..core.errors import InputError
from ..core.progress import Progress
from ..engine import Memory, Pool, Session
from ..rows import FileRows, SharedRows
from .load import LoadTask, load_file
from .names import NameBudget
from .spans import expected_rows, join, plan_spans


def run_tasks(machine: Session, tasks: Mapping[int, LoadTask]) -> dict[int, FileRows | InputError]:
    """Load files, the largest first, so that no worker is left with one at the end."""
    pool, memory = machine
    plan = dict(zip(tasks, plan_spans(list(tasks.values()), pool.n_workers), strict=True))
    by_size = sorted(tasks, key=lambda k: -tasks[k].size)
    jobs = [(k, span) for k in by_size for span in plan[k]]
    jobs += [(k, tasks[k]) for k in by_size if not plan[k]]
    total = round(sum(expected_rows(task.path, task.size) for task in tasks.values()))
    with Progress("read", total, "rows") as progress:
        names = NameBudget(memory, pool.n_workers, len(jobs))
        files = _run_jobs(pool, memory, jobs, progress, names)
        again = [(k, tasks[k]) for k in by_size if files[k] is None]
        files |= _run_jobs(pool, memory, again, progress, names)
    names.check()
    return {k: result for k, result in files.items() if result is not None}


def _run_jobs(
    pool: Pool,
    memory: Memory,
    jobs: Sequence[tuple[int, LoadTask]],
    progress: Progress,
    names: NameBudget,
) -> dict[int, FileRows | InputError | None]:
    """Return the rows of each file, its fault, or None where its spans do not join."""
    found: dict[int, FileRows | InputError | None] = {}
    for index, result in pool.run(load_file, [(task,) for _, task in jobs], progress.add):
        if isinstance(result, SharedRows):
            found[index] = names.shared(result.take(memory))
        else:
            found[index] = result
    by_file: dict[int, list[FileRows | InputError | None]] = {}
    for index, (file, _) in enumerate(jobs):
        by_file.setdefault(file, []).append(found[index])
    return {
        file: spans[0] if len(spans) == 1 else _joined(memory, spans, progress)
        for file, spans in by_file.items()
    }


def _joined(
    memory: Memory, spans: Sequence[FileRows | InputError | None], progress: Progress
) -> FileRows | None:
    """Return the rows of a file's spans; where they do not join, their memory is given back."""
    rows = [span for span in spans if isinstance(span, FileRows)]
    whole = join(memory, rows) if len(rows) == len(spans) else None
    if whole is None:
        for span in rows:
            progress.add(-span.n_rows)
            for block in span.blocks:
                memory.release(block.extent)
    return whole
