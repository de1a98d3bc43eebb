"""Growing a cohort: stores merged into one, samples added, replaced and removed.

What comes out is what a build from all text would give, byte for byte. A new store takes its place
by a rename, so readers go on and a crash changes nothing.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from ..build import (
    REFUSE,
    REPLACE,
    Origin,
    SourceStore,
    Taken,
    decided_by_others,
    differing_keys,
    expect_choice,
    expect_same_files,
    needs_all,
    publish,
    reads_alike,
    resources_of,
    sha256_of,
)
from ..cohort import ASSUMED, Cohort, Config, kept_back, read_cohort
from ..core.errors import (
    ConfigError,
    DamagedStoreError,
    InputError,
    StoreError,
    TextNeededError,
    shortages_told,
)
from ..core.progress import log
from ..files import CHANGED, Identity, identity
from ..store import open_store
from .edits import Edit, edited, listed_names, refuse_double_names, with_columns


@shortages_told()
def merge(
    stores: Sequence[str | Path],
    output: str | Path,
    *,
    samples: str | Path | None = None,
    cohort: str | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> str:
    """Merge stores into one, without their text.

    Parameters
    ----------
    stores : made with the same configuration, of different samples
    output : the store to write; it may be one of them
    samples : a sheet of all samples, in the order of the new store and with its further columns;
        None takes those of the stores, one after the other
    cohort : which cohort of the sheet; needed where it has several
    workers, memory, scratch : as for `build`

    Returns
    -------
    The digest of the store's content.

    Raises
    ------
    ConfigError
        Where the stores were made with different configurations, or with one with which sites were
        left out that the samples have together.
    InputError
        Where a sample is in two stores, the sheet lists others, or samples do not fit each other.
    StoreError, BudgetError, WorkerError
        As `build`.
    """
    if not stores:
        message = "found no stores; expected one or more to merge"
        raise ConfigError(message)
    paths = [os.path.realpath(path) for path in stores]
    for path, count in Counter(paths).items():
        if count > 1:
            message = f"{path}: found {count} times among the stores; expected each once"
            raise ConfigError(message)
    with ExitStack() as stack:
        sources = [stack.enter_context(SourceStore(path)) for path in stores]
        _refuse_different(sources)
        group = _joined_cohort(sources)
        origins = [
            Origin(k, row) for k, one in enumerate(sources) for row in range(one.grid.n_samples)
        ]
        if samples is not None:
            group, origins = _ordered(group, origins, sources, samples, cohort)
        taken = Taken(tuple(sources), tuple(origins))
        config = sources[0].config
        resources = resources_of(config, workers, memory, scratch)
        try:
            return publish(group, config, Path(output), resources, taken)
        except TextNeededError as error:
            message = f"{error}; build the store from all text"
            raise InputError(message) from error


def add(
    store: str | Path,
    samples: str | Path,
    *,
    cohort: str | None = None,
    output: str | Path | None = None,
    changed: str = REFUSE,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> str:
    """Add the samples of a sheet to a store, behind those that it has.

    Samples that it has already, with the same files, are left as they are.

    Parameters
    ----------
    store : stays as it is until the new one takes its place
    samples : a sheet of the samples to add
    cohort : which cohort of the sheet; needed where it has several
    output : where the new store is to be; None is the place of the old one
    changed : `refuse` or `replace` samples of the store whose files are others in the sheet
    workers, memory, scratch : as for `build`

    Returns
    -------
    The digest of the store's content.

    Raises
    ------
    InputError
        Where a sample of the store has other files in the sheet, or new ones do not fit.
    ConfigError, StoreError, BudgetError, WorkerError
        As `build`.
    """
    expect_choice(changed)
    new = _sheet_for(store, samples, cohort)
    return _grow(store, Edit(new, (), changed=changed), output, workers, memory, scratch)


def replace(
    store: str | Path,
    samples: str | Path,
    *,
    cohort: str | None = None,
    output: str | Path | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> str:
    """Replace samples of a store by those of the same names in a sheet; see `add`.

    Raises InputError where the store has no sample of a name.
    """
    new = _sheet_for(store, samples, cohort)
    return _grow(
        store, Edit(new, (), changed=REPLACE, only_known=True), output, workers, memory, scratch
    )


def remove(
    store: str | Path,
    names: Sequence[str],
    *,
    output: str | Path | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> str:
    """Remove samples from a store, and the sites that only they had; see `add`.

    Raises InputError where the store has no such sample, or would have none left.
    """
    return _grow(store, Edit(None, tuple(names)), output, workers, memory, scratch)


@shortages_told()
def _grow(
    store: str | Path,
    edit: Edit,
    output: str | Path | None,
    workers: int | None,
    memory: str | int | None,
    scratch: str | Path | None,
) -> str:
    """Write the store that has the samples of another after an edit."""
    target = Path(store if output is None else output)
    check = partial(_expect_same_file, store, identity(str(store)))
    with ExitStack() as stack:
        earlier = stack.enter_context(open_store(store))
        config = Config.from_mapping(earlier.provenance["config"], f"{store}, provenance")
        resources = resources_of(config, workers, memory, scratch)
        group, rows = edited(earlier, edit)
        try:
            source = stack.enter_context(SourceStore(store))
        except DamagedStoreError:
            raise
        except StoreError as error:
            why: str | None = str(error)
        else:
            origins = tuple(None if row is None else Origin(0, row) for row in rows)
            taken = Taken((source,), origins)
            why = _not_enough(taken)
            if why is None and not edit.gone and output is None and _is_there(group, taken):
                log.info("%s: has all of that already; nothing is written", store)
                return earlier.digest
            if why is None:
                _expect_shared_files(taken)
                n_kept = sum(row is not None for row in rows)
                log.info("%s samples are taken from %s", f"{n_kept:,}", store)
                try:
                    return publish(group, config, target, resources, taken, check)
                except TextNeededError as error:
                    why = str(error)
        log.warning("%s; the text of all samples is read again", why)
        expect_same_files(earlier, [row for row in rows if row is not None])
        return publish(group, config, target, resources, None, check)


def _sheet_for(store: str | Path, samples: str | Path, cohort: str | None) -> Cohort:
    """Return the cohort of a sheet, whose formats are those that a store's configuration has."""
    with open_store(store) as opened:
        config = Config.from_mapping(opened.provenance["config"], f"{store}, provenance")
    return read_cohort(samples, cohort, custom=config.custom)


