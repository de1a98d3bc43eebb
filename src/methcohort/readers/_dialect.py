"""How the fields of a text are written: what stands between them, and round them.

Plain text has tabs or blanks between its fields, points in its numbers and no quotes. Other text is
written anew, line by line, before a format's kernel reads it; see `_rewrite.py`.
"""

from dataclasses import dataclass
from typing import Final

BLANK: Final = " "
TAB: Final = "\t"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the fields of a line are written.

    Attributes
    ----------
    delimiter : what ends a field, each time it occurs; a blank stands for tabs and blanks, of which
        many end one field
    quote : what may stand round a field, doubled within it; empty where quotes mean nothing
    decimal : `.` or `,`
    row_names : whether the first field of a row is a name that the header may have none for
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
        return (
            self.delimiter in (BLANK, TAB)
            and not self.quote
            and self.decimal == "."
            and not (self.row_names and not self.kept_names)
        )


PLAIN: Final = Dialect()
"""Tabs or blanks between fields, and nothing else."""
