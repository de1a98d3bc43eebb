"""Progress on a terminal: a bar, and warnings above it."""

import os
import pty
import subprocess
import sys
import termios

import pytest
from processes import shared_memory_entries

ON_A_TERMINAL = """
import logging, multiprocessing, os, sys
multiprocessing.set_start_method("spawn")
from methcohort.core.progress import Progress, log
logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="methcohort: %(message)s")
with Progress("read", 10, "rows") as progress:
    progress.add(5)
    log.warning("worker process 7 is stopped")
    progress.add(5)
    os.kill(os.getpid(), 9) if sys.argv[1] == "killed" else None
"""


@pytest.mark.parametrize("how", ["killed", "ended"])
def test_warning_stands_above_the_bar(how: str) -> None:
    """F5: on a line of its own; and the bar leaves no semaphore with a name, however it ends."""
    before = shared_memory_entries()
    parent, child = pty.openpty()
    os.set_blocking(parent, False)
    termios.tcsetwinsize(child, (40, 100))
    command = [sys.executable, "-c", ON_A_TERMINAL, how]
    done = subprocess.run(command, stderr=child, timeout=60, check=False)
    os.close(child)
    said = os.read(parent, 1 << 16).decode()
    os.close(parent)
    assert done.returncode == (-9 if how == "killed" else 0)
    line = next(line for line in said.split("\n") if "is stopped" in line)
    assert line.rstrip("\r").rpartition("\r")[2] == "methcohort: worker process 7 is stopped"
    assert "read:  50%" in said
    assert ("methcohort: read: 10 rows in" in said) == (how == "ended")
    assert not {name for name in shared_memory_entries() - before if name.startswith("sem.mp-")}
