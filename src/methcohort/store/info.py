"""What a store holds and how it was made, for people and for programs."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from ..core.errors import StoreError
from .provenance import SHARED_FILES
from .reader import StoreReader, open_reader
from .schema import BLOCK_SITES, COUNTS

DECIDED_BY: Final = {
    "sheet": "the sheet",
    "header": "its header",
    "track line": "its track line",
    "columns": "its columns",
    "third column": "the types of its columns",
    "percentages": "its percentages",
    "ends": "the lengths of its intervals, or the positions of its rows",
    "reference": "the reference",
    "cohort": "the other samples",
    "assumed": "assumption, since nothing shows its base",
}
"""What each rule that can decide the format of a file looks at."""


def info(path: str | Path) -> dict[str, Any]:
    """Return what a store says of itself.

    Returns
    -------
    A dict that JSON can hold: sizes, digest, provenance; one entry for each chromosome, each sample
    with what was counted and dropped, each input file; and what each count means.

    Raises
    ------
    StoreError
        Where the file is not a store, or damaged.
    """
    with open_reader(path) as store:
        counts = {name: values.tolist() for name, values in store.sample_counts.items()}
        return {
            "path": str(path),
            "bytes": Path(path).stat().st_size,
            "assembly": store.assembly,
            "n_samples": len(store.samples),
            "n_sites": store.n_sites,
            "layers": {layer: str(store.layer_dtype(layer)) for layer in store.layers},
            "format_version": store.format_version,
            "kinds": _kinds(store),
            "digest": store.digest,
            "provenance": store.provenance,
            "chroms": _chroms(store),
            "samples": [
                {"sample": name}
                | {column: values[k] for column, values in store.sheet.items()}
                | {count: values[k] for count, values in counts.items()}
                for k, name in enumerate(store.samples)
            ],
            "inputs": [
                dict(zip(store.inputs, row, strict=True))
                for row in zip(*store.inputs.values(), strict=True)
            ],
            "counts": [
                {"name": one.name, "title": one.title, "gone": one.gone, "shown": one.shown}
                for one in COUNTS
            ],
            "shared_files": SHARED_FILES,
        }


def _chroms(store: StoreReader) -> list[dict[str, Any]]:
    """Return the name of each chromosome, its number of sites, and its length where known."""
    sizes = np.diff(store.chrom_offset).tolist()
    lengths = store.chrom_lengths
    found = [
        {"name": name, "n_sites": size} for name, size in zip(store.chroms, sizes, strict=True)
    ]
    if lengths is not None:
        for one, length in zip(found, lengths.tolist(), strict=True):
            one["length"] = length
    return found


def _kinds(store: StoreReader) -> dict[str, dict[str, int]]:
    """Return the sites of each strand and context, by name; none where none are known."""
    found = {name: np.zeros(256, np.int64) for name in store.kinds}
    for start in range(0, store.n_sites, BLOCK_SITES):
        for name, read in (("strand", store.strand), ("context", store.context)):
            if name in found:
                found[name] += np.bincount(read(start, start + BLOCK_SITES), minlength=256)
    return {
        name: {value: int(n) for value, n in zip(store.legends[name], counts, strict=False) if n}
        for name, counts in found.items()
    }


def sites_text(store: StoreReader, start: int, stop: int) -> str:
    """Return what to call the sites [start, stop): their numbers, and their positions if known."""
    text = f"sites {start:,} to {stop:,}"
    try:
        ends = [_site_text(store, site) for site in (start, stop - 1)]
    except StoreError:
        return text
    return f"{text} ({' to '.join(ends)})"


def _site_text(store: StoreReader, site: int) -> str:
    chrom = int(np.searchsorted(store.chrom_offset, site, side="right")) - 1
    return f"{store.chroms[chrom]}:{store.positions(site, site + 1)[0]:,}"
