"""The command as a process of its own session: who is alive in it, and what it left behind."""

import atexit
import contextlib
import faulthandler
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from methcohort.build.warm_up import load_kernels
from methcohort.cli import main
from methcohort.cohort.files import load_reader
from methcohort.core.signals import SIGNALS
from methcohort.matrix.kernels.place import load_placing
from methcohort.readers.formats import READERS
from methcohort.store.schema import COUNT_DTYPES

SHARED_MEMORY = Path("/dev/shm")
PREFIXES = ("psm_", "sem.", "pymp-", "methcohort", ".methcohort")
PROC = Path("/proc")
LAST_SECONDS = 5.0
"""How long anything may outlive the command; on a machine at rest it is a fraction of a second."""


def command_line(*arguments: str | Path) -> list[str]:
    """The installed command, or the module where only the sources are on the path."""
    script = Path(sys.executable).with_name("methcohort")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "methcohort"]
    return [*start, *map(str, arguments)]


def load_all_kernels() -> None:
    """Have the kernels of a build of five columns, so that what is forked has them."""
    load_kernels(n_files=2, reference=False)
    load_reader(READERS["five_column"])
    load_placing(COUNT_DTYPES[0])


def shared_memory_entries() -> set[str]:
    """Names in /dev/shm, where the system has it, that Python or methcohort may have made."""
    if not SHARED_MEMORY.is_dir():
        return set()
    return {path.name for path in SHARED_MEMORY.iterdir() if path.name.startswith(PREFIXES)}


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


def fork() -> int:
    """Fork, whatever threads the process has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which stay behind
        return os.fork()


@dataclass
class Command:
    """The command in a session of its own, with what it says in a file."""

    pid: int
    said: Path
    status: int | None = None

    @classmethod
    def start(cls, arguments: Sequence[str | Path], said: Path, **variables: str) -> "Command":
        """Start the installed command, with further environment variables."""
        with said.open("wb") as file:
            process = subprocess.Popen(
                command_line(*arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                start_new_session=True,
                env=os.environ | variables,
                preexec_fn=_default_signals,
            )
        process.returncode = 0  # it is waited for here
        return cls(process.pid, said)

    @classmethod
    def fork(
        cls,
        arguments: Sequence[str | Path],
        said: Path,
        prepare: Callable[[], object] = lambda: None,
        printed: Path = Path(os.devnull),
    ) -> "Command":
        """Run the command in a copy of this process, which has all modules and kernels already.

        `prepare` is called there before, for example to set limits. `printed` takes what goes to
        standard output.
        """
        load_all_kernels()
        # A signal that came before the copy is the command would be taken as one for the tests.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        pid = fork()
        if pid == 0:
            _become_command(arguments, said, prepare, printed)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return cls(pid, said)

    def ended(self) -> bool:
        """Whether it has ended; `status` is then as subprocess gives it."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait(self, seconds: float) -> str:
        """Wait for its end and that of all its processes; return what it said."""
        ended = wait_until(self.ended, seconds)
        assert ended, f"still running after {seconds} s; it said: {self.said.read_text()}"
        gone = wait_until(lambda: not members(self.pid), LAST_SECONDS)
        assert gone, f"left behind: {members(self.pid)}"
        return self.said.read_text()

    def __enter__(self) -> "Command":
        return self

    def __exit__(self, *_: object) -> None:
        kill_session(self.pid)
        wait_until(self.ended, 10)


def _default_signals() -> None:
    """Take back what a shell in the background has set: it ignores Ctrl-C for its children."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _become_command(
    arguments: Sequence[str | Path], said: Path, prepare: Callable[[], object], printed: Path
) -> None:
    """Leave behind what belongs to the tests, and be the command."""
    try:
        os.setsid()
        faulthandler.disable()  # it writes to a file of the tests
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        for path, descriptor in ((printed, 1), (said, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), descriptor)
        os.closerange(3, 1000)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
        _default_signals()
        logging.root.handlers.clear()
        atexit._clear()
        sys.argv = ["methcohort", *map(str, arguments)]
        prepare()
        main()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(99)
