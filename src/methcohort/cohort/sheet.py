"""The sheet of samples: a tab-separated table, one row per text file, most often one per sample."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..core.errors import InputError
from ..readers import AUTO, columns_fault, format_names, near_format
from .samples import Cohort, Sample, Source, with_copies
from .sheet_text import OPTIONAL, REQUIRED, read_lines, read_rows

MAX_PADDED_BYTES: Final = 1 << 30
"""What names and further columns may take in a store, which pads every cell to the longest."""


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


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a sheet, each checked by itself; `path` is what messages call it."""

    path: str | Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

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
    return sheet_of(path, *read_rows(Path(path)), custom)


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
        Where it cannot be read, or a line does not have two columns.
    """
    copies = {}
    for number, line in enumerate(read_lines(Path(path)), 1):
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
