"""What a text format is: which column holds what, and what its numbers mean.

A format is data, not code: the one kernel of `kernels/table.py` reads all of them but five
columns, and `recognition.py` tells them apart by the same facts. So a format crosses a pipe as it
is.
"""

from dataclasses import dataclass
from typing import Final

from ._dialect import Dialect

ROLES: Final = (
    "chr", "pos", "end", "strand", "context", "base", "code",
    "pct", "level", "rest", "ratio", "c", "t", "n", "other", "total", "sum", "start2", "end2",
    "-",
)  # fmt: skip
"""What a column can be.

`pos` and `end` are an interval or a single position; `base` is the nucleotide of the forward
strand, C or G; `code` names a base modification; `pct` is a percentage that is only compared with
the counts, `level` a number that counts are computed from, and `rest` the same of the converted
reads; `ratio` is `M/N` in one field; `c` are methylated, `t` converted and `n` all reads; `other`
are reads with another modification of the same base; `total` are reads of which those are a part,
which is checked, and `sum` reads that they make up, which is checked too; `start2` and `end2`
repeat `pos` and `end`, as BED's thickStart and thickEnd do, and are looked at in the first rows
only; `-` is not read.

Beside `rest`, `n` has reads of other bases, too, at most a tenth; else `n` is c + t.
"""

WORDS: Final = {
    "chr": "the chromosome", "pos": "the position", "end": "the end", "strand": "the strand",
    "context": "the context", "base": "C or G", "code": "a base modification",
    "pct": "the percentage", "level": "the level", "rest": "the level of unmethylated reads",
    "ratio": "methylated/all reads", "c": "methylated reads", "t": "unmethylated reads",
    "n": "all reads", "other": "reads of other modifications", "total": "all reads",
    "sum": "all reads", "start2": "the start again", "end2": "the end again",
    "around": "bases around the cytosine",
}  # fmt: skip
"""What to call the columns in messages."""

MEANINGS: Final = (
    ("c", "t"), ("c", "n"), ("t", "n"), ("level", "n"), ("ratio",), ("level", "rest", "n"),
)  # fmt: skip
"""The roles from which the counts follow: a format has the columns of exactly one of these."""

LEAST_SHARE: Final = 0.9
"""Share of all reads that `level` and `rest` are at least: methylKit drops sites of more others."""

_COUNTED: Final = {role for roles in MEANINGS for role in roles}


@dataclass(frozen=True, slots=True)
class Rounding:
    """How a level may be written.

    Attributes
    ----------
    words : in messages: "rounded", "cut off"
    unit : half of the last place, in the level's own scale
    cut : whether further places are cut off, not rounded
    step : what levels are a multiple of; 0 where they are of nothing
    """

    words: str
    unit: float
    cut: bool = False
    step: float = 0.0


