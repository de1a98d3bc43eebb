"""Measure reading of a store: regions, samples, everything; next to plain h5py on the same file.

    python benchmarks/reading.py

The store has 100 samples x 3 million sites; it is built first and kept beside its data. README.md
beside this file says what the figures mean.
"""

from __future__ import annotations

import argparse
import datetime
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import datasets
import h5py
import machine
import numpy as np
import report
from cases import BenchmarkError, CaseFile
from run import HERE, say

import methcohort

if TYPE_CHECKING:
    from collections.abc import Callable

DATASET: Final = "human100"
REGION: Final = 10_000
# Sites that are read at a time where everything is read: some digest blocks of 65536.
SITES: Final = 4 * 65536
LAYERS: Final = ("c", "t")


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(pairs: list[tuple[Callable[[], object], Callable[[], object]]]) -> tuple[float, float]:
    """Return the median seconds of the first and of the second of each pair, called in turn."""
    for work in pairs[0]:
        work()
    found = [(seconds(one), seconds(other)) for one, other in pairs]
    return median(one for one, _ in found), median(other for _, other in found)


def random_regions(store: methcohort.Store, number: int) -> list[tuple[str, int, int]]:
    """Return regions around random sites, and which sites of the store lie in them: [a, b)."""
    rng = np.random.default_rng(1)
    found = []
    for site in rng.integers(0, store.n_sites, number).tolist():
        chrom = int(np.searchsorted(store.chrom_offset, site, side="right")) - 1
        first, end = store.chrom_offset[chrom : chrom + 2].tolist()
        pos = store.positions(first, end)
        low = max(1, int(pos[site - first]) - REGION // 2)
        a, b = (np.searchsorted(pos, [low, low + REGION]) + first).tolist()
        found.append((f"{store.chroms[chrom]}:{low}-{low + REGION - 1}", a, b))
    return found


def read_region(store: methcohort.Store, region: str) -> tuple[Any, Any]:
    """Return c and t of all samples in a region."""
    view = store.region(region)
    return view.c, view.t


def read_sample(store: methcohort.Store, name: str) -> tuple[Any, Any]:
    """Return c and t of one sample at all sites."""
    view = store.sample(name)
    return view.c, view.t


def read_all(store: methcohort.Store) -> int:
    """Read c and t of all samples, a range of sites at a time; return the bytes of the values."""
    blocks = store.blocks(LAYERS, sites=SITES)
    return sum(values.nbytes for block in blocks for values in block.values.values())


def plain(file: h5py.File, rows: int | slice, start: int, stop: int) -> list[Any]:
    """Return c and t of some samples at the sites [start, stop), by h5py alone."""
    return [file["layers"][layer][rows, start:stop] for layer in LAYERS]


def plain_all(file: h5py.File) -> int:
    """Do the same as `read_all` by h5py alone."""
    starts = range(0, file["sites/pos"].shape[0], SITES)
    parts = (plain(file, slice(None), start, start + SITES) for start in starts)
    return sum(values.nbytes for part in parts for values in part)


def warm(path: Path) -> None:
    """Read a file once, so that it is in the page cache."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


def measure(path: Path, repeats: int, regions: int) -> list[dict[str, Any]]:
    """Return what reading takes, with methcohort and with h5py, one entry for each way to read."""
    with methcohort.open_store(path) as store, h5py.File(path) as file:
        places = random_regions(store, regions)
        numbers = [k % len(store.samples) for k in range(0, 37 * repeats, 37)]
        one_sample = len(LAYERS) * file["layers/c"].dtype.itemsize * store.n_sites
        everything = one_sample * len(store.samples)
        region = in_turn(
            [
                (partial(read_region, store, name), partial(plain, file, slice(None), a, b))
                for name, a, b in places
            ]
        )
        sample = in_turn(
            [
                (
                    partial(read_sample, store, store.samples[k]),
                    partial(plain, file, k, 0, store.n_sites),
                )
                for k in numbers
            ]
        )
        whole = in_turn([(partial(read_all, store), partial(plain_all, file))] * repeats)
    command = median(query_seconds(path, name) for name, _, _ in places[:repeats])
    return [
        entry("a region of all samples, c and t", "ms", region[0] * 1e3, region[1] * 1e3),
        entry("one sample, c and t", "MB/s", *(one_sample / s / 1e6 for s in sample)),
        entry("all samples, c and t", "MB/s", *(everything / s / 1e6 for s in whole)),
        entry("a region, by `methcohort query`", "s", command),
    ]


def query_seconds(path: Path, region: str) -> float:
    """Return how long the whole command takes to print a region of all samples."""
    command = [sys.executable, "-m", "methcohort", "query", str(path), region]
    return seconds(partial(subprocess.run, command, stdout=subprocess.DEVNULL, check=True))


def entry(
    what: str, unit: str, of_methcohort: float, of_h5py: float | None = None
) -> dict[str, Any]:
    """Return one line of the results."""
    return {"what": what, "unit": unit, "methcohort": of_methcohort, "h5py": of_h5py}


def check(path: Path, truth: dict[str, Any]) -> None:
    """Compare what is read with the text.

    Raises
    ------
    BenchmarkError
        Where c and t of a sample, or of a region of all samples, are not those of the text or of
        the file.
    """
    with methcohort.open_store(path) as store, h5py.File(path) as file:
        name = store.samples[-1]
        sums = [int(values.sum(dtype=np.int64)) for values in read_sample(store, name)]
        if sums != [truth["samples"][name][key] for key in ("sum_c", "sum_t")]:
            raise BenchmarkError(f"{path}: {name} has other sums than its text")
        for region, a, b in random_regions(store, 3):
            for layer, values in zip(LAYERS, read_region(store, region), strict=True):
                if not np.array_equal(values, file["layers"][layer][:, a:b]):
                    raise BenchmarkError(f"{path}: {region} has other values of {layer}")


def store_of(made: datasets.Made) -> Path:
    """Return the store of a dataset, and build it first where it is not there."""
    path = made.folder / "cohort.h5"
    if not path.is_file():
        say(f"building the store: {made.folder.name}")
        command = [sys.executable, "-m", "methcohort", "--quiet", "build"]
        command += ["--samples", datasets.SHEET, "--output", path.name]
        command += ["--config", f"{{layers: [{', '.join(LAYERS)}]}}"]
        if subprocess.run(command, cwd=made.folder, check=False).returncode:
            raise BenchmarkError(f"{path} was not built")
    return path


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description="Measure reading of a store.")
    add = parser.add_argument
    add("--repeats", type=int, default=5, metavar="N", help="reads of a sample, and of everything")
    add("--regions", type=int, default=200, metavar="N", help="random regions")
    add("--dataset", default=DATASET, help=f"of cases.yaml ({DATASET})")
    add("--output", type=Path, default=Path("results/benchmarks"), metavar="DIR")
    add("--data", type=Path, default=HERE / "data", metavar="DIR", help="where data is kept")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure and return everything that is known, as JSON can hold it."""
    data = CaseFile(HERE / "cases.yaml").dataset(options.dataset)
    made = datasets.make(data, options.data.resolve(), say=say)
    path = store_of(made)
    warm(path)
    check(path, made.truth)
    truth = dict(made.truth)
    n_samples = len(truth.pop("samples"))
    return {
        "case": "reading",
        "about": "reading a store, next to plain h5py",
        "command": f"python benchmarks/reading.py --repeats {options.repeats}",
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "repeats": options.repeats,
        "regions": options.regions,
        "commit": machine.commit(),
        "machine": machine.machine(),
        "versions": machine.versions(with_r=False),
        "datasets": {data.name: {"options": data.options, "n_samples": n_samples, **truth}},
        "reading": measure(path, options.repeats, options.regions),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    options = parse_arguments(arguments)
    try:
        result = run(options)
    except (BenchmarkError, methcohort.MethcohortError) as error:
        say(f"error: {error}")
        return 1
    written = report.write(result, options.output)
    say(f"wrote {', '.join(map(str, written))}")
    print(report.table(result) + report.conditions([result]), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
