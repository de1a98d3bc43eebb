"""The sheet of samples: a tab-separated table, a row a text file, most often one a sample."""

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple
from unicodedata import category

from ..core.errors import ConfigError, InputError
from ..files import Identity, steady
from ..readers import AUTO, START_BYTES, columns_fault, describe_kind, format_names, near_format
from ..store.schema import SAMPLE_COUNTS

REQUIRED: Final = ("sample", "path", "cohort")
OPTIONAL: Final = ("format", "columns", "merge_as")
_COLUMNS_SIGN: Final = ":"
"""What stands in a store between the name of a format and the columns of the sheet."""


MAX_SHEET_BYTES: Final = 1 << 26
MAX_CELL_BYTES: Final = 4096
MAX_PADDED_BYTES: Final = 1 << 30

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_REFUSED: Final = ("Cc", "Cs", "Zl", "Zp")


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


def read_cohort(
    path: str | Path,
    cohort: str | None = None,
    fetched: str | Path | None = None,
    custom: Mapping[str, Any] | None = None,
) -> Cohort:
    """Read the samples of one cohort from a sheet.

    Parameters
    ----------
    path : the sheet
    cohort : which cohort; needed where the sheet has several
    fetched : a table of files that the sheet names elsewhere and their copies; see `read_fetched`
    custom : the key of the configuration, which can describe further formats

    Raises
    ------
    InputError
        Where the sheet cannot be read, lacks a column or a value, repeats a sample's name
        within the cohort or gives it to merged samples too, or has another number of cohorts
        than one and none was named.
    ConfigError
        Where `custom` describes a format by the name of another.
    """
    group = read_sheet(path, custom or {}).cohort(cohort)
    return group if fetched is None else with_copies(group, read_fetched(fetched))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a sheet, each checked by itself; `path` is what messages call it."""

    path: str | Path
    columns: tuple[str, ...]
    rows: "tuple[Row, ...]"

    @property
    def names(self) -> list[str]:
        """The names of the cohorts, in the order of the sheet."""
        return list(dict.fromkeys(row.cohort for row in self.rows))

    def cohort(self, name: str | None = None) -> Cohort:
        """Return a cohort, which need not be named where there is one only.

        Raises
        ------
        InputError
            Where it has no sample, or names that mean two things, or too much text.
        """
        path, names = self.path, sorted(self.names)
        if name is None:
            if len(names) != 1:
                message = f"{path}: found the cohorts {', '.join(names)}; name one with --cohort"
                raise InputError(message)
            name = names[0]
        chosen = _samples(path, [row for row in self.rows if row.cohort == name], name)
        if not chosen:
            message = f"{path}: found no sample of cohort {name!r}; it has {', '.join(names)}"
            raise InputError(message)
        cells = [len(value.encode()) for one in chosen for value in (one.name, *one.extra)]
        if len(cells) * max(cells) > MAX_PADDED_BYTES:
            message = (
                f"{path}: found {len(cells):,} cells of up to {max(cells):,} bytes; a store has "
                f"all in the length of the longest; expected at most {MAX_PADDED_BYTES:,} bytes; "
                "shorten them"
            )
            raise InputError(message)
        return Cohort(name, chosen, tuple(one for one in self.columns if _is_further(one)))


def _is_further(column: str) -> bool:
    return column not in (*REQUIRED, *OPTIONAL)


def read_sheet(path: str | Path, custom: Mapping[str, Any]) -> Sheet:
    """Read all rows of a sheet. Raises what `read_cohort` does."""
    return sheet_of(path, *_read_rows(Path(path)), custom)


def sheet_of(
    path: str | Path,
    columns: Sequence[str],
    rows: Sequence[tuple[int, Sequence[str]]],
    custom: Mapping[str, Any],
) -> Sheet:
    """Return the sheet of rows of text with the numbers of their lines."""
    known = format_names(custom)
    listed = [_row(path, number, row, columns) for number, row in rows]
    for row in listed:
        _check_format(path, row, known, custom)
    return Sheet(path, tuple(columns), tuple(listed))


def read_fetched(path: str | Path) -> dict[str, str]:
    """Read which local files are copies of what a sheet names, such as objects of a storage.

    Parameters
    ----------
    path : a table of two columns without a header, separated by tabs: a path of the sheet, and
        the file to read in its place

    Raises
    ------
    InputError
        Where it cannot be read, or a line has not two columns.
    """
    copies = {}
    for number, line in enumerate(_LINE_END.split(_read_text(Path(path))), 1):
        fields = line.split("\t")
        if len(fields) == 2 and all(fields):
            copies[fields[0]] = fields[1]
        elif line:
            message = (
                f"{path}, line {number}: found {line[:80]!r}; expected a path of the sheet and the "
                "file to read in its place, separated by a tab"
            )
            raise InputError(message)
    return copies


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


class Row(NamedTuple):
    """One row of the sheet: its line, its file, its cohort and what it is merged as, if at all.

    `fields` are all its cells, in the order of the columns.
    """

    number: int
    source: Source
    cohort: str
    merge_as: str
    extra: tuple[str, ...]
    fields: tuple[str, ...]


def _read_rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and the rows with their line numbers."""
    lines = [
        (number, [field.strip() for field in line.split("\t")])
        for number, line in enumerate(_LINE_END.split(_read_text(path)), 1)
        if line.strip() and not line.startswith("#")
    ]
    for number, fields in lines:
        _refuse_odd_text(path, number, fields)
    if not lines:
        message = f"{path}: the sheet is empty; expected the columns {', '.join(REQUIRED)}"
        raise InputError(message)
    columns = lines[0][1]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        message = (
            f"{path}, line {lines[0][0]}: the columns {', '.join(missing)} are missing; found "
            f"{len(columns)} ({', '.join(map(repr, columns))}); expected "
            f"{', '.join(REQUIRED)}, in small letters, separated by tabs"
        )
        raise InputError(message)
    twice = sorted({name or "(no name)" for name in columns if not name or columns.count(name) > 1})
    if twice:
        message = (
            f"{path}, line {lines[0][0]}: found the columns {', '.join(twice)} without a name or "
            "twice; expected different names"
        )
        raise InputError(message)
    meant = {_bare(name): name for name in (*REQUIRED, *OPTIONAL)}
    for name in columns:
        if meant.get(_bare(name), name) != name:
            message = (
                f"{path}, line {lines[0][0]}: found the column {name!r}; did you mean "
                f"{meant[_bare(name)]}? A column of your own needs another name"
            )
            raise InputError(message)
    taken = [name for name in columns if name in SAMPLE_COUNTS]
    if taken:
        message = (
            f"{path}, line {lines[0][0]}: found the columns {', '.join(taken)}, which are names of "
            "the store's own counts; give them other names"
        )
        raise InputError(message)
    if len(lines) == 1:
        message = f"{path}: found no samples; expected a row a sample below the header"
        raise InputError(message)
    return columns, lines[1:]


