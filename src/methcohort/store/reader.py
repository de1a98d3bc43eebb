"""Reading a store: the one module that opens stores for anyone.

A store is samples x sites. `Store` gives its axes; regions and samples are views that read their
values when asked, as numpy arrays.
"""

import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import h5py
import numpy as np
import numpy.typing as npt

from ..core.errors import DamagedStoreError, StoreError, UnnamedValueError, one_line, short
from ..files import NO_LOCKS
from .digest import text_of
from .positions import Positions
from .schema import BLOCK_SITES, COUNT_LAYERS, FORMAT, KIND_NAMES, LAYERS, READABLE, names_in
from .tiles import Tiles
from .vetted import VettedFile

SHARED_FILES: Final = ("bed", "reference", "aliases")
"""Members of provenance that tell path and SHA-256 of a file, besides those of the samples."""

_MEMBERS: Final = ("software", "config")
_NO_FILE: Final = {"path": "", "sha256": ""}
_VERSION: Final = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?")
_REGION: Final = re.compile(r"(.+):([0-9,]{1,30})-([0-9,]{1,30})")

READS: Final = " and ".join(f"{major}.x" for major in READABLE)
"""Versions of the format that are read, in words."""

UNREADABLE: Final = (
    OSError,
    RuntimeError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
)
"""What h5py and numpy raise where a file holds something else than it should."""


def open_store(path: str | Path) -> "Store":
    """Open a store for reading.

    Raises
    ------
    StoreError
        Where the file is missing, is no store, is damaged, or is of a version that this reader is
        too old for.
    """
    return Store(path)


def query(path: str | Path, region: str) -> "Region":
    """Return one region of a store with its values already read; see `Store.region`."""
    with open_store(path) as store:
        return store.region(region).load()


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


