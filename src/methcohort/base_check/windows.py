"""Some rows of each file, chosen so that those of all files are from the same regions."""

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ..engine import Arenas
from ..rows import Catalog
from .kernels import ChosenRows, HeldRows, gather_rows

Keys = npt.NDArray[np.uint64]
"""A hash of each chromosome's name."""

ALL_WINDOWS: Final = 2**64 - 1
"""The largest hash of a window."""


def chrom_keys(chroms: Sequence[str]) -> Keys:
    """Return a hash of each chromosome's name, uint64[n_chroms]."""
    numbers = (
        int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") for name in chroms
    )
    return np.fromiter(numbers, np.uint64, len(chroms))


def held_rows(catalog: Catalog, arenas: Arenas) -> HeldRows:
    """Return the rows of all files, for kernels."""
    ram, scratch = catalog.views(arenas)
    tables = catalog.blocks, catalog.block_start, catalog.runs, catalog.run_start
    return HeldRows(ram.i4, scratch.i4, ram.u1, scratch.u1, *tables)


def choose_rows(
    rows: HeldRows,
    keys: Keys,
    file: int,
    most: int,
    limit: int = ALL_WINDOWS,
) -> tuple[ChosenRows, int]:
    """Return rows of a file in windows that are chosen by their hash, and the limit that was taken.

    A window of one file is chosen in another too, unless its limit is lower: hashes are even, so
    the share of windows that a limit leaves is known before any row is looked at.

    Parameters
    ----------
    most : how many rows are wanted, about: never more than twice as many
    limit : hashes up to which windows may be chosen
    """
    n_runs = int(rows.run_start[file + 1] - rows.run_start[file])
    none = _room(0, np.zeros((n_runs, 3), np.int64))
    n = gather_rows(rows, file, keys, np.uint64(limit), none)
    if n > most:
        limit = limit * most // n
        n = gather_rows(rows, file, keys, np.uint64(limit), none)
        while n > 2 * most:  # few windows have most of the rows
            limit //= 2
            n = gather_rows(rows, file, keys, np.uint64(limit), none)
    chosen = _room(n, none.segments)
    gather_rows(rows, file, keys, np.uint64(limit), chosen)
    return chosen, limit


def _room(n_rows: int, segments: npt.NDArray[np.int64]) -> ChosenRows:
    return ChosenRows(np.empty(n_rows, np.int32), np.empty(n_rows, np.uint8), segments)
