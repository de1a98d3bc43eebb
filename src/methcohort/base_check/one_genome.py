"""Whether the files of a cohort are of one build of a genome, by the positions that they share.

A row that has one of another file near is one of the other file's rows most often, however few rows
either has: reads are longer than `shifts.NEAR`. Where the files are of two builds, it is so by
chance alone, and then as often when the positions are shifted by one. So of rows that have others
near, the share that the other file has, above what it has when shifted, tells whether two files are
of one build. Rows without any near tell nothing: the files may be of other regions.

Files that share more form sides. Two sides are of two builds where all that files of one share with
those of the other is chance, or ten times less of the near rows than files of one side share: parts
of a genome keep their places from build to build. Where few rows have others near, files that share
far less may be of two builds, too, or of other regions.
"""

from collections import Counter
from collections.abc import Callable, Container, Sequence
from math import sqrt
from typing import Final, NamedTuple

from .between_samples import Agreement, Pair, pooled

_SIGMAS: Final = 4.0
_SHARE: Final = 0.05
"""What files of one build share above chance of the rows near others: single cells 30 % and more,
those of two builds, parts of which have kept their places, up to 3 %."""

_LEAST_NEAR: Final = 1000
_LEAST_LOCI: Final = 100
_LEAST_HITS: Final = 20
_LOW: Final = 0.5
_HIGH: Final = 1.6
_MANY: Final = 3.0
_SHOWN: Final = 5

_FEW: Final = 0.1
_NONE: Final = 0.0001

Tally = Sequence[int]


class OtherBuild(NamedTuple):
    """Files that are of another build than others of the cohort.

    Attributes
    ----------
    files : their numbers; of the two sides, the smaller one
    others : numbers of those on the larger side
    message : what they share with the others, and how to go on
    """

    files: tuple[int, ...]
    others: tuple[int, ...]
    message: str


def is_of_one_build(tally: Tally) -> bool:
    """Tell whether two files surely share more than chance gives, at any of the three shifts."""
    before, same, behind, *_, near, _loci, low, high = tally
    fewest, most = min(before, same, behind), max(before, same, behind)
    apart = max(abs(same - before) - _SIGMAS * sqrt(low), abs(same - behind) - _SIGMAS * sqrt(high))
    # Of few near rows, that there are several times more hits says enough.
    often = near < _LEAST_NEAR and most >= _LEAST_HITS and most > _MANY * fewest
    return apart > 0 and (apart >= _SHARE * near or often)


def is_by_chance(tally: Tally) -> bool:
    """Tell whether what two files share is surely no more than chance gives.

    Files of other contexts, and of other strands that they do not tell, share less than that.
    """
    before, same, behind, *_, near, loci, low, high = tally
    n_hits = before + same + behind
    if near < _LEAST_NEAR or loci < _LEAST_LOCI or n_hits < _LEAST_HITS or not same:
        return False
    apart = max(abs(same - before) + _SIGMAS * sqrt(low), abs(same - behind) + _SIGMAS * sqrt(high))
    aside = max(before, behind)
    # Rows picked at random are seldom those picked from another file, though of one build.
    noise = 2 * sqrt(same + aside)
    return apart < _SHARE * near and _LOW * aside < same < _HIGH * aside - noise


def is_of_two_kinds(across: Tally, inside: Tally) -> bool:
    """Tell whether files surely share ten times less of near rows than those of one side do.

    Parts of two builds may have kept their places, which is more than chance. Files of other
    contexts share less than chance gives, and those of other regions nothing.
    """
    before, same, behind, *_, near, loci, low, high = across
    aside = max(before, behind)
    if near < _LEAST_NEAR or loci < _LEAST_LOCI or aside < _LEAST_HITS or same < _LOW * aside:
        return False
    most = max(abs(same - before) + _SIGMAS * sqrt(low), abs(same - behind) + _SIGMAS * sqrt(high))
    before, same, behind, *_, near_inside, _loci, low, high = inside
    least = max(same - before - _SIGMAS * sqrt(low), same - behind - _SIGMAS * sqrt(high))
    usual = least / near_inside if near_inside else 0.0
    return most / near < _FEW * usual


def other_builds(agreement: Agreement, trusted: Container[int] = ()) -> list[OtherBuild]:
    """Return the files of other genome builds than those of the largest side.

    What two trusted files share, which fit the reference, is not asked about.
    """
    side = _sides(agreement, lambda pair: is_of_one_build(pair.tally))
    members: dict[int, list[int]] = {}
    for file, first in enumerate(side):
        members.setdefault(first, []).append(file)
    order = sorted(members, key=lambda first: (-len(members[first]), first))
    rank = {first: k for k, first in enumerate(order)}
    across: dict[tuple[int, int], list[Pair]] = {}
    for pair in agreement.pairs:
        larger, smaller = sorted((rank[side[pair.one]], rank[side[pair.other]]))
        if larger != smaller and not (pair.one in trusted and pair.other in trusted):
            across.setdefault((larger, smaller), []).append(pair)
    found = []
    named: set[int] = set()
    for (larger, smaller), pairs in sorted(across.items()):
        sides = tuple(members[order[smaller]]), tuple(members[order[larger]])
        inside = pooled([pair for one in sides for k in one for pair in agreement.of(k, one)])
        if smaller not in named and (
            is_by_chance(pooled(pairs)) or is_of_two_kinds(pooled(pairs), inside)
        ):
            named.add(smaller)
            found.append(OtherBuild(*sides, _told(agreement, *sides, pairs)))
    return found


