"""The format `custom`: the columns, the base and the meaning of the counts come from the user.

Columns are named by number, from 1, or by their name in the header. The counts are `c` and `t`, `c`
and `n`, `fraction` and `n`, or `percent` and `n`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..errors import ConfigError
from ._format import Format

_ROLES: Final = {
    "chr": "chr", "pos": "pos", "end": "end", "strand": "strand", "context": "context",
    "pct": "pct", "c": "c", "t": "t", "n": "n", "fraction": "level", "percent": "level",
}  # fmt: skip
_COUNTS: Final = (("c", "t"), ("c", "n"), ("fraction", "n"), ("percent", "n"))
_EXPECTED: Final = "expected c and t, c and n, fraction and n, or percent and n"
_PLACES: Final = 2
MAX_COLUMNS: Final = 1000

FORMAT: Final = Format(
    name="custom",
    title="custom",
    columns=("chr", "pos", "c", "t"),
    base=1,
    more=True,
    needs_header=True,
)
"""What stands for `custom` until the configuration and the file are known."""


def custom_format(
    custom: Mapping[str, Any], header: Sequence[str] | None = None, places: int = _PLACES
) -> Format:
    """Return the format that the key `custom` of the configuration describes.

    Parameters
    ----------
    custom : the mapping of the configuration: columns by role, and `base`
    header : names of the file's columns, None where it has no header
    places : decimals of the fraction or the percentage, from which its precision follows

    Raises
    ------
    ConfigError
        Where the columns do not tell the counts, or one is not there, or stands for two roles.
    """
    given = {key: custom[key] for key in _ROLES if custom.get(key) is not None}
    _check_keys(given)
    roles: dict[int, str] = {}
    for key, column in given.items():
        number = _number(key, column, header)
        if number in roles:
            message = f"custom: found column {number} twice, as {roles[number]} and as {key}"
            raise ConfigError(message + "; expected a column for each")
        roles[number] = key
    width = max(roles)
    scale = 1 if "fraction" in given else 100
    level = "fraction" in given or "percent" in given
    return Format(
        name="custom",
        title="custom",
        columns=tuple(_ROLES[roles[k]] if k in roles else "-" for k in range(1, width + 1)),
        base=int(custom.get("base", 1)),
        more=True,
        scale=scale,
        unit=0.5 * 10.0**-places if level else 0.0,
        names=(tuple(name.lower() for name in header),) if header else (),
    )


def _check_keys(given: Mapping[str, Any]) -> None:
    """Refuse columns from which no position or no counts follow."""
    for key in ("chr", "pos"):
        if key not in given:
            message = f"custom: found no column {key}; expected its number or its name"
            raise ConfigError(message)
    counts = tuple(key for key in ("c", "t", "fraction", "percent", "n") if key in given)
    if counts not in _COUNTS:
        found = " and ".join(counts) or "no column of counts"
        message = f"custom: found {found}; {_EXPECTED}{_missing(counts)}"
        raise ConfigError(message)
    if "pct" in given and "c" not in given:
        message = (
            "custom: found pct beside a level; expected pct where the counts are given, which it "
            "is compared with; remove pct"
        )
        raise ConfigError(message)


def _missing(counts: tuple[str, ...]) -> str:
    """Return what would complete the columns that were given."""
    rest = {key: 0 for pair in _COUNTS if set(counts) < set(pair) for key in pair}
    lacking = [key for key in rest if key not in counts]
    return f"; {' or '.join(lacking)} is missing" if len(counts) == 1 else ""


def _number(key: str, column: int | str, header: Sequence[str] | None) -> int:
    """Return the number of a column that is given by number or by name."""
    if isinstance(column, int):
        if not 1 <= column <= MAX_COLUMNS:
            message = f"custom: found column {column} as {key}; expected 1 to {MAX_COLUMNS}"
            raise ConfigError(message)
        return column
    names = [name.lower() for name in header or ()]
    places = [k for k, name in enumerate(names, 1) if name == column.lower()]
    if len(places) != 1:
        found = f"the columns {', '.join(header)}" if header else "no header"
        times = "once" if places else "in the header"
        message = (
            f"custom: found {found} in the file, and {column!r} as {key}; expected that name "
            f"{times}; give the column's number"
        )
        raise ConfigError(message)
    return places[0]
