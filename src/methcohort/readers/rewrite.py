"""Text of another dialect written anew as plain text, so that every kernel can read it.

Each line becomes one line, with one tab between two fields: its number stays, a field can be empty.
Comments, blank lines and track lines are left as they are. Every row has as many fields as the
first rows have, so that no delimiter can be taken for a part of a number, or the other way round.
"""

from typing import Any, Final

import numpy as np

from ..files import BOM, PADDING
from .faults import mark_inside
from .formats import Dialect
from .kernels.rewrite import (
    BEHIND_QUOTE,
    COMMAS,
    DELIMITER,
    FINE,
    FIRST,
    HASH_NAME,
    KEPT,
    LEFT_OUT,
    N_COLUMNS,
    N_RULES,
    NAMES,
    OPEN_QUOTE,
    OTHER_NUMBER,
    POINT,
    QUOTE,
    STRAY_QUOTE,
    TAB_INSIDE,
    rewrite,
)
from .wording import shown


class Rewriter:
    """Writes blocks of whole lines anew, from the first of a text on, or from inside it.

    Attributes
    ----------
    text : uint8, what was written, with `PADDING` readable bytes behind it
    """

    def __init__(self, dialect: Dialect, *, from_start: bool) -> None:
        self._dialect = dialect
        self._rules = np.zeros(N_RULES, np.int64)
        self._rules[DELIMITER] = ord(dialect.delimiter)
        self._rules[QUOTE] = ord(dialect.quote) if dialect.quote else 0
        self._rules[COMMAS] = dialect.decimal == ","
        if dialect.row_names:
            self._rules[NAMES] = KEPT if dialect.kept_names else LEFT_OUT
        self._rules[N_COLUMNS] = dialect.n_columns
        self._rules[FIRST] = from_start
        n_columns = max(dialect.n_columns, *dialect.decimals, 0) + 1
        self._commas = np.full(n_columns, not dialect.decimals, np.uint8)
        self._commas[list(dialect.decimals)] = 1
        self.text = np.zeros(PADDING, np.uint8)
        self._block: tuple[Any, int, int] = (self.text, 0, 0)

    def original(self, k: int) -> bytes:
        """Return a line of the block that was last written, as it was before; the first is 0."""
        buffer, start, stop = self._block
        return bytes(buffer[start:stop]).split(b"\n", k + 1)[k]

    def write(self, buffer: Any, start: int, stop: int) -> tuple[int, str]:
        """Write the lines [start, stop) of a buffer to `text`; return (its end, fault).

        The fault says what is wrong with the line behind the last that was written; it is empty
        where all were.
        """
        self._block = buffer, start, stop
        room = stop - start + 1 + PADDING  # a header may get one field more
        if self.text.size < room:
            self.text = np.zeros(room, np.uint8)
        end, at, status, n = rewrite(buffer, start, stop, self._rules, self._commas, self.text)
        self.text[end : end + PADDING] = 0
        if status == FINE:
            return end, ""
        line = bytes(buffer[at:stop]).partition(b"\n")[0].removesuffix(b"\r")
        return end, self._fault(status, n, line)

    def _fault(self, status: int, n: int, line: bytes) -> str:
        """Return what to say of a refused line of `n` fields."""
        if line.startswith(BOM):
            return mark_inside(line)
        one, whole = self._dialect, shown(line)
        if status != OTHER_NUMBER:
            found, expected = _FAULTS[status]
            return f"found {found} in {whole}; expected {expected}; fix or remove the line"
        hint = ""
        if one.delimiter == ",":
            hint = (
                ", and no comma within a number or a name that stands in no quotes; write numbers "
                "with points, or put tabs between the fields"
            )
        return (
            f"found {n} fields in {whole}; expected {one.n_columns} with {one.delimiters} between "
            f"them, as the first rows have{hint}; fix or remove the line"
        )


_FAULTS: Final = {
    OPEN_QUOTE: (
        "a quote that is not closed",
        "quotes to be closed on the same line, as a field has no line break",
    ),
    BEHIND_QUOTE: ("text after a closing quote", "a delimiter there, or a quote within doubled"),
    STRAY_QUOTE: ("a quote inside a field", "quotes round a whole field, or none"),
    TAB_INSIDE: ("a tab inside a field", "fields without tabs"),
    POINT: (
        "a number with a decimal point",
        "decimal commas, as the first rows have; a point may separate thousands",
    ),
    HASH_NAME: (
        "a first field that begins with # inside quotes",
        "a row, not a comment; rename the chromosome, or write the line without quotes",
    ),
}
