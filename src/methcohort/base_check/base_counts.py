"""What the rows of a file are on in the reference: counts by strand, shift and base."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..genome import OUTSIDE, C, Chromosome, G, OpenGenome, count_bases
from ..rows import Columns

LEAST_ROWS: Final = 20
"""Rows below which nothing is proven: by chance, at 40 % each, 18 of 20 are on a right base once in
200,000 files."""

IN_PART: Final = 0.75
"""Share of rows on a right base that wrong positions do not reach. Of rows of both strands of CpGs
that are off by one, without a strand column, half are on the other base of their CpG, and of the
rest 40 % are by chance: 0.7."""

UNSTRANDED: Final = 0
PLUS: Final = 1
MINUS: Final = 2
BOTH: Final = 3
"""Strands as the first index of counts, the strand's bits of a kind; BOTH are counted at the C."""

MOST_NAMES: Final = 5
"""Names of chromosomes in a message."""

_MOST_ODD: Final = 20
"""Chromosomes that a note lists at most: there may be a million contigs."""

_FORGOTTEN_ROWS: Final = 1 << 20
"""Rows after which what was looked at in scratch may leave RAM: 4 MB of positions."""

Counts = npt.NDArray[np.int64]
"""int64[4, 3, 5]: number of rows by strand (unknown, +, -, both at the C), shift (-1, 0, +1), and
what is there (not known, C, G, A or T, outside of the chromosome)."""

_JOINT_KEYS: Final = 64


def _bases_of_keys() -> Counts:
    """Return the base at each shift of each key of `count_bases`: 1 where it is, int64[64, 15].

    A key has the low bits of three bases, those at -1, 0 and +1, and above them the high ones.
    """
    table = np.zeros((_JOINT_KEYS, 3, 5), np.int64)
    keys = np.arange(_JOINT_KEYS)
    for shift in range(3):
        table[keys, shift, (keys >> shift & 1) | (keys >> (3 + shift) & 1) << 1] = 1
    return table.reshape(_JOINT_KEYS, 15)


_BASES: Final = _bases_of_keys()


def right_rows(counts: Counts) -> Counts:
    """Return how many rows are on a base of their strand, at each shift; int64[3]."""
    either: Counts = counts[UNSTRANDED, :, C] + counts[UNSTRANDED, :, G]
    return either + counts[PLUS, :, C] + counts[BOTH, :, C] + counts[MINUS, :, G]


class ChromosomeFigures(NamedTuple):
    """Rows of a file on one chromosome: all, those on a right base, and those outside."""

    name: str
    n_rows: int
    n_right: int
    n_outside: int

    @classmethod
    def of(cls, name: str, counts: Counts) -> "ChromosomeFigures":
        """Return what the counts of the chromosome come to."""
        n_outside = int(counts[:, 1, OUTSIDE].sum())
        return cls(name, int(counts[:, 1].sum()), int(right_rows(counts)[1]), n_outside)

    @property
    def is_odd(self) -> bool:
        """Whether the rows do not fit, and are enough to say so.

        Then the chromosome is that of another genome, or of another version of the same one.
        """
        if self.n_rows < LEAST_ROWS:
            return False
        return self.n_right < IN_PART * self.n_rows or self.n_outside > 0


@dataclass(frozen=True, slots=True)
class BaseFigures:
    """What the rows of one file are on.

    Attributes
    ----------
    bases : rows by strand, shift and base, on chromosomes of the reference
    n_missing : rows on chromosomes that the reference does not have
    missing : names of the first of these
    odd : the first chromosomes that do not fit
    """

    bases: Counts
    n_missing: int
    missing: tuple[str, ...]
    odd: tuple[ChromosomeFigures, ...]

    @property
    def n_rows(self) -> int:
        """Rows on chromosomes of the reference."""
        return int(self.bases[:, 1].sum())

    @property
    def n_outside(self) -> int:
        """Rows beyond the end of their chromosome."""
        return int(self.bases[:, 1, OUTSIDE].sum())

    def right(self) -> Counts:
        """Return how many rows are on a base of their strand, at each shift; int64[3]."""
        return right_rows(self.bases)

    def shares(self) -> tuple[float, float, float]:
        """Return the shares of these of all rows on chromosomes of the reference; 0 of none."""
        low, here, high = (self.right() / max(1, self.n_rows)).tolist()
        return low, here, high


def count_rows(
    genome: OpenGenome,
    names: Sequence[str],
    blocks: Sequence[Columns],
    forget: Callable[[], object] = bool,
) -> BaseFigures:
    """Return what the rows of one file are on.

    Parameters
    ----------
    names : of the chromosomes, by the numbers in the blocks' runs, as the reference has them
    blocks : the rows, in any order; positions 1-based
    forget : called now and then, to let go of what was looked at
    """
    missing: dict[str, int] = {}
    odd: list[ChromosomeFigures] = []
    total = np.zeros((4, 3, 5), np.int64)
    few = _Counter()  # chromosomes with few rows, of which there may be a million
    n_held = 0
    for chrom, pieces in _by_chrom(blocks).items():
        name, n_rows = names[chrom], sum(stop - start for _, start, stop in pieces)
        found = genome.chromosome(name)
        if found is None:
            missing[name] = n_rows
            continue
        counter = few if n_rows < LEAST_ROWS else _Counter()
        for block, start, stop in pieces:
            counter.add(found, block.pos[start:stop], block.kind[start:stop])
            n_held += stop - start
            if n_held >= _FORGOTTEN_ROWS:
                forget()
                n_held = 0
        if counter is not few:
            counts = counter.counts()
            total += counts
            chromosome = ChromosomeFigures.of(name, counts)
            if chromosome.is_odd and len(odd) < _MOST_ODD:
                odd.append(chromosome)
    total += few.counts()
    first = tuple(missing)[:MOST_NAMES]
    return BaseFigures(total, sum(missing.values()), first, tuple(odd))


_Piece = tuple[Columns, int, int]
"""Rows of one chromosome: a block, the first of its rows, and their end."""


def _by_chrom(blocks: Sequence[Columns]) -> dict[int, list[_Piece]]:
    """Return the rows of each chromosome."""
    found: dict[int, list[_Piece]] = {}
    for block in blocks:
        stops = [*block.runs[1:, 1].tolist(), block.pos.size][: len(block.runs)]
        for (chrom, start), stop in zip(block.runs.tolist(), stops, strict=True):
            found.setdefault(chrom, []).append((block, start, stop))
    return found


class _Counter:
    """Counts of what rows are on, of one chromosome or several."""

    def __init__(self) -> None:
        self._joint = np.zeros(4 * _JOINT_KEYS, np.int64)
        self._single = np.zeros((4, 3, 5), np.int64)

    def add(
        self, found: Chromosome, pos: npt.NDArray[np.int32], kind: npt.NDArray[np.uint8]
    ) -> None:
        """Count rows of a chromosome."""
        count_bases(found.planes, found.length, pos, kind, self._joint, self._single)

    def counts(self) -> Counts:
        """Return how many rows there were by strand, shift and base."""
        spread: Counts = self._joint.reshape(4, _JOINT_KEYS) @ _BASES
        return spread.reshape(4, 3, 5) + self._single
