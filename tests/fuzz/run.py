"""Fuzz the parser for some minutes, led by the lines that its kernels reach.

    python -m fuzz.run --minutes 10          (in tests/, or: make fuzz)

Each input is loaded by the compiled package and by the same kernels as Python, and both are
compared with the oracle: taken or refused, the line, and every value. An input whose run takes a
step from line to line that none before has taken joins the corpus and is changed further; at the
end the corpus is cut down to what reaches everything, and written back to `corpus.json`, which
the test suite replays. An input on which they differ is printed and kept in `failures.json`.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import grammar
from comparison import Case, Comparison, draw_case, draw_reading

from methcohort import readers

from .coverage import edges_of
from .traced import traced_parse

CORPUS = Path(__file__).with_name("corpus.json")
FAILURES = Path(__file__).with_name("failures.json")
LARGEST = 3000

Steps = set[tuple[str, int, int, int]]


def read_cases(path: Path = CORPUS) -> list[Case]:
    """The cases of a file, one a line."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Case.from_json(json.loads(line)) for line in lines]


def write_cases(cases: Iterable[Case], path: Path = CORPUS) -> None:
    """Write cases to a file, one a line, the shortest first."""
    lines = sorted(
        (json.dumps(case.to_json()) for case in cases), key=lambda line: (len(line), line)
    )
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


class Fuzzer:
    """The corpus, what it reaches, and what was counted."""

    def __init__(self, comparison: Comparison, rng: random.Random) -> None:
        self.rng = rng
        self.comparison = comparison
        self.traced = patch.dict(readers.KERNELS, five_column=traced_parse())
        self.corpus: list[tuple[Case, Steps]] = []
        self.reached: Steps = set()
        self.outcomes: Counter[str] = Counter()
        self.failures: list[Case] = []

    def steps(self, case: Case) -> tuple[str, Steps]:
        """Compare with the kernels as Python; return the outcome and the steps taken."""
        with self.traced:
            outcome, steps = edges_of(lambda: self.comparison.check(case))
        return outcome, steps

    def try_case(self, case: Case) -> bool:
        """Compare one case; return whether it joined the corpus."""
        try:
            outcome = self.comparison.check(case)
            also, steps = self.steps(case)
            assert outcome == also, f"compiled {outcome}, as Python {also}: {case}"
        except Exception as error:  # whatever it is, it should not have been
            print(f"FAILED: {type(error).__name__}: {error}", flush=True)
            self.failures.append(case)
            write_cases(self.failures, FAILURES)
            return False
        self.outcomes[outcome] += 1
        if steps <= self.reached:
            return False
        case = self.shortened(case, steps - self.reached)
        steps = self.steps(case)[1]
        self.reached |= steps
        self.corpus.append((case, steps))
        return True

    def shortened(self, case: Case, wanted: Steps) -> Case:
        """The case with fewer lines, as far as it still takes the wanted steps."""
        lines = case.text.splitlines(keepends=True)
        size = len(lines) // 2
        while size:
            at = 0
            while at < len(lines):
                shorter = replace(case, text=b"".join(lines[:at] + lines[at + size :]))
                try:
                    kept = wanted <= self.steps(shorter)[1]
                except AssertionError:
                    kept = False
                if kept:
                    case, lines = shorter, lines[:at] + lines[at + size :]
                else:
                    at += size
            size //= 2
        return case

    def next_case(self) -> Case:
        """A new file by the grammar, or a changed one of the corpus."""
        rng = self.rng
        if not self.corpus or rng.random() < 0.3:
            return draw_case(rng)
        case = rng.choice(self.corpus)[0]
        text = case.text
        if rng.random() < 0.2:
            text += rng.choice(self.corpus)[0].text
        for _ in range(rng.choice([0, 1, 1, 2, 4])):
            text = grammar.mutate(rng, text)
        case = replace(case, text=text[:LARGEST])
        if rng.random() < 0.2:
            case = replace(case, config=grammar.draw_config(rng))
        return draw_reading(rng, case) if rng.random() < 0.3 else case

    def smallest_corpus(self) -> list[Case]:
        """Few cases that take all steps: each time the one with the most new steps a byte."""
        left, missing, chosen = list(self.corpus), set(self.reached), []
        while missing:
            best = max(left, key=lambda one: len(one[1] & missing) / (200 + len(one[0].text)))
            left.remove(best)
            missing -= best[1]
            chosen.append(best[0])
        return chosen


def fuzz(minutes: float, seed: int) -> int:
    """Fuzz for a time; print what was found; return the number of failures."""
    with tempfile.TemporaryDirectory() as folder, Comparison(Path(folder)) as comparison:
        fuzzer = Fuzzer(comparison, random.Random(seed))
        for case in read_cases():
            fuzzer.try_case(case)
        kept, shown = len(fuzzer.corpus), time.monotonic()
        print(f"seed {seed}; {kept} cases kept before, {len(fuzzer.reached)} steps", flush=True)
        n, end = 0, time.monotonic() + 60 * minutes
        while n == 0 or time.monotonic() < end:
            n += 1
            fuzzer.try_case(fuzzer.next_case())
            if time.monotonic() > shown + 30:
                shown = time.monotonic()
                print(
                    f"{n:,} inputs, {len(fuzzer.corpus) - kept} new cases, "
                    f"{len(fuzzer.reached):,} steps, {len(fuzzer.failures)} failures",
                    flush=True,
                )
        cases = fuzzer.smallest_corpus()
    if len(fuzzer.corpus) > kept:
        write_cases(cases)
    _report(n, len(fuzzer.corpus) - kept, len(cases), fuzzer)
    return len(fuzzer.failures)


def _report(n: int, new: int, kept: int, fuzzer: Fuzzer) -> None:
    print(f"{n:,} inputs, {new} new cases, {kept} kept, {len(fuzzer.reached):,} steps")
    for outcome, times in fuzzer.outcomes.most_common():
        print(f"{times:8,}  {outcome}")
    print(f"{len(fuzzer.failures):8,}  failures")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="fuzz.run", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None, help="a random one by default")
    options: Any = parser.parse_args(arguments)
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "big")
    return 1 if fuzz(options.minutes, seed) else 0


if __name__ == "__main__":
    sys.exit(main())
