"""Reading a store: the one module that opens stores for anyone.

A store is samples x sites. `Store` gives its axes; regions and samples are views that read their
values when asked, as numpy arrays.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import h5py
import numpy as np
import numpy.typing as npt

from .digest import text_of
from .errors import StoreError
from .layout import FORMAT, FORMAT_VERSION, SAMPLE_COUNTS

_REGION: Final = re.compile(r"(.+):([0-9,]+)-([0-9,]+)")


def open_store(path: str | Path) -> "Store":
    """Open a store for reading.

    Raises
    ------
    StoreError
        Where the file is missing, is no store, or is of a version that this reader is too old for.
    """
    return Store(path)


def query(path: str | Path, region: str) -> "Region":
    """Return one region of a store with its values already read; see `Store.region`."""
    with open_store(path) as store:
        return store.region(region).load()


class Store:
    """An open store; a context manager.

    Attributes
    ----------
    path : where it lies
    samples, chroms, layers : names, in the order of the store
    chrom_offset : int64[n_chroms + 1], first site of each chromosome
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = _open(self.path)
        try:
            with self._named("the names and offsets"):
                self.samples = _strings(self._file["samples/name"])
                self.chroms = _strings(self._file["chroms/name"])
                self.layers = tuple(text_of(name) for name in self._file.attrs["layers"])
                self.chrom_offset: npt.NDArray[np.int64] = self._file["chroms/offset"][()]
        except StoreError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was read stays valid."""
        self._file.close()

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return int(self.chrom_offset[-1])

    @property
    def assembly(self) -> str:
        """Name of the genome assembly."""
        return self._attribute("assembly")

    @property
    def digest(self) -> str:
        """Digest of the content, as the store states it."""
        return self._attribute("digest")

    @property
    def provenance(self) -> dict[str, Any]:
        """Versions and configuration that made the store."""
        found: dict[str, Any] = json.loads(self._attribute("provenance"))
        return found

    @cached_property
    def sheet(self) -> dict[str, tuple[str, ...]]:
        """The further columns of the sheet: one text a sample, by column."""
        with self._named("the sheet"):
            columns = _strings(self._file["sheet/columns"])
            rows = [_strings(row) for row in self._file["sheet/values"][()]]
        return dict(zip(columns, rows, strict=True))

    @cached_property
    def sample_counts(self) -> dict[str, npt.NDArray[np.int64]]:
        """What was counted for each sample: int64[n_samples] by name, see `docs/format.md`."""
        with self._named("the counts of the samples"):
            return {name: self._file["samples"][name][()] for name in SAMPLE_COUNTS}

    @cached_property
    def inputs(self) -> dict[str, tuple[Any, ...]]:
        """The files that the store was made from: path, size, sha256 ... by name."""
        names = ("sample", "path", "size", "sha256", "format", "n_rows")
        with self._named("the inputs"):
            return {name: _column(self._file["inputs"][name]) for name in names}

    @cached_property
    def pos(self) -> npt.NDArray[np.int32]:
        """Positions of all sites, int32[n_sites], 1-based."""
        return self.positions(0, self.n_sites)

    def positions(self, start: int, stop: int) -> npt.NDArray[np.int32]:
        """Return the positions of the sites [start, stop), int32, 1-based."""
        with self._named(f"the positions of sites {start:,} to {stop:,}"):
            found: npt.NDArray[np.int32] = self._file["sites/pos"][start:stop]
        return found

    def region(self, region: str, samples: Sequence[str] | None = None) -> "Region":
        """Return the sites of a region.

        Parameters
        ----------
        region : `chr1:1,000-2,000` (1-based, both ends included), or `chr1` for all of it
        samples : which samples; None means all

        Raises
        ------
        StoreError
            Where the store has no such chromosome or sample, or the text is no region.
        """
        chrom, low, high = parse_region(region, self.chroms)
        number = self.chroms.index(chrom)
        first, end = (int(n) for n in self.chrom_offset[number : number + 2])
        pos = self.positions(first, end)
        start, stop = np.searchsorted(pos, [low, high + 1]).tolist()
        rows = None if samples is None else [self.sample_number(name) for name in samples]
        names = self.samples if samples is None else tuple(samples)
        return Region(self, chrom, names, rows, first + start, pos[start:stop])

    def sample(self, name: str) -> "SampleView":
        """Return one sample at all sites. Raises StoreError where there is no such sample."""
        return SampleView(self, name, self.sample_number(name))

    def sample_number(self, name: str) -> int:
        """Return the row of a sample. Raises StoreError where there is no such sample."""
        try:
            return self.samples.index(name)
        except ValueError:
            message = f"{self.path}: found no sample {name!r}; see methcohort info for the names"
            raise StoreError(message) from None

    def read_layer(
        self, layer: str, rows: int | slice | Sequence[int], start: int, stop: int
    ) -> npt.NDArray[Any]:
        """Return a layer's values of some samples at the sites [start, stop).

        Raises
        ------
        StoreError
            Where the store has no such layer, or the values are damaged.
        """
        if layer not in self.layers:
            message = f"{self.path}: found no layer {layer}; the store has {', '.join(self.layers)}"
            raise StoreError(message)
        with self._named(f"layer {layer}, sites {start:,} to {stop:,}"):
            dataset = self._file["layers"][layer]
            if isinstance(rows, int | slice):
                return np.asarray(dataset[rows, start:stop])
            order = np.unique(np.asarray(rows, np.intp))
            values = dataset[order, start:stop] if len(order) else dataset[:0, start:stop]
            return np.asarray(values[np.searchsorted(order, rows)])

    @property
    def file(self) -> h5py.File:
        """The open HDF5 file."""
        return self._file

    def _attribute(self, name: str) -> str:
        with self._named(f"the attribute {name}"):
            return text_of(self._file.attrs[name])

    @contextmanager
    def _named(self, what: str) -> Iterator[None]:
        """Turn what HDF5 raises into an error that names the store and the part."""
        try:
            yield
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            if isinstance(error, StoreError):
                raise
            message = (
                f"{self.path}: {what} cannot be read ({error}); the store is damaged or closed; "
                "run methcohort verify, and build it again"
            )
            raise StoreError(message) from error


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
        """Converted reads, unsigned, of the view's shape."""
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
        store: Store,
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
        self._start = start

    def layer(self, name: str) -> npt.NDArray[Any]:
        """Return a layer, [n_samples, n_sites]. Raises StoreError where it is absent."""
        stop = self._start + len(self.pos)
        return self._store.read_layer(name, self._rows, self._start, stop)

    def load(self) -> Self:
        """Read the values of all layers now, so that the store can be closed."""
        for layer in self._store.layers:
            getattr(self, layer)
        return self


