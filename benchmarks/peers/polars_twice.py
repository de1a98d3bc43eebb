"""Polars in two passes, with one file in memory at a time: the union of the sites, then the values.

It needs no more memory for more samples; `with_polars.py` reads once and holds every row.
Arguments: the sheet, the folder for cohort.h5, the number of workers.
"""

import csv
import os
import sys
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = sys.argv[3]

import h5py
import polars as pl

SCHEMA = {"chrom": pl.String, "pos": pl.Int32, "pct": pl.Float32, "c": pl.Int32, "t": pl.Int32}
SITE = ["chrom", "pos"]


def read(path, columns):
    """Return some columns of a file."""
    return pl.read_csv(path, has_header=False, separator="\t", schema=SCHEMA).select(columns)


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as sheet:
        paths = [row["path"] for row in csv.DictReader(sheet, delimiter="\t")]
    sites = read(paths[0], SITE)
    for path in paths[1:]:
        sites = pl.concat([sites, read(path, SITE)]).unique()
    sites = sites.sort(SITE)
    with h5py.File(Path(sys.argv[2]) / "cohort.h5", "w") as file:
        file.create_dataset("chrom", data=sites["chrom"].to_list(), compression="gzip")
        file.create_dataset("pos", data=sites["pos"].to_numpy(), compression="gzip")
        shape, chunks = (len(paths), len(sites)), (1, min(1 << 16, len(sites)))
        layers = {
            name: file.create_dataset(name, shape, "i4", chunks=chunks, compression="gzip")
            for name in ("c", "t")
        }
        for k, path in enumerate(paths):
            values = sites.join(read(path, [*SITE, "c", "t"]), on=SITE, how="left").sort(SITE)
            for name, layer in layers.items():
                layer[k] = values[name].fill_null(0).to_numpy()
