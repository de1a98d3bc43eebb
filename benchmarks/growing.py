"""What growing a cohort costs, and building one in parts, next to building it in one job.

    python benchmarks/growing.py --output big
    python benchmarks/growing.py --output big --samples 24 --batches 4 --only scattered
    python benchmarks/growing.py --output draft --samples 6 --contigs 100000 --only growth

Every way gives the same bytes, which is checked. Each command is timed as a whole process, one
after the other, in as many rounds as wished; the ratios are medians of those within each round.
"""

import argparse
import filecmp
import gzip
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from machine import machine

from methcohort import info

_CONFIG: Final = "{layers: [c, t]}"
_MEGABYTE: Final = 1e6


@dataclass(frozen=True, slots=True)
class Cost:
    """What one or more commands took: seconds from start to end, and of processors."""

    wall: float
    work: float


Costs = dict[str, list[Cost]]


@dataclass(frozen=True, slots=True)
class Data:
    """The sheets of a made-up cohort.

    Parameters
    ----------
    folder
        Where everything lies.
    everything, before, last, halves
        All samples; all but the last; the last; both halves.
    moved, moved_last
        All samples, and the last, where the last has a site of its own in front of all others.
    """

    folder: Path
    everything: Path
    before: Path
    last: Path
    halves: tuple[Path, Path]
    moved: Path
    moved_last: Path


def prepared(folder: Path, n_samples: int, n_sites: int, n_contigs: int = 0) -> Data:
    """Make the data, once, and return its sheets; of a draft genome where it has contigs."""
    sheet = folder / "all.tsv"
    if not sheet.exists():
        folder.mkdir(parents=True, exist_ok=True)
        generate = Path(__file__).with_name("generate.py")
        options = ["--samples", str(n_samples), "--sites", str(n_sites)]
        if n_contigs:
            options += ["--genome", "contigs", "--contigs", str(n_contigs)]
        paths = ["--output", str(folder), "--sheet", str(sheet)]
        subprocess.run([sys.executable, str(generate), *options, *paths], check=True)
    header, *rows = sheet.read_text(encoding="utf-8").splitlines()
    path = Path(rows[-1].split("\t")[1])
    other = path.with_name("with-new-site.txt.gz")
    if not other.exists():
        _add_site(path, other)
    moved = rows[-1].replace(str(path), str(other))
    half = len(rows) // 2

    def written(name: str, listed: Sequence[str]) -> Path:
        target = folder / name
        target.write_text("\n".join([header, *listed, ""]), encoding="utf-8")
        return target

    return Data(
        folder=folder,
        everything=sheet,
        before=written("before.tsv", rows[:-1]),
        last=written("last.tsv", rows[-1:]),
        halves=(written("one.tsv", rows[:half]), written("two.tsv", rows[half:])),
        moved=written("moved.tsv", [*rows[:-1], moved]),
        moved_last=written("moved-last.tsv", [moved]),
    )


