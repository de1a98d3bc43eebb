"""Measure writing of bigWig: values of single bases, next to other libraries that are installed.

    python benchmarks/bigwig.py

It is one process, from arrays in memory to a file.
"""

from __future__ import annotations

import importlib
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from methcohort.writers import BigWig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Writer = Callable[[Path], None]

SITES: Final = 3_000_000
REPEATS: Final = 5
PIECE: Final = 1 << 16


def values() -> tuple[Any, Any]:
    """Return 0-based positions, and percentages as of a few reads each."""
    rng = np.random.default_rng(1)
    starts = np.cumsum(rng.integers(1, 200, SITES)).astype(np.int32)
    coverage = rng.poisson(12, SITES) + 1
    return starts, (100 * rng.binomial(coverage, 0.7) / coverage).astype(np.float32)


def writers(starts: Any, levels: Any) -> dict[str, Writer]:
    """Return what writes a file, by name."""
    length = int(starts[-1]) + 1

    def pieces() -> Iterator[tuple[Any, Any]]:
        for k in range(0, SITES, PIECE):
            yield starts[k : k + PIECE], levels[k : k + PIECE]

    def own(path: Path) -> None:
        with BigWig(path, ["chr1"], [length]) as out:
            for piece in pieces():
                out.add(0, *piece)

    found: dict[str, Writer] = {"methcohort": own}
    for name, other in (("pyBigWig", by_pybigwig), ("pybigtools", by_pybigtools)):
        try:
            found[name] = other(importlib.import_module(name), length, pieces)
        except ImportError:
            print(f"{name}: not installed")
    return found


def by_pybigwig(library: Any, length: int, pieces: Callable[[], Iterator[Any]]) -> Writer:
    """Return how pyBigWig writes, from arrays."""

    def write(path: Path) -> None:
        out = library.open(str(path), "w")
        out.addHeader([("chr1", length)])
        for starts, levels in pieces():
            exact = levels.astype(np.float64)
            out.addEntries("chr1", starts.astype(np.int64), values=exact, span=1)
        out.close()

    return write


def by_pybigtools(library: Any, length: int, pieces: Callable[[], Iterator[Any]]) -> Writer:
    """Return how pybigtools writes, from rows."""

    def rows() -> Iterator[tuple[str, int, int, float]]:
        for starts, levels in pieces():
            for start, level in zip(starts.tolist(), levels.tolist(), strict=True):
                yield "chr1", start, start + 1, level

    def write(path: Path) -> None:
        library.open(str(path), "w").write({"chr1": length}, rows())

    return write


def main() -> None:
    """Print millions of values a second, and the size of the file."""
    named = writers(*values())
    taken: dict[str, list[float]] = {name: [] for name in named}
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.bw" for name in named}
        for _ in range(REPEATS):
            for name, write in named.items():
                start = time.perf_counter()
                write(paths[name])
                taken[name].append(time.perf_counter() - start)
        for name, path in paths.items():
            rate = SITES / median(taken[name]) / 1e6
            print(f"{name:12} {rate:6.2f} million values/s {path.stat().st_size / 1e6:6.1f} MB")


if __name__ == "__main__":
    main()
