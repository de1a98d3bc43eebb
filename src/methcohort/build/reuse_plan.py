"""Which samples of a store can be taken over as they are, and why others cannot.

A new store has to be the one that a build from all text would give, byte for byte. What a store
keeps is enough for that as long as nothing was left out of it for the sake of its other samples.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from ..cohort import (
    COHORT,
    SHEET,
    Cohort,
    Config,
    Sample,
    SampleRecord,
    Source,
    format_of,
    kept_back,
)
from ..core.errors import ConfigError, InputError, StoreError
from ..core.log import log
from ..files import identity
from ..readers import AUTO, format_named, used_descriptions
from .reused import Origin, Taken
from .source_files import sha256_of
from .source_store import SourceStore

REPLACE: Final = "replace"
REFUSE: Final = "refuse"
"""What is to be done where a file has changed under the name of a sample."""

_SHOWN: Final = 60


def lacking(taken: Taken) -> str | None:
    """Return why samples cannot be taken from one store without the rest; None if they can."""
    source, is_whole = taken.sources[0], taken.is_whole(0)
    if not is_whole and (why := _needs_all(source)) is not None:
        return f"not all of its samples are taken, and {why}"
    records = [source.records[row] for row in taken.rows(0)]
    if decided_by_others(records, is_whole=is_whole):
        return "its other samples decided the format of a file"
    return None


def _needs_all(source: SourceStore) -> str | None:
    """Return why some samples of a store do not determine its sites; None if they do."""
    config = source.config
    if config.sites == "union" and config.uncovered == "keep":
        return "with uncovered: keep, a site without reads cannot be traced to its samples"
    if config.sites == "reference" and config.off_reference == "keep":
        return "with off_reference: keep, sites of the reference cannot be told from others"
    if config.bed is not None and source.store.kinds:
        return "with sites of a BED file, strand and context cannot be traced to their samples"
    if not source.store.rows_agree:
        return "samples disagree on the strand or context of a site, or only some have one"
    return None


def differing_keys(one: Config, other: Config, formats: Collection[str] | None = None) -> list[str]:
    """Return the keys that determine content in which two configurations differ, with values.

    Of the key `custom` only what it says of `formats` is compared, where they are given.
    """
    first, second = one.content(), other.content()
    if formats is not None:
        for values in (first, second):
            values["custom"] = used_descriptions(values["custom"], formats)
    return [
        f"{key}: {_shown(second.get(key, ''))} (not {_shown(first.get(key, ''))})"
        for key in dict.fromkeys((*first, *second))
        if first.get(key, "") != second.get(key, "")
    ]


def decided_by_others(
    records: Sequence[SampleRecord], *, is_whole: bool
) -> Mapping[str, Any] | None:
    """Return a file that could be read otherwise without the other samples, or None.

    Their positions decided its format. Where they confirmed a usual base only, and are all kept
    (`is_whole`), they confirm it still.
    """
    files = (file for record in records for file in record.files)
    return next(
        (
            file
            for file in files
            if file["decided_by"] == COHORT
            and not (is_whole and format_named(format_of(str(file["format"]))[0]).usual)
        ),
        None,
    )


def expect_choice(changed: str) -> None:
    """Raise ConfigError where `changed` is neither `REPLACE` nor `REFUSE`."""
    if changed not in (REPLACE, REFUSE):
        message = f"found changed: {changed}; expected {REPLACE} or {REFUSE}"
        raise ConfigError(message)


def plan_reuse(
    group: Cohort, settings: Config, path: Path, *, changed: str, n_threads: int
) -> Taken | None:
    """Return which samples of a cohort an earlier store has already; None where there are none.

    A sample is known by the SHA-256 of its files and by how they were to be read. Why a store is
    of no use is logged. The stores of what is returned are open.

    Parameters
    ----------
    path : the earlier store; it need not be there
    changed : `replace`, or `refuse` a file that differs from the one of the same sample there
    n_threads : files to be read at once

    Raises
    ------
    InputError
        Where a file has changed and `changed` is refuse.
    ConfigError
        Where `changed` is something else.
    """
    expect_choice(changed)
    if not path.exists():
        return None
    try:
        source = SourceStore(path)
    except (StoreError, ConfigError) as error:
        log.warning("%s; all text is read", error)
        return None
    try:
        taken, why = _plan(group, settings, source, changed, max(1, n_threads))
    except BaseException:
        source.close()
        raise
    if taken is None:
        source.close()
        log.info("no sample is taken from %s: %s", path, why)
        return None
    n_taken = sum(one is not None for one in taken.origins)
    log.info("%s of %s samples are taken from %s", f"{n_taken:,}", f"{len(group.samples):,}", path)
    return taken


def _plan(
    group: Cohort, settings: Config, source: SourceStore, changed: str, n_threads: int
) -> tuple[Taken | None, str]:
    """Return the samples to take from an open store, or None and why there are none."""
    why = kept_back(settings)
    files = [file for record in source.records for file in record.files]
    formats = {format_of(str(file["format"]))[0] for file in files}
    differing = differing_keys(settings, source.config, formats)
    if differing:
        why = f"it was made with {'; '.join(differing)}"
    if why is not None:
        return None, why
    with ThreadPoolExecutor(n_threads) as threads:
        for file in source.files.values():
            if sha256_of(file["path"]) != file["sha256"]:
                return None, f"{file['path']} has changed since"
        digests = _digests(group, source, threads)
    origins = _origins(group, source, digests)
    if changed == REFUSE:
        _refuse_changed(group, source, digests)
    taken = Taken((source,), tuple(origins))
    if not taken.rows(0):
        return None, "it has none of the files"
    why = lacking(taken)
    return (taken, "") if why is None else (None, why)


def _digests(group: Cohort, source: SourceStore, threads: ThreadPoolExecutor) -> dict[Source, str]:
    """Return the SHA-256 of each file that has the size of one of the store's; else nothing."""
    sizes = {file["size"] for record in source.records for file in record.files}
    sources = [one for _, one in group.sources]
    paths = list(dict.fromkeys(one.path for one in sources))
    found = dict(zip(paths, threads.map(lambda path: sha256_of(path, sizes), paths), strict=True))
    # A file that is no longer the one of the recipe is the reader's to refuse.
    gone = [one for one in sources if one.known not in (None, identity(one.path))]
    return {one: "" if one in gone else found[one.path] for one in sources}


