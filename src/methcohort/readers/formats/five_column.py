"""The five-column text: `chr pos pct c t`, 1-based, percent 0 to 100, tabs or blanks between."""

from typing import Final

from ._format import Format

_COLUMNS = ("chr", "pos", "pct", "c", "t")

FORMATS: Final = (
    Format(
        name="five_column",
        title="five columns",
        columns=_COLUMNS,
        base=1,
        names=(_COLUMNS,),
    ),
)
