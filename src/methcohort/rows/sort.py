"""Putting the rows of an unsorted file in order, in bounded memory.

Each block is sorted by itself, in place. Then the blocks are merged, so many rows at a time, and
written to new blocks. Sorting is stable everywhere: rows of one site stay in the order of the
file. Rows are compared by their key, chromosome * 2^31 + position.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from ..store.schema import MAX_COUNT, MAX_POS
from .blocks import Columns

Keys = npt.NDArray[np.int64]

_POS_BITS: Final = 31

MERGE_ROWS: Final = 1 << 17
"""Rows merged in one step, which takes about a hundred bytes a row meanwhile."""

_FORGOTTEN_BLOCKS: Final = 16


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

    def append(self, runs: npt.NDArray[Any], rows: Sequence[npt.NDArray[Any]]) -> None:
        """Add rows (pos, pct, c, t, kind), in order; `runs` is [n, 2], chromosome and row."""

    def forget(self) -> None:
        """Let go of the memory of rows that can be read again."""


def sort_rows(blocks: Sequence[Columns], n_chroms: int, duplicates: str, sink: RowSink) -> int:
    """Put the rows of all blocks into `sink` in order of chromosome number and position.

    Returns how many rows were added to another of their site that has the same counts.

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
    starts = []
    for k, block in enumerate(blocks, 1):
        starts.append(_sort_block(block, n_chroms))
        if k % _FORGOTTEN_BLOCKS == 0:
            sink.forget()
    repeats: list[npt.NDArray[np.int64]] = []
    too_large: list[npt.NDArray[np.int64]] = []
    n_same = 0
    for keys, rows in _merged(blocks, starts, 0, n_chroms << _POS_BITS):
        again = keys[1:] == keys[:-1]
        if not again.any():
            sink.append(_runs(keys), rows)
        elif duplicates == "error":
            repeats.append(_sites(np.unique(keys[1:][again])))
        else:
            first = np.flatnonzero(np.concatenate([[True], ~again]))
            chosen = _one_a_site(rows, first, duplicates)
            n_same += _count_same(rows, first) if duplicates == "sum" else 0
            over = (chosen[2] > MAX_COUNT) | (chosen[3] > MAX_COUNT)
            too_large.append(_sites(keys[first][over]))
            if not over.any():
                sink.append(_runs(keys[first]), chosen)
    if repeats:
        raise RepeatedSitesError(np.concatenate(repeats))
    if sum(map(len, too_large)):
        raise SumTooLargeError(np.concatenate(too_large))
    return n_same


def _sites(keys: Keys) -> Keys:
    return np.column_stack([keys >> _POS_BITS, keys & MAX_POS])


def _runs(keys: Keys) -> Keys:
    """Return where the chromosome changes, int64[n, 2]."""
    chroms = keys >> _POS_BITS
    first = np.flatnonzero(np.concatenate([[True], chroms[1:] != chroms[:-1]]))
    return np.column_stack([chroms[first], first])


def _sort_block(block: Columns, n_chroms: int) -> npt.NDArray[np.int32]:
    """Sort a block in place; return where each chromosome starts in it, int32[n_chroms + 1]."""
    lengths = np.diff(block.runs[:, 1], append=block.pos.size)
    chroms = np.repeat(block.runs[:, 0], lengths).astype(np.int64)
    order = np.argsort(chroms << _POS_BITS | block.pos, kind="stable")
    for column in block.values():
        if column.size:
            column[:] = column[order]
    counts = np.bincount(chroms, minlength=n_chroms)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _merged(
    blocks: Sequence[Columns], starts: Sequence[npt.NDArray[np.int32]], low: int, high: int
) -> Iterator[tuple[Keys, list[npt.NDArray[Any]]]]:
    """Yield the keys and rows of sorted blocks with low <= key < high, in bounded pieces."""
    bounds = [
        (_bound(block, start, low), _bound(block, start, high))
        for block, start in zip(blocks, starts, strict=True)
    ]
    n_rows = sum(stop - first for first, stop in bounds)
    if n_rows == 0:
        return
    if n_rows > MERGE_ROWS and high - low > 1:
        middle = (low + high) // 2
        yield from _merged(blocks, starts, low, middle)
        yield from _merged(blocks, starts, middle, high)
        return
    keys = np.concatenate(
        [
            _chroms(start, first, stop) << _POS_BITS | block.pos[first:stop]
            for block, start, (first, stop) in zip(blocks, starts, bounds, strict=True)
        ]
    )
    order = np.argsort(keys, kind="stable")
    pieces = [
        [column[first:stop] for column in block.values()]
        for block, (first, stop) in zip(blocks, bounds, strict=True)
    ]
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    yield keys[order], [column[order] if column.size else column for column in columns]


def _bound(block: Columns, starts: npt.NDArray[np.int32], key: int) -> int:
    """Return the first row of a sorted block whose key is not below `key`."""
    chrom, pos = key >> _POS_BITS, key & MAX_POS
    if chrom >= len(starts) - 1:
        return len(block.pos)
    first, stop = int(starts[chrom]), int(starts[chrom + 1])
    return first + int(np.searchsorted(block.pos[first:stop], pos))


def _chroms(starts: npt.NDArray[np.int32], first: int, stop: int) -> Keys:
    """Return the chromosomes of the rows [first, stop) of a sorted block, int64."""
    low, high = np.searchsorted(starts, [first, stop], side="right").tolist()
    edges = np.clip(starts[low - 1 : high + 1], first, stop)
    return np.repeat(np.arange(low - 1, low - 2 + len(edges)), np.diff(edges))


def _count_same(rows: Sequence[npt.NDArray[Any]], first: npt.NDArray[np.intp]) -> int:
    """Count the rows that have the counts of the first row of their site, which they are not."""
    _, _, c, t, _ = rows
    of = np.repeat(first, np.diff(first, append=len(c)))
    same = (c == c[of]) & (t == t[of]) & ((c > 0) | (t > 0))
    return int(np.count_nonzero(same)) - int(np.count_nonzero(same[first]))


def _one_a_site(
    rows: Sequence[npt.NDArray[Any]], first: npt.NDArray[np.intp], duplicates: str
) -> list[npt.NDArray[Any]]:
    """Return rows with one row a site; `first` is the first row of each. Sums are uint64."""
    pos, pct, c, t, kind = rows
    chosen = [column[first] if column.size else column for column in rows]
    if duplicates == "first":
        return chosen
    sums = [np.add.reduceat(column.astype(np.uint64), first) for column in (c, t)]
    if pct.size:
        summed = np.diff(first, append=pos.size) > 1
        total = sums[0] + sums[1]
        level = np.divide(100.0 * sums[0], total, np.full(len(total), np.nan), where=total > 0)
        chosen[1][summed] = level[summed]
    if kind.size:
        chosen[4] = np.bitwise_or.reduceat(kind, first)
    return [chosen[0], chosen[1], *sums, chosen[4]]
