"""Builds on a real Slurm, which `run.py` sets up: started with `make test-slurm`."""

from collections.abc import Callable

from projects import NOTHING, Project, outputs

Made = Callable[[str], Project]


def test_one_job(project: Made) -> None:
    """The store of a job on a node has the bytes of one that is built here."""
    basic = project("basic")
    basic.run()
    assert basic.files() == outputs("basic")
    basic.assert_right("basic")
    assert NOTHING in basic.run()
