"""Reading a text as rows."""

from pathlib import Path
from typing import Any

import numpy as np

from methcohort.readers import settle
from methcohort.readers.reader import TextReader
from methcohort.readers.recognition import recognise
from methcohort.readers.rules import RowRules
from methcohort.rows import TextSummary
from methcohort.rows.blocks import Columns, new_columns

Read = tuple[str, int, int, int, int]
"""Chromosome, position from 1, methylated reads, converted reads, bits of strand and context."""


class Rows:
    """A sink that keeps all rows."""

    def __init__(self, *, with_kind: bool) -> None:
        self.with_kind = with_kind
        self.blocks: list[tuple[list[np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = []
        self.columns: Columns | None = None

    def open(self, *, wide: bool) -> Columns:
        self.columns = new_columns(5000, wide=wide, with_pct=True, with_kind=self.with_kind)
        return self.columns

    def close(self, n_rows: int, n_runs: int) -> None:
        assert self.columns is not None
        columns = [column[:n_rows].copy() for column in self.columns.values()]
        self.blocks.append((columns, self.columns.runs[:n_runs].copy()))

    def rows(self, names: list[str]) -> list[Read]:
        found: list[Read] = []
        for (pos, pct, c, t, kind), runs in self.blocks:
            chroms = np.repeat(runs[:, 0], np.diff([*runs[:, 1], len(pos)]))
            kinds = kind if self.with_kind else np.zeros(len(pos), np.uint8)
            found += zip(
                [names[k] for k in chroms],
                pos.tolist(), c.tolist(), t.tolist(), kinds.tolist(), strict=True,
            )  # fmt: skip
            n = c.astype(float) + t
            true = np.float32(100.0 * c[n > 0] / n[n > 0])
            np.testing.assert_allclose(pct[n > 0], true, rtol=1e-6)
        return found


def rules(**options: Any) -> RowRules:
    given: dict[str, Any] = {
        "wanted": lambda _name: True, "duplicates": "first", "drop_uncovered": True,
        "pct_check": "error", "pct_tolerance": 1.0, "with_pct": True,
    }  # fmt: skip
    return RowRules(**given | options)


def read(path: Path, name: str = "", **options: Any) -> tuple[list[Read], TextSummary]:
    """Read a file in the format of a name, or the one it is recognised as."""
    custom = options.pop("custom", None)
    form = settle(name or recognise(str(path)).format, str(path), custom)
    sink = Rows(with_kind=form.with_kind)
    reader = TextReader(str(path), form, rules(**options))
    summary = reader.read(sink)
    return sink.rows(reader.names.decoded), summary