class Store:
    """An open store; a context manager. Threads may share it.

    Attributes
    ----------
    path : where it lies
    samples, chroms, layers : names, in the order of the store
    kinds : what is known of the sites: strand and context, or nothing
    chrom_offset : int64[n_chroms + 1], first site of each chromosome
    format_version : of the file format, `MAJOR.MINOR`
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file, self.format_version, version = _open(self.path)
        self._counts, self._input_columns = names_in(version)
        self._tiles: dict[str, Tiles] = {}
        try:
            with self._named("the names and offsets"):
                self.samples = _names(self._file["samples/name"])
                self.chroms = _names(self._file["chroms/name"])
                self.layers = _layers(self._file.texts("layers"))
                self.chrom_offset = _offset(self._file["chroms/offset"])
                self._file.lengths["sites"] = self.n_sites
                self._file.find("sites/pos")
                self.kinds = self._known_kinds()
                if not self.samples:
                    raise ValueError("there are no samples")
        except BaseException:
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
    def generated_by(self) -> str:
        """Name and version of the program that wrote the store."""
        return self._attribute("generated-by")

    @property
    def rows_agree(self) -> bool:
        """Whether any part of the samples would tell the same strand and context of its sites.

        True where nothing is known of any site; False where the store does not say.
        """
        if not self.kinds:
            return True
        with self._named("the attribute rows-agree"):
            return self._file.has_attribute("rows-agree") and self._attribute("rows-agree") == "yes"

    @property
    def provenance(self) -> dict[str, Any]:
        """Versions and configuration that made the store."""
        with self._named("the attribute provenance"):
            return _provenance_of(self._attribute("provenance"))

    @cached_property
    def sheet(self) -> dict[str, tuple[str, ...]]:
        """The further columns of the sheet: one text a sample, by column."""
        with self._named("the sheet"):
            columns = _names(self._file["sheet/columns"])
            rows = [tuple(map(text_of, row)) for row in self._file["sheet/values"][()]]
        return dict(zip(columns, rows, strict=True))

    @cached_property
    def sample_counts(self) -> dict[str, npt.NDArray[np.int64]]:
        """What was counted for each sample: int64[n_samples] by name, see `docs/format.md`."""
        with self._named("the counts of the samples"):
            return {name: self._file[f"samples/{name}"][()] for name in self._counts}

    @cached_property
    def inputs(self) -> dict[str, tuple[Any, ...]]:
        """The files that the store was made from: path, format, sha256 ... by name."""
        with self._named("the inputs"):
            found = {name: _column(self._file[f"inputs/{name}"]) for name in self._input_columns}
            for sample in found["sample"]:
                if not 0 <= sample < len(self.samples):
                    message = f"found an input of sample number {sample}"
                    raise ValueError(message)
            return found

    @cached_property
    def pos(self) -> npt.NDArray[np.int32]:
        """Positions of all sites, int32[n_sites], 1-based."""
        return self.positions(0, self.n_sites)

    def positions(self, start: int, stop: int) -> npt.NDArray[np.int32]:
        """Return the positions of the sites [start, stop), int32, 1-based."""
        start, stop = _clipped(start, stop, self.n_sites)
        with self._named(f"the positions of sites {start:,} to {stop:,}"):
            return self._positions.read(start, stop)

    @cached_property
    def legends(self) -> dict[str, tuple[str, ...]]:
        """What the values 0, 1 ... of each of `kinds` mean."""
        with self._named("the legends of strand and context"):
            return {name: self._file.texts("legend", f"sites/{name}") for name in self.kinds}

    def strand(self, start: int, stop: int) -> npt.NDArray[np.uint8]:
        """Return the strand of the sites [start, stop), uint8; `legends` names the values.

        All are 0, unknown, where the store knows none.
        """
        return self._kind("strand", start, stop)

    def context(self, start: int, stop: int) -> npt.NDArray[np.uint8]:
        """Return the context of the sites [start, stop), uint8; `legends` names the values.

        All are 0, unknown, where the store knows none.
        """
        return self._kind("context", start, stop)

    def _kind(self, name: str, start: int, stop: int) -> npt.NDArray[np.uint8]:
        start, stop = _clipped(start, stop, self.n_sites)
        if name not in self.kinds:
            return np.zeros(stop - start, np.uint8)
        with self._named(f"the {name} of sites {start:,} to {stop:,}"):
            tiles = self._open_tiles(f"sites/{name}")
            found: npt.NDArray[np.uint8] = tiles.read(np.zeros(1, np.intp), start, stop)[0]
            largest = int(found.max(initial=0))
            if largest >= len(self.legends[name]):
                message = f"found the value {largest}, which the legend does not name"
                raise UnnamedValueError(message)
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
        chrom, low, high = parse_region(region, self._chrom_numbers)
        start, stop = self.find(chrom, low, high)
        rows = None if samples is None else [self.sample_number(name) for name in samples]
        names = self.samples if samples is None else tuple(samples)
        return Region(self, chrom, names, rows, start, self.positions(start, stop))

    def find(self, chrom: str, low: int, high: int) -> tuple[int, int]:
        """Return the first site and the end of those of a chromosome from `low` to `high`."""
        number = self._chrom_numbers[chrom]
        first, end = (int(n) for n in self.chrom_offset[number : number + 2])
        with self._named(f"the positions of {chrom}"):
            start = self._positions.find(low, first, end)
            return start, self._positions.find(high + 1, first, end)

    def sample(self, name: str) -> "SampleView":
        """Return one sample at all sites. Raises StoreError where there is no such sample."""
        return SampleView(self, name, self.sample_number(name))

    def sample_number(self, name: str) -> int:
        """Return the row of a sample. Raises StoreError where there is no such sample."""
        try:
            return self._numbers[name]
        except KeyError:
            message = f"{self.path}: found no sample {name!r}; see methcohort info for the names"
            raise StoreError(message) from None

    def read_layer(
        self, layer: str, rows: int | slice | Sequence[int], start: int, stop: int
    ) -> npt.NDArray[Any]:
        """Return a layer's values of some samples at the sites [start, stop).

        Parameters
        ----------
        rows : numbers of samples, in any order; for a single int the result has one axis
        start, stop : numbers of sites, as in a slice

        Raises
        ------
        StoreError
            Where the store has no such layer or sample, or the values are damaged.
        TypeError
            Where `rows` are no whole numbers.
        """
        if layer not in self.layers:
            message = f"{self.path}: found no layer {layer}; the store has {', '.join(self.layers)}"
            raise StoreError(message)
        numbers = self._row_numbers(rows)
        start, stop = _clipped(start, stop, self.n_sites)
        with self._named(f"layer {layer}, sites {start:,} to {stop:,}"):
            found = self._open_tiles(f"layers/{layer}").read(numbers.reshape(-1), start, stop)
            return found if numbers.ndim else found[0]

    def layer_dtype(self, layer: str) -> np.dtype[Any]:
        """Return the dtype of a layer of the store. Raises StoreError where it cannot be read."""
        with self._named(f"layer {layer}"):
            found: np.dtype[Any] = self._file[f"layers/{layer}"].dtype
            return found

    def blocks(
        self,
        layers: Sequence[str] | None = None,
        samples: Sequence[str] | None = None,
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
        rows = slice(None) if samples is None else [self.sample_number(name) for name in samples]
        yield from self._blocks(
            self.layers if layers is None else layers, rows, 0, self.n_sites, sites
        )

    def _blocks(
        self,
        layers: Sequence[str],
        rows: slice | Sequence[int],
        first: int,
        end: int,
        sites: int,
    ) -> Iterator[Block]:
        """Yield the sites [first, end), cut at multiples of `sites`."""
        if sites < 1:
            message = f"found {sites} sites for one block; expected 1 or more"
            raise ValueError(message)
        start = first
        while start < end:
            stop = min((start // sites + 1) * sites, end)
            pos = self.positions(start, stop)
            values = {layer: self.read_layer(layer, rows, start, stop) for layer in layers}
            yield Block(start, stop, pos, values)
            start = stop

    def _row_numbers(self, rows: int | slice | Sequence[int]) -> npt.NDArray[np.intp]:
        """Return the numbers of samples, from 0; without an axis where `rows` is a single one."""
        n_samples = len(self.samples)
        if isinstance(rows, slice):
            return np.arange(n_samples)[rows]
        numbers = np.asarray(rows)
        if numbers.size and (numbers.dtype.kind not in "iu" or numbers.ndim > 1):
            message = f"found {rows!r} as rows; expected a whole number, several, or a slice"
            raise TypeError(message)
        for absent in numbers[(numbers < -n_samples) | (numbers >= n_samples)][:1].tolist():
            message = f"{self.path}: found no sample number {absent}; there are {n_samples}"
            raise StoreError(message)
        return numbers.astype(np.intp) % n_samples

    @property
    def file(self) -> VettedFile:
        """The open file, which hands out datasets that can be read."""
        return self._file

    def _known_kinds(self) -> tuple[str, ...]:
        """Return `KIND_NAMES` where the store has both. Raises ValueError where it has one."""
        if self.format_version.split(".")[0] == "1":
            return ()
        found = tuple(name for name in KIND_NAMES if self._file.has(f"sites/{name}"))
        if found not in ((), KIND_NAMES):
            message = f"found {found[0]} of the sites without {' or '.join(KIND_NAMES)}"
            raise ValueError(message)
        for name in found:
            self._file.find(f"sites/{name}")
        return found

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: k for k, name in enumerate(self.samples)}

    @cached_property
    def _chrom_numbers(self) -> dict[str, int]:
        return {name: k for k, name in enumerate(self.chroms)}

    @cached_property
    def _positions(self) -> Positions:
        return Positions(self._open_tiles("sites/pos"))

    def _open_tiles(self, name: str) -> Tiles:
        if name not in self._tiles:
            self._tiles[name] = Tiles(self._file[name])
        return self._tiles[name]

    def _attribute(self, name: str) -> str:
        with self._named(f"the attribute {name}"):
            return self._file.text(name)

    @contextmanager
    def _named(self, what: str) -> Iterator[None]:
        """Turn what HDF5 raises into an error that names the store and the part.

        A closed store is an error even where what is wanted would still be in memory.
        """
        try:
            if not self._file:
                raise ValueError("the store is closed")
            yield
        except UNREADABLE as error:
            if isinstance(error, StoreError):
                raise
            message = (
                f"{self.path}: {what} cannot be read ({one_line(error)}); the store is damaged or "
                "closed; run methcohort verify, and build it again"
            )
            raise DamagedStoreError(message).of(one_line(error)) from error


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

    @cached_property
    def strand(self) -> npt.NDArray[np.uint8]:
        """Strand of the sites, uint8[n_sites]; `Store.legends` names the values."""
        return self._store.strand(self._start, self._start + len(self.pos))

    @cached_property
    def context(self) -> npt.NDArray[np.uint8]:
        """Context of the sites, uint8[n_sites]; `Store.legends` names the values."""
        return self._store.context(self._start, self._start + len(self.pos))

    def layer(self, name: str) -> npt.NDArray[Any]:
        """Return a layer, [n_samples, n_sites]. Raises StoreError where it is absent."""
        stop = self._start + len(self.pos)
        return self._store.read_layer(name, self._rows, self._start, stop)

    def blocks(self, sites: int = BLOCK_SITES) -> Iterator[Block]:
        """Yield the region in order, up to so many sites at a time, with all layers.

        Raises what `Store.blocks` raises. Nothing of it is kept in the region.
        """
        stop = self._start + len(self.pos)
        return self._store._blocks(self._store.layers, self._rows, self._start, stop, sites)

    def load(self) -> Self:
        """Read the values of all layers now, so that the store can be closed."""
        for name in ("strand", "context", *self._store.layers):
            getattr(self, name)
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


def parse_region(region: str, chroms: Collection[str]) -> tuple[str, int, int]:
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
    return match[1], start, min(end, 2**31 - 1)


def _clipped(start: int, stop: int, n: int) -> tuple[int, int]:
    """Return a range as a slice of `n` things has it."""
    start, stop, _ = slice(start, stop).indices(n)
    return start, max(start, stop)


def _open(path: Path) -> tuple[VettedFile, str, tuple[int, int]]:
    """Return an open store, and its version as text and as MAJOR and MINOR."""
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        message = f"{path}: {what}; expected a store"
        raise StoreError(message)
    if not os.access(path, os.R_OK):
        message = f"{path}: cannot be read (permission denied); permit it (chmod u+r)"
        raise StoreError(message)
    try:
        file = _opened(path)
    except (OSError, RuntimeError) as error:
        message = (
            f"{path}: cannot be opened ({one_line(error)}); expected a store; it may be of another "
            "kind, cut, or damaged; build it again"
        )
        raise StoreError(message) from error
    try:
        vetted = VettedFile(path, file)
        return vetted, *_version_in(vetted)
    except BaseException as error:
        file.close()
        if isinstance(error, StoreError) or not isinstance(error, UNREADABLE):
            raise
        message = f"{path}: the attributes cannot be read ({one_line(error)}); the store is damaged"
        raise StoreError(message) from error


def _opened(path: Path) -> h5py.File:
    """Open a file with the lock that h5py takes by default, or with none where there are none.

    HDF5 refuses to open a file in two ways at once, and users have h5py, too.
    """
    try:
        return h5py.File(path, "r", locking="best-effort")
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    return h5py.File(path, "r", locking=False)


def _version_in(file: VettedFile) -> tuple[str, tuple[int, int]]:
    """Return the version of the format of a store, as text and as MAJOR and MINOR.

    Raises StoreError where the file is no store, or of a version that is not read.
    """
    if not file.has_attribute("format") or file.text("format") != FORMAT:
        message = (
            f"{file.path}: is HDF5, but no methcohort store; expected one made by methcohort build"
        )
        raise StoreError(message)
    found = file.text("format-version")
    match = _VERSION.fullmatch(found)
    if match is None or match[1] not in READABLE:
        message = (
            f"{file.path}: has format version {short(found)}; this methcohort reads {READS}; "
            "use another version of methcohort, or build the store again"
        )
        raise StoreError(message)
    return found, (int(match[1]), int(match[2] or 0))


def _names(dataset: h5py.Dataset) -> tuple[str, ...]:
    """Return a list of different texts."""
    found = _column(dataset)
    if len(set(found)) < len(found):
        message = f"{dataset.name} has other values than different names"
        raise ValueError(message)
    return found


def _layers(found: tuple[str, ...]) -> tuple[str, ...]:
    if found not in (COUNT_LAYERS, LAYERS):
        said = short(", ".join(found))
        message = f"found the layers {said}; expected {', '.join(LAYERS)}"
        raise ValueError(message)
    return found


def _offset(dataset: h5py.Dataset) -> npt.NDArray[np.int64]:
    """Return the first site of each chromosome, int64[n_chroms + 1]."""
    found: npt.NDArray[np.int64] = dataset[()]
    if found[0] != 0 or (found[1:] <= found[:-1]).any():
        message = f"{dataset.name} does not increase from 0"
        raise ValueError(message)
    return found


def _provenance_of(text: str) -> dict[str, Any]:
    """Return provenance, of bounded size and depth. Raises ValueError where the text is none."""
    try:
        found: Any = json.loads(text)
    except RecursionError as error:
        raise ValueError("the values are nested too deep") from error
    if isinstance(found, dict) and all(isinstance(found.get(key), dict) for key in _MEMBERS):
        files = [found.get(name, _NO_FILE) for name in SHARED_FILES]
        if all(isinstance(file, dict) for file in files) and all(
            isinstance(file.get(key), str) for file in files for key in _NO_FILE
        ):
            return found
    message = f"the text is no JSON object with {' and '.join(_MEMBERS)}"
    raise ValueError(message)


def _column(dataset: h5py.Dataset) -> tuple[Any, ...]:
    values = dataset[()].tolist()
    return tuple(map(text_of, values) if dataset.dtype.kind == "S" else values)
