"""F6: whatever a task does to its worker, the parent says it in one sentence and ends the rest."""

import ctypes
import faulthandler
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from processes import wait_until

from methcohort.core.errors import BudgetError, ConfigError, InputError, WorkerError
from methcohort.engine import Context, SharedArray, watch
from methcohort.engine.memory import GRAIN, Memory
from methcohort.engine.pool import START_METHOD, Pool
from methcohort.engine.watch import Watch, state_of

pytestmark = pytest.mark.timeout(60)
METHODS = ["fork", "spawn", "forkserver"]


class Titled:
    """An argument that names its task."""

    title = "sample a (a.txt)"


def segfault(_context: Context, _task: Titled) -> None:
    faulthandler.disable()  # pytest has it on
    ctypes.string_at(0)


def leave_with_0(_context: Context, _task: Titled) -> None:
    os._exit(0)


def leave_with_3(_context: Context, _task: Titled) -> None:
    sys.exit(3)


def be_killed(_context: Context, _task: Titled) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def close_the_pipe(context: Any, _task: Titled) -> None:
    context._pipe.close()
    time.sleep(60)


def send_garbage(context: Any, _task: Titled) -> None:
    context._pipe.send_bytes(b"\x00garbage")
    time.sleep(60)


def send_unknown_kind(context: Any, _task: Titled) -> None:
    context._pipe.send(("nonsense", 1))
    time.sleep(60)


def send_no_pair(context: Any, _task: Titled) -> None:
    context._pipe.send(7)
    time.sleep(60)


def send_bad_size(context: Any, _task: Titled) -> None:
    os.write(context._pipe.fileno(), b"\xff\xff\xff\xf0")
    time.sleep(60)


def send_half_a_message(context: Any, _task: Titled) -> None:
    os.write(context._pipe.fileno(), b"\x00\x00\x00\xffhalf")
    os._exit(0)


def fail_on_input(_context: Context, _task: Titled) -> None:
    raise InputError("a.txt, line 3: found something")


def have_a_fault(_context: Context, _task: Titled) -> None:
    message = "a fault\nof two lines"
    raise ValueError(message)


def read_to_the_end(_context: Context, _task: Titled) -> None:
    raise EOFError("of a file, not of the pipe")


def be_interrupted(_context: Context, _task: Titled) -> None:
    raise KeyboardInterrupt


def return_a_function(_context: Context, _task: Titled) -> Callable[[], None]:
    return lambda: None


def want_too_much(_context: Context, _task: Titled) -> None:
    np.ones(1 << 50, np.uint8)


def reserve_too_much(context: Context, _task: Titled) -> None:
    context.reserve(1 << 60)


def open_too_many(_context: Context, _task: Titled) -> None:
    raise OSError(24, "Too many open files")


def answer(context: Context, _task: Titled, value: int) -> tuple[int, int]:
    """A task that works, and uses the memory of all."""
    extent = context.reserve(8)
    context.map(extent)[:] = value
    context.note(value)
    total = int(context.map(extent)[:8].sum())
    context.release(extent)
    return value, total


def share_squares(context: Context, _task: Titled, n: int) -> SharedArray:
    """A task that leaves an array for the parent."""
    return context.share(np.arange(n, dtype=np.int32) ** 2)


def double(context: Context, array: SharedArray) -> None:
    """A task that changes an array of the parent."""
    array.open(context.arenas)[:] *= 2


LOST = [
    (segfault, r"killed by signal 11 \(SIGSEGV\) while it worked on sample a \(a.txt\)"),
    (leave_with_0, "ended with status 0 while it worked on sample a"),
    (be_killed, r"killed by signal 9 \(SIGKILL\), most likely for lack of memory.*--memory"),
    (close_the_pipe, "sent what is no message, or closed its pipe"),
    (send_garbage, "sent what is no message"),
    (send_unknown_kind, "sent what is no message"),
    (send_no_pair, "sent what is no message"),
    (send_bad_size, "sent what is no message"),
    (send_half_a_message, "ended with status 0"),
]
RAISED = [
    (fail_on_input, InputError, "line 3: found something"),
    (have_a_fault, RuntimeError, "ValueError: a fault of two lines, in a worker.*sample a"),
    (read_to_the_end, RuntimeError, "EOFError: of a file"),
    (be_interrupted, RuntimeError, "KeyboardInterrupt"),
    (leave_with_3, RuntimeError, "SystemExit: 3"),
    (return_a_function, RuntimeError, "pickle|local object"),
    (want_too_much, BudgetError, "no more memory to give; free some"),
    (reserve_too_much, BudgetError, "no room for"),
    (open_too_many, BudgetError, "ulimit -n"),
]


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    account = Memory(100 * GRAIN, tmp_path)
    yield account
    account.close()


