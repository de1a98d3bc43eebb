"""What a file's format can be called in the sheet: the known names, and those of descriptions."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

from .custom import (
    NAME,
    PLACEHOLDER,
    description,
    descriptions,
    has_placeholder,
    refuse_taken_names,
)
from .formats import READERS, Format

AUTO: Final = "auto"
"""Stands for the format that a file's content tells."""


def format_named(name: str) -> Format:
    """Return the format of a name, and what stands for all that a configuration describes."""
    return READERS.get(name, READERS[NAME])


def format_names(custom: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a file's format can be called, given the key `custom` of the configuration.

    Raises
    ------
    ConfigError
        Where a description there has the name of another format.
    """
    refuse_taken_names(custom, (AUTO, *READERS))
    return (AUTO, *READERS, *descriptions(custom))


def columns_fault(name: str, columns: str, custom: Mapping[str, Any]) -> str | None:
    """Return why a format and the sheet's value of `columns` do not go together; None if they may.

    What only the file itself can tell is left to `settle`.
    """
    if name == NAME or name in descriptions(custom):
        given = description(custom, name)
        if columns and not has_placeholder(given):
            return (
                f"found {columns!r} as columns, and no {PLACEHOLDER} in what custom says of "
                f"{name}; expected a name of a column there with {PLACEHOLDER}, such as "
                f"{PLACEHOLDER}.c, which the value completes; write it so, or leave columns empty"
            )
        if not columns and has_placeholder(given):
            return (
                f"found no value as columns; expected what stands for {PLACEHOLDER} in the names "
                f"of columns that custom has for {name}"
            )
    elif columns and name != AUTO and not READERS[name].repeat:
        return (
            f"found {columns!r} as columns, and the format {name}, whose files have one sample; "
            "expected no value; leave it empty"
        )
    return None


def near_format(name: str, custom: Mapping[str, Any]) -> str:
    """Return what to say of a name that is of no format: the nearest, or all that there are."""
    known = format_names(custom)
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}expected one of {', '.join(known)}"
