"""Comparing a store with its text files, which are merged again without writing a store."""

import os
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..build import MOST_SHOWN, cohort_of, expect_same_files, merge_cohort, resources_of
from ..cohort import Config
from ..core.errors import StoreError, short
from ..core.progress import quietly
from ..store import Store, sites_text, text_of
from ..store.schema import BLOCK_SITES
from .dry_writer import Ledger

_SITE_VALUES: Final = {"sites": "positions", "strand": "strands", "context": "contexts"}
_FILE_COUNTS: Final = ("size", "sha256", "n_rows", "n_kept", "n_renamed")


def compare_with_text(
    store: Store,
    workers: int | None,
    memory: str | int | None,
    scratch: str | Path | None,
) -> None:
    """Read the text files of a store again and compare what they give with what it holds.

    Parameters are those of `verify`.

    Raises
    ------
    StoreError
        Where the files are not the same as when the store was made, or give something else.
    InputError, ConfigError, BudgetError, WorkerError
        Where they cannot be read.
    """
    cohort = cohort_of(store)
    expect_same_files(store)
    config = Config.from_mapping(store.provenance["config"], f"{store.path}, provenance")
    ledger = Ledger()
    with quietly():
        resources = resources_of(config, workers, memory, _folder(store, scratch))
        merge_cohort(cohort, config, lambda: ledger, resources)
    found = list(islice(_differences(store, ledger), MOST_SHOWN))
    if found:
        lines = [*found, "does not hold what its text files give; build it again"]
        raise StoreError("\n".join(f"{store.path}: {line}" for line in lines))


def _folder(store: Store, scratch: str | Path | None) -> Path:
    if scratch is not None:
        return Path(scratch)
    own = store.path.resolve().parent
    return own if os.access(own, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def _differences(store: Store, ledger: Ledger) -> Iterator[str]:
    """Say what the text gives otherwise; what lies at other sites is not compared further."""
    axes = list(_differing_axes(store, ledger))
    yield from axes
    if not axes:
        for layer in store.layers:
            yield from _differing_values(store, ledger, layer)
    yield from _differing_counts(store, ledger)
    if ledger.digest != store.digest:
        yield f"the text gives the digest {ledger.digest}; the store says {store.digest}"


def _differing_axes(store: Store, ledger: Ledger) -> Iterator[str]:
    chroms = tuple(text_of(name) for name in ledger["chroms/name"])
    if chroms != store.chroms:
        given, held = (", ".join(names[:5]) or "none" for names in (chroms, store.chroms))
        yield f"the text gives other chromosomes ({given}); the store has {held}"
        return
    layers = tuple(map(text_of, ledger.attrs["layers"]))
    if layers != store.layers:
        yield f"its configuration asks for the layers {layers}; the store has {store.layers}"
        return
    sizes = np.diff(ledger["chroms/offset"])
    for name, size, own in zip(chroms, sizes, np.diff(store.chrom_offset), strict=True):
        if size != own:
            yield f"the text gives {size:,} sites of {name}; the store has {own:,}"
    if ledger["chroms/offset"].tolist() != store.chrom_offset.tolist():
        return
    if ledger.kinds != store.kinds:
        given, held = (" and ".join(kinds) or "neither" for kinds in (ledger.kinds, store.kinds))
        yield f"the text gives {given} of the sites; the store has {held}"
        return
    for name, what in _SITE_VALUES.items():
        if name == "sites" or name in store.kinds:
            differ = (ledger[f"digests/{name}"] != store.file[f"digests/{name}"][()]).any(axis=1)
            for block in np.flatnonzero(differ).tolist():
                yield f"the text gives other {what} of {_block_text(store, block)}"


def _differing_values(store: Store, ledger: Ledger, layer: str) -> Iterator[str]:
    dtype, own = ledger[f"layers/{layer}"].dtype, store.file[f"layers/{layer}"].dtype
    if dtype != own:
        yield f"the text gives {dtype} for layer {layer}; the store has {own}"
        return
    differ = (ledger[f"digests/{layer}"] != store.file[f"digests/{layer}"][()]).any(axis=2)
    for row, block in np.argwhere(differ).tolist():
        where = f"layer {layer}, sample {store.samples[row]}, {_block_text(store, block)}"
        yield f"{where}: the text gives other values"


def _block_text(store: Store, block: int) -> str:
    start = block * BLOCK_SITES
    return sites_text(store, start, min(start + BLOCK_SITES, store.n_sites))


def _differing_counts(store: Store, ledger: Ledger) -> Iterator[str]:
    """Compare what was counted of each sample, and of each file."""
    for name in store.sample_counts:
        counts = zip(ledger[f"samples/{name}"], store.sample_counts[name], strict=True)
        for number, (one, own) in enumerate(counts):
            yield from _differing(store, name, number, one, own)
    for name in _FILE_COUNTS:
        if name in store.inputs:
            given = [_plain(value) for value in ledger[f"inputs/{name}"]]
            what = f"{name} of the text file"
            for number, one, own in zip(
                store.inputs["sample"], given, store.inputs[name], strict=True
            ):
                yield from _differing(store, what, number, one, own)


def _differing(store: Store, what: str, number: int, given: Any, held: Any) -> Iterator[str]:
    if given != held:
        told = short(str(held))
        yield f"sample {store.samples[number]}: {what} is {told}; the text gives {given}"


def _plain(value: Any) -> Any:
    return text_of(value) if isinstance(value, bytes) else value
