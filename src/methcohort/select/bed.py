"""The regions of a BED file, in its order and with their names, and the sites of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError, nearest
from ..files import Lines, decode_name
from ..genome import bed_rows
from ..store import StoreReader
from .spans import Spans

if TYPE_CHECKING:
    from ..genome import Aliases

_SUFFIXES: Final = (".bed", ".bed.gz")


@dataclass(frozen=True, slots=True)
class Bed:
    """Regions of a file.

    Attributes
    ----------
    path : of the file
    chrom : int32[n], numbers of chromosomes of the store
    start, end : int64[n], 1-based, both included; an empty region has its end before its start
    names : of the regions, from the fourth column; empty texts where there is none
    """

    path: str
    chrom: npt.NDArray[np.int32]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def site_ranges(self, store: StoreReader) -> Spans:
        """Return the first site and the end of each region, int64[n, 2], in their order.

        Memory holds the positions of one chromosome at a time.
        """
        return site_ranges(store, self.chrom, self.start, self.end)


def joined(parts: Sequence[Bed]) -> Bed:
    """Return the regions of several lists as one."""
    chrom, start, end = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("chrom", "start", "end")
    )
    names = tuple(name for part in parts for name in part.names)
    return Bed(parts[0].path, chrom, start, end, names)


def site_ranges(
    store: StoreReader,
    chrom: npt.NDArray[np.int32],
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
) -> Spans:
    """Return the first site and the end of each region, int64[n, 2], in their order.

    Parameters
    ----------
    chrom : numbers of chromosomes of the store
    start, end : 1-based, both included
    """
    found = np.empty((len(chrom), 2), np.int64)
    order = np.argsort(chrom, kind="stable")
    edges = np.flatnonzero(np.diff(chrom[order], prepend=-1))
    for of_chrom in np.split(order, edges[1:]) if len(order) else ():
        number = int(chrom[of_chrom[0]])
        first, stop = (int(k) for k in store.chrom_offset[number : number + 2])
        pos = store.positions(first, stop)
        found[of_chrom, 0] = first + np.searchsorted(pos, start[of_chrom], side="left")
        found[of_chrom, 1] = first + np.searchsorted(pos, end[of_chrom], side="right")
    found[:, 1] = np.maximum(found[:, 0], found[:, 1])
    return found


def read_bed(path: str | Path, store: StoreReader, aliases: "Aliases | None" = None) -> Bed:
    """Read a BED file, plain or gzip: 0-based, half-open.

    Parameters
    ----------
    store : whose chromosomes are meant
    aliases : the name in the store of each chromosome of the file

    Raises
    ------
    InputError
        Where the suffix is not .bed or .bed.gz, the file cannot be read, a line is not a region,
        the store has no such chromosome, or there are no regions.
    """
    path = str(path)
    if not path.endswith(_SUFFIXES):
        message = (
            f"{path}: expected a BED file whose name ends in .bed or .bed.gz, with 0-based and "
            "half-open regions; positions of other files may count from 1; rename it if it is BED"
        )
        raise InputError(message)
    lines = Lines(path)
    rows: list[tuple[int, int, int]] = []
    names: list[str] = []
    numbers: dict[bytes, int] = {}
    for name, start, end, fields in bed_rows(lines):
        if name not in numbers:
            numbers[name] = _number(lines, name, store, aliases)
        rows.append((numbers[name], start + 1, end))
        names.append(fields[3].decode("utf-8", "backslashreplace").strip() if fields[3:] else "")
    if not rows:
        message = f"{path}: found no regions; expected a BED file with at least one"
        raise InputError(message)
    table = np.array(rows, np.int64)
    return Bed(path, table[:, 0].astype(np.int32), table[:, 1], table[:, 2], tuple(names))


def _number(lines: Lines, name: bytes, store: StoreReader, aliases: "Aliases | None") -> int:
    """Return the number of a chromosome of the store."""
    try:
        given = decode_name(name)
    except ValueError as error:
        reason = f"the chromosome name cannot be used: {error}; fix the file"
        raise lines.fault(reason) from error
    chrom = given if aliases is None else aliases(given)
    number = store.chrom_number(chrom)
    if number < 0:
        near = " or ".join(nearest(chrom, store.chroms))
        hint = f"did you mean {near}?" if near else "give the aliases, or another file"
        reason = f"found the chromosome {given!r}, which {store.path} does not have; {hint}"
        raise lines.fault(reason)
    return number
