"""Worker processes: tasks go out and answers come back as small messages, one pipe a worker.

    parent  --(function, arguments)--------->  worker
    parent  <--("reserve", (nbytes, mapped))-  worker      answered with an Extent or an error
    parent  <--("release", extent)-----------  worker
    parent  <--("note", amount)--------------  worker      progress
    parent  <--("done", result)--------------  worker
    parent  <--("failed", error)-------------  worker      an error of ours, to be raised
    parent  <--("broken", (what, trace))-----  worker      any other exception

1. Workers are started once, before the parent opens any HDF5 file, and do tasks until they
   get None for one. Arrays never cross a pipe: they lie in shared memory, see `shared.py`.
2. The parent waits on all pipes and on the end of each process at once. A worker that dies is
   noticed at that moment and becomes a `WorkerError` that names its task, and so does one that
   sends what is no message. One that stands still is shown, see `watch.py`.
3. A worker whose parent dies ends: the system sees to it, or a thread waits for the parent's end.
4. There are no queues, locks or semaphores, so nothing with a name is left behind.

Nothing here knows of methylation.
"""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

import numpy as np

from ..core.errors import (
    BudgetError,
    ConfigError,
    MethcohortError,
    WorkerError,
    one_line,
    shortage,
)
from ..core.signals import SIGNALS, check_stopped, restore_signals, signals_held
from .memory import Arenas, Bytes, Extent, Memory
from .watch import LOOK_SECONDS, Watch

START_METHOD: Final = "METHCOHORT_START_METHOD"
"""Environment variable that names another start method than the platform's quickest."""

_KINDS: Final = ("reserve", "release", "note", "done", "failed", "broken")
_PR_SET_PDEATHSIG: Final = 1
_NO_MEMORY_STATUS: Final = 12

_GRACE_SECONDS: Final = 0.2
_END_SECONDS: Final = 1.5

_LESS_MEMORY: Final = (
    "run again, with less --memory or fewer --workers, or where more memory is free"
)

Note = Callable[[int], None]


class Context(Protocol):
    """What a task can ask for, in a worker or in the calling process."""

    arenas: Arenas

    def reserve(self, nbytes: int, *, mapped: bool = True) -> Extent:
        """Return a new extent, reserved by the parent; see `Memory.reserve`."""

    def release(self, extent: Extent) -> None:
        """Give an extent back."""

    def note(self, amount: int) -> None:
        """Report progress, in whatever unit the caller counts."""

    def map(self, extent: Extent) -> Bytes:
        """Return the bytes of an extent."""

    def private(self, name: str, nbytes: int) -> Bytes:
        """Return memory of this process alone, with what the last task has left in it."""


Task = Callable[..., Any]


def ignore(_amount: int) -> None:
    """Take no notice of progress."""


def _let_go_of_a_full_stderr() -> None:
    """Have a standard error without a buffer that cannot be emptied.

    Python empties it before it starts a process, which would fail for words alone.
    """
    try:
        sys.stderr.flush()
    except OSError:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


