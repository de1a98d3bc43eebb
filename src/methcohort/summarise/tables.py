"""From sums to the columns of a table."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .sums import N_SITES, SUM_C, SUM_T, Sums, levels_of

STATS: Final = ("n_sites", "sum_c", "sum_t", "level", "mean")

WHOLE: Final = {"pct": 100, "beta": 1}
"""What a level of all reads methylated is, by what levels are given as."""

SAMPLE: Final = "sample"


class Column(NamedTuple):
    """Values of some rows.

    Attributes
    ----------
    values : whole numbers; levels 0 to 1, NaN for none; or numbers of texts
    legend : these texts; None where the values are numbers
    """

    values: npt.NDArray[Any]
    legend: Sequence[str] | None = None


class Form(NamedTuple):
    """How a table is laid out.

    Attributes
    ----------
    columns : names of the samples, or of groups of them
    value : pct or beta
    long : a row for each bin and sample, instead of one for each bin
    min_sites : a sample with fewer observed sites has no level
    """

    columns: tuple[str, ...]
    value: str
    long: bool
    min_sites: int

    def names(self, places: Sequence[str]) -> list[str]:
        """Return the names of all columns; those of `places` come first."""
        if self.long:
            return [*places, SAMPLE, *STATS]
        return [*places, *(f"{sample}.{stat}" for sample in self.columns for stat in STATS)]

    def table(self, places: Sequence[Column], sums: Sums) -> list[Column]:
        """Return the columns of some bins."""
        stats = (sums[N_SITES], sums[SUM_C], sums[SUM_T], *levels_of(sums, self.min_sites))
        n_columns, n_bins = stats[0].shape
        if not self.long:
            cells = [Column(stat[k]) for k in range(n_columns) for stat in stats]
            return [*places, *cells]
        repeated = [Column(np.repeat(place, n_columns), legend) for place, legend in places]
        sample = Column(np.tile(np.arange(n_columns), n_bins), self.columns)
        return [*repeated, sample, *(Column(stat.T.ravel()) for stat in stats)]

    def rows_at_once(self, n_cells: int) -> int:
        """Return how many bins have so many cells of a table."""
        return max(1, n_cells // (len(STATS) * max(1, len(self.columns))))
