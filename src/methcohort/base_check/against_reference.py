"""Whether a file's positions fit a reference genome: a cytosine at each, or at each neighbour.

A call of methylation is at a C, or at the G that stands for a C of the reverse strand. Positions
that are one too high or too low, or of another genome, are at any base: about 40 % of them are C or
G, and half of that is on the right strand. So three shares tell what a file is: of rows that are on
such a base as they stand, moved down by one, and moved up by one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..genome import OUTSIDE, C, G, OpenGenome, count_bases
from ..rows import Columns

LEAST_ROWS: Final = 20
"""Fewer rows than this prove nothing."""

MANY_ROWS: Final = 100
"""Fewer rows than this without a strand prove something only where the shares differ clearly."""

FITS: Final = "fits"
FEW: Final = "few rows"
SHIFTED: Final = "shifted"
STRANDS: Final = "strands"
OTHER_GENOME: Final = "another genome"
OTHER_NAMES: Final = "other names"

SHIFTS: Final = (-1, 0, 1)

_GOOD: Final = 0.9
_IN_PART: Final = 0.75
_PEAK: Final = 0.1
_BETTER: Final = 0.02
_LEAST_BETTER: Final = 2
_ONE_SIDED: Final = 0.1
_CLEAR: Final = 0.2
_LOW: Final = 0.6
_MOST_NAMES: Final = 5
_MOST_ODD: Final = 20
_FORGOTTEN_ROWS: Final = 1 << 20

_HINT: Final = "or, to go on all the same, set base_check to warn"

_REVERSE_ALONE: Final = (
    "; a file of the reverse strand alone looks the same: describe it as custom with its strand"
)

_PLUS: Final = 1
_MINUS: Final = 2
_EITHER: Final = 3

Table = npt.NDArray[np.int64]


def _bases_of_keys() -> Table:
    """Return the base at each shift of each key of `count_bases`: 1 where it is, int64[64, 15]."""
    table = np.zeros((64, 3, 5), np.int64)
    keys = np.arange(64)
    for shift in range(3):
        table[keys, shift, (keys >> shift & 1) | (keys >> (3 + shift) & 1) << 1] = 1
    return table.reshape(64, 15)


_BASES: Final = _bases_of_keys()


class OddChromosome(NamedTuple):
    """A chromosome of which a file's rows do not fit: rows, those on a right base, those outside.

    Its bases are those of another genome, or of another version of the same one.
    """

    name: str
    n_rows: int
    n_right: int
    n_outside: int


@dataclass(frozen=True, slots=True)
class BaseFigures:
    """What the rows of one file are on; figures of parts of a file can be added.

    Attributes
    ----------
    bases : int64[4, 3, 5]: number of rows by strand (0 unknown, 1 +, 2 -, 3 both strands on the C),
        shift (-1, 0, +1) and what is there (other, C, G, A or T, outside of the chromosome)
    n_missing : rows on chromosomes that the reference does not have
    missing : names of the first of these
    odd : chromosomes that do not fit
    """

    bases: Table
    n_missing: int
    missing: tuple[str, ...]
    odd: tuple[OddChromosome, ...]

    @property
    def n_rows(self) -> int:
        """Rows on chromosomes of the reference."""
        return int(self.bases[:, 1].sum())

    def right(self) -> Table:
        """Return how many rows are on a base of their strand, at each shift; int64[3]."""
        return _right(self.bases)

    def shares(self) -> tuple[float, float, float]:
        """Return the shares of these of all rows on chromosomes of the reference; 0 of none."""
        low, here, high = (self.right() / max(1, self.n_rows)).tolist()
        return low, here, high


class Verdict(NamedTuple):
    """What the figures mean.

    Attributes
    ----------
    outcome : FITS, FEW, SHIFTED, STRANDS, OTHER_GENOME or OTHER_NAMES
    shift : what is to be added to the positions so that they fit: -1, 0 or 1
    shares : of rows on a right base at the shifts -1, 0 and +1
    message : without the file: figures, what they mean, and what to do where it is a fault
    note : what else is worth knowing of a file that fits; empty where there is nothing
    """

    outcome: str
    shift: int
    shares: tuple[float, float, float]
    message: str
    note: str

    @property
    def is_fault(self) -> bool:
        """Tell whether the file does not fit the reference."""
        return self.outcome not in (FITS, FEW)


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
    forget : called after each `_FORGOTTEN_ROWS` rows, to let go of what was looked at
    """
    missing: dict[str, int] = {}
    odd: dict[str, Table] = {}
    bases = np.zeros((4, 3, 5), np.int64)
    small = _new_counts()
    n_held = 0
    for chrom, pieces in _by_chrom(blocks).items():
        name = names[chrom]
        n_rows = sum(stop - start for _, start, stop in pieces)
        found = genome.chromosome(name)
        if found is None:
            missing[name] = n_rows
            continue
        counts = small if n_rows < LEAST_ROWS else _new_counts()
        for block, start, stop in pieces:
            kind = block.kind[start:stop]
            count_bases(found.planes, found.length, block.pos[start:stop], kind, *counts)
            n_held += stop - start
            if n_held >= _FORGOTTEN_ROWS:
                forget()
                n_held = 0
        if counts is not small:
            here = _spread(*counts)
            bases += here
            if len(odd) < _MOST_ODD and _is_odd(here):
                odd[name] = here
    bases += _spread(*small)
    listed = (
        OddChromosome(
            name, int(here[:, 1].sum()), int(_right(here)[1]), int(here[:, 1, OUTSIDE].sum())
        )
        for name, here in odd.items()
    )
    first = tuple(missing)[:_MOST_NAMES]
    return BaseFigures(bases, sum(missing.values()), first, tuple(listed))


