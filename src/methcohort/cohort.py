"""Loading a cohort: all its files through the workers, and one catalog of all their rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Final

import numpy as np
import numpy.typing as npt

from .agreement import (
    Agreement,
    Reading,
    ShiftTask,
    compare_positions,
    figures,
    settle_rivals,
    shift_rows,
    shifted_files,
    strangers,
    undecided,
)
from .aliases import Aliases, Named, refuse_mixed, renamed
from .catalog import Catalog, Table
from .collapse import collapse_strands, refuse_mixed_strands
from .config import Config
from .cytosine import BOTH
from .errors import InputError
from .files import identity
from .inputs import Input
from .layout import PCT_LAYER
from .load import Loaded, LoadTask, load
from .parts import Rows, expected_rows, join, plan_parts, take_rows
from .progress import Progress, log
from .readers import AUTO, READERS, Format, TextSummary
from .replicates import Group, Summed, sum_replicates
from .shared import Memory
from .sheet import Cohort, Sample, Source
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
    largest : the largest count of all rows
    """

    chroms: tuple[str, ...]
    catalog: Catalog
    inputs: tuple[Input, ...]
    largest: int

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
    pool: Pool,
    memory: Memory,
    cohort: Cohort,
    config: Config,
    aliases: Aliases,
    order: Sequence[str] | None,
) -> LoadedCohort:
    """Load all files of a cohort.

    Parameters
    ----------
    aliases : names of the store for names in the files
    order : the chromosomes of the store where they are given beforehand; rows of others are
        left out of the catalog

    Raises
    ------
    InputError
        With the first fault of each bad file, at most `MOST_FAULTS` of them; where files name a
        chromosome differently, lie one base aside of each other, or have counts that cannot be
        added.
    """
    files = _load_files(pool, memory, cohort, config, aliases)
    sources = cohort.sources
    n_renamed = []
    for k, (_, source) in enumerate(sources):
        files[k], n = _renamed(files[k], aliases, source.path)
        n_renamed.append(n)
    named = [
        Named(source.path, _names(file)) for (_, source), file in zip(sources, files, strict=True)
    ]
    refuse_mixed(
        named if order is None else [Named(config.bed or config.reference, order), *named], aliases
    )
    chroms = _chroms(files, config.chroms.order) if order is None else list(order)
    for (sample, source), file in zip(sources, files, strict=True):
        _warn(sample, source, file.summary, config)
    _warn_of_copies(cohort, files)
    inputs = [
        _input(of, source, file, n)
        for (of, source), file, n in zip(_numbered(cohort), files, n_renamed, strict=True)
    ]
    rivals: list[Format | None] = [None] * len(files)
    inputs = _agreed(pool, memory, files, chroms, inputs, rivals, config)
    merged, inputs, largest = _merged(pool, memory, cohort, files, inputs, chroms)
    return LoadedCohort(tuple(chroms), _catalog(memory, merged, chroms), tuple(inputs), largest)


def _numbered(cohort: Cohort) -> list[tuple[int, Source]]:
    """Return every text file with the number of its sample."""
    return [(k, source) for k, sample in enumerate(cohort.samples) for source in sample.sources]


def _renamed(rows: Rows, aliases: Aliases, path: str) -> tuple[Rows, int]:
    """Return rows with the names of the store, and how many have another name in the text."""
    names = renamed(rows.names, aliases, path)
    differ = np.array([old != new for old, new in zip(rows.names, names, strict=True)], np.bool_)
    sizes = np.diff(rows.runs[:, 1], append=rows.n_rows)
    n_renamed = int(sizes[differ[rows.runs[:, 0]]].sum()) if len(rows.runs) else 0
    return replace(rows, names=names), n_renamed


def _names(rows: Rows) -> list[str]:
    """Return the names of a file that has rows of them; all, where it has none at all."""
    present = np.unique(rows.runs[:, 0]).tolist()
    return [rows.names[k] for k in present] or rows.names


def _chroms(files: Sequence[Rows], order: str) -> list[str]:
    """Return the chromosomes that have a row, in the order of the store."""
    seen = list(dict.fromkeys(name for file in files for name in file.names))
    present = {file.names[chrom] for file in files for chrom in file.runs[:, 0].tolist()}
    chroms = [name for name in seen if name in present]
    return sorted(chroms, key=natural_key) if order == "natural" else chroms