class Pool:
    """Runs tasks in worker processes, or in the calling process where `n_workers` is 0.

    Parameters
    ----------
    n_workers : how many processes
    memory : the account from which tasks get extents

    Raises
    ------
    BudgetError
        Where the system starts no further process.
    """

    def __init__(self, n_workers: int, memory: Memory) -> None:
        self.n_workers = n_workers
        self._memory = memory
        self._watch = Watch()
        self._workers: list[_Worker] = []
        _let_go_of_a_full_stderr()
        try:
            for _ in range(n_workers):
                self._workers.append(_Worker(memory.arenas))
        except (OSError, EOFError, MemoryError, RuntimeError) as error:
            self._end()
            message = (
                f"worker process {len(self._workers) + 1} of {n_workers} cannot be started "
                f"({one_line(error)}); expected free memory, processes and file descriptors; give "
                "fewer --workers, or lift the limit (ulimit -u, ulimit -n, ulimit -v)"
            )
            raise BudgetError(message) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with signals_held():
            self._end()

    def _end(self) -> None:
        """End all workers at once: what they have done is done, and nothing of theirs is left."""
        for worker in self._workers:
            worker.kill()
        last = time.monotonic() + _END_SECONDS
        for worker in self._workers:
            worker.wait(last)

    def run(
        self, function: Task, tasks: Iterable[Sequence[Any]], note: Note = ignore
    ) -> Iterator[tuple[int, Any]]:
        """Call `function(context, *arguments)` for each task; yield (index, result) when done.

        Raises
        ------
        WorkerError
            Where a worker died. What a task raised is raised here.
        """
        yield from self._run(function, tasks, note, None)

    def run_in_order(
        self, function: Task, tasks: Iterable[Sequence[Any]], window: int, note: Note = ignore
    ) -> Iterator[Any]:
        """Do the same, but yield the results in the order of the tasks.

        No task starts before the result `window` places earlier was taken.
        """
        waiting: dict[int, Any] = {}
        due = 0
        done = [0]
        for index, result in self._run(function, tasks, note, (done, window)):
            waiting[index] = result
            while due in waiting:
                yield waiting.pop(due)
                due += 1
                done[0] = due

    def _run(
        self,
        function: Task,
        tasks: Iterable[Sequence[Any]],
        note: Note,
        limit: tuple[list[int], int] | None,
    ) -> Iterator[tuple[int, Any]]:
        if not self._workers:
            local = _Here(self._memory, note)
            for index, arguments in enumerate(tasks):
                check_stopped()
                yield index, function(local, *arguments)
            return
        queue = enumerate(tasks)
        upcoming = next(queue, None)
        busy: dict[Connection, _Worker] = {}
        while upcoming is not None or busy:
            for worker in self._workers:
                if upcoming is None or (limit and upcoming[0] >= limit[0][0] + limit[1]):
                    break
                if worker.pipe not in busy:
                    worker.start_task(upcoming[0], function, upcoming[1])
                    busy[worker.pipe] = worker
                    upcoming = next(queue, None)
            check_stopped()
            for worker in self._ready(busy):
                self._watch.heard(worker.pid, worker.task)
                answer = worker.answer(self._memory, note)
                if answer is not None:
                    del busy[worker.pipe]
                    worker.task = ""
                    yield worker.index, answer[0]
            self._watch.look({worker.pid: worker.task for worker in busy.values()})

    def _ready(self, busy: dict[Connection, "_Worker"]) -> Iterator["_Worker"]:
        """Wait; yield workers that sent something. Raises WorkerError where one has died.

        It waits no longer than it may take until somebody looks after stopped workers.
        """
        ends = {worker.process.sentinel: worker for worker in self._workers}
        ready = wait([*busy, *ends], timeout=LOOK_SECONDS)
        for pipe in busy.keys() & set(ready):
            yield busy[pipe]
        for end in ends.keys() & set(ready):
            raise ends[end].death()


class _Worker:
    """The parent's end of one worker process."""

    def __init__(self, arenas: Arenas) -> None:
        context: Any = multiprocessing.get_context(_start_method())
        self.pipe, theirs = context.Pipe()
        self.index = -1
        self.task = ""
        self.process = context.Process(target=_serve, args=(theirs, arenas), daemon=True)
        with theirs, warnings.catch_warnings():
            # Python warns of fork beside threads; the child runs no code that takes their locks.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        self.pid: int = self.process.pid

    def start_task(self, index: int, function: Task, arguments: Sequence[Any]) -> None:
        self.index = index
        self.task = getattr(arguments[0], "title", f"task {index + 1}")
        self._send((function, arguments))

    def answer(self, memory: Memory, note: Note) -> tuple[Any] | None:
        """Handle one message; return the result in a tuple where the task is done."""
        kind, value = self._receive()
        if kind == "reserve":
            try:
                extent: Extent | MethcohortError = memory.reserve(value[0], mapped=value[1])
            except MethcohortError as error:
                extent = error
            self._send(extent)
        elif kind == "release":
            memory.release(value)
        elif kind == "note":
            note(value)
        elif kind == "failed":
            raise value
        elif kind == "broken":
            broken = RuntimeError(f"{value[0]}, in a worker that worked on {self.task}")
            broken.add_note(value[1])
            raise broken
        else:
            return (value,)
        return None

    def _send(self, message: Any) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its end is reported
            self.pipe.send(message)

    def _receive(self) -> tuple[str, Any]:
        """Return the kind and the content of a message. Raises WorkerError where it is none."""
        try:
            kind, value = self.pipe.recv()
        except MemoryError:
            raise
        except Exception as error:
            raise self.death() from error
        if kind not in _KINDS:
            raise self.death()
        return kind, value

    def death(self) -> WorkerError:
        """Return what to say of a worker that is lost, unless all were told to stop."""
        self.process.join(_GRACE_SECONDS)
        code = self.process.exitcode
        if code is not None and -code in SIGNALS:
            time.sleep(_GRACE_SECONDS)  # who stops all processes may reach this one last
        check_stopped()
        doing = f" while it worked on {self.task}" if self.task else ""
        remedy = "run again, and report it if it happens again"
        if code is None:
            how = "sent what is no message, or closed its pipe,"
        elif code == _NO_MEMORY_STATUS:
            how, remedy = "had no memory left", _LESS_MEMORY
        elif code == -signal.SIGKILL:
            how = f"was killed by signal {-code} (SIGKILL), most likely for lack of memory,"
            remedy = _LESS_MEMORY
        elif code < 0:
            how = f"was killed by signal {-code} ({_signal_name(-code)})"
        else:
            how = f"ended with status {code}"
        return WorkerError(f"a worker process {how}{doing}; no store was written; {remedy}")

    def kill(self) -> None:
        """Have the process end at once, also where it is stopped."""
        self.process.kill()
        self.pipe.close()

    def wait(self, last: float) -> None:
        """Wait until the process has ended, but not longer than until `last`.

        One that waits for a broken disk cannot even be killed; the system ends it when it can.
        """
        self.process.join(max(0.0, last - time.monotonic()))
        if self.process.exitcode is not None:
            self.process.close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "a signal without a name"


