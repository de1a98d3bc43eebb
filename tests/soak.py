"""Try faults at random for a long time, and count what happens: `make soak`.

Each kind of trial is a class of `tests/trials`. All get the same time. A trial takes everything
that is random from its own number, so any of them can be tried again alone:

    PYTHONPATH=tests/support python tests/soak.py --seed 7 --only BitFlips --trial 1234

The exit status is 1 where a trial found a silent error: a wrong value, a half store, something left
behind, a traceback.
"""

import argparse
import json
import logging
import multiprocessing
import os
import platform
import random
import re
import secrets
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from trials.kinds import KINDS

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"
_TABLE = re.compile(r"(?<=<!-- soak -->\n).*?(?=<!-- end soak -->)", re.DOTALL)


@dataclass
class Tally:
    """What the trials of one kind came to."""

    kind: str
    about: str
    trials: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    silent: list[dict[str, Any]] = field(default_factory=list)


class Kind:
    """One kind of trial, set up when it is first tried."""

    def __init__(self, name: str, seed: int, folder: Path) -> None:
        self.seed = seed
        self._make = KINDS[name]
        self._folder = folder / name
        self._tried: Any = None
        self.tally = Tally(name, " ".join((self._make.__doc__ or "").split()))

    def run(self, number: int) -> None:
        """Make one trial and count it; a failed one is shown at once."""
        start = time.monotonic()
        name = self.tally.kind
        try:
            if self._tried is None:
                self._folder.mkdir()
                self._tried = self._make(self._folder)
            outcome = self._tried.trial(random.Random(f"{self.seed}:{name}:{number}"))
        except (Exception, pytest.fail.Exception) as error:
            self.tally.silent.append({"trial": number, "error": str(error)[:2000]})
            print(f"{name}, trial {number}: SILENT ERROR", flush=True)
            traceback.print_exc()
        else:
            found = Counter([outcome]) if isinstance(outcome, str) else outcome
            self.tally.outcomes.update(found)
        self.tally.trials += 1
        self.tally.seconds += time.monotonic() - start

    def close(self) -> None:
        """End what the trials have started."""
        if hasattr(self._tried, "close"):
            self._tried.close()


def soak(kinds: list[Kind], seconds: float) -> None:
    """Try whichever kind has had the least time, until the time is over."""
    end = said = time.monotonic()
    end += seconds
    while time.monotonic() < end:
        least = min(kinds, key=lambda kind: kind.tally.seconds)
        least.run(least.tally.trials)
        if time.monotonic() - said > 60:
            said = time.monotonic()
            total = sum(sum(kind.tally.outcomes.values()) for kind in kinds)
            silent = sum(len(kind.tally.silent) for kind in kinds)
            print(f"{total:,} trials, {silent} silent errors, {end - said:.0f} s left", flush=True)


def rows(tallies: list[Tally]) -> Iterator[str]:
    """Yield the lines of the table of trials."""
    yield "| trials | what was tried | what happened | silent errors |"
    yield "|---:|---|---|---:|"
    for tally in tallies:
        counted = [f"{text}: {n:,}" for text, n in tally.outcomes.most_common()]
        cells = [
            f"{sum(tally.outcomes.values()) + len(tally.silent):,}",
            f"`{tally.kind}`: {tally.about}",
            "<br>".join(counted),
            str(len(tally.silent)),
        ]
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def conditions(seed: int, seconds: float) -> str:
    """Return when and where the trials were made, in one sentence."""
    day = datetime.now(UTC).date().isoformat()
    versions = [f"{name} {metadata.version(name)}" for name in ("h5py", "numpy", "numba")]
    system = f"{platform.system()}, Python {platform.python_version()}, {', '.join(versions)}"
    cores = multiprocessing.cpu_count()
    return f"{day}, {seconds / 60:.0f} minutes, seed {seed}, {cores} cores, {system}."


@contextmanager
def folder_of_our_own() -> Iterator[Path]:
    """Make a folder, and remove it in the end; a child that strays here leaves it alone."""
    owner = os.getpid()
    folder = Path(tempfile.mkdtemp(prefix="methcohort-soak-"))
    try:
        yield folder
    finally:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Try faults at random and count what happens.")
    add = parser.add_argument
    add("--minutes", type=float, default=20, help="how long (default: 20)")
    add("--seed", type=int, default=secrets.randbelow(10**6), help="of the whole run; printed")
    add("--only", nargs="+", choices=KINDS, default=list(KINDS), help="which kinds")
    add("--trial", type=int, help="make this trial alone")
    add("--json", type=Path, help="write all counts to this file")
    add("--document", action="store_true", help=f"put the table into {PAGE.name}")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    print(f"seed {options.seed}", flush=True)
    logging.root.addHandler(logging.NullHandler())  # commands have handlers of their own
    start = time.monotonic()
    with folder_of_our_own() as folder:
        kinds = [Kind(name, options.seed, folder) for name in options.only]
        try:
            if options.trial is not None:
                for kind in kinds:
                    kind.run(options.trial)
            else:
                soak(kinds, options.minutes * 60)
        except KeyboardInterrupt:
            print("stopped early")
        for kind in kinds:
            kind.close()
    tallies = [kind.tally for kind in kinds]
    said = conditions(options.seed, time.monotonic() - start)
    table = "\n".join([said, "", *rows(tallies), ""])
    print(table)
    if options.json:
        counted = [vars(tally) for tally in tallies]
        options.json.write_text(json.dumps({"conditions": said, "kinds": counted}, indent=1) + "\n")
    if options.document:
        PAGE.write_text(_TABLE.sub(lambda _: table, PAGE.read_text()))
    return int(any(tally.silent for tally in tallies))


if __name__ == "__main__":
    sys.exit(main())
