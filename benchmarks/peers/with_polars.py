"""Polars: every file into columns, the union of the sites, then one sample after another to HDF5.

Arguments: the sheet, the folder for cohort.h5, the number of workers.
"""

import csv
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = sys.argv[3]

import h5py
import numpy as np
import polars as pl

CHUNKS = (8, 8192)
SCHEMA = {
    "chrom": pl.Categorical,
    "pos": pl.UInt32,
    "pct": pl.Float32,
    # A larger count is an error that names the column.
    "c": pl.UInt16,
    "t": pl.UInt16,
}


def load(path):
    """Return site, c and t of a file: the chromosome is a number of 32 bits above the position."""
    text = pl.scan_csv(path, has_header=False, separator="\t", schema=SCHEMA)
    table = text.select("chrom", "pos", "c", "t").collect()
    site = pl.col("chrom").to_physical().cast(pl.UInt64) * 2**32 + pl.col("pos")
    return table.get_column("chrom").unique(), table.select(site.alias("site"), "c", "t")


def union(samples):
    """Return all sites, sorted; a few samples at a time, so that the copies stay small."""
    sites = pl.DataFrame({"site": []}, schema={"site": pl.UInt64})
    for start in range(0, len(samples), 8):
        part = [table.select("site") for table in samples[start : start + 8]]
        sites = pl.concat([sites, *part]).unique().sort("site")
    return sites.get_column("site").to_numpy()


def write(path, names, sites, samples):
    """Write the matrices c and t, samples x sites."""
    shape = (len(samples), len(sites))
    chunks = (min(CHUNKS[0], shape[0]), min(CHUNKS[1], shape[1]))
    with h5py.File(path, "w") as file:
        file["chrom_names"] = list(names.values())
        file["chrom_numbers"] = list(names)
        pack = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
        file.create_dataset("chrom", data=(sites >> np.uint64(32)).astype("u4"), **pack)
        file.create_dataset("pos", data=(sites & np.uint64(0xFFFFFFFF)).astype("i4"), **pack)
        layers = [
            file.create_dataset(name, shape, "u2", chunks=chunks, **pack) for name in ("c", "t")
        ]
        # One row of chunks at a time, so that each chunk is packed once.
        for start in range(0, len(samples), chunks[0]):
            part = samples[start : start + chunks[0]]
            values = np.zeros((2, len(part), len(sites)), "u2")
            for k, table in enumerate(part):
                place = np.searchsorted(sites, table.get_column("site").to_numpy())
                values[0, k, place] = table.get_column("c").to_numpy()
                values[1, k, place] = table.get_column("t").to_numpy()
            for layer, of_layer in zip(layers, values, strict=True):
                layer[start : start + len(part)] = of_layer


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as sheet:
        paths = [row["path"] for row in csv.DictReader(sheet, delimiter="\t")]
    # A gzip file is inflated by one thread, so several files are read at a time.
    with ThreadPoolExecutor(int(sys.argv[3])) as pool:
        loaded = list(pool.map(load, paths))
    chroms = pl.concat([names for names, _ in loaded]).unique()
    names = dict(zip(chroms.to_physical().to_list(), chroms.to_list(), strict=True))
    samples = [table for _, table in loaded]
    write(Path(sys.argv[2]) / "cohort.h5", names, union(samples), samples)
