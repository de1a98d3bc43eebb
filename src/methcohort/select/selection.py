"""A selection: some samples at some sites of a store, read when asked for."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ..core.errors import StoreError
from ..store import StoreReader
from ..store.schema import BLOCK_SITES, COUNT_LAYERS, KIND_NAMES
from .block import Block, Sites
from .shown import counted, html_table
from .spans import Spans, clip, n_of, numbers_of, runs_of
from .tables import Tables, library

_WIDER: Final[dict[int, np.dtype[Any]]] = {
    1: np.dtype("u2"),
    2: np.dtype("u4"),
    4: np.dtype("u8"),
}
"""What holds the sum of two numbers of so many bytes."""

_READ_BYTES: Final = 1 << 26
"""What is read at once where all of a selection is wanted."""

DERIVED: Final = {"coverage", "beta", "pct"}
"""What can be made of c and t; see `Selection.layer`."""


class Choice(NamedTuple):
    """What is selected of a store, as it can be sent to another process.

    Attributes
    ----------
    rows : numbers of samples, in the order of the output
    spans : int64[n, 2] of first and end of ranges of sites; sorted, disjoint
    contexts, strands : values of the legends to keep; None keeps all
    min_coverage : a value with fewer reads counts as not observed
    """

    rows: npt.NDArray[np.intp]
    spans: Spans
    contexts: tuple[int, ...] | None = None
    strands: tuple[int, ...] | None = None
    min_coverage: int = 1


class Selection(Tables):
    """Some samples at some sites; values are read at each access, and `blocks` reads them in turn.

    Attributes
    ----------
    store : which it is of
    samples : names, in the order of the rows
    rows : numbers of the samples in the store, intp[n_samples]
    spans : int64[k, 2], ranges of sites of the store; those of other contexts are left out after
    contexts, strands : values of the legends that are kept; None keeps all
    min_coverage : values with fewer reads count as not observed: c and t are 0, beta is NaN
    """

    def __init__(self, store: StoreReader, choice: Choice) -> None:
        self.store = store
        self.rows, self.spans, self.contexts, self.strands, self.min_coverage = choice
        self.samples = tuple(store.samples[row] for row in self.rows)

    def __repr__(self) -> str:
        sites = counted(n_of(self.spans), "site")
        if self.contexts is not None or self.strands is not None:
            sites = f"some of {sites}"
        least = f", {self.min_coverage} reads or more" if self.min_coverage > 1 else ""
        what = f"{counted(len(self.samples), 'sample')} x {sites}, {' '.join(self.layers)}{least}"
        return f"<Selection of {self.store.path.name}: {what}>"

    def _repr_html_(self) -> str:
        return html_table(repr(self), {"sample": self.samples, **self.sheet})

    @property
    def choice(self) -> Choice:
        """What is selected, without the store."""
        return Choice(self.rows, self.spans, self.contexts, self.strands, self.min_coverage)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers of the store."""
        return self.store.layers

    @property
    def chroms(self) -> tuple[str, ...]:
        """Names of the chromosomes of the store, which the values of `chrom` number."""
        return self.store.chroms

    @cached_property
    def n_sites(self) -> int:
        """Number of sites; where contexts or strands are chosen, those of all sites are read."""
        if self.contexts is None and self.strands is None:
            return n_of(self.spans)
        return sum(sites.n for sites in self._cut(_READ_BYTES))

    @property
    def sites(self) -> npt.NDArray[np.int64]:
        """Numbers of the sites in the store, int64[n_sites]."""
        return self._along(lambda block: block.sites, np.dtype(np.int64))

    @property
    def pos(self) -> npt.NDArray[np.int32]:
        """Positions, int32[n_sites], 1-based."""
        return self._along(lambda block: block.pos, np.dtype(np.int32))

    @property
    def chrom(self) -> npt.NDArray[np.int32]:
        """Numbers of the chromosomes in `chroms`, int32[n_sites]."""
        return self._along(lambda block: block.chrom, np.dtype(np.int32))

    @property
    def strand(self) -> npt.NDArray[np.uint8]:
        """Strand of the sites, uint8[n_sites]; `Store.legends` names the values."""
        return self._along(lambda block: block.strand, np.dtype(np.uint8))

    @property
    def context(self) -> npt.NDArray[np.uint8]:
        """Context of the sites, uint8[n_sites]; `Store.legends` names the values."""
        return self._along(lambda block: block.context, np.dtype(np.uint8))

    @property
    def c(self) -> npt.NDArray[np.unsignedinteger]:
        """Methylated reads, [n_samples, n_sites]."""
        return self.layer("c")

    @property
    def t(self) -> npt.NDArray[np.unsignedinteger]:
        """Unmethylated (converted) reads, [n_samples, n_sites]."""
        return self.layer("t")

    @property
    def coverage(self) -> npt.NDArray[np.unsignedinteger]:
        """Reads, c + t, [n_samples, n_sites], in twice the bytes of c: the sum always fits."""
        return self.layer("coverage")

    @property
    def beta(self) -> npt.NDArray[np.float32]:
        """Methylated part of the reads, 0 to 1, float32 [n_samples, n_sites]; NaN: no reads."""
        return self.layer("beta")

    @property
    def pct(self) -> npt.NDArray[np.float32]:
        """The same in percent."""
        return self.layer("pct")

    @property
    def sheet(self) -> dict[str, tuple[str, ...]]:
        """The further columns of the sheet, one text a sample."""
        return {
            name: tuple(values[row] for row in self.rows)
            for name, values in self.store.sheet.items()
        }

    def layer(self, name: str) -> npt.NDArray[Any]:
        """Return a layer, [n_samples, n_sites]: c, t, coverage, beta or pct.

        Raises
        ------
        StoreError
            Where there is no such layer, or the store is damaged or closed.
        """
        dtype = self.layer_dtype(name)
        out = np.empty((len(self.rows), self.n_sites), dtype)
        done = 0
        step = max(BLOCK_SITES, _READ_BYTES // (4 * max(1, len(self.rows))))
        for chosen in self._cut(step):
            out[:, done : done + chosen.n] = self._values(chosen, [name])[name]
            done += chosen.n
        return out

    def layer_dtype(self, name: str) -> np.dtype[Any]:
        """Return the dtype of a layer as `layer` gives it. Raises StoreError if there is none."""
        if name == "coverage":
            return _WIDER[self.store.layer_dtype("c").itemsize]
        if name in DERIVED:
            return np.dtype(np.float32)
        if name not in self.store.layers:
            known = ", ".join(dict.fromkeys([*self.store.layers, *sorted(DERIVED)]))
            message = f"{self.store.path}: found no layer {name}; expected one of {known}"
            raise StoreError(message)
        return self.store.layer_dtype(name)

    def blocks(
        self, layers: Sequence[str] | None = None, sites: int = BLOCK_SITES
    ) -> Iterator[Block]:
        """Yield the selection in order, cut at multiples of `sites` sites of the store.

        Each block is read when it is asked for. There is none where nothing is selected.

        Parameters
        ----------
        layers : of c, t, pct, coverage, beta; None takes those of the store
        sites : of one block at most; a multiple of those of a chunk reads no chunk twice

        Raises
        ------
        StoreError
            Where there is no such layer, or the store is damaged or closed.
        ValueError
            Where `sites` is less than 1.
        """
        names = self.store.layers if layers is None else tuple(layers)
        for name in names:
            self.layer_dtype(name)
        for chosen in self._cut(sites):
            yield self._block(chosen, names)

    def lazy(self, name: str) -> Any:
        """Return a layer as a dask array, of which parts are read when they are computed.

        Raises ConfigError where dask is not installed.
        """
        dask = library("dask.array", "anndata", "a lazy layer")
        delayed = library("dask", "anndata", "a lazy layer").delayed
        dtype = self.layer_dtype("coverage" if name in COUNT_LAYERS else name)

        def read(part: Selection) -> npt.NDArray[Any]:
            return part.layer(name).astype(dtype, copy=False)

        parts = [self.restrict(start, start + BLOCK_SITES) for start in self.starts(BLOCK_SITES)]
        arrays = [
            dask.from_delayed(delayed(read)(part), (len(self.rows), part.n_sites), dtype)
            for part in parts
            if part.n_sites
        ]
        if not arrays:
            return dask.zeros((len(self.rows), 0), dtype=dtype)
        return dask.concatenate(arrays, axis=1)

    def starts(self, span: int) -> list[int]:
        """Return the multiples of `span` behind each of which the next so many sites have some."""
        firsts, ends = self.spans[:, 0] // span, -(-self.spans[:, 1] // span)
        found: list[int] = (np.unique(numbers_of(np.column_stack([firsts, ends]))) * span).tolist()
        return found

    def _chosen(self) -> Self:
        return self

    def restrict(self, first: int, end: int) -> Self:
        """Return what it has of the sites [first, end) of the store."""
        return self._with(self.choice._replace(spans=clip(self.spans, first, end)))

    def of_samples(self, first: int, end: int) -> Self:
        """Return what it has of its samples [first, end)."""
        return self._with(self.choice._replace(rows=self.rows[first:end]))

    def _with(self, choice: Choice) -> Self:
        return type(self)(self.store, choice)

    def _cut(self, step: int) -> Iterator[Sites]:
        """Yield the chosen sites, cut at multiples of `step` sites of the store."""
        if step < 1:
            message = f"found {step} sites for one block; expected 1 or more"
            raise ValueError(message)
        spans, start = self.spans, 0
        while len(spans):
            start = max(start, int(spans[0, 0]))
            stop = (start // step + 1) * step
            ended = int(np.searchsorted(spans[:, 1], stop, side="right"))
            chosen = self._sites(clip(spans[: ended + 1], start, stop))
            if chosen.n:
                yield chosen
            spans, start = spans[ended:], stop

    def _sites(self, spans: Spans) -> Sites:
        """Return sites of ranges, without those of other contexts and strands."""
        runs = runs_of(spans, self.store.chunk[1]) if len(spans) > 1 else spans
        keep = None
        if len(runs) < len(spans):
            places = np.searchsorted(runs[:, 0], spans[:, 0], side="right") - 1
            before = np.cumsum(runs[:, 1] - runs[:, 0]) - (runs[:, 1] - runs[:, 0])
            keep = numbers_of(spans - (runs[places, 0] - before[places])[:, None])
        for name, wanted in zip(KIND_NAMES, (self.strands, self.contexts), strict=True):
            if wanted is not None:
                found = np.isin(Sites(runs, keep).take(self._reader(name)), wanted)
                if not found.all():
                    keep = np.flatnonzero(found) if keep is None else keep[found]
        return Sites(runs, keep)

    def _reader(self, kind: str) -> Callable[[int, int], npt.NDArray[np.uint8]]:
        return self.store.strand if kind == "strand" else self.store.context

    def _block(self, chosen: Sites, layers: Sequence[str]) -> Block:
        runs = chosen.runs
        start, stop = int(runs[0, 0]), int(runs[-1, 1])
        index = None
        if chosen.keep is not None or len(runs) > 1:
            numbers = numbers_of(runs) - start
            index = numbers if chosen.keep is None else numbers[chosen.keep]
        numbers = np.arange(start, stop) if index is None else index + start
        chrom = np.searchsorted(self.store.chrom_offset, numbers, side="right") - 1
        pos = chosen.take(self.store.positions)
        values = self._values(chosen, layers)
        return Block(
            start, stop, index, chrom.astype(np.int32), pos, values,
            lambda kind: chosen.take(self._reader(kind)),
        )  # fmt: skip

    def _values(self, chosen: Sites, layers: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """Return the values of layers, by name."""
        read: dict[str, npt.NDArray[Any]] = {}
        stored = [name for name in layers if name in self.store.layers]
        counted = self.min_coverage > 1 or len(stored) < len(layers)
        for name in {*stored, *(("c", "t") if counted else ())}:
            read[name] = chosen.take(self._values_of(name))
        if not counted:
            return {name: read[name] for name in layers}
        coverage = np.add(read["c"], read["t"], dtype=self.layer_dtype("coverage"))
        if self.min_coverage > 1:
            low = coverage < self.min_coverage
            for name, values in {**read, "coverage": coverage}.items():
                values[low] = np.nan if name == "pct" else 0
        read["coverage"] = coverage
        return {name: read[name] if name in read else _level(read, name) for name in layers}

    def _values_of(self, layer: str) -> Callable[[int, int], npt.NDArray[Any]]:
        return lambda start, stop: self.store.read_layer(layer, self.rows, start, stop)

    def _along(
        self, of: Callable[[Block], npt.NDArray[Any]], dtype: np.dtype[Any]
    ) -> npt.NDArray[Any]:
        """Return what blocks have of their sites, one after the other."""
        parts = [of(block) for block in self.blocks((), _READ_BYTES)]
        return np.concatenate(parts) if parts else np.empty(0, dtype)


def _level(read: dict[str, npt.NDArray[Any]], name: str) -> npt.NDArray[np.float32]:
    """Return the level of methylation, `beta` or `pct`; NaN where there are no reads."""
    whole = 100.0 if name == "pct" else 1.0
    coverage = read["coverage"]
    found = np.full(coverage.shape, np.nan)
    np.divide(read["c"] * whole, coverage, out=found, where=coverage > 0)
    return found.astype(np.float32)
