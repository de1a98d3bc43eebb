"""What follows from comparing files: which is off by one, and which of two formats a file has."""

from collections.abc import Container, Iterable, Sequence
from typing import Final

import numpy as np

from .pairs import Agreement, Comparison, pooled
from .tally import LEAST_HITS, RATIO

_DOUBTFUL: Final = 5
"""Hits that are few enough for chance, but too many to assume the usual base against them."""

_NEIGHBOURS: Final = 20
"""Rows with a neighbour that prove, however many rows there are, that strands are apart: fewer may
be errors."""

USUAL: Final = 20
"""One of so many rows has a neighbour in a file with rows of both strands, where coverage is not
thin: in single cells one of 35 to 70 has."""

ANY: Final = 1000
"""One of so many rows has a neighbour in a file with rows of both strands, however thin coverage
is, and in none that merges them."""

_ALIKE: Final = 0.8
"""How many of a count's hits another one has at least, where both are those of the two strands of
the same CpGs: they are the same but for noise, which is less than a fifth from 100 hits on."""

_LEAST_JOINED: Final = 1000
"""Rows of which some would have a neighbour, if they were of both strands."""

_REMEDY: Final = "or set base_check: warn to use it as it is"


def settle_rivals(agreement: Agreement) -> dict[int, bool]:
    """Decide which format each file with a rival has: True is the rival.

    A file that has neighbours cannot be one that merges both strands, if only one of its two
    formats does; else files whose base is known decide. Files that nothing decides are left out.
    """
    readings = agreement.readings
    decided: dict[int, bool] = {}
    for k, reading in enumerate(readings):
        if reading.rival_merged != reading.merged and has_neighbours(agreement, k, ANY):
            decided[k] = reading.merged
    open_ = [k for k, reading in enumerate(readings) if reading.rival and k not in decided]
    known = set(range(len(readings))) - set(open_)
    for k in open_:
        pairs = agreement.of(k, known)
        tally, shift = pooled(pairs), readings[k].rival_shift
        if tally.shift() == shift:
            decided[k] = True
        elif tally.agrees(shift):
            decided[k] = False
        elif readings[k].rival_merged and _on_reverse(agreement, pairs) == shift:
            decided[k] = True
    return decided


def undecided(agreement: Agreement, decided: Iterable[int]) -> list[str]:
    """Return a message for each file that may still have either of two formats."""
    known = set(decided)
    return [
        f"{reading.path}: can be {reading.format} or {reading.rival}, which look alike and differ "
        "in their base, and the other files do not show which; expected one of them; name the "
        f"format of sample {reading.name} in the sheet's column format, or give a reference"
        for k, reading in enumerate(agreement.readings)
        if reading.rival and not reading.usual and k not in known
    ]


def is_confirmed(agreement: Agreement, file: int) -> bool:
    """Tell whether files whose base is sure agree with the base that a file was read on."""
    pairs = agreement.of(file, agreement.sure_files())
    return pooled(pairs).agrees(agreement.readings[file].other_shift)


def doubted_bases(agreement: Agreement) -> list[str]:
    """Return a message for each file on an assumed base that fits others better on the other one.

    The base of the others is sure. There are too few positions to decide it, and too many to assume
    the usual base all the same.
    """
    sure = agreement.sure_files()
    faults = []
    for k, reading in enumerate(agreement.readings):
        tally, shift = pooled(agreement.of(k, sure)), reading.other_shift
        there = tally.at(shift)
        if reading.assumed and there >= _DOUBTFUL and there > RATIO * tally.same:
            faults.append(
                f"{reading}: {tally.same:,} of its positions match files of known base as they "
                f"are, and {there:,} shifted by {shift:+d}, which is too few to decide; expected "
                f"the right base; name the format of sample {reading.name} in the sheet's column "
                f"format, give a reference, {_REMEDY}"
            )
    return faults


