"""Tables that commands print: to the terminal, a pipe or a file, as text or JSON."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..files import written

STDOUT: Final = "-"
MISSING: Final = "NA"

_CELLS: Final = 1 << 19
"""Values that are text at the same time: as such they take twenty times the memory."""

_COUNTS: Final = 1 << 12
"""Counts below it are looked up in a table of texts."""


class Column(NamedTuple):
    """Values of some rows: numbers, NaN for none, or the numbers of texts in a legend."""

    values: npt.NDArray[Any]
    legend: Sequence[str] = ()


class Table(NamedTuple):
    """The names of columns, and their values, some rows at a time."""

    names: Sequence[str]
    rows: Iterator[Sequence[Column]]


def print_table(table: Table, output: str, *, as_json: bool) -> None:
    """Write a table to a file, `-` for standard output, as text with a header or as JSON.

    Nothing is written before the first rows are there, and no file before all are.

    Raises StoreError where the file cannot be written, or is another one than such a table.
    """
    first = next(table.rows, None)
    rows = chain([] if first is None else [first], table.rows)
    pieces = _json(table.names, rows) if as_json else _text(table.names, rows)
    head = next(pieces)
    with _opened(output, head[:4]) as file:
        file.write(head)
        file.writelines(pieces)


@contextmanager
def _opened(output: str, signature: bytes) -> Iterator[BinaryIO]:
    """Give a file to write to, which gets its name once it is complete."""
    if output == STDOUT:
        yield sys.stdout.buffer
        return
    with written(Path(output), signature, "table") as path, path.open("wb") as file:
        yield file


def _text(names: Sequence[str], rows: Iterator[Sequence[Column]]) -> Iterator[bytes]:
    """Yield the lines of rows, some at a time.

    Each text is put to its place in a table of bytes; what fills it up is then taken out at once.
    """
    yield ("\t".join(names) + "\n").encode()
    step = max(1, _CELLS // len(names))
    for columns in rows:
        for start in range(0, len(columns[0].values), step):
            parts = [_bytes(_texts(values[start : start + step], of)) for values, of in columns]
            table = np.concatenate(parts, axis=1)
            table[:, 0] = ord("\n")
            yield table.tobytes().translate(None, b"\0")[1:] + b"\n"


def _bytes(texts: npt.NDArray[np.bytes_]) -> npt.NDArray[np.uint8]:
    """Return texts as bytes, a text a row."""
    return np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), -1)


def _texts(values: npt.NDArray[Any], legend: Sequence[str]) -> npt.NDArray[np.bytes_]:
    """Return each value as text behind a tab."""
    if len(legend):
        different, place = np.unique(values, return_inverse=True)
        texts = [f"\t{legend[value]}".encode() for value in different.tolist()]
    elif values.dtype.kind == "u" and values.max(initial=0) < _COUNTS:
        small: npt.NDArray[np.bytes_] = _counts()[values]
        return small
    else:
        different, place = np.unique(values, return_inverse=True)
        texts = [f"\t{_shown(value)}".encode() for value in different.tolist()]
    found: npt.NDArray[np.bytes_] = np.array(texts, np.bytes_)[place]
    return found


@cache
def _counts() -> npt.NDArray[np.bytes_]:
    """Return the first numbers as text behind a tab."""
    found: npt.NDArray[np.bytes_] = np.array([f"\t{k}" for k in range(_COUNTS)], np.bytes_)
    return found


def _shown(value: float) -> str:
    """Return a value as text; a level with the digits that a float32 has."""
    if isinstance(value, int):
        return str(value)
    return MISSING if np.isnan(value) else f"{value:.7g}"


def _json(names: Sequence[str], rows: Iterator[Sequence[Column]]) -> Iterator[bytes]:
    """Yield a list with an object for each row, a row a line."""
    yield b"[\n"
    before = ""
    for columns in rows:
        lines = [
            json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)
            for row in zip(*(_plain(*column) for column in columns), strict=True)
        ]
        yield (before + ",\n".join(lines)).encode()
        before = ",\n"
    yield b"\n]\n"


def _plain(values: npt.NDArray[Any], legend: Sequence[str]) -> list[Any]:
    """Return values as JSON has them, null where there is none."""
    if len(legend):
        return [legend[value] for value in values.tolist()]
    if values.dtype.kind != "f":
        return list(values.tolist())
    return [None if np.isnan(value) else float(_shown(value)) for value in values.tolist()]