def _is_there(group: Cohort, taken: Taken) -> bool:
    """Tell whether a store has all samples of a cohort, as they are."""
    source = taken.sources[0]
    before = [(sample.name, sample.extra) for sample in source.cohort.samples]
    after = [(sample.name, sample.extra) for sample in group.samples]
    same = before == after and group.columns == source.cohort.columns
    return same and None not in taken.origins


def _expect_same_file(store: str | Path, file: Identity | None) -> None:
    """Raise DamagedStoreError where another command has replaced a store, and added samples."""
    if identity(str(store)) != file:
        message = f"{store}: {CHANGED}"
        raise DamagedStoreError(message)


def _not_enough(taken: Taken) -> str | None:
    """Return why the samples cannot be taken from their store; None if they can."""
    source = taken.sources[0]
    if not taken.rows(0):
        return "no sample of it is left"
    why = kept_back(source.config)
    if why is None and not taken.is_whole(0):
        why = needs_all(source)
    records = [source.records[row] for row in taken.rows(0)]
    if why is None and decided_by_others(records, is_whole=taken.is_whole(0)):
        why = "its other samples decided the format of a file"
    return None if why is None else f"{source.path}: {why}"


def _expect_shared_files(taken: Taken) -> None:
    """Raise InputError where new text would be read with another BED file, reference or table."""
    if None in taken.origins:
        for file in taken.sources[0].files.values():
            found = sha256_of(file["path"])
            if not found:
                message = (
                    f"{file['path']}: does not exist or cannot be read; expected the file that "
                    f"{taken.sources[0].path} was made with; put it back, or run in the folder in "
                    "which the store was built"
                )
                raise InputError(message)
            if found != file["sha256"]:
                message = (
                    f"{file['path']}: has other bytes than when {taken.sources[0].path} was made; "
                    f"expected sha256 {file['sha256']}; put that file back, or build the store "
                    "again"
                )
                raise InputError(message)


def _refuse_shared_samples(sources: Sequence[SourceStore]) -> None:
    """Raise InputError where two stores have the same samples, which it names."""
    first: dict[str, str] = {}
    for source in sources:
        shared = [name for name in source.store.samples if name in first]
        if shared:
            other = first[shared[0]]
            message = (
                f"{source.path}: found {listed_names(shared)}, as in {other}; expected stores of "
                "different samples; leave one of the stores out, or remove them from one"
            )
            raise InputError(message)
        first |= dict.fromkeys(source.store.samples, source.path)


