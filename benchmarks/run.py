"""Run a case of cases.yaml: methcohort and what a lab would use instead, in turn.

    python benchmarks/run.py cohort8

Every variant runs once to have its output checked against the text and its memory watched. Then all
run in turn and are timed. README.md beside this file says how the figures come about.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Final

import datasets
import machine
import measure
import outputs
import report
from cases import BenchmarkError, Case, CaseFile, Peer, Variant

HERE: Final = Path(__file__).resolve().parent
# Seconds after which a program is killed.
LIMIT: Final = 3600.0


def say(text: str) -> None:
    """Tell what is going on."""
    print(f"benchmarks: {text}", file=sys.stderr, flush=True)


def missing(peer: Peer) -> list[str]:
    """Return what a peer needs and does not find."""
    if peer.script.suffix != ".R":
        return [name for name in peer.needs if importlib.util.find_spec(name) is None]
    if shutil.which("Rscript") is None:
        return ["Rscript"]
    checks = " ".join(
        f"if (!requireNamespace('{name}', quietly = TRUE)) cat('{name} ');" for name in peer.needs
    )
    done = subprocess.run(["Rscript", "-e", checks], capture_output=True, text=True, check=False)
    return done.stdout.split()


class Runner:
    """Runs one variant again and again; its output goes to a folder that is removed each time.

    Raises
    ------
    BenchmarkError
        Where the data cannot be made.
    """

    def __init__(self, variant: Variant, data: Path) -> None:
        self.variant = variant
        self.made = datasets.make(variant.data, data, say=say)
        self._root = data
        self._cwd = self.made.folder
        if variant.peer is not None and variant.peer.columns != "five":
            self._cwd = datasets.make(variant.data, data, variant.peer.columns, say).folder
        self.output_bytes = 0

    def command(self, output: Path) -> list[str]:
        """Return the program and its arguments."""
        variant = self.variant
        if variant.peer is None:
            options = ["--workers", str(variant.workers), "--memory", variant.memory]
            options += ["--config", json.dumps({"layers": list(variant.layers)})]
            store = str(output / "cohort.h5")
            start = [sys.executable, "-m", "methcohort", "--quiet", "build"]
            return [*start, "--samples", datasets.SHEET, "--output", store, *options]
        script = variant.peer.script
        start = ["Rscript"] if script.suffix == ".R" else [sys.executable]
        return [*start, str(script), datasets.SHEET, str(output), str(variant.workers)]

    def __call__(self, *, check: bool = False) -> measure.Run:
        """Run once; where `check` is set, look at the memory and compare the output with the text.

        Raises
        ------
        BenchmarkError
            Where the program fails, or its output has other sums than the text.
        """
        with tempfile.TemporaryDirectory(prefix="output-", dir=self._root) as folder:
            output, log = Path(folder) / "output", Path(folder) / "log"
            output.mkdir()
            done = measure.run(self.command(output), self._cwd, log, LIMIT, watch=check)
            if check:
                kind = self.variant.peer.result if self.variant.peer else "store"
                outputs.check(kind, output, self.made.truth)
                self.output_bytes = outputs.output_bytes(output)
            return done


def measure_case(case: Case, data: Path) -> dict[str, dict[str, Any]]:
    """Return what was found for each variant of a case, by name.

    Raises
    ------
    BenchmarkError
        Where data cannot be made.
    """
    found: dict[str, dict[str, Any]] = {}
    runners: dict[str, Runner] = {}
    for variant in case.variants:
        found[variant.name] = entry = described(variant)
        absent = missing(variant.peer) if variant.peer else []
        if variant.peer and absent:
            entry["state"] = "skipped"
            entry["message"] = f"needs {', '.join(absent)}: {variant.peer.install}"
            say(f"{variant.name}: skipped, {entry['message']}")
            continue
        runner = Runner(variant, data)
        say(f"{variant.name}: checking")
        if (run := tried(runner, entry, check=True)) is not None:
            peak = run.peak
            entry.update(
                peak_pss_bytes=peak.pss if peak else None,
                peak_held_bytes=peak.held if peak else None,
                output_bytes=runner.output_bytes,
            )
            runners[variant.name] = runner
    for number in range(1, case.repeats + 1):
        for name, runner in list(runners.items()):
            run = tried(runner, found[name])
            if run is None:
                del runners[name]
                continue
            found[name]["seconds"].append(round(run.seconds, 4))
            found[name]["cpu_seconds"].append(round(run.cpu_seconds, 4))
            say(f"{name}: {run.seconds:.2f} s ({number} of {case.repeats})")
    return found


def described(variant: Variant) -> dict[str, Any]:
    """Return what a variant is, before anything is known of it."""
    options: dict[str, Any] = {"workers": variant.workers}
    if variant.peer is None:
        options |= {"memory": variant.memory, "layers": list(variant.layers)}
    return {
        "data": variant.data.name,
        "peer": variant.peer.name if variant.peer else None,
        "options": options,
        "state": "measured",
        "message": "",
        "peak_pss_bytes": None,
        "peak_held_bytes": None,
        "output_bytes": None,
        "seconds": [],
        "cpu_seconds": [],
    }


def tried(runner: Runner, entry: dict[str, Any], *, check: bool = False) -> measure.Run | None:
    """Run a variant; note it where it fails, so that its times do not count."""
    try:
        return runner(check=check)
    except BenchmarkError as error:
        entry.update(state="failed", message=str(error), seconds=[], cpu_seconds=[])
        say(f"{runner.variant.name}: does not count: {error}")
        return None


def summarize(found: dict[str, dict[str, Any]], rows: dict[str, int]) -> None:
    """Add medians, ratios to the first variant in the same round, and seconds per million rows."""
    # Of the same round: then a slow minute of the machine is in both.
    reference = next(iter(found.values()))["seconds"]
    for entry in found.values():
        seconds = entry["seconds"]
        middle = median(seconds) if seconds else None
        pairs = zip(seconds, reference, strict=True) if seconds and reference else ()
        ratios = [one / other for one, other in pairs]
        entry["median"] = middle
        entry["ratio"] = round(median(ratios), 4) if ratios else None
        per_million = middle / rows[entry["data"]] * 1e6 if middle else None
        entry["seconds_per_million_rows"] = round(per_million, 5) if per_million else None


def run_case(case: Case, data: Path, command: str) -> dict[str, Any]:
    """Measure a case and return everything that is known of it, as JSON can hold it."""
    data.mkdir(parents=True, exist_ok=True)
    started = datetime.datetime.now(datetime.UTC)
    made = {}
    for one in {variant.data.name: variant.data for variant in case.variants}.values():
        truth = dict(datasets.make(one, data, say=say).truth)
        n_samples = len(truth.pop("samples"))
        made[one.name] = {"options": one.options, "n_samples": n_samples, **truth}
    found = measure_case(case, data)
    summarize(found, {name: one["n_rows"] for name, one in made.items()})
    peers = [variant.peer for variant in case.variants if variant.peer]
    return {
        "case": case.name,
        "about": case.about,
        "command": command,
        "started": started.isoformat(timespec="seconds"),
        "repeats": case.repeats,
        "commit": machine.commit(),
        "machine": machine.machine(),
        "versions": machine.versions(with_r=any(peer.script.suffix == ".R" for peer in peers)),
        "sampling_seconds": measure.INTERVAL,
        "reference": case.variants[0].name,
        "datasets": made,
        "variants": found,
    }


def chosen(file: CaseFile, options: argparse.Namespace) -> Case:
    """Return the case with the repeats and peers that the command line asks for."""
    case = file.case(options.case)
    repeats = case.repeats if options.repeats is None else options.repeats
    if repeats < 1:
        raise BenchmarkError(f"found {repeats} repeats; expected at least 1")
    variants = case.variants
    if options.peers is not None:
        wanted = {name for name in options.peers.split(",") if name}
        unknown = sorted(wanted - set(file.peer_names))
        if unknown:
            known = ", ".join(file.peer_names)
            raise BenchmarkError(f"found no peer {unknown[0]!r}; expected some of {known}")
        variants = tuple(v for v in variants if v.peer is None or v.peer.name in wanted)
    return Case(case.name, case.about, repeats, variants)


def shown_command(options: argparse.Namespace) -> str:
    """Return the command without the folders, which say nothing of the figures."""
    words = ["python", "benchmarks/run.py", options.case]
    words += ["--repeats", str(options.repeats)] if options.repeats is not None else []
    words += ["--peers", options.peers] if options.peers is not None else []
    return shlex.join(words)


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description="Run a case of benchmarks/cases.yaml.")
    add = parser.add_argument
    add("case", nargs="?", help="name of the case")
    add("--list", action="store_true", help="list the cases")
    add("--repeats", type=int, metavar="N", help="timed runs of each variant")
    add("--peers", metavar="A,B", help="only these peers, beside methcohort")
    add("--output", type=Path, default=Path("results/benchmarks"), metavar="DIR")
    add("--data", type=Path, default=HERE / "data", metavar="DIR", help="where data is kept")
    add("--cases", type=Path, default=HERE / "cases.yaml", metavar="FILE")
    add("--table", type=Path, nargs="+", metavar="JSON", help="print tables of earlier runs")
    add("--readme", action="store_true", help="fill in README.md from benchmarks/results")
    return parser.parse_args(arguments)


def show(result: dict[str, Any], folder: Path) -> None:
    """Print results as Markdown; those of starting up are looked for in a folder."""
    print(report.table(result) + report.above_floor(result, folder))
    print(report.conditions([result]))


def do(options: argparse.Namespace) -> bool:
    """Do what the command line asks for; return whether all went well."""
    if options.table:
        for path in options.table:
            show(report.load(path), path.parent)
        return True
    if options.readme:
        report.fill(HERE / "README.md", HERE / "results")
        return True
    file = CaseFile(options.cases)
    if options.list:
        width = max(map(len, file.names))
        print("\n".join(f"{name:{width}}  {about}" for name, about in file.names.items()))
        return True
    if options.case is None:
        names = ", ".join(file.names)
        raise BenchmarkError(f"found no name of a case; expected one of {names}")
    result = run_case(chosen(file, options), options.data.resolve(), shown_command(options))
    written = report.write(result, options.output)
    say(f"wrote {', '.join(map(str, written))}")
    show(result, options.output)
    return all(entry["state"] != "failed" for entry in result["variants"].values())


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    try:
        return 0 if do(parse_arguments(arguments)) else 1
    except BenchmarkError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130


if __name__ == "__main__":
    sys.exit(main())
