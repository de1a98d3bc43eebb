"""Checking a store: that every byte and every value is what was written."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..core.errors import StoreError, UnnamedValueError, one_line, short
from ..store import (
    DROPPED,
    UNREADABLE,
    Store,
    block_digest,
    content_digest,
    open_store,
    seal_fault,
    sites_text,
)
from ..store.cytosine import LEGENDS
from ..store.schema import BLOCK_SITES, COUNT_LAYERS
from .sheet import compare_with_sheet
from .text import compare_with_text

_MOST_FAULTS: Final = 20
_ROWS: Final = 64
"""Samples that are read at once."""


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
    with open_store(path) as store:
        try:
            unsealed = seal_fault(store.path)
        except OSError as error:
            unsealed = f"cannot be read as a whole ({one_line(error)})"
        faults = list(islice(_faults(store), _MOST_FAULTS))
        if unsealed is not None and not faults:
            message = f"{path}: {unsealed}; all values agree with their digests; build it again"
            raise StoreError(message)
        if faults:
            said = [*([unsealed] if unsealed else []), *faults, "is damaged; build it again"]
            raise StoreError("\n".join(f"{path}: {line}" for line in said))
        if samples is not None:
            compare_with_sheet(store, samples, cohort)
        if inputs:
            compare_with_text(store, workers, memory, scratch)
        return store.digest


def _faults(store: Store) -> Iterator[str]:
    faults = list(_label_faults(store))
    layers, digests = [], {}
    for layer in store.layers:
        try:
            store.read_layer(layer, [], 0, 0)
            layers.append(layer)
        except StoreError as error:
            faults.append(_what(store, error, f"layer {layer}"))
    for name in ("sites", *store.kinds, *store.layers):
        try:
            digests[name] = _digests(store, name)
        except StoreError as error:
            faults.append(str(error))
    yield from faults or _content_faults(store)
    yield from _value_faults(store, layers, digests)


def _value_faults(
    store: Store, layers: list[str], digests: dict[str, npt.NDArray[np.uint8]]
) -> Iterator[str]:
    """Read all positions and values, and compare them with the digests that could be read."""
    totals = _Totals(len(store.samples))
    for start in range(0, store.n_sites, BLOCK_SITES):
        stop = min(start + BLOCK_SITES, store.n_sites)
        yield from _site_faults(store, start, stop, digests)
        for first in range(0, len(store.samples), _ROWS):
            rows = range(first, min(first + _ROWS, len(store.samples)))
            yield from _block_faults(store, layers, rows, (start, stop), digests, totals)
    if all(layer in layers for layer in COUNT_LAYERS):
        yield from _total_faults(store, totals)


def _digests(store: Store, name: str) -> npt.NDArray[np.uint8]:
    """Return the digests of a layer or of the sites. Raises StoreError where there are none."""
    try:
        found: npt.NDArray[np.uint8] = store.file[f"digests/{name}"][()]
    except UNREADABLE as error:
        message = f"the digests of {name} cannot be read ({one_line(error)})"
        raise StoreError(message) from error
    return found


def _content_faults(store: Store) -> Iterator[str]:
    try:
        digest, stated = content_digest(store.file, store.kinds), store.digest
    except UNREADABLE as error:
        yield f"the names that the digest covers cannot be read ({one_line(error)})"
        return
    if digest != stated:
        yield f"names, offsets and digests give the digest {digest}; the store says {short(stated)}"


def _label_faults(store: Store) -> Iterator[str]:
    """Read what no digest covers: where the values came from, and what was counted."""
    for name in ("inputs", "sheet", "sample_counts", "provenance", "assembly", "digest", "legends"):
        try:
            getattr(store, name)
        except StoreError as error:
            yield _what(store, error, f"the part {name}")
            continue
        if name == "legends":
            yield from _legend_faults(store)


def _legend_faults(store: Store) -> Iterator[str]:
    """Compare the names of the values of strand and context with what they have to be."""
    for name, legend in store.legends.items():
        if legend != LEGENDS[name]:
            found, expected = (short(", ".join(names)) for names in (legend, LEGENDS[name]))
            yield f"the legend of {name} is {found}; expected {expected}"


def _what(store: Store, error: StoreError, part: str) -> str:
    """Return the reason in an error of a store, said of a part."""
    return f"{part} cannot be read ({error.reason or error})"


def _site_faults(
    store: Store, start: int, stop: int, digests: dict[str, npt.NDArray[np.uint8]]
) -> Iterator[str]:
    """Compare what is told of the sites of one block with its digests."""
    yield from _axis_faults(store, "pos", start, stop, digests)
    for name in store.kinds:
        yield from _axis_faults(store, name, start, stop, digests)


def _axis_faults(
    store: Store, name: str, start: int, stop: int, digests: dict[str, npt.NDArray[np.uint8]]
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


class _Totals:
    """What the layers add up to, one number a sample.

    `whole` says of which samples every count could be read.
    """

    def __init__(self, n_samples: int) -> None:
        self.whole = np.ones(n_samples, bool)
        names = ("sum_c", "sum_t", "n_sites", "largest_count")
        self.found = {name: np.zeros(n_samples, np.uint64) for name in names}


def _block_faults(
    store: Store,
    layers: list[str],
    rows: range,
    sites: tuple[int, int],
    digests: dict[str, npt.NDArray[np.uint8]],
    totals: _Totals,
) -> Iterator[str]:
    """Compare some samples at the sites of one block with their digests, and add them up."""
    start, stop = sites
    observed = np.zeros((len(rows), stop - start), bool)
    for layer in layers:
        for part, values in _parts(store, layer, rows, sites):
            names = store.samples[part.start : part.stop]
            if values is None:
                totals.whole[part.start : part.stop] = False
                yield from _chunk_faults(store, layer, part, sites)
                continue
            if layer in COUNT_LAYERS:
                sums = totals.found[f"sum_{layer}"]
                sums[part.start : part.stop] += values.sum(axis=1, dtype=np.uint64)
                largest = totals.found["largest_count"][part.start : part.stop]
                np.maximum(largest, values.max(axis=1, initial=0), out=largest)
                observed[part.start - rows.start : part.stop - rows.start] |= values != 0
            if layer not in digests:
                continue
            expected = digests[layer][part.start : part.stop, start // BLOCK_SITES]
            for name, row, digest in zip(names, values, expected, strict=True):
                if _differs(row, digest):
                    where = sites_text(store, start, stop)
                    yield f"layer {layer}, sample {name}, {where}: differs from its digest"
    n_sites = totals.found["n_sites"]
    n_sites[rows.start : rows.stop] += np.count_nonzero(observed, axis=1).astype(np.uint64)


def _differs(values: npt.NDArray[Any], digest: npt.NDArray[np.uint8]) -> bool:
    return block_digest(values) != digest.tobytes()


def _parts(
    store: Store, layer: str, rows: range, sites: tuple[int, int]
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


def _chunk_faults(store: Store, layer: str, rows: range, sites: tuple[int, int]) -> Iterator[str]:
    """Name the damaged ones of a row of chunks, with all samples that they hold."""
    names = store.samples[rows.start : rows.stop]
    samples = f"sample{'s' if len(names) > 1 else ''} {', '.join(names)}"
    for start, stop in _cut(store, f"layers/{layer}", *sites):
        try:
            store.read_layer(layer, slice(rows.start, rows.stop), start, stop)
        except StoreError:
            where = sites_text(store, start, stop)
            yield f"layer {layer}, {samples}, {where}: the chunk is damaged"


def _cut(store: Store, name: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Cut a range of sites where the chunks of a dataset end."""
    width = (store.file.find(name).chunks or (BLOCK_SITES,))[-1]
    for left in range(start // width * width, stop, width):
        yield max(left, start), min(left + width, stop)


def _total_faults(store: Store, totals: _Totals) -> Iterator[str]:
    """Compare the sums of the layers, and of the rows, with what the store says of each sample."""
    try:
        counts = {name: values.tolist() for name, values in store.sample_counts.items()}
        uncovered = store.provenance["config"].get("uncovered")
        rows = _rows_of_inputs(store)
    except StoreError:  # told with the labels
        return
    for k in np.flatnonzero(totals.whole).tolist():
        sums = {name: int(values[k]) for name, values in totals.found.items()}
        sums["n_rows"] = rows[k]
        for name, value in sums.items():
            if name in counts and value != counts[name][k]:
                said = f"the store says {counts[name][k]:,}"
                yield f"sample {store.samples[k]}: {name} is {value:,}; {said}"
                break
        else:
            placed = counts["n_rows"][k] - sum(
                counts[name][k] for name in DROPPED if name in counts
            )
            if placed < sums["n_sites"] or (uncovered == "drop" and placed > sums["n_sites"]):
                yield (
                    f"sample {store.samples[k]}: {placed:,} rows are left of n_rows by the counts "
                    f"of dropped rows; expected {sums['n_sites']:,}"
                )


def _rows_of_inputs(store: Store) -> list[int]:
    """Return the rows of text of each sample. Raises StoreError where an input has no sample."""
    rows = [0] * len(store.samples)
    for sample, n_rows in zip(store.inputs["sample"], store.inputs["n_rows"], strict=True):
        rows[sample] += n_rows
    return rows
