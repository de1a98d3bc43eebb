"""Commands in which the n-th call of a kind fails: a library that is preloaded, and its driver.

The driver is a process that has imported methcohort and loaded the kernels. For each command it
forks a child, which arms the library (`failing.c`) and runs the command line, so that a trial
takes no longer than the command itself.
"""

import ctypes
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import processes

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
    from methcohort import budget  # noqa: PLC0415
    from methcohort.cli import build, info, query, verify  # noqa: F401, PLC0415
    from methcohort.kernels import load_kernels  # noqa: PLC0415

    load_kernels()
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


def start_forked(arguments: list[Any], folder: Path, prepare: Callable[[], object] = bool) -> int:
    """Start the same; return the number of the process, which is that of its session."""
    pid = fork()
    if pid == 0:
        _run([str(argument) for argument in arguments], folder, prepare)
    return pid


def end_forked(pid: int, folder: Path) -> Outcome:
    """Wait for it."""
    status = _wait(pid)
    # Workers of a parent that crashed need a moment to notice.
    processes.wait_until(lambda: not processes.members(pid), 3)
    left = sorted(processes.members(pid))
    processes.kill_session(pid)
    out, err = ((folder / name).read_text() for name in ("stdout", "stderr"))
    return Outcome(status, out, err, 0, 0, left)


def fork() -> int:
    """Fork, whatever threads the process has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which stay behind
        return os.fork()


def _run(arguments: list[str], folder: Path, prepare: Callable[[], object]) -> None:
    """Run the command line as if it had been started for this, and end."""
    from methcohort.cli import main  # noqa: PLC0415

    try:
        os.setsid()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(folder / "stdout", flags), 1)
        os.dup2(os.open(folder / "stderr", flags), 2)
        sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, open(1, "w"), open(2, "w")  # noqa: SIM115
        logging.getLogger().handlers.clear()
        sys.argv = ["methcohort", *arguments]
        prepare()
        main()
    finally:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        os._exit(70)


def _wait(pid: int) -> int:
    """Return the exit status of a process, negative for a signal; kill it where it hangs."""
    end = time.monotonic() + SECONDS
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
