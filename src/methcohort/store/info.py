"""What a store holds and how it was made, for people and for programs."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from ..core.errors import StoreError
from .reader import Store, open_store
from .schema import BLOCK_SITES

DROPPED: Final = {
    "n_dropped_chroms": "on chromosomes left out",
    "n_dropped_uncovered": "without reads",
    "n_dropped_contexts": "in other contexts",
    "n_dropped_modifications": "of other modifications",
    "n_dropped_duplicates": "further rows of a site",
    "n_summed_duplicates": "added to another row of their site",
    "n_collapsed": "added to the other strand",
    "n_summed_replicates": "added to another part of their sample",
    "n_dropped_sites": "at no site of the store",
}
"""Counts of a sample's rows that have no place of their own in the store, and why."""

DECIDED_BY: Final = {
    "sheet": "the sheet",
    "header": "its header",
    "track line": "its track line",
    "columns": "its columns",
    "third column": "the types of its columns",
    "percentages": "its percentages",
    "ends": "the lengths of its intervals, or where its rows lie",
    "reference": "the reference",
    "cohort": "the other samples",
    "assumed": "assumption, since nothing tells its base",
}
"""What each rule that can decide what form of text a file is looks at."""


def info(path: str | Path) -> dict[str, Any]:
    """Return what a store says of itself.

    Returns
    -------
    A dict that JSON can hold: sizes, digest, provenance, one entry a chromosome, one a sample
    with what was counted and dropped, one an input file.

    Raises
    ------
    StoreError
        Where the file is no store, or damaged.
    """
    with open_store(path) as store:
        sizes = (store.chrom_offset[1:] - store.chrom_offset[:-1]).tolist()
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
            "chroms": [
                {"name": name, "n_sites": size}
                for name, size in zip(store.chroms, sizes, strict=True)
            ],
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
        }


def _kinds(store: Store) -> dict[str, dict[str, int]]:
    """Return the sites of each strand and context, by name; none where none are known."""
    found = {name: np.zeros(256, np.int64) for name in store.kinds}
    for start in range(0, store.n_sites, BLOCK_SITES):
        for name, read in (("strand", store.strand), ("context", store.context)):
            if name in found:
                found[name] += np.bincount(read(start, start + BLOCK_SITES), minlength=256)
    return {
        name: {said: int(n) for said, n in zip(store.legends[name], counts, strict=False) if n}
        for name, counts in found.items()
    }


def sites_text(store: Store, start: int, stop: int) -> str:
    """Return what to call the sites [start, stop): their numbers, and where they lie, if known."""
    text = f"sites {start:,} to {stop:,}"
    try:
        ends = [_site_text(store, site) for site in (start, stop - 1)]
    except StoreError:
        return text
    return f"{text} ({' to '.join(ends)})"


def _site_text(store: Store, site: int) -> str:
    chrom = int(np.searchsorted(store.chrom_offset, site, side="right")) - 1
    return f"{store.chroms[chrom]}:{store.positions(site, site + 1)[0]:,}"
