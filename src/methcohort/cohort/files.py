"""Loading the files of a cohort: each is identified, read by the workers, and its parts joined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..core.errors import BudgetError, InputError, joined
from ..core.progress import Progress, log
from ..engine import LEAST_ROWS_BYTES, Memory, Pool, names_bytes
from ..engine.compile import announced
from ..files import identity
from ..genome import Aliases, renamed
from ..readers import KERNELS, Format
from ..readers import warm as warm_reader
from ..rows import NARROW, Loaded, Rows, take_rows
from ..store.cytosine import CONTEXT_BITS
from ..store.schema import PCT_LAYER, TEXT_DROPS
from .config import Config
from .identify import Identified, identify_files
from .load import LoadTask, load
from .parts import expected_rows, join, plan_parts
from .records import Input
from .sheet import Cohort, Source, stored_format

_SPARE_BYTES: Final = LEAST_ROWS_BYTES // 2
"""What names may take of the least memory that is left for rows."""

_TOO_MUCH: Final = 4
"""How many times the room for them names take where no more files are read."""


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A text file on its way to the store.

    Attributes
    ----------
    sample : number of the sample that it is of
    source : its row of the sheet
    found : what form of text it is, and how that was decided
    rows : its rows, with names of the store
    n_renamed : rows whose chromosome has another name in the text
    n_off_reference : rows at no cytosine of the reference
    fits : whether it was found to fit the reference
    is_split : whether rows of unknown strand turned out to be of both strands of a CpG, each apart
    is_joined : whether rows of unknown strand turned out to be at the C of CpGs only
    """

    sample: int
    source: Source
    found: Identified
    rows: Rows
    n_renamed: int = 0
    n_off_reference: int = 0
    fits: bool = False
    is_split: bool = False
    is_joined: bool = False

    @property
    def path(self) -> str:
        """Path of the file."""
        return self.source.path

    @property
    def title(self) -> str:
        """What to call the file where work on it fails."""
        return _title(self.source)

    @property
    def names(self) -> list[str]:
        """Names of the chromosomes that have a row; all, where none has one."""
        present = np.unique(self.rows.runs[:, 0]).tolist()
        return [self.rows.names[k] for k in present] or self.rows.names

    def as_input(self, n_summed: int = 0) -> Input:
        """Return what the store tells of the file.

        `n_summed` rows were added to those of another file of the sample.
        """
        summary = self.rows.summary
        return Input(
            sample=self.sample,
            name=self.source.name,
            path=self.source.given,
            format=stored_format(self.found.form.name, self.source.columns),
            base=self.found.form.base,
            decided_by=self.found.decided_by,
            summary=summary,
            n_kept=summary.n_rows - summary.n_dropped_chroms,
            n_renamed=self.n_renamed,
            n_collapsed=self.rows.n_collapsed,
            n_summed_replicates=n_summed,
            n_off_reference=self.n_off_reference,
            n_merged_rows=self._n_merged_rows(),
        )

    def _n_merged_rows(self) -> int:
        """Return how many kept rows have the reads of both strands."""
        summary = self.rows.summary
        if self.found.form.merged != "yes":
            return summary.n_merged_rows
        return summary.n_rows - sum(int(getattr(summary, name)) for name in TEXT_DROPS)


def load_files(
    pool: Pool, memory: Memory, cohort: Cohort, config: Config, aliases: Aliases
) -> list[LoadedFile]:
    """Load all files of a cohort, by sample.

    Raises
    ------
    InputError
        With the first fault of each bad file.
    """
    if not cohort.samples:
        return []
    listed = [(k, source) for k, sample in enumerate(cohort.samples) for source in sample.sources]
    sources = [source for _, source in listed]
    found = identify_files(
        pool,
        [(_title(one), one.path, one.format, one.columns) for one in sources],
        config.custom,
        [one.known for one in sources],
    )
    tasks = {}
    results: dict[int, Rows | InputError] = {}
    for k, (source, one) in enumerate(zip(sources, found, strict=True)):
        fault = one if isinstance(one, InputError) else _lack(source, one, config)
        if fault is not None:
            results[k] = fault
        elif isinstance(one, Identified):
            tasks[k] = load_task(source, one, config, aliases)
    kernels = {(one.form.name in KERNELS, one.form.dialect is None): one for one in tasks.values()}
    for task in kernels.values():
        load_reader(task.form)
    _tell_dialects(found, sources)
    results |= _load_tasks(pool, memory, tasks)
    files = []
    for k, (sample, source) in enumerate(listed):
        rows, one = results[k], found[k]
        if isinstance(rows, Rows) and isinstance(one, Identified):
            try:
                rows, n_renamed = _renamed(rows, aliases, source.path)
                files.append(LoadedFile(sample, source, one, rows, n_renamed))
            except InputError as fault:
                results[k] = fault
    faults = [str(results[k]) for k in range(len(listed)) if isinstance(results[k], InputError)]
    if faults:
        raise InputError(joined(faults, "file"))
    return files


