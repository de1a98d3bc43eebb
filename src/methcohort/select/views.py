"""Views of one region and of one sample: selections whose values are kept once they are read."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..store.schema import BLOCK_SITES
from .block import Block
from .selection import Selection
from .shown import counted


class _View:
    """What a selection has, read when asked for, and then kept."""

    _chosen: Selection

    def layer(self, name: str) -> npt.NDArray[Any]:
        """Return a layer. Raises StoreError where it is absent."""
        return self._chosen.layer(name)

    @cached_property
    def c(self) -> npt.NDArray[np.unsignedinteger]:
        """Methylated reads, unsigned, of the view's shape."""
        return self.layer("c")

    @cached_property
    def t(self) -> npt.NDArray[np.unsignedinteger]:
        """Unmethylated (converted) reads, unsigned, of the view's shape."""
        return self.layer("t")

    @cached_property
    def coverage(self) -> npt.NDArray[np.unsignedinteger]:
        """Reads, c + t, in twice the bytes of c."""
        return self.layer("coverage")

    @cached_property
    def pct(self) -> npt.NDArray[np.float32]:
        """Percent methylated, float32, of the view's shape; NaN where not observed."""
        return self.layer("pct")

    @cached_property
    def beta(self) -> npt.NDArray[np.float32]:
        """The same from 0 to 1."""
        return self.layer("beta")


class Region(_View):
    """The sites of a region: positions, and values of shape [n_samples, n_sites].

    Attributes
    ----------
    chrom : name of the chromosome
    samples : names of the samples, in the order of the rows
    pos : int32[n_sites], 1-based
    """

    def __init__(self, chosen: Selection, chrom: str) -> None:
        self.chrom = chrom
        self.samples = chosen.samples
        self.pos = chosen.pos
        self._chosen = chosen

    def __repr__(self) -> str:
        size = f"{counted(len(self.samples), 'sample')} x {counted(len(self.pos), 'site')}"
        return f"<Region {self.chrom}: {size}, {' '.join(self._chosen.layers)}>"

    @cached_property
    def strand(self) -> npt.NDArray[np.uint8]:
        """Strand of the sites, uint8[n_sites]; `Store.legends` names the values."""
        return self._chosen.strand

    @cached_property
    def context(self) -> npt.NDArray[np.uint8]:
        """Context of the sites, uint8[n_sites]; `Store.legends` names the values."""
        return self._chosen.context

    def blocks(self, sites: int = BLOCK_SITES) -> Iterator[Block]:
        """Yield the region in order, up to so many sites at a time, with all layers.

        Raises what `Store.blocks` raises. Nothing of it is kept in the region.
        """
        return self._chosen.blocks(None, sites)

    def load(self) -> Self:
        """Read the values of all layers now, so that the store can be closed."""
        for name in ("strand", "context", *self._chosen.layers):
            getattr(self, name)
        return self


class SampleView(_View):
    """One sample at all sites: values of shape [n_sites]."""

    def __init__(self, chosen: Selection) -> None:
        (self.name,) = chosen.samples
        self._chosen = chosen

    def __repr__(self) -> str:
        sites = counted(self._chosen.n_sites, "site")
        return f"<SampleView {self.name}: {sites}, {' '.join(self._chosen.layers)}>"

    def layer(self, name: str) -> npt.NDArray[Any]:
        """Return a layer, [n_sites]. Raises StoreError where it is absent."""
        found: npt.NDArray[Any] = super().layer(name)[0]
        return found