def _by_chrom(blocks: Sequence[Columns]) -> dict[int, list[tuple[Columns, int, int]]]:
    """Return the rows of each chromosome: a block, the first of its rows, and their end."""
    found: dict[int, list[tuple[Columns, int, int]]] = {}
    for block in blocks:
        stops = [*block.runs[1:, 1].tolist(), block.pos.size][: len(block.runs)]
        for (chrom, start), stop in zip(block.runs.tolist(), stops, strict=True):
            found.setdefault(chrom, []).append((block, start, stop))
    return found


def added(figures: Sequence[BaseFigures]) -> BaseFigures:
    """Return the figures of a file from those of its parts, in their order."""
    bases = np.sum([part.bases for part in figures], axis=0, dtype=np.int64)
    odd: dict[str, OddChromosome] = {}
    for part in figures:
        for one in part.odd:
            n = odd.get(one.name, OddChromosome(one.name, 0, 0, 0))
            odd[one.name] = OddChromosome(
                one.name,
                n.n_rows + one.n_rows, n.n_right + one.n_right, n.n_outside + one.n_outside,
            )  # fmt: skip
    missing = dict.fromkeys(name for part in figures for name in part.missing)
    return BaseFigures(
        bases.reshape(4, 3, 5),
        sum(part.n_missing for part in figures),
        tuple(missing)[:_MOST_NAMES],
        tuple(odd.values())[:_MOST_ODD],
    )


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
    n, right = figures.n_rows, figures.right()
    shares = figures.shares()
    if n == 0 and figures.n_missing >= 1:
        return Verdict(OTHER_NAMES, 0, shares, _other_names(figures, reference, chroms), "")
    if n < LEAST_ROWS:
        return Verdict(FEW, 0, shares, _too_few(n, LEAST_ROWS), _note(figures))
    shift = _best_shift(figures.bases, right)
    share = shares[shift + 1]
    rest = max(shares[other + 1] for other in SHIFTS if other != shift)
    told = _told(figures, shares, reference)
    one_sided = _is_one_sided(figures.bases, shift)
    fits = one_sided or share >= _GOOD or (share >= _IN_PART and share - rest >= _PEAK)
    is_clear = one_sided or share - rest >= _CLEAR or max(shares) < _LOW
    if n < MANY_ROWS and figures.bases[0, 1].sum() > n - LEAST_ROWS and not is_clear:
        return Verdict(FEW, 0, shares, _too_few(n, MANY_ROWS), _note(figures))
    if fits and shift == 0:
        return Verdict(FITS, 0, shares, told, _note(figures))
    if fits:
        alike = _REVERSE_ALONE if _is_one_sided(figures.bases, shift) else ""
        return Verdict(SHIFTED, shift, shares, f"{told}; {_shifted(shift, base)}{alike}", "")
    strands = _strand_fault(figures.bases)
    if strands:
        return Verdict(STRANDS, 0, shares, f"{told}; {strands}, {_HINT}", "")
    return Verdict(OTHER_GENOME, 0, shares, f"{told}; {_other_genome(figures)}", "")


