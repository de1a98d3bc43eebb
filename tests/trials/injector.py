"""Commands in which the n-th call of a kind fails: a library that is preloaded, and its driver.

The driver is a process that has imported methcohort and loaded the kernels. For each command it
forks a child, which arms the library (`failing.c`) and runs the command line, so that a trial
takes no longer than the command itself.
"""

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import processes
from processes import Command

KINDS: Final = {
    "write": 1, "read": 2, "allocate": 4, "rename": 8,
    "fsync": 16, "open": 32, "unlink": 64, "lock": 128,
}  # fmt: skip
ONCE, SHORT = 1, 2
SOURCE: Final = Path(__file__).with_name("failing.c")
SECONDS: Final = 60.0


@dataclass(frozen=True)
class Fault:
    """Which call fails, how, and whether those after it do, too."""

    kind: str
    nth: int
    error: int = 0
    once: bool = True
    short: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a command ended; `hits` calls went wrong of `calls` that counted."""

    status: int
    out: str
    err: str
    calls: int
    hits: int
    left: list[int]

    @property
    def errors(self) -> list[str]:
        """The lines that say what went wrong."""
        start = "methcohort: error: "
        return [line for line in self.err.splitlines() if line.startswith(start)]


def unavailable() -> str:
    """Why calls cannot be made to fail here, or nothing."""
    if sys.platform != "linux":
        return "preloads a library, as Linux does"
    return "" if shutil.which("cc") else "needs a C compiler (cc)"


class Injector:
    """The driver, in a process of its own; a context manager."""

    def __init__(self, folder: Path) -> None:
        library = folder / "failing.so"
        compiler = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(compiler, check=True, timeout=60)
        (folder / "output").mkdir()
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder / "output")],
            env=os.environ | {"LD_PRELOAD": str(library), "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the driver."""
        self._process.communicate(timeout=20)

    def run(self, arguments: list[Any], folders: list[Path], fault: Fault) -> Outcome:
        """Run a command in which calls on files below some folders go wrong."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {
            "arguments": [str(argument) for argument in arguments],
            "folders": [str(folder.resolve()) for folder in folders],
            **asdict(fault),
        }
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return Outcome(**json.loads(self._process.stdout.readline()))


def _serve(folder: Path) -> None:
    """Answer each line of standard input, a command and its fault, with an outcome."""
    from methcohort.cli import build, info, query, verify  # noqa: F401, PLC0415
    from methcohort.engine import budget  # noqa: PLC0415
    from trials.mixtures import load_all  # noqa: PLC0415

    load_all()
    budget.LEAST_ROWS_BYTES = -(10**12)  # with a tiny --memory all rows go to scratch
    library = ctypes.CDLL(None)
    library.failing_arm.argtypes = [ctypes.c_int, ctypes.c_long, ctypes.c_int, ctypes.c_int]
    library.failing_calls.restype = library.failing_hits.restype = ctypes.c_long
    for line in sys.stdin:
        job = json.loads(line)
        for path in job["folders"]:
            library.failing_folder(os.fsencode(path))
        arm = partial(
            library.failing_arm,
            KINDS[job["kind"]],
            job["nth"],
            job["error"],
            ONCE * job["once"] + SHORT * job["short"],
        )
        outcome = run_forked(job["arguments"], folder, arm)
        hits = {"calls": library.failing_calls(), "hits": library.failing_hits()}
        library.failing_disarm()
        print(json.dumps(asdict(outcome) | hits), flush=True)


def run_forked(arguments: list[Any], folder: Path, prepare: Callable[[], object] = bool) -> Outcome:
    """Run the command line in a forked child, which is quick; `folder` takes what it prints."""
    return end_forked(start_forked(arguments, folder, prepare), folder)


def start_forked(
    arguments: list[Any], folder: Path, prepare: Callable[[], object] = bool
) -> Command:
    """Start the same."""
    return Command.fork(arguments, folder / "stderr", prepare, folder / "stdout")


def end_forked(command: Command, folder: Path) -> Outcome:
    """Wait for it; where it hangs, it is killed."""
    if not processes.wait_until(command.ended, SECONDS):
        processes.kill_session(command.pid)
        processes.wait_until(command.ended, SECONDS)
    # Workers of a parent that crashed need a moment to notice.
    processes.wait_until(lambda: not processes.members(command.pid), 3)
    left = sorted(processes.members(command.pid))
    processes.kill_session(command.pid)
    out, err = ((folder / name).read_text() for name in ("stdout", "stderr"))
    assert command.status is not None
    return Outcome(command.status, out, err, 0, 0, left)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
