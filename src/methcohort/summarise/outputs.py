"""Files that tables go to: text, plain or compressed, and Parquet; each complete or not there."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from ..core.errors import ConfigError
from ..files import written
from ..select import library
from ..writers import EOF, MEMBER_BYTES, Decimals, Integers, Texts, compress, format_rows
from .tables import WHOLE, Column

STDOUT: Final = "-"

TSV, TSV_GZ, PARQUET = "tsv", "tsv.gz", "parquet"
FORMATS: Final = (TSV, TSV_GZ, PARQUET)

ARROW_BYTES: Final = 150 * 10**6
"""Memory that the library for Parquet takes, with a group of rows."""

_HEAD: Final = len("chrom\tstart")
"""Bytes that tell a table from another file."""

_GROUP_CELLS: Final = 1 << 22
"""Cells of a table that are packed together in Parquet."""

_GZIP: Final = b"\x1f\x8b\x08\x04"

_STEPS: Final = 10**6
"""Levels have as many digits in text as there are steps from 0 to 1."""


def format_of(output: str, given: str | None) -> str:
    """Return the format of an output, by its suffix unless one is given.

    Raises ConfigError where the suffix says none.
    """
    if given is not None:
        if given not in FORMATS:
            message = f"found the format {given!r}; expected one of {', '.join(FORMATS)}"
            raise ConfigError(message)
        if given == PARQUET and output == STDOUT:
            message = "found Parquet for standard output; give a file"
            raise ConfigError(message)
        return given
    if output == STDOUT:
        return TSV
    for name in reversed(FORMATS):
        if output.endswith(f".{name}"):
            return name
    message = (
        f"{output}: its suffix names no format; expected .tsv, .tsv.gz or .parquet, or give the "
        f"format: {', '.join(FORMATS)}"
    )
    raise ConfigError(message)


class Sink(ABC):
    """A table that is being written; `convert` makes of some rows what it takes, in any process."""

    @abstractmethod
    def write(self, rows: Any) -> None:
        """Write rows as `convert` has made them."""

    def finish(self) -> None:  # noqa: B027 - not every format has an end
        """Write what comes last."""


def convert(columns: Sequence[Column], form: str, value: str) -> Any:
    """Return rows as they are written in a format, whatever rows come with them."""
    if form != PARQUET:
        cells = [_text(column, WHOLE[value]) for column in columns]
        return format_rows(cells).text.tobytes()
    return [_stored(column, WHOLE[value]) for column in columns]


def _text(column: Column, whole: int) -> Texts | Integers | Decimals:
    """Return a column as it is written; levels as parts of `whole`, all with as many digits."""
    values, legend = column
    if legend is not None:
        different, places = np.unique(values, return_inverse=True)
        return Texts(places, [legend[k] for k in different.tolist()])
    if values.dtype.kind != "f":
        return Integers(values)
    absent = np.isnan(values)
    steps = np.rint(np.where(absent, 0, values) * _STEPS).astype(np.int64)
    return Decimals(steps, len(str(_STEPS // whole)) - 1, absent)


def header(names: Sequence[str]) -> bytes:
    """Return the line of the names of columns."""
    return ("\t".join(names) + "\n").encode()


def _stored(column: Column, whole: int) -> Column:
    """Return levels as parts of `whole`, and texts without those that no row has."""
    values, legend = column
    if legend is not None:
        different, places = np.unique(values, return_inverse=True)
        return Column(places, list(map(legend.__getitem__, different.tolist())))
    return Column(values * whole if values.dtype.kind == "f" else values)


class _Text(Sink):
    def __init__(self, file: BinaryIO, names: Sequence[str]) -> None:
        self._file = file
        self.write(header(names))

    def write(self, rows: bytes) -> None:
        self._file.write(rows)


class _Blocked(_Text):
    """Text in blocks that are compressed by themselves, as BGZF has them."""

    def __init__(self, file: BinaryIO, names: Sequence[str]) -> None:
        self._rest = b""
        super().__init__(file, names)

    def write(self, rows: bytes) -> None:
        data = self._rest + rows
        whole = len(data) - len(data) % MEMBER_BYTES
        self._file.write(compress(data[:whole]).data)
        self._rest = data[whole:]

    def finish(self) -> None:
        self._file.write(compress(self._rest).data + EOF)


class _Parquet(Sink):
    """Rows in groups of one size, whatever pieces they come in."""

    def __init__(self, file: BinaryIO, names: Sequence[str]) -> None:
        self._arrow = arrow()
        self._names = names
        self._group = max(1, _GROUP_CELLS // len(names))
        self._waiting: list[Any] = []
        self._n = 0
        self._file = file
        self._writer: Any = None

    def write(self, rows: Sequence[Column]) -> None:
        arrays = [self._array(column) for column in rows]
        self._waiting.append(self._arrow.Table.from_arrays(arrays, list(self._names)))
        self._n += len(rows[0].values)
        if self._n >= self._group:
            self._put(whole=False)

    def finish(self) -> None:
        self._put(whole=True)
        self._writer.close()

    def _put(self, *, whole: bool) -> None:
        table = self._arrow.concat_tables(self._waiting)
        if self._writer is None:
            parquet = import_module("pyarrow.parquet")
            texts = [field.name for field in table.schema if field.type == self._arrow.string()]
            self._writer = parquet.ParquetWriter(
                self._file, table.schema, compression="zstd", use_dictionary=texts
            )
        stop = len(table) if whole else len(table) - len(table) % self._group
        for start in range(0, stop, self._group):
            part = table.slice(start, min(self._group, stop - start)).combine_chunks()
            self._writer.write_table(part, self._group)
        rest = table.slice(stop)
        self._waiting, self._n = [rest], len(rest)

    def _array(self, column: Column) -> Any:
        pa = self._arrow
        if column.legend is not None:
            return pa.array(np.array(column.legend, object)[column.values], pa.string())
        return pa.array(column.values, from_pandas=True)


def arrow() -> Any:
    """Return the library for Parquet. Raises ConfigError where it is not installed."""
    return library("pyarrow", "arrow", "a .parquet file")


_SINKS: Final[dict[str, Any]] = {TSV: _Text, TSV_GZ: _Blocked, PARQUET: _Parquet}


@contextmanager
def opened(output: str, form: str, names: Sequence[str]) -> Iterator[Sink]:
    """Give a table to write to, which gets its name once it is complete.

    Raises StoreError where the file cannot be written, or another one than such a table is there.
    """
    if output == STDOUT:
        sink = _SINKS[form](sys.stdout.buffer, names)
        yield sink
        sink.finish()
        sys.stdout.buffer.flush()
        return
    signature = {TSV: header(names)[:_HEAD], TSV_GZ: _GZIP, PARQUET: b"PAR1"}[form]
    with written(Path(output), signature, "table") as path, path.open("wb") as file:
        sink = _SINKS[form](file, names)
        yield sink
        sink.finish()
