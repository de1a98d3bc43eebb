"""Reading a store: the one module that opens stores for anyone.

A store is samples x sites. `StoreReader` gives its axes and reads values as numpy arrays; which of
them are wanted, by regions, names and conditions, is for `select`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..core.errors import StoreError, UnnamedValueError, nearest
from .digest import text_of
from .hdf5 import column_of, names_of, open_vetted, read_axes, reading
from .positions import Positions
from .provenance import provenance_of
from .rows import Rows, clipped, row_numbers
from .schema import BLOCK_SITES, INPUT_COLUMNS, LENGTHS, SAMPLE_COUNTS
from .tiles import Tiles
from .vetted import VettedFile


def open_reader(path: str | Path) -> "StoreReader":
    """Open a store for reading.

    Raises
    ------
    StoreError
        Where the file is missing, not a store, damaged, or of another major version of the format.
    """
    return StoreReader(path)


class StoreReader:
    """An open store; a context manager. Threads may share it.

    Attributes
    ----------
    path : of the file
    samples, chroms, layers : names, in the order of the store
    kinds : what is known of the sites: strand and context, or nothing
    chrom_offset : int64[n_chroms + 1], first site of each chromosome
    format_version : of the file format, `MAJOR.MINOR`
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file, self.format_version = open_vetted(self.path)
        self._tiles: dict[str, Tiles] = {}
        try:
            with self._named("the names and offsets"):
                axes = read_axes(self._file)
        except BaseException:
            self._file.close()
            raise
        self.samples, self.chroms, self.layers, self.kinds, self.chrom_offset = axes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was read stays valid."""
        self._file.close()

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return int(self.chrom_offset[-1])

    @cached_property
    def chunk(self) -> tuple[int, int]:
        """Samples and sites of a chunk: what is read at once where any of it is wanted."""
        with self._named("layer c"):
            return self._open_tiles("layers/c").tile

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
        """Whether any subset of the samples would give the same strand and context of its sites.

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
            return provenance_of(self._attribute("provenance"))

    @cached_property
    def chrom_lengths(self) -> npt.NDArray[np.int64] | None:
        """Lengths of the chromosomes in bases, int64[n_chroms]; None where the store has none."""
        with self._named("the lengths of the chromosomes"):
            if not self._file.has(LENGTHS):
                return None
            found: npt.NDArray[np.int64] = self._file[LENGTHS][()]
            if (found < 1).any():
                message = f"/{LENGTHS} has values below 1"
                raise ValueError(message)
            return found

    @cached_property
    def sheet(self) -> dict[str, tuple[str, ...]]:
        """The further columns of the sheet: one text per sample, by column."""
        with self._named("the sheet"):
            columns = names_of(self._file["sheet/columns"])
            rows = [tuple(map(text_of, row)) for row in self._file["sheet/values"][()]]
        return dict(zip(columns, rows, strict=True))

    @cached_property
    def sample_counts(self) -> dict[str, npt.NDArray[np.int64]]:
        """What was counted for each sample: int64[n_samples] by name, see `docs/format.md`."""
        with self._named("the counts of the samples"):
            return {name: self._file[f"samples/{name}"][()] for name in SAMPLE_COUNTS}

    @cached_property
    def inputs(self) -> dict[str, tuple[Any, ...]]:
        """The files that the store was made from: path, format, sha256 ... by name."""
        with self._named("the inputs"):
            found = {name: column_of(self._file[f"inputs/{name}"]) for name in INPUT_COLUMNS}
            for sample in found["sample"]:
                if not 0 <= sample < len(self.samples):
                    message = f"found an input of sample number {sample}"
                    raise ValueError(message)
            return found

    @cached_property
    def pos(self) -> npt.NDArray[np.int32]:
        """Positions of all sites, int32[n_sites], 1-based."""
        return self.positions(0, self.n_sites)

    @cached_property
    def last_positions(self) -> npt.NDArray[np.int32]:
        """Position of the last site of each chromosome, int32[n_chroms]."""
        ends = self.chrom_offset[1:] - 1
        found = np.empty(len(ends), np.int32)
        for start in range(0, self.n_sites, BLOCK_SITES):  # one read per chromosome is slow
            low, high = np.searchsorted(ends, (start, start + BLOCK_SITES))
            if low < high:
                found[low:high] = self.positions(start, start + BLOCK_SITES)[ends[low:high] - start]
        return found

    def positions(self, start: int, stop: int) -> npt.NDArray[np.int32]:
        """Return the positions of the sites [start, stop), int32, 1-based."""
        start, stop = clipped(start, stop, self.n_sites)
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
        start, stop = clipped(start, stop, self.n_sites)
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

    def chrom_number(self, name: str) -> int:
        """Return the number of a chromosome, or -1 where the store has none of that name."""
        return self._chrom_numbers.get(name, -1)

    def find(self, chrom: str, low: int, high: int) -> tuple[int, int]:
        """Return the first site and the end of those of a chromosome from `low` to `high`."""
        number = self._chrom_numbers[chrom]
        first, end = (int(n) for n in self.chrom_offset[number : number + 2])
        with self._named(f"the positions of {chrom}"):
            start = self._positions.find(low, first, end)
            return start, self._positions.find(high + 1, first, end)

    def sample_number(self, name: str) -> int:
        """Return the row of a sample. Raises StoreError where there is no such sample."""
        try:
            return self._numbers[name]
        except KeyError:
            near = " or ".join(nearest(name, self._numbers))
            hint = f"did you mean {near}?" if near else "see methcohort info for the names"
            message = f"{self.path}: found no sample {name!r}; {hint}"
            raise StoreError(message) from None

    def read_layer(self, layer: str, rows: Rows, start: int, stop: int) -> npt.NDArray[Any]:
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
            Where `rows` are not whole numbers.
        """
        if layer not in self.layers:
            message = f"{self.path}: found no layer {layer}; the store has {', '.join(self.layers)}"
            raise StoreError(message)
        numbers = row_numbers(rows, len(self.samples), self.path)
        start, stop = clipped(start, stop, self.n_sites)
        with self._named(f"layer {layer}, sites {start:,} to {stop:,}"):
            found = self._open_tiles(f"layers/{layer}").read(numbers.reshape(-1), start, stop)
            return found if numbers.ndim else found[0]

    def layer_dtype(self, layer: str) -> np.dtype[Any]:
        """Return the dtype of a layer of the store. Raises StoreError where it cannot be read."""
        with self._named(f"layer {layer}"):
            found: np.dtype[Any] = self._file[f"layers/{layer}"].dtype
            return found

    @property
    def file(self) -> VettedFile:
        """The open file, which hands out datasets that can be read."""
        return self._file

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
        if not self._file:
            message = f"{self.path}: the store is closed; open it again, and read while it is open"
            raise StoreError(message)
        with reading(self.path, what):
            yield
