"""Stores as sources: opened to take samples over into a new one.

They have to be whole, and made by this version of the program.
"""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from ..cohort import Cohort, Config, Sample, SampleRecord, Source, format_of
from ..core.errors import DamagedStoreError, StoreError, one_line, short
from ..engine import Memory, SharedArray
from ..files import identity
from ..matrix import PLACE_DTYPE, StoreChunks, damaged, expect_axis, expect_claims
from ..readers import AUTO, columns_fault, format_names
from ..store import SHARED_FILES, UNREADABLE, StoreReader, open_reader, seal_fault
from ..store.cytosine import CHG, CONTEXT_BITS, CONTEXTS, CPG, KIND_DTYPE
from ..store.schema import DIGEST_BYTES, FORMAT_VERSION, INPUT_COLUMNS, POS_DTYPE, SAMPLE_COUNTS

_KIND_OF_CONTEXT: Final = np.array(
    [0, *CONTEXT_BITS.values(), CPG | CHG], KIND_DTYPE
)  # in the order of CONTEXTS: unknown, three, mixed

_READ_SITES: Final = 1 << 22


class SourceStore:
    """A store from which samples are taken; a context manager.

    Attributes
    ----------
    path, file : the store, and which file that was when it was opened
    store : the same, open
    cohort : its samples with the files that they were made from; formats as they were found
    records : what it records of each sample
    config : the configuration that it was made with
    made_with : versions of the programs that made it
    files : path and SHA-256 of the other files that it was made from
    grid : what its layers are

    Raises
    ------
    StoreError
        Where it is not a store, damaged, or made by another version of the program.
    """

    def __init__(self, path: str | Path) -> None:
        found = identity(str(path))
        self.store = open_reader(path)
        try:
            self._check()
            self.path = str(path)
            if found is None or identity(self.path) != found:
                message = f"{path}: was replaced while it was opened; run again"
                raise DamagedStoreError(message)
            self.file = found
            self.cohort = cohort_of(self.store)
            provenance = self.store.provenance
            self.config = Config.from_mapping(provenance["config"], f"{path}, provenance")
            self.made_with: dict[str, str] = provenance["software"]
            self.records = _records(self.store)
            self.files: dict[str, dict[str, str]] = {
                name: provenance[name] for name in SHARED_FILES if name in provenance
            }
            self.grid = expect_claims(self.store, self.config)
        except BaseException:
            self.store.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.store.close()

    def close(self) -> None:
        """Close the file."""
        self.store.close()

    def share(self, memory: Memory, *, as_is: bool) -> StoreChunks:
        """Return where the chunks lie, for workers; see `StoreChunks`.

        Raises StoreError where positions, digests or the table of chunks cannot be read.
        """
        grid = self.grid
        table = np.zeros((len(grid.layers), *grid.tiles), PLACE_DTYPE)
        for layer, places in zip(grid.layers, table, strict=True):
            self._find_chunks(layer, places)
        shape = len(grid.layers), grid.n_samples, grid.n_blocks, DIGEST_BYTES
        digests = memory.empty(shape, np.uint8)
        for layer, part in zip(grid.layers, digests.open(memory.arenas), strict=True):
            part[:] = self._read(f"digests/{layer}")
        return StoreChunks(
            self.path, self.file, grid, memory.share(table), digests, self.sites(memory), as_is
        )

    def sites(self, memory: Memory) -> SharedArray:
        """Return the positions of the sites, int32[n_sites].

        Raises DamagedStoreError where they do not increase on each chromosome, since kernels search
        them, or where they, strands or contexts differ from their digests.
        """
        pos = memory.empty(self.grid.n_sites, POS_DTYPE)
        view = pos.open(memory.arenas)
        for start in range(0, self.grid.n_sites, _READ_SITES):
            stop = min(start + _READ_SITES, self.grid.n_sites)
            view[start:stop] = self.store.positions(start, stop)
            self._check_order(view, start, stop)
            expect_axis(self.store, "pos", view[start:stop], start)
            for name in self.store.kinds:
                read = self.store.strand if name == "strand" else self.store.context
                expect_axis(self.store, name, read(start, stop), start)
        return pos

    def _check_order(self, pos: npt.NDArray[np.int32], start: int, stop: int) -> None:
        """Raise DamagedStoreError where a position in [start, stop) is not above the one before."""
        before = max(start - 1, 0)
        low = np.flatnonzero(np.diff(pos[before:stop]) <= 0) + before + 1
        if pos[start:stop].min() < 1 or not np.isin(low, self.store.chrom_offset).all():
            message = f"{self.path}: its positions do not increase; it is damaged; build it again"
            raise DamagedStoreError(message)

    def spans(self, chroms: Sequence[str], offset: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return first site and end of each of `chroms`, int64[n_chroms, 2]; 0 for none.

        `offset` has the first site of each chromosome of the store, and the end. Raises
        DamagedStoreError where the store has them in another order, or one twice.
        """
        names = self.store.chroms
        own = {name: k for k, name in enumerate(names)}
        listed = np.zeros((len(names) + 1, 2), np.int64)  # the last is that of all others
        listed[:-1, 0], listed[:-1, 1] = offset[:-1], offset[1:]
        spans = listed[np.array([own.get(name, -1) for name in chroms], np.int64)]
        there = spans[spans[:, 0] < spans[:, 1]]
        if (np.diff(there[:, 0]) < 0).any() or len(own) != len(names):
            raise damaged(self.path, "its chromosomes are not in their order")
        return spans

    def kinds(self, start: int, stop: int) -> npt.NDArray[np.uint8]:
        """Return the kinds of the sites [start, stop), uint8, as `cytosine.py` has them."""
        context = self.store.context(start, stop)
        if int(context.max(initial=0)) >= len(CONTEXTS):
            message = f"{self.path}: has an unknown context; build it again"
            raise StoreError(message)
        found: npt.NDArray[np.uint8] = _KIND_OF_CONTEXT[context] | self.store.strand(start, stop)
        return found

    def _check(self) -> None:
        """Raise StoreError where the store is not as this version of the program writes it."""
        store, made_by = self.store, f"methcohort {version('methcohort')}"
        try:
            fault = seal_fault(store.path)
        except OSError as error:
            fault = f"cannot be read as a whole ({one_line(error)})"
        if fault is not None:
            message = f"{store.path}: {fault}; expected a store as it was written; build it again"
            raise DamagedStoreError(message)
        if store.format_version != FORMAT_VERSION or store.generated_by != made_by:
            message = (
                f"{store.path}: was made by {short(store.generated_by)} "
                f"(format {store.format_version}); expected {made_by} (format {FORMAT_VERSION}); "
                "build it again with this version"
            )
            raise StoreError(message)

    def _find_chunks(self, layer: str, places: npt.NDArray[Any]) -> None:
        """Fill in where the chunks of a layer lie, `PLACE_DTYPE` [rows, columns] of chunks."""
        height, width = self.grid.chunk

        def add(info: Any) -> None:
            sample, site = info.chunk_offset
            if not info.filter_mask:
                places[sample // height, site // width] = info.byte_offset, info.size

        if places.size:
            try:
                self.store.file[f"layers/{layer}"].id.chunk_iter(add)
            except UNREADABLE as error:
                what = f"the chunks of layer {layer} cannot be found ({one_line(error)})"
                raise damaged(self.path, what) from error
        ends = places["offset"] + places["size"]
        if places.size and (places["size"].min() < 1 or ends.max() > self.file.size):
            raise damaged(self.path, f"layer {layer} has chunks that are not in the file")

    def _read(self, name: str) -> npt.NDArray[Any]:
        try:
            found: npt.NDArray[Any] = self.store.file[name][()]
        except UNREADABLE as error:
            message = f"{self.path}: {name} cannot be read ({one_line(error)}); build it again"
            raise DamagedStoreError(message) from error
        return found


def cohort_of(store: StoreReader) -> Cohort:
    """Return the cohort that a store was made of, as the store records it.

    Raises
    ------
    StoreError
        Where it does not list the files of each sample in order, or names a format that is
        not known.
    ConfigError
        Where the configuration that it records is not valid.
    """
    of = store.inputs["sample"]
    if sorted({*of}) != list(range(len(store.samples))) or list(of) != sorted(of):
        message = (
            f"{store.path}: does not list the text files of each sample in order; it was made by "
            "another program, and cannot be compared with its text"
        )
        raise StoreError(message)
    _expect_formats(store)
    names = store.inputs.get("name", [store.samples[k] for k in of])
    sources: list[list[Source]] = [[] for _ in store.samples]
    paths, formats = store.inputs["path"], store.inputs["format"]
    for k, name, path, text in zip(of, names, paths, formats, strict=True):
        sources[k].append(Source(name, path, *format_of(text)))
    rows = zip(store.samples, sources, *store.sheet.values(), strict=True)
    return Cohort(
        name=store.path.stem,
        samples=tuple(Sample(name, "", tuple(parts), tuple(extra)) for name, parts, *extra in rows),
        columns=tuple(store.sheet),
    )


def _expect_formats(store: StoreReader) -> None:
    """Raise StoreError where nothing describes the format of a file."""
    config = Config.from_mapping(store.provenance["config"], f"{store.path}, provenance")
    known = {*format_names(config.custom)} - {AUTO}
    for text in dict.fromkeys(store.inputs["format"]):
        name, columns = format_of(text)
        if name not in known or columns_fault(name, columns, config.custom):
            message = (
                f"{store.path}: inputs/format has {short(text) or 'no name'}, which this "
                "methcohort does not know; use the version that made the store, or build it again"
            )
            raise StoreError(message)


def _records(store: StoreReader) -> list[SampleRecord]:
    """Return what a store records of each sample."""
    files: list[list[dict[str, Any]]] = [[] for _ in store.samples]
    for k, *values in zip(*(store.inputs[name] for name in INPUT_COLUMNS), strict=True):
        files[k].append(dict(zip(INPUT_COLUMNS[1:], values, strict=True)))
    counts = zip(*(store.sample_counts[name].tolist() for name in SAMPLE_COUNTS), strict=True)
    return [
        SampleRecord(
            dict(zip(SAMPLE_COUNTS, one, strict=True)), tuple(listed), (str(store.path), name)
        )
        for name, one, listed in zip(store.samples, counts, files, strict=True)
    ]
