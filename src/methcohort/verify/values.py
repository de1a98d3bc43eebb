"""Checking a store: that every byte and every value is what was written."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..core.errors import StoreError, UnnamedValueError, one_line, short
from ..store import (
    UNREADABLE,
    StoreReader,
    block_digest,
    content_digest,
    open_reader,
    seal_fault,
    sites_text,
)
from ..store.cytosine import LEGENDS
from ..store.schema import BLOCK_SITES, COUNT_LAYERS
from .counts import Totals, total_faults
from .sheet import compare_with_sheet
from .text import compare_with_text

_MOST_FAULTS: Final = 20
_ROWS: Final = 64
"""Samples that are read at once."""

_LABELS: Final = (
    "inputs",
    "sheet",
    "sample_counts",
    "provenance",
    "assembly",
    "digest",
    "legends",
    "chrom_lengths",
)
"""Members of a store that no digest of values covers."""


def verify(
    path: str | Path,
    *,
    inputs: bool = False,
    samples: str | Path | None = None,
    cohort: str | None = None,
    workers: int | None = None,
    memory: str | int | None = None,
    scratch: str | Path | None = None,
) -> str:
    """Check a store against its seal and its digests, and against its text files if asked to.

    Every byte of the file and every value is read. With `inputs` the files named in the store are
    read again, from the working directory, with the configuration that the store was made with.
    Nothing is written but rows beyond the memory, to a file without a name.

    Parameters
    ----------
    inputs : also compare with the text files
    samples, cohort : also compare names, paths and further columns with a sheet; `cohort` is needed
        where it has several and none has the name of the store
    workers, memory, scratch : for reading these, as for `build`; without `scratch` it is the folder
        of the store, or that for temporary files where the store's cannot be written

    Returns
    -------
    The digest of the content.

    Raises
    ------
    StoreError
        Where something differs: names the layer, the samples and the range of sites.
    InputError, ConfigError, BudgetError, WorkerError
        Where the text files or the sheet cannot be read.
    """
    with open_reader(path) as store:
        try:
            unsealed = seal_fault(store.path)
        except OSError as error:
            unsealed = f"cannot be read as a whole ({one_line(error)})"
        faults = list(islice(_faults(store), _MOST_FAULTS))
        if unsealed is not None and not faults:
            message = f"{path}: {unsealed}; all values agree with their digests; build it again"
            raise StoreError(message)
        if faults:
            lines = [*([unsealed] if unsealed else []), *faults, "is damaged; build it again"]
            raise StoreError("\n".join(f"{path}: {line}" for line in lines))
        if samples is not None:
            compare_with_sheet(store, samples, cohort)
        if inputs:
            compare_with_text(store, workers, memory, scratch)
        return store.digest


def _faults(store: StoreReader) -> Iterator[str]:
    faults = list(_label_faults(store))
    layers, digests = [], {}
    for layer in store.layers:
        try:
            store.read_layer(layer, [], 0, 0)
            layers.append(layer)
        except StoreError as error:
            faults.append(_unreadable(f"layer {layer}", error))
    for name in ("sites", *store.kinds, *store.layers):
        try:
            digests[name] = _digests(store, name)
        except StoreError as error:
            faults.append(str(error))
    yield from faults or _content_faults(store)
    yield from _value_faults(store, layers, digests)


def _value_faults(
    store: StoreReader, layers: list[str], digests: dict[str, npt.NDArray[np.uint8]]
) -> Iterator[str]:
    """Read all positions and values, and compare them with the digests that could be read."""
    totals = Totals(len(store.samples))
    for start in range(0, store.n_sites, BLOCK_SITES):
        stop = min(start + BLOCK_SITES, store.n_sites)
        yield from _site_faults(store, start, stop, digests)
        for first in range(0, len(store.samples), _ROWS):
            rows = range(first, min(first + _ROWS, len(store.samples)))
            yield from _block_faults(store, layers, rows, (start, stop), digests, totals)
    if all(layer in layers for layer in COUNT_LAYERS):
        yield from total_faults(store, totals)


def _digests(store: StoreReader, name: str) -> npt.NDArray[np.uint8]:
    """Return the digests of a layer or of the sites. Raises StoreError where there are none."""
    try:
        found: npt.NDArray[np.uint8] = store.file[f"digests/{name}"][()]
    except UNREADABLE as error:
        message = f"the digests of {name} cannot be read ({one_line(error)})"
        raise StoreError(message) from error
    return found


def _content_faults(store: StoreReader) -> Iterator[str]:
    try:
        digest, stated = content_digest(store.file, store.kinds), store.digest
    except UNREADABLE as error:
        yield f"the names that the digest covers cannot be read ({one_line(error)})"
        return
    if digest != stated:
        yield f"names, offsets and digests give the digest {digest}; the store says {short(stated)}"


def _label_faults(store: StoreReader) -> Iterator[str]:
    """Read what no digest covers: where the values came from, and what was counted."""
    for name in _LABELS:
        try:
            getattr(store, name)
        except StoreError as error:
            yield _unreadable(f"the part {name}", error)
            continue
        if name == "legends":
            yield from _legend_faults(store)
        if name == "chrom_lengths":
            yield from _length_faults(store)


def _legend_faults(store: StoreReader) -> Iterator[str]:
    """Compare the names of the values of strand and context with what they have to be."""
    for name, legend in store.legends.items():
        if legend != LEGENDS[name]:
            found, expected = (short(", ".join(names)) for names in (legend, LEGENDS[name]))
            yield f"the legend of {name} is {found}; expected {expected}"


def _length_faults(store: StoreReader) -> Iterator[str]:
    """Name the chromosomes that end before their last site."""
    try:
        lengths, last = store.chrom_lengths, store.last_positions
        given = store.provenance["config"].get("chrom_sizes")
    except StoreError:  # reported with the labels, or the positions
        return
    if lengths is None:
        if given:
            yield "has no lengths of chromosomes, though it was made with chrom_sizes"
    else:
        for k in np.flatnonzero(last > lengths).tolist():
            found = f"the length of {store.chroms[k]} is {lengths[k]:,}"
            yield f"{found}; its last site is at {last[k]:,}"


def _unreadable(part: str, error: StoreError) -> str:
    """Return an error of the reader as one of a part that verify names itself."""
    return f"{part} cannot be read ({error.reason or error})"


def _site_faults(
    store: StoreReader, start: int, stop: int, digests: dict[str, npt.NDArray[np.uint8]]
) -> Iterator[str]:
    """Compare what is stored of the sites of one block with its digests."""
    yield from _axis_faults(store, "pos", start, stop, digests)
    for name in store.kinds:
        yield from _axis_faults(store, name, start, stop, digests)


def _axis_faults(
    store: StoreReader, name: str, start: int, stop: int, digests: dict[str, npt.NDArray[np.uint8]]
) -> Iterator[str]:
    """Read one of the datasets of the sites, and compare it with its digest."""
    readers: dict[str, tuple[str, str, Callable[[int, int], npt.NDArray[Any]]]] = {
        "pos": ("positions", "sites", store.positions),
        "strand": ("strands", "strand", store.strand),
        "context": ("contexts", "context", store.context),
    }
    what, stated, read = readers[name]
    try:
        values = read(start, stop)
    except StoreError:
        for left, right in _cut(store, f"sites/{name}", start, stop):
            try:
                read(left, right)
            except StoreError as error:
                where = f"the {what} of {sites_text(store, left, right)}"
                unnamed = isinstance(error.__cause__, UnnamedValueError)
                yield f"{where}: {error.reason if unnamed else 'the chunk is damaged'}"
        return
    if stated in digests and _differs(values, digests[stated][start // BLOCK_SITES]):
        yield f"the {what} of {sites_text(store, start, stop)} differ from their digest"


def _block_faults(
    store: StoreReader,
    layers: list[str],
    rows: range,
    sites: tuple[int, int],
    digests: dict[str, npt.NDArray[np.uint8]],
    totals: Totals,
) -> Iterator[str]:
    """Compare some samples at the sites of one block with their digests, and add them up."""
    start, stop = sites
    counts = {}
    for layer in layers:
        for part, values in _parts(store, layer, rows, sites):
            if values is None:
                totals.whole[part.start : part.stop] = False
                yield from _chunk_faults(store, layer, part, sites)
                continue
            if part == rows:
                counts[layer] = values
            elif layer in COUNT_LAYERS:
                whole = counts.setdefault(layer, np.zeros((len(rows), stop - start), values.dtype))
                whole[part.start - rows.start : part.stop - rows.start] = values
            if layer in digests:
                expected = digests[layer][part.start : part.stop, start // BLOCK_SITES]
                for name, row, digest in zip(
                    store.samples[part.start : part.stop], values, expected, strict=True
                ):
                    if _differs(row, digest):
                        where = sites_text(store, start, stop)
                        yield f"layer {layer}, sample {name}, {where}: differs from its digest"
    if all(layer in counts for layer in COUNT_LAYERS):
        totals.add(rows, counts["c"], counts["t"])


def _differs(values: npt.NDArray[Any], digest: npt.NDArray[np.uint8]) -> bool:
    return block_digest(values) != digest.tobytes()


def _parts(
    store: StoreReader, layer: str, rows: range, sites: tuple[int, int]
) -> Iterator[tuple[range, npt.NDArray[Any] | None]]:
    """Yield the values of some samples, or, where a chunk is damaged, those of each row of chunks.

    The values of the damaged ones are None.
    """
    try:
        values = store.read_layer(layer, slice(rows.start, rows.stop), *sites)
    except StoreError:
        height = (store.file.find(f"layers/{layer}").chunks or (1,))[0]
        border = (rows.start // height + 1) * height
        if rows.stop <= border:
            yield rows, None
            return
        yield from _parts(store, layer, range(rows.start, border), sites)
        yield from _parts(store, layer, range(border, rows.stop), sites)
    else:
        yield rows, values


def _chunk_faults(
    store: StoreReader, layer: str, rows: range, sites: tuple[int, int]
) -> Iterator[str]:
    """Name the damaged ones of a row of chunks, with all samples that they hold."""
    names = store.samples[rows.start : rows.stop]
    samples = f"sample{'s' if len(names) > 1 else ''} {', '.join(names)}"
    for start, stop in _cut(store, f"layers/{layer}", *sites):
        try:
            store.read_layer(layer, slice(rows.start, rows.stop), start, stop)
        except StoreError:
            where = sites_text(store, start, stop)
            yield f"layer {layer}, {samples}, {where}: the chunk is damaged"


def _cut(store: StoreReader, name: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Cut a range of sites where the chunks of a dataset end."""
    width = (store.file.find(name).chunks or (BLOCK_SITES,))[-1]
    for left in range(start // width * width, stop, width):
        yield max(left, start), min(left + width, stop)