def has_neighbours(agreement: Agreement, file: int, one_of: int = USUAL) -> bool:
    """Tell whether at least one of so many rows of a file has another row one behind it."""
    return bool(agreement.neighbours[file] >= max(_NEIGHBOURS, agreement.rows[file] // one_of))


def is_joined(agreement: Agreement, file: int) -> bool:
    """Tell whether rows of a file whose strand is unknown are at the C of CpGs only.

    None has another one behind, and the files that have rows of both strands have, for each, as
    many at its place as one behind, and hardly any before: the G of the same CpG.
    """
    if agreement.rows[file] < _LEAST_JOINED or has_neighbours(agreement, file, ANY):
        return False
    tally = pooled(_of_both_strands(agreement, agreement.of(file)))
    return _are_one_cpg(tally.same, tally.behind, tally.before)


def _on_reverse(agreement: Agreement, pairs: Iterable[Comparison]) -> int:
    """Return -1 where the rows of a file that merges both strands are at the G of the CpG, or 0.

    Files with rows of both strands have a row there and at the C before it, and hardly ever one
    behind. `pairs` are comparisons of the one file.
    """
    tally = pooled(_of_both_strands(agreement, pairs))
    return -1 if _are_one_cpg(tally.before, tally.same, tally.behind) else 0


def _of_both_strands(agreement: Agreement, pairs: Iterable[Comparison]) -> list[Comparison]:
    """Return the comparisons with files that have rows of both strands of CpGs."""
    return [pair for pair in pairs if has_neighbours(agreement, pair.other)]


def _are_one_cpg(one: int, other: int, outside: int) -> bool:
    """Tell whether hits at two shifts are those of both strands of CpGs.

    Then there are as many of either, and far fewer (a fifth) at the shift outside of the CpG, where
    only another CpG's row may be.
    """
    fewest, most = min(one, other), max(one, other)
    return fewest >= _ALIKE * most and fewest >= LEAST_HITS + 5 * outside


def shifted_files(agreement: Agreement, trusted: Container[int] = ()) -> list[str]:
    """Return a message for each file that agrees better when shifted, but for the trusted ones.

    Of two files that disagree, the one with fewer files on its side is named; where both have as
    many, both are.
    """
    n = len(agreement.readings)
    side = np.array(agreement.sides(lambda pair: pair.tally.agrees(-1, 1)), np.int64)
    size = np.bincount(side, minlength=n)[side]
    found: dict[int, list[Comparison]] = {}
    for k in range(n):
        against = [pair for pair in agreement.of(k) if pair.tally.shift()]
        if against:
            found[k] = [pair for pair in against if size[k] <= size[pair.other]]
            continue
        pairs = agreement.of(k)
        on_reverse = agreement.readings[k].merged and _on_reverse(agreement, pairs)
        if on_reverse or pooled(pairs).shift():
            found[k] = pairs
    order = sorted((k for k in found if found[k]), key=lambda k: agreement.readings[k].name)
    return [_off_by_one(agreement, k, found[k]) for k in order if k not in trusted]


def _off_by_one(agreement: Agreement, file: int, pairs: Sequence[Comparison]) -> str:
    """Return the message for a file that agrees better with others when it is shifted."""
    tally = pooled(pairs)
    shifts = [tally.shift(), *(pair.tally.shift() for pair in pairs)]
    shift = next(filter(None, shifts), -1)
    readings = agreement.readings
    named = sorted(str(readings[pair.other]) for pair in pairs)
    others, which = named[0], "so one of the two is off by one, and a reference shows which"
    if len(named) > 1:
        others = f"{len(named)} other files, one of them {named[0]},"
        which = "so it is off by one, or they are"
    return (
        f"{readings[file]}: its positions agree better with {others} when they are shifted by "
        f"{shift:+d}: {tally.same:,} match as they are, {tally.before:,} shifted by -1, "
        f"{tally.behind:,} shifted by +1; {which}; expected the right base; name the right format "
        f"of each in the sheet, correct the file, {_REMEDY}"
    )
