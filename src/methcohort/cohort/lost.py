"""Samples of which no row is kept, or nearly none: said once, loudly, with where the rows went.

Such a sample is a valid row of a store, and wrong more often than not: a caller's option, a format
read otherwise than it is meant, a filter that suits other files.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from ..core.log import log
from ..store.schema import GONE
from .config import Config
from .records import SampleRecord

NEARLY_NONE: Final = 0.01
"""Share of the rows below which nearly none are kept."""

LEAST_ROWS: Final = 100
"""Fewer rows than these can be nearly none by chance."""

_SHOWN: Final = 3


def warn_of_lost(
    names: Sequence[str],
    records: Sequence[SampleRecord],
    counts: Sequence[Mapping[str, int]],
    config: Config,
) -> None:
    """Warn of the samples whose text was read and gave no site with reads, or nearly no row.

    Rows that are dropped because of `chroms`, `contexts` or a BED file, and those without reads,
    are no reason where some rows are left: a panel of few genes, or a whole genome at low depth,
    is as it should be.

    Parameters
    ----------
    counts : of each sample, all of `SAMPLE_COUNTS` by name
    """
    none, nearly = [], []
    for name, record, one in zip(names, records, counts, strict=True):
        if record.told_by or not one["n_rows"]:
            continue  # warned of before; that a file has no rows is said where it is read
        if not one["n_sites"]:
            none.append(_described(name, record, one))
        elif _is_nearly_none(one, config):
            nearly.append(_described(name, record, one))
    n_samples = f"{len(names):,}"
    for what, lost in (("no site with reads", none), ("nearly no row that is kept", nearly)):
        if lost:
            more = f"; and {len(lost) - _SHOWN:,} more" if len(lost) > _SHOWN else ""
            log.warning(
                "%s of %s samples %s %s: %s%s; check the files, their format, and the "
                "configuration",
                f"{len(lost):,}", n_samples, "has" if len(lost) == 1 else "have", what,
                "; ".join(lost[:_SHOWN]), more,
            )  # fmt: skip


def _is_nearly_none(counts: Mapping[str, int], config: Config) -> bool:
    """Tell whether nearly no row is kept of those that the user did not choose to leave out."""
    chosen = ["n_dropped_uncovered", "n_dropped_chroms", "n_dropped_contexts"]
    if config.bed is not None:
        chosen.append("n_dropped_sites")
    n_rows = counts["n_rows"] - sum(counts[name] for name in chosen)
    gone = sum(
        counts[name]
        for name, count in GONE.items()
        if count.gone == "dropped" and name in counts and name not in chosen
    )
    return n_rows >= LEAST_ROWS and n_rows - gone < NEARLY_NONE * n_rows


def _described(name: str, record: SampleRecord, counts: Mapping[str, int]) -> str:
    """Return a sample, its file, and what became of its rows."""
    more = f" and {len(record.files) - 1} more" if len(record.files) > 1 else ""
    gone = {count.title: counts[name] for name, count in GONE.items() if counts.get(name)}
    kept = counts["n_rows"] - sum(gone.values())
    reasons = sorted(gone, key=lambda why: -gone[why])
    parts = [f"{gone[why]:,} {why}" for why in reasons] + [f"{kept:,} kept"] * bool(kept)
    return (
        f"{name} ({record.files[0]['path']}{more}), {counts['n_rows']:,} rows: {', '.join(parts)}"
    )
