"""The textbook way: numpy.loadtxt in a pool, shared memory, unique and searchsorted, h5py gzip.

Each step is the library's own, with its defaults; `with_numpy.py` is the same, tuned.
Arguments: the sheet, the folder for cohort.h5, the number of workers.
"""

import csv
import sys
from multiprocessing import Pool, resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import h5py
import numpy as np

TEXT = np.dtype([("chrom", "S32"), ("pos", "i4"), ("c", "i4"), ("t", "i4")])


def load(path):
    """Read one file into shared memory; return the memory's name and the number of rows."""
    rows = np.loadtxt(path, TEXT, delimiter="\t", usecols=(0, 1, 3, 4), ndmin=1)
    memory = SharedMemory(create=True, size=rows.nbytes)
    np.ndarray(len(rows), TEXT, memory.buf)[:] = rows
    memory.close()
    return memory.name, len(rows)


def keys(rows, names):
    """Return a number for each site: that of its chromosome above that of its position."""
    return np.searchsorted(names, rows["chrom"]) << 32 | rows["pos"]


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as sheet:
        paths = [row["path"] for row in csv.DictReader(sheet, delimiter="\t")]
    # One tracker for all processes; else that of a worker frees what the worker has left for us.
    resource_tracker.ensure_running()
    with Pool(int(sys.argv[3])) as pool:
        loaded = pool.map(load, paths, chunksize=1)
    memories = [SharedMemory(name) for name, _ in loaded]
    samples = [
        np.ndarray(n_rows, TEXT, memory.buf)
        for memory, (_, n_rows) in zip(memories, loaded, strict=True)
    ]
    names = np.unique(np.concatenate([np.unique(rows["chrom"]) for rows in samples]))
    sites = np.unique(np.concatenate([keys(rows, names) for rows in samples]))
    matrices = {layer: np.zeros((len(samples), len(sites)), "i4") for layer in ("c", "t")}
    for k, rows in enumerate(samples):
        place = np.searchsorted(sites, keys(rows, names))
        for layer, matrix in matrices.items():
            matrix[k, place] = rows[layer]
    with h5py.File(Path(sys.argv[2]) / "cohort.h5", "w") as file:
        file["chrom_names"] = names
        file.create_dataset("chrom", data=(sites >> 32).astype("i4"), compression="gzip")
        file.create_dataset("pos", data=(sites & 0xFFFFFFFF).astype("i4"), compression="gzip")
        for layer, matrix in matrices.items():
            file.create_dataset(layer, data=matrix, compression="gzip")
    del samples, rows
    for memory in memories:
        memory.close()
        memory.unlink()
