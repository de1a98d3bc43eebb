"""Lines for the log and for `inspect`: what files have in common with others, in numbers."""

from collections.abc import Iterator

from .pairs import Agreement, pooled
from .tally import Tally


def _compared(agreement: Agreement) -> Iterator[tuple[int, int, int, Tally]]:
    """Yield each file that was compared: its number, how often, how many rows, and their hits."""
    for k in range(len(agreement.readings)):
        pairs = agreement.of(k)
        n = sum(pair.n for pair in pairs)
        if n:
            yield k, len(pairs), n, pooled(pairs)


def figures(agreement: Agreement) -> dict[int, str]:
    """Return a line on each file that was compared: what it has in common with the others."""
    return {
        k: (
            f"{agreement.readings[k].path}: {100 * tally.same / n:.3g} % of {n:,} positions match "
            f"those of {n_pairs} other files, {100 * tally.before / n:.3g} % if shifted by -1, "
            f"{100 * tally.behind / n:.3g} % by +1"
        )
        for k, n_pairs, n, tally in _compared(agreement)
    }


def settled_line(agreement: Agreement, file: int, *, is_rival: bool) -> str:
    """Return a line on a file with a rival: what it has in common with the others as either."""
    reading = agreement.readings[file]
    pairs = agreement.of(file)
    n, tally = sum(pair.n for pair in pairs), pooled(pairs)
    return (
        f"{reading.path}: of {n:,} positions compared, {tally.same:,} match other files as "
        f"{reading.format}, {tally.at(reading.rival_shift):,} as {reading.rival}; read as "
        f"{reading.rival if is_rival else reading.format}"
    )


def overview(agreement: Agreement) -> str:
    """Return a line for the log on all files together: what they have in common, as they are."""
    here, shifted = [], []
    for _, _, n, tally in _compared(agreement):
        here.append(100 * tally.same / n)
        shifted.append(100 * max(tally.before, tally.behind) / n)
    if not here:
        return "coordinate check: no positions can be compared"
    return (
        f"coordinate check: each file shares {min(here):.3g} to {max(here):.3g} % of its "
        f"positions with the others (at most {max(shifted):.3g} % if shifted by one)"
    )