def _bare(name: str) -> str:
    """Return the name of a column in small letters alone, as it may be written by mistake."""
    return re.sub(r"[\s_.-]", "", name).lower()


def _read_text(path: Path) -> str:
    """Return the text of a sheet, of at most `MAX_SHEET_BYTES`."""
    try:
        with steady(path) as file:
            raw = file.read(MAX_SHEET_BYTES + 1)
    except OSError as error:
        message = (
            f"{path}: the sheet cannot be read ({error.strerror or error}); expected tab-separated "
            "text"
        )
        raise InputError(message) from error
    if len(raw) > MAX_SHEET_BYTES:
        message = f"{path}: found more than {MAX_SHEET_BYTES:,} bytes; expected a sheet of samples"
        raise InputError(message)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        kind = describe_kind(raw[:START_BYTES]) or "found bytes that are no UTF-8"
        message = (
            f"{path}, line {line}: the sheet cannot be read: {kind.partition(';')[0]}; expected "
            "tab-separated text in UTF-8; save it so"
        )
        raise InputError(message) from error


def _refuse_odd_text(path: Path, number: int, fields: list[str]) -> None:
    """Refuse what a store would not keep as it is, or would keep at the cost of much room."""
    for field in fields:
        if len(field) > MAX_CELL_BYTES or len(field.encode()) > MAX_CELL_BYTES:
            message = (
                f"{path}, line {number}: found a cell of {len(field):,} characters; expected at "
                f"most {MAX_CELL_BYTES:,} bytes; shorten it"
            )
            raise InputError(message)
        if not field.isprintable() and any(category(char) in _REFUSED for char in field):
            message = (
                f"{path}, line {number}: found {field[:80]!r}; expected text without control "
                "characters; remove them"
            )
            raise InputError(message)


