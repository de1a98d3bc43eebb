"""A table of all samples, as `methcohort query` prints it: chr, pos, then each sample's values."""

from collections.abc import Sequence

from ...select import Block
from ...writers import Column, Integers, Texts
from ._format import Cohort, MatrixFormat, Style
from .values import column

_LAYERS = ("c", "t", "pct")


def _header(cohort: Cohort, _: Style) -> str:
    cells = [f"{sample}.{layer}" for sample in cohort.samples for layer in _LAYERS]
    return "\t".join(["chr", "pos", *cohort.kinds, *cells]) + "\n"


def _columns(block: Block, cohort: Cohort, style: Style) -> Sequence[Column]:
    kinds = [Texts(getattr(block, name), legend) for name, legend in cohort.kinds.items()]
    missing = "NA" if style.missing is None else style.missing
    cells = [
        column(block.values[layer][k], missing)
        for k in range(len(cohort.samples))
        for layer in _LAYERS
    ]
    return [Texts(block.chrom, cohort.chroms), Integers(block.pos), *kinds, *cells]


FORMAT = MatrixFormat(
    "tsv",
    "table of all samples: chr pos SAMPLE.c SAMPLE.t SAMPLE.pct ..., 1-based",
    lambda _: _LAYERS,
    _header,
    _columns,
    (".tsv", ".tsv.gz"),
)
