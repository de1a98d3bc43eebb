"""Agreement of positions: whether a file lies one base aside of the other samples' files.

Files of one genome name many of the same cytosines. Where one of them was read on the wrong base,
its positions are those of the others only when they are shifted by one. Each two samples are
compared at the shifts -1, 0 and +1; in a large cohort each sample is compared with some anchors.

Two things look like a shift and are none. Both strands of a CpG are neighbours, so that rows of
one strand may meet those of the other: rows whose strands are known meet only their own, and a
shift must give clearly more hits than none. At low coverage all hits of two samples may come from
a few reads, which happen to be of opposite strands: a shift must win at many loci too.
"""

import functools
import hashlib
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import InputError
from ..engine import Context, Extent, Memory, Note, Pool, ignore
from ..rows import Block, Catalog, SharedCatalog, Views, view_columns
from ..store.schema import MAX_POS
from .kernels import N_TALLY, gather_rows, match_rows, tally_hits

MOST_ROWS: Final = 200_000
"""Rows of a sample that are compared with another, about."""

PAIRS_BELOW: Final = 32
"""Cohorts of at most so many files are compared each with each."""

ANCHORS: Final = 24
"""Files with the most rows, which all are compared with in larger cohorts."""

ALL_WINDOWS: Final = 2**64 - 1
"""The largest hash of a window."""

_LEAST_ROWS: Final = 10_000
_MOST_LOOKUPS: Final = 3_000_000

_LEAST_HITS: Final = 50
_DOUBTFUL: Final = 5
"""Hits that are few enough for chance, but not for a base to be assumed against them."""

_RATIO: Final = 1.2
_SIGMAS: Final = 5.0
_LOCUS_SIGMAS: Final = 4.0
_NEIGHBOURS: Final = 20
_ALIKE: Final = 0.8


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
    rival : name of another form of text that fits as well but for its base; empty where none does
    rival_shift : what is to be added to the positions if it is the rival
    rival_merged : whether in the rival a row has the reads of both strands of a CpG
    usual : whether its base is taken where nothing tells which of the two it is
    assumed : whether its base was taken so
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

    def is_comparable(self, other: "Reading") -> bool:
        """Tell whether the files can have positions in common: not if their contexts differ."""
        return not (self.contexts and other.contexts) or bool(self.contexts & other.contexts)

    def __str__(self) -> str:
        how = ", which is assumed" if self.assumed else ""
        return f"{self.path} (sample {self.name}, read as {self.format}, {self.base}-based{how})"


class Pair(NamedTuple):
    """What became of comparing one file with another.

    Attributes
    ----------
    one, other : numbers of the files
    n : positions of the file with fewer rows that were looked for in the other
    tally : as `shifts.tally_hits` counts, for shifts of the file `one`
    """

    one: int
    other: int
    n: int
    tally: tuple[int, ...]

    def seen_from(self, file: int) -> "Pair":
        """Return the same with a given file as `one`."""
        if file == self.one:
            return self
        before, same, behind, *loci, near, near_loci, low, high = self.tally
        told = (behind, same, before, *loci[2:], *loci[:2], near, near_loci, high, low)
        return Pair(self.other, self.one, self.n, told)


@dataclass(frozen=True, slots=True)
class AgreementTask:
    """A file whose positions are to be looked for in others, and in itself.

    `keys` is the extent of uint64[n_chroms], a hash of each chromosome's name.
    """

    title: str
    catalog: SharedCatalog
    keys: Extent
    file: int
    others: tuple[int, ...]
    most_rows: int


@dataclass(frozen=True, slots=True)
class ShiftTask:
    """Blocks of a file whose positions are to be shifted, and whose rows get a kind, or None."""

    title: str
    path: str
    blocks: tuple[Block, ...]
    shift: int
    kind: int | None


