"""The formats of exported files, one small module each: what its columns and its head are."""

from . import (
    allc,
    bed,
    bedgraph,
    bedmethyl,
    bismark_cov,
    dss,
    five_column,
    metilene,
    methylkit,
    methylkit_tabix,
    tsv,
)
from ._format import Cohort, MatrixFormat, SampleFormat, Style, Track
from .values import LEVELS, VALUES, value_of

TEXTS: dict[str, SampleFormat | MatrixFormat] = {
    one.FORMAT.name: one.FORMAT
    for one in (
        five_column, bismark_cov, bedgraph, methylkit, methylkit_tabix, dss, allc, bedmethyl,
        tsv, bed, metilene,
    )
}  # fmt: skip
"""Formats of text by name."""

__all__ = [
    "LEVELS",
    "TEXTS",
    "VALUES",
    "Cohort",
    "MatrixFormat",
    "SampleFormat",
    "Style",
    "Track",
    "value_of",
]