class SampleView(_View):
    """One sample at all sites: values of shape [n_sites]."""

    def __init__(self, store: Store, name: str, number: int) -> None:
        self.name = name
        self._store = store
        self._number = number

    def layer(self, name: str) -> npt.NDArray[Any]:
        """Return a layer, [n_sites]. Raises StoreError where it is absent."""
        return self._store.read_layer(name, self._number, 0, self._store.n_sites)


def parse_region(region: str, chroms: Sequence[str]) -> tuple[str, int, int]:
    """Return (chromosome, start, end) of a region, 1-based, both ends included.

    Raises
    ------
    StoreError
        Where the chromosome is not one of `chroms`, or start and end are no range.
    """
    if region in chroms:
        return region, 1, 2**31 - 1
    match = _REGION.fullmatch(region)
    if match is None or match[1] not in chroms:
        chrom = match[1] if match else region
        shown = ", ".join(chroms[:5]) + (", ..." if len(chroms) > 5 else "")
        message = (
            f"found {region!r}; expected CHROM or CHROM:START-END such as chr1:1,000-2,000; "
            f"the store has no chromosome {chrom!r}, but {shown or 'none'}"
        )
        raise StoreError(message)
    start, end = (int(match[k].replace(",", "") or 0) for k in (2, 3))
    if not 1 <= start <= end:
        message = f"found the region {region!r}; expected 1 <= start <= end"
        raise StoreError(message)
    return match[1], start, min(end, 2**31 - 1)


def _open(path: Path) -> h5py.File:
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        message = f"{path}: {what}; expected a store"
        raise StoreError(message)
    try:
        file = h5py.File(path, "r", locking="best-effort")
    except (OSError, RuntimeError) as error:
        message = (
            f"{path}: cannot be opened ({error}); expected a store; it may be of another kind, "
            "cut, or damaged; build it again"
        )
        raise StoreError(message) from error
    try:
        _check_identity(path, file)
    except StoreError:
        file.close()
        raise
    except (OSError, RuntimeError, KeyError) as error:
        file.close()
        message = f"{path}: the attributes cannot be read ({error}); the store is damaged"
        raise StoreError(message) from error
    return file


def _check_identity(path: Path, file: h5py.File) -> None:
    if text_of(file.attrs.get("format", "")) != FORMAT:
        message = f"{path}: is HDF5, but no methcohort store; expected one made by methcohort build"
        raise StoreError(message)
    found = text_of(file.attrs.get("format-version", ""))
    if found.split(".")[0] != FORMAT_VERSION.split(".")[0]:
        message = (
            f"{path}: has format version {found}; this methcohort reads {FORMAT_VERSION}; "
            "use another version of methcohort, or build the store again"
        )
        raise StoreError(message)


def _strings(values: Any) -> tuple[str, ...]:
    return tuple(text_of(value) for value in values[()])


def _column(dataset: h5py.Dataset) -> tuple[Any, ...]:
    if h5py.check_string_dtype(dataset.dtype):
        return _strings(dataset)
    return tuple(dataset[()].tolist())
