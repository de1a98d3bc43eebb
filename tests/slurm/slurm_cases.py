"""Builds on a real Slurm, which `run_slurm.py` sets up: started with `make test-slurm`."""

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cluster import NODE, node_state, run
from places import SHARED
from projects import NOTHING, Project, outputs, wait_for

REAL = SHARED / "plain5"
WRAPPER = """\
#!/bin/sh
# The real command. The first to load batch 1 takes more memory than its job has; the first to load
# batch 2 waits to be cancelled.
case "$*" in
"scatter load "*) echo "$*" >> "$NOTES/loads" ;;
esac
case "$*" in
"scatter load "*"--batch 1/2 "*)
    mkdir "$NOTES/1" 2> /dev/null &&
        exec python3 -c 'held = b"x" * (2 * 10**9); import time; time.sleep(60)' ;;
"scatter load "*"--batch 2/2 "*)
    mkdir "$NOTES/2" 2> /dev/null &&
        { echo "$SLURM_JOB_ID" > "$NOTES/id" && mv "$NOTES/id" "$NOTES/job"; sleep 60; exit 3; } ;;
esac
exec "$METHCOHORT" "$@"
"""
Made = Callable[[str], Project]


def jobs() -> list[str]:
    """Return what Slurm knows of every job of this cluster, old ones too."""
    return run("scontrol", "--oneliner", "show", "jobs").splitlines()


def limits(rule: str) -> list[tuple[int, int]]:
    """Return megabytes and minutes of each job of a rule, in the order in which they came."""
    found = []
    for job in jobs():
        if f"Comment=rule_{rule}" in job:
            memory = re.search(r"MinMemoryNode=(\d+)M", job)
            limit = re.search(r"TimeLimit=(?:(\d+)-)?(\d+):(\d+):", job)
            assert memory and limit, job
            days, hours, minutes = (int(one or 0) for one in limit.groups())
            found.append((int(memory[1]), 60 * (24 * days + hours) + minutes))
    return found


def test_real_samples_in_parts(project: Made) -> None:
    """Every job states memory and time; the bytes are those of one job."""
    basic = project("basic")
    if REAL.is_dir():
        files = sorted(REAL.glob("*.txt.gz"))
        rows = [f"{path.name.partition('.')[0]}\t{path}\tbasic\n" for path in files]
        sheet = basic.directory / "config" / "samples.tsv"
        sheet.write_text("sample\tpath\tcohort\n" + "".join(rows))
    basic.configure(scatter={"batches": 2})
    basic.run()
    assert basic.files() == outputs("basic")
    basic.assert_right("basic")
    for rule, n in (("load_batch", 2), ("find_sites", 1), ("pack_range", 2), ("assemble_store", 1)):
        asked = limits(rule)
        assert len(asked) == n
        assert all(500 < memory < 5000 and minutes >= 10 for memory, minutes in asked), asked
    assert NOTHING in basic.run()


def test_out_of_memory_and_cancelled(project: Made, tmp_path: Path) -> None:
    """F37: both jobs are tried again, with more memory, and nothing else is."""
    basic = project("basic")
    basic.configure(scatter={"batches": 2})
    notes = tmp_path / "notes"
    notes.mkdir()
    command = tmp_path / "bin" / "methcohort"
    command.parent.mkdir()
    command.write_text(WRAPPER)
    command.chmod(0o755)
    real = shutil.which("methcohort", path=basic.environment["PATH"])
    assert real
    path = f"{command.parent}{os.pathsep}{basic.environment['PATH']}"
    before = len(limits("load_batch"))
    with basic.started(NOTES=str(notes), METHCOHORT=real, PATH=path) as snakemake:
        wait_for(notes / "job")
        run("scancel", (notes / "job").read_text().strip())
        assert snakemake.wait(timeout=150) == 0
    basic.assert_right("basic")
    loads = (notes / "loads").read_text()
    assert [loads.count(f"--batch {k}/2 ") for k in (1, 2)] == [2, 2]
    first, second, *again = sorted(limits("load_batch")[before:])
    assert first == second
    memory, minutes = first
    assert all(more > 1.4 * memory and longer == 2 * minutes for more, longer in again)
    assert len(again) == 2
    assert any("JobState=CANCELLED" in job for job in jobs())
    said = "".join(
        path.read_text() for path in basic.directory.glob(".snakemake/slurm_logs/**/*.log")
    )
    assert "exceeded memory limit" in said


def test_a_drained_node(project: Made) -> None:
    """F37: the job waits for the node, and goes on when it is there again."""
    basic = project("basic")
    run("scontrol", "update", f"NodeName={NODE}", "State=drain", "Reason=test")
    try:
        with basic.started() as snakemake:
            wait_until_pending()
            assert node_state().startswith("drain")
            run("scontrol", "update", f"NodeName={NODE}", "State=resume")
            assert snakemake.wait(timeout=150) == 0
    finally:
        if node_state().startswith("drain"):
            run("scontrol", "update", f"NodeName={NODE}", "State=resume")
    basic.assert_right("basic")


def wait_until_pending() -> None:
    """Wait until a job waits for the node."""
    deadline = time.monotonic() + 60
    while "drain" not in run("squeue", "--noheader", "--states=PENDING", "--format=%R").lower():
        assert time.monotonic() < deadline, pytest.fail("no job waits for the node")
        time.sleep(0.2)
