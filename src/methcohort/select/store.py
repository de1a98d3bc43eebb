"""The public store: a reader with selections."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..store import StoreReader
from ..store.schema import BLOCK_SITES
from .bed import read_bed
from .regions import parse_region
from .selection import Block, Choice, Selection
from .spans import Spans, union
from .views import Region, SampleView


def open_store(path: str | Path) -> "Store":
    """Open a store for reading.

    Raises
    ------
    StoreError
        Where the file is missing, not a store, damaged, or of another major version of the format.
    """
    return Store(path)


def query(path: str | Path, region: str) -> Region:
    """Return one region of a store with its values already read; see `Store.region`."""
    with open_store(path) as store:
        return store.region(region).load()


class Store(StoreReader):
    """An open store, of which parts can be selected; a context manager. Threads may share it.

    Attributes
    ----------
    path : of the file
    samples, chroms, layers : names, in the order of the store
    kinds : what is known of the sites: strand and context, or nothing
    chrom_offset : int64[n_chroms + 1], first site of each chromosome
    format_version : of the file format, `MAJOR.MINOR`
    """

    def select(
        self,
        regions: str | Path | Sequence[str] | None = None,
        samples: str | Sequence[str] | None = None,
        *,
        min_coverage: int = 1,
    ) -> Selection:
        """Return some samples at some sites, of which nothing is read yet."""
        spans = self._spans(regions)
        rows = np.array(self._rows(samples), np.intp)
        return Selection(self, Choice(rows, spans, min_coverage=min_coverage))

    def region(self, region: str, samples: str | Sequence[str] | None = None) -> Region:
        """Return the sites of a region.

        Parameters
        ----------
        region : `chr1:1,000-2,000` (1-based, both ends included), or `chr1` for all of it
        samples : which samples, in any order; None means all

        Raises
        ------
        StoreError
            Where the store has no such chromosome or sample, or the text is not a region.
        """
        wanted = parse_region(region, self._chrom_numbers)
        spans = np.array([self.find(*wanted)], np.int64)
        rows = np.array(self._rows(samples), np.intp)
        return Region(Selection(self, Choice(rows, union(spans))), wanted.chrom)

    def sample(self, name: str) -> SampleView:
        """Return one sample at all sites. Raises StoreError where there is no such sample."""
        return SampleView(self.select(samples=name))

    def blocks(
        self,
        layers: Sequence[str] | None = None,
        samples: str | Sequence[str] | None = None,
        sites: int = BLOCK_SITES,
    ) -> Iterator[Block]:
        """Yield the whole store in order, so many sites at a time.

        Each block is read when it is asked for; memory holds what the caller keeps of it. Blocks
        follow each other over the ends of chromosomes, see `chrom_offset`.

        Parameters
        ----------
        layers : which layers; None means all
        samples : names of samples, in any order; None means all
        sites : of one block; a multiple of those of a chunk reads no chunk twice

        Raises
        ------
        StoreError
            Where the store has no such layer or sample, or is damaged.
        ValueError
            Where `sites` is less than 1.
        """
        yield from self.select(samples=samples).blocks(layers, sites)

    def _rows(self, samples: str | Sequence[str] | None) -> list[int]:
        if samples is None:
            return list(range(len(self.samples)))
        names = [samples] if isinstance(samples, str) else samples
        return [self.sample_number(name) for name in names]

    def _spans(self, regions: str | Path | Sequence[str] | None) -> Spans:
        if regions is None:
            return union(np.array([[0, self.n_sites]], np.int64))
        texts = [regions] if isinstance(regions, (str, Path)) else list(regions)
        parts = [self._span(text) for text in texts]
        return union(np.concatenate([np.empty((0, 2), np.int64), *parts]))

    def _span(self, text: str | Path) -> Spans:
        if isinstance(text, Path):
            return read_bed(text, self).site_ranges(self)
        return np.array([self.find(*parse_region(text, self._chrom_numbers))], np.int64)