def _tell_dialects(found: Sequence[Identified | InputError], sources: Sequence[Source]) -> None:
    """Tell of files whose fields are not plainly written how they are read, many in one line."""
    told: dict[str, list[str]] = {}
    for source, one in zip(sources, found, strict=True):
        if isinstance(one, Identified) and one.form.dialect is not None:
            told.setdefault(one.form.dialect.describe(), []).append(source.path)
    for sentence, paths in told.items():
        more = f" and {len(paths) - 1:,} more files" if len(paths) > 1 else ""
        log.info("%s%s: %s", paths[0], more, sentence)


def load_task(source: Source, found: Identified, config: Config, aliases: Aliases) -> LoadTask:
    """Return the task of loading a file."""
    file = found.file or identity(source.path)  # one that has gone is the reader's to tell
    return LoadTask(
        title=_title(source),
        path=source.path,
        size=file.size if file else 0,
        form=found.form,
        aliases=aliases,
        include=config.chroms.include,
        exclude=config.chroms.exclude,
        duplicates=config.duplicates,
        uncovered=config.uncovered,
        pct_check=config.pct_check,
        pct_tolerance=config.pct_tolerance,
        with_pct=PCT_LAYER in config.layers,
        with_kind=found.with_kind,
        contexts=context_bits(config) if found.form.with_context else 0,
        modification=config.modification,
        inexact=config.inexact_counts == "accept",
        file=found.file,
    )


def context_bits(config: Config) -> int:
    """Return the contexts that are wanted as bits of `cytosine.py`; 0 keeps all rows."""
    return sum(CONTEXT_BITS[name] for name in config.contexts)


def _title(source: Source) -> str:
    return f"sample {source.name} ({source.path})"


def _lack(source: Source, found: Identified, config: Config) -> InputError | None:
    """Return the fault of a file that does not tell the context, where only some are wanted."""
    if not config.contexts or found.form.with_context or config.reference:
        return None
    return InputError(
        f"{source.path}: {found.form.title} does not tell the context of its rows; expected it, "
        f"since contexts is {', '.join(config.contexts)}; give a reference, or leave contexts empty"
    )


def _renamed(rows: Rows, aliases: Aliases, path: str) -> tuple[Rows, int]:
    """Return rows with the names of the store, and how many have another name in the text."""
    names = renamed(rows.names, aliases, path)
    differ = np.array([old != new for old, new in zip(rows.names, names, strict=True)], np.bool_)
    sizes = np.diff(rows.runs[:, 1], append=rows.n_rows)
    n_renamed = int(sizes[differ[rows.runs[:, 0]]].sum()) if len(rows.runs) else 0
    return replace(rows, names=names), n_renamed


def _load_tasks(
    pool: Pool, memory: Memory, tasks: Mapping[int, LoadTask]
) -> dict[int, Rows | InputError]:
    """Load files, the largest first, so that no worker is left with one at the end."""
    plan = dict(zip(tasks, plan_parts(list(tasks.values()), pool.n_workers), strict=True))
    by_size = sorted(tasks, key=lambda k: -tasks[k].size)
    jobs = [(k, part) for k in by_size for part in plan[k]]
    jobs += [(k, tasks[k]) for k in by_size if not plan[k]]
    total = round(sum(expected_rows(task.path, task.size) for task in tasks.values()))
    with Progress("read", total, "rows") as progress:
        names = _Names(memory, pool.n_workers, len(jobs))
        files = _load_jobs(pool, memory, jobs, progress, names)
        again = [(k, tasks[k]) for k in by_size if files[k] is None]
        files |= _load_jobs(pool, memory, again, progress, names)
    names.check()
    return {k: result for k, result in files.items() if result is not None}


