"""What many whole genomes would take, from constants that were measured on smaller cohorts.

    python benchmarks/scaling.py [RESULTS]

`RESULTS` has the JSON of the cases `toy` and `cohort96`, and `scattered4.json` as
`python benchmarks/growing.py --only scattered --results RESULTS` leaves it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from cases import BenchmarkError

# Cases whose results are needed.
CASES: Final = ("toy", "cohort96")
PART_CASES: Final = ("toy", "scattered4")
# CpG sites of a human genome.
SITES: Final = 28_000_000
# Bytes of a row on its way, with c and t alone: a position and two counts of 16 bits.
ROW_BYTES: Final = 8
COHORTS: Final = (10, 100, 1000)
# Cohorts that are built in parts, and samples of one batch.
PARTED: Final = (100, 1000, 10_000)
BATCH: Final = 25
# Sites of a chunk and of a digest block, samples of a chunk, and what the assembling job keeps of
# each: see `index_bytes`.
CHUNK: Final = (4, 4096)
HOUR: Final = 3600
# What every job takes, and what the assembling one keeps of a site.
JOB_BYTES: Final = 300e6
SITE_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Constants:
    """What was measured, per row of text and per value of a store.

    Parameters
    ----------
    covered
        Rows for each sample and site.
    text, file
        Bytes of text and of gzip file a row.
    store
        Bytes of the store for each sample and site, both counts together.
    seconds
        Seconds a row, without starting up.
    memory, peak
        Bytes that the build was given, and the most it used.
    """

    covered: float
    text: float
    file: float
    store: float
    seconds: float
    memory: str
    peak: float


def constants(results: Path) -> Constants:
    """Return the constants. Raises BenchmarkError where a case has no results."""
    small, large = (_read(results, case) for case in CASES)
    start = _variant(small, 0)["median"]
    entry = _variant(large, 1)
    data = large["datasets"][entry["data"]]
    values = data["n_samples"] * data["n_sites"]
    n_rows = data["n_rows"]
    return Constants(
        covered=n_rows / values,
        text=data["text_bytes"] / n_rows,
        file=data["file_bytes"] / n_rows,
        store=entry["output_bytes"] / values,
        seconds=(entry["median"] - start) / n_rows,
        memory=entry["options"]["memory"],
        peak=entry["peak_pss_bytes"] or 0,
    )


def report(results: Path) -> str:
    """Return the constants and the table as Markdown."""
    found = constants(results)
    lines = [
        "```",
        "python benchmarks/scaling.py",
        "```",
        "",
        "| constant | value | from |",
        "|---|---:|---|",
        f"| rows for each sample and site | {found.covered:.3f} | data of `cohort96` |",
        f"| text | {found.text:.1f} bytes a row | data of `cohort96` |",
        f"| gzip files | {found.file:.2f} bytes a row | data of `cohort96` |",
        f"| store, c and t | {found.store:.3f} bytes for each sample and site | `cohort96` |",
        f"| time without starting up | {found.seconds * 1e6:.4f} s a million rows | "
        "`cohort96` less `toy` |",
        f"| memory | {found.peak / 1e6:,.0f} MB, given {found.memory} | `cohort96` |",
        f"| scratch | {ROW_BYTES} bytes a row | design |",
        "",
        "| whole genomes | rows, billions | text, GB | gzip files, GB | store, GB | "
        "scratch, GB | memory | minutes |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for n_samples in COHORTS:
        values = n_samples * SITES
        n_rows = values * found.covered
        sizes = (n_rows * found.text, n_rows * found.file, values * found.store, n_rows * ROW_BYTES)
        cells = [f"{n_samples:,}", f"{n_rows / 1e9:,.2f}"]
        cells += [f"{size / 1e9:,.1f}" for size in sizes]
        cells += [found.memory, f"{n_rows * found.seconds / 60:,.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class PartConstants:
    """What was measured of a build in parts, with c and t, without starting up.

    Parameters
    ----------
    covered
        Rows for each sample and site.
    load
        Processor seconds of the load jobs a row.
    sites
        Processor seconds of the job for the sites, for each site of each batch.
    pack, assemble
        Processor seconds of the packing jobs and of the assembling one, for each sample and site.
    batch, range_, store
        Bytes of the files, for each row, and for each sample and site.
    """

    covered: float
    load: float
    sites: float
    pack: float
    assemble: float
    batch: float
    range_: float
    store: float


def part_constants(results: Path) -> PartConstants:
    """Return the constants of a build in parts. Raises BenchmarkError where there are none."""
    found = _read(results, PART_CASES[1])
    # A job takes as long as a tiny build before it has anything to do.
    start = median(_variant(_read(results, PART_CASES[0]), 0)["cpu_seconds"])
    jobs = {"load": found["batches"], "pack": found["batches"], "sites": 1, "assemble": 1}
    costs = {
        step: max(0.0, found["costs"][f"{n} x `{step}`"]["work"] - n * start)
        for step, n in jobs.items()
    }
    values, rows = found["samples"] * found["sites"], found["rows"]
    sizes = found["bytes"]
    return PartConstants(
        covered=rows / values,
        load=costs["load"] / rows,
        sites=costs["sites"] / (found["batches"] * found["sites"]),
        pack=costs["pack"] / values,
        assemble=costs["assemble"] / values,
        batch=sizes["batches"] / rows,
        range_=sizes["ranges"] / values,
        store=sizes["store"] / values,
    )


def report_of_parts(results: Path) -> str:
    """Return the constants of a build in parts and what follows from them, as Markdown."""
    found = part_constants(results)
    nano = 1e9
    lines = [
        "| constant | value |",
        "|---|---:|",
        f"| load | {found.load * nano:.0f} ns of a processor a row |",
        f"| sites | {found.sites * nano:.0f} ns for each site of each batch |",
        f"| pack | {found.pack * nano:.1f} ns for each sample and site |",
        f"| assemble | {found.assemble * nano:.1f} ns for each sample and site |",
        f"| batch files | {found.batch:.1f} bytes a row |",
        f"| range files | {found.range_:.2f} bytes for each sample and site |",
        f"| store | {found.store:.2f} bytes for each sample and site |",
        "",
        "| whole genomes | batches | jobs | load, core hours | sites | pack | assemble | all | "
        "memory of a load or pack job, GB | of the sites job | of the assembling job | "
        "files on the way, GB | store, GB |",
        "|" + "---:|" * 13,
    ]
    lines += [_parts_line(n_samples, found) for n_samples in PARTED]
    return "\n".join(lines) + "\n"


def _parts_line(n_samples: int, found: PartConstants) -> str:
    batches = -(-n_samples // BATCH)
    values = n_samples * SITES
    rows = values * found.covered
    hours = [
        rows * found.load / HOUR,
        batches * SITES * found.sites / HOUR,
        values * found.pack / HOUR,
        values * found.assemble / HOUR,
    ]
    chunks = 2 * values / (CHUNK[0] * CHUNK[1])
    memory = [
        rows / batches * ROW_BYTES + JOB_BYTES,
        batches * SITES * 4 + JOB_BYTES,
        chunks * 32 + 2 * values / 65536 * 32 + SITES * SITE_BYTES + JOB_BYTES,
    ]
    sizes = [rows * found.batch + values * found.range_, values * found.store]
    cells = [f"{n_samples:,}", f"{batches:,}", f"{2 * batches + 2:,}"]
    cells += [f"{hour:,.2f}" for hour in (*hours, sum(hours))]
    cells += [f"{size / 1e9:,.1f}" for size in (*memory, *sizes)]
    return f"| {' | '.join(cells)} |"


def _read(results: Path, case: str) -> dict[str, Any]:
    path = results / f"{case}.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read ({error}); run the case {case} with --output {results}"
        raise BenchmarkError(message) from error
    return found


def _variant(result: dict[str, Any], number: int) -> dict[str, Any]:
    entry: dict[str, Any] = list(result["variants"].values())[number]
    if entry["state"] != "measured":
        raise BenchmarkError(f"case {result['case']}: variant {number + 1} has no measurement")
    return entry


def main() -> int:
    """Print the constants and the table; return the exit status."""
    results = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("results")
    try:
        print(report(results))
        print(report_of_parts(results), end="")
    except BenchmarkError as error:
        print(f"benchmarks: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