def _origins(
    group: Cohort, source: SourceStore, digests: Mapping[Source, str]
) -> list[Origin | None]:
    """Return the row of each sample that the store has; no row is taken twice."""
    rows: dict[tuple[str, ...], list[int]] = {}
    for row, record in enumerate(source.records):
        rows.setdefault(tuple(str(file["sha256"]) for file in record.files), []).append(row)
    named = {name: row for row, name in enumerate(source.store.samples)}
    origins: list[Origin | None] = [None] * len(group.samples)
    order = sorted(range(len(origins)), key=lambda k: group.samples[k].name not in named)
    for k in order:
        sample = group.samples[k]
        left = rows.get(tuple(digests[one] for one in sample.sources), [])
        fitting = [row for row in left if reads_alike(sample, source.records[row])]
        if fitting:
            row = named[sample.name] if named.get(sample.name) in fitting else fitting[0]
            origins[k] = Origin(0, row)
            left.remove(row)
    return origins


def reads_alike(sample: Sample, record: SampleRecord) -> bool:
    """Tell whether the sheet would have a sample's files read as they were."""
    return len(sample.sources) == len(record.files) and all(
        (source.format, source.columns) == sheet_format(file)
        for source, file in zip(sample.sources, record.files, strict=True)
    )


def sheet_format(file: Mapping[str, Any]) -> tuple[str, str]:
    """Return the format and the columns that the sheet has of a file of a store."""
    form, columns = format_of(str(file["format"]))
    return form if file["decided_by"] == SHEET else AUTO, columns


def _refuse_changed(group: Cohort, source: SourceStore, digests: Mapping[Source, str]) -> None:
    named = {name: row for row, name in enumerate(source.store.samples)}
    for sample in group.samples:
        if sample.name in named:
            record = source.records[named[sample.name]]
            before = [file["sha256"] for file in record.files]
            same = [digests[one] for one in sample.sources] == before
            columns = [sheet_format(file)[1] for file in record.files]
            if not same or [one.columns for one in sample.sources] != columns:
                message = (
                    f"{sample.sources[0].path}: the text of sample {sample.name} differs from "
                    f"that in {source.path}; expected the same, since changed is refuse; set "
                    "changed: replace, or give the sample another name"
                )
                raise InputError(message)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
