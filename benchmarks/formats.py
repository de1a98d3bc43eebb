"""Measure reading of every text format next to five columns: the same rows, in each.

    python benchmarks/formats.py

The rows are written in each format, and read in turns: by the kernel alone from memory, and by
the whole reader from a plain and from a gzip file. README.md beside this file says what the
figures mean.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np
from isal import igzip

from methcohort.readers import protocol as rows
from methcohort.readers.formats import READERS
from methcohort.readers.formats._format import Format
from methcohort.readers.reader import TextReader
from methcohort.readers.rules import RowRules
from methcohort.rows.blocks import BLOCK_ROWS, Columns, new_columns

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE: Final = "five_column"
RULES: Final = RowRules(
    wanted=lambda _name: True,
    duplicates="error",
    drop_uncovered=True,
    pct_check="error",
    pct_tolerance=1.0,
    with_pct=True,
    inexact=True,
)
BLOCK: Final = 1 << 18
PADDING: Final = 64
CHROMS: Final = ("chr1", "chr2", "chr10")


@dataclass(frozen=True, slots=True)
class Row:
    """One cytosine; `pos` is 1-based."""

    chrom: str
    pos: int
    c: int
    t: int
    strand: str
    context: str


def simulate(n_rows: int, uncovered: float) -> list[Row]:
    """Return rows as in `generate.py`: levels high or low, coverage over-dispersed."""
    rng = np.random.default_rng(1)
    steps = rng.integers(2, 200, n_rows)
    coverage = (rng.negative_binomial(3, 0.15, n_rows) + 1) * (rng.random(n_rows) >= uncovered)
    c = rng.binomial(coverage, np.where(rng.random(n_rows) < 0.7, 0.9, 0.05))
    strands = rng.choice(["+", "-"], n_rows).tolist()
    contexts = rng.choice(["CG", "CHG", "CHH"], n_rows).tolist()
    share = -(-n_rows // len(CHROMS))
    pos = np.concatenate(
        [10_000 + np.cumsum(steps[k : k + share]) * 5 for k in range(0, n_rows, share)]
    )
    return [
        Row(CHROMS[k // share], *values)
        for k, values in enumerate(
            zip(pos.tolist(), c.tolist(), (coverage - c).tolist(), strands, contexts, strict=True)
        )
    ]


def text_of(form: Format, table: list[Row]) -> bytes:
    """Return the rows as text of a format."""
    makers = [maker(form, k) for k in range(len(form.columns))]
    lines = ["\t".join([make(row) for make in makers]) for row in table]
    return ("\n".join(lines) + "\n").encode()


def maker(form: Format, column: int) -> Callable[[Row], str]:
    """Return what writes a column of a format."""
    shift = form.base - 1
    length = form.lengths[0] if form.lengths else 1
    places = max(0, round(-np.log10(2 * form.unit))) if form.unit else 3 if form.scale == 1 else 6
    contexts = {"CG": "CpG", "CHG": "CXG", "CHH": "CHH"} if form.name.startswith("dnm") else {}
    if form.middle < 0:
        contexts = {"CG": "ATCGT", "CHG": "ATCTG", "CHH": "ATCTT"}

    def level(row: Row) -> str:
        n = row.c + row.t
        return f"{form.scale * row.c / n:.{places}f}" if n else "."

    makers: dict[str, Callable[[Row], str]] = {
        "chr": lambda row: row.chrom,
        "pos": lambda row: str(row.pos + shift),
        "end": lambda row: str(row.pos + shift + length),
        "strand": lambda row: row.strand,
        "context": lambda row: contexts.get(row.context, row.context),
        "base": lambda row: "C" if row.strand == "+" else "G",
        "code": lambda row: "m",
        "pct": level,
        "level": level,
        "ratio": lambda row: f"'{row.c}/{row.c + row.t}'",
        "c": lambda row: str(row.c),
        "t": lambda row: str(row.t),
        "n": lambda row: str(row.c + row.t),
        "other": lambda row: "0",
        "rest": lambda row: f"{form.scale * row.t / max(row.c + row.t, 1):.{places}f}",
        "total": lambda row: str(row.c + row.t),
        "sum": lambda row: str(row.c + row.t),
    }
    role = form.columns[column]
    kept = dict(form.only).get(column)
    if kept:
        return lambda row: kept[0]
    return makers.get(role, lambda row: FILLERS.get((form.name, column), str(row.c + row.t)))


FILLERS: Final = {
    ("bismark_report", 6): "CGA",
    ("bismark_report_zero", 6): "CGA",
    ("methylkit", 0): "chr1.1234567",
    ("bedmethyl", 8): "255,0,0",
    ("modbam2bed", 8): "0,0,0",
    ("encode_bedmethyl", 8): "0,255,0",
}
"""What stands in columns that are not read, where it is no number of reads."""


class Discard:
    """A sink that keeps nothing."""

    def __init__(self) -> None:
        self.columns = new_columns(BLOCK_ROWS, wide=False, with_pct=True, with_kind=True)

    def open(self, *, wide: bool) -> Columns:
        """Return the same columns again."""
        if wide:
            message = "the simulated counts fit 16 bits"
            raise ValueError(message)
        return self.columns

    def close(self, n_rows: int, n_runs: int) -> None:
        """Forget the rows."""


class InMemory:
    """A text that the kernel alone reads, in blocks of whole lines."""

    def __init__(self, form: Format, text: bytes) -> None:
        self.form = form
        self.size = len(text)
        self.buffer = np.zeros(self.size + PADDING, np.uint8)
        self.buffer[: self.size] = np.frombuffer(text, np.uint8)
        self.stops = []
        at = 0
        while at < self.size:
            at = text.rfind(b"\n", at, at + BLOCK) + 1 if at + BLOCK < self.size else self.size
            self.stops.append(at)
        self.sink = Discard()

    def read(self) -> int:
        """Read all; return the number of rows."""
        reader = TextReader("memory", self.form, RULES)
        columns = reader._open(self.sink, wide=False)
        for stop in self.stops:
            columns = reader._read_block(self.buffer, stop, columns, self.sink)
        return int(reader.state[rows.N_TEXT_ROWS])


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(works: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Return the seconds of each work, all called in turn."""
    for work in works.values():
        work()
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            found[name].append(seconds(work))
    return found


