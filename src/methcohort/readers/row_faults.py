"""What to say of a row with the right number of fields that a kernel refused: one text a status."""

from dataclasses import dataclass
from typing import Final

from . import protocol
from .formats import LEAST_SHARE, WORDS, Format
from .wording import FIX, column_names, duplicate, shown, too_large, whole_numbers, written_oddly

_READS: Final = "an integer from 0 to 4294967295"
_EXPECTED: Final = {
    "strand": "one of + - . * F R",
    "context": "a context such as CG, CpG, CHG or CHH, or bases from the cytosine on",
    "base": "C or G",
    "ratio": "methylated and all reads, such as 3/5, the first no larger than the second",
    "c": f"{_READS} (methylated reads)",
    "t": f"{_READS} (unmethylated reads)",
    "n": f"{_READS} (all reads)",
    "other": f"{_READS} (reads of other modifications)",
    "total": f"{_READS} (all reads)",
    "sum": f"{_READS} (all reads)",
}
_COUNTED: Final = ("c", "t", "n", "other", "total", "sum", "ratio")
_ABOUT_ONE: Final = 1.01
_CHECK_ORDER: Final = "check the order of the columns, or name the file's format"

_FIVE: Final = {
    protocol.BAD_POS: 1,
    protocol.BAD_PCT: 2,
    protocol.BAD_C: 3,
    protocol.BAD_T: 4,
}
"""The column of a fault that the kernel of five columns names by its status."""

