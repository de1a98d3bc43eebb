"""Putting the rows of an unsorted file in order, in bounded memory.

Each block is sorted by itself, in place. Then, chromosome by chromosome, the stretches that the
blocks hold of it are merged, so many rows at a time, and written to new blocks. Sorting is stable
everywhere: rows of one site stay in the order of the file.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from .blocks import Columns
from .layout import MAX_COUNT, MAX_POS

MERGE_ROWS: Final = 1 << 20
"""Rows merged in one step."""


class SitesError(Exception):
    """Base of what is wrong with some sites: `sites` is int64[n, 2] of chromosome and pos."""

    def __init__(self, sites: npt.NDArray[np.int64]) -> None:
        super().__init__()
        self.sites = sites


class RepeatedSitesError(SitesError):
    """Sites with several rows where none may be."""


class SumTooLargeError(SitesError):
    """Sites whose rows add up to more than a count can be."""


class RowSink(Protocol):
    """Where sorted rows go."""

    def append(self, chrom: int, rows: Sequence[npt.NDArray[Any]]) -> None:
        """Add rows (pos, pct, c, t) of one chromosome, in order."""


def sort_rows(blocks: Sequence[Columns], n_chroms: int, duplicates: str, sink: RowSink) -> None:
    """Put the rows of all blocks into `sink` in order of chromosome number and position.

    Parameters
    ----------
    blocks : in the order of the file; sorted in place
    n_chroms : chromosome numbers are below it
    duplicates : "error", "sum" or "first"

    Raises
    ------
    RepeatedSitesError, SumTooLargeError
        With the sites; rows that were put into `sink` until then are of no use.
    """
    spans = [_sort_block(block, n_chroms) for block in blocks]
    repeats: list[npt.NDArray[np.int64]] = []
    too_large: list[npt.NDArray[np.int64]] = []
    for chrom in range(n_chroms):
        parts = [
            tuple(column[span[chrom] : span[chrom + 1]] for column in block.values())
            for block, span in zip(blocks, spans, strict=True)
        ]
        for rows in _merged(parts, 1, MAX_POS + 1):
            again = rows[0][1:] == rows[0][:-1]
            if not again.any():
                sink.append(chrom, rows)
            elif duplicates == "error":
                repeats.append(_sites(chrom, np.unique(rows[0][1:][again])))
            else:
                first = np.flatnonzero(np.concatenate([[True], ~again]))
                chosen = _one_a_site(rows, first, duplicates)
                over = (chosen[2] > MAX_COUNT) | (chosen[3] > MAX_COUNT)
                too_large.append(_sites(chrom, chosen[0][over]))
                if not over.any():
                    sink.append(chrom, chosen)
    if repeats:
        raise RepeatedSitesError(np.concatenate(repeats))
    if sum(map(len, too_large)):
        raise SumTooLargeError(np.concatenate(too_large))


def _sites(chrom: int, pos: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    return np.column_stack([np.full(len(pos), chrom), pos]).astype(np.int64)


def _sort_block(block: Columns, n_chroms: int) -> npt.NDArray[np.int64]:
    """Sort a block in place; return where each chromosome starts in it, int64[n_chroms + 1]."""
    lengths = np.diff(block.runs[:, 1], append=block.pos.size)
    chroms = np.repeat(block.runs[:, 0], lengths)
    order = np.lexsort((block.pos, chroms))
    for column in block.values():
        if column.size:
            column[:] = column[order]
    return np.searchsorted(chroms[order], np.arange(n_chroms + 1))


def _merged(
    parts: Sequence[tuple[npt.NDArray[Any], ...]], start: int, stop: int
) -> Iterator[list[npt.NDArray[Any]]]:
    """Yield the rows of sorted parts with start <= pos < stop, in order, in bounded pieces."""
    bounds = [np.searchsorted(part[0], [start, stop]) for part in parts]
    n_rows = sum(int(high - low) for low, high in bounds)
    if n_rows == 0:
        return
    if n_rows > MERGE_ROWS and stop - start > 1:
        middle = (start + stop) // 2
        yield from _merged(parts, start, middle)
        yield from _merged(parts, middle, stop)
        return
    pieces = [
        [column[low:high] if column.size else column for column in part]
        for part, (low, high) in zip(parts, bounds, strict=True)
    ]
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    yield [column[order] if column.size else column for column in columns]


def _one_a_site(
    rows: Sequence[npt.NDArray[Any]], first: npt.NDArray[np.intp], duplicates: str
) -> list[npt.NDArray[Any]]:
    """Return rows with one row a site; `first` is the first row of each. Sums are uint64."""
    pos, pct, c, t = rows
    chosen = [column[first] if column.size else column for column in rows]
    if duplicates == "first":
        return chosen
    sums = [np.add.reduceat(column.astype(np.uint64), first) for column in (c, t)]
    if pct.size:
        summed = np.diff(first, append=pos.size) > 1
        total = sums[0] + sums[1]
        level = np.divide(100.0 * sums[0], total, np.full(len(total), np.nan), where=total > 0)
        chosen[1][summed] = level[summed]
    return [chosen[0], chosen[1], *sums]