def read_file(path: Path, form: Format) -> int:
    """Read a file with the whole reader; return the number of rows."""
    return TextReader(str(path), form, RULES).read(Discard()).n_rows


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="Measure reading of every text format.")
    add = parser.add_argument
    add("--rows", type=int, default=300_000, metavar="N")
    add("--repeats", type=int, default=15, metavar="N")
    add("--uncovered", type=float, default=0.0, help="share of rows without reads")
    add("--formats", nargs="*", default=[], help="only these")
    add("--files", action="store_true", help="also read plain and gzip files")
    options = parser.parse_args(arguments)
    table = simulate(options.rows, options.uncovered)
    names = [
        name
        for name, form in READERS.items()
        if not form.refusal and (not options.formats or name in (REFERENCE, *options.formats))
    ]
    texts = {name: text_of(READERS[name], table) for name in names}
    works: dict[str, Callable[[], object]] = {
        name: InMemory(READERS[name], text).read for name, text in texts.items()
    }
    print_table("kernel", texts, options.rows, measure(works, options.repeats))
    if options.files:
        with tempfile.TemporaryDirectory() as folder:
            for suffix, pack in (("txt", bytes), ("txt.gz", igzip.compress)):
                for name, text in texts.items():
                    path = Path(folder) / f"{name}.{suffix}"
                    path.write_bytes(pack(text))
                    works[name] = partial(read_file, path, READERS[name])
                found = measure(works, options.repeats)
                print_table(f"reader, .{suffix}", texts, options.rows, found)
    return 0


def print_table(
    title: str, texts: dict[str, bytes], n_rows: int, found: dict[str, list[float]]
) -> None:
    """Print one line a format; ratios are to five columns, of the same megabytes."""
    print(f"{title:24} bytes/row    MB/s  ns/row  ratio")
    base = [value / len(texts[REFERENCE]) for value in found[REFERENCE]]
    for name, text in texts.items():
        own = [value / len(text) for value in found[name]]
        ratio = median(other / value for value, other in zip(own, base, strict=True))
        speed = 1 / median(own) / 1e6
        nanoseconds = median(found[name]) / n_rows * 1e9
        print(f"{name:24} {len(text) / n_rows:9.1f} {speed:7.0f} {nanoseconds:7.1f} {ratio:6.2f}")


if __name__ == "__main__":
    sys.exit(main())