def _row(path: str | Path, number: int, row: Sequence[str], columns: Sequence[str]) -> Row:
    if len(row) != len(columns):
        message = (
            f"{path}, line {number}: found {len(row)} fields; expected {len(columns)} "
            f"({', '.join(columns)}), separated by tabs"
        )
        raise InputError(message)
    values = dict(zip(columns, row, strict=True))
    for name in REQUIRED:
        if not values[name]:
            message = f"{path}, line {number}: found no value as {name}; expected one"
            raise InputError(message)
    form = values.get("format") or AUTO
    extra = tuple(values[name] for name in columns if _is_further(name))
    source = Source(values["sample"], values["path"], form, values.get("columns", ""))
    merge_as = values.get("merge_as", "")
    return Row(number, source, values["cohort"], merge_as, extra, tuple(row))


def _check_format(
    path: str | Path, row: Row, known: Collection[str], custom: Mapping[str, Any]
) -> None:
    """Refuse a format that nothing describes, and columns that it cannot have."""
    source = row.source
    if source.format not in known:
        message = (
            f"{path}, line {row.number}: found the format {source.format!r}; "
            f"{near_format(source.format, custom)}"
        )
        raise InputError(message)
    if fault := columns_fault(source.format, source.columns, custom):
        message = f"{path}, line {row.number}: {fault}"
        raise InputError(message)


def _samples(path: str | Path, rows: Sequence[Row], cohort: str) -> tuple[Sample, ...]:
    """Return the samples of the rows of one cohort; refuse names that would mean two things."""
    own: dict[str, Row] = {}
    groups: dict[str, list[Row]] = {}
    taken: dict[tuple[str, str], Row] = {}
    for row in rows:
        before = own.setdefault(row.source.name, row)
        if before is not row:
            message = (
                f"{path}, line {row.number}: found the sample {row.source.name!r} of cohort "
                f"{cohort!r} again, as in line {before.number}; expected each name once; rename or "
                "remove a row"
            )
            raise InputError(message)
        _refuse_same_columns(path, row, taken)
        groups.setdefault(row.merge_as or row.source.name, []).append(row)
    for name, group in groups.items():
        for row in group:
            other = own.get(name)
            if row.merge_as and other is not None and other.merge_as != name:
                message = (
                    f"{path}, line {row.number}: found {name!r} as merge_as, which is the sample "
                    f"of line {other.number}; expected a name that no other sample has, or the "
                    "same merge_as in both rows; change one"
                )
                raise InputError(message)
    return tuple(
        Sample(name, cohort, tuple(row.source for row in group), _joined_extra(group))
        for name, group in groups.items()
    )


def _refuse_same_columns(path: str | Path, row: Row, taken: dict[tuple[str, str], Row]) -> None:
    """Refuse the same columns of a file in two rows."""
    source = row.source
    before = taken.setdefault((source.path, source.columns), row)
    if source.columns and before is not row:
        message = (
            f"{path}, line {row.number}: found the columns {source.columns!r} of {source.path} "
            f"again, as in line {before.number}; expected other columns for each sample of a file; "
            "change one, or remove a row"
        )
        raise InputError(message)


def _joined_extra(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the further values of rows; those of a column that differ are joined by commas."""
    columns = zip(*(row.extra for row in rows), strict=True)
    return tuple(",".join(dict.fromkeys(values)) for values in columns)
