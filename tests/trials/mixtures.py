"""A cohort of many callers, for trials: every stage of a build has something to do.

One file may be of two formats, one names its chromosome otherwise, two are one sample; strands are
collapsed, and a compressed reference tells what rows do not.
"""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import callers
from cohorts import write_sheet
from processes import load_all_kernels

from methcohort.cohort.files import load_reader
from methcohort.cohort.strands import load_collapsing
from methcohort.genome.kernels import load_reference_kernels
from methcohort.matrix.kernels.kinds import load_joining
from methcohort.readers.formats import READERS


class Mixture(NamedTuple):
    """The sheet of a cohort of many callers, and the configuration that it needs."""

    sheet: Path
    config: dict[str, Any]


def make_mixture(folder: Path, n_bases: int) -> Mixture:
    """Write samples at the CpGs of a genome of two chromosomes, and what goes with them."""
    folder.mkdir()
    genome = callers.make_genome(1, {"chr1": n_bases, "chr2": n_bases // 4})
    sites = [row for row in callers.cytosines(genome) if row.context == "CpG"]
    lines = []
    for k, (name, caller, merge_as) in enumerate(
        [
            ("a", "five_column", ""),
            ("b", "bismark_cov", "both"),
            ("c", "allc", "both"),
            ("d", "bismark_report", ""),
            ("e", "bedmethyl", ""),
        ]
    ):
        path = folder / f"{name}.{caller}.{'gz' if k % 2 else 'txt'}"
        callers.write_calls(path, callers.cover(sites, k), caller)
        lines.append([name, str(path), "one", merge_as])
    forward = callers.cover([row for row in sites if row.strand == "+"], 9)
    lines.append(["f", str(_write_rival(folder / "f.cov.gz", forward)), "one", ""])
    numbered = [replace(row, chrom=row.chrom.removeprefix("chr")) for row in forward]
    path = callers.write_calls(folder / "g.txt", numbered, "five_column")
    lines.append(["g", str(path), "one", ""])
    aliases = folder / "aliases.txt"
    aliases.write_text("1\tchr1\n2\tchr2\n")
    config = {
        "reference": str(callers.write_fasta(folder / "genome.fa.gz", genome)),
        "aliases": str(aliases),
        "strands": "collapse",
    }
    return Mixture(write_sheet(folder / "samples.tsv", lines, ["merge_as"]), config)


def _write_rival(path: Path, rows: list[callers.Row]) -> Path:
    """Write merged rows of Bismark, which look as if they were 0-based."""
    text = "".join(
        f"{row.chrom}\t{row.pos}\t{row.pos + 1}\t{row.pct:.6f}\t{row.c}\t{row.t}\n" for row in rows
    )
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


def load_all() -> None:
    """Compile or fetch every kernel, so that forked builds need not."""
    load_all_kernels()
    load_reference_kernels()
    load_joining()
    load_collapsing()
    load_reader(READERS["bismark_cov"])
