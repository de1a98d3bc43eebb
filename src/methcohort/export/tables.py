"""Parquet and AnnData files, which libraries write."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..engine import Resources
from ..select import CELL_BYTES, Selection, fitting_sites, library

_GROUP = 1 << 16
"""Sites of a row group, on which the bytes of the file depend."""


def write_parquet(selection: Selection, path: Path, resources: Resources, *, long: bool) -> int:
    """Write a table of all samples, a row group for each range of sites; return its rows."""
    arrow = library("pyarrow", "arrow", "a .parquet file")
    parquet = library("pyarrow.parquet", "arrow", "a .parquet file")
    n_samples = len(selection.samples)
    fitting_sites(n_samples, resources._replace(workers=0), span=_GROUP)
    schema = _schema(arrow, selection, long=long)
    n_rows = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in selection.starts(_GROUP):
            part = selection.restrict(start, start + _GROUP)
            table = part.to_arrow(long=long, layers=("c", "t", "pct")).cast(schema)
            if table.num_rows:
                writer.write_table(table, row_group_size=table.num_rows)
            n_rows += table.num_rows
    return n_rows


def _schema(arrow: Any, selection: Selection, *, long: bool) -> Any:
    """Return the columns: those of a part without sites."""
    empty = selection.restrict(0, 0)
    return empty.to_arrow(long=long, layers=("c", "t", "pct")).schema


def write_h5ad(selection: Selection, path: Path, resources: Resources) -> int:
    """Write an AnnData file block by block; return its number of sites.

    Names of sites, which AnnData keeps in memory, are left out where they would not fit.
    """
    library("dask.array", "anndata", "an .h5ad file")
    n = len(selection.samples)
    fitting_sites(n, resources._replace(workers=0), cell_bytes=2 * CELL_BYTES)
    made = selection.to_anndata(lazy=True, var_names=_names_fit(selection, resources))
    write = library("anndata.io", "anndata", "an .h5ad file").write_elem
    # The file is locked until it has its name, so its own way to open one would fail.
    with h5py.File(path, "w", locking=False) as file:
        write(file, "/", made, dataset_kwargs={"compression": "gzip"})
    return selection.n_sites


def _names_fit(selection: Selection, resources: Resources) -> bool:
    return selection.n_sites * _NAME_BYTES < resources.room() // 2


_NAME_BYTES = int(np.dtype(np.int64).itemsize) * 24
"""Of the name of a site: a text of Python, an entry of an index, and copies on the way."""
