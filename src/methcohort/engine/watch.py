"""Watching worker processes: which one is stopped, and which one is silent.

Neither is an error, since a stopped process can be continued and a slow disk may answer in the end.
Each is reported once, with the task of the worker, so that nobody waits for a stalled build
without knowing why.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..core.log import log

LOOK_SECONDS: Final = 0.5
"""How often workers are looked at."""

SILENT_SECONDS: Final = 60.0
"""How long a worker may send nothing before that is reported; most tasks take a few seconds."""

_PROC: Final = Path("/proc")


@dataclass(slots=True)
class _Seen:
    """What is known of one worker; `silent` is the seconds in which it was seen to be silent."""

    silent: float = 0.0
    looks_stopped: int = 0
    said_stopped: bool = False
    said_silent: bool = False


class Watch:
    """Says of worker processes, known by their numbers, that they stand still."""

    def __init__(self) -> None:
        self._workers: dict[int, _Seen] = {}
        self._last = time.monotonic()

    def heard(self, pid: int, task: str) -> None:
        """Take note of a message of a worker that is at a task."""
        seen = self._workers.setdefault(pid, _Seen())
        seen.silent = 0.0
        seen.said_silent = False
        if seen.said_stopped:
            self._look_at(pid, task, seen)

    def look(self, tasks: Mapping[int, str]) -> None:
        """Look after the workers that are at a task, if it is time for it."""
        passed = time.monotonic() - self._last
        if passed < LOOK_SECONDS:
            return
        self._last += passed
        for pid, task in tasks.items():
            seen = self._workers.setdefault(pid, _Seen())
            # This process may have been stopped as well; that time is not theirs.
            seen.silent += min(passed, 2 * LOOK_SECONDS)
            self._look_at(pid, task, seen)

    def _look_at(self, pid: int, task: str, seen: _Seen) -> None:
        """Look after one worker.

        It must be seen stopped twice: where all processes of a group are stopped and continued,
        this one may look before the others go on.
        """
        stopped = state_of(pid) == "T"
        seen.looks_stopped = seen.looks_stopped + 1 if stopped else 0
        if seen.looks_stopped == 2:
            seen.said_stopped = True
            log.warning(
                "worker process %d is stopped while it works on %s; the build waits for it: "
                "continue it with kill -CONT %d, or end the build",
                pid, task, pid,
            )  # fmt: skip
        elif seen.said_stopped and not stopped:
            seen.said_stopped = False
            seen.silent = 0.0
            log.warning("worker process %d continues with %s", pid, task)
        elif seen.silent >= SILENT_SECONDS and not stopped and not seen.said_silent:
            seen.said_silent = True
            log.warning(
                "worker process %d has sent nothing for %.0f s while it works on %s; it may wait "
                "for a disk or a network; the build waits for it",
                pid, SILENT_SECONDS, task,
            )  # fmt: skip


def state_of(pid: int) -> str:
    """Return the letter that Linux has for a process's state, T where it is stopped.

    Elsewhere nothing is known of it: that a stopped worker is silent is said all the same.
    """
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]
