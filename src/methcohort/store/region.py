"""Views of a store: some samples at some sites, whose values are read when they are asked for."""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol, Self

import numpy as np
import numpy.typing as npt

from ..core.errors import StoreError
from .schema import BLOCK_SITES, MAX_POS

_REGION: Final = re.compile(r"(.+):([0-9,]{1,30})-([0-9,]{1,30})")

Rows = int | slice | Sequence[int]
"""Numbers of samples."""


class _Readable(Protocol):
    """What a view reads from: a `Store`."""

    @property
    def layers(self) -> tuple[str, ...]: ...

    @property
    def n_sites(self) -> int: ...

    def positions(self, start: int, stop: int) -> npt.NDArray[np.int32]: ...

    def strand(self, start: int, stop: int) -> npt.NDArray[np.uint8]: ...

    def context(self, start: int, stop: int) -> npt.NDArray[np.uint8]: ...

    def read_layer(self, layer: str, rows: Rows, start: int, stop: int) -> npt.NDArray[Any]: ...


@dataclass(frozen=True, slots=True)
class Block:
    """The sites [start, stop) of a store, as `Store.blocks` and `Region.blocks` yield them.

    Attributes
    ----------
    start, stop : numbers of the sites
    pos : int32[stop - start], 1-based
    values : by layer, [n_samples, stop - start] in the dtype of the layer
    """

    start: int
    stop: int
    pos: npt.NDArray[np.int32]
    values: dict[str, npt.NDArray[Any]]


def read_blocks(
    store: _Readable, layers: Sequence[str], rows: Rows, sites: tuple[int, int], step: int
) -> Iterator[Block]:
    """Yield the sites [first, end) of a store, cut at multiples of `step`.

    Raises ValueError where `step` is less than 1, and what the store raises.
    """
    if step < 1:
        message = f"found {step} sites for one block; expected 1 or more"
        raise ValueError(message)
    start, end = sites
    while start < end:
        stop = min((start // step + 1) * step, end)
        pos = store.positions(start, stop)
        values = {layer: store.read_layer(layer, rows, start, stop) for layer in layers}
        yield Block(start, stop, pos, values)
        start = stop


class _View(ABC):
    """Some samples at some sites, whose values are read when asked for, and then kept."""

    @abstractmethod
    def layer(self, name: str) -> npt.NDArray[Any]:
        """Return a layer. Raises StoreError where it is absent."""

    @cached_property
    def c(self) -> npt.NDArray[np.unsignedinteger]:
        """Methylated reads, unsigned, of the view's shape."""
        return self.layer("c")

    @cached_property
    def t(self) -> npt.NDArray[np.unsignedinteger]:
        """Unmethylated (converted) reads, unsigned, of the view's shape."""
        return self.layer("t")

    @cached_property
    def pct(self) -> npt.NDArray[np.float32]:
        """Percent methylated, float32, of the view's shape; NaN where not observed."""
        return self.layer("pct")


class Region(_View):
    """The sites of a region: positions, and values of shape [n_samples, n_sites].

    Attributes
    ----------
    chrom : name of the chromosome
    samples : names of the samples, in the order of the rows
    pos : int32[n_sites], 1-based
    """

    def __init__(
        self,
        store: _Readable,
        chrom: str,
        samples: tuple[str, ...],
        rows: Sequence[int] | None,
        start: int,
        pos: npt.NDArray[np.int32],
    ) -> None:
        self.chrom = chrom
        self.samples = samples
        self.pos = pos
        self._store = store
        self._rows = slice(None) if rows is None else rows
        self._sites = start, start + len(pos)

    @cached_property
    def strand(self) -> npt.NDArray[np.uint8]:
        """Strand of the sites, uint8[n_sites]; `Store.legends` names the values."""
        return self._store.strand(*self._sites)

    @cached_property
    def context(self) -> npt.NDArray[np.uint8]:
        """Context of the sites, uint8[n_sites]; `Store.legends` names the values."""
        return self._store.context(*self._sites)

    def layer(self, name: str) -> npt.NDArray[Any]:
        """Return a layer, [n_samples, n_sites]. Raises StoreError where it is absent."""
        return self._store.read_layer(name, self._rows, *self._sites)

    def blocks(self, sites: int = BLOCK_SITES) -> Iterator[Block]:
        """Yield the region in order, up to so many sites at a time, with all layers.

        Raises what `Store.blocks` raises. Nothing of it is kept in the region.
        """
        return read_blocks(self._store, self._store.layers, self._rows, self._sites, sites)

    def load(self) -> Self:
        """Read the values of all layers now, so that the store can be closed."""
        for name in ("strand", "context", *self._store.layers):
            getattr(self, name)
        return self


class SampleView(_View):
    """One sample at all sites: values of shape [n_sites]."""

    def __init__(self, store: _Readable, name: str, number: int) -> None:
        self.name = name
        self._store = store
        self._number = number

    def layer(self, name: str) -> npt.NDArray[Any]:
        """Return a layer, [n_sites]. Raises StoreError where it is absent."""
        return self._store.read_layer(name, self._number, 0, self._store.n_sites)


def parse_region(region: str, chroms: Collection[str]) -> tuple[str, int, int]:
    """Return (chromosome, start, end) of a region, 1-based, both ends included.

    Raises
    ------
    StoreError
        Where the chromosome is not one of `chroms`, or start and end are not a range.
    """
    if region in chroms:
        return region, 1, MAX_POS
    match = _REGION.fullmatch(region)
    if match is None or match[1] not in chroms:
        chrom = match[1] if match else region
        shown = ", ".join(islice(chroms, 5)) + (", ..." if len(chroms) > 5 else "")
        message = (
            f"found {region!r}; expected CHROM or CHROM:START-END such as chr1:1,000-2,000; "
            f"the store has no chromosome {chrom!r}, but {shown or 'none'}"
        )
        raise StoreError(message)
    start, end = (int(match[k].replace(",", "") or 0) for k in (2, 3))
    if not 1 <= start <= end:
        message = f"found the region {region!r}; expected 1 <= start <= end"
        raise StoreError(message)
    return match[1], start, min(end, MAX_POS)


def row_numbers(rows: Rows, n_samples: int, path: Path) -> npt.NDArray[np.intp]:
    """Return the numbers of samples, from 0; without an axis where `rows` is a single one.

    Raises TypeError where `rows` are not whole numbers, StoreError where there is no such sample.
    """
    if isinstance(rows, slice):
        return np.arange(n_samples)[rows]
    numbers = np.asarray(rows)
    if numbers.size and (numbers.dtype.kind not in "iu" or numbers.ndim > 1):
        message = f"found {rows!r} as rows; expected a whole number, several, or a slice"
        raise TypeError(message)
    for absent in numbers[(numbers < -n_samples) | (numbers >= n_samples)][:1].tolist():
        message = f"{path}: found no sample number {absent}; there are {n_samples}"
        raise StoreError(message)
    return numbers.astype(np.intp) % n_samples


def clipped(start: int, stop: int, n: int) -> tuple[int, int]:
    """Return a range as a slice of `n` things has it."""
    start, stop, _ = slice(start, stop).indices(n)
    return start, max(start, stop)
