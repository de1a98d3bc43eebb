"""However a build ends, nothing is left: no half a store, no shared memory, process or scratch.

The trials are made at random moments, here a few with fixed seeds; `trials/kills.py` has them.
"""

import multiprocessing.popen_fork  # noqa: F401 - as another user it cannot be found
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from limits import limited
from processes import LAST_SECONDS, Command, wait_until
from trials.kills import (
    LONGEST,
    KillGroup,
    KillParent,
    KillWorker,
    KillWorkerOfCallers,
    Limits,
    Signals,
    SignalsOfCallers,
    StartMethods,
    StartUp,
    StopWorkers,
    Trials,
    make_inputs,
    workers_of,
)

import methcohort
from methcohort.cohort import jobs

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.timeout(240),
]


@pytest.mark.parametrize(
    ("kind", "n_trials"),
    [
        (KillWorker, 4),
        (KillWorkerOfCallers, 2),
        (KillParent, 4),
        (KillGroup, 4),
        (Signals, 6),
        (SignalsOfCallers, 2),
        (StopWorkers, 3),
        (Limits, 6),
        (StartMethods, 4),
        (StartUp, 4),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_trials(tmp_path: Path, kind: type[Trials], n_trials: int) -> None:
    """F1 to F9: at random moments; each trial checks what is left."""
    trials = kind(tmp_path)
    rng = random.Random(1)
    for _ in range(n_trials):
        assert trials.trial(rng)


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Trials:
    """Builds over an earlier store."""
    return Trials(tmp_path_factory.mktemp("trials"))


def said_so_far(command: Command, words: str) -> bool:
    """Whether the command has said something, after it has come so far."""
    return wait_until(lambda: words in command.said.read_text(), LAST_SECONDS)


def writing(trials: Trials) -> bool:
    """Whether a temporary file lies beside the target."""
    return any(trials.target.parent.glob(".*.tmp"))


def test_next_run_succeeds_and_sweeps(trials: Trials) -> None:
    """F2, F3: after a kill in the middle of writing, the same command makes the store."""
    with trials.fork(2) as command:
        assert wait_until(lambda: writing(trials), LONGEST)
        os.killpg(command.pid, signal.SIGKILL)
        command.wait(LAST_SECONDS)
    assert len(list(trials.target.parent.glob(".*.tmp"))) == 1
    assert trials.target.read_bytes() == trials.earlier
    trials.next_run(command)


def test_stopped_worker_is_shown(trials: Trials) -> None:
    """F5: which, at what, how it goes on; and that it does."""
    with trials.fork(2) as command:
        assert wait_until(lambda: bool(workers_of(command)), LONGEST)
        time.sleep(0.02)
        victims = workers_of(command)
        for pid in victims:
            os.kill(pid, signal.SIGSTOP)
        assert said_so_far(command, f"kill -CONT {victims[0]}"), command.said.read_text()
        assert not command.ended()
        for pid in victims:
            os.kill(pid, signal.SIGCONT)
        said = command.wait(LONGEST)
    lines = [line for line in said.splitlines() if " is stopped while it works on " in line]
    assert {f"methcohort: worker process {pid}" for pid in victims} >= {
        line.partition(" is ")[0] for line in lines
    }
    assert said.count("continues with") == len(lines)
    assert trials.outcome(command, said, []) == "built"


def test_stopped_worker_can_be_ended(trials: Trials) -> None:
    """F4, F5: a build that waits for a stopped worker ends like any other."""
    with trials.fork(1) as command:
        assert wait_until(lambda: bool(workers_of(command)), LONGEST)
        os.kill(workers_of(command)[0], signal.SIGSTOP)
        assert said_so_far(command, "is stopped")
        os.kill(command.pid, signal.SIGTERM)
        said = command.wait(LAST_SECONDS)
    assert command.status == 128 + signal.SIGTERM
    assert trials.outcome(command, said, [command.status]) == "earlier store kept"


def test_hangup_is_ignored_after_nohup(trials: Trials) -> None:
    """F4: what was ignored before the command started stays ignored, in all processes."""
    ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731
    with trials.fork(2, ignore) as command:
        assert wait_until(lambda: bool(workers_of(command)), LONGEST)
        os.killpg(command.pid, signal.SIGHUP)
        said = command.wait(LONGEST)
    assert trials.outcome(command, said, []) == "built"


def have_a_fault(*_: object) -> None:
    """A task that nobody foresaw."""
    raise ZeroDivisionError("in a task")


@pytest.mark.parametrize("n_workers", [0, 2])
@pytest.mark.parametrize("debug", [False, True])
def test_fault_of_ours(trials: Trials, n_workers: int, debug: bool) -> None:
    """F6: one sentence says that it is ours and what to report; the traceback only on request."""

    def spoil() -> None:
        jobs.load_file = have_a_fault
        os.environ.pop("METHCOHORT_DEBUG", None)
        if debug:
            os.environ["METHCOHORT_DEBUG"] = "1"

    with trials.fork(n_workers, spoil) as command:
        said = command.wait(LONGEST)
    assert command.status == 1
    last = said.splitlines()[-1]
    assert last.startswith("methcohort: error: found a fault in methcohort itself (")
    assert "ZeroDivisionError" in last
    assert "METHCOHORT_DEBUG=1" in last
    assert ("sample s" in last) == (n_workers > 0)
    assert ("Traceback" in said) == debug
    assert trials.target.read_bytes() == trials.earlier


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (resource.RLIMIT_AS, range(0, 40, 3)),
        (resource.RLIMIT_DATA, range(8)),
        (resource.RLIMIT_NOFILE, range(3, 32, 2)),
    ],
    ids=["address space", "data", "descriptors"],
)
def test_limit_that_moves(tmp_path: Path, kind: int, values: range) -> None:
    """F7, F9: what the n-th step can no longer get is one sentence, until there is enough."""
    trials = Limits(tmp_path)
    outcomes = [trials.build_under(kind, value, 2) for value in values]
    assert outcomes[0] == "earlier store kept"
    assert trials.build_under(kind, 500, 2) == "built"


