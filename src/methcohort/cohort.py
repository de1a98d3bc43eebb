"""Loading a cohort: all its files through the workers, and one catalog of all their rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .catalog import Catalog, Table
from .collapse import collapse_strands, refuse_mixed_strands
from .config import Config
from .cytosine import CONTEXT_BITS
from .errors import InputError
from .files import identity
from .inputs import Input
from .layout import PCT_LAYER
from .load import Loaded, LoadTask, load
from .parts import Rows, expected_rows, join, plan_parts, take_rows
from .progress import Progress, log
from .readers import AUTO, READERS, TextSummary
from .shared import Memory
from .sheet import Cohort, Sample
from .workers import Pool

MOST_FAULTS: Final = 20
"""Faults that are told at once."""


@dataclass(frozen=True, slots=True)
class LoadedCohort:
    """The rows of a cohort in shared memory.

    Attributes
    ----------
    chroms : names of the chromosomes that have a row, numbered in the order of the store
    catalog : where the rows lie
    inputs : the files, by sample, and what was read from each
    """

    chroms: tuple[str, ...]
    catalog: Catalog
    inputs: tuple[Input, ...]

    @property
    def largest(self) -> int:
        """The largest count of all rows."""
        return max(one.summary.largest for one in self.inputs)

    @property
    def n_rows(self) -> npt.NDArray[np.int64]:
        """Rows of each sample in shared memory."""
        table = self.catalog.runs
        n_samples = len(self.catalog.run_start) - 1
        sample = np.repeat(np.arange(n_samples), np.diff(self.catalog.run_start))
        sizes = table[:, 2] - table[:, 1]
        rows = np.bincount(sample, weights=sizes, minlength=n_samples)
        return rows.astype(np.int64)


def load_cohort(
    pool: Pool, memory: Memory, cohort: Cohort, config: Config, order: Sequence[str] | None
) -> LoadedCohort:
    """Load all files of a cohort.

    Parameters
    ----------
    order : the chromosomes of the store where they are given beforehand; rows of others are
        left out of the catalog

    Raises
    ------
    InputError
        With the first fault of each bad file, at most `MOST_FAULTS` of them.
    """
    files = _load_files(pool, memory, cohort, config)
    seen = list(dict.fromkeys(name for file in files for name in file.names))
    present = {file.names[chrom] for file in files for chrom in file.runs[:, 0].tolist()}
    if order is not None:
        chroms = list(order)
    elif config.chroms.order == "natural":
        chroms = sorted((name for name in seen if name in present), key=natural_key)
    else:
        chroms = [name for name in seen if name in present]
    number = {name: k for k, name in enumerate(chroms)}
    tables = [_runs(file, number) for file in files]
    catalog = Catalog.build([file.blocks for file in files], tables, len(chroms), memory.sizes())
    for sample, file in zip(cohort.samples, files, strict=True):
        _warn(sample, file.summary, config)
    _warn_of_copies(cohort, files)
    inputs = [
        _input(number, sample, file)
        for number, (sample, file) in enumerate(zip(cohort.samples, files, strict=True))
    ]
    return LoadedCohort(tuple(chroms), catalog, tuple(inputs))


def _input(number: int, sample: Sample, rows: Rows) -> Input:
    """Return what is told of a file that was loaded."""
    known = sample.format != AUTO
    return Input(
        sample=number,
        name=sample.name,
        path=sample.path,
        format=sample.format if known else "five_column",
        base=READERS["five_column" if sample.format == AUTO else sample.format].base,
        decided_by="sheet" if known else "columns",
        summary=rows.summary,
        n_kept=rows.summary.n_rows - rows.summary.n_dropped_chroms,
        n_collapsed=rows.n_collapsed,
    )


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return a key that sorts names with their digits read as numbers: chr2 before chr10."""
    parts = []
    for part in re.findall(r"[0-9]+|[^0-9]+", name):
        digits = part.lstrip("0") if part[0] in "0123456789" else None
        # Digits sort before text, by length and then by value: names may have thousands of them.
        parts.append((1, 0, part) if digits is None else (0, len(digits), digits))
    return parts, name


def only_chroms(loaded: LoadedCohort, kept: npt.NDArray[np.bool_]) -> LoadedCohort:
    """Return the cohort without the rows of the chromosomes that are not `kept`."""
    number = np.cumsum(kept) - 1
    catalog = loaded.catalog
    tables = []
    for start, stop in zip(catalog.run_start[:-1], catalog.run_start[1:], strict=True):
        table = catalog.runs[start:stop]
        table = table[kept[table[:, 0]]].copy()
        table[:, 0] = number[table[:, 0]]
        tables.append(table)
    chroms = tuple(name for name, keep in zip(loaded.chroms, kept, strict=True) if keep)
    return LoadedCohort(chroms, catalog.with_runs(tables, len(chroms)), loaded.inputs)


