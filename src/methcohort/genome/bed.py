"""The intervals of a BED file, read in memory that follows from the sites they name."""

from array import array
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError
from ..files import Lines, decode_name
from ..store.schema import MAX_POS

MAX_SITES: Final = 1 << 30
"""Each base becomes a site: more of them are whole genomes, named by mistake."""

MAX_NAMES: Final = 1 << 20

_LEAST_MERGED: Final = 1 << 20

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


def read_bed(path: str) -> Bed:
    """Read a BED file, plain or gzip.

    Raises
    ------
    InputError
        Where the file cannot be read, a line is no interval, there is no interval at all, or they
        hold more than `MAX_SITES` bases.
    """
    lines = Lines(path)
    found: dict[bytes, _Chromosome] = {}
    for line in lines:
        fields = line.split(b"\t") if b"\t" in line else line.split()
        if not fields or not line.strip() or line.startswith(b"#"):
            continue
        name = fields[0].strip()
        if name.split(b" ")[0] in (b"track", b"browser"):
            continue
        start, stop = (
            int(field) if field.isdigit() and len(field) < 20 else -1
            for field in (*fields[1:3], b"", b"")[:2]
        )
        if not 0 <= start <= stop <= MAX_POS:
            shown = line[:80].decode("utf-8", "backslashreplace")
            reason = (
                f"found {shown!r}; expected chromosome, start and end, 0-based and half-open, "
                "start not above end; mend or remove the line"
            )
            raise lines.fault(reason)
        if name not in found:
            found[name] = _Chromosome(_checked_name(lines, name, len(found)))
        if found[name].add(start + 1, stop + 1):
            _refuse_too_many(path, found)
    if not found:
        message = f"{path}: found no intervals; expected a BED file with at least one"
        raise InputError(message)
    for chrom in found.values():
        chrom.merge()
    _refuse_too_many(path, found)
    return Bed({chrom.name: chrom.merged for chrom in found.values()}, lines.sha256())


def _checked_name(lines: Lines, name: bytes, n_before: int) -> str:
    try:
        if n_before == MAX_NAMES:
            message = f"it is one more than {MAX_NAMES:,}"
            raise ValueError(message)
        return decode_name(name)
    except ValueError as error:
        reason = f"the chromosome name cannot be used: {error}; mend the file"
        raise lines.fault(reason) from error


def _refuse_too_many(path: str, found: "dict[bytes, _Chromosome]") -> None:
    total = sum(chrom.n_sites() for chrom in found.values())
    if total > MAX_SITES:
        message = (
            f"{path}: found intervals of {total:,} bases; expected at most {MAX_SITES:,}, since "
            "each base becomes a site; list the positions that are wanted, or use sites: union "
            "with chroms.include"
        )
        raise InputError(message)


class _Chromosome:
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