@pytest.mark.parametrize(
    ("kind", "limit", "said"),
    [
        (resource.RLIMIT_AS, 300 * 10**6, "ulimit -v"),
        (resource.RLIMIT_DATA, 100 * 10**6, "ulimit -d"),
        (resource.RLIMIT_NOFILE, 7, "ulimit -n"),
    ],
    ids=["address space", "data", "descriptors"],
)
def test_limit_at_the_start(tmp_path: Path, kind: int, limit: int, said: str) -> None:
    """F7, F9: where not even the libraries can be loaded, that is one sentence, too."""
    sheet = make_inputs(tmp_path / "inputs", 2, 10)
    options = ["--samples", sheet, "--output", tmp_path / "store.h5", "--workers", "2"]
    done = limited(kind, limit, "-q", "build", *options)
    assert done.returncode == 1
    assert done.stderr.startswith("methcohort: error: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can write to."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="cannot become another user")
def test_few_processes(open_folder: Path) -> None:
    """F7: workers, or threads of theirs, that the system does not start are one sentence."""
    trials = Trials(open_folder)
    for path in (trials.target.parent, trials.scratch):
        path.chmod(0o777)
    trials.target.chmod(0o666)
    outcomes = []
    for most in range(1, 8):

        def limit(most: int = most) -> None:
            resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
            os.setuid(12345)

        with trials.fork(3, limit) as command:
            said = command.wait(LONGEST)
        outcomes.append(trials.outcome(command, said, [1]))
        assert command.status == 0 or "ulimit -u" in said, said
    assert outcomes[0] == "earlier store kept"
    assert outcomes[-1] == "built"


@pytest.mark.parametrize("limit", [48, 64])
def test_few_open_files(tmp_path: Path, limit: int) -> None:
    """F9: hundreds of samples need no more open files than one."""
    sheet = make_inputs(tmp_path / "inputs", 300, 10)
    target = tmp_path / "store.h5"
    options = ["--samples", sheet, "--output", target, "--workers", "2"]
    done = limited(resource.RLIMIT_NOFILE, limit, "build", *options)
    assert done.returncode == 0, done.stderr
    with methcohort.open_store(target) as store:
        assert (len(store.samples), store.n_sites) == (300, 10)


@pytest.mark.parametrize("size", [1000, 100_000, 1_000_000])
@pytest.mark.parametrize("n_workers", [0, 2])
def test_no_room_for_files(trials: Trials, size: int, n_workers: int) -> None:
    """Where files may not grow, as on a full disk: one clear message, nothing left."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # noqa: E731
    with trials.fork(n_workers, limit) as command:
        said = command.wait(LONGEST)
    assert command.status == 1
    assert trials.outcome(command, said, [1]) == "earlier store kept"


DROPPED = """
import os, signal, weakref
from methcohort.core.signals import StoppedError, check_stopped, raise_when_stopped

class Anything:
    pass

def stop(_):
    os.kill(os.getpid(), signal.SIGTERM)
    any(range(0, -1000, -1))

raise_when_stopped()
anything = Anything()
reference = weakref.ref(anything, stop)
del anything
try:
    check_stopped()
except StoppedError as stopped:
    print("kept", stopped.number)
"""


def test_signal_that_python_drops() -> None:
    """One that arrives inside the callback of a weak reference is kept, and nothing is printed."""
    done = subprocess.run(
        [sys.executable, "-c", DROPPED], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("kept 15\n", "")
