"""How stores and selections show themselves: one line, and a table for notebooks."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

_MOST_ROWS: Final = 10


def html_table(title: str, columns: Mapping[str, Sequence[str]]) -> str:
    """Return a table of HTML with its title, of the first rows; texts are escaped."""
    n = max(map(len, columns.values()), default=0)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(values[k])}</td>' for values in columns.values())}</tr>"
        for k in range(min(n, _MOST_ROWS))
    )
    more = f"<p>and {n - _MOST_ROWS:,} more samples</p>" if n > _MOST_ROWS else ""
    return f"<p>{escape(title)}</p><table><tr>{head}</tr>{rows}</table>{more}"


def counted(n: int, what: str) -> str:
    """Return `1 sample`, `2,000 samples`."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"
