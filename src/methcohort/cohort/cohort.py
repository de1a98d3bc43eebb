"""Loading a cohort: from the rows of a sheet to the rows of each sample, checked.

`load_cohort` is the walk, one step per line; each step has a module of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError, TextNeededError, joined
from ..engine import Memory, Pool, Session
from ..rows import Catalog, FileRows
from .base import compare_with_each_other, compare_with_reference
from .checks import Frame, check_copies, check_names, check_strands
from .chroms import catalog_of
from .config import Config
from .facts import FileFacts, Strands, strands_of
from .files import LoadedFile, load_files
from .identify import ASSUMED
from .oddities import warn_of_files
from .records import Input
from .replicates import Group, Summed, sum_replicates
from .reused import Reused
from .samples import Cohort
from .strands import collapse_strands


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


class CheckedFiles(NamedTuple):
    """The files of a cohort, each on its right base and checked next to the others.

    Attributes
    ----------
    files : with their rows
    chroms : the chromosomes of the store, in its order
    others : what strands those files have that are not loaded
    """

    files: list[LoadedFile]
    chroms: list[str]
    others: tuple[Strands, ...]


def load_cohort(machine: Session, cohort: Cohort, config: Config, frame: Frame) -> LoadedCohort:
    """Load all files of a cohort.

    Parameters
    ----------
    frame : what the files have to fit

    Raises
    ------
    TextNeededError
        Where only the text of samples that are not read shows which of two formats a file is.
    InputError
        With the first fault of each bad file; where files name a chromosome differently, do not fit
        the reference, are off by one base from each other, or have counts that cannot be added.
    """
    files = load_files(machine, cohort, config, frame.aliases)
    checked = check_files(machine, cohort, config, frame, files)
    return join_samples(machine, cohort, config, checked)


def check_files(
    machine: Session,
    cohort: Cohort,
    config: Config,
    frame: Frame,
    files: list[LoadedFile],
) -> CheckedFiles:
    """Check loaded files by themselves, against the reference and against each other.

    Raises
    ------
    TextNeededError, InputError
        As `load_cohort` does.
    """
    warn_of_files(files, cohort, config)
    facts = [FileFacts.of(file) for file in files]
    check_copies(facts, frame.reused.facts)
    check_names(facts, frame, config)
    if frame.reference is not None:
        files = compare_with_reference(machine, files, frame.reference, config)
        facts = [FileFacts.of(file) for file in files]
    chroms = frame.chroms_of(facts, config)
    files, strands = _compared(machine, files, frame.reused, chroms, config)
    return CheckedFiles(files, chroms, (*(one.strands for one in frame.reused.facts), *strands))


def join_samples(
    machine: Session, cohort: Cohort, config: Config, checked: CheckedFiles
) -> LoadedCohort:
    """Return the rows of each sample: strands collapsed where wanted, and its files summed.

    Parameters
    ----------
    checked : the rows given are of no use then

    Raises
    ------
    InputError
        Where files have counts that cannot be added, or only some keep the strands apart.
    """
    pool, memory = machine
    files, chroms = checked.files, checked.chroms
    if config.strands == "collapse":
        files = _collapsed(pool, memory, files, strict=not config.reference)
    else:
        check_strands([*map(strands_of, files), *checked.others], config)
    rows, inputs, largest = _summed(pool, memory, cohort, files, chroms)
    return LoadedCohort(tuple(chroms), catalog_of(memory, rows, chroms), tuple(inputs), largest)


def _compared(
    machine: Session,
    files: list[LoadedFile],
    reused: Reused,
    chroms: Sequence[str],
    config: Config,
) -> tuple[list[LoadedFile], list[Strands]]:
    """Compare the positions of files with each other, and with samples whose text is not read.

    Returns the files, and what strands the others turn out to have.

    Raises
    ------
    TextNeededError
        Where only the text of the others can say what a file is.
    """
    memory = machine.memory
    if not reused.looked_at:
        catalog = catalog_of(memory, [file.rows for file in files], chroms)
        found = compare_with_each_other(machine, files, catalog, chroms, config)
        _expect_same_bases(found, reused)
        return found, []
    for file in files:
        if file.found.is_asked:
            message = f"{file.path}: only the text of other samples shows which format it is"
            raise TextNeededError(message)
    everything = [*files, *reused.looked_at]
    names = list(dict.fromkeys(name for file in everything for name in file.rows.names))
    catalog = catalog_of(memory, [file.rows for file in everything], names)
    catalog = reused.clipped(memory, catalog, names)
    found = compare_with_each_other(machine, everything, catalog, names, config)
    fresh, others = found[: len(files)], found[len(files) :]
    _expect_same_bases(fresh, reused)
    return fresh, [
        Strands(file.path, merged=False, split=file.is_split, joined=file.is_joined)
        for file in others
    ]


def _expect_same_bases(files: Sequence[LoadedFile], reused: Reused) -> None:
    """Raise TextNeededError where the text of others could prove a base that is only assumed."""
    for file in files:
        is_assumed = file.found.decided_by == ASSUMED
        if reused.has_known if is_assumed else reused.has_assumed:
            message = f"{file.path}: the text of other samples can show its base"
            raise TextNeededError(message)


def _collapsed(
    pool: Pool, memory: Memory, files: Sequence[LoadedFile], *, strict: bool
) -> list[LoadedFile]:
    """Return the files with the reads of both strands of a CpG in one row."""
    given = [(file.title, file.path, file.rows) for file in files]
    found = collapse_strands(pool, memory, given, strict=strict)
    faults = [str(result) for result in found if isinstance(result, InputError)]
    if faults:
        raise InputError(joined(faults, "file"))
    return [
        replace(file, rows=rows)
        for file, rows in zip(files, found, strict=True)
        if isinstance(rows, FileRows)
    ]


def _summed(
    pool: Pool,
    memory: Memory,
    cohort: Cohort,
    files: Sequence[LoadedFile],
    chroms: Sequence[str],
) -> tuple[list[FileRows], list[Input], int]:
    """Return the rows of each sample, what is recorded of each file, and the largest count."""
    own: dict[int, list[int]] = {}
    for k, file in enumerate(files):
        own.setdefault(file.sample, []).append(k)
    rows = [files[numbers[0]].rows for numbers in own.values()]
    largest = max((file.rows.summary.largest for file in files), default=0)
    groups = {
        sample: Group(
            cohort.samples[sample].name,
            tuple(files[k].path for k in numbers),
            tuple(files[k].rows for k in numbers),
        )
        for sample, numbers in own.items()
        if len(numbers) > 1
    }
    summed = sum_replicates(pool, memory, list(groups.values()), chroms) if groups else []
    faults = [str(result) for result in summed if isinstance(result, InputError)]
    if faults:
        raise InputError(joined(faults, "sample"))
    n_added = [0] * len(files)
    for sample, result in zip(groups, summed, strict=True):
        if isinstance(result, Summed):
            rows[sample] = result.rows
            largest = max(largest, result.largest)
            n_added[own[sample][-1]] = result.n_added
    inputs = [file.as_input(n) for file, n in zip(files, n_added, strict=True)]
    return rows, inputs, largest


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
