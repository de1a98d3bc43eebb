"""Which stores can be merged, and the cohort that comes of it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..build import (
    Origin,
    SourceStore,
    Taken,
    decided_by_others,
    differing_keys,
    reads_alike,
)
from ..cohort import ASSUMED, Cohort, kept_back, read_cohort
from ..core.errors import ConfigError, InputError
from .edits import listed_names, refuse_double_names, with_columns


def joined_stores(
    sources: Sequence[SourceStore], samples: str | Path | None, cohort: str | None
) -> tuple[Cohort, Taken]:
    """Return the cohort of several stores, and where each of its samples comes from.

    Parameters
    ----------
    samples, cohort : the sheet that has the order of the samples, and which of its cohorts; None
        takes the samples of the stores, one store after the other

    Raises
    ------
    ConfigError, InputError
        Where the stores cannot be merged, or the sheet lists other samples.
    """
    _refuse_kept_back(sources[0])
    for other in sources[1:]:
        _refuse_other_settings(sources[0], other)
    for source in sources:
        _refuse_decided_by_others(source)
    _refuse_assumed(sources)
    group = _joined_cohort(sources)
    origins = [Origin(k, row) for k, one in enumerate(sources) for row in range(one.grid.n_samples)]
    if samples is not None:
        group, origins = _ordered(group, origins, sources, samples, cohort)
    return group, Taken(tuple(sources), tuple(origins))


def _refuse_kept_back(source: SourceStore) -> None:
    """Raise ConfigError where sites were left out that samples of several stores may have."""
    why = kept_back(source.config)
    if why is not None:
        message = (
            f"{source.path}: {why}; expected sites: union with min_samples: 1, a BED file or the "
            "reference, and chroms.order: natural; build the store from all text"
        )
        raise ConfigError(message)


def _refuse_other_settings(first: SourceStore, other: SourceStore) -> None:
    """Raise ConfigError where two stores were made with different settings or shared files."""
    differing = differing_keys(first.config, other.config)
    for name in sorted({*first.files, *other.files}):
        one, two = (source.files.get(name, {}).get("sha256") for source in (first, other))
        if one != two:
            differing.append(f"another {name} file")
    if differing:
        message = (
            f"{other.path}: was made with {'; '.join(differing)}, unlike {first.path}; expected "
            "the same configuration; build one of them again"
        )
        raise ConfigError(message)


def _refuse_decided_by_others(source: SourceStore) -> None:
    """Raise InputError where all samples of a store together decided how one was read."""
    file = decided_by_others(source.records, is_whole=True)
    if file is not None:
        message = (
            f"{source.path}: the other samples of its cohort decided that {file['path']} is "
            f"{file['format']}; expected formats that do not depend on other samples; name the "
            "format in the sheet and build it again"
        )
        raise InputError(message)


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
                f"assumed, and {file['path']} of {other.path} may prove another; expected a base "
                "that is known; name the format in the sheet and build it again, or build the "
                "store from all text"
            )
            raise InputError(message)


def _files(source: SourceStore) -> Iterator[Mapping[str, Any]]:
    """Yield the record of each text file of a store."""
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


def _refuse_shared_samples(sources: Sequence[SourceStore]) -> None:
    """Raise InputError where two stores have the same samples, which it names."""
    first: dict[str, str] = {}
    for source in sources:
        shared = [name for name in source.store.samples if name in first]
        if shared:
            other = first[shared[0]]
            message = (
                f"{source.path}: found the {listed_names(shared)}, as in {other}; expected "
                "stores of different samples; leave one of the stores out, or remove them from one"
            )
            raise InputError(message)
        first |= dict.fromkeys(source.store.samples, source.path)


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
        found = f"the {listed_names(absent)}, which no store has" if absent else ""
        lack = f"not the {listed_names(left)} of the stores" if left else ""
        message = (
            f"{samples}: found {' and '.join(part for part in (found, lack) if part)}; expected "
            "all samples of the stores and no others; fix the sheet"
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
                "built from; fix the sheet, or build the store from all text"
            )
            raise InputError(message)
    return sheet, [origins[of[sample.name]] for sample in sheet.samples]