def _agreed(
    pool: Pool,
    memory: Memory,
    files: Sequence[Rows],
    chroms: Sequence[str],
    inputs: Sequence[Input],
    rivals: Sequence[Format | None],
    config: Config,
) -> list[Input]:
    """Check that no file lies one base aside of the others; return what is told of each.

    Where a file may be of another format as well, the others decide; its rows are shifted then.

    Parameters
    ----------
    rivals : for each file another format that fits as well but for its base, if there is one

    Raises
    ------
    InputError
        Where a file lies aside and the configuration asks for an error, or where nothing tells
        what its format is.
    """
    told, checked = list(inputs), config.base_check != "off" and len(files) > 1
    if not checked and not any(rivals):
        return told
    catalog = _catalog(memory, files, chroms)
    readings = [_reading(one, rival) for one, rival in zip(told, rivals, strict=True)]
    found = compare_positions(pool, memory, catalog, chroms, readings)
    if any(rivals):
        decided = settle_rivals(found)
        faults = undecided(found, decided)
        if faults:
            raise InputError(joined(faults, "file"))
        taken = {k: rival for k, rival in enumerate(rivals) if rival and decided[k]}
        _shift(pool, files, readings, taken)
        for k in decided:
            told[k] = replace(told[k], decided_by="cohort")
        for k, rival in taken.items():
            told[k] = replace(told[k], format=rival.name, base=rival.base)
        if taken:
            readings = [_reading(one, None) for one in told]
            found = compare_positions(pool, memory, catalog, chroms, readings)
    for line in figures(found):
        log.info("%s", line)
    if checked:
        _check(found, config)
    return told


def _reading(one: Input, rival: Format | None) -> Reading:
    merged = READERS[one.format].merged == "yes"
    reading = Reading(one.name, one.path, one.format, one.base, merged)
    if rival is None:
        return reading
    shift, merged = one.base - rival.base, rival.merged == "yes"
    return replace(reading, rival=rival.name, rival_shift=shift, rival_merged=merged)


def _shift(
    pool: Pool, files: Sequence[Rows], readings: Sequence[Reading], taken: Mapping[int, Format]
) -> None:
    """Shift the rows of files to where their rivals have them; merged rows get their kind."""
    tasks = [
        ShiftTask(
            title=f"the positions of {readings[k].path}",
            path=readings[k].path,
            blocks=files[k].blocks,
            shift=readings[k].rival_shift,
            kind=BOTH | rival.context if rival.merged == "yes" else None,
        )
        for k, rival in taken.items()
    ]
    results = pool.run(shift_rows, [(task,) for task in tasks])
    faults = [str(fault) for _, fault in sorted(results, key=itemgetter(0)) if fault]
    if faults:
        raise InputError(joined(faults, "file"))


def _check(found: Agreement, config: Config) -> None:
    """Warn of files that lie aside of the others, or refuse them; warn of strange ones."""
    for line in strangers(found):
        log.warning("%s", line)
    aside = shifted_files(found)
    if aside and config.base_check == "error":
        raise InputError(joined(aside, "file"))
    for line in aside:
        log.warning("%s", line)


def _catalog(memory: Memory, files: Sequence[Rows], chroms: Sequence[str]) -> Catalog:
    number = {name: k for k, name in enumerate(chroms)}
    tables = [_runs(rows, number) for rows in files]
    return Catalog.build([rows.blocks for rows in files], tables, len(chroms), memory.sizes())


def _merged(
    pool: Pool,
    memory: Memory,
    cohort: Cohort,
    files: Sequence[Rows],
    inputs: Sequence[Input],
    chroms: Sequence[str],
) -> tuple[list[Rows], list[Input], int]:
    """Return the rows of each sample, what is told of each file, and the largest count."""
    told = list(inputs)
    by_sample: dict[int, list[int]] = {}
    for k, one in enumerate(inputs):
        by_sample.setdefault(one.sample, []).append(k)
    rows = [files[parts[0]] for parts in by_sample.values()]
    largest = max(one.summary.largest for one in inputs)
    several = [sample for sample, parts in by_sample.items() if len(parts) > 1]
    groups = [
        Group(
            cohort.samples[sample].name,
            tuple(inputs[k].path for k in by_sample[sample]),
            tuple(files[k] for k in by_sample[sample]),
        )
        for sample in several
    ]
    summed = sum_replicates(pool, memory, groups, chroms)
    faults = [str(result) for result in summed if isinstance(result, InputError)]
    if faults:
        raise InputError(joined(faults, "sample"))
    for sample, result in zip(several, summed, strict=True):
        if isinstance(result, Summed):
            rows[sample] = result.rows
            largest = max(largest, result.largest)
            last = by_sample[sample][-1]
            told[last] = replace(told[last], n_summed_replicates=result.n_added)
    return rows, told, largest


