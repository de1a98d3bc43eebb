"""Comparing a store with its text files, which are merged again without writing a store."""

import os
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..build import (
    MOST_SHOWN,
    cohort_of,
    expect_same_files,
    expect_unfiltered,
    merge_cohort,
)
from ..cohort import Config, resources_of
from ..core.errors import StoreError, short
from ..core.log import quietly
from ..store import StoreReader, sites_text, text_of
from ..store.schema import BLOCK_SITES
from .dry_writer import DryWriter

_SITE_VALUES: Final = {"sites": "positions", "strand": "strands", "context": "contexts"}
_FILE_COUNTS: Final = ("size", "sha256", "n_rows", "n_kept", "n_renamed")


def compare_with_text(
    store: StoreReader,
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
    expect_unfiltered(
        store, "verify the store that it was made of with the text, and this one without"
    )
    cohort = cohort_of(store)
    expect_same_files(store)
    config = Config.from_mapping(store.provenance["config"], f"{store.path}, provenance")
    dry = DryWriter()
    with quietly():
        resources = resources_of(config, workers, memory, _folder(store, scratch))
        merge_cohort(cohort, config, lambda: dry, resources)
    found = list(islice(_differences(store, dry), MOST_SHOWN))
    if found:
        lines = [*found, "does not hold what its text files give; build it again"]
        raise StoreError("\n".join(f"{store.path}: {line}" for line in lines))


def _folder(store: StoreReader, scratch: str | Path | None) -> Path:
    if scratch is not None:
        return Path(scratch)
    own = store.path.resolve().parent
    return own if os.access(own, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def _differences(store: StoreReader, dry: DryWriter) -> Iterator[str]:
    """Yield what the text gives otherwise; where its sites differ, values are not compared."""
    axes = list(_differing_axes(store, dry))
    yield from axes
    if not axes:
        for layer in store.layers:
            yield from _differing_values(store, dry, layer)
    yield from _differing_counts(store, dry)
    if dry.digest != store.digest:
        yield f"the text gives the digest {dry.digest}; the store says {store.digest}"


def _differing_axes(store: StoreReader, dry: DryWriter) -> Iterator[str]:
    chroms = tuple(text_of(name) for name in dry["chroms/name"])
    if chroms != store.chroms:
        given, held = (", ".join(names[:5]) or "none" for names in (chroms, store.chroms))
        yield f"the text gives other chromosomes ({given}); the store has {held}"
        return
    layers = tuple(map(text_of, dry.attrs["layers"]))
    if layers != store.layers:
        yield f"its configuration asks for the layers {layers}; the store has {store.layers}"
        return
    sizes = np.diff(dry["chroms/offset"])
    for name, size, own in zip(chroms, sizes, np.diff(store.chrom_offset), strict=True):
        if size != own:
            yield f"the text gives {size:,} sites of {name}; the store has {own:,}"
    if dry["chroms/offset"].tolist() != store.chrom_offset.tolist():
        return
    lengths = _listed(dry.chrom_lengths), _listed(store.chrom_lengths)
    if lengths[0] != lengths[1]:
        given, held = (_shown_lengths(chroms, one) for one in lengths)
        yield f"the configuration gives the chromosome lengths {given}; the store has {held}"
    if dry.kinds != store.kinds:
        given, held = (" and ".join(kinds) or "neither" for kinds in (dry.kinds, store.kinds))
        yield f"the text gives {given} of the sites; the store has {held}"
        return
    for name, what in _SITE_VALUES.items():
        if name == "sites" or name in store.kinds:
            differ = (dry[f"digests/{name}"] != store.file[f"digests/{name}"][()]).any(axis=1)
            for block in np.flatnonzero(differ).tolist():
                yield f"the text gives other {what} of {_block_text(store, block)}"


def _listed(lengths: npt.NDArray[np.int64] | None) -> list[int]:
    return [] if lengths is None else lengths.tolist()


def _shown_lengths(chroms: tuple[str, ...], lengths: list[int]) -> str:
    shown = zip(chroms[:5], lengths, strict=False)
    return ", ".join(f"{name} {length:,}" for name, length in shown) or "none"


def _differing_values(store: StoreReader, dry: DryWriter, layer: str) -> Iterator[str]:
    dtype, own = dry[f"layers/{layer}"].dtype, store.file[f"layers/{layer}"].dtype
    if dtype != own:
        yield f"the text gives {dtype} for layer {layer}; the store has {own}"
        return
    differ = (dry[f"digests/{layer}"] != store.file[f"digests/{layer}"][()]).any(axis=2)
    for row, block in np.argwhere(differ).tolist():
        where = f"layer {layer}, sample {store.samples[row]}, {_block_text(store, block)}"
        yield f"{where}: the text gives other values"


def _block_text(store: StoreReader, block: int) -> str:
    start = block * BLOCK_SITES
    return sites_text(store, start, min(start + BLOCK_SITES, store.n_sites))


def _differing_counts(store: StoreReader, dry: DryWriter) -> Iterator[str]:
    """Compare what was counted of each sample, and of each file."""
    for name in store.sample_counts:
        counts = zip(dry[f"samples/{name}"], store.sample_counts[name], strict=True)
        for number, (one, own) in enumerate(counts):
            yield from _differing(store, name, number, one, own)
    for name in _FILE_COUNTS:
        given = [_plain(value) for value in dry[f"inputs/{name}"]]
        what = f"{name} of the text file"
        for number, one, own in zip(store.inputs["sample"], given, store.inputs[name], strict=True):
            yield from _differing(store, what, number, one, own)


def _differing(store: StoreReader, what: str, number: int, given: Any, held: Any) -> Iterator[str]:
    if given != held:
        shown = short(str(held))
        yield f"sample {store.samples[number]}: {what} is {shown}; the text gives {given}"


def _plain(value: Any) -> Any:
    return text_of(value) if isinstance(value, bytes) else value
