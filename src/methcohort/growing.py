"""Growing a cohort: stores merged into one, samples added, replaced and removed.

What comes out is what a build from all text would give, byte for byte. A new store takes its place
by a rename, so readers go on and a crash changes nothing.
"""

import dataclasses
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from .builder import publish
from .comparison import expect_same_files
from .config import Config
from .errors import (
    ConfigError,
    DamagedStoreError,
    InputError,
    StoreError,
    TextNeededError,
    joined,
    shortages_told,
)
from .files import CHANGED, Identity, identity
from .identify import SHEET
from .progress import log
from .readers import AUTO
from .reuse import (
    REFUSE,
    REPLACE,
    decided_by_others,
    differing_keys,
    expect_choice,
    kept_back,
    needs_all,
    reads_alike,
    sha256_of,
)
from .sheet import Cohort, Sample, read_cohort
from .source import SourceStore, cohort_of
from .store import Store, open_store
from .taken import Origin, Taken

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Means:
    """What a command may use: `workers` processes, `memory` bytes and a `scratch` folder."""

    workers: int | None = None
    memory: str | int | None = None
    scratch: str | Path | None = None


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
        origins = [Origin(k, row) for k, one in enumerate(sources) for row in range(one.n_samples)]
        if samples is not None:
            group, origins = _ordered(group, origins, sources, samples, cohort)
        taken = Taken(tuple(sources), tuple(origins))
        config = sources[0].config
        try:
            return publish(group, config, Path(output), workers, memory, scratch, taken)
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
    new = read_cohort(samples, cohort)
    means = Means(workers, memory, scratch)
    return _grow(store, _Edit(new, (), changed=changed), output, means)


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
    new = read_cohort(samples, cohort)
    means = Means(workers, memory, scratch)
    return _grow(store, _Edit(new, (), changed=REPLACE, only_known=True), output, means)


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
    means = Means(workers, memory, scratch)
    return _grow(store, _Edit(None, tuple(names)), output, means)


@dataclass(frozen=True, slots=True)
class _Edit:
    """What is to become of a store's samples."""

    new: Cohort | None
    gone: tuple[str, ...]
    changed: str = REFUSE
    only_known: bool = False


@shortages_told()
def _grow(store: str | Path, edit: _Edit, output: str | Path | None, means: Means) -> str:
    """Write the store that has the samples of another after an edit."""
    target = Path(store if output is None else output)
    options = means.workers, means.memory, means.scratch
    check = partial(_expect_same_file, store, identity(str(store)))
    with ExitStack() as stack:
        earlier = stack.enter_context(open_store(store))
        config = Config.from_mapping(earlier.provenance["config"], f"{store}, provenance")
        group, rows = _edited(earlier, edit)
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
                    return publish(group, config, target, *options, taken, check)
                except TextNeededError as error:
                    why = str(error)
        log.warning("%s; the text of all samples is read again", why)
        expect_same_files(earlier, [row for row in rows if row is not None])
        return publish(group, config, target, *options, None, check)


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
    if why is None and decided_by_others([source.records[row] for row in taken.rows(0)]):
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


def _edited(store: Store, edit: _Edit) -> tuple[Cohort, list[int | None]]:
    """Return the cohort after an edit, and the row of each sample that stays as it is."""
    before = _as_in_sheet(store)
    number = {sample.name: row for row, sample in enumerate(before.samples)}
    unknown = [name for name in edit.gone if name not in number]
    if edit.only_known and edit.new is not None:
        unknown += [one.name for one in edit.new.samples if one.name not in number]
    if unknown:
        message = (
            f"{store.path}: has not {_listed(unknown)}; expected names that methcohort info shows"
        )
        raise InputError(message)
    kept: list[tuple[Sample, int | None]] = [
        (sample, row) for row, sample in enumerate(before.samples) if sample.name not in edit.gone
    ]
    columns = before.columns
    if edit.new is not None:
        kept, columns = _with_new(store, before, edit, kept)
    if not kept:
        message = f"{store.path}: no sample would be left; expected one or more to stay"
        raise InputError(message)
    group = Cohort(before.name, tuple(sample for sample, _ in kept), columns)
    _refuse_double_names(group)
    return group, [row for _, row in kept]


def _with_new(
    store: Store, before: Cohort, edit: _Edit, kept: Sequence[tuple[Sample, int | None]]
) -> tuple[list[tuple[Sample, int | None]], tuple[str, ...]]:
    """Return samples and columns with those of the sheet of an edit."""
    assert edit.new is not None  # noqa: S101
    n_new = len(edit.new.samples)
    log.info("cohort %s of the sheet: %s samples for %s", edit.new.name, f"{n_new:,}", store.path)
    columns = tuple(dict.fromkeys((*before.columns, *edit.new.columns)))
    new = {one.name: _with_columns(one, edit.new.columns, columns) for one in edit.new.samples}
    digests = _digests_in(store)
    found: list[tuple[Sample, int | None]] = []
    for sample, row in kept:
        own = _with_columns(sample, before.columns, columns)
        other = new.pop(sample.name, None)
        if other is None or row is None:
            found.append((own, row))
        elif [sha256_of(one.path) for one in other.sources] == digests[row] and _formats(
            other
        ) == _formats(sample):
            log.info("sample %s is in %s already, with the same files", sample.name, store.path)
            found.append((dataclasses.replace(own, extra=_over(own.extra, other.extra)), row))
        elif edit.changed == REFUSE:
            message = (
                f"{other.sources[0].path}: {store.path} has a sample {sample.name} of other text; "
                "expected another name; use replace, or --changed replace, to have it replaced"
            )
            raise InputError(message)
        else:
            found.append((dataclasses.replace(other, extra=_over(own.extra, other.extra)), None))
    return [*found, *((one, None) for one in new.values())], columns


