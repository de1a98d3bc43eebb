"""The intervals of a BED file, read in memory bounded by the number of sites that they name."""

from array import array
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError
from ..files import Lines, decode_name
from ..store.schema import MAX_POS

MAX_SITES: Final = 1 << 30
"""Each base becomes a site: more of them are whole genomes, named by mistake."""

MAX_NAMES: Final = 1 << 20
"""A file with more names of chromosomes is refused, so that no file can use memory without end."""

_LEAST_MERGED: Final = 1 << 20
"""Intervals that are gathered before they are merged: 16 MB."""

_SHOWN: Final = 80
"""Bytes of a line in a message."""

Intervals = npt.NDArray[np.int64]


class Bed(NamedTuple):
    """What a BED file says.

    Attributes
    ----------
    intervals : per chromosome, in order of appearance, int64[n, 2] of 1-based start and end
        (exclusive), sorted, overlaps merged
    sha256 : of the bytes of the file, in hexadecimal
    """

    intervals: dict[str, Intervals]
    sha256: str


def read_bed(path: str, most: int | None = MAX_SITES) -> Bed:
    """Read a BED file, plain or gzip.

    Parameters
    ----------
    most : bases of all intervals together, where each of them becomes a site; None for any number

    Raises
    ------
    InputError
        Where the file cannot be read, a line is not an interval, there are no intervals, or they
        have too many bases.
    """
    lines = Lines(path)
    found: dict[bytes, Merging] = {}
    for name, start, stop, _ in bed_rows(lines):
        if name not in found:
            found[name] = Merging(checked_name(lines, name, len(found)))
        if found[name].add(start + 1, stop + 1):
            _refuse_too_many(path, found, most)
    if not found:
        message = f"{path}: found no intervals; expected a BED file with at least one"
        raise InputError(message)
    merged = {chrom.name: chrom.all() for chrom in found.values()}
    _refuse_too_many(path, found, most)
    return Bed(merged, lines.sha256())


def bed_rows(lines: Lines) -> Iterator[tuple[bytes, int, int, Sequence[bytes]]]:
    """Yield chromosome, start, end and all fields of each line, 0-based and half-open.

    Blank lines, those that begin with #, and track and browser lines are skipped. Raises
    InputError where a line is not an interval.
    """
    for line in lines:
        fields = line.split(b"\t") if b"\t" in line else line.split()
        if not line.strip() or line.startswith(b"#"):
            continue
        name = fields[0].strip()
        if name.split(b" ")[0] in (b"track", b"browser"):
            continue
        yield name, *_limits(lines, line, fields), fields


def _limits(lines: Lines, line: bytes, fields: Sequence[bytes]) -> tuple[int, int]:
    """Return the start and the end of the interval of a line, 0-based and half-open."""
    start, stop = (
        int(field) if field.isdigit() and len(field) < 20 else -1
        for field in (*(field.strip() for field in fields[1:3]), b"", b"")[:2]
    )
    if not 0 <= start <= stop <= MAX_POS:
        shown = line[:_SHOWN].decode("utf-8", "backslashreplace")
        reason = (
            f"found {shown!r}; expected chromosome, start and end, 0-based and half-open, "
            "start not above end; fix or remove the line"
        )
        raise lines.fault(reason)
    return start, stop


def checked_name(lines: Lines, name: bytes, n_before: int) -> str:
    """Return the name of a further chromosome of a file; the error names the line."""
    try:
        if n_before == MAX_NAMES:
            message = f"it is one more than {MAX_NAMES:,}"
            raise ValueError(message)
        return decode_name(name)
    except ValueError as error:
        reason = f"the chromosome name cannot be used: {error}; fix the file"
        raise lines.fault(reason) from error


def _refuse_too_many(path: str, found: "dict[bytes, Merging]", most: int | None) -> None:
    total = sum(chrom.n_sites() for chrom in found.values())
    if most is not None and total > most:
        message = (
            f"{path}: found intervals of {total:,} bases; expected at most {most:,}, since "
            "each base becomes a site; list the positions that are wanted, or use sites: union "
            "with chroms.include"
        )
        raise InputError(message)


class Merging:
    """Intervals of one chromosome: merged ones, and those that came since, as int pairs.

    What came is merged whenever it is more than was there before, so repeats cost no memory.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.merged: Intervals = np.empty((0, 2), np.int64)
        self._starts, self._stops = array("q"), array("q")

    def add(self, start: int, stop: int) -> bool:
        """Add one interval; return whether all were merged after it."""
        if start == stop:
            return False
        self._starts.append(start)
        self._stops.append(stop)
        if len(self._starts) < max(_LEAST_MERGED, len(self.merged)):
            return False
        self.merge()
        return True

    def all(self) -> Intervals:
        """Return all intervals, merged."""
        self.merge()
        return self.merged

    def merge(self) -> None:
        """Bring all intervals into order; those that overlap or touch become one."""
        starts = np.concatenate([self.merged[:, 0], np.asarray(self._starts, np.int64)])
        stops = np.concatenate([self.merged[:, 1], np.asarray(self._stops, np.int64)])
        self._starts, self._stops = array("q"), array("q")
        order = np.argsort(starts, kind="stable")
        starts, stops = starts[order], np.maximum.accumulate(stops[order])
        first = np.concatenate([[True], starts[1:] > stops[:-1]])[: len(starts)]
        last = np.concatenate([first[1:], [True]])[: len(starts)]
        self.merged = np.column_stack([starts[first], stops[last]])

    def n_sites(self) -> int:
        """Return the number of bases of the intervals that are merged."""
        return int((self.merged[:, 1] - self.merged[:, 0]).sum())
