"""What to say of a line that a kernel refused: what was found, what was expected, what to do."""

from dataclasses import dataclass
from typing import Final

from . import _rows as rows
from ._format import Format
from ._symbols import CODES, COMBINED, METHYL, OTHER_CYTOSINE

_READS: Final = "an integer from 0 to 4294967295"
_EXPECTED: Final = {
    "strand": "one of + - . * F R",
    "context": "a context such as CG, CpG, CHG or CHH, or bases from the cytosine on",
    "base": "C or G",
    "ratio": "methylated and all reads, M/N, with M no larger than N",
    "c": f"{_READS} (methylated reads)",
    "t": f"{_READS} (converted reads)",
    "n": f"{_READS} (all reads)",
    "other": f"{_READS} (reads of other modifications)",
}
_NAMED: Final = {"chr": "chr", "pos": "start", "other": "N_other", "n": "N", "-": "..."}
_FAULT_ROLES: Final = {rows.BAD_POS: 1, rows.BAD_PCT: 2, rows.BAD_C: 3, rows.BAD_T: 4}
_WORDS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SHOWN: Final = 80

CARRIAGE_RETURNS: Final = (
    "a carriage return inside a line; expected lines that end with a newline, not with a carriage "
    "return alone, as on old Macs; convert the file with tr '\\r' '\\n'"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What a kernel found wrong: its status, the column from 0, and the tolerance in points."""

    status: int
    column: int
    tolerance: float


def describe(form: Format, line: bytes, fault: Fault) -> str:
    """Return what to say of a refused line: `found; expected; what to do`."""
    line = line.rstrip(b"\r\n")
    if b"\r" in line:
        return f"found {CARRIAGE_RETURNS}"
    fields = split_fields(line, tabs=form.tabs)
    n_columns = len(form.columns)
    least = n_columns - form.optional
    if len(fields) < least or (len(fields) > n_columns and not form.more):
        between = "tabs" if form.tabs else "tabs or blanks"
        return (
            f"found {len(fields)} columns in {shown(line)}; expected {_number_of(form)} "
            f"({' '.join(column_names(form))}) separated by {between}; mend or remove the line"
        )
    return _Row(form, fields, shown(line)).reason(fault)


def split_fields(line: bytes, *, tabs: bool) -> list[bytes]:
    """Return the fields of a line without its end, as the kernels find them."""
    if tabs:
        return line.split(b"\t")
    return [field for field in line.replace(b"\t", b" ").split(b" ") if field]


def column_names(form: Format) -> list[str]:
    """Return what to call the columns of a format."""
    if len(form.names) == 1 and len(form.names[0]) == len(form.columns):
        return list(form.names[0])
    start = "start" if form.has("end") else "pos"
    names = {**_NAMED, "pos": start, "c": "M", "t": "U", "ratio": "M/N"}
    return [names.get(role, role) for role in form.columns]


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

    def reason(self, fault: Fault) -> str:
        """Return what to say of the row."""
        form, whole = self.form, self.whole
        status = fault.status
        column = _FAULT_ROLES.get(status, fault.column)
        if status == rows.INEXACT:
            column = form.columns.index("level")
        name = column_names(form)[column]
        found = shown(self.fields[column])
        mend = "mend or remove the line"
        if status in _FAULT_ROLES or status == rows.BAD_FIELD:
            expected = self.expected(form.columns[column])
            return f"found {found} as {name} in {whole}; expected {expected}; {mend}"
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
                f"that is {allowed} above the start, as {form.title} has it; {mend}, or name the "
                "file's format"
            )
        if status == rows.TOO_FEW_READS:
            return (
                f"found more methylated or converted reads than all, {found}, in {whole}; "
                f"expected {name} to count them all, as {form.title} has it; check the order of "
                "the columns, or name the file's format"
            )
        if status == rows.TOO_MANY_READS:
            return (
                f"found counts that add up to more than 4294967295 in {whole}; expected counts of "
                f"32 bits; {mend}"
            )
        if status == rows.WRONG_LEVEL:
            return (
                f"found {name} {self.text('level')} in {whole}; expected one that a whole number "
                f"of {self.text('n')} reads gives; check the order of the columns, or name the "
                "file's format"
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
        if role in ("pct", "level"):
            meaning = "percent methylated" if form.scale == 100 else "methylated share"
            return f"a plain number from 0 to {form.scale} ({meaning})"
        return _EXPECTED[role]

    def counts(self) -> str:
        """Return what to call the sum of all reads."""
        names = dict(zip(self.form.columns, column_names(self.form), strict=True))
        return (
            names["n"]
            if "n" in names
            else " + ".join(names[role] for role in ("c", "t", "ratio") if role in names)
        )

    def disagreement(self, fault: Fault) -> str:
        """Return what to say of a percentage that lies too far from the counts."""
        form = self.form
        given = [role for role in ("c", "t", "n", "other", "ratio") if form.has(role)]
        names = dict(zip(form.columns, column_names(form), strict=True))
        from_counts = " and ".join(f"{names[role]} = {self.text(role)}" for role in given)
        true = self.percentage() * form.scale / 100
        return (
            f"found {names['pct']} {self.text('pct')} in {self.whole}; expected {true:.4g} from "
            f"{from_counts}, within {fault.tolerance:g} points; check the order of the columns, "
            "or set pct_tolerance or pct_check"
        )

    def percentage(self) -> float:
        """Return 100*c/(c+t) from the counts."""
        form = self.form
        if form.has("ratio"):
            c, n = (float(part) for part in self.text("ratio").strip("\"'").split("/"))
            return 100 * c / n
        number = {role: float(self.text(role)) for role in ("c", "t", "n") if form.has(role)}
        other = float(self.text("other")) if form.has("other") else 0.0
        if "c" in number and "t" in number:
            return 100 * number["c"] / (number["c"] + number["t"] + other)
        c = number["c"] if "c" in number else number["n"] - number["t"]
        return 100 * c / (number["n"] + other)


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


def shown(raw: bytes) -> str:
    """Return some bytes of a file as short printable text between quotes."""
    text = raw.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def duplicate(chrom: str, pos: int) -> str:
    """Return what to say of a site that has two rows."""
    return (
        f"found {chrom} {pos} a second time; expected one row a site; "
        "remove one, or set duplicates to sum or first"
    )


def too_large(chrom: str, pos: int) -> str:
    """Return what to say of a site whose rows have too large a sum."""
    return (
        f"the rows of {chrom} {pos} add up to more than 4294967295 reads; expected counts of "
        "32 bits; mend the rows, or set duplicates to error or first"
    )
