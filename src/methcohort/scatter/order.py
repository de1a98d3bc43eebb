"""The parts that a step is given: all there, each once, of this cohort, and in their order."""

from collections.abc import Sequence
from typing import Any

from ..cohort import Cohort, Config
from ..core.errors import StoreError
from .batch import listed_samples
from .part_file import PartFile


def batches_of(batches: Sequence[PartFile], group: Cohort, settings: Config) -> list[PartFile]:
    """Return the batches of a cohort in the order of the sheet.

    Raises
    ------
    StoreError
        Where one is missing, given twice, or of another cohort, sheet or configuration.
    """
    listed = listed_samples(group)
    place = {name: k for k, (name, _) in enumerate(listed)}
    content = settings.content()
    by_start: dict[int, PartFile] = {}
    for batch in batches:
        meta = batch.meta
        if meta["cohort"] != group.name:
            found = f"is of cohort {meta['cohort']!r}; expected {group.name!r}"
            raise batch.misfit(found)
        _refuse_other_settings(batch, content)
        own = meta["samples"]
        start = place.get(own[0][0], -1)
        if start < 0 or listed[start : start + len(own)] != own:
            name = next((one[0] for one in own if one not in listed), own[0][0])
            found = f"has other samples than the sheet, or in another order, such as {name!r}"
            raise batch.misfit(found)
        if start in by_start:
            raise _twice(by_start[start], batch)
        by_start[start] = batch
    due = 0
    for start, batch in sorted(by_start.items()):
        if start < due:
            found = f"has samples of another batch, too, such as {listed[start][0]!r}"
            raise batch.misfit(found)
        if start > due:
            break
        due += len(batch.meta["samples"])
    if due < len(listed):
        message = (
            f"cohort {group.name}: found no batch with the sample {listed[due][0]!r}; expected "
            "those of all its samples; give all batches, or load the one that is missing"
        )
        raise StoreError(message)
    return [batch for _, batch in sorted(by_start.items())]


def _refuse_other_settings(batch: PartFile, content: dict[str, Any]) -> None:
    theirs = batch.meta["config"]
    for key in {**content, **theirs}:
        if theirs.get(key) != content.get(key):
            found = (
                f"was made with {key}: {theirs.get(key)!r}; expected {content.get(key)!r}, as the "
                "configuration has"
            )
            raise batch.misfit(found)


def listed_batches(batches: Sequence[PartFile], sites: PartFile) -> list[PartFile]:
    """Return the batches that sites were found from, in their order.

    Raises
    ------
    StoreError
        Where one is missing, given twice, or none of them.
    """
    by_key: dict[str, PartFile] = {}
    for batch in batches:
        key = batch.meta["key"]
        if key not in sites.meta["batches"]:
            found = f"is not one of the batches that {sites.path} was made from"
            raise batch.misfit(found)
        if key in by_key:
            raise _twice(by_key[key], batch)
        by_key[key] = batch
    n, n_listed = len(by_key), len(sites.meta["batches"])
    if n < n_listed:
        message = (
            f"{sites.path}: was made from {n_listed} batches, and {n} of them are given; expected "
            "all; give all of them"
        )
        raise StoreError(message)
    return [by_key[key] for key in sites.meta["batches"]]


def listed_ranges(ranges: Sequence[PartFile], sites: PartFile) -> list[PartFile]:
    """Return all ranges of sites, in their order.

    Raises
    ------
    StoreError
        Where one is missing, given twice, of other sites, or of another division of them.
    """
    by_number: dict[int, PartFile] = {}
    n_parts = ranges[0].meta["range"][1] if ranges else 0
    for one in ranges:
        if one.meta["sites"] != sites.meta["key"]:
            found = f"was not made from {sites.path}"
            raise one.misfit(found)
        number, n = one.meta["range"]
        if n != n_parts:
            found = f"is a range of {n}, and {ranges[0].path} is one of {n_parts}"
            raise one.misfit(found)
        if number in by_number:
            raise _twice(by_number[number], one)
        by_number[number] = one
    missing = [number for number in range(1, n_parts + 1) if number not in by_number]
    if missing or not ranges:
        which = f"range {missing[0]} of {n_parts}" if missing else "no range"
        message = (
            f"{sites.path}: found {'nothing of ' if missing else ''}{which}; expected all ranges "
            "of the sites; give all of them, or pack the one that is missing"
        )
        raise StoreError(message)
    return [by_number[number] for number in range(1, n_parts + 1)]


def _twice(one: PartFile, other: PartFile) -> StoreError:
    if other.path == one.path:
        return StoreError(f"{one.path}: is given twice; expected each part once")
    return StoreError(
        f"{other.path}: holds the same part as {one.path}; expected each once; give one of them"
    )
