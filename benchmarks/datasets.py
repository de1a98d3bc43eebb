"""Data of a case: made once by generate.py, and kept under a name that its parameters determine."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cases import BenchmarkError, Dataset

if TYPE_CHECKING:
    from collections.abc import Callable

GENERATOR: Final = Path(__file__).with_name("generate.py")
SHEET: Final = "samples.tsv"
TRUTH: Final = "truth.json"


@dataclass(frozen=True, slots=True)
class Made:
    """A dataset on the disk.

    Parameters
    ----------
    folder
        Where it lies; the paths in its sheet, `samples.tsv`, are relative to it.
    truth
        Sums of what the files hold, as generate.py wrote them down.
    """

    folder: Path
    truth: dict[str, Any]


def make(
    data: Dataset, root: Path, columns: str = "five", say: Callable[[str], None] = print
) -> Made:
    """Return a dataset, and generate it first where it is not there.

    Raises
    ------
    BenchmarkError
        Where generate.py refuses the options or fails.
    """
    options = {**data.options, "columns": columns}
    source = hashlib.sha256(GENERATOR.read_bytes()).hexdigest()
    key = json.dumps([options, source], sort_keys=True)
    folder = root / f"{data.name}-{hashlib.sha256(key.encode()).hexdigest()[:10]}"
    truth = folder / TRUTH
    if not truth.is_file():
        say(f"making the data: {folder.name}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _generate(folder, options)
        # The sums come last: where they are, everything is.
        (folder / "sums").rename(truth)
    return Made(folder, json.loads(truth.read_text(encoding="utf-8")))


def _generate(folder: Path, options: dict[str, Any]) -> None:
    command = [sys.executable, str(GENERATOR), "--output", "data", "--sheet", SHEET]
    command += ["--truth", "sums", "--workers", str(os.cpu_count() or 1)]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise BenchmarkError(f"generate.py failed with {options}: {last}")
