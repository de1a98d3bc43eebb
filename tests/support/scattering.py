"""A build in several jobs, run one after the other in this process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from methcohort.scatter import assemble_ranges, find_sites, load_batch, pack_range


def load(sheet: Path, root: Path, n_batches: int, **options: Any) -> list[Path]:
    """Load all batches."""
    root.mkdir(exist_ok=True)
    paths = []
    for k in range(1, n_batches + 1):
        paths.append(root / f"batch_{k}")
        load_batch(sheet, paths[-1], f"{k}/{n_batches}", **{"workers": 0} | options)
    return paths


def pack(
    root: Path, sites: Path, batches: Sequence[Path], n_ranges: int, **means: Any
) -> list[Path]:
    """Pack all ranges."""
    paths = []
    for k in range(1, n_ranges + 1):
        paths.append(root / f"range_{k}")
        pack_range(sites, paths[-1], f"{k}/{n_ranges}", batches, **{"workers": 0} | means)
    return paths


def build(
    sheet: Path, root: Path, n_batches: int, n_ranges: int = 2, *, config: Any = None, **means: Any
) -> Path:
    """Build a store of a sheet's one cohort in so many batches and ranges of sites."""
    means = {"workers": 0} | means
    batches = load(sheet, root, n_batches, config=config, **means)
    sites, output = root / "sites", root / "store.h5"
    # No step may depend on the order in which it is given the files.
    find_sites(sheet, sites, batches[::-1], config=config, **means)
    ranges = pack(root, sites, batches[::-1], n_ranges, **means)
    assemble_ranges(sites, output, ranges[::-1])
    return output
