"""Compiled kernels are cached, and never outlive the code that they were made of."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cohorts import make_cohort, simulate

import methcohort
from methcohort.engine import compile

COUNT_BITS = """
import numpy as np
from methcohort.matrix.kernels.sites import rank_words
bits = np.array([3, 255], np.uint64)
print(rank_words(bits, np.zeros(2, np.int64)), sum(rank_words.stats.cache_hits.values()))
"""

ADD_NAME = """
from methcohort.readers.kernels.names import insert
from methcohort.readers.names import NameTable
names = NameTable(lambda name: True)
names.add(b"chr1")
print(names.arrays.table.max(), sum(insert.stats.cache_hits.values()))
"""


def run(folder: Path, code: str = COUNT_BITS, **environment: str) -> list[str]:
    """Run code with the package in `folder`; return the result and the cache's hits."""
    variables = {**os.environ, "PYTHONPATH": str(folder), **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def copy(folder: Path) -> Path:
    """Copy the package without its caches."""
    source = Path(methcohort.__file__).parent
    shutil.copytree(source, folder / "methcohort", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_a_change_elsewhere_is_compiled_anew(tmp_path: Path) -> None:
    """The module of the kernel has the same time and size; what it calls has changed."""
    package = copy(tmp_path / "package")
    assert run(package) == ["10", "0"]
    assert run(package) == ["10", "1"]
    compiled = package / "methcohort" / "engine" / "compile.py"
    text = compiled.read_text()
    changed = text.replace("return builder.ctpop(arguments[0])", "return arguments[0]")
    assert changed != text
    compiled.write_text(changed)
    assert run(package) == ["258", "0"]


def test_types_that_have_moved(tmp_path: Path) -> None:
    """The cache names the module of a type of an argument, which an upgrade may have moved."""
    package = copy(tmp_path / "package")
    assert run(package, ADD_NAME) == ["0", "0"]
    assert run(package, ADD_NAME) == ["0", "1"]
    readers = package / "methcohort" / "readers"
    (readers / "protocol.py").rename(readers / "elsewhere.py")
    for path in readers.rglob("*.py"):
        path.write_text(re.sub(r"\bprotocol\b", "elsewhere", path.read_text()))
    assert run(package, ADD_NAME) == ["0", "0"]


PACKAGES = sorted(
    path.parent.name for path in Path(methcohort.__file__).parent.glob("*/__init__.py")
)


def test_every_package_has_a_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change anywhere changes the stamp of the cache: any package may hold what is inlined."""
    package = copy(tmp_path) / "methcohort"
    monkeypatch.setattr(compile, "__file__", str(package / "engine" / "compile.py"))
    stamps = [compile._sources.__wrapped__()]
    assert {"engine", "readers", "matrix", "cli"} <= set(PACKAGES)
    for name in PACKAGES:
        with (package / name / "__init__.py").open("a") as file:
            file.write("# changed\n")
        stamps.append(compile._sources.__wrapped__())
    (package / "project.py").write_text("")
    stamps.append(compile._sources.__wrapped__())
    assert len(set(stamps)) == len(PACKAGES) + 2


def test_read_only_installation(tmp_path: Path) -> None:
    """Without a place for a cache, kernels are compiled in memory."""
    package = copy(tmp_path / "package")
    (package / "methcohort" / "matrix" / "__pycache__").write_text("in the way of a folder")
    home = tmp_path / "home"
    home.write_text("in the way too")
    variables = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    assert run(package, **variables) == ["10", "0"]


SAVED = re.compile(r"^\[cache\] data saved to '(.*)'$", re.MULTILINE)


def test_kernels_are_compiled_once(tmp_path: Path) -> None:
    """By the parent alone, however many workers there are, and never by the next build."""
    made = make_cohort(tmp_path, simulate(1, 4, {"chr1": 500})[0])
    saved = []
    # Workers that are spawned have nothing but the cache; those that are forked find it as well.
    for method in ("spawn", "fork"):
        variables = {
            **os.environ,
            "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
            "NUMBA_DEBUG_CACHE": "1",
            "METHCOHORT_START_METHOD": method,
        }
        options = ["--samples", made.sheet, "--output", tmp_path / "store.h5", "--workers", "3"]
        done = subprocess.run(
            [sys.executable, "-m", "methcohort", "build", *map(str, options)],
            env=variables,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        saved.append(SAVED.findall(done.stdout))
    assert len(saved[0]) > 5
    assert len(set(saved[0])) == len(saved[0])
    assert saved[1] == []
