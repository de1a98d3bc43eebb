"""Builds of files of several formats."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cohorts import write_sheet

import methcohort


def contents(path: Path) -> dict[str, Any]:
    """Sites and counts of a store."""
    with methcohort.open_store(path) as store:
        return {
            "samples": store.samples,
            "chroms": store.chroms,
            "offset": store.chrom_offset.tolist(),
            "pos": store.pos.tolist(),
            "c": store.read_layer("c", slice(None), 0, store.n_sites),
            "t": store.read_layer("t", slice(None), 0, store.n_sites),
            "formats": store.inputs["format"],
        }


def build_files(
    root: Path, files: Sequence[Path], forms: Sequence[str] = (), **options: Any
) -> Path:
    """Build a store of files, in formats of their own or found out."""
    lines = [[f"s{k}", str(path), "one", forms[k] if forms else ""] for k, path in enumerate(files)]
    sheet = write_sheet(root / "samples.tsv", lines, ["format"])
    methcohort.build(sheet, root / "x.h5", **{"workers": 0} | options)
    return root / "x.h5"
