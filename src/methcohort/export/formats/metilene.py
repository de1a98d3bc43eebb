"""metilene's table: chrom, pos, then a level from 0 to 1 for each sample, as GROUP_SAMPLE."""

from collections.abc import Sequence

from ...select import Block
from ...writers import Column, Integers, Texts
from ._format import Cohort, MatrixFormat, Style
from .values import column


def _header(cohort: Cohort, _: Style) -> str:
    cells = [f"{g}_{s}" for g, s in zip(cohort.groups, cohort.samples, strict=True)]
    return "\t".join(["chrom", "pos", *cells]) + "\n"


def _columns(block: Block, cohort: Cohort, style: Style) -> Sequence[Column]:
    missing = "." if style.missing is None else style.missing
    cells = [column(values, missing) for values in block.values["beta"]]
    return [Texts(block.chrom, cohort.chroms), Integers(block.pos), *cells]


FORMAT = MatrixFormat(
    "metilene",
    "metilene: a level for each sample, columns GROUP_SAMPLE; needs --by",
    lambda _: ("beta",),
    _header,
    _columns,
    needs_groups=True,
)
