"""Loading a cohort: all its files through the workers, and one catalog of all their rows."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError, TextNeededError, joined
from ..core.progress import log
from ..engine import Memory, Pool
from ..genome import Aliases, Named, Reference, refuse_mixed
from ..rows import Catalog, Rows, Table
from .base import compare_with_each_other, compare_with_reference
from .config import Config
from .files import LoadedFile, load_files
from .identify import ASSUMED
from .records import Input
from .replicates import Group, Summed, sum_replicates
from .reused import NO_OTHERS, Others, Whose
from .sheet import Cohort, copy_key, stored_format
from .strands import Strands, collapse_strands, refuse_mixed_strands

_SHOWN: Final = 5
_LEAST_SUMMED: Final = 2
_DIGITS: Final = re.compile("[0-9]+")


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
    order: Sequence[str] | None = None,
    reference: Reference | None = None,
    others: Others | None = None,
) -> LoadedCohort:
    """Load all files of a cohort.

    Parameters
    ----------
    aliases : names of the store for names in the files
    order : the chromosomes of the store where they are given beforehand; rows of others are
        left out of the catalog
    reference : the genome that the files are of, if it is known
    others : samples of the cohort whose text is not read, which the files have to fit

    Raises
    ------
    TextNeededError
        Where only the text of the others can tell which of two formats a file is of.
    InputError
        With the first fault of each bad file; where files name a chromosome differently, do not fit
        the reference, lie one base aside of each other, or have counts that cannot be added.
    """
    others = others or NO_OTHERS
    files, chroms, is_split = load_checked(
        pool, memory, cohort, config, aliases, order, reference, others
    )
    strands = (*others.strands, *is_split)
    return join_samples(pool, memory, cohort, config, files, chroms, strands)


def load_checked(
    pool: Pool,
    memory: Memory,
    cohort: Cohort,
    config: Config,
    aliases: Aliases,
    order: Sequence[str] | None = None,
    reference: Reference | None = None,
    others: Others = NO_OTHERS,
) -> tuple[list[LoadedFile], list[str], list[Strands]]:
    """Load all files of a cohort and check them, but for what is known once samples are joined.

    Parameters and errors are those of `load_cohort`.

    Returns
    -------
    The files, each on its right base, the chromosomes of the store, and what strands others have.
    """
    files = load_files(pool, memory, cohort, config, aliases)
    _warn_of_empty(files, cohort)
    for file in files:
        _warn(file, config)
    _warn_of_cuts(files)
    _warn_of_copies(files, others)
    _refuse_mixed_names(files, config, aliases, order, reference, others)
    if reference is not None:
        files = compare_with_reference(pool, memory, files, reference, config)
    known = reference.chroms if reference is not None and config.sites == "reference" else ()
    chroms = list(order) if order is not None else chroms_of(files, config.chroms.order, known)
    files, is_split = _compared(pool, memory, files, others, chroms, config)
    return files, chroms, is_split


def join_samples(
    pool: Pool,
    memory: Memory,
    cohort: Cohort,
    config: Config,
    files: Sequence[LoadedFile],
    chroms: Sequence[str],
    others: Sequence[Strands] = (),
) -> LoadedCohort:
    """Return the rows of each sample: strands collapsed where wanted, and its files summed.

    Parameters
    ----------
    files, chroms : from `load_checked`; the rows given are of no use then
    others : what strands files have that are not loaded

    Raises
    ------
    InputError
        Where files have counts that cannot be added, or only some tell strands apart.
    """
    if config.strands == "collapse":
        files = _collapsed(pool, memory, files, strict=not config.reference)
    else:
        refuse_mixed_strands([*map(strands_told, files), *others], config)
    rows, inputs, largest = _merged(pool, memory, cohort, files, chroms)
    return LoadedCohort(tuple(chroms), catalog_of(memory, rows, chroms), tuple(inputs), largest)


def _compared(
    pool: Pool,
    memory: Memory,
    files: Sequence[LoadedFile],
    others: Others,
    chroms: Sequence[str],
    config: Config,
) -> tuple[list[LoadedFile], list[Strands]]:
    """Compare files with each other and with others; return them, and what strands others have."""
    for file in files:
        if others.files and file.found.is_asked:
            message = f"{file.path}: which format it is of, only the text of others can tell"
            raise TextNeededError(message)
    found, told = _beside(pool, memory, files, others, chroms, config)
    _expect_same_bases(found, others)
    return found, told


def _expect_same_bases(files: Sequence[LoadedFile], others: Others) -> None:
    """Raise TextNeededError where the text of others could prove a base that is only assumed."""
    for file in files:
        is_assumed = file.found.decided_by == ASSUMED
        if others.has_known if is_assumed else others.has_assumed:
            message = f"{file.path}: its base can be told next to the text of other samples"
            raise TextNeededError(message)


def _beside(
    pool: Pool,
    memory: Memory,
    files: Sequence[LoadedFile],
    others: Others,
    chroms: Sequence[str],
    config: Config,
) -> tuple[list[LoadedFile], list[Strands]]:
    """Compare files with each other and with some of the others."""
    if not others.files:
        catalog = catalog_of(memory, [file.rows for file in files], chroms)
        return compare_with_each_other(pool, memory, files, catalog, chroms, config), []
    everything = [*files, *others.files]
    names = list(dict.fromkeys(name for file in everything for name in file.rows.names))
    catalog = catalog_of(memory, [file.rows for file in everything], names)
    catalog = others.clipped(memory, catalog, names)
    found = compare_with_each_other(pool, memory, everything, catalog, names, config)
    told = [
        Strands(file.path, merged=False, split=file.is_split, joined=file.is_joined)
        for file in found[len(files) :]
    ]
    return found[: len(files)], told


def _refuse_mixed_names(
    files: Sequence[LoadedFile],
    config: Config,
    aliases: Aliases,
    order: Sequence[str] | None,
    reference: Reference | None,
    others: Others,
) -> None:
    """Refuse files, a BED file and a reference that name one chromosome differently."""
    named = [*others.named, *(Named(file.path, file.names) for file in files)]
    if reference is not None:
        named.insert(0, Named(reference.path, reference.chroms))
    if order is not None and config.bed is not None:
        named.insert(0, Named(config.bed, order))
    refuse_mixed(named, aliases)


def chroms_of(files: Sequence[LoadedFile], order: str, known: Iterable[str] = ()) -> list[str]:
    """Return the chromosomes that are known or have a row, in the order of the store."""
    named = [(file.rows.names, file.names if file.rows.n_rows else []) for file in files]
    return order_chroms(named, order, known)


def order_chroms(
    named: Sequence[tuple[Sequence[str], Sequence[str]]], order: str, known: Iterable[str] = ()
) -> list[str]:
    """Return the chromosomes that are known or have a row, in the order of the store.

    Parameters
    ----------
    named : of each file the names in the order of the text, and those that have a row
    order : "natural" or "file"
    """
    seen = list(dict.fromkeys((*known, *(name for names, _ in named for name in names))))
    present = {*known, *(name for _, names in named for name in names)}
    chroms = [name for name in seen if name in present]
    return sorted(chroms, key=natural_key) if order == "natural" else chroms


def strands_told(file: LoadedFile) -> Strands:
    """Return whether a file has both strands of a CpG in a row, and those of the reverse one."""
    summary = file.rows.summary
    merged = bool(summary.n_merged_rows) or file.found.form.merged == "yes"
    return Strands(
        file.path,
        merged=merged and file.rows.n_rows > 0,
        split=bool(summary.n_reverse) or file.is_split,
        joined=file.is_joined,
        blind=not file.found.form.with_strand,
    )


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
        if isinstance(rows, Rows)
    ]


def catalog_of(memory: Memory, files: Sequence[Rows], chroms: Sequence[str]) -> Catalog:
    """Return where the rows of files lie, by chromosome; rows of others are left out."""
    number = {name: k for k, name in enumerate(chroms)}
    tables = [_runs(rows, number) for rows in files]
    return Catalog.build([rows.blocks for rows in files], tables, len(chroms), memory.sizes())


def _merged(
    pool: Pool,
    memory: Memory,
    cohort: Cohort,
    files: Sequence[LoadedFile],
    chroms: Sequence[str],
) -> tuple[list[Rows], list[Input], int]:
    """Return the rows of each sample, what is told of each file, and the largest count."""
    parts: dict[int, list[int]] = {}
    for k, file in enumerate(files):
        parts.setdefault(file.sample, []).append(k)
    rows = [files[numbers[0]].rows for numbers in parts.values()]
    largest = max((file.rows.summary.largest for file in files), default=0)
    groups = {
        sample: Group(
            cohort.samples[sample].name,
            tuple(files[k].path for k in numbers),
            tuple(files[k].rows for k in numbers),
        )
        for sample, numbers in parts.items()
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
            n_added[parts[sample][-1]] = result.n_added
    inputs = [file.as_input(n) for file, n in zip(files, n_added, strict=True)]
    return rows, inputs, largest


def natural_key(name: str) -> str:
    """Return a key that sorts names with their digits read as numbers: chr2 before chr10.

    Digits sort before text, by length and then by value: names may have thousands of them. Names
    whose numbers are the same sort as text. Names have no control characters, so the key can use
    two of them, and stays one text: draft genomes have a million names.
    """
    return _DIGITS.sub(_length_first, name) + "\0" + name


def _length_first(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0")
    return f"\1{chr(len(digits))}{digits}"


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


def _runs(rows: Rows, number: dict[str, int]) -> Table:
    """Return runs as int64[n, 3] of chromosome in the store, first row and end."""
    runs = rows.runs
    numbers = np.array([number.get(name, -1) for name in rows.names], np.int64)
    stops = np.append(runs[1:, 1], rows.n_rows)
    table = np.column_stack([numbers[runs[:, 0]], runs[:, 1], stops[: len(runs)]])
    return table[table[:, 0] >= 0]


def _warn_of_empty(files: Sequence[LoadedFile], cohort: Cohort) -> None:
    """Warn of files that have no rows, the first ones by name."""
    empty = [file for file in files if file.rows.summary.n_rows == 0]
    for file in empty[:_SHOWN]:
        sample = cohort.samples[file.sample]
        has = "has no sites" if len(sample.sources) == 1 else "has none of them"
        log.warning("%s: no rows; sample %s %s", file.path, sample.name, has)
    if len(empty) > _SHOWN:
        log.warning("%s more files have no rows", f"{len(empty) - _SHOWN:,}")


def _warn(file: LoadedFile, config: Config) -> None:
    summary = file.rows.summary
    n_summed = summary.n_summed_duplicates
    if n_summed >= _LEAST_SUMMED and summary.n_same_summed == n_summed:
        log.warning(
            "%s: all %s rows that duplicates: sum added to another row of their site have the same "
            "counts as that row; if they are of the same reads (several motifs, a file joined to "
            "itself), these count twice: remove the copies, or set duplicates to first",
            file.path, f"{n_summed:,}",
        )  # fmt: skip
    if summary.n_disagree:
        log.warning(
            "%s, line %d: the first of %s rows whose pct differs from their counts by more than "
            "%g points",
            file.path, summary.disagree_line, f"{summary.n_disagree:,}", config.pct_tolerance,
        )  # fmt: skip


_MOST_CUTS: Final = 5


def _warn_of_cuts(files: Sequence[LoadedFile]) -> None:
    """Warn of plain texts that end without a newline: a cut number reads like a whole one."""
    cut = [file for file in files if file.found.unended]
    for file in cut[:_MOST_CUTS]:
        log.warning(
            "%s: the last line (%r) does not end with a newline, so the file may have been cut "
            "inside it; compare it with its source, or put a newline there",
            file.path, file.found.unended,
        )  # fmt: skip
    if len(cut) > _MOST_CUTS:
        log.warning("%s more files end without a newline", f"{len(cut) - _MOST_CUTS:,}")


def _warn_of_copies(files: Sequence[LoadedFile], others: Others) -> None:
    """Warn where two files have the same bytes: one of them may have been copied by mistake.

    Raises
    ------
    InputError
        Where both are of one sample, whose reads would count twice.
    """
    first: dict[tuple[str, str], LoadedFile] = {}
    copies = list(others.copies)
    for file in files:
        sha256 = file.rows.summary.sha256
        text = stored_format(file.found.form.name, file.source.columns)
        key = copy_key(sha256, text)
        # By the columns themselves: the sheet may call a sample by its name and by its number.
        chosen = " ".join(file.found.form.columns) if file.source.columns else ""
        one = first.setdefault((sha256, chosen), file)
        if not file.rows.n_rows:
            continue
        whose = Whose(file.source.name, file.path)
        if one is not file and one.sample == file.sample:
            message = (
                f"{file.path}: the file of {file.source.name} has the same bytes as {one.path} "
                f"of {one.source.name}, and both are of one sample, so its reads would count "
                "twice; expected different files; mend the sheet"
            )
            raise InputError(message)
        if one is not file and chosen:
            message = (
                f"{file.path}: samples {one.source.name} and {file.source.name} have the same "
                f"columns of one text ({one.source.columns}, {file.source.columns}); expected "
                "other columns for each; fix the sheet"
            )
            raise InputError(message)
        if one is not file:
            copies.append((Whose(one.source.name, one.path), whose))
        elif key in others.digests:
            copies.append((others.digests[key], whose))
    tell_copies(copies)


def tell_copies(copies: Sequence[tuple[Whose, Whose]]) -> None:
    """Warn of files, the second of each two, that have the same bytes as another."""
    for before, after in copies[:1]:
        more = f" (and {len(copies) - 1} more such files)" if len(copies) > 1 else ""
        log.warning(
            "%s of sample %s has the same bytes as %s of %s%s; check the sheet",
            after.path, after.name, before.path, before.name, more,
        )  # fmt: skip
