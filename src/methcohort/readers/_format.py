"""What a text format is: which column holds what, and what its numbers mean.

A format is data, not code: the one kernel of `_table.py` reads all of them but five columns, and
`recognise.py` tells them apart by the same facts. So a format crosses a pipe as it is.
"""

from dataclasses import dataclass
from typing import Final

from ._dialect import Dialect

ROLES: Final = (
    "chr", "pos", "end", "strand", "context", "base", "code",
    "pct", "level", "ratio", "c", "t", "n", "other", "start2", "end2", "-",
)  # fmt: skip
"""What a column can be.

`pos` and `end` are an interval or a single position; `base` is the nucleotide of the forward
strand, C or G; `code` names a base modification; `pct` is a percentage that is only compared with
the counts, `level` a number that counts are computed from; `ratio` is `M/N` in one field; `c` are
methylated, `t` converted and `n` all reads; `other` are reads with another modification of the same
base; `start2` and `end2` repeat `pos` and `end`, as BED's thickStart and thickEnd do, and are
looked at in the first rows only; `-` is not read.
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
    colons : whether a colon ends a field, too
    repeat : names of the last columns, which stand again for each further sample of a text: `{}` is
        the sample, empty ones have no name; empty where a text is of one sample
    missing : whether a missing value in all columns of counts stands for no reads
    needs_header : whether the format is told by its header alone, as rows of such columns without
        one can mean something else
    track : words of the `track` line that tell the format, empty where it has none of its own; of
        several formats whose words are there the one with the longest is meant
    style : how the caller writes percentages, which tells it from others with the same columns:
        "decimals", "cut" or "rounded" to whole numbers, "whole" where rows tell neither, "exact"
        where all are whole numbers as they are; empty where the format is not told so
    marks : how columns are written that tell the format, beyond their roles: pairs of a column,
        from 0, and a regular expression that its fields match as a whole
    dialect : how fields are written, where that is not plain; None leaves it to the file
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
    colons: bool = False
    repeat: tuple[str, ...] = ()
    missing: bool = False
    needs_header: bool = False
    track: str = ""
    style: tuple[str, ...] = ()
    marks: tuple[tuple[int, str], ...] = ()
    dialect: Dialect | None = None

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
