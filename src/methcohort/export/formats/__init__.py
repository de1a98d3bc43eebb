"""The formats of exported files, one small module each: what its columns and its head are."""

from . import (
    allc,
    bed,
    bedgraph,
    bedmethyl,
    bismark_cov,
    dss,
    five_column,
    methylkit,
    methylkit_tabix,
    metilene,
    tsv,
)
from ._format import Cohort, MatrixFormat, SampleFormat, Style, Track
from .values import LEVELS, VALUES, value_of

SAMPLE_TEXTS: dict[str, SampleFormat] = {
    one.FORMAT.name: one.FORMAT
    for one in (
        five_column, bismark_cov, bedgraph, methylkit, methylkit_tabix, dss, allc, bedmethyl,
    )
}  # fmt: skip
"""Formats of text with a file for each sample, by name."""

MATRIX_TEXTS: dict[str, MatrixFormat] = {
    one.FORMAT.name: one.FORMAT for one in (tsv, bed, metilene)
}
"""Formats of text with one file for all samples, by name."""

__all__ = [
    "LEVELS",
    "MATRIX_TEXTS",
    "SAMPLE_TEXTS",
    "VALUES",
    "Cohort",
    "MatrixFormat",
    "SampleFormat",
    "Style",
    "Track",
    "value_of",
]
