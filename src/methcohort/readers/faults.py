"""What to say of a refused line or text: what was found, what was expected, what to do."""

import re
from dataclasses import dataclass
from typing import Final

from ..files import BOM, CARRIAGE_RETURNS
from .formats import DEFAULT, Format
from .modifications import CODES, COMBINED, METHYL, OTHER_CYTOSINE
from .row_faults import RefusedRow
from .wording import FIX, column_names, columns_of, shown, split_fields

_DOUBLE_ENDS: Final = "one carriage return too many at the end of a line"
_EXPECTED_ENDS: Final = (
    "expected lines that end with a newline, or a carriage return and a newline; the text was "
    "converted to line ends of Windows twice: remove the carriage returns with tr -d '\\r'"
)
_MARK: Final = "a byte order mark inside the text"
_EXPECTED_MARK: Final = (
    "expected it at the start of a file only; files were joined with cat: remove the mark from "
    "each file before they are joined"
)
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
    if odd := _odd_bytes(line):
        return odd
    fields = split_fields(line, tabs=form.tabs, colons=form.colons)
    whole = shown(written.rstrip(b"\r\n") or line)
    n_columns = len(form.columns)
    if len(fields) < n_columns - form.optional or (len(fields) > n_columns and not form.more):
        between = "tabs and colons" if form.colons else "tabs" if form.tabs else "tabs or blanks"
        marks = [mark for mark in ("commas", "semicolons") if line.count(_MARKS[mark]) > 1]
        one = f", not by {marks[0]}" if len(fields) == 1 and marks else ""
        return (
            f"found {len(fields)} columns in {whole}; expected {columns_of(form)} separated by "
            f"{between}{one}; {FIX}"
        )
    # Text of another dialect comes with tabs, and the kernel of five columns takes blanks, too.
    if form.tabs and form.name == DEFAULT and any(b" " in field for field in fields):
        return (
            f"found a blank inside a field in {whole}; expected none, as blanks separate fields in "
            f"{form.title}; rename the chromosome, or {FIX}"
        )
    row = RefusedRow(form, fields, whole, fault.status, fault.column, fault.tolerance)
    return row.reason()


def _odd_bytes(line: bytes) -> str:
    """Return what to say of a line with bytes that no row has; empty where it has none."""
    if line.endswith(b"\r") and b"\r" not in line.rstrip(b"\r"):
        return f"found {_DOUBLE_ENDS} in {shown(line)}; {_EXPECTED_ENDS}"
    if b"\r" in line:
        return f"found {CARRIAGE_RETURNS}"
    if line.startswith(BOM):
        return mark_inside(line)
    if unseen := _CONTROL.search(line):
        name = _CONTROLS.get(unseen[0][0], f"code {unseen[0][0]}")
        return (
            f"found the control character {shown(unseen[0])} ({name}) in {shown(line)}; expected "
            "text, with tabs or blanks between its fields and a newline after the last; make the "
            "file again, or remove the character"
        )
    return ""


def mark_inside(line: bytes) -> str:
    """Return what to say of a line that begins with a byte order mark."""
    return f"found {_MARK} in {shown(line)}; {_EXPECTED_MARK}"


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
