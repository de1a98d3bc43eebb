"""Comparing a store with a sheet: names, paths, formats and further columns, and their order."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from ..build import cohort_of
from ..cohort import Cohort, Config, Sample, read_sheet
from ..core.errors import StoreError, short
from ..readers import AUTO
from ..store import StoreReader

_MOST_FAULTS: Final = 20


def compare_with_sheet(store: StoreReader, samples: str | Path, cohort: str | None) -> None:
    """Compare what a store says of its samples with the rows of a sheet.

    Parameters
    ----------
    cohort : which cohort of the sheet; None takes the one that the store is named for, or the only
        one

    Raises
    ------
    StoreError
        Where they differ.
    InputError
        Where the sheet cannot be read, or does not have the cohort.
    """
    config = Config.from_mapping(store.provenance["config"], f"{store.path}, provenance")
    sheet = read_sheet(samples, config.custom)
    if cohort is None and store.path.stem in sheet.names:
        cohort = store.path.stem
    found = list(islice(_differences(cohort_of(store), sheet.cohort(cohort)), _MOST_FAULTS))
    if found:
        lines = [*found, f"is not the store of {samples}; build it again, or fix the sheet"]
        raise StoreError("\n".join(f"{store.path}: {line}" for line in lines))


def _differences(held: Cohort, asked: Cohort) -> Iterator[str]:
    if held.columns != asked.columns:
        own, other = (", ".join(names) or "none" for names in (held.columns, asked.columns))
        yield f"has the columns {short(own)}; the sheet has {short(other)}"
    if len(held.samples) != len(asked.samples):
        yield f"has {len(held.samples):,} samples; the sheet has {len(asked.samples):,}"
    for number, (sample, row) in enumerate(zip(held.samples, asked.samples, strict=False), 1):
        if sample.name != row.name:
            yield f"sample {number} is {short(sample.name)}; the sheet has {short(row.name)}"
            return
        yield from _of_sample(held, sample, row)


def _of_sample(held: Cohort, own: Sample, other: Sample) -> Iterator[str]:
    """Say what differs of a sample; a format that the sheet leaves open is not compared."""
    name = short(own.name)
    for what, one, two in zip(held.columns, own.extra, other.extra, strict=False):
        if one != two:
            yield f"sample {name}: {what} is {short(one)}; the sheet has {short(two)}"
    files = [(one.name, one.given) for one in own.sources]
    if files != [(one.name, one.given) for one in other.sources]:
        was, now = (", ".join(one.given for one in who.sources) for who in (own, other))
        yield f"sample {name}: was made from {short(was)}; the sheet has {short(now)}"
        return
    for source, row in zip(own.sources, other.sources, strict=True):
        if row.format not in (AUTO, source.format) or source.columns != row.columns:
            was, now = (f"{who.format} {who.columns}".strip() for who in (source, row))
            yield f"sample {name}: {short(source.path)} was read as {was}; the sheet has {now}"
