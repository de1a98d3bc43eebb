"""Checking a store: that every value is what was written, and that the text still gives it."""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from .builder import build_cohort
from .config import Config
from .digest import content_digest
from .errors import InputError, StoreError
from .layout import BLOCK_SITES
from .pack import block_digest
from .progress import quietly
from .sheet import Cohort, Sample
from .store import Store, open_store

_MOST_FAULTS: Final = 20


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
        yield f"its digests cannot be read ({error})"
        return
    if digest != store.digest:
        yield f"the digest of the content is {digest}; expected {store.digest}"
    for start in range(0, store.n_sites, BLOCK_SITES):
        stop = min(start + BLOCK_SITES, store.n_sites)
        yield from _site_faults(store, start, stop)
        for layer in store.layers:
            yield from _layer_faults(store, layer, start, stop)
    yield from _count_faults(store)


def _site_faults(store: Store, start: int, stop: int) -> Iterator[str]:
    try:
        positions = store.positions(start, stop)
    except StoreError:
        yield f"the positions of sites {start:,} to {stop:,}: a chunk is damaged"
        return
    if block_digest(positions) != store.file["digests/sites"][start // BLOCK_SITES].tobytes():
        yield f"the positions of sites {start:,} to {stop:,} differ from their digest"


def _layer_faults(store: Store, layer: str, start: int, stop: int) -> Iterator[str]:
    """Compare the blocks of a layer at some sites with their digests, sample by sample."""
    tile = store.file["layers"][layer].chunks[0]
    for first in range(0, len(store.samples), tile):
        rows = slice(first, min(first + tile, len(store.samples)))
        expected = store.file["digests"][layer][rows, start // BLOCK_SITES]
        names = ", ".join(store.samples[rows])
        where = f"layer {layer}, sites {start:,} to {stop:,}, samples {names}"
        try:
            values = store.read_layer(layer, rows, start, stop)
        except StoreError:
            yield f"{where}: a chunk is damaged"
            continue
        for name, row, digest in zip(store.samples[rows], values, expected, strict=True):
            if block_digest(row) != digest.tobytes():
                yield f"layer {layer}, sites {start:,} to {stop:,}, sample {name}: differs"


def _count_faults(store: Store) -> Iterator[str]:
    """Compare the sums of the layers with what the store says of each sample."""
    for k, name in enumerate(store.samples):
        try:
            c, t = (store.read_layer(layer, k, 0, store.n_sites) for layer in ("c", "t"))
            stated = {key: int(values[k]) for key, values in store.sample_counts.items()}
        except StoreError:
            continue  # told already
        found = {
            "sum_c": int(c.sum(dtype=np.uint64)),
            "sum_t": int(t.sum(dtype=np.uint64)),
            "n_sites": int(np.count_nonzero(c.astype(bool) | t.astype(bool))),
        }
        for key, value in found.items():
            if value != stated[key]:
                yield f"sample {name}: {key} is {value:,}; the store says {stated[key]:,}"


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
        if _sha256(path) != sha256
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


def _sha256(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
