"""A BED table of all samples, for tabix and bedtools: chrom, start, end, then c and t of each."""

from collections.abc import Sequence

from ...select import Block
from ...writers import BED, Column, Integers, Texts
from ._format import Cohort, MatrixFormat, Style

_LAYERS = ("c", "t")


def _header(cohort: Cohort, _: Style) -> str:
    cells = [f"{sample}.{layer}" for sample in cohort.samples for layer in _LAYERS]
    return "\t".join(["#chrom", "start", "end", *cells]) + "\n"


def _columns(block: Block, cohort: Cohort, _: Style) -> Sequence[Column]:
    cells: list[Column] = [
        Integers(block.values[layer][k]) for k in range(len(cohort.samples)) for layer in _LAYERS
    ]
    chrom = Texts(block.chrom, cohort.chroms)
    return [chrom, Integers(block.pos - 1), Integers(block.pos), *cells]


FORMAT = MatrixFormat(
    "bed",
    "BED table of all samples: chrom start end SAMPLE.c SAMPLE.t ..., 0-based",
    lambda _: _LAYERS,
    _header,
    _columns,
    (".bed", ".bed.gz"),
    BED,
)
