"""What comparing positions of two files comes to: a few counts, and when a shift is clear.

Two things look like a shift and are none. The strands of a CpG are neighbours, so rows of one
strand may meet those of the other: a shift must give clearly more hits than none. At low coverage
all hits of two files may come from a few reads, which happen to be of opposite strands: a shift
must win at many loci too.
"""

from collections.abc import Iterable
from math import sqrt
from typing import Final, NamedTuple, Self

LEAST_HITS: Final = 50
"""Hits below which a shift is no evidence. Five standard deviations alone need 26 hits at the one
shift and none at the other; twice that keeps the normal approximation of their counts good."""

RATIO: Final = 1.2
"""How many times as many hits the better shift must have. Where rows of both strands meet those of
one strand, two shifts have the same hits: however many they are, a fifth more is no chance. Real
single cells have six times as many hits at the right shift as beside it."""

_SIGMAS: Final = 5.0
"""Standard deviations (Poisson) between the hits at two shifts: by chance once in 3.5 million
comparisons, and a cohort of 10,000 files makes half a million of them."""

_LOCUS_SIGMAS: Final = 4.0
"""Standard deviations (binomial) between the loci that either shift wins: by chance once in 30,000
comparisons. Loci are far fewer than hits, and both conditions must hold."""


class Tally(NamedTuple):
    """How many rows of a file another one has, as they are and shifted by one.

    Attributes
    ----------
    before, same, behind : rows that the other file has at the shifts -1, 0 and +1
    won_before, lost_before : loci with more hits at -1 than at 0, and with fewer
    won_behind, lost_behind : loci with more hits at +1 than at 0, and with fewer
    near, near_loci : rows that have one of the other file near, and loci with such rows
    variance_before, variance_behind : variances of same - before and of same - behind: the sums
        over loci of their squares, since loci are independent, and rows of one are not
    """

    before: int = 0
    same: int = 0
    behind: int = 0
    won_before: int = 0
    lost_before: int = 0
    won_behind: int = 0
    lost_behind: int = 0
    near: int = 0
    near_loci: int = 0
    variance_before: int = 0
    variance_behind: int = 0

    @classmethod
    def total(cls, tallies: Iterable["Tally"]) -> Self:
        """Return tallies of different files or loci together."""
        return cls(*map(sum, zip(*tallies, strict=True)))

    def mirrored(self) -> "Tally":
        """Return the tally with the other file shifted in place of this one."""
        return Tally(
            self.behind, self.same, self.before,
            self.won_behind, self.lost_behind, self.won_before, self.lost_before,
            self.near, self.near_loci,
            self.variance_behind, self.variance_before,
        )  # fmt: skip

    def at(self, shift: int) -> int:
        """Return the hits at a shift, -1, 0 or 1."""
        return (self.before, self.same, self.behind)[shift + 1]

    def shift(self) -> int:
        """Return the shift, -1 or 1, at which the file agrees clearly better, or 0.

        Where it agrees as well when shifted the other way, its rows are beside those of the other,
        as where the files have other contexts.
        """
        found = [
            (self.at(shift), shift)
            for shift in (-1, 1)
            if self._is_clear(shift, 0) and self.at(shift) > RATIO * self.at(-shift)
        ]
        return max(found)[1] if found else 0

    def agrees(self, *shifts: int) -> bool:
        """Tell whether the file agrees clearly better as it is than at each of some shifts."""
        return all(self._is_clear(0, shift) for shift in shifts)

    def _is_clear(self, better: int, other: int) -> bool:
        """Tell whether a shift is clearly better than another; one of them is 0."""
        loci = self.won_before, self.lost_before
        if 1 in (better, other):
            loci = self.won_behind, self.lost_behind
        won, lost = loci if other == 0 else loci[::-1]
        more, fewer = self.at(better), self.at(other)
        return (
            more >= LEAST_HITS
            and more > RATIO * fewer
            and more - fewer > _SIGMAS * sqrt(more + fewer)
            and won - lost > _LOCUS_SIGMAS * sqrt(won + lost)
        )

    def excess(self, sigmas: float) -> float:
        """Return by how many hits 0 differs from the shift beside it that it differs most from.

        So many standard errors are added, so a negative number gives a lower bound. In a file that
        is off by one, it is a shift that has more hits than 0.
        """
        return max(
            abs(self.same - self.before) + sigmas * sqrt(self.variance_before),
            abs(self.same - self.behind) + sigmas * sqrt(self.variance_behind),
        )
