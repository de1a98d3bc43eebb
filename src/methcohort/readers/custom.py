"""Formats that the user describes: the columns, the base and the meaning of the counts.

The key `custom` of the configuration describes the format of that name, or several, each below a
name of its own. Columns are named by number, from 1, or by their name in the header; `{}` in a name
stands for what the sheet has in its column `columns`, so that a text can have several samples. The
counts are `c` and `t`, `c` and `n`, `fraction` and `n`, or `percent` and `n`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from ..core.errors import ConfigError, InputError
from ..store.cytosine import CPG
from .formats import Format

NAME: Final = "custom"
PLACEHOLDER: Final = "{}"
"""What stands in the name of a column for the sample's own part of it."""

_ROLES: Final = {
    "chr": "chr", "pos": "pos", "end": "end", "strand": "strand", "context": "context",
    "pct": "pct", "c": "c", "t": "t", "n": "n", "fraction": "level", "percent": "level",
}  # fmt: skip
_NOT_NAMES: Final = ("only",)
"""Keys of a description that are mappings."""

DELIMITERS: Final = {"tab": "\t", "blank": " "}
"""What the words of a description stand for, which YAML cannot have as they are."""

_COUNTS: Final = (("c", "t"), ("c", "n"), ("fraction", "n"), ("percent", "n"))
_EXPECTED: Final = "expected c and t, c and n, fraction and n, or percent and n"
_PLACES: Final = 2
MAX_COLUMNS: Final = 1000


