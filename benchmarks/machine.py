"""What a measurement was made on: the machine, the versions of the programs, the commit."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import h5py

LIBRARIES: Final = (
    "methcohort",
    "numpy",
    "h5py",
    "numba",
    "isal",
    "polars",
    "duckdb",
    "pyarrow",
)
R_LIBRARIES: Final = ("bsseq", "HDF5Array", "BiocParallel")


def machine() -> dict[str, Any]:
    """Return model of the processor, cores, bytes of memory and the kernel; no names of hosts."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": _cpu(),
        "cores": usable,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }


def versions(*, with_r: bool) -> dict[str, str]:
    """Return the versions of Python, the libraries that are installed, and of R's where wanted."""
    found = {"python": platform.python_version(), "hdf5": h5py.version.hdf5_version}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    if with_r and shutil.which("Rscript"):
        code = "cat(R.version$major, R.version$minor, sep='.')"
        found["R"] = _output(["Rscript", "-e", code])
        for name in R_LIBRARIES:
            found[name] = _output(["Rscript", "-e", f"cat(as.character(packageVersion('{name}')))"])
    return found


def commit() -> str:
    """Return what git calls the checkout; empty where there is none."""
    return _output(["git", "describe", "--always", "--dirty", "--tags"])


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    models = [line.partition(":")[2] for line in text.splitlines() if line.startswith("model name")]
    return models[0].strip() if models else platform.processor()


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