def _as_in_sheet(store: Store) -> Cohort:
    """Return the cohort of a store with the formats that its sheet must have named."""
    cohort = cohort_of(store)
    decided = iter(store.inputs.get("decided_by", [SHEET] * len(cohort.sources)))
    return dataclasses.replace(
        cohort,
        samples=tuple(
            dataclasses.replace(
                sample,
                sources=tuple(
                    one if next(decided) == SHEET else one._replace(format=AUTO)
                    for one in sample.sources
                ),
            )
            for sample in cohort.samples
        ),
    )


def _digests_in(store: Store) -> list[list[str]]:
    """Return the SHA-256 of the files of each sample."""
    found: list[list[str]] = [[] for _ in store.samples]
    for row, sha256 in zip(store.inputs["sample"], store.inputs["sha256"], strict=True):
        found[row].append(sha256)
    return found


def _formats(sample: Sample) -> list[str]:
    return [source.format for source in sample.sources]


def _with_columns(sample: Sample, own: Sequence[str], columns: Sequence[str]) -> Sample:
    """Return a sample with a value for each column, empty where its sheet had none."""
    values = dict(zip(own, sample.extra, strict=True))
    return dataclasses.replace(sample, extra=tuple(values.get(name, "") for name in columns))


def _over(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """Return the new values, and the old ones where there is no new one."""
    return tuple(after or before for before, after in zip(old, new, strict=True))


def _refuse_shared_samples(sources: Sequence[SourceStore]) -> None:
    """Raise InputError where two stores have the same samples, which it names."""
    first: dict[str, str] = {}
    for source in sources:
        shared = [name for name in source.store.samples if name in first]
        if shared:
            other = first[shared[0]]
            message = (
                f"{source.path}: found {_listed(shared)}, as in {other}; expected stores of "
                "different samples; leave one of the stores out, or remove them from one"
            )
            raise InputError(message)
        first |= dict.fromkeys(source.store.samples, source.path)


def _listed(names: Sequence[str]) -> str:
    """Return names of samples as a message has them."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"the sample{'s' * (len(names) > 1)} {', '.join(names[:_SHOWN])}{more}"


def _refuse_double_names(group: Cohort) -> None:
    """Raise InputError where a name would stand for two things."""
    seen: dict[str, str] = {}
    faults = []
    for sample in group.samples:
        for name in {sample.name, *(source.name for source in sample.sources)}:
            if seen.setdefault(name, sample.name) != sample.name:
                faults.append(
                    f"found {name!r} as a name of sample {seen[name]}, or of a part of it, and of "
                    f"sample {sample.name}"
                )
    if faults:
        message = f"{joined(faults, 'name')}; expected different names; remove or rename one"
        raise InputError(message)


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
        for name in {*first.files, *other.files}:
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
        file = decided_by_others(source.records)
        if file is not None:
            message = (
                f"{source.path}: the other samples of its cohort decided that {file['path']} is "
                f"{file['format']}; expected formats that no other sample decides; name the format "
                "in the sheet and build it again"
            )
            raise InputError(message)


def _joined_cohort(sources: Sequence[SourceStore]) -> Cohort:
    """Return all samples of stores, one after the other, with the columns that any has."""
    _refuse_shared_samples(sources)
    columns = tuple(dict.fromkeys(name for one in sources for name in one.cohort.columns))
    group = Cohort(
        sources[0].cohort.name,
        tuple(
            _with_columns(sample, source.cohort.columns, columns)
            for source in sources
            for sample in source.cohort.samples
        ),
        columns,
    )
    _refuse_double_names(group)
    return group


def _ordered(
    group: Cohort,
    origins: Sequence[Origin],
    sources: Sequence[SourceStore],
    samples: str | Path,
    cohort: str | None,
) -> tuple[Cohort, list[Origin]]:
    """Return the cohort of a sheet, and where its samples come from."""
    sheet = read_cohort(samples, cohort)
    of = {sample.name: k for k, sample in enumerate(group.samples)}
    absent = [one.name for one in sheet.samples if one.name not in of]
    left = sorted({*of} - {one.name for one in sheet.samples})
    if absent or left:
        found = f"{_listed(absent)}, which no store has" if absent else ""
        lack = f"not {_listed(left)} of the stores" if left else ""
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