def _refuse_different(sources: Sequence[SourceStore]) -> None:
    """Raise ConfigError or InputError where stores cannot be merged."""
    first = sources[0]
    why = kept_back(first.config)
    if why is not None:
        message = (
            f"{first.path}: {why}; expected sites: union with min_samples: 1, a BED file or the "
            "reference, and chroms.order: natural; build the store from all text"
        )
        raise ConfigError(message)
    for other in sources[1:]:
        differing = differing_keys(first.config, other.config)
        for name in sorted({*first.files, *other.files}):
            one, two = (source.files.get(name, {}).get("sha256") for source in (first, other))
            if one != two:
                differing.append(f"another {name} file")
        if differing:
            message = (
                f"{other.path}: was made with {'; '.join(differing)}, as against {first.path}; "
                "expected the same configuration; build one of them again"
            )
            raise ConfigError(message)
    for source in sources:
        file = decided_by_others(source.records, is_whole=True)
        if file is not None:
            message = (
                f"{source.path}: the other samples of its cohort decided that {file['path']} is "
                f"{file['format']}; expected formats that no other sample decides; name the format "
                "in the sheet and build it again"
            )
            raise InputError(message)
    _refuse_assumed(sources)


def _refuse_assumed(sources: Sequence[SourceStore]) -> None:
    """Raise InputError where a base was assumed that files of another store could prove."""
    for source in sources:
        assumed = next((one for one in _files(source) if one["decided_by"] == ASSUMED), None)
        rest = ((one, file) for one in sources if one is not source for file in _files(one))
        known = next((pair for pair in rest if pair[1]["decided_by"] != ASSUMED), None)
        if assumed is not None and known is not None:
            other, file = known
            message = (
                f"{source.path}: the base of {assumed['path']}, read as {assumed['format']}, was "
                f"assumed, and {file['path']} of {other.path} may tell it; expected a base that is "
                "known; name the format in the sheet and build it again, or build the store from "
                "all text"
            )
            raise InputError(message)


def _files(source: SourceStore) -> Iterator[Mapping[str, Any]]:
    """Yield what is told of each file of a store."""
    for record in source.records:
        yield from record.files


def _joined_cohort(sources: Sequence[SourceStore]) -> Cohort:
    """Return all samples of stores, one after the other, with the columns that any has."""
    _refuse_shared_samples(sources)
    columns = tuple(dict.fromkeys(name for one in sources for name in one.cohort.columns))
    group = Cohort(
        sources[0].cohort.name,
        tuple(
            with_columns(sample, source.cohort.columns, columns)
            for source in sources
            for sample in source.cohort.samples
        ),
        columns,
    )
    refuse_double_names(group)
    return group


def _ordered(
    group: Cohort,
    origins: Sequence[Origin],
    sources: Sequence[SourceStore],
    samples: str | Path,
    cohort: str | None,
) -> tuple[Cohort, list[Origin]]:
    """Return the cohort of a sheet, and where its samples come from."""
    sheet = read_cohort(samples, cohort, custom=sources[0].config.custom)
    of = {sample.name: k for k, sample in enumerate(group.samples)}
    absent = [one.name for one in sheet.samples if one.name not in of]
    left = sorted({*of} - {one.name for one in sheet.samples})
    if absent or left:
        found = f"{listed_names(absent)}, which no store has" if absent else ""
        lack = f"not {listed_names(left)} of the stores" if left else ""
        message = (
            f"{samples}: found {' and '.join(part for part in (found, lack) if part)}; expected "
            "all samples of the stores and no others; mend the sheet"
        )
        raise InputError(message)
    for sample in sheet.samples:
        origin = origins[of[sample.name]]
        record = sources[origin.source].records[origin.row]
        names = [source.name for source in sample.sources]
        if names != [file["name"] for file in record.files] or not reads_alike(sample, record):
            message = (
                f"{samples}: found sample {sample.name} with other files or formats than in "
                f"{sources[origin.source].path}; expected the rows of the sheet that this was "
                "built from; mend the sheet, or build the store from all text"
            )
            raise InputError(message)
    return sheet, [origins[of[sample.name]] for sample in sheet.samples]
