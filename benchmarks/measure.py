"""One program run to its end: wall clock, processor time, and the memory of its processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cases import BenchmarkError

# Seconds between two looks at the memory.
INTERVAL: Final = 0.03
PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of several processes at a time, in bytes.

    Parameters
    ----------
    pss
        Sum of the proportional set sizes: a page that several map is counted once.
    held
        What the system cannot take back: anonymous pages, and all allocated shared memory, also
        where no process maps it at the moment, but no pages of files.
    """

    pss: int
    held: int


@dataclass(frozen=True, slots=True)
class Run:
    """What a program took.

    Parameters
    ----------
    seconds
        From its start to its end.
    cpu_seconds
        Of all its processes that were waited for.
    peak
        Most memory of all its processes; None where nobody looked.
    """

    seconds: float
    cpu_seconds: float
    peak: Memory | None


def run(command: list[str], cwd: Path, log: Path, limit: float, *, watch: bool = False) -> Run:
    """Run a program in a session of its own.

    Parameters
    ----------
    command, cwd
        The program with its arguments, and its working directory.
    log
        File that takes what it prints.
    limit
        Seconds after which it is killed.
    watch
        Whether to look at the memory. That disturbs, so watched runs are not timed.

    Raises
    ------
    BenchmarkError
        Where it cannot be started, fails or takes too long; the message has its last line.
    """
    with log.open("wb") as output:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(
                command, cwd=cwd, stdout=output, stderr=output, start_new_session=True
            )
        except OSError as error:
            raise BenchmarkError(f"{command[0]} cannot be started ({error})") from error
        late = threading.Timer(limit, _kill, (process.pid,))
        watcher = Watcher(process.pid) if watch else None
        late.start()
        try:
            # Popen.wait with a limit would look every 50 ms only.
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            in_time = late.is_alive()
            late.cancel()
            peak = watcher.stop() if watcher else None
            _kill(process.pid)
    if not in_time:
        raise BenchmarkError(f"it was stopped after {limit:,.0f} s")
    if process.returncode:
        lines = log.read_text(errors="replace").strip().splitlines() or ["no message"]
        raise BenchmarkError(f"it ended with status {process.returncode}: {lines[-1]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak)


class Watcher:
    """A thread that looks at the memory of a session's processes again and again."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._peak: Memory | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> Memory | None:
        """Return the most of each kind that was seen; None where the system does not tell."""
        self._end.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._end.wait(INTERVAL):
            found = session_memory(self._session)
            if found is not None:
                most = self._peak or found
                self._peak = Memory(max(most.pss, found.pss), max(most.held, found.held))


def session_memory(session: int) -> Memory | None:
    """Return the memory of a session's processes; None where the system does not tell.

    Needs Linux 5.3 or newer.
    """
    pss = anonymous = shared = 0
    files: dict[tuple[int, int], int] = {}
    for pid in _members(session):
        shares = _shares(pid)
        pss += shares.get("Pss", 0)
        anonymous += shares.get("Pss_Anon", 0)
        shared += shares.get("Pss_Shmem", 0)
        files |= _shared_files(pid)
    return Memory(pss, anonymous + max(shared, sum(files.values()))) if anonymous else None


def _members(session: int) -> list[int]:
    found = []
    for path in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            stat = (path / "stat").read_text().rpartition(")")[2].split()
            if int(stat[3]) == session:
                found.append(int(path.name))
    return found


def _shares(pid: int) -> dict[str, int]:
    """Return what smaps_rollup says of a process, in bytes; nothing where it has ended."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    words = [line.split() for line in lines]
    return {word[0].rstrip(":"): int(word[1]) * 1024 for word in words}


def _shared_files(pid: int) -> dict[tuple[int, int], int]:
    """Return the bytes of each file in memory that a process has open, by device and inode."""
    found = {}
    with contextlib.suppress(OSError):
        for link in (PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                if str(link.readlink()).startswith(("/memfd:", "/dev/shm/")):
                    stat = link.stat()
                    found[stat.st_dev, stat.st_ino] = stat.st_blocks * 512
    return found


def _kill(session: int) -> None:
    """Kill a program and those of its processes that outlive it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)