@dataclass(frozen=True)
class Agreement:
    """How well the files of a cohort agree.

    Attributes
    ----------
    readings : how each file was read
    pairs : files that were compared
    neighbours : int64[n_files], rows with another row of the file one behind, of those compared
    rows : int64[n_files], rows that were compared
    """

    readings: tuple[Reading, ...]
    pairs: tuple[Pair, ...]
    neighbours: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]

    def of(self, file: int, others: Iterable[int] | None = None) -> list[Pair]:
        """Return the comparisons of a file with some others, or all, with the file as `one`."""
        chosen = None if others is None else set(others)
        found = self._by_file.get(file, [])
        return [pair for pair in found if chosen is None or pair.other in chosen]

    @functools.cached_property
    def _by_file(self) -> dict[int, list[Pair]]:
        """The comparisons of each file, seen from it: cohorts have thousands of files."""
        found: dict[int, list[Pair]] = {}
        for pair in self.pairs:
            for file in {pair.one, pair.other}:
                found.setdefault(file, []).append(pair.seen_from(file))
        return found


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
    catalog : the rows of the files, a file a sample
    chroms : names of the chromosomes
    readings : how each file was read
    """
    table = catalog.runs
    file = np.repeat(np.arange(len(readings)), np.diff(catalog.run_start))
    sizes = np.bincount(file, weights=table[:, 2] - table[:, 1], minlength=len(readings))
    order = sorted(range(len(readings)), key=lambda k: (-sizes[k], readings[k].name))
    plan = {
        k: tuple(other for other in others if readings[k].is_comparable(readings[other]))
        for k, others in plan_pairs([k for k in order if sizes[k]]).items()
    }
    most = most_rows(sum(map(len, plan.values())))
    keys = chrom_keys(memory, chroms)
    shared = catalog.share(memory)
    tasks = [
        AgreementTask(f"the positions of {readings[k].path}", shared, keys, k, others, most)
        for k, others in plan.items()
    ]
    pairs = []
    neighbours, rows = np.zeros((2, len(readings)), np.int64)
    for index, found in pool.run(compare, [(task,) for task in tasks], note):
        task = tasks[index]
        n, own, tallies = found
        neighbours[task.file], rows[task.file] = own, n
        pairs += [
            Pair(task.file, other, n, tally)
            for other, tally in zip(task.others, tallies, strict=True)
        ]
    memory.release(shared.extent)
    memory.release(keys)
    return Agreement(tuple(readings), tuple(sorted(pairs)), neighbours, rows)


def chrom_keys(memory: Memory, chroms: Sequence[str]) -> Extent:
    """Return an extent that starts with a hash of each chromosome's name, uint64."""
    numbers = (
        int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") for name in chroms
    )
    return memory.put(np.fromiter(numbers, np.uint64, len(chroms)))


