"""Projects whose workflow runs on the cluster of `run_slurm.py`."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from projects import Project

# A test is no reason to wait as long as a busy cluster wants one to.
QUICKLY = (
    *("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1"),
    *("--seconds-between-status-checks", "1", "--latency-wait", "10"),
    *("--default-resources", "slurm_account=tests", "slurm_partition=main"),
)


class ClusterProject(Project):
    """A project that runs with the profile for Slurm."""

    def arguments(self, *arguments: str) -> list[str]:
        return ["--nocolor", "--workflow-profile", "workflow/profiles/slurm", *QUICKLY, *arguments]

    def snakemake(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=150,
        )
        return done.returncode, done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Project]:
    """Copy a case under tests/workflow."""
    return lambda case: ClusterProject(tmp_path / "my project", case)