def _load_files(pool: Pool, memory: Memory, cohort: Cohort, config: Config) -> list[Rows]:
    """Load the files, the largest first, so that no worker is left with one at the end."""
    tasks = [_task(sample, config) for sample in cohort.samples]
    plan = plan_parts(tasks, pool.n_workers)
    by_size = sorted(range(len(tasks)), key=lambda k: -tasks[k].size)
    jobs = [(k, part) for k in by_size for part in plan[k]]
    jobs += [(k, tasks[k]) for k in by_size if not plan[k]]
    total = round(sum(expected_rows(task.path, task.size) for task in tasks))
    with Progress("read", total, "rows") as progress:
        files = _load_jobs(pool, memory, jobs, progress)
        again = [(k, tasks[k]) for k in by_size if files[k] is None]
        files |= _load_jobs(pool, memory, again, progress)
    if config.strands == "collapse":
        files = _collapsed(pool, memory, tasks, files, strict=not config.reference)
    faults = [str(files[k]) for k in range(len(tasks)) if isinstance(files[k], InputError)]
    if faults:
        raise InputError(joined(faults, "file"))
    loaded = [rows for _, rows in sorted(files.items()) if isinstance(rows, Rows)]
    if config.strands != "collapse":
        paths = (task.path for task in tasks)
        refuse_mixed_strands(list(zip(paths, loaded, strict=True)))
    return loaded


def _collapsed(
    pool: Pool,
    memory: Memory,
    tasks: Sequence[LoadTask],
    files: Mapping[int, Rows | InputError | None],
    *,
    strict: bool,
) -> dict[int, Rows | InputError | None]:
    """Return the files with the reads of both strands of a CpG in one row."""
    whole = {k: rows for k, rows in files.items() if isinstance(rows, Rows)}
    titled = [(tasks[k].title, tasks[k].path, rows) for k, rows in whole.items()]
    found = collapse_strands(pool, memory, titled, strict=strict)
    return dict(files) | dict(zip(whole, found, strict=True))


def _load_jobs(
    pool: Pool, memory: Memory, jobs: Sequence[tuple[int, LoadTask]], progress: Progress
) -> dict[int, Rows | InputError | None]:
    """Return the rows of each file, its fault, or None where its parts do not join."""
    found: dict[int, Rows | InputError | None] = {}
    for index, result in pool.run(load, [(task,) for _, task in jobs], progress.add):
        found[index] = take_rows(memory, result) if isinstance(result, Loaded) else result
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


def joined(faults: Sequence[str], what: str) -> str:
    """Return faults as one message, a line each, at most `MOST_FAULTS`."""
    lines = list(faults[:MOST_FAULTS])
    more = len(faults) - len(lines)
    if more:
        lines.append(f"... and {more} more {what}{'s' if more > 1 else ''}")
    return "\n".join(lines)


def _task(sample: Sample, config: Config) -> LoadTask:
    form = READERS["five_column" if sample.format == AUTO else sample.format]
    if config.contexts and not (form.context or form.has("context")) and not config.reference:
        wanted = ", ".join(config.contexts)
        message = (
            f"{sample.path}: {form.title} does not tell the context of its rows; expected it, "
            f"since contexts is {wanted}; give a reference, or leave contexts empty"
        )
        raise InputError(message)
    found = identity(sample.path)  # one that has gone is the reader's to tell
    return LoadTask(
        title=f"sample {sample.name} ({sample.path})",
        path=sample.path,
        size=found.size if found else 0,
        format=sample.format,
        include=config.chroms.include,
        exclude=config.chroms.exclude,
        duplicates=config.duplicates,
        uncovered=config.uncovered,
        pct_check=config.pct_check,
        pct_tolerance=config.pct_tolerance,
        with_pct=PCT_LAYER in config.layers,
        with_kind=form.with_kind,
        contexts=sum(CONTEXT_BITS[name] for name in config.contexts),
        modification=config.modification,
        inexact=config.inexact_counts == "accept",
    )


def _runs(rows: Rows, number: dict[str, int]) -> Table:
    """Return runs as int64[n, 3] of chromosome in the store, first row and end."""
    runs = rows.runs
    numbers = np.array([number.get(name, -1) for name in rows.names], np.int64)
    stops = np.append(runs[1:, 1], rows.n_rows)
    table = np.column_stack([numbers[runs[:, 0]], runs[:, 1], stops[: len(runs)]])
    return table[table[:, 0] >= 0]


def _warn(sample: Sample, summary: TextSummary, config: Config) -> None:
    if summary.n_rows == 0:
        log.warning("%s: no rows; sample %s has no sites", sample.path, sample.name)
    if summary.n_disagree:
        log.warning(
            "%s, line %d: the first of %s rows whose pct differs from their counts by more than "
            "%g points",
            sample.path, summary.disagree_line, f"{summary.n_disagree:,}", config.pct_tolerance,
        )  # fmt: skip


def _warn_of_copies(cohort: Cohort, files: Sequence[Rows]) -> None:
    """Warn where two files have the same bytes: one of them may have been copied by mistake."""
    first: dict[str, Sample] = {}
    copies = [
        (first[file.summary.sha256], sample)
        for sample, file in zip(cohort.samples, files, strict=True)
        if first.setdefault(file.summary.sha256, sample) is not sample and file.n_rows
    ]
    for one, other in copies[:1]:
        more = f" (and {len(copies) - 1} more such files)" if len(copies) > 1 else ""
        log.warning("%s has the same bytes as %s%s; check the sheet", other.path, one.path, more)