class _Private:
    """Memory that a process keeps from task to task: fresh pages cost more than what is in them."""

    def __init__(self) -> None:
        self._kept: dict[str, Bytes] = {}

    def private(self, name: str, nbytes: int) -> Bytes:
        if name not in self._kept or self._kept[name].size < nbytes:
            self._kept[name] = np.zeros(nbytes, np.uint8)
        return self._kept[name][:nbytes]


class _Here(_Private):
    """The context of tasks that run in the calling process."""

    def __init__(self, memory: Memory, note: Note) -> None:
        super().__init__()
        self.arenas = memory.arenas
        self.reserve = memory.reserve
        self.release = memory.release
        self.note = note
        self.map = memory.arenas.map


class _There(_Private):
    """The context of tasks that run in a worker: asks the parent."""

    def __init__(self, pipe: Connection, arenas: Arenas) -> None:
        super().__init__()
        self._pipe = pipe
        self.arenas = arenas
        self.map = arenas.map

    def reserve(self, nbytes: int, *, mapped: bool = True) -> Extent:
        self.send("reserve", (nbytes, mapped))
        answer = self.receive()
        if isinstance(answer, MethcohortError):
            raise answer
        return Extent(*answer)

    def release(self, extent: Extent) -> None:
        self.send("release", extent)

    def note(self, amount: int) -> None:
        self.send("note", amount)

    def send(self, kind: str, value: Any) -> None:
        """Send a message; the process ends where nobody is there to read it."""
        try:
            self._pipe.send((kind, value))
        except OSError:
            os._exit(1)

    def receive(self) -> Any:
        """Wait for what the parent sends; the process ends where it is gone."""
        try:
            return self._pipe.recv()
        except (OSError, EOFError):
            os._exit(1)


def _start_method() -> str:
    default = "fork" if sys.platform == "linux" else "spawn"
    method = os.environ.get(START_METHOD) or default
    known = multiprocessing.get_all_start_methods()
    if method not in known:
        message = (
            f"found {START_METHOD}={method} in the environment; expected {', '.join(known)}; "
            "correct or unset it"
        )
        raise ConfigError(message)
    return method


def _serve(pipe: Connection, arenas: Arenas) -> None:
    """Do tasks until the parent ends this process. The body of a worker process."""
    try:
        restore_signals()
        context = _There(pipe, arenas)
        try:
            _end_with_parent()
        except RuntimeError as error:  # no thread can be started
            context.send("failed", BudgetError(shortage(error) or one_line(error)))
        while True:
            function, arguments = context.receive()
            _do(context, function, arguments)
    except MemoryError:  # even for the message that says so
        os._exit(_NO_MEMORY_STATUS)


def _do(context: _There, function: Task, arguments: Sequence[Any]) -> None:
    """Do one task; send its result, or what went wrong."""
    try:
        context.send("done", function(context, *arguments))
    except MethcohortError as error:
        context.send("failed", error)
    except BaseException as error:  # noqa: BLE001 - the parent raises it
        lack = shortage(error)
        if lack is not None:
            context.send("failed", BudgetError(lack))
        else:
            what = f"{type(error).__name__}: {one_line(error)}"
            context.send("broken", (what, traceback.format_exc()))


def _end_with_parent() -> None:
    """Have this process end when its parent does, also where it is stopped at that moment.

    Linux kills it then, if the parent is really its parent: not the fork server, and not dead by
    now. Elsewhere a thread waits for the parent's end.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        if os.getppid() == parent.pid:
            return
    threading.Thread(target=_wait_for, args=(parent,), daemon=True).start()


def _wait_for(parent: Any) -> None:
    parent.join()
    os._exit(1)
