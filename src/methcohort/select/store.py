"""The public store: a reader with selections."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..core.errors import ConfigError
from ..store import StoreReader
from ..store.schema import BLOCK_SITES
from .block import Block
from .choosing import Regions, chosen_kinds, chosen_rows, chosen_spans
from .regions import parse_region
from .selection import Choice, Selection
from .shown import counted, html_table
from .spans import union
from .tables import Tables
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


class Store(StoreReader, Tables):
    """An open store, of which parts can be selected; a context manager. Threads may share it.

    Attributes
    ----------
    path : of the file
    samples, chroms, layers : names, in the order of the store
    kinds : what is known of the sites: strand and context, or nothing
    chrom_offset : int64[n_chroms + 1], first site of each chromosome
    format_version : of the file format, `MAJOR.MINOR`
    """

    def __repr__(self) -> str:
        size = f"{counted(len(self.samples), 'sample')} x {counted(self.n_sites, 'site')}"
        closed = "" if self.file else ", closed"
        return f"<Store {self.path.name}: {size}, {' '.join(self.layers)}{closed}>"

    def _repr_html_(self) -> str:
        sheet = self.sheet if self.file else {}
        return html_table(repr(self), {"sample": self.samples, **sheet})

    def _chosen(self) -> Selection:
        return self.select()

    def select(
        self,
        regions: Regions | None = None,
        samples: str | Sequence[str] | None = None,
        *,
        where: str | None = None,
        chroms: str | Sequence[str] | None = None,
        contexts: str | Sequence[str] | None = None,
        strand: str | Sequence[str] | None = None,
        min_coverage: int = 1,
        exclude_regions: Regions | None = None,
    ) -> Selection:
        """Return some samples at some sites, of which no value is read yet.

        Sites are in the order of the store, each once, however many regions have it.

        Parameters
        ----------
        regions : such as `chr1`, `chr1:5`, `chr1:1,000-2,000` (1-based, both ends included) or
            `chr1:1M-`; the path of a BED file that ends in .bed or .bed.gz (0-based, half-open);
            or several of them
        samples : a name, or several in the order wanted
        where : a condition on the sheet, such as `group == 'case' and age > 50`; `sample` is the
            name
        chroms : patterns of names such as `chr*`; behind `^` those to leave out
        contexts, strand : names in `legends`, such as CpG and +
        min_coverage : values with fewer reads count as not observed
        exclude_regions : as `regions`, whose sites are left out

        Raises
        ------
        StoreError
            Where the store has no such chromosome or sample, or a text is not a region.
        InputError
            Where a BED file cannot be read or has a wrong line.
        ConfigError
            Where the condition is wrong or true of no sample, a sample is named twice, or strands
            and contexts are not known.
        """
        if min_coverage < 1:
            message = f"found min_coverage {min_coverage}; expected 1 or more"
            raise ConfigError(message)
        choice = Choice(
            chosen_rows(self, samples, where),
            chosen_spans(self, regions, chroms, exclude_regions),
            chosen_kinds(self, "context", contexts),
            chosen_kinds(self, "strand", strand),
            min_coverage,
        )
        return Selection(self, choice)

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
        names = self.samples if samples is None else samples
        rows = [self.sample_number(name) for name in ([names] if isinstance(names, str) else names)]
        spans = union(np.array([self.find(*wanted)], np.int64))
        return Region(Selection(self, Choice(np.array(rows, np.intp), spans)), wanted.chrom)

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
