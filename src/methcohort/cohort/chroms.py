"""The chromosomes of a store, in its order, and where the rows of each lie."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from ..engine import Memory
from ..rows import Catalog, FileRows, Table

_DIGITS: Final = re.compile("[0-9]+")


def order_chroms(
    named: Sequence[tuple[Sequence[str], Sequence[str]]], order: str, known: Iterable[str] = ()
) -> list[str]:
    """Return the chromosomes that are known or have a row, in the order of the store.

    Parameters
    ----------
    named : of each file the names in the order of the text, and those that have a row
    order : "natural" or "file"
    """
    seen = list(dict.fromkeys((*known, *(name for names, _ in named for name in names))))
    present = {*known, *(name for _, names in named for name in names)}
    chroms = [name for name in seen if name in present]
    return sorted(chroms, key=natural_key) if order == "natural" else chroms


def natural_key(name: str) -> str:
    """Return a key that sorts names with their digits read as numbers: chr2 before chr10.

    Digits sort before text, by length and then by value: names may have thousands of them. Names
    whose numbers are the same sort as text. Names have no control characters, so the key can use
    two of them, and stays one text: draft genomes have a million names.
    """
    return _DIGITS.sub(_length_first, name) + "\0" + name


def _length_first(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0")
    return f"\1{chr(len(digits))}{digits}"


def catalog_of(memory: Memory, files: Sequence[FileRows], chroms: Sequence[str]) -> Catalog:
    """Return where the rows of files lie, by chromosome; rows of others are left out."""
    number = {name: k for k, name in enumerate(chroms)}
    tables = [_runs(rows, number) for rows in files]
    return Catalog.build([rows.blocks for rows in files], tables, len(chroms), memory.sizes())


def _runs(rows: FileRows, number: dict[str, int]) -> Table:
    """Return runs as int64[n, 3] of chromosome in the store, first row and end."""
    runs = rows.runs
    numbers = np.array([number.get(name, -1) for name in rows.names], np.int64)
    stops = np.append(runs[1:, 1], rows.n_rows)
    table = np.column_stack([numbers[runs[:, 0]], runs[:, 1], stops[: len(runs)]])
    return table[table[:, 0] >= 0]
