"""Worker processes: tasks go out and answers come back as small messages, one pipe a worker.

    parent  --(function, arguments)--------->  worker
    parent  <--("reserve", (nbytes, mapped))-  worker      answered with an Extent or an error
    parent  <--("release", extent)-----------  worker
    parent  <--("note", amount)--------------  worker      progress
    parent  <--("done", result)--------------  worker

1. Workers are started once, before the parent opens any HDF5 file, and do tasks until they
   get None for one. Arrays never cross a pipe: they lie in shared memory, see `shared.py`.
2. The parent waits on all pipes and on the end of each process at once. A worker that dies is
   noticed at that moment and becomes a `WorkerError` that names its task.
3. A worker whose parent dies ends itself: a thread waits for the parent's end.
4. There are no queues, locks or semaphores, so nothing with a name is left behind.

Nothing here knows of methylation.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Final, Protocol, Self

import numpy as np

from .errors import MethcohortError, WorkerError
from .shared import Arenas, Bytes, Extent, Memory
from .signals import check_stopped, restore_signals, signals_held

START_METHOD: Final = "METHCOHORT_START_METHOD"
"""Environment variable that names another start method than the platform's quickest."""

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


class Pool:
    """Runs tasks in worker processes, or in the calling process where `n_workers` is 0.

    Parameters
    ----------
    n_workers : how many processes
    memory : the account from which tasks get extents
    """

    def __init__(self, n_workers: int, memory: Memory) -> None:
        self.n_workers = n_workers
        self._memory = memory
        self._workers = [_Worker(memory.arenas) for _ in range(n_workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with signals_held():
            for worker in self._workers:
                worker.tell_end(gently=kind is None)
            for worker in self._workers:
                worker.wait()

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
                answer = worker.answer(self._memory, note)
                if answer is not None:
                    del busy[worker.pipe]
                    yield worker.index, answer[0]

    def _ready(self, busy: dict[Connection, "_Worker"]) -> Iterator["_Worker"]:
        """Wait; yield workers that sent something. Raises WorkerError where one has died."""
        ends = {worker.process.sentinel: worker for worker in self._workers}
        ready = wait([*busy, *ends])
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
        with warnings.catch_warnings():
            # Python warns of fork beside threads; the child runs no code that takes their locks.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        theirs.close()

    def start_task(self, index: int, function: Task, arguments: Sequence[Any]) -> None:
        self.index = index
        self.task = getattr(arguments[0], "title", f"task {index + 1}")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its end is reported
            self.pipe.send((function, arguments))

    def answer(self, memory: Memory, note: Note) -> tuple[Any] | None:
        """Handle one message; return the result in a tuple where the task is done."""
        try:
            kind, value = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            raise self.death() from None
        if kind == "reserve":
            try:
                extent: Extent | MethcohortError = memory.reserve(value[0], mapped=value[1])
            except MethcohortError as error:
                extent = error
            self.pipe.send(extent)
        elif kind == "release":
            memory.release(value)
        elif kind == "note":
            note(value)
        elif kind == "failed":
            raise value
        else:
            return (value,)
        return None

    def death(self) -> WorkerError:
        """Return what to say of a worker that ended by itself, unless all were told to stop."""
        check_stopped()
        self.process.join()
        code = self.process.exitcode or 0
        how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
        why = "; the machine may have run out of memory" if code == -signal.SIGKILL else ""
        doing = f" while it worked on {self.task}" if self.task else ""
        message = (
            f"a worker process {how}{doing}{why}; no store was written. "
            "Run again, with less --memory or fewer --workers if it was memory"
        )
        return WorkerError(message)

    def tell_end(self, *, gently: bool) -> None:
        """Have the process end, at once where not `gently`."""
        with contextlib.suppress(OSError):
            self.pipe.send(None)  # closing is not enough: workers forked later hold this end too
        self.pipe.close()
        if not gently:
            self.process.kill()

    def wait(self) -> None:
        """Wait until the process has ended."""
        self.process.join(timeout=5)
        self.process.kill()
        self.process.join()
        self.process.close()


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
        self._pipe.send(("reserve", (nbytes, mapped)))
        answer = self._pipe.recv()
        if isinstance(answer, MethcohortError):
            raise answer
        return Extent(*answer)

    def release(self, extent: Extent) -> None:
        self._pipe.send(("release", extent))

    def note(self, amount: int) -> None:
        self._pipe.send(("note", amount))


def _start_method() -> str:
    default = "fork" if sys.platform == "linux" else "spawn"
    return os.environ.get(START_METHOD, default)


def _serve(pipe: Connection, arenas: Arenas) -> None:
    """Do tasks until the pipe closes. The body of a worker process."""
    restore_signals()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    context = _There(pipe, arenas)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while (task := pipe.recv()) is not None:
            function, arguments = task
            try:
                answer = ("done", function(context, *arguments))
            except MethcohortError as error:
                answer = ("failed", error)
            except (EOFError, BrokenPipeError, ConnectionResetError):
                return
            except Exception:  # noqa: BLE001 - the parent raises it, with the worker's traceback
                answer = ("failed", RuntimeError(f"in a worker:\n{traceback.format_exc()}"))
            pipe.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
