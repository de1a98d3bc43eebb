"""What was read of one file, besides its rows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextSummary:
    """What was read from one file, or a span of it, besides the rows.

    `size` and `sha256` are of the bytes read; spans are not hashed.

    Attributes
    ----------
    n_rows : rows of the text; each is kept, or one of those that were dropped or added to another
    n_dropped_contexts : rows whose context is not wanted
    n_dropped_modifications : rows of another base modification, or that the format's `only` leaves
        out
    n_inexact : kept rows whose counts are only the nearest to their level
    n_merged_rows : kept rows that have the reads of both strands
    n_reverse : kept rows of the reverse strand alone that are in a CpG, or may be
    n_same_summed : rows added to another of their site that has the same counts
    """

    n_rows: int
    n_dropped_chroms: int
    n_dropped_uncovered: int
    n_dropped_duplicates: int
    n_summed_duplicates: int
    n_disagree: int
    disagree_line: int
    n_lines: int
    largest: int
    size: int
    sha256: str
    n_dropped_contexts: int = 0
    n_dropped_modifications: int = 0
    n_inexact: int = 0
    n_merged_rows: int = 0
    n_reverse: int = 0
    n_same_summed: int = 0
