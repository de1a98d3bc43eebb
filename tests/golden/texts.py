"""The texts of the golden stores, and what a store is made of.

Nothing of methcohort is used here, and texts are packed without deflating them, so that what is
read is the same whatever becomes of the package and its libraries. All paths are relative to the
working directory, since a store names them.
"""

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from callers import Row, cytosines, write_fasta
from cohorts import BGZF_END
from writers import WRITERS, Writer

Line = dict[str, str]
"""A row of a sheet, by the names of its columns; what is left out is empty."""

SIZES = {"chr1": 700, "chr2": 400, "chr10": 300}
ALL = ("CpG", "CHG", "CHH")
OTHER_NAMES = {"chr1": "1", "chr2": "2", "chr10": "10"}
LOOK_ALIKE = ("bismark_zero_cov", "bismark_merged_cov", "wgbstools", "wgbstools_1")
"""Formats that look like others, which nothing but the sheet or a reference tells."""


@dataclass(frozen=True)
class Case:
    """A store: the lines of its sheet, its configuration, and the ways to make it.

    `ways` are names of functions below, each of which makes the same bytes.
    """

    lines: Sequence[Line]
    config: dict[str, Any] = field(default_factory=dict)
    ways: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    spare: Line = field(default_factory=dict)


def _drawn_genome() -> dict[str, str]:
    draw = random.Random("genome").random
    words = ("A", "C", "G", "T", "CG", "CG")
    return {
        name: "".join(words[int(6 * draw())] for _ in range(size))[:size]
        for name, size in SIZES.items()
    }


def _drawn_spans() -> str:
    """Intervals of BED that do not touch, the last first."""
    draw, spans = random.Random("spans").random, []
    for name in SIZES:
        end = 0
        for _ in range(12):
            start = end + 1 + int(15 * draw())
            end = start + 1 + int(20 * draw())
            spans.append(f"{name}\t{start}\t{end}\tspan\n")
    return "".join(spans[::-1])


GENOME = _drawn_genome()
CYTOSINES = cytosines(GENOME)


def rows_of(name: str, writer: Writer, most: int = 40, share: float = 0.6) -> list[Row]:
    """Counts for some of the cytosines that a caller has, other ones for each name."""
    draw, rows = random.Random(name).random, []
    for row in CYTOSINES:
        if row.context not in writer.only or (writer.merged and row.strand == "-"):
            continue
        n = 1 + int(min(most, writer.most) * draw())
        n = 0 if writer.zero and draw() < 0.1 else n
        c = round(n * (0.05, 0.5, 0.95)[int(3 * draw())] * draw())
        if draw() < share:
            strand = "both" if writer.merged else row.strand
            rows.append(replace(row, strand=strand, c=c, t=n - c))
    return rows


def member(text: bytes, extra: bytes = b"") -> bytes:
    """A member of a gzip file whose text is stored as it is."""
    blocks = [text[k : k + 65535] for k in range(0, len(text), 65535)] or [b""]
    body = b"".join(
        struct.pack("<BHH", one is blocks[-1], len(one), len(one) ^ 65535) + one for one in blocks
    )
    flags = struct.pack("<BBBBIBB", 31, 139, 8, 4 * bool(extra), 0, 0, 255)
    tail = struct.pack("<II", zlib.crc32(text), len(text))
    return flags + extra + body + tail


def block(text: bytes) -> bytes:
    """The same as a block of bgzip, which names its size."""
    size = 18 + 5 + len(text) + 8 - 1
    return member(text, struct.pack("<H2sHH", 6, b"BC", 2, size))


def packed(text: bytes, kind: str) -> bytes:
    """A text as it is, in one member of gzip, in several, or in the blocks of bgzip."""
    parts = [text[k : k + 5000] for k in range(0, len(text), 5000)]
    ways: dict[str, Callable[[], bytes]] = {
        "plain": lambda: text,
        "gzip": lambda: member(text),
        "members": lambda: b"".join(map(member, parts)),
        "bgzip": lambda: b"".join(map(block, parts)) + BGZF_END,
    }
    return ways[kind]()


class Texts:
    """Writes texts below `in`, with the genome that they are of; keeps the sheet's line of each."""

    def __init__(self) -> None:
        Path("in").mkdir()
        write_fasta(Path("in/genome.fa"), GENOME)
        Path("in/spans.bed").write_text(_drawn_spans())
        self.lines: dict[str, Line] = {}

    def write(self, name: str, text: str | bytes, form: str = "", **more: str) -> Line:
        """Write a text; return its line."""
        data = text.encode() if isinstance(text, str) else text
        path = Path("in") / more.pop("path", f"{name}.txt")
        path.write_bytes(packed(data, more.pop("packing", "plain")))
        self.lines[name] = {"sample": name, "path": str(path), "format": form} | more
        return self.lines[name]

    def call(self, name: str, writer: Writer, form: str = "", **means: Any) -> Line:
        """Write what a caller writes of rows that are drawn for the name."""
        return self.write(name, writer.text(rows_of(name, writer, **means)), form)


def first(form: str) -> Writer:
    """The first writer of a format."""
    return next(writer for writer in WRITERS if writer.form == form)
