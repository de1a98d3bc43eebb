"""Tables that commands print: to the terminal, a pipe or a file, as text or JSON."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import StoreError
from ..files import Target

STDOUT: Final = "-"
MISSING: Final = "NA"


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
    with Target(Path(output), signature, "table") as target:
        try:
            path = target.new_file()
            with path.open("wb") as file:
                yield file
            target.publish(path)
        except StoreError:
            raise
        except OSError as error:
            raise StoreError(target.cannot_write(error)) from error


def _text(names: Sequence[str], rows: Iterator[Sequence[Column]]) -> Iterator[bytes]:
    yield ("\t".join(names) + "\n").encode()
    for columns in rows:
        lines = map("\t".join, zip(*(_texts(*column) for column in columns), strict=True))
        yield ("\n".join(lines) + "\n").encode()


def _texts(values: npt.NDArray[Any], legend: Sequence[str]) -> list[str]:
    if legend:
        return [legend[value] for value in values.tolist()]
    if values.dtype.kind != "f":
        return list(map(str, values.tolist()))
    different, place = np.unique(values, return_inverse=True)
    texts = [MISSING if np.isnan(value) else f"{value:.7g}" for value in different.tolist()]
    return [texts[k] for k in place.tolist()]


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
    if legend:
        return [legend[value] for value in values.tolist()]
    if values.dtype.kind != "f":
        return list(values.tolist())
    return [None if text == MISSING else float(text) for text in _texts(values, legend)]