def descriptions(custom: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the descriptions that the key `custom` has below names of their own."""
    return {
        name: value
        for name, value in custom.items()
        if isinstance(value, Mapping) and name not in _NOT_NAMES
    }


def description(custom: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return what the key `custom` says of the format of a name; empty for an unknown one."""
    return custom if name == NAME else descriptions(custom).get(name, {})


def used_descriptions(
    custom: Mapping[str, Any], names: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Return what the key `custom` says of the formats of some names, by name."""
    named = descriptions(custom)
    flat = {key: value for key, value in custom.items() if key not in named}
    known: dict[str, Mapping[str, Any]] = {NAME: flat, **named}
    return {name: dict(known[name]) for name in sorted(names) if name in known}


def refuse_taken_names(custom: Mapping[str, Any], taken: Collection[str]) -> None:
    """Raise ConfigError where a description has the name of a format that is there already."""
    for name in descriptions(custom):
        if name in taken:
            message = (
                f"{NAME}.{name}: found the name of a format that methcohort knows; expected "
                "another one; rename the description, and its rows in the sheet"
            )
            raise ConfigError(message)


def has_placeholder(given: Mapping[str, Any]) -> bool:
    """Tell whether a description leaves a part of a column's name to the sheet."""
    return any(isinstance(given.get(key), str) and PLACEHOLDER in given[key] for key in _ROLES)


def custom_format(
    custom: Mapping[str, Any],
    header: Sequence[str] | None = None,
    places: int = _PLACES,
    name: str = NAME,
    columns: str = "",
    *,
    tabs: bool = False,
) -> Format:
    """Return the format that a description of the configuration is.

    Parameters
    ----------
    custom : columns by role, `base`, `both_strands` and `only`
    header : names of the file's columns, None where it has no header
    places : decimals of the fraction or the percentage, from which its precision follows
    name : of the format
    columns : what stands for `{}` in the names of columns
    tabs : whether one tab stands between two fields

    Raises
    ------
    ConfigError
        Where the columns do not tell the counts, or one is not there, or stands for two roles.
    InputError
        Where the sheet has no value as `columns` and the description needs it, or the other way.
    """
    where = NAME if name == NAME else f"{NAME}.{name}"
    given = {key: custom[key] for key in _ROLES if custom.get(key) is not None}
    _check_keys(where, given)
    both = bool(custom.get("both_strands"))
    _check_strands(where, given, both=both)
    if has_placeholder(given) != bool(columns):
        raise InputError(_misplaced(where, given, columns))
    roles: dict[int, str] = {}
    for key, column in given.items():
        number = _number(where, key, column, header, columns)
        if number in roles:
            message = f"{where}: found column {number} twice, as {roles[number]} and as {key}"
            raise ConfigError(message + "; expected a column for each")
        roles[number] = key
    wanted = _only(where, custom, header, columns)
    width = max(*roles, *(k + 1 for k in wanted))
    scale = 1 if "fraction" in given else 100
    level = "fraction" in given or "percent" in given
    return Format(
        name=name,
        title=name if name == NAME else f"{name}, as {NAME} describes it",
        columns=tuple(_ROLES[roles[k]] if k in roles else "-" for k in range(1, width + 1)),
        base=int(custom.get("base", 1)),
        more=True,
        scale=scale,
        unit=0.5 * 10.0**-places if level else 0.0,
        names=(tuple(name.lower() for name in header),) if header else (),
        merged="yes" if both else "no",
        context=CPG if both else 0,
        tabs=tabs,
        missing=bool(columns),
        only=tuple(wanted.items()),
    )


def _only(
    where: str, custom: Mapping[str, Any], header: Sequence[str] | None, columns: str
) -> dict[int, tuple[str, ...]]:
    """Return the texts of the rows that are read, by the number of a column, from 0."""
    found: dict[int, tuple[str, ...]] = {}
    for column, given in (custom.get("only") or {}).items():
        column = int(column) if str(column).isdecimal() else str(column)
        texts = given if isinstance(given, list) else [given]
        number = _number(where, "only", column, header, columns) - 1
        found[number] = tuple(map(str, texts))
    return found


def _misplaced(where: str, given: Mapping[str, Any], columns: str) -> str:
    """Return what to say of a sheet and a description that do not go together."""
    if columns:
        return (
            f"{where}: found {columns!r} as columns in the sheet, and no {PLACEHOLDER} in the "
            f"description; expected a name with {PLACEHOLDER}, such as c: {PLACEHOLDER}.c, which "
            "the sheet's value completes; write it so, or leave columns empty"
        )
    named = next(column for column in given.values() if PLACEHOLDER in str(column))
    return (
        f"{where}: found the column {named!r}, and no value as columns in the sheet; expected "
        f"what stands for {PLACEHOLDER}, the sample's own part of the name; give the sheet a "
        "column named columns"
    )


def _check_strands(where: str, given: Mapping[str, Any], *, both: bool) -> None:
    """Refuse rows of both strands that have a strand or a context of their own."""
    found = [key for key in ("strand", "context") if key in given]
    if both and found:
        message = (
            f"{where}: found both_strands beside {' and '.join(found)}; expected one of them: rows "
            "of both strands of a CpG have no other; remove one"
        )
        raise ConfigError(message)


def _check_keys(where: str, given: Mapping[str, Any]) -> None:
    """Refuse columns from which no position or no counts follow."""
    for key in ("chr", "pos"):
        if key not in given:
            message = f"{where}: found no column {key}; expected its number or its name"
            raise ConfigError(message)
    counts = tuple(key for key in ("c", "t", "fraction", "percent", "n") if key in given)
    if counts not in _COUNTS:
        found = " and ".join(counts) or "no column of counts"
        message = f"{where}: found {found}; {_EXPECTED}{_missing(counts)}"
        raise ConfigError(message)
    if "pct" in given and "c" not in given:
        message = (
            f"{where}: found pct beside a level; expected pct where the counts are given, which it "
            "is compared with; remove pct"
        )
        raise ConfigError(message)


def _missing(counts: tuple[str, ...]) -> str:
    """Return what would complete the columns that were given."""
    rest = {key: 0 for pair in _COUNTS if set(counts) < set(pair) for key in pair}
    lacking = [key for key in rest if key not in counts]
    return f"; {' or '.join(lacking)} is missing" if len(counts) == 1 else ""


def _number(
    where: str, key: str, column: int | str, header: Sequence[str] | None, columns: str
) -> int:
    """Return the number of a column that is given by number or by name."""
    if isinstance(column, int):
        if not 1 <= column <= MAX_COLUMNS:
            message = f"{where}: found column {column} as {key}; expected 1 to {MAX_COLUMNS}"
            raise ConfigError(message)
        return column
    wanted = column.replace(PLACEHOLDER, columns)
    places = _places(wanted, header or ())
    if len(places) == 1:
        return places[0]
    shown = ", ".join(header or ())
    shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
    found = f"the columns {shown}" if header else "no header"
    times = "once" if places else "in the header"
    remedy = "the sheet's value of columns" if wanted != column else "the column's number"
    message = (
        f"{where}: found {found} in the file, and {wanted!r} as {key}; expected that name "
        f"{times}; {'check' if wanted != column else 'give'} {remedy}"
    )
    raise (InputError if wanted != column else ConfigError)(message)


def _places(wanted: str, header: Sequence[str]) -> list[int]:
    """Return where a name stands in the header, from 1, as it is or else in another case."""
    exact = [k for k, name in enumerate(header, 1) if name == wanted]
    return exact or [k for k, name in enumerate(header, 1) if name.lower() == wanted.lower()]


_SHOWN: Final = 200
