"""Checking a store: that every value is what was written, and that the text still gives it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .builder import build_cohort
from .config import Config
from .digest import content_digest, file_sha256
from .errors import InputError, StoreError, one_line
from .layout import BLOCK_SITES, COUNT_LAYERS
from .pack import block_digest
from .progress import quietly
from .sheet import Cohort, Sample
from .store import Store, open_store

_MOST_FAULTS: Final = 20
_ROWS: Final = 64
"""Samples that are read at once."""


def verify(path: str | Path, *, inputs: bool = False) -> str:
    """Check a store against its digests, and against its text files where `inputs` is true.

    Every chunk of every layer is read. With `inputs` the files named in the store are read
    again, from the working directory, with the configuration that the store was made with.

    Returns
    -------
    The digest of the content.

    Raises
    ------
    StoreError
        Where something differs: names the layer, the sample and the range of sites.
    InputError
        Where the text files cannot be read any more.
    """
    with open_store(path) as store:
        faults = []
        for fault in _faults(store):
            faults.append(f"{path}: {fault}")
            if len(faults) == _MOST_FAULTS:
                break
        if faults:
            raise StoreError("\n".join([*faults, f"{path}: is damaged; build it again"]))
        if inputs:
            _compare_with_text(store)
        return store.digest


def _faults(store: Store) -> Iterator[str]:
    try:
        digest = content_digest(store.file)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        yield f"its digests cannot be read ({one_line(error)})"
        return
    if digest != store.digest:
        yield f"the digest of the content is {digest}; expected {store.digest}"
    digests = {layer: store.file["digests"][layer][()] for layer in store.layers}
    totals = _Totals(len(store.samples))
    for start in range(0, store.n_sites, BLOCK_SITES):
        stop = min(start + BLOCK_SITES, store.n_sites)
        yield from _site_faults(store, start, stop)
        for first in range(0, len(store.samples), _ROWS):
            rows = range(first, min(first + _ROWS, len(store.samples)))
            yield from _block_faults(store, rows, (start, stop), digests, totals)
    yield from _total_faults(store, totals)
    yield from _label_faults(store)


def _label_faults(store: Store) -> Iterator[str]:
    """Read what no digest covers: where the values came from, and what was counted."""
    for name in ("inputs", "sheet", "sample_counts", "provenance", "assembly"):
        try:
            getattr(store, name)
        except (StoreError, ValueError):
            yield f"the part {name} cannot be read"


def _site_faults(store: Store, start: int, stop: int) -> Iterator[str]:
    try:
        positions = store.positions(start, stop)
    except StoreError:
        yield f"the positions of sites {start:,} to {stop:,}: a chunk is damaged"
        return
    if block_digest(positions) != store.file["digests/sites"][start // BLOCK_SITES].tobytes():
        yield f"the positions of sites {start:,} to {stop:,} differ from their digest"


class _Totals:
    """What the layers add up to, one number a sample.

    `whole` says of which samples every count could be read.
    """

    def __init__(self, n_samples: int) -> None:
        self.whole = np.ones(n_samples, bool)
        names = ("sum_c", "sum_t", "n_sites")
        self.found = {name: np.zeros(n_samples, np.uint64) for name in names}


def _block_faults(
    store: Store,
    rows: range,
    sites: tuple[int, int],
    digests: dict[str, npt.NDArray[np.uint8]],
    totals: _Totals,
) -> Iterator[str]:
    """Compare some samples at the sites of one block with their digests, and add them up."""
    start, stop = sites
    observed = np.zeros((len(rows), stop - start), bool)
    for layer in store.layers:
        where = f"layer {layer}, sites {start:,} to {stop:,}"
        for part, values in _parts(store, layer, rows, sites):
            names = store.samples[part.start : part.stop]
            if values is None:
                totals.whole[part.start : part.stop] = False
                yield f"{where}, samples {', '.join(names)}: a chunk is damaged"
                continue
            if layer in COUNT_LAYERS:
                sums = totals.found[f"sum_{layer}"]
                sums[part.start : part.stop] += values.sum(axis=1, dtype=np.uint64)
                observed[part.start - rows.start : part.stop - rows.start] |= values != 0
            expected = digests[layer][part.start : part.stop, start // BLOCK_SITES]
            for name, row, digest in zip(names, values, expected, strict=True):
                if block_digest(row) != digest.tobytes():
                    yield f"{where}, sample {name}: differs"
    n_sites = totals.found["n_sites"]
    n_sites[rows.start : rows.stop] += np.count_nonzero(observed, axis=1).astype(np.uint64)


def _parts(
    store: Store, layer: str, rows: range, sites: tuple[int, int]
) -> Iterator[tuple[range, npt.NDArray[Any] | None]]:
    """Yield the values of some samples, or, where a chunk is damaged, those of each row of chunks.

    The values of the damaged ones are None.
    """
    try:
        values = store.read_layer(layer, slice(rows.start, rows.stop), *sites)
    except StoreError:
        height = (store.file["layers"][layer].chunks or (1,))[0]
        border = (rows.start // height + 1) * height
        if rows.stop <= border:
            yield rows, None
            return
        yield from _parts(store, layer, range(rows.start, border), sites)
        yield from _parts(store, layer, range(border, rows.stop), sites)
    else:
        yield rows, values


def _total_faults(store: Store, totals: _Totals) -> Iterator[str]:
    """Compare the sums of the layers with what the store says of each sample."""
    try:
        stated = {name: store.sample_counts[name] for name in totals.found}
    except StoreError as error:
        yield f"the counts of the samples cannot be read ({error})"
        return
    for k in np.flatnonzero(totals.whole).tolist():
        for name, values in totals.found.items():
            value, said = int(values[k]), int(stated[name][k])
            if value != said:
                yield f"sample {store.samples[k]}: {name} is {value:,}; the store says {said:,}"


def _compare_with_text(store: Store) -> None:
    """Read the text files again and compare: first their digests, then what they give."""
    absent = [path for path in store.inputs["path"] if not Path(path).is_file()]
    if absent:
        message = "\n".join(
            f"{path}: does not exist; run in the folder in which the store was built"
            for path in absent[:_MOST_FAULTS]
        )
        raise InputError(message)
    changed = [
        f"{path}: has other bytes than when the store was made; expected sha256 {sha256}"
        for path, sha256 in zip(store.inputs["path"], store.inputs["sha256"], strict=True)
        if file_sha256(path) != sha256
    ]
    if changed:
        raise StoreError("\n".join(changed[:_MOST_FAULTS]))
    cohort = Cohort(
        name=store.path.stem,
        samples=tuple(
            Sample(name, path, "", form, ())
            for name, path, form in zip(
                store.samples, store.inputs["path"], store.inputs["format"], strict=True
            )
        ),
        columns=(),
    )
    with tempfile.TemporaryDirectory(dir=store.path.parent, prefix=".verify-") as folder:
        again = Path(folder) / "again.h5"
        with quietly():
            build_cohort(cohort, _config_of(store), again)
        with open_store(again) as other:
            same = _content(store) == _content(other)
    if not same:
        message = f"{store.path}: the text files give other values; build the store again"
        raise StoreError(message)


def _content(store: Store) -> list[tuple[str, bytes]]:
    """Return what must be the same in two stores of the same text: names and digests."""
    names = ["chroms/name", "chroms/offset", "samples/name", "digests/sites"]
    names += [f"digests/{layer}" for layer in store.layers]
    return [(name, np.asarray(store.file[name]).tobytes()) for name in names]


def _config_of(store: Store) -> Config:
    return Config.from_mapping(store.provenance["config"])
