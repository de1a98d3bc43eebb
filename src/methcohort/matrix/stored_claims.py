"""What a store says of itself, held against what it holds, before samples are taken from it.

A seal tells that a file is as somebody left it, not that it is right: any program can write a
store and seal it. So whatever decides a dtype, a shape, an address or the meaning of a value is
compared with the data. What costs next to nothing is compared when the store is opened; values are
compared with the counts of their sample as they pass through the kernels.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from h5py import h5z

from ..cohort import Config, SampleRecord
from ..core.errors import DamagedStoreError, StoreError, one_line, short
from ..store import UNREADABLE, Grid, StoreReader, block_digest, content_digest
from ..store.cytosine import LEGENDS
from ..store.schema import (
    BLOCK_SITES,
    GONE,
    INPUT_DTYPES,
    KIND_NAMES,
    LAYERS,
    LENGTHS,
    PARTS,
    SAMPLE_COUNTS,
    SHUFFLED,
)
from .kernels.place import N_COPIED, TALLIED
from .plan import new_grid


def damaged(path: object, what: str) -> DamagedStoreError:
    """Return the error of a store that does not hold what it says."""
    return DamagedStoreError(f"{path}: {what}; it is damaged; build it again")


def expect_claims(store: StoreReader, config: Config) -> Grid:
    """Return what the layers of a store are, once what it says of itself is known to fit them.

    Raises DamagedStoreError where it does not.
    """
    _expect_parts(store)
    try:
        digest = content_digest(store.file, store.kinds)
    except UNREADABLE as error:
        what = f"the names that the digest covers cannot be read ({one_line(error)})"
        raise damaged(store.path, what) from error
    if digest != store.digest:
        what = f"names, offsets and digests give the digest {digest}; it says {short(store.digest)}"
        raise damaged(store.path, what)
    for name, legend in store.legends.items():
        if legend != LEGENDS[name]:
            raise damaged(store.path, f"its legend of {name} is {short(', '.join(legend))}")
    _expect_lengths(store, config)
    _expect_counts(store)
    _expect_inputs(store)
    return _expect_layers(store, config)


def _expect_parts(store: StoreReader) -> None:
    """Raise StoreError where a dataset is missing, or of another type or shape."""
    absent = {*KIND_NAMES, *LAYERS} - {*store.kinds, *store.layers}
    for name in PARTS:
        if name.partition("/")[2] not in absent and (name != LENGTHS or store.file.has(LENGTHS)):
            try:
                store.file[name]
            except UNREADABLE as error:
                if isinstance(error, StoreError):
                    raise
                raise damaged(store.path, f"{name} cannot be read ({one_line(error)})") from error


def _expect_lengths(store: StoreReader, config: Config) -> None:
    """Raise StoreError where lengths are missing, or a chromosome ends before its last site."""
    lengths = store.chrom_lengths
    if lengths is None and config.chrom_sizes:
        raise damaged(store.path, f"{LENGTHS} is missing, though it was made with chrom_sizes")
    if lengths is not None and (store.last_positions > lengths).any():
        raise damaged(store.path, f"{LENGTHS} has chromosomes that end before their last site")


def _expect_counts(store: StoreReader) -> None:
    """Raise DamagedStoreError where the counts of the samples contradict each other."""
    for name in SAMPLE_COUNTS:
        if (store.sample_counts[name] < 0).any():
            what = f"samples/{name} has values below 0"
            raise damaged(store.path, what)
    counts = {name: store.sample_counts[name].tolist() for name in SAMPLE_COUNTS}
    rows = [0] * len(store.samples)
    for sample, n_rows in zip(store.inputs["sample"], store.inputs["n_rows"], strict=True):
        rows[sample] += n_rows
    for k, name in enumerate(store.samples):
        one = {count: values[k] for count, values in counts.items()}
        placed = one["n_rows"] - sum(one[gone] for gone in GONE)
        if one["n_rows"] != rows[k] or placed < one["n_sites"] or one["n_sites"] > store.n_sites:
            what = f"the counts of the rows of sample {name} do not fit each other"
            raise damaged(store.path, what)


def _expect_inputs(store: StoreReader) -> None:
    """Raise DamagedStoreError where what is told of text files has values that none has."""
    for name, dtype in INPUT_DTYPES.items():
        if dtype is not None and min(store.inputs[name], default=0) < 0:
            raise damaged(store.path, f"inputs/{name} has values below 0")
    if not {*store.inputs["base"]} <= {0, 1}:
        raise damaged(store.path, "inputs/base has other values than 0 and 1")


def _expect_layers(store: StoreReader, config: Config) -> Grid:
    """Return what the layers are, which follows from the settings and the largest count."""
    largest = max(store.sample_counts["largest_count"].tolist(), default=0)
    try:
        grid = new_grid(config, len(store.samples), store.n_sites, largest)
    except ValueError as error:
        raise damaged(store.path, f"samples/largest_count: {error}") from error
    if store.layers != grid.layers:
        what = f"has the layers {', '.join(store.layers)}; its settings say others"
        raise damaged(store.path, what)
    for layer, dtype in grid.dtypes.items():
        dataset = store.file[f"layers/{layer}"]
        expected = dtype, (grid.n_samples, grid.n_sites), tuple(grid.chunk), _filters(grid, layer)
        if (dataset.dtype, dataset.shape, dataset.chunks, _found_filters(dataset)) != expected:
            what = (
                f"layer {layer} has another type, shape, chunks or filters than its settings and "
                f"its largest count, {largest:,}, call for ({dtype.name}, chunks {grid.chunk})"
            )
            raise damaged(store.path, what)
    return grid


def _filters(grid: Grid, layer: str) -> list[int]:
    """Return the filters of a layer, in the order in which they were applied."""
    shuffle = SHUFFLED[layer] and grid.dtypes[layer].itemsize > 1
    return [h5z.FILTER_SHUFFLE] * shuffle + [h5z.FILTER_DEFLATE, h5z.FILTER_FLETCHER32]


def _found_filters(dataset: Any) -> list[int]:
    plist = dataset.id.get_create_plist()
    return [plist.get_filter(k)[0] for k in range(plist.get_nfilters())]


def expect_axis(store: StoreReader, name: str, values: npt.NDArray[Any], start: int) -> None:
    """Raise DamagedStoreError where values of `sites/name` differ from their digests.

    Parameters
    ----------
    values : those from the site `start` on, a multiple of `BLOCK_SITES`; whole blocks, or up to the
        last site
    """
    stated = _axis_digests(store, "sites" if name == "pos" else name)
    for k in range(0, len(values), BLOCK_SITES):
        digest = stated[(start + k) // BLOCK_SITES].tobytes()
        if block_digest(values[k : k + BLOCK_SITES]) != digest:
            raise damaged(store.path, f"sites/{name} differs from its digest at site {start + k:,}")


def _axis_digests(store: StoreReader, name: str) -> npt.NDArray[np.uint8]:
    try:
        found: npt.NDArray[np.uint8] = store.file[f"digests/{name}"][()]
    except UNREADABLE as error:
        raise damaged(store.path, f"digests/{name} cannot be read ({one_line(error)})") from error
    return found


def expect_tallies(records: Sequence[SampleRecord], tallies: npt.NDArray[np.int64]) -> None:
    """Raise DamagedStoreError where a store says other counts of a sample than its values have.

    Values whose chunks were copied were not looked at: the others have to come to no more.
    """
    for record, tally in zip(records, tallies, strict=True):
        if not record.told_by:
            continue
        path, sample = record.told_by
        whole = tally[N_COPIED] == 0
        for name, column in TALLIED.items():
            found, said = int(tally[column]), record.counts[name]
            if found > said or (whole and found != said):
                what = f"{name} of sample {sample} is {found:,}; it says {said:,}"
                raise damaged(path, what)