def _right(bases: Table) -> Table:
    right: Table = bases[0, :, C] + bases[0, :, G] + bases[_PLUS, :, C] + bases[_EITHER, :, C]
    return right + bases[_MINUS, :, G]


def _new_counts() -> tuple[Table, Table]:
    """Return what `count_bases` adds to."""
    return np.zeros(256, np.int64), np.zeros((4, 3, 5), np.int64)


def _spread(joint: Table, single: Table) -> Table:
    """Return the counts of `count_bases` by strand, shift and base."""
    spread: Table = joint.reshape(4, 64) @ _BASES
    return spread.reshape(4, 3, 5) + single


def _is_odd(bases: Table) -> bool:
    """Tell whether rows of one chromosome look as if they were of another genome."""
    n = int(bases[:, 1].sum())
    outside = int(bases[:, 1, OUTSIDE].sum())
    return n >= LEAST_ROWS and (_right(bases)[1] < _IN_PART * n or outside > 0)


def _best_shift(bases: Table, right: Table) -> int:
    """Return the shift that fits best; 0 unless another one is clearly better.

    Of rows of unknown strand that are all on the C of a CpG, as where strands were joined, those
    one too high are all on a G, which is a right base too. So where hardly any is on a C, they are
    looked for one below.
    """
    best = int(np.argmax(right)) - 1
    better = int(right[best + 1] - right[1])
    if better < max(_LEAST_BETTER, _BETTER * bases[:, 1].sum()):
        best = 0
    if best > -1 and _is_one_sided(bases, best - 1):
        best -= 1
    return best


def _is_one_sided(bases: Table, shift: int) -> bool:
    """Tell whether rows of unknown strand are on a C at a shift, and all on a G one above."""
    known = int(bases[1:, 1].sum())
    n = int(bases[0, 1].sum())
    if shift == 1 or n < LEAST_ROWS or known > _ONE_SIDED * n:
        return False
    on_c, on_g = bases[0, shift + 2, C], bases[0, shift + 2, G]
    most = int(bases[0, shift + 1, C])
    return bool(on_g >= _IN_PART * n and on_c <= _ONE_SIDED * on_g and most >= _IN_PART * n)


def _strand_fault(bases: Table) -> str:
    """Return what is wrong with the strands, where that explains a file; else nothing."""
    plus, minus = bases[_PLUS], bases[_MINUS]
    n_plus, n_minus = int(plus[1].sum()), int(minus[1].sum())
    n = n_plus + n_minus
    if n < LEAST_ROWS or n < _IN_PART * bases[:, 1].sum():
        return ""
    if plus[1, G] + minus[1, C] >= _GOOD * n:
        return (
            "rows of strand + are on G and those of strand - on C, so the strands are swapped, or "
            "mean something else; correct the strands, leave the file out"
        )
    if min(n_plus, n_minus) < LEAST_ROWS:
        return ""
    best_plus, best_minus = int(np.argmax(plus[:, C])) - 1, int(np.argmax(minus[:, G])) - 1
    if (
        best_plus != best_minus
        and plus[best_plus + 1, C] >= _GOOD * n_plus
        and minus[best_minus + 1, G] >= _GOOD * n_minus
    ):
        return (
            f"rows of strand + fit when {_moved(best_plus)}, those of strand - when "
            f"{_moved(best_minus)}, so positions of one strand are not those of its cytosines; "
            "make the file with those of cytosines, leave it out"
        )
    return ""


