"""pyarrow.csv, numpy and h5py in one process; pyarrow parses in threads.

Arguments: the sheet, the folder for cohort.h5, the number of workers.
"""

import csv
import sys
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
from pyarrow import csv as pa_csv

CHUNKS = (8, 8192)


def load(path, numbers):
    """Return site, c and t of a file; `numbers` gives each chromosome a number, and grows."""
    table = pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(column_names=["chrom", "pos", "pct", "c", "t"]),
        parse_options=pa_csv.ParseOptions(delimiter="\t"),
        convert_options=pa_csv.ConvertOptions(
            include_columns=["chrom", "pos", "c", "t"],
            column_types={
                "chrom": pa.dictionary(pa.int32(), pa.string()),
                "pos": pa.uint64(),
                # A larger count is an error that names the column.
                "c": pa.uint16(),
                "t": pa.uint16(),
            },
        ),
    )
    chrom = table["chrom"].unify_dictionaries().combine_chunks()
    chrom = chrom.chunk(0) if isinstance(chrom, pa.ChunkedArray) else chrom
    number = np.array(
        [numbers.setdefault(name, len(numbers)) for name in chrom.dictionary.to_pylist()], "u8"
    )
    site = number[chrom.indices.to_numpy()] << np.uint64(32) | table["pos"].to_numpy()
    return site, table["c"].to_numpy(), table["t"].to_numpy()


def union(samples):
    """Return all sites, sorted; a few samples at a time, so that the copies stay small."""
    sites = np.empty(0, "u8")
    for start in range(0, len(samples), 8):
        part = [site for site, _, _ in samples[start : start + 8]]
        sites = np.concatenate([sites, *part])
        # Many times as quick here as numpy.unique.
        sites.sort()
        sites = sites[np.r_[True, sites[1:] != sites[:-1]]]
    return sites


def write(path, names, sites, samples):
    """Write the matrices c and t, samples x sites."""
    shape = (len(samples), len(sites))
    chunks = (min(CHUNKS[0], shape[0]), min(CHUNKS[1], shape[1]))
    with h5py.File(path, "w") as file:
        file["chrom_names"] = names
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
            for k, (site, c, t) in enumerate(part):
                place = np.searchsorted(sites, site)
                values[0, k, place], values[1, k, place] = c, t
            for layer, of_layer in zip(layers, values, strict=True):
                layer[start : start + len(part)] = of_layer


if __name__ == "__main__":
    pa.set_cpu_count(int(sys.argv[3]))
    with Path(sys.argv[1]).open(encoding="utf-8") as sheet:
        paths = [row["path"] for row in csv.DictReader(sheet, delimiter="\t")]
    numbers = {}
    samples = [load(path, numbers) for path in paths]
    write(Path(sys.argv[2]) / "cohort.h5", list(numbers), union(samples), samples)
