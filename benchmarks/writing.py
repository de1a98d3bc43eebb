"""Measure writing of text: rows of six columns, and wide tables; next to other libraries.

    python benchmarks/writing.py

It is one process, from arrays in memory to text in memory. README.md beside this file says what
the figures mean.
"""

from __future__ import annotations

import importlib
import io
import os
import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from methcohort.writers import Column, Integers, Reals, Texts, compress, format_rows

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS: Final = 1_000_000
REPEATS: Final = 7
WIDTHS: Final = (24, 240, 2000)


def columns() -> dict[str, Any]:
    """Return columns of calls: places, levels and counts."""
    rng = np.random.default_rng(1)
    pos = np.cumsum(rng.integers(1, 200, ROWS)).astype(np.int32)
    coverage = rng.poisson(12, ROWS) + 1
    c = rng.binomial(coverage, 0.7)
    pct = (100 * c / coverage).astype(np.float32)
    counts = {"c": c.astype(np.uint16), "t": (coverage - c).astype(np.uint16)}
    return {"start": pos, "end": pos, "pct": pct, **counts}


def works(values: dict[str, Any]) -> dict[str, Callable[[], object]]:
    """Return what is measured by name."""
    levels = {"shortest": None, "2 decimals": 2}
    chrom = Texts(np.zeros(ROWS, np.int32), ["chr1"])

    def rows(decimals: int | None) -> list[Column]:
        level = Reals(values["pct"], decimals)
        own = [level if name == "pct" else Integers(one) for name, one in values.items()]
        return [chrom, *own]

    text = format_rows(rows(None)).text
    found: dict[str, Callable[[], object]] = {
        f"methcohort, {name}": partial(format_rows, rows(d)) for name, d in levels.items()
    }
    found["methcohort, BGZF of it"] = lambda: compress(text)
    return found | others(values)


def others(values: dict[str, Any]) -> dict[str, Callable[[], object]]:
    """Return what libraries that are installed do with the same columns."""
    found: dict[str, Callable[[], object]] = {}
    named = {"chrom": np.full(ROWS, "chr1"), **values}
    try:
        frame = importlib.import_module("polars").DataFrame(named)
        found["polars"] = lambda: frame.write_csv(io.BytesIO(), separator="\t")
    except ImportError:
        pass
    try:
        table = importlib.import_module("pandas").DataFrame(named)
        found["pandas"] = lambda: table.to_csv(io.StringIO(), sep="\t", index=False)
    except ImportError:
        pass
    return found


def seconds(named: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of each, called in turn."""
    taken: dict[str, list[float]] = {name: [] for name in named}
    for _ in range(REPEATS):
        for name, work in named.items():
            start = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - start)
    return {name: median(times) for name, times in taken.items()}


def main() -> None:
    """Print millions of rows, or of cells, a second."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # before it is imported
    values = columns()
    for name, taken in seconds(works(values)).items():
        print(f"{name:30} {ROWS / taken / 1e6:8.1f} million rows/s")
    for width in WIDTHS:
        n = 4 * ROWS // width
        counts = [Integers(values["c"][k : k + n]) for k in range(width)]
        levels = [Reals(values["pct"][k : k + n]) for k in range(width)]
        wide: dict[str, Callable[[], object]] = {
            f"{width} columns of counts": partial(format_rows, counts),
            f"{width} columns of levels": partial(format_rows, levels),
        }
        for name, taken in seconds(wide).items():
            print(f"{name:30} {n * width / taken / 1e6:8.1f} million cells/s")


if __name__ == "__main__":
    main()
