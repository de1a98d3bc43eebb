"""What to say of a line that a kernel refused: what was found, what was expected, what to do."""

import re
from dataclasses import dataclass
from typing import Final

from . import _rows as rows
from ._format import LEAST_SHARE, WORDS, Format
from ._symbols import CODES, COMBINED, METHYL, OTHER_CYTOSINE

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
_NAMED: Final = {
    "c": "methylated", "t": "unmethylated", "n": "reads", "ratio": "methylated/reads",
    "other": "other_modified", "sum": "valid_reads", "-": "...",
}  # fmt: skip
_FAULT_ROLES: Final = {rows.BAD_POS: 1, rows.BAD_PCT: 2, rows.BAD_C: 3, rows.BAD_T: 4}
_COUNTED: Final = ("c", "t", "n", "other", "total", "sum", "ratio")
_WORDS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WHOLE: Final = {"pos", "end", "c", "t", "n", "other", "total", "sum"}
_EXPONENT: Final = re.compile(rb"\d+(\.\d*)?[eE]\+?\d+")
_DECIMAL: Final = re.compile(rb"\d+\.0*")
_SHOWN: Final = 80
_MOST_NAMES: Final = 40
_ABOUT_ONE: Final = 1.01

BOM: Final = b"\xef\xbb\xbf"
"""The byte order mark, which means nothing at the start of a text."""

