"""Bins, and the sums of those that a block of sites has.

Bins of a list - regions, chromosomes, the whole genome - are ranges of sites, known before. Tiles
follow from positions: each block finds its own, and those that go on beyond it are joined after.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..select import Block
from ..store import StoreReader
from .sums import Sums, no_sums, range_sums

_CHROM: Final = 1 << 32
"""Tiles are numbered along the genome: that of a chromosome, times this, and that of the tile."""

LAST: Final = np.iinfo(np.int64).max
"""Behind the number of any tile."""

Numbers = npt.NDArray[np.int64]
Values = npt.NDArray[Any]


class Bins(NamedTuple):
    """Some bins by their numbers, int64[n], ascending, with their sums."""

    numbers: Numbers
    sums: Sums

    def part(self, start: int, stop: int) -> "Bins":
        """Return the bins [start, stop)."""
        return Bins(self.numbers[start:stop], self.sums[:, :, start:stop])

    def with_sums_of(self, other: "Bins") -> "Bins":
        """Return the bins of both, the sums of those that both have added."""
        if not len(self.numbers) or not len(other.numbers):
            return self if len(self.numbers) else other
        numbers = np.union1d(self.numbers, other.numbers)
        sums = no_sums(self.sums.shape[1], len(numbers))
        for one in (self, other):
            sums[:, :, np.searchsorted(numbers, one.numbers)] += one.sums
        return Bins(numbers, sums)

    def cut(self, number: int) -> tuple["Bins", "Bins"]:
        """Return the bins below a number, and the others."""
        k = int(np.searchsorted(self.numbers, number))
        return self.part(0, k), self.part(k, len(self.numbers))


def no_bins(n_columns: int) -> Bins:
    """Return none."""
    return Bins(np.empty(0, np.int64), no_sums(n_columns, 0))


@dataclass(frozen=True, slots=True)
class Listed:
    """Bins that are ranges of sites: int64[n, 2], which may overlap, be empty, and in any order."""

    ranges: Numbers

    def sums(self, block: Block, c: Values, t: Values) -> Bins:
        """Return those that have some of the block, with its part of their sums."""
        first, end = self.ranges.T
        some = np.flatnonzero((first < block.stop) & (end > block.start))
        within = self.ranges[some]
        if block.index is None:
            within = np.clip(within - block.start, 0, block.stop - block.start)
        else:
            within = np.searchsorted(block.index, within - block.start)
        full = within[:, 0] < within[:, 1]
        return Bins(some[full], range_sums(c, t, within[full]))

    def most(self, n_sites: int, span: int) -> int:
        """Return in how many bins the sites between two multiples of `span` are at most."""
        full = self.ranges[self.ranges[:, 0] < self.ranges[:, 1]]
        starts = np.arange(0, max(1, n_sites), span)
        begun = np.searchsorted(np.sort(full[:, 0]), starts + span)
        over = np.searchsorted(np.sort(full[:, 1]), starts, side="right")
        return int((begun - over).max())


class TiledBlock(NamedTuple):
    """The tiles of a block of sites.

    Attributes
    ----------
    head : those that may have sites before the block, too
    middle : those that have no sites but of the block
    tail : those that may have sites after it, but none before
    next : tiles below this number have no sites after the block
    """

    head: Bins
    middle: Bins
    tail: Bins
    next: int


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tiles [k * step + 1, k * step + size] of each chromosome."""

    size: int
    step: int

    @property
    def overlap(self) -> int:
        """Return in how many tiles a site is at most."""
        return -(-self.size // self.step)

    def limits(self, store: StoreReader, numbers: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return chromosome, start and end of tiles, 1-based, both included.

        The last of a chromosome is cut where its length is known.
        """
        chrom, k = np.divmod(numbers, _CHROM)
        end = k * self.step + self.size
        if store.chrom_lengths is not None:
            end = np.minimum(end, store.chrom_lengths[chrom])
        return chrom, k * self.step + 1, end

    def sums(self, store: StoreReader, block: Block, c: Values, t: Values) -> TiledBlock:
        """Return the tiles that have some of the block, with its part of their sums."""
        low, high = self._of(block.chrom, block.pos)
        numbers = _any_of(low, high)
        # Both ascend; a site between two tiles has `high` of the one and `low` of the other.
        ranges = np.column_stack(
            [np.searchsorted(high, numbers), np.searchsorted(low, numbers, side="right")]
        )
        bins = Bins(numbers, range_sums(c, t, ranges))
        before, after = self._beside(store, block)
        start = int(np.searchsorted(numbers, before, side="right"))
        stop = max(start, int(np.searchsorted(numbers, after)))
        return TiledBlock(
            bins.part(0, start), bins.part(start, stop), bins.part(stop, len(numbers)), after
        )

    def _of(self, chrom: Values, pos: Values) -> tuple[Numbers, Numbers]:
        """Return the first and the last tile that sites are in; between tiles it is above."""
        from_zero = pos.astype(np.int64) - 1
        base = chrom.astype(np.int64) * _CHROM
        low = np.maximum(0, -((self.size - 1 - from_zero) // self.step))
        return base + low, base + from_zero // self.step

    def _beside(self, store: StoreReader, block: Block) -> tuple[int, int]:
        """Return the last tile of the site before a block, and the first of that after it."""
        before, after = -1, LAST
        if block.start > 0:
            before = int(self._of(*_site(store, block.start - 1))[1][0])
        if block.stop < store.n_sites:
            after = int(self._of(*_site(store, block.stop))[0][0])
        return before, after


def _site(store: StoreReader, number: int) -> tuple[Values, Values]:
    """Return chromosome and position of a site, arrays of one."""
    chrom = np.searchsorted(store.chrom_offset, [number], side="right") - 1
    return chrom, store.positions(number, number + 1)


def _any_of(low: Numbers, high: Numbers) -> Numbers:
    """Return all numbers from `low` to `high` of any site, each once; both ascend."""
    last = np.maximum.accumulate(np.concatenate([[-1], high[:-1]]))
    first = np.maximum(low, last + 1)
    n = np.maximum(0, high - first + 1)
    found: Numbers = np.repeat(first - (np.cumsum(n) - n), n) + np.arange(n.sum())
    return found