@pytest.mark.parametrize(("task", "said"), LOST, ids=lambda item: getattr(item, "__name__", None))
def test_lost_worker(memory: Memory, task: Callable[..., Any], said: str) -> None:
    """F6: one sentence that names the task and what became of the worker; all others end."""
    with pytest.raises(WorkerError, match=said) as caught, Pool(2, memory) as pool:
        list(pool.run(task, [(Titled(),)]))
    assert "\n" not in str(caught.value)
    assert "no store was written" in str(caught.value)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("task", "kind", "said"), RAISED, ids=lambda item: getattr(item, "__name__", None)
)
def test_raised_in_a_worker(
    memory: Memory, task: Callable[..., Any], kind: type[Exception], said: str
) -> None:
    """F6: errors of ours arrive as they are; others as one sentence, with the trace as a note."""
    with pytest.raises(kind, match=said) as caught, Pool(2, memory) as pool:
        list(pool.run(task, [(Titled(),)]))
    assert "\n" not in str(caught.value)
    if kind is RuntimeError:
        assert "Traceback" in caught.value.__notes__[0]
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("method", METHODS)
def test_every_start_method(memory: Memory, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """F8: tasks, the loss of a worker and the end of the others are the same."""
    monkeypatch.setenv(START_METHOD, method)
    noted: list[int] = []
    with Pool(2, memory) as pool:
        tasks = [(Titled(), value) for value in range(6)]
        assert sorted(pool.run(answer, tasks, noted.append)) == [(k, (k, 8 * k)) for k in range(6)]
        assert list(pool.map(answer, tasks)) == [(k, 8 * k) for k in range(6)]
        assert list(pool.map(answer, tasks, window=2)) == [(k, 8 * k) for k in range(6)]
    assert sorted(noted) == list(range(6))
    with pytest.raises(WorkerError, match="SIGKILL"), Pool(2, memory) as pool:
        list(pool.run(be_killed, [(Titled(),)]))
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("method", METHODS)
def test_arrays_cross_processes(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """What a worker has made the parent reads, another worker changes, and the parent sees that."""
    monkeypatch.setenv(START_METHOD, method)
    with Pool(2, memory) as pool:
        arrays = list(pool.map(share_squares, [(Titled(), n) for n in (5, 0, 3000)]))
        list(pool.run(double, [(array,) for array in arrays]))
    assert [array.shape for array in arrays] == [(5,), (0,), (3000,)]
    for array in arrays:
        assert array.open(memory.arenas).tolist() == [2 * k * k for k in range(*array.shape)]


def test_unknown_start_method(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """F8: refused, with those that there are."""
    monkeypatch.setenv(START_METHOD, "froth")
    with pytest.raises(ConfigError, match=r"METHCOHORT_START_METHOD=froth .* expected .*spawn"):
        Pool(1, memory)


def test_worker_that_cannot_be_started(memory: Memory) -> None:
    """F7, F9: a process that the system does not start is one sentence; those before it end."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = len(list(Path("/dev/fd").iterdir())) + 20
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, before[1]))
    try:
        with pytest.raises(BudgetError, match=r"worker process [0-9]+ of 500 cannot be started"):
            Pool(500, memory)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert not multiprocessing.active_children()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing."""
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def test_stopped_process_is_shown_once(
    sleeper: subprocess.Popen[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """F5: with what to do; and that it goes on, also where its next message tells that first."""
    watcher = Watch()
    tasks = {sleeper.pid: "sample a"}
    for message in (False, True):
        caplog.clear()
        sleeper.send_signal(signal.SIGSTOP)
        assert wait_until(lambda: state_of(sleeper.pid) == "T", 5)
        look(watcher, tasks)
        assert not caplog.records  # all processes of a group may just be about to go on
        for _ in range(3):
            look(watcher, tasks)
        assert len(caplog.messages) == 1
        assert "is stopped while it works on sample a" in caplog.text
        assert f"kill -CONT {sleeper.pid}" in caplog.text
        sleeper.send_signal(signal.SIGCONT)
        assert wait_until(lambda: state_of(sleeper.pid) != "T", 5)
        if message:
            watcher.heard(sleeper.pid, "sample a")
        for _ in range(2):
            look(watcher, tasks)
        assert caplog.messages[1:] == [f"worker process {sleeper.pid} goes on with sample a"]


def look(watcher: Watch, tasks: dict[int, str]) -> None:
    """Take a look when it is due."""
    time.sleep(0.02)
    watcher.look(tasks)


def test_silent_process_is_shown_once(
    sleeper: subprocess.Popen[bytes],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F5: one that waits for a disk is in no state to be seen, but it sends nothing."""
    monkeypatch.setattr(watch, "SILENT_SECONDS", 0.1)
    watcher = Watch()
    for _ in range(2):
        caplog.clear()
        for _ in range(12):
            look(watcher, {sleeper.pid: "sample a"})
        assert len(caplog.messages) == 1
        assert "has sent nothing" in caplog.text
        watcher.heard(sleeper.pid, "sample a")


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.01)


def test_state_without_proc(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """F5: systems without /proc tell no state, and a process that has ended has none."""
    assert wait_until(lambda: state_of(sleeper.pid) == "S", 5)
    with monkeypatch.context() as patched:
        patched.setattr(watch, "_PROC", tmp_path)
        assert state_of(sleeper.pid) == ""
    sleeper.kill()
    sleeper.wait()
    assert state_of(sleeper.pid) == ""
