"""Building a store: the recipe, from a sheet of text files to one checked HDF5 file."""

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from .aliases import Aliases, load_aliases, renamed
from .assemble import Assembly, assemble, task_bytes
from .budget import Budget, available_memory, index_bytes, plan_budget
from .cohort import LoadedCohort, joined, load_cohort, natural_key, only_chroms
from .config import Config, parse_size, read_config
from .errors import ConfigError, InputError, shortages_told
from .intervals import read_bed
from .kernels import load_kernels
from .kinds import kinds_of_sites
from .layout import PCT_LAYER
from .ledger import ContentWriter
from .load import is_wanted
from .parts import expected_rows
from .progress import log
from .shared import Memory
from .sheet import Cohort, read_cohort
from .signals import signals_held
from .sites import Sites, sites_of_bed, union_of_sites
from .target import Target
from .workers import Pool
from .writer import StoreWriter

_ROW_BYTES: Final = 8
_PCT_BYTES: Final = 4


class Merged(NamedTuple):
    """What came of merging a cohort; `n_rows` are those on chromosomes of the store."""

    digest: str
    n_sites: int
    n_rows: int


def build(
    samples: str | Path | None,
    output: str | Path,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    cohort: str | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> str:
    """Build the store of one cohort from its text files.

    Parameters
    ----------
    samples : the sheet of samples; None takes that of the configuration
    output : the store to write; an earlier one is replaced at the very end
    config : a YAML file, YAML text in braces, or a mapping with some of the keys
    cohort : which cohort of the sheet; needed where it has several
    workers : worker processes, 0 for none; None takes `threads` of the configuration
    memory : bytes, or a size such as "4GB", that all processes together may use
    scratch : folder for rows that do not fit the memory; None takes that of `output`

    Returns
    -------
    The digest of the store's content.

    Raises
    ------
    InputError, ConfigError, StoreError, BudgetError, WorkerError
        With one message that says where, what was found, what was expected and what to do.
    """
    settings = read_config(config)
    group = read_cohort(samples or settings.samples, cohort)
    return build_cohort(group, settings, Path(output), workers, memory, scratch)


@shortages_told()
def build_cohort(
    group: Cohort,
    settings: Config,
    output: Path,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> str:
    """Build the store of a cohort whose sheet and configuration are read; see `build`."""
    with ExitStack() as stack:
        with signals_held():
            target = stack.enter_context(Target(output))
        folder = Path(scratch) if scratch is not None else target.path.parent
        new_writer = partial(StoreWriter, target)
        made = merge_cohort(group, settings, new_writer, folder, workers, memory)
    if made.n_sites == 0:
        log.warning(
            "%s has no sites: no row was kept; check chroms, sites and min_samples", target.path
        )
    elif not made.n_rows:
        log.warning("%s: no row lies on its chromosomes; check their names", target.path)
    log.info(
        "wrote %s: %s samples x %s sites, %s",
        target.path, f"{len(group.samples):,}", f"{made.n_sites:,}", made.digest,
    )  # fmt: skip
    return made.digest


def merge_cohort(
    group: Cohort,
    settings: Config,
    new_writer: Callable[[], ContentWriter],
    scratch: Path,
    workers: int | None = None,
    memory: str | int | None = None,
) -> Merged:
    """Merge the text files of a cohort and hand what they give to a new writer.

    Parameters
    ----------
    new_writer : called once the files are there and the memory is divided
    scratch : folder for rows that do not fit the memory
    workers, memory : as for `build`

    Raises what `build` raises.
    """
    sizes = _file_sizes(group)
    aliases = load_aliases(settings.aliases)
    intervals, bed_sha256 = _intervals(settings, aliases)
    n_workers = _checked_workers(settings.threads if workers is None else workers)
    if settings.bed is None and settings.min_samples > len(group.samples):
        message = (
            f"found min_samples: {settings.min_samples} for a cohort of {len(group.samples)} "
            "samples; expected no more than it has"
        )
        raise ConfigError(message)
    total = parse_size(memory) if memory is not None else settings.memory
    private, slot = task_bytes(settings)
    window = 2 * n_workers or 1
    index = index_bytes(
        len(group.samples),
        round(max((expected_rows(path, size) for path, size in sizes), default=0)),
        len(settings.layers),
        settings.chunks,
    )
    budget = plan_budget(_affordable(total), n_workers, private, window * slot, index)
    _say_estimate(group, settings, sizes, n_workers, budget)
    load_kernels()
    account = Memory(budget.rows, scratch)
    try:
        with ExitStack() as stack:
            with signals_held():
                pool = stack.enter_context(Pool(n_workers, account))
                writer = stack.enter_context(new_writer())
            order = list(intervals) if intervals is not None else None
            loaded = load_cohort(pool, account, group, settings, aliases, order)
            if intervals is not None:
                sites = sites_of_bed(account, intervals)
            else:
                loaded, sites = _found_sites(pool, account, loaded, settings)
            kinds = kinds_of_sites(pool, account, loaded.catalog, sites)
            files = _named_files(settings, bed_sha256, aliases)
            parts = Assembly(group, settings, loaded, sites, kinds, files)
            digest = assemble(pool, account, parts, writer, window)
    finally:
        account.close()
    return Merged(digest, sites.n, int(loaded.n_rows.sum()))


def _file_sizes(group: Cohort) -> list[tuple[str, int]]:
    """Return the path and size of each file. Raises InputError that lists all missing ones."""
    sizes, faults = [], []
    for _, source in group.sources:
        path = Path(source.path)
        what = f"{path}: the file of sample {source.name}"
        try:
            status = path.stat()
        except FileNotFoundError:
            faults.append(f"{what} does not exist; mend the sheet")
            continue
        except OSError as error:  # a loop of links, too long a name
            faults.append(f"{what} cannot be read ({error.strerror}); mend the sheet")
            continue
        if not stat.S_ISREG(status.st_mode):
            faults.append(f"{what} is no file, but a folder, a pipe or a device; mend the sheet")
        elif not os.access(path, os.R_OK):
            faults.append(f"{what} cannot be read; permit it")
        else:
            sizes.append((source.path, status.st_size))
    if faults:
        raise InputError(joined(faults, "file"))
    return sizes


def _checked_workers(n_workers: int) -> int:
    if n_workers < 0:
        message = f"found {n_workers} workers; expected 0 or more"
        raise ConfigError(message)
    return n_workers


def _named_files(settings: Config, bed_sha256: str, aliases: Aliases) -> dict[str, tuple[str, str]]:
    """Return path and SHA-256 of the files beside the text files, see `PROVENANCE_FILES`."""
    files = {"bed": (settings.sites, bed_sha256), "aliases": (settings.aliases, aliases.sha256)}
    return {name: file for name, file in files.items() if file[1]}


def _intervals(settings: Config, aliases: Aliases) -> tuple[dict[str, Any] | None, str]:
    """Return the intervals of the BED file, of the wanted chromosomes in the store's order.

    The text is the SHA-256 of the file; empty where there is none.
    """
    if settings.bed is None:
        return None, ""
    chroms = settings.chroms
    bed = read_bed(settings.bed)
    names = renamed(list(bed.intervals), aliases, settings.bed)
    intervals = {
        name: spans
        for name, spans in zip(names, bed.intervals.values(), strict=True)
        if len(spans) and is_wanted(name, chroms.include, chroms.exclude)
    }
    if not intervals:
        message = (
            f"{settings.bed}: found no base on the wanted chromosomes; expected some; "
            "check chroms.include and chroms.exclude"
        )
        raise InputError(message)
    if chroms.order == "natural":
        intervals = dict(sorted(intervals.items(), key=lambda item: natural_key(item[0])))
    return intervals, bed.sha256


def _found_sites(
    pool: Pool, account: Memory, loaded: LoadedCohort, settings: Config
) -> tuple[LoadedCohort, Sites]:
    """Return the union or intersection of sites, and the cohort with only their chromosomes."""
    wanted = len(loaded.n_rows) if settings.sites == "intersection" else settings.min_samples
    shared = loaded.catalog.share(account)
    sites = union_of_sites(pool, account, loaded.catalog, shared, wanted)
    account.release(shared.extent)
    filled = np.diff(sites.offset) > 0
    if filled.all():
        return loaded, sites
    offset = np.concatenate([[0], sites.offset[1:][filled]])
    return only_chroms(loaded, filled), replace(sites, offset=offset)


def _affordable(total: int) -> int:
    """Return the memory to plan with: as configured, or less where the machine has less."""
    available = available_memory()
    if available is None or available >= total:
        return total
    log.warning(
        "the configured memory of %s MB is more than the %s MB available; planning with these",
        f"{total / 1e6:,.0f}", f"{available / 1e6:,.0f}",
    )  # fmt: skip
    return available


def _say_estimate(
    group: Cohort,
    settings: Config,
    sizes: Sequence[tuple[str, int]],
    n_workers: int,
    budget: Budget,
) -> None:
    """Say what the build is likely to need before it starts."""
    rows = round(sum(expected_rows(path, size) for path, size in sizes))
    needed = rows * (_ROW_BYTES + _PCT_BYTES * (PCT_LAYER in settings.layers))
    text = sum(size for _, size in sizes)
    log.info(
        "cohort %s: %s samples, %s MB of text, about %s rows",
        group.name, f"{len(group.samples):,}", f"{text / 1e6:,.1f}", f"{rows:,}",
    )  # fmt: skip
    scratch = max(0, needed - budget.rows)
    log.info(
        "%d workers, %s MB of memory: about %s MB of rows, %s",
        n_workers, f"{budget.total / 1e6:,.0f}", f"{needed / 1e6:,.0f}",
        f"{scratch / 1e6:,.0f} MB of them in scratch" if scratch else "all in memory",
    )  # fmt: skip
