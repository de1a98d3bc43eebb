"""What a text format is: which column holds what, and what its numbers mean.

A format is data, not code: the one kernel of `_table.py` reads all of them but five columns, and
`recognise.py` tells them apart by the same facts. So a format crosses a pipe as it is.
"""

from dataclasses import dataclass
from typing import Final

ROLES: Final = (
    "chr", "pos", "end", "strand", "context", "base", "code",
    "pct", "level", "ratio", "c", "t", "n", "other", "-",
)  # fmt: skip
"""What a column can be.

`pos` and `end` are an interval or a single position; `base` is the nucleotide of the forward
strand, C or G; `code` names a base modification; `pct` is a percentage that is only compared with
the counts, `level` a number that counts are computed from; `ratio` is `M/N` in one field; `c` are
methylated, `t` converted and `n` all reads; `other` are reads with another modification of the same
base; `-` is not read.
"""


@dataclass(frozen=True, slots=True)
class Format:
    """A form of text.

    Attributes
    ----------
    name : as in the sheet and in the store, `five_column`
    title : as in messages, `Bismark coverage (.cov)`
    columns : the role of each column, in order
    base : 0 or 1: number of a chromosome's first base
    optional : so many of the last columns may be missing
    more : whether further columns may follow, which are not read
    lengths : allowed values of end - pos; empty allows any
    scale : value of `pct` and `level` where all reads are methylated: 100 or 1
    unit : half of the last place of `level` or `pct`, in its own scale; counts follow from a level
        exactly where no other number of reads lies as near; a percentage may be as far off
    names : what the header may call the columns, in small letters, a tuple for each header known;
        empty where the format has none
    merged : "no", "yes" where each row has the reads of both strands of a CpG, "dot" where a strand
        of `.` says so
    context : bits of `cytosine.py` that hold for every row
    middle : bases before the cytosine in the text of a context; the text is then of the forward
        strand, with G there for the reverse one
    refusal : why the format cannot be read, and which file of the same caller to use; empty where
        it can
    tabs : whether one tab stands between two fields, so that a field can be empty
    usual : whether its base is assumed where nothing tells it from a format that differs only by
        the base, since callers write the other one on request only; else such text is refused
    """

    name: str
    title: str
    columns: tuple[str, ...]
    base: int
    optional: int = 0
    more: bool = False
    lengths: tuple[int, ...] = ()
    scale: int = 100
    unit: float = 0.0
    names: tuple[tuple[str, ...], ...] = ()
    merged: str = "no"
    context: int = 0
    refusal: str = ""
    middle: int = 0
    tabs: bool = False
    usual: bool = False

    def has(self, role: str) -> bool:
        """Tell whether one of the columns has a role."""
        return role in self.columns

    @property
    def with_kind(self) -> bool:
        """Whether rows have a strand or a context."""
        return bool(
            self.context or self.merged != "no" or {"strand", "context", "base"} & {*self.columns}
        )

    @property
    def with_context(self) -> bool:
        """Whether every row tells its context."""
        return bool(self.context) or self.has("context")

    @property
    def with_strand(self) -> bool:
        """Whether every row tells its strand, or that it has the reads of both."""
        return self.merged == "yes" or self.has("strand") or self.has("base")
