"""Which files are compared with which, and how many positions they have in common.

Files of one genome name many of the same cytosines. Where one of them was read on the wrong base,
its positions are those of the others only when they are shifted by one. Each two files are compared
at the shifts -1, 0 and +1; in a large cohort each file is compared with some anchors. Rows whose
strands are known meet only those of their own strand.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..engine import Context, Memory, Note, Pool, SharedArray, ignore
from ..rows import Catalog, SharedCatalog
from .kernels import N_TALLY, ChosenRows, HeldRows, match_rows, tally_hits
from .tally import Tally
from .windows import choose_rows, chrom_keys, held_rows

MOST_ROWS: Final = 200_000
"""Rows of a file that are looked for in another, about: 6 ms, and a share in common of 1 % is known
to a tenth of itself or better."""

_LEAST_ROWS: Final = 10_000
"""Rows of a file that are looked for in another, about, however many files there are: a shared 1 %
is 100 hits still, twice what a shift needs to count."""

_MOST_LOOKUPS: Final = 3_000_000
"""Rows that are looked for in all pairs together, about, as long as `_LEAST_ROWS` allows: half a
second for 24 samples of 3 million sites."""

PAIRS_BELOW: Final = 32
"""Cohorts of at most so many files are compared each with each: 496 pairs."""

ANCHORS: Final = 24
"""Files with the most rows, which all are compared with in larger cohorts: so work grows with the
number of files, not its square. Those with the most rows have the most in common with any other,
and a minority of them that is off by one is still outvoted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file was read.

    Attributes
    ----------
    name : of its sample in the sheet
    path : of the file
    format : name of its form of text
    base : 0 or 1, number of a chromosome's first base in the text
    merged : whether each row has the reads of both strands of a CpG
    rival : name of another format that fits as well but for its base; empty where none does
    rival_shift : what is to be added to the positions if it is the rival
    rival_merged : whether in the rival a row has the reads of both strands of a CpG
    usual : whether its base is assumed where nothing shows which of the two it is
    assumed : whether its base was assumed
    contexts : bits of `cytosine.py` of its rows' contexts; 0 where they are not known
    """

    name: str
    path: str
    format: str
    base: int
    merged: bool = False
    rival: str = ""
    rival_shift: int = 0
    rival_merged: bool = False
    usual: bool = False
    assumed: bool = False
    contexts: int = 0

    @property
    def is_sure(self) -> bool:
        """Whether nothing about its base is assumed or left open."""
        return not (self.assumed or self.rival)

    @property
    def other_shift(self) -> int:
        """What is to be added to the positions if the text has the other base."""
        return 2 * self.base - 1

    def is_comparable(self, other: "Reading") -> bool:
        """Tell whether the files can have positions in common: not if their contexts differ."""
        return not (self.contexts and other.contexts) or bool(self.contexts & other.contexts)

    def __str__(self) -> str:
        how = ", which is assumed" if self.assumed else ""
        return f"{self.path} (sample {self.name}, read as {self.format}, {self.base}-based{how})"


class Comparison(NamedTuple):
    """What comparing one file with another found.

    Attributes
    ----------
    one, other : numbers of the files
    n : positions of the file with fewer rows that were looked for in the other
    tally : hits for shifts of the file `one`
    """

    one: int
    other: int
    n: int
    tally: Tally

    def seen_from(self, file: int) -> "Comparison":
        """Return the same with a given file as `one`."""
        if file == self.one:
            return self
        return Comparison(self.other, self.one, self.n, self.tally.mirrored())


def pooled(pairs: Iterable[Comparison]) -> Tally:
    """Return the tallies of comparisons together."""
    return Tally.total([pair.tally for pair in pairs])


@dataclass(frozen=True)
class Agreement:
    """How well the files of a cohort agree.

    Attributes
    ----------
    readings : how each file was read
    pairs : comparisons of two files
    neighbours : int64[n_files], rows with another row of the file one behind, of those compared
    rows : int64[n_files], rows that were compared
    """

    readings: tuple[Reading, ...]
    pairs: tuple[Comparison, ...]
    neighbours: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]

    def of(self, file: int, others: Iterable[int] | None = None) -> list[Comparison]:
        """Return the comparisons of a file with some others, or all, with the file as `one`."""
        chosen = None if others is None else set(others)
        found = self._by_file.get(file, [])
        return [pair for pair in found if chosen is None or pair.other in chosen]

    @functools.cached_property
    def _by_file(self) -> dict[int, list[Comparison]]:
        """The comparisons of each file, seen from it: cohorts have thousands of files."""
        found: dict[int, list[Comparison]] = {}
        for pair in self.pairs:
            for file in {pair.one, pair.other}:
                found.setdefault(file, []).append(pair.seen_from(file))
        return found

    def sure_files(self) -> list[int]:
        """Return the numbers of the files whose base is neither assumed nor left open."""
        return [k for k, reading in enumerate(self.readings) if reading.is_sure]

    def sides(self, is_tie: Callable[[Comparison], bool]) -> list[int]:
        """Return for each file the first of those that comparisons tie to it, over any others."""
        side = list(range(len(self.readings)))

        def first(file: int) -> int:
            while side[file] != file:
                side[file] = side[side[file]]
                file = side[file]
            return file

        for pair in self.pairs:
            if is_tie(pair):
                one, other = sorted((first(pair.one), first(pair.other)))
                side[other] = one
        return [first(file) for file in range(len(side))]


@dataclass(frozen=True, slots=True)
class CompareTask:
    """A file whose positions are looked for in others, and in itself; `keys` of `chrom_keys`."""

    title: str
    catalog: SharedCatalog
    keys: SharedArray
    file: int
    others: tuple[int, ...]
    most_rows: int


def compare_positions(
    pool: Pool,
    memory: Memory,
    catalog: Catalog,
    chroms: Sequence[str],
    readings: Sequence[Reading],
    note: Note = ignore,
) -> Agreement:
    """Compare the positions of all files.

    Parameters
    ----------
    catalog : the rows of the files, as if each were a sample
    chroms : names of the chromosomes
    readings : how each file was read
    """
    plan = _plan(catalog, readings)
    most = most_rows(sum(map(len, plan.values())))
    keys = memory.share(chrom_keys(chroms))
    shared = catalog.share(memory)
    tasks = [
        CompareTask(f"the positions of {readings[k].path}", shared, keys, k, others, most)
        for k, others in plan.items()
    ]
    pairs: list[Comparison] = []
    neighbours, rows = np.zeros((2, len(readings)), np.int64)
    found = pool.map(compare, [(task,) for task in tasks], note)
    for task, (n, own, tallies) in zip(tasks, found, strict=True):
        neighbours[task.file], rows[task.file] = own, n
        compared = zip(task.others, tallies, strict=True)
        pairs += [Comparison(task.file, other, n, tally) for other, tally in compared]
    memory.release(shared.extent)
    memory.release(keys.extent)
    return Agreement(tuple(readings), tuple(sorted(pairs)), neighbours, rows)


def _plan(catalog: Catalog, readings: Sequence[Reading]) -> dict[int, tuple[int, ...]]:
    """Return the files that each file is compared with, but for those of other contexts."""
    table = catalog.runs
    file = np.repeat(np.arange(len(readings)), np.diff(catalog.run_start))
    sizes = np.bincount(file, weights=table[:, 2] - table[:, 1], minlength=len(readings))
    order = sorted(range(len(readings)), key=lambda k: (-sizes[k], readings[k].name))
    return {
        k: tuple(other for other in others if readings[k].is_comparable(readings[other]))
        for k, others in plan_pairs([k for k in order if sizes[k]]).items()
    }


def plan_pairs(order: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Return the files that each file is compared with.

    Parameters
    ----------
    order : numbers of the files, those with the most rows first

    The rows of the file with fewer are looked for in the one with more.
    """
    most = len(order) if len(order) <= PAIRS_BELOW else ANCHORS
    return {file: tuple(order[: min(k, most)]) for k, file in enumerate(order)}


