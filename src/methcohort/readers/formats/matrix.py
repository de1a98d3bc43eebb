"""The table that `methcohort query` prints: some samples at the sites of a region, 1-based.

`chr pos`, in a store that knows them `strand context`, and for each sample `NAME.c NAME.t` and,
where the store has percentages, `NAME.pct`, below a header and with tabs between.

Traps: a sample that was not observed has 0 0 NA. The strand is `both` in rows that have the reads
of both, and `unknown` like the context where nothing is known; a context can be `mixed`.
"""

from typing import Final

from ._format import Format

_KIND: Final = ("strand", "context")
_COUNTS: Final = ("c", "t")


def _variant(kinds: tuple[str, ...], values: tuple[str, ...]) -> Format:
    """Return the format of a table with some columns."""
    return Format(
        name="methcohort_table",
        title="methcohort query",
        columns=("chr", "pos", *kinds, *values),
        base=1,
        names=(("chr", "pos", *kinds),),
        needs_header=True,
        tabs=True,
        repeat=tuple(f"{{}}.{value}" for value in values),
    )


FORMATS: Final = tuple(
    _variant(kinds, values) for kinds in ((), _KIND) for values in ((*_COUNTS, "pct"), _COUNTS)
)
"""All that a store can have: the header tells which columns there are."""
