"""Worker processes as their parent has them: one pipe each, tasks out and answers back.

1. Workers are started once, before the parent opens any HDF5 file, and do tasks until they are
   killed. What crosses the pipes is listed in `worker.py`.
2. The parent waits on all pipes and on the end of each process at once. A worker that dies is
   noticed at that moment and becomes a `WorkerError` that names its task, and so does one that
   sends what is no message. One that stands still is shown, see `watch.py`.
3. There are no queues, locks or semaphores, so nothing with a name is left behind.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from ..core.errors import BudgetError, ConfigError, MethcohortError, WorkerError, one_line
from ..core.signals import SIGNALS, check_stopped, signals_held
from .arenas import Arenas, Extent
from .memory import Memory
from .watch import LOOK_SECONDS, Watch
from .worker import KINDS, NO_MEMORY_STATUS, Here, Note, Task, ignore, serve

START_METHOD: Final = "METHCOHORT_START_METHOD"
"""Environment variable that names another start method than the platform's quickest."""

_GRACE_SECONDS: Final = 0.2
"""How long a worker that was lost may take to end, so that its status can be told."""

_END_SECONDS: Final = 1.5
"""How long all workers together may take to end once they are killed."""

_LESS_MEMORY: Final = (
    "run again, with less --memory or fewer --workers, or where more memory is free"
)


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

    def map(
        self,
        function: Task,
        tasks: Iterable[Sequence[Any]],
        note: Note = ignore,
        window: int | None = None,
    ) -> Iterator[Any]:
        """Do the same, but yield the results alone, in the order of the tasks.

        Where there is a `window`, no task starts before the result `window` places earlier was
        taken: memory that tasks lend in turn is free again then.
        """
        waiting: dict[int, Any] = {}
        due = 0
        done = [0]
        for index, result in self._run(
            function, tasks, note, None if window is None else (done, window)
        ):
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
            local = Here(self._memory, note)
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
        self.process = context.Process(target=serve, args=(theirs, arenas), daemon=True)
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
        if kind not in KINDS:
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
        elif code == NO_MEMORY_STATUS:
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