_BAD_FIELD: Final = (
    "found {row.found} as {row.name} in {row.whole}; expected {row.expected}; {row.remedy}"
)
_REASONS: Final = {
    **dict.fromkeys((*_FIVE, protocol.BAD_FIELD), _BAD_FIELD),
    protocol.MISSING_PCT: "found pct {row.pct!r} where {row.reads} is not 0 in {row.whole}; "
    f"expected a number from 0 to {{row.form.scale}}; {FIX}",
    protocol.MISSING_LEVEL: "found {row.name} {row.found} where there are reads in {row.whole}; "
    f"expected a number from 0 to {{row.form.scale}}; {FIX}",
    protocol.PCT_DISAGREES: "found pct {row.pct} in {row.whole}; expected {row.true:.4g} from "
    "{row.counts}, within {row.tolerance:g} points; check the order of the columns, or set "
    "pct_tolerance or pct_check",
    protocol.BAD_LENGTH: "found {row.start} to {row.bare} in {row.whole}; expected an end that is "
    "{row.lengths} above the start, as {row.form.title} has it; {row.longer}",
    protocol.TOO_FEW_READS: "found more methylated or unmethylated reads than all, {row.found}, in "
    "{row.whole}; expected {row.name} to count them all, as {row.form.title} has it; "
    + _CHECK_ORDER,
    protocol.WRONG_SUM: "found {row.name} {row.found} in {row.whole}; expected the sum of "
    f"{{row.parts}}, as {{row.form.title}} has it; {_CHECK_ORDER}",
    protocol.BAD_SHARES: "found {row.levels} in {row.whole}; expected {row.shares}",
    protocol.TOO_MANY_READS: "found counts that add up to more than 4294967295 in {row.whole}; "
    f"expected counts of 32 bits; {FIX}",
    protocol.WRONG_LEVEL: "found {row.name} {row.bare} in {row.whole}; expected one that a whole "
    f"number of {{row.n}} reads gives{{row.ways}}; {_CHECK_ORDER}",
    protocol.INEXACT: "found {row.name} {row.level} of {row.n} reads in {row.whole}; expected a "
    "level that only one number of reads gives; use a file of the same caller that has counts, or "
    "set inexact_counts to accept the nearest number",
    protocol.CODES_DISAGREE: "found other counts than in the row before, which is of the same "
    "site, in {row.whole}; expected the same reads to be modified and canonical in both; fix the "
    "file, or set modification to 5mC or 5hmC",
    protocol.DUPLICATE: "{row.duplicate}",
    protocol.SUM_TOO_LARGE: "{row.too_large}",
}
"""By status; what stands in braces is an attribute of `RefusedRow`."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A refused row, as what messages say of it.

    Attributes
    ----------
    form : the format
    fields : its fields, as kernels see them
    whole : the line, short and between quotes
    status, column : what the kernel said; columns are counted from 0
    tolerance : points by which a percentage may be off
    """

    form: Format
    fields: list[bytes]
    whole: str
    status: int
    column: int
    tolerance: float

    def reason(self) -> str:
        """Return what to say: `found; expected; what to do`."""
        return _REASONS[self.status].format(row=self)

    def _text(self, role: str) -> str:
        """Return the field with a role."""
        return self.fields[self.form.columns.index(role)].decode("utf-8", "backslashreplace")

    def _has(self, role: str) -> bool:
        """Tell whether the row has a field with a role."""
        return role in self.form.columns[: len(self.fields)]

    def _all_of(self, *roles: str) -> list[str]:
        """Return those of some roles that the row has."""
        return [role for role in roles if self._has(role)]

    @property
    def _at(self) -> int:
        """The column that is wrong."""
        if self.status == protocol.INEXACT:
            return self.form.columns.index("level")
        return _FIVE.get(self.status, self.column)

    @property
    def name(self) -> str:
        """What to call the column."""
        role = self.form.columns[self._at]
        return WORDS[role] if role in _COUNTED else column_names(self.form)[self._at]

    @property
    def found(self) -> str:
        """The field, between quotes."""
        return shown(self.fields[self._at])

    @property
    def bare(self) -> str:
        """The field."""
        return self.found.strip("'")

    @property
    def expected(self) -> str:
        """What the column holds, and how the field would have to be written."""
        return self._holds(self.form.columns[self._at]) + written_oddly(self.fields[self._at])

    def _holds(self, role: str) -> str:
        """Return what a column of a role holds."""
        form = self.form
        if role in ("pos", "end"):
            last = 2147483646 + form.base
            kind = f"{form.base}-based position" if role == "pos" else "end of the interval"
            least = form.base if role == "pos" else 0
            if form.usual and role == "pos":
                kind += f"; where the text is {1 - form.base}-based, name such a format"
            return f"an integer from {least} to {last} ({kind})"
        if role in ("pct", "level", "rest"):
            share = "percent {}" if form.scale == 100 else "{} share"
            meaning = share.format("unmethylated" if role == "rest" else "methylated")
            return f"a plain number from 0 to {form.scale} ({meaning})"
        return _EXPECTED[role]

    @property
    def remedy(self) -> str:
        """What to do about the field."""
        return whole_numbers(self.fields[self._at], self.form.columns[self._at]) or FIX

    @property
    def pct(self) -> str:
        """The percentage."""
        return self._text("pct")

    @property
    def level(self) -> str:
        """The level."""
        return self._text("level")

    @property
    def n(self) -> str:
        """All reads."""
        return self._text("n")

    @property
    def start(self) -> str:
        """The position."""
        return self._text("pos")

    @property
    def lengths(self) -> str:
        """How long an interval may be."""
        return " or ".join(str(length) for length in self.form.lengths) or "0 or more"

    @property
    def longer(self) -> str:
        """What to do about an interval of another length."""
        return self.form.longer or f"{FIX}, or name the file's format"

    @property
    def ways(self) -> str:
        """How levels of the text are written, where the format has several ways."""
        ways = " or ".join(way.words for way in self.form.roundings)
        return f", {ways}, the same way as in all rows before" if ways else ""

    @property
    def reads(self) -> str:
        """What to call the sum of all reads."""
        given = ("n",) if self.form.has("n") else ("c", "t", "ratio")
        return " + ".join(WORDS[role] for role in given if self.form.has(role))

    @property
    def parts(self) -> str:
        """What to call the columns of reads that make up all of them."""
        return " and ".join(WORDS[role] for role in self._all_of("c", "t", "other"))

    @property
    def counts(self) -> str:
        """The counts, with what to call them."""
        given = self._all_of("c", "t", "n", "other", "ratio")
        return " and ".join(f"{WORDS[role]} = {self._text(role)}" for role in given)

    @property
    def true(self) -> float:
        """The percentage that the counts give, in the format's own scale."""
        share = self.form.scale
        if self._has("ratio"):
            c, n = (float(part) for part in self._text("ratio").strip("\"'").split("/"))
            return share * c / n
        number = {role: float(self._text(role)) for role in self._all_of("c", "t", "n")}
        other = float(self._text("other")) if self._has("other") else 0.0
        if "c" in number and "t" in number:
            return share * number["c"] / (number["c"] + number["t"] + other)
        c = number["c"] if "c" in number else number["n"] - number["t"]
        return share * c / (number["n"] + other)

    @property
    def _level_names(self) -> tuple[str, str]:
        names = dict(zip(self.form.columns, column_names(self.form), strict=True))
        return names["level"], names["rest"]

    @property
    def levels(self) -> str:
        """The shares of methylated and of unmethylated reads."""
        level, rest = self._level_names
        return f"{level} {self._text('level')} and {rest} {self._text('rest')}"

    @property
    def shares(self) -> str:
        """What these shares were expected to be, and what to do."""
        scale = self.form.scale
        both = float(self._text("level")) + float(self._text("rest"))
        if both <= _ABOUT_ONE < scale:
            return (
                "percentages, not shares from 0 to 1 as MethylDackel before 0.2.1 wrote them with "
                "--methylKit; make the file again with a newer one, or multiply "
                f"{' and '.join(self._level_names)} by 100"
            )
        return (
            f"them to add up to {LEAST_SHARE * scale:g} to {scale}, as reads of other bases are at "
            f"most a tenth in {self.form.title}; {_CHECK_ORDER}"
        )

    @property
    def _site(self) -> tuple[str, int]:
        return self._text("chr"), int(float(self._text("pos"))) + 1 - self.form.base

    @property
    def duplicate(self) -> str:
        """What to say of a site with two rows."""
        return duplicate(*self._site)

    @property
    def too_large(self) -> str:
        """What to say of a site whose rows have too large a sum."""
        return too_large(*self._site)
