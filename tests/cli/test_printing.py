"""Every value is printed as a number is, whatever its dtype and however many there are."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from methcohort.cli import printing
from methcohort.cli.printing import Column, Table, print_table


def columns(dtype: str, n: int) -> list[Column]:
    rng = np.random.default_rng(1)
    top = int(np.iinfo(dtype).max)
    t = np.array([0, 1, top // 2, top], dtype)[rng.integers(0, 4, n)]
    pct = np.where(t > 0, rng.random(n) * 100, np.nan).astype(np.float32)
    return [
        Column(np.zeros(n, np.int32), ("chr\u00e9",)),
        Column(np.sort(rng.choice(2**31 - 1, n, replace=False)).astype(np.int32)),
        Column(rng.integers(0, 2, n).astype(np.uint8), ("+", "unknown")),
        Column(rng.integers(0, 9, n).astype(dtype)),
        Column(t),
        Column(pct),
    ]


def plain(column: Column) -> list[Any]:
    values = column.values.tolist()
    return [column.legend[v] for v in values] if column.legend else values


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "u8"])
def test_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    monkeypatch.setattr(printing, "_CELLS", 60)
    parts = [columns(dtype, n) for n in (70, 1, 33)]
    names = ["chr", "pos", "strand", "c", "t", "pct"]
    rows = [row for part in parts for row in zip(*map(plain, part), strict=True)]
    print_table(Table(names, iter(parts)), str(tmp_path / "x.tsv"), as_json=False)
    lines = [
        "\t".join(
            f"{v:.7g}" if isinstance(v, float) and v == v else "NA" if v != v else str(v)
            for v in row
        )
        for row in rows
    ]
    assert (tmp_path / "x.tsv").read_text().splitlines() == ["\t".join(names), *lines]
    print_table(Table(names, iter(parts)), str(tmp_path / "x.json"), as_json=True)
    found = json.loads((tmp_path / "x.json").read_text())
    shown = [[None if v != v else v for v in row] for row in rows]
    assert [list(row.values())[:5] for row in found] == [row[:5] for row in shown]
    for row, (*_, pct) in zip(found, shown, strict=True):
        assert row["pct"] == (None if pct is None else float(f"{pct:.7g}"))
