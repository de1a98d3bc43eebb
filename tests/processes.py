"""The command as a process of its own session: who is alive in it, and what it left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
PROC = Path("/proc")


def command_line(*arguments: str | Path) -> list[str]:
    """The installed command, or the module where only the sources are on the path."""
    script = Path(sys.executable).with_name("methcohort")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "methcohort"]
    return [*start, *map(str, arguments)]


def shared_memory_entries() -> set[str]:
    """Names in /dev/shm, where the system has it."""
    return {path.name for path in SHARED_MEMORY.iterdir()} if SHARED_MEMORY.is_dir() else set()


def assert_nothing_new_in_shared_memory(before: set[str], wait: float = 2.0) -> None:
    """No name was added to /dev/shm; names of other programs come and go, so wait a little."""
    gone = wait_until(lambda: not shared_memory_entries() - before, wait)
    assert gone, f"left in /dev/shm: {sorted(shared_memory_entries() - before)}"


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def _stat(pid: int) -> list[str]:
    """State, parent, group, session ... of a process; empty where it is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def members(session: int) -> dict[int, list[str]]:
    """Living processes of a session (dead ones that nobody has waited for do not count)."""
    found = {int(path.name): _stat(int(path.name)) for path in PROC.glob("[0-9]*")}
    return {
        pid: stat
        for pid, stat in found.items()
        if stat and int(stat[3]) == session and stat[0] not in "ZX"
    }


def workers(session: int) -> list[int]:
    """Processes below the first that have worked, the busiest first."""
    busy = {
        pid: int(stat[11]) + int(stat[12])
        for pid, stat in members(session).items()
        if pid != session and b"resource_tracker" not in _command(pid)
    }
    return sorted((pid for pid in busy if busy[pid] > 0), key=lambda pid: -busy[pid])


def _command(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


@contextlib.contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """The command in a session of its own; whatever is left of it is killed at the end."""
    process = subprocess.Popen(
        command_line(*arguments),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill_session(process.pid)
        process.communicate(timeout=20)


def kill_session(session: int) -> None:
    """Kill -9 every process of the session at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)
    for pid in members(session):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
