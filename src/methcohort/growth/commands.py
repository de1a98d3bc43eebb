"""Growing a cohort: stores merged into one, samples added, replaced and removed.

What comes out is what a build from all text would give, byte for byte. A new store takes its place
by a rename, so readers go on and a crash changes nothing.
"""

import os
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from ..build import (
    REFUSE,
    REPLACE,
    Origin,
    SourceStore,
    Taken,
    expect_choice,
    expect_same_files,
    expect_unfiltered,
    lacking,
    publish,
)
from ..cohort import Cohort, Config, kept_back, read_cohort, resources_of
from ..core.errors import (
    ConfigError,
    DamagedStoreError,
    InputError,
    StoreError,
    TextNeededError,
    shortages_told,
)
from ..core.log import log
from ..files import CHANGED, Identity, identity
from ..store import StoreReader, open_reader
from .edits import Edit, edited
from .merging import joined_stores

_FILTER_ANEW: Final = (
    "change the store that it was made of, and filter that anew; methcohort filter can leave out "
    "samples of a filtered store, too"
)


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
    """Merge stores into one, without re-reading the text files.

    Parameters
    ----------
    stores : made with the same configuration, of different samples
    output : the store to write; it may be one of them
    samples : a sheet of all samples, in the order of the new store and with its further columns;
        None takes those of the stores, one after the other
    cohort : cohort of the sheet; required if it has more than one
    workers, memory, scratch : as for `build`

    Returns
    -------
    The digest of the store's content.

    Raises
    ------
    ConfigError
        Where the stores were made with different configurations, or with one that left out sites
        which the samples would have together.
    InputError
        Where a sample is in two stores, the sheet lists other samples, or samples do not fit
        each other.
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
    for store in stores:
        with open_reader(store) as opened:
            expect_unfiltered(opened, _FILTER_ANEW)
    with ExitStack() as stack:
        sources = [stack.enter_context(SourceStore(path)) for path in stores]
        group, taken = joined_stores(sources, samples, cohort)
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
    """Add the samples of a sheet to a store, after its own.

    Samples that the store already has, with the same files, stay as they are.

    Parameters
    ----------
    store : stays as it is until the new one takes its place
    samples : a sheet of the samples to add
    cohort : cohort of the sheet; required if it has more than one
    output : where the new store is to be; None is the place of the old one
    changed : `refuse` or `replace` samples of the store that have other files in the sheet
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
        earlier = stack.enter_context(open_reader(store))
        expect_unfiltered(earlier, _FILTER_ANEW)
        config = _config_of(earlier)
        resources = resources_of(config, workers, memory, scratch)
        group, rows = edited(earlier, edit)
        taken, why = _taken(stack, store, rows)
        if taken is not None:
            if not edit.gone and output is None and _is_there(group, taken):
                log.info("%s: already has these samples; nothing is written", store)
                return earlier.digest
            if taken.reads_reference:
                expect_same_files(earlier, ())
            log.info("%s samples are taken from %s", f"{len(taken.rows(0)):,}", store)
            try:
                return publish(group, config, target, resources, taken, check)
            except TextNeededError as error:
                why = str(error)
        log.warning("%s; the text of all samples is read again", why)
        expect_same_files(earlier, [row for row in rows if row is not None])
        return publish(group, config, target, resources, None, check)


def _config_of(store: StoreReader) -> Config:
    """Return the configuration that a store was made with."""
    return Config.from_mapping(store.provenance["config"], f"{store.path}, provenance")


def _taken(
    stack: ExitStack, store: str | Path, rows: Sequence[int | None]
) -> tuple[Taken | None, str]:
    """Return the samples to take from a store, opened on `stack`; or None, and why there are none.

    Raises DamagedStoreError where it is damaged, which has to be seen to first.
    """
    try:
        source = stack.enter_context(SourceStore(store))
    except DamagedStoreError:
        raise
    except StoreError as error:
        return None, str(error)
    taken = Taken((source,), tuple(None if row is None else Origin(0, row) for row in rows))
    if not taken.rows(0):
        return None, f"{store}: no sample of it is left"
    why = kept_back(source.config) or lacking(taken)
    return (taken, "") if why is None else (None, f"{store}: {why}")


def _sheet_for(store: str | Path, samples: str | Path, cohort: str | None) -> Cohort:
    """Return the cohort of a sheet, whose formats are those that a store's configuration has."""
    with open_reader(store) as opened:
        return read_cohort(samples, cohort, custom=_config_of(opened).custom)


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