CARRIAGE_RETURNS: Final = (
    "a carriage return inside a line; expected lines that end with a newline, not with a carriage "
    "return alone, as on old Macs; convert the file with tr '\\r' '\\n'"
)
_DOUBLE_ENDS: Final = "a carriage return more than a line end has"
_EXPECTED_ENDS: Final = (
    "expected lines that end with a newline, or a carriage return and a newline; the text was "
    "converted to line ends of Windows twice: remove the carriage returns with tr -d '\\r'"
)
_MARK: Final = "a byte order mark inside the text"
_EXPECTED_MARK: Final = (
    "expected it at the start of a file only; files were joined with cat: remove the mark from "
    "each file before they are joined"
)
_COMMAS: Final = re.compile(rb"\d*(?:,\d+)+")
_MARKS: Final = {"commas": b",", "semicolons": b";"}
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_CONTROLS: Final = {0: "NUL", 7: "bell", 8: "backspace", 11: "vertical tab", 12: "form feed"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What a kernel found wrong: its status, the column from 0, and the tolerance in points."""

    status: int
    column: int
    tolerance: float


def describe(form: Format, line: bytes, fault: Fault, written: bytes = b"") -> str:
    """Return what to say of a refused line: `found; expected; what to do`.

    `written` is the line as it stands in the file, where a kernel saw it in plain form.
    """
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    if line.endswith(b"\r") and b"\r" not in line.rstrip(b"\r"):
        return f"found {_DOUBLE_ENDS} in {shown(line)}; {_EXPECTED_ENDS}"
    if b"\r" in line:
        return f"found {CARRIAGE_RETURNS}"
    if line.startswith(BOM):
        return mark_inside(line)
    if unseen := _CONTROL.search(line):
        return (
            f"found the control character {shown(unseen[0])} ({_control_name(unseen[0])}) in "
            f"{shown(line)}; expected text, with tabs or blanks between its fields and a newline "
            "behind the last; make the file again, or remove the character"
        )
    fields = split_fields(line, tabs=form.tabs, colons=form.colons)
    whole = shown(written.rstrip(b"\r\n") or line)
    n_columns = len(form.columns)
    least = n_columns - form.optional
    if len(fields) < least or (len(fields) > n_columns and not form.more):
        between = "tabs and colons" if form.colons else "tabs" if form.tabs else "tabs or blanks"
        marks = [mark for mark in ("commas", "semicolons") if line.count(_MARKS[mark]) > 1]
        one = f", not by {marks[0]}" if len(fields) == 1 and marks else ""
        return (
            f"found {len(fields)} columns in {whole}; expected {_number_of(form)} "
            f"({_joined(column_names(form))}) separated by {between}{one}; mend or remove the line"
        )
    return _Row(form, fields, whole).reason(fault)


def written_oddly(field: bytes) -> str:
    """Return how a field that is no number is written, where that tells what it is; or nothing."""
    bare = field.strip(b"\"'")
    if bare != field and bare.replace(b".", b"").isdigit():
        return ", without quotes, as most fields of the text have none"
    if _COMMAS.fullmatch(bare):
        return (
            ", with a point for a decimal comma, and without commas between thousands, as it is "
            "not plain which this is"
        )
    return ""


def mark_inside(line: bytes) -> str:
    """Return what to say of a line that begins with a byte order mark."""
    return f"found {_MARK} in {shown(line)}; {_EXPECTED_MARK}"


def _control_name(byte: bytes) -> str:
    """Return what to call a control character."""
    return _CONTROLS.get(byte[0], f"code {byte[0]}")


def split_fields(line: bytes, *, tabs: bool, colons: bool = False) -> list[bytes]:
    """Return the fields of a line without its end, as the kernels find them."""
    if colons:
        line = line.replace(b":", b"\t")
    if tabs:
        return line.split(b"\t")
    return [field for field in line.replace(b"\t", b" ").split(b" ") if field]


def column_names(form: Format) -> list[str]:
    """Return what to call the columns of a format."""
    if len(form.names) == 1 and len(form.names[0]) == len(form.columns):
        return list(form.names[0])
    start = "start" if form.has("end") else "pos"
    names = {**_NAMED, "pos": start}
    return [names.get(role, role) for role in form.columns]


def _joined(names: list[str]) -> str:
    """Return names of columns as text; of very many the first ones."""
    return " ".join(names if len(names) <= _MOST_NAMES else [*names[:_MOST_NAMES], "..."])


def _number_of(form: Format) -> str:
    """Return how many columns a format has, in words."""
    most = len(form.columns)
    least = most - form.optional
    text = _WORDS[most] if most < len(_WORDS) else str(most)
    if form.more:
        return f"{least} or more"
    return f"{least} to {most}" if form.optional else text


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with the right number of fields, as what is said of it."""

    form: Format
    fields: list[bytes]
    whole: str

    def text(self, role: str) -> str:
        """Return the field with a role."""
        field = self.fields[self.form.columns.index(role)]
        return field.decode("utf-8", "backslashreplace")

    def has(self, role: str) -> bool:
        """Tell whether the row has a field with a role."""
        return role in self.form.columns[: len(self.fields)]

    def reason(self, fault: Fault) -> str:
        """Return what to say of the row."""
        form, whole = self.form, self.whole
        status = fault.status
        column = _FAULT_ROLES.get(status, fault.column)
        if status == rows.INEXACT:
            column = form.columns.index("level")
        role = form.columns[column]
        name = WORDS[role] if role in _COUNTED else column_names(form)[column]
        found = shown(self.fields[column])
        mend = "mend or remove the line"
        if status in _FAULT_ROLES or status == rows.BAD_FIELD:
            expected = self.expected(form.columns[column])
            mend = _whole_numbers(self.fields[column], form.columns[column]) or mend
            hint = written_oddly(self.fields[column])
            return f"found {found} as {name} in {whole}; expected {expected}{hint}; {mend}"
        if status == rows.MISSING_PCT:
            missing, counts = self.text("pct"), self.counts()
            return (
                f"found pct {missing!r} where {counts} is not 0 in {whole}; expected a number from "
                f"0 to {form.scale}; {mend}"
            )
        if status == rows.MISSING_LEVEL:
            return (
                f"found {name} {found} where there are reads in {whole}; expected a number from 0 "
                f"to {form.scale}; {mend}"
            )
        if status == rows.PCT_DISAGREES:
            return self.disagreement(fault)
        if status == rows.BAD_LENGTH:
            allowed = " or ".join(str(length) for length in form.lengths) or "0 or more"
            return (
                f"found {self.text('pos')} to {found.strip(chr(39))} in {whole}; expected an end "
                f"that is {allowed} above the start, as {form.title} has it; "
                + (form.longer or f"{mend}, or name the file's format")
            )
        if status == rows.TOO_FEW_READS:
            return (
                f"found more methylated or unmethylated reads than all, {found}, in {whole}; "
                f"expected {name} to count them all, as {form.title} has it; check the order of "
                "the columns, or name the file's format"
            )
        if status == rows.WRONG_SUM:
            return (
                f"found {name} {found} in {whole}; expected the sum of {self.counted()}, as "
                f"{form.title} has it; check the order of the columns, or name the file's format"
            )
        if status == rows.BAD_SHARES:
            return self.shares()
        if status == rows.TOO_MANY_READS:
            return (
                f"found counts that add up to more than 4294967295 in {whole}; expected counts of "
                f"32 bits; {mend}"
            )
        if status == rows.WRONG_LEVEL:
            ways = " or ".join(way.words for way in form.roundings)
            same = f", {ways}, the same way as in all rows before" if ways else ""
            return (
                f"found {name} {found.strip(chr(39))} in {whole}; expected one that a whole number "
                f"of {self.text('n')} reads gives{same}; check the order of the columns, or name "
                "the file's format"
            )
        if status == rows.INEXACT:
            return (
                f"found {name} {self.text('level')} of {self.text('n')} reads in {whole}; expected "
                "a level that only one number of reads gives; use a file of the same caller that "
                "has counts, or set inexact_counts to accept the nearest number"
            )
        if status == rows.CODES_DISAGREE:
            return (
                f"found other counts than in the row before, which is of the same site, in "
                f"{whole}; expected the same reads to be modified and canonical in both; mend "
                "the file, or set modification to 5mC or 5hmC"
            )
        chrom, pos = self.text("chr"), int(float(self.text("pos"))) + 1 - form.base
        return duplicate(chrom, pos) if status == rows.DUPLICATE else too_large(chrom, pos)

    def expected(self, role: str) -> str:
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
            meaning = share.format("converted" if role == "rest" else "methylated")
            return f"a plain number from 0 to {form.scale} ({meaning})"
        return _EXPECTED[role]

    def counts(self) -> str:
        """Return what to call the sum of all reads."""
        given = ("n",) if self.form.has("n") else ("c", "t", "ratio")
        return " + ".join(WORDS[role] for role in given if self.form.has(role))

    def disagreement(self, fault: Fault) -> str:
        """Return what to say of a percentage that lies too far from the counts."""
        form = self.form
        given = [role for role in ("c", "t", "n", "other", "ratio") if self.has(role)]
        from_counts = " and ".join(f"{WORDS[role]} = {self.text(role)}" for role in given)
        true = self.percentage() * form.scale / 100
        return (
            f"found pct {self.text('pct')} in {self.whole}; expected {true:.4g} from "
            f"{from_counts}, within {fault.tolerance:g} points; check the order of the columns, "
            "or set pct_tolerance or pct_check"
        )

    def counted(self) -> str:
        """Return what to call the columns of reads that make up all of them."""
        return " and ".join(WORDS[role] for role in ("c", "t", "other") if self.has(role))

    def shares(self) -> str:
        """Return what to say of shares of methylated and of converted reads that are too small."""
        names = dict(zip(self.form.columns, column_names(self.form), strict=True))
        both = float(self.text("level")) + float(self.text("rest"))
        whole = self.form.scale
        found = f"found {names['level']} {self.text('level')} and {names['rest']} "
        found += f"{self.text('rest')} in {self.whole}"
        if both <= _ABOUT_ONE < whole:
            return (
                f"{found}; expected percentages, not shares from 0 to 1 as MethylDackel before "
                "0.2.1 wrote them with --methylKit; make the file again with a newer one, or "
                f"multiply {names['level']} and {names['rest']} by 100"
            )
        return (
            f"{found}; expected them to add up to {LEAST_SHARE * whole:g} to {whole}, as reads of "
            f"other bases are at most a tenth in {self.form.title}; check the order of the "
            "columns, or name the file's format"
        )

    def percentage(self) -> float:
        """Return 100*c/(c+t) from the counts."""
        form = self.form
        if form.has("ratio"):
            c, n = (float(part) for part in self.text("ratio").strip("\"'").split("/"))
            return 100 * c / n
        number = {role: float(self.text(role)) for role in ("c", "t", "n") if form.has(role)}
        other = float(self.text("other")) if self.has("other") else 0.0
        if "c" in number and "t" in number:
            return 100 * number["c"] / (number["c"] + number["t"] + other)
        c = number["c"] if "c" in number else number["n"] - number["t"]
        return 100 * c / (number["n"] + other)


def _whole_numbers(field: bytes, role: str) -> str:
    """Return how to write whole numbers of which one is not written as such; empty for others."""
    if role in _WHOLE and _EXPONENT.fullmatch(field):
        return (
            "write all digits: in R, set options(scipen = 999), or use as.integer, before "
            "write.table"
        )
    if role in _WHOLE and _DECIMAL.fullmatch(field):
        return "write no decimals: use as.integer in R, or astype(int) in pandas"
    return ""


def no_wanted_code(codes: list[bytes], modification: str) -> str:
    """Return what to say of a file that has none of the wanted base modification.

    `codes` are those of its rows, empty ones aside.
    """
    found = [code.decode("utf-8", "replace") for code in codes if code]
    classes = {CODES.get(code, 0) for code in found} - {0}
    if not classes:
        remedy = "give the calls of cytosines"
    elif classes & {COMBINED, OTHER_CYTOSINE} or len(classes) > 1:
        remedy = "set modification to any"
    else:
        remedy = f"set modification to {'5mC' if METHYL in classes else '5hmC'} or any"
    return (
        f"found only rows of the modification {', '.join(found)}; expected {modification}, as "
        f"modification says; {remedy}"
    )


def nothing_wanted(form: Format, texts: list[bytes], others: list[str]) -> str:
    """Return what to say of a file of which a format's `only` leaves out every row.

    `texts` are those that its rows have instead, empty ones aside; `others` are the names
    of formats that keep other rows of the same columns.
    """
    names = [
        name if name != "..." else f"column {k}" for k, name in enumerate(column_names(form), 1)
    ]
    wanted = " and ".join(f"{names[column]} is {' or '.join(few)}" for column, few in form.only)
    found = ", ".join(text.decode("utf-8", "replace") for text in texts if text)
    message = (
        f"found no row whose {wanted}, but {found}; expected some, as {form.title} keeps these "
        "alone; use the file that has them, or describe the rows that you want as custom"
    )
    if others:
        message += f", or name the format {' or '.join(others)} in the sheet"
    return message


def shown(raw: bytes) -> str:
    """Return some bytes of a file as short printable text between quotes."""
    text = raw.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def duplicate(chrom: str, pos: int) -> str:
    """Return what to say of a site that has two rows."""
    return (
        f"found {chrom} {pos} a second time; expected one row a site; "
        "remove one, set duplicates to first, or to sum if they are of different reads"
    )


def too_large(chrom: str, pos: int) -> str:
    """Return what to say of a site whose rows have too large a sum."""
    return (
        f"the rows of {chrom} {pos} add up to more than 4294967295 reads; expected counts of "
        "32 bits; mend the rows, or set duplicates to error or first"
    )
