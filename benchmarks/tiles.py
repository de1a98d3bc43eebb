"""Measure what the shape of the chunks costs: one store for each shape, read in turn.

Prints the table of docs/format.md. Each figure is that of the best round, since other programs on
the machine can only make it worse; within a round it is the median. For the build it is the time
of all processors together. A cohort to measure with:

    python benchmarks/generate.py --samples 100 --sites 1000000 --output DIR --sheet DIR/samples.tsv
    python benchmarks/tiles.py --sheet DIR/samples.tsv --output DIR
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np

import methcohort

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHAPES: Final = (
    "2x8192", "4x2048", "4x4096", "4x8192", "8x1024", "8x2048", "8x4096", "8x8192",
    "16x1024", "16x2048", "16x4096", "16x8192", "32x1024",
)  # fmt: skip
COLUMNS: Final = (
    "samples x sites",
    "size",
    "build",
    "first region",
    "region",
    "9 of 10 within",
    "one sample",
    "all samples",
)
HALF_REGION: Final = 5_000
N_REGIONS: Final = 60
N_FIRST: Final = 3
N_SAMPLES: Final = 5
LAYERS: Final = ("c", "t")

Figures = dict[str, list[float]]


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def processor_seconds() -> float:
    """Return the processor time of this process and of the workers that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def pick_regions(store: methcohort.Store, rng: np.random.Generator) -> list[str]:
    """Return regions of 10 kb, each around a site, so that none is empty."""
    found = []
    for site in rng.integers(0, store.n_sites, N_REGIONS).tolist():
        chrom = int(np.searchsorted(store.chrom_offset, site, side="right")) - 1
        pos = int(store.positions(site, site + 1)[0])
        low = max(1, pos - HALF_REGION)
        found.append(f"{store.chroms[chrom]}:{low}-{low + 2 * HALF_REGION - 1}")
    return found


def read_region(store: methcohort.Store, region: str) -> None:
    """Read both counts of all samples in one region."""
    found = store.region(region)
    for layer in LAYERS:
        found.layer(layer)


def read_sample(store: methcohort.Store, name: str) -> None:
    """Read both counts of one sample at all sites."""
    for layer in LAYERS:
        store.sample(name).layer(layer)


def read_all(store: methcohort.Store) -> None:
    """Read both counts of all samples, block by block."""
    for _ in store.blocks(LAYERS):
        pass


def measure_reading(path: Path, rng: np.random.Generator, figures: Figures) -> None:
    """Read a store in all ways and note seconds, and megabytes of values a second."""
    with methcohort.open_store(path) as store:
        regions = pick_regions(store, rng)
        width = store.read_layer("c", 0, 0, 1).itemsize
        names = rng.choice(store.samples, N_SAMPLES).tolist()
    firsts = []
    for region in regions[:N_FIRST]:
        with methcohort.open_store(path) as store:
            firsts.append(timed(partial(read_region, store, region)))
    with methcohort.open_store(path) as store:
        times = sorted(timed(partial(read_region, store, region)) for region in regions)
        column = median(timed(partial(read_sample, store, name)) for name in names)
        everything = timed(partial(read_all, store))
    megabytes = len(LAYERS) * width * store.n_sites / 1e6
    figures["first"].append(median(firsts))
    figures["region"].append(median(times))
    figures["slow"].append(times[len(times) * 9 // 10])
    figures["sample"].append(megabytes / column)
    figures["all"].append(megabytes * len(store.samples) / everything)


def line(shape: str, path: Path, figures: Figures) -> str:
    """Return the row of the table for one shape."""
    cells = (
        shape.replace("x", " x "),
        f"{path.stat().st_size / 1e6:,.1f} MB",
        f"{min(figures['build']):.1f} s",
        *(f"{1e3 * min(figures[name]):.1f} ms" for name in ("first", "region", "slow")),
        *(f"{max(figures[name]):,.0f} MB/s" for name in ("sample", "all")),
    )
    return f"| {' | '.join(cells)} |"


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description="Measure shapes of chunks.")
    add = parser.add_argument
    add("--sheet", type=Path, required=True, help="sheet of the samples of one cohort")
    add("--output", type=Path, required=True, metavar="DIR", help="where the stores go")
    add("--shapes", nargs="+", default=SHAPES, metavar="NxM", help="samples x sites")
    add("--rounds", type=int, default=5, help="times that each store is read (5)")
    add("--builds", type=int, default=2, help="times that each store is built (2)")
    add("--workers", type=int, default=2, help="workers of a build (2)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Build and read a store for each shape, in turn, and print the table."""
    options = parse_arguments(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    paths = {shape: options.output / f"tiles-{shape}.h5" for shape in options.shapes}
    figures: dict[str, Figures] = {shape: defaultdict(list) for shape in options.shapes}
    for _ in range(options.builds):
        for shape, path in paths.items():
            config = {"layers": list(LAYERS), "chunks": [int(n) for n in shape.split("x")]}
            before = processor_seconds()
            methcohort.build(options.sheet, path, config=config, workers=options.workers)
            figures[shape]["build"].append(processor_seconds() - before)
    for number in range(options.rounds):
        for shape, path in paths.items():
            path.read_bytes()  # into the page cache
            measure_reading(path, np.random.default_rng(number), figures[shape])
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    for shape, path in paths.items():
        print(line(shape, path, figures[shape]))


if __name__ == "__main__":
    main()
