"""Warnings of what is odd in a file by itself: it may be meant, but is wrong more often."""

from collections.abc import Sequence
from typing import Final

from ..core.log import log
from .config import Config
from .files import LoadedFile
from .samples import Cohort

_SHOWN: Final = 5
"""Files that are named in a warning of each kind."""

_LEAST_SUMMED: Final = 2
"""Rows with the counts of another from which they are unlikely to be so by chance."""


def warn_of_files(files: Sequence[LoadedFile], cohort: Cohort, config: Config) -> None:
    """Warn of what is odd in files by themselves: no rows, doubled or wrong ones, a cut end."""
    _warn_of_empty(files, cohort)
    for file in files:
        _warn_of_rows(file, config)
    _warn_of_cuts(files)


def _warn_of_empty(files: Sequence[LoadedFile], cohort: Cohort) -> None:
    """Warn of files that have no rows, the first ones by name."""
    empty = [file for file in files if file.rows.summary.n_rows == 0]
    for file in empty[:_SHOWN]:
        sample = cohort.samples[file.sample]
        has = "has no sites" if len(sample.sources) == 1 else "has none of them"
        log.warning("%s: no rows; sample %s %s", file.path, sample.name, has)
    if len(empty) > _SHOWN:
        log.warning("%s more files have no rows", f"{len(empty) - _SHOWN:,}")


def _warn_of_rows(file: LoadedFile, config: Config) -> None:
    summary = file.rows.summary
    n_summed = summary.n_summed_duplicates
    if n_summed >= _LEAST_SUMMED and summary.n_same_summed == n_summed:
        log.warning(
            "%s: all %s rows that duplicates: sum added to another row of their site have the same "
            "counts as that row; if they are of the same reads (several motifs, a file joined to "
            "itself), these count twice: remove the copies, or set duplicates to first",
            file.path, f"{n_summed:,}",
        )  # fmt: skip
    if summary.n_disagree:
        log.warning(
            "%s, line %d: the first of %s rows whose pct differs from their counts by more than "
            "%g points",
            file.path, summary.disagree_line, f"{summary.n_disagree:,}", config.pct_tolerance,
        )  # fmt: skip


def _warn_of_cuts(files: Sequence[LoadedFile]) -> None:
    """Warn of plain texts that end without a newline: a cut number reads like a whole one."""
    cut = [file for file in files if file.found.unended]
    for file in cut[:_SHOWN]:
        log.warning(
            "%s: the last line (%r) does not end with a newline, so the file may have been cut "
            "inside it; compare it with its source, or put a newline there",
            file.path, file.found.unended,
        )  # fmt: skip
    if len(cut) > _SHOWN:
        log.warning("%s more files end without a newline", f"{len(cut) - _SHOWN:,}")