def _input(sample: int, source: Source, rows: Rows, n_renamed: int) -> Input:
    """Return what is told of a file that was loaded."""
    known = source.format != AUTO
    return Input(
        sample=sample,
        name=source.name,
        path=source.path,
        format=source.format if known else "five_column",
        base=1,
        decided_by="sheet" if known else "columns",
        summary=rows.summary,
        n_kept=rows.summary.n_rows - rows.summary.n_dropped_chroms,
        n_renamed=n_renamed,
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
    return replace(loaded, chroms=chroms, catalog=catalog.with_runs(tables, len(chroms)))


def _load_files(
    pool: Pool, memory: Memory, cohort: Cohort, config: Config, aliases: Aliases
) -> list[Rows]:
    """Load the files, the largest first, so that no worker is left with one at the end."""
    tasks = [_task(source, config, aliases) for _, source in cohort.sources]
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
        files = _collapsed(pool, memory, tasks, files)
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
) -> dict[int, Rows | InputError | None]:
    """Return the files with the reads of both strands of a CpG in one row."""
    whole = {k: rows for k, rows in files.items() if isinstance(rows, Rows)}
    titled = [(tasks[k].title, tasks[k].path, rows) for k, rows in whole.items()]
    found = collapse_strands(pool, memory, titled, strict=True)
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


def _task(source: Source, config: Config, aliases: Aliases) -> LoadTask:
    found = identity(source.path)  # one that has gone is the reader's to tell
    return LoadTask(
        title=f"sample {source.name} ({source.path})",
        path=source.path,
        size=found.size if found else 0,
        format=source.format,
        aliases=aliases,
        include=config.chroms.include,
        exclude=config.chroms.exclude,
        duplicates=config.duplicates,
        uncovered=config.uncovered,
        pct_check=config.pct_check,
        pct_tolerance=config.pct_tolerance,
        with_pct=PCT_LAYER in config.layers,
        with_kind=False,
    )


def _runs(rows: Rows, number: dict[str, int]) -> Table:
    """Return runs as int64[n, 3] of chromosome in the store, first row and end."""
    runs = rows.runs
    numbers = np.array([number.get(name, -1) for name in rows.names], np.int64)
    stops = np.append(runs[1:, 1], rows.n_rows)
    table = np.column_stack([numbers[runs[:, 0]], runs[:, 1], stops[: len(runs)]])
    return table[table[:, 0] >= 0]


def _warn(sample: Sample, source: Source, summary: TextSummary, config: Config) -> None:
    if summary.n_rows == 0:
        has = "has no sites" if len(sample.sources) == 1 else "has none of them"
        log.warning("%s: no rows; sample %s %s", source.path, sample.name, has)
    if summary.n_disagree:
        log.warning(
            "%s, line %d: the first of %s rows whose pct differs from their counts by more than "
            "%g points",
            source.path, summary.disagree_line, f"{summary.n_disagree:,}", config.pct_tolerance,
        )  # fmt: skip


def _warn_of_copies(cohort: Cohort, files: Sequence[Rows]) -> None:
    """Warn where two files have the same bytes: one of them may have been copied by mistake."""
    first: dict[str, Source] = {}
    copies = [
        (first[file.summary.sha256], source)
        for (_, source), file in zip(cohort.sources, files, strict=True)
        if first.setdefault(file.summary.sha256, source) is not source and file.n_rows
    ]
    for one, other in copies[:1]:
        more = f" (and {len(copies) - 1} more such files)" if len(copies) > 1 else ""
        log.warning("%s has the same bytes as %s%s; check the sheet", other.path, one.path, more)
