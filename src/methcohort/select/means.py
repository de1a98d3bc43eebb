"""The level of methylation of each region and sample: of all reads at its sites together."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..store import StoreReader
from ..store.schema import MAX_POS
from .bed import Bed, joined, read_bed
from .regions import parse_region
from .selection import Selection


class Means(NamedTuple):
    """What regions have, in their order.

    Attributes
    ----------
    bed : the regions
    n_sites : int64[n], sites that are selected in each
    c, coverage : int64[n, n_samples], sums over these sites
    """

    bed: Bed
    n_sites: npt.NDArray[np.int64]
    c: npt.NDArray[np.int64]
    coverage: npt.NDArray[np.int64]

    @property
    def level(self) -> npt.NDArray[np.float64]:
        """Methylated part of all reads, 0 to 1, [n, n_samples]; NaN where there are none."""
        found = np.full(self.c.shape, np.nan)
        np.divide(self.c, self.coverage, out=found, where=self.coverage > 0)
        return found


def region_means(selection: Selection, regions: Sequence[str | Path]) -> Means:
    """Return the sums of c and coverage over the sites of each region that are selected.

    Regions may overlap; what several have is read once. Memory holds a block of the selection.

    Parameters
    ----------
    regions : text or the paths of BED files; none means whole chromosomes
    """
    bed = _listed(selection.store, regions)
    ranges = bed.site_ranges(selection.store)
    n_sites = np.zeros(len(bed), np.int64)
    sums = np.zeros((2, len(bed), len(selection.rows)), np.int64)
    for block in selection.blocks(("c", "coverage")):
        sites = block.sites
        low, high = (np.searchsorted(sites, edge) for edge in ranges.T)
        some = np.flatnonzero(low < high)
        n_sites[some] += high[some] - low[some]
        for total, layer in zip(sums, block.values.values(), strict=True):
            running = np.zeros((layer.shape[0], layer.shape[1] + 1), np.int64)
            np.cumsum(layer, axis=1, dtype=np.int64, out=running[:, 1:])
            total[some] += (running[:, high[some]] - running[:, low[some]]).T
    return Means(bed, n_sites, *sums)


def _listed(store: StoreReader, regions: Sequence[str | Path]) -> Bed:
    """Return all regions as one list."""
    parts: list[Bed] = []
    for region in regions or store.chroms:
        if isinstance(region, Path):
            parts.append(read_bed(region, store))
            continue
        chrom, start, end = parse_region(region, store.chroms)
        number = np.array([store.chrom_number(chrom)], np.int32)
        end = end if end < MAX_POS else _last(store, int(number[0]))
        limits = np.array([[start], [end]], np.int64)
        parts.append(Bed("", number, limits[0], limits[1], (region,)))
    return joined(parts)


def _last(store: StoreReader, number: int) -> int:
    """Return the length of a chromosome, or the position of its last site where none is known."""
    known = store.last_positions if store.chrom_lengths is None else store.chrom_lengths
    return int(known[number])