def most_rows(n_pairs: int) -> int:
    """Return how many rows of a file are looked for in another, about, where so many pairs are."""
    return min(MOST_ROWS, max(_LEAST_ROWS, _MOST_LOOKUPS // max(1, n_pairs)))


def plan_pairs(order: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Return the files that each file is compared with.

    Parameters
    ----------
    order : numbers of the files, those with the most rows first

    The rows of the file with fewer are looked for in the one with more.
    """
    most = len(order) if len(order) <= PAIRS_BELOW else ANCHORS
    return {file: tuple(order[: min(k, most)]) for k, file in enumerate(order)}


def compare(context: Context, task: AgreementTask) -> tuple[int, int, list[tuple[int, ...]]]:
    """Look for positions of a file in others.

    Returns how many were looked for, how many of them have a neighbour one behind in the file
    itself, and the tally of each other file.
    """
    catalog = task.catalog.open(context.arenas)
    ram, scratch = catalog.views(context.arenas)
    keys = context.map(task.keys).view(np.uint64)
    arenas = ram.i4, scratch.i4, ram.u1, scratch.u1
    tables = catalog.blocks, catalog.block_start, catalog.runs, catalog.run_start
    n, _, (pos, strand, segments) = chosen_rows(
        catalog, (ram, scratch), keys, task.file, task.most_rows
    )
    hits = np.empty(max(n, 1), np.uint8)
    tallies = []
    for other in (task.file, *task.others):
        hits[:] = 0
        tally = np.zeros(N_TALLY, np.int64)
        # Neighbours in the file itself are of different strands.
        strands = strand if other != task.file else np.zeros_like(strand)
        match_rows(*arenas, *tables, other, pos, strands, segments, hits)
        tally_hits(pos, segments, hits, tally)
        tallies.append(tuple(tally.tolist()))
    context.arenas.forget_scratch()
    context.note(1)
    return n, tallies[0][2], tallies[1:]


def chosen_rows(
    catalog: Catalog,
    views: tuple[Views, Views],
    keys: npt.NDArray[np.uint64],
    file: int,
    most: int,
    limit: int = ALL_WINDOWS,
) -> tuple[int, int, tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]]:
    """Return rows of a file in windows that are chosen by their hash.

    Parameters
    ----------
    most : how many rows are wanted, about
    limit : hashes up to which windows may be chosen

    Returns
    -------
    Their number, the limit that was taken, and what `shifts.gather_rows` writes: arrays of at least
    one value.
    """
    ram, scratch = views
    arenas = ram.i4, scratch.i4, ram.u1, scratch.u1
    tables = catalog.blocks, catalog.block_start, catalog.runs, catalog.run_start
    n_runs = int(catalog.run_start[file + 1] - catalog.run_start[file])
    segments = np.zeros((n_runs, 3), np.int64)
    nothing = np.empty(0, np.int32), np.empty(0, np.uint8)
    n = gather_rows(*arenas, *tables, file, keys, np.uint64(limit), *nothing, segments)
    if n > most:
        limit = limit * most // n
        n = gather_rows(*arenas, *tables, file, keys, np.uint64(limit), *nothing, segments)
        while n > 2 * most:  # few windows have most of the rows
            limit //= 2
            n = gather_rows(*arenas, *tables, file, keys, np.uint64(limit), *nothing, segments)
    pos, strand = np.empty(max(n, 1), np.int32), np.empty(max(n, 1), np.uint8)
    gather_rows(*arenas, *tables, file, keys, np.uint64(limit), pos, strand, segments)
    return int(n), limit, (pos, strand, segments)


def shift_rows(context: Context, task: ShiftTask) -> InputError | None:
    """Shift the positions of a file where they lie; return the fault where one cannot be."""
    for block in task.blocks:
        columns = view_columns(context.map(block.extent), block, np.empty((0, 2), np.int32))
        low, high = int(columns.pos.min()) + task.shift, int(columns.pos.max()) + task.shift
        if low < 1 or high > MAX_POS:
            wrong = low if low < 1 else high
            message = (
                f"{task.path}: found the position {wrong} after a shift by {task.shift:+d}; "
                f"expected 1 to {MAX_POS:,}; say the format in the sheet"
            )
            return InputError(message)
        columns.pos[:] += task.shift
        if task.kind is not None and columns.kind.size:
            columns.kind[:] = task.kind
    return None


def settle_rivals(agreement: Agreement) -> dict[int, bool]:
    """Decide which form of text each file with a rival is: True is the rival.

    A file that has neighbours cannot be one that merges both strands, if only one of its two forms
    does; else files whose base is known decide. Files that nothing decides are left out.
    """
    readings = agreement.readings
    decided: dict[int, bool] = {}
    for k, reading in enumerate(readings):
        if reading.rival_merged != reading.merged and has_neighbours(agreement, k, 1000):
            decided[k] = reading.merged
    open_ = [k for k, reading in enumerate(readings) if reading.rival and k not in decided]
    known = set(range(len(readings))) - set(open_)
    for k in open_:
        pairs = agreement.of(k, known)
        tally, shift = pooled(pairs), readings[k].rival_shift
        if shift_of(tally) == shift:
            decided[k] = True
        elif agrees(tally, shift):
            decided[k] = False
        elif readings[k].rival_merged and _on_reverse(agreement, pairs) == shift:
            decided[k] = True
    return decided


def undecided(agreement: Agreement, decided: Iterable[int]) -> list[str]:
    """Return a message for each file that may still be of two forms."""
    known = set(decided)
    return [
        f"{reading.path}: can be {reading.format} or {reading.rival}, which look alike and differ "
        f"in their base; the other files do not tell; expected one of them; name the format of "
        f"sample {reading.name} in the sheet's column format, or give a reference"
        for k, reading in enumerate(agreement.readings)
        if reading.rival and not reading.usual and k not in known
    ]


def is_confirmed(agreement: Agreement, file: int) -> bool:
    """Tell whether files whose base is not assumed agree with the base that a file was read on."""
    readings = agreement.readings
    known = [k for k, reading in enumerate(readings) if not (reading.assumed or reading.rival)]
    other_base = 2 * readings[file].base - 1  # what is to be added to the positions then
    return agrees(pooled(agreement.of(file, known)), other_base)


def doubted_bases(agreement: Agreement) -> list[str]:
    """Return a message for each file on an assumed base that fits others better on the other one.

    The others are of known base. There are too few positions to decide it, and too many to assume
    the usual base all the same.
    """
    readings = agreement.readings
    known = [k for k, reading in enumerate(readings) if not (reading.assumed or reading.rival)]
    faults = []
    for k, reading in enumerate(readings):
        tally = pooled(agreement.of(k, known))
        shift = 2 * reading.base - 1  # what is to be added to the positions on the other base
        same, there = tally[1], tally[1 + shift]
        if reading.assumed and there >= _DOUBTFUL and there > _RATIO * same:
            faults.append(
                f"{reading}: {same:,} of its positions are those of files of known base as they "
                f"are, and {there:,} shifted by {shift:+d}, which is too little to decide; "
                f"expected the right base; name the format of sample {reading.name} in the "
                "sheet's column format, give a reference, or set base_check: warn to take it as it "
                "is"
            )
    return faults


def has_neighbours(agreement: Agreement, file: int, one_of: int = 20) -> bool:
    """Tell whether at least one of so many rows of a file has another row one behind it."""
    return bool(agreement.neighbours[file] >= max(_NEIGHBOURS, agreement.rows[file] // one_of))


def _on_reverse(agreement: Agreement, pairs: Iterable[Pair]) -> int:
    """Return -1 where the rows of a file that merges both strands stand at the G of the CpG, or 0.

    Files with rows of both strands have a row there and at the C before it, and hardly ever one
    behind. `pairs` are comparisons of the one file.
    """
    both = [pair for pair in pairs if has_neighbours(agreement, pair.other, 20)]
    before, same, behind = pooled(both)[:3]
    alike = min(before, same) >= _ALIKE * max(before, same)
    return -1 if alike and min(before, same) >= _LEAST_HITS + 5 * behind else 0


def shift_of(tally: Sequence[int]) -> int:
    """Return the shift, -1 or 1, at which a file agrees clearly better, or 0.

    Where it agrees as well when shifted the other way, its rows are beside those of the others, as
    where the files have other contexts.
    """
    found = [
        (tally[1 + shift], shift)
        for shift, (won, lost) in ((-1, tally[3:5]), (1, tally[5:7]))
        if _clearly(tally[1 + shift], tally[1], won, lost)
        and tally[1 + shift] > _RATIO * tally[1 - shift]
    ]
    return max(found)[1] if found else 0


def agrees(tally: Sequence[int], shift: int) -> bool:
    """Tell whether a file agrees clearly better as it is than shifted."""
    lost, won = tally[3:5] if shift == -1 else tally[5:7]
    return _clearly(tally[1], tally[1 + shift], won, lost)


def _clearly(more: int, fewer: int, won: int, lost: int) -> bool:
    return (
        more >= _LEAST_HITS
        and more > _RATIO * fewer
        and more - fewer > _SIGMAS * sqrt(more + fewer)
        and won - lost > _LOCUS_SIGMAS * sqrt(won + lost)
    )


def pooled(pairs: Iterable[Pair]) -> tuple[int, ...]:
    """Return the tallies of pairs together."""
    tallies = [pair.tally for pair in pairs]
    return tuple(map(sum, zip(*tallies, strict=True))) if tallies else (0,) * N_TALLY


def shifted_files(agreement: Agreement, trusted: Container[int] = ()) -> list[str]:
    """Return a message for each file that agrees better when shifted, but for the trusted ones.

    Of two files that disagree, the one with fewer files on its side is named; where both have as
    many, both are.
    """
    n = len(agreement.readings)
    side = _sides(agreement)
    size = np.bincount(side, minlength=n)[side]
    found: dict[int, list[Pair]] = {}
    for k in range(n):
        against = [pair for pair in agreement.of(k) if shift_of(pair.tally)]
        if against:
            found[k] = [pair for pair in against if size[k] <= size[pair.other]]
    for k in range(n):
        pairs = agreement.of(k)
        on_reverse = agreement.readings[k].merged and _on_reverse(agreement, pairs)
        if k not in found and (on_reverse or shift_of(pooled(pairs))):
            found[k] = pairs
    order = sorted((k for k in found if found[k]), key=lambda k: agreement.readings[k].name)
    return [_told(agreement, k, found[k]) for k in order if k not in trusted]


def _sides(agreement: Agreement) -> npt.NDArray[np.int64]:
    """Return for each file the first of those that agree with it, or with one that does."""
    side = np.arange(len(agreement.readings))
    for pair in agreement.pairs:
        if agrees(pair.tally, -1) and agrees(pair.tally, 1):
            one, other = sorted((side[pair.one], side[pair.other]))
            side[side == other] = one
    return side


def _told(agreement: Agreement, file: int, pairs: Sequence[Pair]) -> str:
    tally = pooled(pairs)
    shifts = [shift_of(tally), *(shift_of(pair.tally) for pair in pairs)]
    shift = next(filter(None, shifts), -1)
    readings = agreement.readings
    named = sorted(str(readings[pair.other]) for pair in pairs)
    others = named[0] if len(named) == 1 else f"{len(named)} other files, one of them {named[0]}"
    if len(named) == 1:
        mutual = "; which of the two is off cannot be told from two files, and a reference can"
    else:
        mutual = ""
    before, same, behind = tally[:3]
    return (
        f"{readings[file]}: its positions agree better with those of {others}, when they are "
        f"shifted by {shift:+d}: {same:,} of them as they are, {before:,} shifted by -1, "
        f"{behind:,} shifted by +1{mutual}; expected the right base; say the right format of each "
        "in the sheet, correct the file, or set base_check: warn to take it as it is"
    )


def figures(agreement: Agreement) -> dict[int, str]:
    """Return a line on each file that was compared: what it has in common with the others."""
    lines = {}
    for k, reading in enumerate(agreement.readings):
        pairs = agreement.of(k)
        n, tally = sum(pair.n for pair in pairs), pooled(pairs)
        if n:
            before, same, behind = (100 * hits / n for hits in tally[:3])
            lines[k] = (
                f"{reading.path}: {same:.3g} % of {n:,} positions compared are those of "
                f"{len(pairs)} other files, {before:.3g} % shifted by -1, {behind:.3g} % by +1"
            )
    return lines


def settled_line(agreement: Agreement, file: int, *, is_rival: bool) -> str:
    """Return a line on a file with a rival: what it has in common with the others as either."""
    reading = agreement.readings[file]
    pairs = agreement.of(file)
    n, tally = sum(pair.n for pair in pairs), pooled(pairs)
    own, other = tally[1], tally[1 + reading.rival_shift]
    taken = reading.rival if is_rival else reading.format
    return (
        f"{reading.path}: of {n:,} positions compared, {own:,} are those of other files if it is "
        f"{reading.format}, {other:,} if it is {reading.rival}; taken for {taken}"
    )


def overview(agreement: Agreement) -> str:
    """Return a line for the log on all files together: what they have in common, as they are."""
    shares: list[tuple[float, ...]] = []
    for k in range(len(agreement.readings)):
        pairs = agreement.of(k)
        n, tally = sum(pair.n for pair in pairs), pooled(pairs)
        if n:
            shares.append(tuple(100 * hits / n for hits in tally[:3]))
    if not shares:
        return "positions: there are none to be compared"
    here = [share[1] for share in shares]
    aside = max(max(share[0], share[2]) for share in shares)
    return (
        f"positions: {min(here):.3g} to {max(here):.3g} % of a file's are those of the other "
        f"files; shifted by one, at most {aside:.3g} %"
    )


def is_joined(agreement: Agreement, file: int) -> bool:
    """Tell whether rows of a file whose strand is unknown stand at the C of CpGs only.

    None has another one behind, and the files that have rows of both strands have, for each, as
    many at its place as one behind, and hardly any before: the G of the same CpG.
    """
    if agreement.rows[file] < _LEAST_ROWS // 10 or has_neighbours(agreement, file, 1000):
        return False
    both = [pair for pair in agreement.of(file) if has_neighbours(agreement, pair.other)]
    before, same, behind = pooled(both)[:3]
    alike = min(same, behind) >= _ALIKE * max(same, behind)
    return alike and min(same, behind) >= _LEAST_HITS + 5 * before
