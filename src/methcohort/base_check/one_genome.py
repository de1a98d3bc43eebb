"""Whether the files of a cohort are of one build of a genome, by the positions that they share.

A row that has one of another file near is one of the other file's rows most often, however few rows
either has: reads are longer than `NEAR`. Where the files are of two builds, it is so by chance
alone, and then as often when the positions are shifted by one. So of rows that have others near,
the share that the other file has, above what it has when shifted, shows whether two files are of
one build. Rows without any near show nothing: the files may be of other regions.

Files that share more form sides. Two sides are of two builds where all that files of one share with
those of the other is chance, or ten times less of the near rows than files of one side share: parts
of a genome keep their places from build to build. Where few rows have others near, files that share
far less may be of two builds, too, or of other regions.
"""

from collections import Counter
from collections.abc import Container, Sequence
from math import sqrt
from typing import Final, NamedTuple

from .pairs import Agreement, Comparison, pooled
from .tally import Tally

_SIGMAS: Final = 4.0
"""Standard errors, taken over loci, on the safe side of which a share is sure: by chance once in
30,000 comparisons."""

_SHARE: Final = 0.05
"""What files of one build share above chance of the rows near others: single cells 30 % and more,
those of two builds, parts of which have kept their places, up to 3 %."""

_LEAST_NEAR: Final = 1000
"""Rows near others, or compared, below which nothing is said: `_SHARE` of them is 50 hits."""

_LEAST_LOCI: Final = 100
"""Loci below which a standard error over loci is not to be trusted."""

_LEAST_HITS: Final = 20
"""Hits below which their number says nothing: two standard deviations of 20 are 45 % of it."""

_LOW: Final = 0.5
_HIGH: Final = 1.6
"""How many times the hits at the better of the shifts -1 and +1 those at 0 are, by chance. They are
about as many: which bases stand side by side favours one or the other, no more than that. Real
single cells of one build have six times as many at 0."""

_MANY: Final = 3.0
"""How many times the hits of the worst shift the best one has in files of one build, where too few
rows are near others for shares."""

_FEW: Final = 0.1
"""Share of what files of one side have in common below which files of two sides are not of one
build. Of rows near others, files of one build share a third or more, those of builds that have kept
some places up to 3 %: ten times less."""

_NONE: Final = 0.0001
"""Share of positions in common that ties no files together, whatever others have."""

_SHOWN: Final = 5
"""Names of samples in a message."""


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
    hits = tally.before, tally.same, tally.behind
    least = tally.excess(-_SIGMAS)
    # Of few near rows, that there are several times more hits says enough.
    often = tally.near < _LEAST_NEAR and max(hits) >= _LEAST_HITS and max(hits) > _MANY * min(hits)
    return least > 0 and (least >= _SHARE * tally.near or often)


def is_by_chance(tally: Tally) -> bool:
    """Tell whether what two files share is surely no more than chance gives.

    Files of other contexts, and of other strands that they do not record, share less than that.
    """
    n_hits = tally.before + tally.same + tally.behind
    if not _are_enough(tally) or n_hits < _LEAST_HITS or not tally.same:
        return False
    beside = max(tally.before, tally.behind)
    # Rows picked at random are seldom those picked from another file, though of one build.
    noise = 2 * sqrt(tally.same + beside)
    is_alike = _LOW * beside < tally.same < _HIGH * beside - noise
    return is_alike and tally.excess(_SIGMAS) < _SHARE * tally.near


def is_of_two_builds(across: Tally, inside: Tally) -> bool:
    """Tell whether files surely share ten times less of near rows than those of one side do.

    Parts of two builds may have kept their places, which is more than chance. Files of other
    contexts share less than chance gives, and those of other regions nothing.
    """
    beside = max(across.before, across.behind)
    if not _are_enough(across) or beside < _LEAST_HITS or across.same < _LOW * beside:
        return False
    low, high = inside.variance_before, inside.variance_behind
    least = inside.same - min(
        inside.before + _SIGMAS * sqrt(low), inside.behind + _SIGMAS * sqrt(high)
    )
    usual = least / inside.near if inside.near else 0.0
    return across.excess(_SIGMAS) / across.near < _FEW * usual


def _are_enough(tally: Tally) -> bool:
    """Tell whether enough rows have others near, at enough places."""
    return tally.near >= _LEAST_NEAR and tally.near_loci >= _LEAST_LOCI


def other_builds(agreement: Agreement, trusted: Container[int] = ()) -> list[OtherBuild]:
    """Return the files of other genome builds than those of the largest side.

    What two trusted files share, which fit the reference, is not asked about.
    """
    sides = _by_size(agreement.sides(lambda pair: is_of_one_build(pair.tally)))
    rank = {file: k for k, files in enumerate(sides) for file in files}
    across: dict[tuple[int, int], list[Comparison]] = {}
    for pair in agreement.pairs:
        larger, smaller = sorted((rank[pair.one], rank[pair.other]))
        if larger != smaller and not (pair.one in trusted and pair.other in trusted):
            across.setdefault((larger, smaller), []).append(pair)
    found: dict[int, OtherBuild] = {}
    for (larger, smaller), pairs in sorted(across.items()):
        files, others = sides[smaller], sides[larger]
        tally = pooled(pairs)
        inside = pooled(_inside(agreement, files, others))
        if smaller not in found and (is_by_chance(tally) or is_of_two_builds(tally, inside)):
            message = _two_builds(agreement, files, others, pairs)
            found[smaller] = OtherBuild(files, others, message)
    return list(found.values())


