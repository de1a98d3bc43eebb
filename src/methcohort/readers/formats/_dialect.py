"""How the fields of a text are written: what stands between them, and round them.

Plain text has tabs or blanks between its fields, points in its numbers and no quotes. Other text is
written anew, line by line, before a format's kernel reads it; see `rewrite.py`.
"""

import re
from dataclasses import dataclass
from typing import Final

BLANK: Final = " "
TAB: Final = "\t"
COMMA: Final = ","
SEMICOLON: Final = ";"

_NAMED: Final = {BLANK: "blanks", TAB: "tabs", COMMA: "commas", SEMICOLON: "semicolons"}
_DECIMAL: Final = re.compile(rb"\d*,\d+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the fields of a line are written.

    Attributes
    ----------
    delimiter : what ends a field, each time it occurs; a blank stands for tabs and blanks, of which
        many end one field
    quote : what may stand round a field, doubled within it; empty where quotes mean nothing
    decimal : `.` or `,`
    row_names : whether the first field of a row is a name, for which the header may have none
    kept_names : whether row names stay a column, so that columns are counted as in the file
    n_columns : fields of every row, row names too; 0 where it is not known yet
    decimals : columns, from 0 and with row names, that have a decimal comma; empty means all
    """

    delimiter: str = BLANK
    quote: str = ""
    decimal: str = "."
    row_names: bool = False
    kept_names: bool = False
    n_columns: int = 0
    decimals: tuple[int, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether kernels can read the text as it is."""
        odd = self.quote or self.row_names or self.decimal != "."
        return self.delimiter in (BLANK, TAB) and not odd

    @property
    def delimiters(self) -> str:
        """What to call the delimiters."""
        return _NAMED.get(self.delimiter, f"{self.delimiter!r} characters")

    def describe(self) -> str:
        """Return a sentence of it."""
        parts = [f"{self.delimiters} stand between fields"]
        if self.quote:
            parts.append(f"{self.quote} round some")
        if self.decimal != ".":
            listed = ", ".join(str(k + 1) for k in self.decimals)
            where = f" in column {listed}" if listed else ""
            parts.append(f"decimal commas{where}")
        if self.row_names:
            what = "is" if self.kept_names else "is left out as"
            parts.append(f"the first field of a row {what} its name")
        return ", ".join(parts)

    def split(self, line: bytes) -> list[bytes] | None:
        """Return the fields of a line without its end, row names too; None where it is malformed.

        Fields come without quotes and blanks round them. Decimal commas stay.
        """
        delimiter, quote = self.delimiter.encode(), self.quote.encode()
        if not quote or quote not in line:
            return self._split_bare(line, delimiter)
        blanks = b" " if self.delimiter == TAB else b" \t"
        fields: list[bytes] = []
        i, n = 0, len(line)
        while True:
            while line[i : i + 1] and line[i] in blanks:
                i += 1
            if i == n and self.delimiter == BLANK:
                return fields
            if quote and line.startswith(quote, i):
                found = _quoted(line, i, quote)
                if found is None:
                    return None
                field, i = found
                before = i
                while line[i : i + 1] and line[i] in blanks:
                    i += 1
                closed = i == n or (before < i if delimiter == b" " else line[i] == delimiter[0])
                if not closed or b"\t" in field:
                    return None
            else:
                start = i
                while (
                    i < n and line[i] != delimiter[0] and not (delimiter == b" " and line[i] == 9)
                ):
                    i += 1
                field = line[start:i].strip(blanks)
                if (quote and quote in field) or b"\t" in field:
                    return None
            fields.append(field.strip(b" "))
            if delimiter != b" ":
                if i == n:
                    return fields
                i += 1

    def _split_bare(self, line: bytes, delimiter: bytes) -> list[bytes] | None:
        """Return the fields of a line without quotes."""
        if self.delimiter == BLANK:
            return [field for field in line.replace(b"\t", b" ").split(b" ") if field]
        blanks = b" " if self.delimiter == TAB else b" \t"
        fields = [field.strip(blanks) for field in line.split(delimiter)]
        return None if self.delimiter != TAB and any(b"\t" in one for one in fields) else fields

    def fields(self, line: bytes) -> list[bytes]:
        """Return the fields of a header or a row as kernels see them; none of a malformed one."""
        fields = self.numbers(self.split(line) or [])
        if not self.row_names:
            return fields
        is_short = len(fields) == self.n_columns - 1
        if self.kept_names:
            return [b"", *fields] if is_short else fields
        return fields if is_short else fields[1:]

    def numbers(self, fields: list[bytes]) -> list[bytes]:
        """Return the fields of a row, row names too, with points for its decimal commas."""
        if self.decimal != ",":
            return fields
        return [
            field.replace(b",", b".")
            if (not self.decimals or k in self.decimals) and _DECIMAL.fullmatch(field)
            else field
            for k, field in enumerate(fields)
        ]


def _quoted(line: bytes, start: int, quote: bytes) -> tuple[bytes, int] | None:
    """Return the text between the quotes at `start`, and the index behind them."""
    parts = []
    i = start + 1
    while (end := line.find(quote, i)) >= 0:
        parts.append(line[i:end])
        i = end + 1
        if not line.startswith(quote, i):
            return b"".join(parts), i
        parts.append(quote)
        i += 1
    return None


PLAIN: Final = Dialect()
"""Tabs or blanks between fields, and nothing else."""
