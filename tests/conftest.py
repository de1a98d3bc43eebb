"""Fixtures: text files, cohorts with a known truth, the command, and the search for left-overs."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cohorts
import processes
import pytest
from hypothesis import HealthCheck, settings

from methcohort.cohort.files import load_reader
from methcohort.readers.formats import READERS

settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("steady")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Share the compiling among the workers of a test run, where nothing is compiled yet."""
    worker = getattr(session.config, "workerinput", {}).get("workerid")
    if worker == "gw0":
        processes.load_all_kernels()
    elif worker == "gw1":
        load_reader(READERS["bismark_cov"])


@pytest.fixture
def write_sample() -> Callable[..., Path]:
    """Write one sample's rows in a style."""
    return cohorts.write_sample


@pytest.fixture
def cohort(tmp_path: Path) -> Callable[..., cohorts.Cohort]:
    """Make simulated cohorts with a known truth under tmp_path."""

    def make(
        n_samples: int = 4,
        sites: dict[str, int] | None = None,
        *,
        seed: int = 1,
        root: str = "cohort",
        styles: Sequence[dict[str, Any]] = ({},),
        **options: Any,
    ) -> cohorts.Cohort:
        rows, truth = cohorts.simulate(
            seed, n_samples, sites or {"chr1": 200, "chr2": 100, "chr10": 50}, **options
        )
        made = cohorts.make_cohort(tmp_path / root, rows, styles=styles)
        made.truth = truth
        return made

    return make


@pytest.fixture
def assert_store_equals() -> Callable[..., None]:
    """Compare a store with what the oracle expects."""
    return cohorts.assert_store_equals


@pytest.fixture
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command to its end."""

    def call(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            processes.command_line(*arguments), cwd=cwd, capture_output=True, text=True, timeout=120
        )

    return call


@pytest.fixture
def no_leftovers(tmp_path: Path) -> Iterator[Path]:
    """An empty scratch directory; afterwards it and /dev/shm hold nothing new."""
    before = processes.shared_memory_entries()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    yield scratch
    assert list(scratch.iterdir()) == []
    processes.assert_nothing_new_in_shared_memory(before)