def _by_size(side: Sequence[int]) -> list[tuple[int, ...]]:
    """Return the files of each side, the largest side first; of those as large, the first."""
    members: dict[int, list[int]] = {}
    for file, first in enumerate(side):
        members.setdefault(first, []).append(file)
    return sorted(map(tuple, members.values()), key=lambda files: (-len(files), files[0]))


def _inside(agreement: Agreement, *sides: Sequence[int]) -> list[Comparison]:
    """Return the comparisons of files of one side with each other, of each of some sides."""
    return [pair for files in sides for k in files for pair in agreement.of(k, files)]


def strangers(agreement: Agreement, known: Container[int] = ()) -> list[str]:
    """Return a warning for each side that shares far less with the others than files of one do.

    They may be of another genome build, or of other regions, and positions do not show which. Sides
    with files `known` to be of another build are left out.
    """
    shares = {pair: _share(pair) for pair in agreement.pairs if pair.n >= _LEAST_NEAR}
    best = [0.0] * len(agreement.readings)
    for pair, share in shares.items():
        for file in (pair.one, pair.other):
            best[file] = max(best[file], share)

    def is_tie(pair: Comparison) -> bool:
        usual = max(best[pair.one], best[pair.other])
        return shares.get(pair, 0.0) > max(_NONE, _FEW * usual)

    side = agreement.sides(is_tie)
    sizes = Counter(side)
    largest = min(sizes, key=lambda first: (-sizes[first], first))
    found = []
    for first in sorted(sizes.keys() - {largest}):
        files = [k for k, one in enumerate(side) if one == first]
        rest = [k for k, one in enumerate(side) if one != first]
        # Of files with few rows nothing is known, and so nothing is said.
        across = [pair for k in files for pair in agreement.of(k, rest) if pair.n >= _LEAST_NEAR]
        if across and not any(k in known for k in files):
            found.append(_strange(agreement, across))
    return sorted(found)


def _share(pair: Comparison) -> float:
    """Return the share of positions in common above chance; 0 where it is no more than that.

    It is none, too, where rows have others near and hardly any has them in common: then parts of
    two builds may have kept their places.
    """
    tally = pair.tally
    low, high = sqrt(tally.variance_before or 1), sqrt(tally.variance_behind or 1)
    by_before, by_behind = abs(tally.same - tally.before), abs(tally.same - tally.behind)
    apart = max(by_before, by_behind)
    if max(by_before / low, by_behind / high) <= _SIGMAS:
        return 0.0
    if tally.near >= _LEAST_NEAR and apart < _SHARE * tally.near:
        return 0.0
    return max(tally.same, tally.before, tally.behind) / pair.n


def _strange(agreement: Agreement, across: Sequence[Comparison]) -> str:
    """Return the warning for files that share little with others."""
    files = sorted({pair.one for pair in across})
    others = sorted({pair.other for pair in across})
    share = pooled(across).same / sum(pair.n for pair in across)
    return (
        f"{agreement.readings[files[0]].path}: {_listed(agreement, files)} and "
        f"{_listed(agreement, others)} have only {100 * share:.3g} % of the positions compared in "
        f"common{_usual(agreement, files, others)}; check that all are of the same genome build "
        "and the same regions, and that chromosomes have the same names"
    )


def _usual(agreement: Agreement, *sides: Sequence[int]) -> str:
    """Return what files of one side have in common, in words; nothing where no side has two."""
    inside = _inside(agreement, *sides)
    if not inside:
        return ""
    share = pooled(inside).same / sum(pair.n for pair in inside)
    return f", where files of one side have {100 * share:.3g} % in common"


def _two_builds(
    agreement: Agreement,
    files: Sequence[int],
    others: Sequence[int],
    across: Sequence[Comparison],
) -> str:
    """Return the message for a side of another build: what it shares with others, what to do."""
    tally, n = pooled(across), sum(pair.n for pair in across)
    excess = (tally.same - (tally.before + tally.behind) / 2) / n
    error = sqrt(tally.variance_before + tally.variance_behind) / 2 / n
    usual = _usual(agreement, files, others)
    unsure = "" if len(files) < len(others) else "; positions do not show which build is meant"
    first = agreement.readings[files[0]]
    more = "no more" if is_by_chance(tally) else "hardly more"
    return (
        f"{first.path}: {_listed(agreement, files)} and {_listed(agreement, others)} have {more} "
        f"positions in common than by chance, though they cover the same regions: "
        f"{100 * tally.same / n:.3g} % of {n:,} compared as they are, {100 * tally.before / n:.3g} "
        f"% shifted by -1, {100 * tally.behind / n:.3g} % by +1 ({100 * excess:.2g} ± "
        f"{100 * error:.2g} % above chance){usual}; so they are of two genome builds{unsure}; "
        "expected one build; build a cohort of each, lift the files of one over, or set "
        "base_check: warn to use all as they are"
    )


def _listed(agreement: Agreement, files: Sequence[int]) -> str:
    """Return the samples of files, the first of many."""
    names = [agreement.readings[k].name for k in files]
    if len(names) == 1:
        return f"sample {names[0]}"
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"samples {', '.join(names[:_SHOWN])}{more}"