def most_rows(n_pairs: int) -> int:
    """Return how many rows of a file are looked for in another, about, where so many pairs are."""
    return min(MOST_ROWS, max(_LEAST_ROWS, _MOST_LOOKUPS // max(1, n_pairs)))


def compare(context: Context, task: CompareTask) -> tuple[int, int, list[Tally]]:
    """Look for positions of a file in others.

    Returns how many were looked for, how many of them have a neighbour one behind in the file
    itself, and the tally of each other file.
    """
    rows = held_rows(task.catalog.open(context.arenas), context.arenas)
    keys = task.keys.open(context.arenas)
    chosen, _ = choose_rows(rows, keys, task.file, task.most_rows)
    # Neighbours in the file itself are of different strands.
    own = _tally(rows, task.file, chosen._replace(strand=np.zeros_like(chosen.strand)))
    tallies = [_tally(rows, other, chosen) for other in task.others]
    context.arenas.forget_scratch()
    context.note(1)
    return len(chosen.pos), own.behind, tallies


def _tally(rows: HeldRows, file: int, chosen: ChosenRows) -> Tally:
    """Look for chosen rows in a file."""
    hits, counts = np.zeros(len(chosen.pos), np.uint8), np.zeros(N_TALLY, np.int64)
    match_rows(rows, file, chosen, hits)
    tally_hits(chosen, hits, counts)
    return Tally(*counts.tolist())
