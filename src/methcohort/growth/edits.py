"""Edits of a store's samples: add, replace and remove."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..build import REFUSE, cohort_of, sha256_of
from ..cohort import SHEET, Cohort, Sample
from ..core.errors import InputError, joined
from ..core.log import log
from ..readers import AUTO
from ..store import StoreReader

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of a store's samples.

    Attributes
    ----------
    new : the sheet with samples to add, or to take the place of those of the same names
    gone : names of samples to remove
    changed : `refuse` or `replace` samples of the store that have other text in the sheet
    only_known : whether the sheet may only have samples of the store
    """

    new: Cohort | None
    gone: tuple[str, ...]
    changed: str = REFUSE
    only_known: bool = False


def edited(store: StoreReader, edit: Edit) -> tuple[Cohort, list[int | None]]:
    """Return the cohort after an edit, and the row of each sample that stays as it is.

    Raises
    ------
    InputError
        Where the store lacks a sample that it should have, has one with other text, or no sample
        or two of one name would be left.
    """
    before = _as_in_sheet(store)
    number = {sample.name: row for row, sample in enumerate(before.samples)}
    unknown = [name for name in edit.gone if name not in number]
    if edit.only_known and edit.new is not None:
        unknown += [one.name for one in edit.new.samples if one.name not in number]
    if unknown:
        message = (
            f"{store.path}: has no {listed_names(unknown)}; expected names that methcohort info "
            "shows"
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
    refuse_double_names(group)
    return group, [row for _, row in kept]


def _with_new(
    store: StoreReader, before: Cohort, edit: Edit, kept: Sequence[tuple[Sample, int | None]]
) -> tuple[list[tuple[Sample, int | None]], tuple[str, ...]]:
    """Return samples and columns with those of the sheet of an edit."""
    assert edit.new is not None  # noqa: S101
    n_new = len(edit.new.samples)
    log.info("cohort %s of the sheet: %s samples for %s", edit.new.name, f"{n_new:,}", store.path)
    columns = tuple(dict.fromkeys((*before.columns, *edit.new.columns)))
    new = {one.name: with_columns(one, edit.new.columns, columns) for one in edit.new.samples}
    digests = _digests_in(store)
    found: list[tuple[Sample, int | None]] = []
    for sample, row in kept:
        own = with_columns(sample, before.columns, columns)
        other = new.pop(sample.name, None)
        if other is None or row is None:
            found.append((own, row))
        elif [sha256_of(one.path) for one in other.sources] == digests[row] and _formats(
            other
        ) == _formats(sample):
            log.info("sample %s is already in %s, with the same files", sample.name, store.path)
            found.append((dataclasses.replace(own, extra=_over(own.extra, other.extra)), row))
        elif edit.changed == REFUSE:
            message = (
                f"{other.sources[0].path}: {store.path} has a sample {sample.name} of other text; "
                "expected another name; to replace it, use replace or --changed replace"
            )
            raise InputError(message)
        else:
            found.append((dataclasses.replace(other, extra=_over(own.extra, other.extra)), None))
    return [*found, *((one, None) for one in new.values())], columns


def _as_in_sheet(store: StoreReader) -> Cohort:
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


def _digests_in(store: StoreReader) -> list[list[str]]:
    """Return the SHA-256 of the files of each sample."""
    found: list[list[str]] = [[] for _ in store.samples]
    for row, sha256 in zip(store.inputs["sample"], store.inputs["sha256"], strict=True):
        found[row].append(sha256)
    return found


def _formats(sample: Sample) -> list[tuple[str, str]]:
    return [(source.format, source.columns) for source in sample.sources]


def with_columns(sample: Sample, own: Sequence[str], columns: Sequence[str]) -> Sample:
    """Return a sample with a value for each column, empty where its sheet had none."""
    values = dict(zip(own, sample.extra, strict=True))
    return dataclasses.replace(sample, extra=tuple(values.get(name, "") for name in columns))


def _over(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """Return the new values, and the old ones where there is no new one."""
    return tuple(after or before for before, after in zip(old, new, strict=True))


def listed_names(names: Sequence[str]) -> str:
    """Return names of samples for a message, as in `samples a, b`."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"sample{'s' * (len(names) > 1)} {', '.join(names[:_SHOWN])}{more}"


def refuse_double_names(group: Cohort) -> None:
    """Raise InputError where one name would mean two things."""
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