def strangers(agreement: Agreement, told: Container[int] = ()) -> list[str]:
    """Return a warning for each side that shares far less with the others than files of one do.

    They may be of another genome build, or of other regions: positions cannot tell, but for the
    files of which that was told already.
    """
    shares = {pair: _share(pair) for pair in agreement.pairs if pair.n >= _LEAST_NEAR}
    best = [0.0] * len(agreement.readings)
    for pair, share in shares.items():
        for file in (pair.one, pair.other):
            best[file] = max(best[file], share)
    side = _sides(
        agreement,
        lambda pair: (
            shares.get(pair, 0.0) > max(_NONE, _FEW * max(best[pair.one], best[pair.other]))
        ),
    )
    sizes = Counter(side)
    largest = min(sizes, key=lambda first: (-sizes[first], first))
    found = []
    for first in sorted(sizes.keys() - {largest}):
        files = [k for k, one in enumerate(side) if one == first]
        rest = [k for k, one in enumerate(side) if one != first]
        # Of files with few rows nothing is known, and so nothing is said.
        across = [pair for k in files for pair in agreement.of(k, rest) if pair.n >= _LEAST_NEAR]
        if across and not any(k in told for k in files):
            others = sorted({pair.other for pair in across})
            compared = sorted({pair.one for pair in across})
            found.append(_strange(agreement, compared, others, across))
    return sorted(found)


def _share(pair: Pair) -> float:
    """Return the share of positions in common above chance; 0 where it is no more than that.

    It is none, too, where rows have others near and hardly any has them in common: then parts of
    two builds may have kept their places.
    """
    before, same, behind, *_, near, _loci, low, high = pair.tally
    differs = max(abs(same - before) / sqrt(low or 1), abs(same - behind) / sqrt(high or 1))
    apart = max(abs(same - before), abs(same - behind))
    if differs <= _SIGMAS or (near >= _LEAST_NEAR and apart < _SHARE * near):
        return 0.0
    return max(same, before, behind) / pair.n


def _strange(
    agreement: Agreement, files: Sequence[int], others: Sequence[int], across: Sequence[Pair]
) -> str:
    share = pooled(across)[1] / sum(pair.n for pair in across)
    return (
        f"{agreement.readings[files[0]].path}: {_listed(agreement, files)} and "
        f"{_listed(agreement, others)} have only {100 * share:.3g} % of the positions compared in "
        f"common{_usual(agreement, files, others)}; check that all are of the same genome build "
        "and the same regions, and that chromosomes have the same names"
    )


def _usual(agreement: Agreement, *sides: Sequence[int]) -> str:
    """Return what files of one side have in common, in words; nothing where no side has two."""
    inside = [pair for one in sides for k in one for pair in agreement.of(k, one)]
    if not inside:
        return ""
    share = pooled(inside)[1] / sum(pair.n for pair in inside)
    return f", where files of one side have {100 * share:.3g} % in common"


def _sides(agreement: Agreement, is_tie: Callable[[Pair], bool]) -> list[int]:
    """Return for each file the first of those that pairs tie to it."""
    side = list(range(len(agreement.readings)))

    def first(file: int) -> int:
        while side[file] != file:
            side[file] = side[side[file]]
            file = side[file]
        return file

    for pair in agreement.pairs:
        if is_tie(pair):
            one, other = sorted((first(pair.one), first(pair.other)))
            side[other] = one
    return [first(file) for file in range(len(side))]


def _told(
    agreement: Agreement, files: Sequence[int], others: Sequence[int], across: Sequence[Pair]
) -> str:
    """Return what the files of a side share with those of another, and how to go on."""
    tally, n = pooled(across), sum(pair.n for pair in across)
    before, same, behind = tally[:3]
    excess = (same - (before + behind) / 2) / n
    error = sqrt(tally[9] + tally[10]) / 2 / n
    usual = _usual(agreement, files, others)
    unsure = "" if len(files) < len(others) else "; which of the two is meant cannot be told"
    first = agreement.readings[files[0]]
    more = "no more" if is_by_chance(tally) else "hardly more"
    return (
        f"{first.path}: {_listed(agreement, files)} and {_listed(agreement, others)} have {more} "
        f"positions in common than chance gives, though they cover the same regions: "
        f"{100 * same / n:.3g} % of {n:,} compared as they are, {100 * before / n:.3g} % shifted "
        f"by -1, {100 * behind / n:.3g} % by +1 ({100 * excess:.2g} ± {100 * error:.2g} % above "
        f"chance){usual}; so they are of two genome builds{unsure}; expected one build; build a "
        "cohort of each, lift the files of one over, or set base_check: warn to take all as they "
        "are"
    )


def _listed(agreement: Agreement, files: Sequence[int]) -> str:
    """Return the samples of files, the first of many."""
    names = [agreement.readings[k].name for k in files]
    if len(names) == 1:
        return f"sample {names[0]}"
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"samples {', '.join(names[:_SHOWN])}{more}"
