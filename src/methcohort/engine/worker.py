"""What runs in a worker process: tasks, and what they can ask of the parent.

    parent  --(function, arguments)--------->  worker
    parent  <--("reserve", (nbytes, mapped))-  worker      answered with an Extent or an error
    parent  <--("release", extent)-----------  worker
    parent  <--("note", amount)--------------  worker      progress
    parent  <--("done", result)--------------  worker
    parent  <--("failed", error)-------------  worker      an error of ours, to be raised
    parent  <--("broken", (what, trace))-----  worker      any other exception

Arrays never cross the pipe: they lie in shared memory, see `arenas.py`. A worker whose parent dies
ends: the system sees to it, or a thread waits for the parent's end.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np

from ..core.errors import BudgetError, MethcohortError, one_line, shortage
from ..core.signals import restore_signals
from .arenas import Arenas, Bytes, Extent, Lender
from .memory import Memory

KINDS: Final = ("reserve", "release", "note", "done", "failed", "broken")
"""What a message of a worker can be."""

NO_MEMORY_STATUS: Final = 12
"""With what a worker exits that has no memory left even to say so: ENOMEM, by convention."""

_PR_SET_PDEATHSIG: Final = 1  # of linux/prctl.h: the signal for when the parent dies

Note = Callable[[int], None]
Task = Callable[..., Any]


def ignore(_amount: int) -> None:
    """Take no notice of progress."""


class Context(Lender):
    """What a task can ask for, in a worker or in the calling process."""

    def __init__(self, arenas: Arenas) -> None:
        self.arenas = arenas
        self._private: dict[str, Bytes] = {}

    def note(self, amount: int) -> None:
        """Report progress, in whatever unit the caller counts."""
        raise NotImplementedError

    def private(self, name: str, nbytes: int) -> Bytes:
        """Return memory of this process alone, with what the last task has left in it.

        It is kept from task to task: fresh pages cost more time than what is done with them.
        """
        if name not in self._private or self._private[name].size < nbytes:
            self._private[name] = np.zeros(nbytes, np.uint8)
        return self._private[name][:nbytes]


class Here(Context):
    """The context of tasks that run in the calling process."""

    def __init__(self, memory: Memory, note: Note) -> None:
        super().__init__(memory.arenas)
        self._memory = memory
        self._note = note

    def reserve(self, nbytes: int, *, mapped: bool = True) -> Extent:  # noqa: D102
        return self._memory.reserve(nbytes, mapped=mapped)

    def release(self, extent: Extent) -> None:  # noqa: D102
        self._memory.release(extent)

    def note(self, amount: int) -> None:  # noqa: D102
        self._note(amount)


class _There(Context):
    """The context of tasks that run in a worker: asks the parent."""

    def __init__(self, pipe: Connection, arenas: Arenas) -> None:
        super().__init__(arenas)
        self._pipe = pipe

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


def serve(pipe: Connection, arenas: Arenas) -> None:
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
        os._exit(NO_MEMORY_STATUS)


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
