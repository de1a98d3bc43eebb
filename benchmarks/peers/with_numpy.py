"""The textbook way, tuned: numpy.loadtxt in a pool, shared memory, sort, searchsorted, h5py.

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
ROWS = np.dtype([("site", "u8"), ("c", "i4"), ("t", "i4")])
# Samples and sites of a chunk, as methcohort has them.
CHUNKS = (8, 8192)


def load(path):
    """Read one file into shared memory; the chromosome is a number of 32 bits above the position.

    Returns the name of the shared memory, the number of rows, and the names of the chromosomes in
    the order of their numbers.
    """
    text = np.loadtxt(path, TEXT, delimiter="\t", usecols=(0, 1, 3, 4), ndmin=1)
    # A file has its chromosomes one after another: find where one ends, not sort all names.
    starts = np.flatnonzero(np.r_[True, text["chrom"][1:] != text["chrom"][:-1]])
    names, numbers = np.unique(text["chrom"][starts], return_inverse=True)
    chrom = np.repeat(numbers.astype("u8"), np.diff(np.r_[starts, len(text)]))
    memory = SharedMemory(create=True, size=len(text) * ROWS.itemsize)
    rows = np.ndarray(len(text), ROWS, memory.buf)
    rows["site"] = chrom << np.uint64(32) | text["pos"].astype("u8")
    rows["c"], rows["t"] = text["c"], text["t"]
    del rows
    memory.close()
    return memory.name, len(text), names


def same_numbers(loaded):
    """Give a chromosome the same number in all samples."""
    names = np.unique(np.concatenate([found for _, _, found in loaded]))
    memories, samples = [], []
    for name, n_rows, found in loaded:
        memory = SharedMemory(name)
        rows = np.ndarray(n_rows, ROWS, memory.buf)
        if len(found) < len(names):
            low = np.uint64(0xFFFFFFFF)
            number = np.searchsorted(names, found).astype("u8")
            rows["site"] = number[rows["site"] >> np.uint64(32)] << np.uint64(32) | (
                rows["site"] & low
            )
        memories.append(memory)
        samples.append(rows)
    return names, memories, samples


def union(samples):
    """Return all sites, sorted; a few samples at a time, so that the copies stay small."""
    sites = np.empty(0, "u8")
    for start in range(0, len(samples), 8):
        part = [rows["site"] for rows in samples[start : start + 8]]
        sites = np.concatenate([sites, *part])
        # Many times as quick here as numpy.unique.
        sites.sort()
        sites = sites[np.r_[True, sites[1:] != sites[:-1]]]
    return sites


def write(path, names, sites, samples):
    """Write the matrices c and t, samples x sites."""
    if max(int(rows[layer].max()) for rows in samples for layer in ("c", "t")) > 65535:
        sys.exit("numpy: found a count above 65,535; expected at most that")
    shape = (len(samples), len(sites))
    chunks = (min(CHUNKS[0], shape[0]), min(CHUNKS[1], shape[1]))
    with h5py.File(path, "w") as file:
        file["chrom_names"] = names
        pack = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
        file.create_dataset("chrom", data=(sites >> np.uint64(32)).astype("u4"), **pack)
        file.create_dataset("pos", data=(sites & np.uint64(0xFFFFFFFF)).astype("i4"), **pack)
        layers = {
            name: file.create_dataset(name, shape, "u2", chunks=chunks, **pack)
            for name in ("c", "t")
        }
        # One row of chunks at a time, so that each chunk is packed once.
        for start in range(0, len(samples), chunks[0]):
            part = samples[start : start + chunks[0]]
            places = [np.searchsorted(sites, rows["site"]) for rows in part]
            for name, layer in layers.items():
                values = np.zeros((len(part), len(sites)), "u2")
                for row, place, rows in zip(values, places, part, strict=True):
                    row[place] = rows[name]
                layer[start : start + len(part)] = values


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8") as sheet:
        paths = [row["path"] for row in csv.DictReader(sheet, delimiter="\t")]
    # One tracker for all processes; else that of a worker frees what the worker has left for us.
    resource_tracker.ensure_running()
    with Pool(int(sys.argv[3])) as pool:
        loaded = pool.map(load, paths, chunksize=1)
    names, memories, samples = same_numbers(loaded)
    write(Path(sys.argv[2]) / "cohort.h5", names, union(samples), samples)
    del samples
    for memory in memories:
        memory.close()
        memory.unlink()