class _Names:
    """The names of chromosomes that were met: each is kept once, and what they take is told.

    That is known no sooner than the files are read. Rows that are read later then have less room.

    Parameters
    ----------
    n_jobs : files, or parts of them, that are to be read
    """

    def __init__(self, memory: Memory, n_workers: int, n_jobs: int) -> None:
        self._memory = memory
        self._above_least = memory.limit - LEAST_ROWS_BYTES
        self._room = max(self._above_least, _SPARE_BYTES)
        self._n_workers = n_workers
        self._n_jobs = n_jobs
        self._known: dict[str, str] = {}
        self._n_done = self._n_runs = self._n_bytes = 0

    def shared(self, rows: Rows) -> Rows:
        """Return rows with the names that other files have, too.

        Raises BudgetError as `check` does, where they take so much that it is not worth going on.
        """
        names = [self._known.setdefault(name, name) for name in rows.names]
        self._n_done += 1
        self._n_runs += len(rows.runs)
        n_bytes = names_bytes(len(self._known), self._n_runs, self._n_workers)
        self._memory.set_aside(n_bytes - self._n_bytes)
        self._n_bytes = n_bytes
        if n_bytes > _TOO_MUCH * self._room:
            self.check()
        return replace(rows, names=names)

    def check(self) -> None:
        """Raise BudgetError where the names take more memory than there is, with the least."""
        if self._n_bytes <= self._room:
            return
        n_runs = round(self._n_runs * max(1, self._n_jobs / self._n_done))
        n_bytes = names_bytes(len(self._known), n_runs, self._n_workers)
        need = self._memory.total + n_bytes - self._above_least
        left = self._n_jobs - self._n_done
        unread = f", with {left:,} files or parts of files yet to be read" if left > 0 else ""
        message = (
            f"a memory of {self._memory.total / 1e6:,.0f} MB is too small for the names of "
            f"{len(self._known):,} chromosomes{unread}; they take {n_bytes / 1e6:,.0f} MB; "
            f"expected at least {need / 1e6:,.0f} MB; give more --memory, fewer --workers, or "
            "leave out chromosomes (chroms.include, chroms.exclude)"
        )
        raise BudgetError(message)


def _load_jobs(
    pool: Pool,
    memory: Memory,
    jobs: Sequence[tuple[int, LoadTask]],
    progress: Progress,
    names: _Names,
) -> dict[int, Rows | InputError | None]:
    """Return the rows of each file, its fault, or None where its parts do not join."""
    found: dict[int, Rows | InputError | None] = {}
    for index, result in pool.run(load, [(task,) for _, task in jobs], progress.add):
        if isinstance(result, Loaded):
            found[index] = names.shared(take_rows(memory, result))
        else:
            found[index] = result
    by_file: dict[int, list[Rows | InputError | None]] = {}
    for index, (file, _) in enumerate(jobs):
        by_file.setdefault(file, []).append(found[index])
    return {
        file: parts[0] if len(parts) == 1 else _join_parts(memory, parts, progress)
        for file, parts in by_file.items()
    }


def _join_parts(
    memory: Memory, parts: Sequence[Rows | InputError | None], progress: Progress
) -> Rows | None:
    """Return the rows of a file's parts; where they do not join, their memory is given back."""
    rows = [part for part in parts if isinstance(part, Rows)]
    whole = join(memory, rows) if len(rows) == len(parts) else None
    if whole is None:
        for part in rows:
            progress.add(-part.n_rows)
            for block in part.blocks:
                memory.release(block.extent)
    return whole


@announced
def load_reader(form: Format) -> None:
    """Compile or fetch the kernel that reads a format; all formats of one kernel share it."""
    warm_reader(form, NARROW)