@dataclass(frozen=True, slots=True)
class Format:
    """A form of text.

    Attributes
    ----------
    name : as in the sheet and in the store, `five_column`
    title : as in messages, `Bismark coverage (.cov)`
    columns : the role of each column, in order
    base : 0 or 1: number of a chromosome's first base
    optional : so many of the last columns may be missing; of what is read, only `other` can be one
    more : whether further columns may follow, which are not read
    lengths : allowed values of end - pos; empty allows any
    longer : what to do about an interval of another length; empty where there is nothing to say
    scale : value of `pct` and `level` where all reads are methylated: 100 or 1
    unit : half of the last place of `level` or `pct`, in its own scale; counts follow from a level
        exactly where no other number of reads lies as near; a percentage may be as far off
    names : what the header may call the columns, in small letters, a tuple for each header known;
        empty where the format has none. A name that begins with a colon is the end of one
    merged : "no", "yes" where each row has the reads of both strands of a CpG, "dot" where a strand
        of `.` says so
    context : bits of `cytosine.py` that hold for every row
    middle : bases before the cytosine in the text of a context; the text is then of the forward
        strand, with G there for the reverse one. -1 where the cytosine is in the middle of a text
        of the row's own strand
    refusal : why the format cannot be read, and which file of the same caller to use; empty where
        it can
    tabs : whether one tab stands between two fields, so that a field can be empty
    colons : whether a colon ends a field, too
    repeat : names of the last columns, which stand again for each further sample of a text: `{}` is
        the sample, empty ones have no name; empty where a text is of one sample
    missing : whether a missing value in all columns of counts stands for no reads
    needs_header : whether the format is told by its header alone, as rows of such columns without
        one can mean something else
    by_name : whether the sheet must name the format, as its text can mean something else
    track : words of the `track` line that tell the format, empty where it has none of its own; of
        several formats whose words are there the one with the longest is meant
    by_track : whether the `track` line also tells the context of all rows, and whether strands are
        merged
    style : how the caller writes percentages, which tells it from others with the same columns:
        "decimals", "cut" or "rounded" to whole numbers, "whole" where rows tell neither, "exact"
        where all are whole numbers as they are; empty where the format is not told so
    widths : numbers of columns that callers write, where these are fewer than `optional` allows
    marks : how columns are written that tell the format, beyond their roles: pairs of a column,
        from 0, and a regular expression that its fields match as a whole
    dialect : how fields are written, where that is not plain; None leaves it to the file
    only : ((column from 0, (text, ...)), ...): rows are kept whose field in each of these columns
        is one of its texts, letter for letter; others are held to the format as well, dropped and
        counted with those of other modifications. A text without any row to keep is refused
    roundings : ways of which all levels of a text are written in one, where the format has several;
        the rows tell in which, and a row that only another one explains is refused
    usual : whether its base is assumed where nothing tells it from a format that differs only by
        the base, since callers write the other one on request only; else such text is refused

    Raises
    ------
    ValueError
        Where the columns do not tell the place, or not the counts in exactly one way.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    base: int
    optional: int = 0
    more: bool = False
    lengths: tuple[int, ...] = ()
    longer: str = ""
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
    by_name: bool = False
    track: str = ""
    by_track: bool = False
    style: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    marks: tuple[tuple[int, str], ...] = ()
    dialect: Dialect | None = None
    only: tuple[tuple[int, tuple[str, ...]], ...] = ()
    roundings: tuple[Rounding, ...] = ()
    usual: bool = False

    def __post_init__(self) -> None:
        wrong = self._fault()
        if wrong:
            message = f"{self.name}: columns {' '.join(self.columns)} {wrong}"
            raise ValueError(message)

    def _fault(self) -> str:
        """Return what is wrong with the columns, empty where nothing is."""
        given = [role for role in self.columns if role != "-"]
        if unknown := set(given) - {*ROLES}:
            return f"have the unknown role {min(unknown)}"
        if twice := [role for role in given if given.count(role) > 1]:
            return f"have {twice[0]} twice"
        n_always = len(self.columns) - self.optional
        if any(not 0 <= column < n_always for column, _ in self.only):
            return "lack one that only names, or may lack it"
        if late := {*self.columns[n_always:]} - {"other", "-"}:
            return f"may lack {min(late)}, which is read"
        if self.refusal:
            return ""
        if not {"chr", "pos"} <= {*given}:
            return "have no place"
        if not self.counts:
            return "have no counts, or several"
        if "level" in given and {"pct", "other"} & {*given}:
            return "have a level, beside which pct and other mean nothing"
        return ""

    @property
    def counts(self) -> tuple[str, ...]:
        """The one of `MEANINGS` that the counts follow from, empty where none does."""
        given = _COUNTED & {*self.columns}
        return next((roles for roles in MEANINGS if {*roles} == given), ())

    def can_have(self, n_columns: int) -> bool:
        """Tell whether rows of so many columns are written."""
        least = len(self.columns) - self.optional
        return n_columns in self.widths or (
            not self.widths and least <= n_columns <= len(self.columns)
        )

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