def _moved(shift: int) -> str:
    return {-1: "moved down by one", 0: "left in place", 1: "moved up by one"}[shift]


def _told(figures: BaseFigures, shares: tuple[float, float, float], reference: str) -> str:
    """Return the shares in words."""
    low, here, high = (_percent(share) for share in shares)
    kind = "a C or G" if figures.bases[1:].sum() == 0 else "the base of their strand"
    said = (
        f"found {here} of {figures.n_rows:,} rows on {kind} in the reference {reference}, and "
        f"{low} when moved down by one, {high} when moved up by one"
    )
    outside = int(figures.bases[:, 1, OUTSIDE].sum())
    return said + (f"; {outside:,} lie beyond the end of a chromosome" if outside else "")


def _too_few(n: int, expected: int) -> str:
    strand = " without a strand" if expected == MANY_ROWS else ""
    return (
        f"{n} rows{strand} on chromosomes of the reference are too few to tell whether their "
        f"positions fit (expected {expected})"
    )


def _shifted(shift: int, base: int | None) -> str:
    how = "too high" if shift < 0 else "too low"
    true = 1 if shift < 0 else 0
    if base == true:
        cure = f"and not for its base, since the text is read as {base}-based; make it again"
    else:
        cure = (
            f"as where {true}-based text is read as {1 - true}-based; name the right format in the "
            f"sheet, or custom with base: {true}"
        )
    return f"so all positions are one {how}, {cure}, {_HINT}"


def _other_genome(figures: BaseFigures) -> str:
    fits = [one.name for one in figures.odd]
    where = f" (worst on {', '.join(fits[:_MOST_NAMES])})" if fits else ""
    return (
        f"so they are of another genome build, or of another genome{where}: by chance about 40 % "
        f"are, or 20 % with strands; expected at least {_percent(_GOOD)} as they stand; give the "
        f"reference that the reads were aligned to, leave the file out, {_HINT}"
    )


def _other_names(figures: BaseFigures, reference: str, chroms: Iterable[str]) -> str:
    theirs = ", ".join(figures.missing)
    ours = ", ".join(islice(chroms, _MOST_NAMES))
    return (
        f"found chromosomes {theirs}, none of which is in the reference {reference}, which has "
        f"{ours}; expected the same names; give aliases, or the reference that belongs to the file"
    )


def _note(figures: BaseFigures) -> str:
    """Return what is worth knowing of a file that fits as a whole."""
    said = []
    if figures.n_missing:
        more = ", ..." if len(figures.missing) == _MOST_NAMES else ""
        said.append(
            f"{figures.n_missing:,} rows are on chromosomes that the reference does not have "
            f"({', '.join(figures.missing)}{more})"
        )
    for one in figures.odd:
        outside = f" and {one.n_outside:,} lie beyond its end" if one.n_outside else ""
        said.append(
            f"{_percent(one.n_right / one.n_rows)} of the {one.n_rows:,} rows of {one.name} are on "
            f"a right base{outside}, so it is of another version of the genome"
        )
    share = figures.shares()[1]
    if figures.n_rows >= LEAST_ROWS and share < _GOOD:
        said.append(f"only {_percent(share)} of rows are on a right base")
    return "; ".join(said)


def _percent(share: float) -> str:
    """Return a share as a percentage that is 100 or 0 only where it is."""
    value = round(100 * share, 1)
    if value == 100 and share < 1:
        value = 99.9
    if value == 0 and share > 0:
        value = 0.1
    return f"{value:g} %"
