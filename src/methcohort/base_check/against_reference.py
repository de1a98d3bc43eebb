"""Whether a file's positions fit a reference genome: a cytosine at each, or at each neighbour.

A call of methylation is at a C, or at the G that stands for a C of the reverse strand. Positions
that are one too high or too low, or of another genome, are at any base: about 40 % of them are C or
G, and half of that is on the right strand. So three shares show what a file is: of rows that are on
such a base as they are, moved down by one, and moved up by one.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

import numpy as np

from ..genome import C, G
from .base_counts import (
    BOTH,
    IN_PART,
    LEAST_ROWS,
    MINUS,
    MOST_NAMES,
    PLUS,
    UNSTRANDED,
    BaseFigures,
    Counts,
)

MANY_ROWS: Final = 100
"""Fewer rows than this without a strand prove something only where the shares differ clearly: the
standard deviation of a share of 40 % among 100 is 5 %."""

FITS: Final = "fits"
FEW: Final = "few rows"
SHIFTED: Final = "off by one"
MISFIT: Final = "does not fit"

SHIFTS: Final = (-1, 0, 1)

_GOOD: Final = 0.9
"""Share of rows on a right base from which on a file fits. Files of callers have 99 % and more; the
rest are variants, and sites of reads that the reference has not."""

_PEAK: Final = 0.1
"""By how much the best shift's share exceeds the others in a file that fits in part (`IN_PART`):
that of an individual or strain with many variants."""

_BETTER: Final = 0.02
_LEAST_BETTER: Final = 2
"""Share of rows, and rows at least, by which another shift is better: fewer are variants."""

_ONE_SIDED: Final = 0.1
"""Share of rows that are exceptions to what is said of all: variants again, with room."""

_CLEAR: Final = 0.2
"""By how much the best shift's share exceeds the others where it is clear from few rows: four
standard deviations of a share among `MANY_ROWS`."""

_LOW: Final = 0.6
"""Share that no shift exceeds where few rows clearly do not fit: any that fit have `IN_PART`."""

_HINT: Final = "or, to go on all the same, set base_check to warn"

_REVERSE_ALONE: Final = (
    "; a file of the reverse strand alone looks the same: describe it as custom with its strand"
)

_SWAPPED: Final = (
    "rows of strand + are on G and those of strand - on C, so the strands are swapped, or mean "
    "something else; correct the strands, leave the file out"
)

_MOVED: Final = {-1: "moved down by one", 0: "left in place", 1: "moved up by one"}


class Verdict(NamedTuple):
    """What the figures mean.

    Attributes
    ----------
    outcome : FITS, FEW (too few rows to tell), SHIFTED (off by one) or MISFIT (of another genome,
        or with other names of chromosomes, or with wrong strands: the message says which)
    shift : what is to be added to the positions so that they fit: -1, 0 or 1
    shares : of rows on a right base at the shifts -1, 0 and +1
    message : without the file: figures, what they mean, and what to do where it is a fault
    note : what else is worth knowing of a file that fits; empty where there is nothing
    """

    outcome: str
    shift: int
    shares: tuple[float, float, float]
    message: str
    note: str = ""

    @property
    def is_fault(self) -> bool:
        """Tell whether the file does not fit the reference."""
        return self.outcome not in (FITS, FEW)


def judge(
    figures: BaseFigures, reference: str, chroms: Iterable[str], base: int | None = None
) -> Verdict:
    """Return what the figures of a file mean.

    Parameters
    ----------
    reference : path of the FASTA file, for messages
    chroms : names of its chromosomes, for messages
    base : number of a chromosome's first base in the format that the file was read in, for messages
    """
    n, shares = figures.n_rows, figures.shares()
    if n == 0 and figures.n_missing >= 1:
        return Verdict(MISFIT, 0, shares, _other_names(figures, reference, chroms))
    if n < LEAST_ROWS:
        return Verdict(FEW, 0, shares, _too_few(n, LEAST_ROWS), _note(figures))
    shift = _best_shift(figures)
    is_clear, fits = _evidence(figures, shift)
    if not is_clear:
        return Verdict(FEW, 0, shares, _too_few(n, MANY_ROWS), _note(figures))
    found = _shares_found(figures, reference)
    if not fits:
        return Verdict(MISFIT, 0, shares, f"{found}; {_misfit(figures)}, {_HINT}")
    if shift == 0:
        return Verdict(FITS, 0, shares, found, _note(figures))
    alike = _REVERSE_ALONE if _is_one_sided(figures.bases, shift) else ""
    return Verdict(SHIFTED, shift, shares, f"{found}; {_shifted(shift, base)}, {_HINT}{alike}")


def _evidence(figures: BaseFigures, shift: int) -> tuple[bool, bool]:
    """Return whether the rows prove anything, and whether they fit at the shift that is best."""
    n, shares = figures.n_rows, figures.shares()
    share = shares[shift + 1]
    lead = share - max(shares[other + 1] for other in SHIFTS if other != shift)
    one_sided = _is_one_sided(figures.bases, shift)
    fits = one_sided or share >= _GOOD or (share >= IN_PART and lead >= _PEAK)
    with_strand = n - int(figures.bases[UNSTRANDED, 1].sum())
    is_known = n >= MANY_ROWS or with_strand >= LEAST_ROWS
    return is_known or one_sided or lead >= _CLEAR or max(shares) < _LOW, fits


def _best_shift(figures: BaseFigures) -> int:
    """Return the shift that fits best; 0 unless another one is clearly better.

    Of rows of unknown strand that are all on the C of a CpG, as where strands were joined, those
    one too high are all on a G, which is a right base too. So where hardly any is on a C, they are
    looked for one below.
    """
    right = figures.right()
    best = int(np.argmax(right)) - 1
    better = int(right[best + 1] - right[1])
    if better < max(_LEAST_BETTER, _BETTER * figures.n_rows):
        best = 0
    if best > -1 and _is_one_sided(figures.bases, best - 1):
        best -= 1
    return best


def _is_one_sided(bases: Counts, shift: int) -> bool:
    """Tell whether rows of unknown strand are on a C at a shift, and all on a G one above."""
    known = int(bases[[PLUS, MINUS, BOTH], 1].sum())
    n = int(bases[UNSTRANDED, 1].sum())
    if shift == 1 or n < LEAST_ROWS or known > _ONE_SIDED * n:
        return False
    on_c, on_g = bases[UNSTRANDED, shift + 2, C], bases[UNSTRANDED, shift + 2, G]
    most = int(bases[UNSTRANDED, shift + 1, C])
    return bool(on_g >= IN_PART * n and on_c <= _ONE_SIDED * on_g and most >= IN_PART * n)


def _misfit(figures: BaseFigures) -> str:
    """Return what is wrong with a file that fits at no shift: its strands, or its genome."""
    bases = figures.bases
    plus, minus = bases[PLUS], bases[MINUS]
    n_plus, n_minus = int(plus[1].sum()), int(minus[1].sum())
    n = n_plus + n_minus
    if n < LEAST_ROWS or n < IN_PART * figures.n_rows:
        return _other_genome(figures)
    if plus[1, G] + minus[1, C] >= _GOOD * n:
        return _SWAPPED
    best_plus, best_minus = int(np.argmax(plus[:, C])) - 1, int(np.argmax(minus[:, G])) - 1
    fit_apart = plus[best_plus + 1, C] >= _GOOD * n_plus and (
        minus[best_minus + 1, G] >= _GOOD * n_minus
    )
    if min(n_plus, n_minus) < LEAST_ROWS or best_plus == best_minus or not fit_apart:
        return _other_genome(figures)
    return (
        f"rows of strand + fit when {_MOVED[best_plus]}, those of strand - when "
        f"{_MOVED[best_minus]}, so positions of one strand are not those of its cytosines; make "
        "the file with those of cytosines, leave it out"
    )


def _other_genome(figures: BaseFigures) -> str:
    worst = [one.name for one in figures.odd]
    where = f" (worst on {', '.join(worst[:MOST_NAMES])})" if worst else ""
    return (
        f"so they are of another genome build, or of another genome{where}: by chance about 40 % "
        f"are, or 20 % with strands; expected at least {_percent(_GOOD)} as they are; give the "
        "reference that the reads were aligned to, leave the file out"
    )


def _other_names(figures: BaseFigures, reference: str, chroms: Iterable[str]) -> str:
    theirs = ", ".join(figures.missing)
    ours = ", ".join(islice(chroms, MOST_NAMES))
    return (
        f"found chromosomes {theirs}, none of which is in the reference {reference}, which has "
        f"{ours}; expected the same names; give aliases, or the reference that belongs to the file"
    )


def _shifted(shift: int, base: int | None) -> str:
    how = "too high" if shift < 0 else "too low"
    true = 1 if shift < 0 else 0
    if base == true:
        remedy = f"and not for its base, since the text is read as {base}-based; make it again"
    else:
        remedy = (
            f"as where {true}-based text is read as {1 - true}-based; name the right format in the "
            f"sheet, or custom with base: {true}"
        )
    return f"so all positions are one {how}, {remedy}"


def _too_few(n: int, expected: int) -> str:
    strand = " without a strand" if expected == MANY_ROWS else ""
    return (
        f"{n} rows{strand} on chromosomes of the reference are too few to tell whether their "
        f"positions fit (expected {expected})"
    )


def _shares_found(figures: BaseFigures, reference: str) -> str:
    """Return the shares in words."""
    low, here, high = (_percent(share) for share in figures.shares())
    has_strand = figures.bases[[PLUS, MINUS, BOTH]].any()
    kind = "the base of their strand" if has_strand else "a C or G"
    words = (
        f"found {here} of {figures.n_rows:,} rows on {kind} in the reference {reference}, and "
        f"{low} when moved down by one, {high} when moved up by one"
    )
    outside = figures.n_outside
    return words + (f"; {outside:,} are beyond the end of a chromosome" if outside else "")


def _note(figures: BaseFigures) -> str:
    """Return what is worth knowing of a file that fits as a whole."""
    notes = []
    if figures.n_missing:
        more = ", ..." if len(figures.missing) == MOST_NAMES else ""
        notes.append(
            f"{figures.n_missing:,} rows are on chromosomes that the reference does not have "
            f"({', '.join(figures.missing)}{more})"
        )
    for one in figures.odd:
        outside = f" and {one.n_outside:,} are beyond its end" if one.n_outside else ""
        notes.append(
            f"{_percent(one.n_right / one.n_rows)} of the {one.n_rows:,} rows of {one.name} are on "
            f"a right base{outside}, so it is of another version of the genome"
        )
    share = figures.shares()[1]
    if figures.n_rows >= LEAST_ROWS and share < _GOOD:
        notes.append(f"only {_percent(share)} of rows are on a right base")
    return "; ".join(notes)


def _percent(share: float) -> str:
    """Return a share as a percentage that is 100 or 0 only where it is."""
    value = round(100 * share, 1)
    if value == 100 and share < 1:
        value = 99.9
    if value == 0 and share > 0:
        value = 0.1
    return f"{value:g} %"
