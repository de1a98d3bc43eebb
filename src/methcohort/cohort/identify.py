"""Identifying a text file: what form of text it is, by the sheet or by its first rows.

Runs in the workers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ..core.errors import InputError, raise_shortage
from ..engine import Context, Pool
from ..files import CHANGED, Identity, identity, unended
from ..readers import AUTO, Format, recognise, settle

SHEET: Final = "sheet"
REFERENCE: Final = "reference"
COHORT: Final = "cohort"
ASSUMED: Final = "assumed"
"""Rules, besides those of `readers.recognise`, that can decide what form of text a file is."""

_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class IdentifyTask:
    """A file, and what the sheet and the key `custom` of the configuration say of its format.

    `known` is the file that it has to be, where that was looked at before.
    """

    title: str
    path: str
    format: str
    columns: str
    custom: Mapping[str, Any]
    known: Identity | None = None


@dataclass(frozen=True, slots=True)
class Identified:
    """What form of text a file is.

    Attributes
    ----------
    form : the format, with what the file itself says of it
    decided_by : the rule that decided
    evidence : a sentence for each rule that was tried
    rival : another format that fits as well but for its base; None where there is none
    file : which file that was, before it was looked at; None where it was not there
    unended : its last line, where that does not end with a newline, so that it may be cut
    """

    form: Format
    decided_by: str
    evidence: tuple[str, ...] = ()
    rival: Format | None = None
    file: Identity | None = None
    unended: str = ""

    @property
    def rival_shift(self) -> int:
        """What is to be added to the positions of the rows if the file is the rival."""
        return 0 if self.rival is None else self.form.base - self.rival.base

    @property
    def is_asked(self) -> bool:
        """Whether a user has to say which of the two formats it is if nothing else decides."""
        return self.rival is not None and not self.form.usual

    def assumed(self) -> "Identified":
        """Return the same where nothing decides the base: the usual one is assumed, and says so."""
        if self.rival is None or not self.form.usual:
            return self
        why = assumption(self.form, self.rival)
        return replace(self, decided_by=ASSUMED, evidence=(*self.evidence, why), rival=None)

    @property
    def with_kind(self) -> bool:
        """Whether rows have a strand or a context, also if the file is the rival."""
        return self.form.with_kind or (self.rival is not None and self.rival.with_kind)


def assumption(form: Format, rival: Format) -> str:
    """Return what is assumed of a file that may be of either format, and how to have it proven."""
    return (
        f"nothing shows whether it is {form.name}, {form.base}-based, or {rival.name} "
        f"({rival.title}); the usual base, {form.base}, is assumed; give a reference to have it "
        "proven, or name the format in the sheet"
    )


def identify_files(
    pool: Pool,
    files: Sequence[tuple[str, str, str, str]],
    custom: Mapping[str, Any],
    known: Sequence[Identity | None] = (),
) -> list[Identified | InputError]:
    """Return what each file is, or its fault.

    Parameters
    ----------
    files : of each a title for messages, its path, and its format and columns in the sheet
    custom : the key of the configuration
    known : of each the file that it has to be, or None

    Raises
    ------
    ConfigError
        Where `custom` does not describe a format and a file needs it.
    """
    tasks = [
        (IdentifyTask(*file, custom, same),)
        for file, same in zip(files, known or [None] * len(files), strict=True)
    ]
    found: dict[int, Identified | InputError] = dict(pool.run(identify, tasks))
    return [found[index] for index in range(len(files))]


def identify(_context: Context, task: IdentifyTask) -> Identified | InputError:
    """Return what form of text one file is; a fault in it is returned.

    Raises
    ------
    BudgetError
        Where the system has no memory or file descriptor left.
    """
    try:
        file = identity(task.path)
        if task.known not in (None, file):
            message = f"{task.title}: {CHANGED}"
            raise InputError(message)
        found = _identified(task)
        last = unended(task.path)
        if last:
            sentence = f"the last line ({last[:_SHOWN]!r}) has no newline, so it may have been cut"
            found = replace(found, evidence=(*found.evidence, sentence))
        return replace(found, file=file, unended=last[:_SHOWN])
    except InputError as error:
        raise_shortage(task.path, error)
        return error


def _identified(task: IdentifyTask) -> Identified:
    if task.format != AUTO:
        form = settle(task.format, task.path, task.custom, task.columns)
        return Identified(form, SHEET, (form.dialect.describe(),) if form.dialect else ())
    found = recognise(task.path)
    rival = settle(found.rival, task.path) if found.rival else None
    form = settle(found.format, task.path, None, task.columns)
    return Identified(form, found.rule, found.evidence, rival)
