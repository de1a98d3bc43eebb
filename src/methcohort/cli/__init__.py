"""The command line: how it starts, how it ends, and what it says of errors.

Nothing large is imported here: from the first moment a signal ends the command with one sentence.
"""

import atexit
import contextlib
import gc
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn

from ..core.errors import MethcohortError, one_line, shortage
from ..core.signals import (
    StoppedError,
    check_stopped,
    exit_when_stopped,
    hold_signals,
    request_to_stop,
)

DEBUG: Final = "METHCOHORT_DEBUG"
"""Environment variable with which the traceback of an error is printed, too."""

_MOST_DETAIL: Final = 300


class _LoadError(MethcohortError):
    """A module of ours, or a library, cannot be loaded."""


def main() -> NoReturn:
    """Run the command line; the exit status is 1 after an error, 128 + n after signal n."""
    exit_when_stopped()
    # No linear algebra is done here; its threads would only cost memory in every worker.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    # Imports make many objects, and none of them is garbage: looking for some took a fifth of them.
    gc.set_threshold(100_000)
    _open_closed_streams()
    try:
        status = _run()
    except StoppedError as stopped:  # just as the way out began
        status = 128 + stopped.number
    _leave(status)


def _run() -> int:
    """Run the command; say what goes wrong, and return the exit status."""
    try:
        with loading("methcohort"):
            from .commands import run
        status = run()
        check_stopped()
    except BaseException as error:  # noqa: BLE001 - each becomes one sentence and a status
        hold_signals()
        return _told(error)
    hold_signals()
    return status


@contextlib.contextmanager
def loading(what: str) -> Iterator[None]:
    """Say in one sentence that modules cannot be loaded, whatever the library raises."""
    try:
        yield
    except Exception as error:
        cause: BaseException = error
        while cause.__context__ is not None:
            cause = cause.__context__
        message = (
            f"{what} cannot be loaded ({_named(cause)}); expected memory and free file descriptors "
            "for its libraries, and a complete installation; lift the limit (ulimit -v, ulimit -d, "
            "ulimit -n), or install methcohort again"
        )
        raise _LoadError(message) from error


def _told(error: BaseException) -> int:
    """Say in one sentence what went wrong; return the exit status."""
    try:
        # Where a signal was raised inside another library, that may have made another error of it.
        stopped = request_to_stop()
        if stopped is not None:
            _say(str(stopped))
            return 128 + stopped.number
        if os.environ.get(DEBUG):
            traceback.print_exception(error)
        # Click makes a SystemExit of a pipe whose reader has seen enough.
        if isinstance(error, BrokenPipeError | SystemExit):
            return 128 + signal.SIGPIPE
        for line in _sentence(error).splitlines():
            _say(f"error: {line}")
    except MemoryError:  # even for a sentence
        os.write(2, b"methcohort: error: no memory is left; free some, or lift the limit\n")
    return 1


def _sentence(error: BaseException) -> str:
    """Return what to say of an error, one line for each fault."""
    if isinstance(error, MethcohortError):
        return str(error)
    lack = shortage(error)
    if lack is not None:
        return lack
    if isinstance(error, OSError) and error.filename is None:  # with a name it is a file of ours
        why = error.strerror or one_line(error)
        return f"the output cannot be written ({why}); check where it goes"
    return (
        f"found a fault in methcohort itself ({_named(error)}); please report it with your command "
        f"and the traceback, which the environment variable {DEBUG}=1 shows"
    )


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {one_line(error)}".removesuffix(": ")[:_MOST_DETAIL]


def _open_closed_streams() -> None:
    """Have all three standard streams; else a file opened later would take the place of one."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def _leave(status: int) -> NoReturn:
    """End the process at once; to take all modules apart first can take longer than a command."""
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except OSError:
        status = status or 1
    with contextlib.suppress(OSError):  # what was said is no result
        sys.stderr.flush()
    os._exit(status)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the exit status tells, too
        print(f"methcohort: {text}", file=sys.stderr)
