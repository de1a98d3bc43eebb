"""One simulated truth, written as each caller would write it.

A genome with its cytosines, the true counts of some samples at them, and a writer for each form of
text. Positions are 1-based here; writers give them the base of their caller.
"""

import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


@dataclass(frozen=True)
class Row:
    """Counts of one sample at one cytosine; `trinuc` is read along its own strand."""

    chrom: str
    pos: int
    strand: str
    context: str
    trinuc: str
    c: int
    t: int

    @property
    def n(self) -> int:
        return self.c + self.t

    @property
    def pct(self) -> float:
        return 100 * self.c / self.n


def make_genome(seed: int, sizes: dict[str, int]) -> dict[str, str]:
    """Draw chromosomes with more CpG than chance gives."""
    rng = np.random.default_rng(seed)
    words = np.array(["A", "C", "G", "T", "CG", "CG"])
    return {
        name: "".join(words[rng.integers(0, len(words), size)])[:size]
        for name, size in sizes.items()
    }


def write_fasta(path: Path, genome: dict[str, str], width: int = 60) -> Path:
    """Write a genome; compressed where the name ends in gz."""
    text = "".join(
        f">{name} drawn\n" + "".join(s[i : i + width] + "\n" for i in range(0, len(s), width))
        for name, s in genome.items()
    )
    path.write_bytes(
        gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode()
    )
    return path


def context_of(trinuc: str) -> str:
    """CpG, CHG, CHH, or unknown where a base is missing."""
    if trinuc[1:2] == "G":
        return "CpG"
    if len(trinuc) < 3 or "N" in trinuc:
        return "unknown"
    return "CHG" if trinuc[2] == "G" else "CHH"


def cytosines(genome: dict[str, str]) -> list[Row]:
    """Every cytosine of both strands, in order, without counts.

    Those at an end of a chromosome, whose context is open, are left out, as callers do.
    """
    found = []
    for chrom, bases in genome.items():
        for i, base in enumerate(bases):
            if base == "C":
                trinuc = bases[i : i + 3]
                found.append(Row(chrom, i + 1, "+", context_of(trinuc), trinuc, 0, 0))
            elif base == "G":
                trinuc = bases[max(0, i - 2) : i + 1][::-1].translate(COMPLEMENT)
                found.append(Row(chrom, i + 1, "-", context_of(trinuc), trinuc, 0, 0))
    return [row for row in found if row.context != "unknown"]


def cover(rows: Iterable[Row], seed: int, coverage: float = 0.6, most: int = 40) -> list[Row]:
    """Draw counts for some of the cytosines."""
    rng = np.random.default_rng(seed)
    covered = []
    for row in rows:
        if rng.random() < coverage:
            n = int(rng.integers(1, most + 1))
            c = int(rng.binomial(n, rng.choice([0.05, 0.5, 0.95])))
            covered.append(Row(row.chrom, row.pos, row.strand, row.context, row.trinuc, c, n - c))
    return covered


def five_column(row: Row) -> str:
    return f"{row.chrom}\t{row.pos}\t{row.pct:.4f}\t{row.c}\t{row.t}"


def bismark_cov(row: Row) -> str:
    return f"{row.chrom}\t{row.pos}\t{row.pos}\t{row.pct:.15g}\t{row.c}\t{row.t}"


def bismark_report(row: Row) -> str:
    context = "CG" if row.context == "CpG" else row.context
    return f"{row.chrom}\t{row.pos}\t{row.strand}\t{row.c}\t{row.t}\t{context}\t{row.trinuc}"


def methyldackel_bedgraph(row: Row) -> str:
    return f"{row.chrom}\t{row.pos - 1}\t{row.pos}\t{100 * row.c // row.n}\t{row.c}\t{row.t}"


def bedmethyl(row: Row) -> str:
    start, end = row.pos - 1, row.pos
    return (
        f"{row.chrom}\t{start}\t{end}\tm\t{row.n}\t{row.strand}\t{start}\t{end}\t255,0,0"
        f"\t{row.n}\t{row.pct:.2f}\t{row.c}\t{row.t}\t0\t0\t0\t0\t0"
    )


def allc(row: Row) -> str:
    return f"{row.chrom}\t{row.pos}\t{row.strand}\t{row.trinuc}\t{row.c}\t{row.n}\t1"


def cgmap(row: Row) -> str:
    base = "C" if row.strand == "+" else "G"
    context = "CG" if row.context == "CpG" else row.context
    level = f"{row.c / row.n:.2f}"
    return f"{row.chrom}\t{base}\t{row.pos}\t{context}\t{row.trinuc[:2]}\t{level}\t{row.c}\t{row.n}"


HEADS = {
    "methyldackel_bedgraph": 'track type="bedGraph" description="out CpG methylation levels"\n',
}
WRITERS: dict[str, Callable[[Row], str]] = {
    writer.__name__: writer
    for writer in (
        five_column, bismark_cov, bismark_report, methyldackel_bedgraph, bedmethyl, allc, cgmap,
    )
}  # fmt: skip


def write_calls(path: Path, rows: Iterable[Row], caller: str) -> Path:
    """Write a sample's rows as a caller would; compressed where the name ends in gz."""
    lines = "".join(WRITERS[caller](row) + "\n" for row in rows)
    text = (HEADS.get(caller, "") + lines).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path