def _add_site(path: Path, other: Path) -> None:
    """Write a file with a row more, before the first of its first chromosome."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        text = file.read()
    lines = text.split("\n")
    first = next((k for k, line in enumerate(lines) if line.startswith("chr1\t")), 0)
    chrom, _, *counts = lines[first].split("\t")
    lines.insert(first, "\t".join([chrom, "1", *counts]))
    with gzip.open(other, "wt", compresslevel=1, encoding="utf-8") as file:
        file.write("\n".join(lines))


def run(*arguments: str | Path) -> Cost:
    """Run a command of methcohort; return what it cost. Raises CalledProcessError."""
    command = [sys.executable, "-m", "methcohort", "--quiet", *map(str, arguments)]
    start = time.perf_counter()
    with subprocess.Popen(command) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, shlex.join(command))
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def _same(one: Path, other: Path) -> None:
    if not filecmp.cmp(one, other, shallow=False):
        message = f"{one} and {other} differ"
        raise SystemExit(message)


def growth(data: Data, rounds: int) -> Costs:
    """Return what growing costs, by way."""
    folder = data.folder
    full, before, moved = (folder / f"{name}.h5" for name in ("full", "before", "moved"))
    halves = folder / "one.h5", folder / "two.h5"
    for sheet, store in [
        (data.before, before),
        (data.moved, moved),
        *zip(data.halves, halves, strict=True),
    ]:
        run("build", "--samples", sheet, "--output", store, "--config", _CONFIG)
    new, last = folder / "new.h5", data.last.read_text(encoding="utf-8").splitlines()[1]
    build = "build", "--samples", data.everything, "--config", _CONFIG
    ways: dict[str, Callable[[], Cost]] = {
        "build of all": lambda: run(*build, "--output", full),
        "`add` the last": lambda: _checked(
            full, new, "add", before, "--samples", data.last, "--output", new
        ),
        "`build --earlier`": lambda: _checked(
            full, new, *build, "--earlier", before, "--output", new
        ),
        "`add`, with one new site before all": lambda: _checked(
            moved, new, "add", before, "--samples", data.moved_last, "--output", new
        ),
        "`remove` the last": lambda: _checked(
            before, new, "remove", full, last.split("\t")[0], "--output", new
        ),
        "`merge` of two halves": lambda: _checked(full, new, "merge", *halves, "--output", new),
    }
    costs: Costs = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            costs[name].append(way())
    return costs


def _checked(expected: Path, found: Path, *arguments: str | Path) -> Cost:
    """Run a command and compare the store that it writes with another."""
    cost = run(*arguments)
    _same(expected, found)
    found.unlink()
    return cost


def scattered(data: Data, n_batches: int, rounds: int) -> tuple[Costs, dict[str, int]]:
    """Return what a build in parts costs, by step, and the bytes of the files between.

    Of several jobs of a step it is the longest time, and the work of all.
    """
    folder, full = data.folder, data.folder / "full.h5"
    build = "--samples", data.everything, "--config", _CONFIG
    costs: Costs = {}
    sizes: dict[str, int] = {}
    for _ in range(rounds):
        costs.setdefault("one job", []).append(run("build", *build, "--output", full))
        steps, sizes = _scatter(folder, build, n_batches)
        _same(full, folder / "scattered.h5")
        for name, listed in steps.items():
            longest = max(cost.wall for cost in listed)
            work = sum(cost.work for cost in listed)
            costs.setdefault(f"{len(listed)} x `{name}`", []).append(Cost(longest, work))
        together = Cost(
            sum(max(cost.wall for cost in listed) for listed in steps.values()),
            sum(cost.work for listed in steps.values() for cost in listed),
        )
        costs.setdefault("all jobs, those of a kind at once", []).append(together)
    return costs, sizes | {"store": full.stat().st_size}


def _scatter(
    folder: Path, build: Sequence[str | Path], n_batches: int
) -> tuple[dict[str, list[Cost]], dict[str, int]]:
    """Run all steps; return what each job cost, by step, and the bytes of the files between."""
    numbers = range(1, n_batches + 1)
    batches = [folder / f"batch-{k}" for k in numbers]
    ranges = [folder / f"range-{k}" for k in numbers]
    sites = folder / "sites"
    steps = {
        "load": [
            run("scatter", "load", *build, "--batch", f"{k}/{n_batches}", "--output", path)
            for k, path in zip(numbers, batches, strict=True)
        ]
    }
    steps["sites"] = [run("scatter", "sites", *build, "--output", sites, *batches)]
    pack = "scatter", "pack", "--sites", sites
    steps["pack"] = [
        run(*pack, "--range", f"{k}/{n_batches}", "--output", path, *batches)
        for k, path in zip(numbers, ranges, strict=True)
    ]
    store = folder / "scattered.h5"
    steps["assemble"] = [run("scatter", "assemble", "--sites", sites, "--output", store, *ranges)]
    files = {"batches": batches, "sites": [sites], "ranges": ranges}
    return steps, {k: sum(path.stat().st_size for path in paths) for k, paths in files.items()}


def _table(costs: Costs) -> str:
    """Return medians, and ratios to the first way, as Markdown."""
    lines = [
        "| | seconds | ratio | processor seconds | ratio |",
        "|---|---:|---:|---:|---:|",
    ]
    first = next(iter(costs.values()))
    for name, listed in costs.items():
        pairs = list(zip(listed, first, strict=True))
        wall, work = (median(getattr(one, key) for one in listed) for key in ("wall", "work"))
        walls = median(one.wall / other.wall for one, other in pairs)
        works = median(one.work / other.work for one, other in pairs)
        lines.append(f"| {name} | {wall:.2f} | {walls:.2f} | {work:.2f} | {works:.2f} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Print the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="folder of the data")
    parser.add_argument("--samples", type=int, default=101)
    parser.add_argument("--sites", type=int, default=3_000_000)
    parser.add_argument("--contigs", type=int, default=0, help="of a draft genome (the human one)")
    parser.add_argument("--batches", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["growth", "scattered"])
    parser.add_argument("--results", type=Path, default=Path("results/benchmarks"))
    given = parser.parse_args()
    data = prepared(given.output, given.samples, given.sites, given.contigs)
    given.results.mkdir(parents=True, exist_ok=True)
    command = f"python benchmarks/growing.py --output {given.output.name}"
    size = f"--samples {given.samples} --sites {given.sites}"
    if given.contigs:
        size += f" --contigs {given.contigs}"
    if given.only != "scattered":
        told = _told(f"{command} {size} --only growth", _table(growth(data, given.rounds)))
        print(told)
        name = "growth_contigs" if given.contigs else "growth"
        (given.results / f"{name}.md").write_text(told, encoding="utf-8")
    if given.only != "growth":
        costs, sizes = scattered(data, given.batches, given.rounds)
        files = ", ".join(f"{name} {size / _MEGABYTE:,.0f} MB" for name, size in sizes.items())
        options = f"{size} --batches {given.batches} --only scattered"
        told = _told(f"{command} {options}", f"{_table(costs)}\nFiles: {files}.\n")
        print(told)
        name = f"scattered{given.batches}"
        (given.results / f"{name}.md").write_text(told, encoding="utf-8")
        _keep(given.results / f"{name}.json", data, given.batches, costs, sizes)
    return 0


def _told(command: str, table: str) -> str:
    return f"```\n{command}\n```\n\n{table}"


def _keep(path: Path, data: Data, n_batches: int, costs: Costs, sizes: dict[str, int]) -> None:
    """Write what `scaling.py` needs."""
    told = info(data.folder / "full.h5")
    kept = {
        "samples": told["n_samples"],
        "sites": told["n_sites"],
        "rows": sum(sample["n_rows"] for sample in told["samples"]),
        "batches": n_batches,
        "bytes": sizes,
        "costs": {
            name: {
                "seconds": round(median(one.wall for one in listed), 2),
                "work": round(median(one.work for one in listed), 2),
            }
            for name, listed in costs.items()
        },
        "machine": machine(),
    }
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
