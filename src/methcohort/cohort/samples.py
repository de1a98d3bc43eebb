"""The samples of a cohort and their text files, as a sheet or a recipe names them."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from ..core.errors import ConfigError
from ..files import Identity

_COLUMNS_SIGN: Final = ":"
"""What stands in a store between the name of a format and the columns of the sheet."""


class Source(NamedTuple):
    """A text file of a sample: the name of its row in the sheet, its path and its format.

    `columns` says which of the samples of the file it is, by name or number, where it has several.
    `remote` is what the sheet names where it is elsewhere and `path` is a copy of it. `known` is
    the file that has to be read, where a recipe was checked against it.
    """

    name: str
    path: str
    format: str
    columns: str = ""
    remote: str = ""
    known: Identity | None = None

    @property
    def given(self) -> str:
        """What the sheet names."""
        return self.remote or self.path


def stored_format(form: str, columns: str) -> str:
    """Return what a store has as the format of a file: its name, and which columns of the file."""
    return f"{form}{_COLUMNS_SIGN}{columns}" if columns else form


def format_of(text: str) -> tuple[str, str]:
    """Return the name of a format, and the columns, that `stored_format` put together."""
    form, _, columns = text.partition(_COLUMNS_SIGN)
    return form, columns


def copy_key(sha256: str, text: str) -> str:
    """Return what two files have in common that give the same rows.

    It is the SHA-256 of the file, and the columns in its `stored_format`: one file can have several
    samples.
    """
    return f"{sha256}{_COLUMNS_SIGN}{format_of(text)[1]}"


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a cohort: the rows of the sheet with the same `merge_as`, or a single row.

    `sources` are its text files, in the order of the sheet; their reads are added. `extra` holds
    the further columns, as written; where several rows differ, their different values in the order
    of the sheet, joined by commas.
    """

    name: str
    cohort: str
    sources: tuple[Source, ...]
    extra: tuple[str, ...]


def _confirmed() -> None:
    """Nothing is known of the files that could have changed."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The samples of one cohort, in the order of the sheet; a merged one where its first row is.

    `columns` are the names of the sheet's further columns. `confirm` is called before what was made
    of the files is published; it raises InputError where they have changed.
    """

    name: str
    samples: tuple[Sample, ...]
    columns: tuple[str, ...]
    confirm: Callable[[], object] = dataclasses.field(default=_confirmed, compare=False)

    @property
    def sources(self) -> list[tuple[Sample, Source]]:
        """Every text file with its sample, by sample."""
        return [(sample, source) for sample in self.samples for source in sample.sources]

    def batch(self, number: int, n_batches: int) -> "Cohort":
        """Return one of so many batches of about as many samples each, counted from 1.

        Raises
        ------
        ConfigError
            Where there is no such batch, or none of its samples.
        """
        n = len(self.samples)
        if not 1 <= number <= n_batches:
            message = f"found batch {number} of {n_batches}; expected 1 to {n_batches}"
            raise ConfigError(message)
        if n_batches > n:
            message = (
                f"found {n_batches} batches for the {n} samples of cohort {self.name!r}; expected "
                "no more batches than samples; give fewer"
            )
            raise ConfigError(message)
        start, stop = (k * n // n_batches for k in (number - 1, number))
        return replace(self, samples=self.samples[start:stop])


def with_copies(group: Cohort, copies: Mapping[str, str]) -> Cohort:
    """Return a cohort whose files are copies, where there are."""

    def copied(one: Source) -> Source:
        if one.path not in copies:
            return one
        return one._replace(path=copies[one.path], remote=one.path)

    return with_sources(group, copied)


def with_sources(group: Cohort, changed: Callable[[Source], Source]) -> Cohort:
    """Return a cohort in which each file is replaced by what a function makes of it."""
    samples = (
        replace(sample, sources=tuple(map(changed, sample.sources))) for sample in group.samples
    )
    return replace(group, samples=tuple(samples))
