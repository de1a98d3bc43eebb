"""Being asked to stop: signals become an exception that is neither lost nor in the way.

While modules are loaded nothing is there that must be cleaned up, and code that is being imported
may take an exception for its own: then a signal ends the process at once. Later it raises. A
handler that raises is usually enough, but Python drops what is raised inside a destructor or a
weak reference's callback, and prints it. So the request is also kept, those who loop look for it,
and nothing is printed. While the first exception is on its way, a second signal raises no other,
which could cut the cleaning up in two.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a command to stop."""


class StoppedError(BaseException):
    """A signal asked the command to stop; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"stopped by {signal.Signals(self.number).name}"


_requests: Final[list[StoppedError]] = []
_dropped: Final[list[StoppedError]] = []


def exit_when_stopped() -> None:
    """From now on end the process at once, with one sentence, where one of `SIGNALS` arrives."""
    _handle(_exit)


def raise_when_stopped() -> None:
    """From now on raise StoppedError where one of `SIGNALS` arrives."""
    sys.unraisablehook = _tell_dropped
    _handle(_stop)


def request_to_stop() -> StoppedError | None:
    """Return the first request that has arrived, also if it was raised before and lost."""
    return _requests[0] if _requests else None


def check_stopped() -> None:
    """Raise StoppedError where a signal has arrived, also if it was raised before and lost."""
    if _requests:
        raise _requests[0]


@contextmanager
def signals_held() -> Iterator[None]:
    """Let signals wait until the end of a `with` block.

    For what must not be cut in two: starting something and remembering it, or cleaning up.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def hold_signals() -> None:
    """Let signals wait from now on: for the way out, when all is cleaned up."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def restore_signals() -> None:
    """Take back the handlers, in a new process; Ctrl-C is then the parent's to handle."""
    _handle(signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _handle(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as after nohup
            signal.signal(number, handler)


def _tell_dropped(dropped: "sys.UnraisableHookArgs") -> None:
    if isinstance(dropped.exc_value, StoppedError):
        _dropped.append(dropped.exc_value)
    else:
        sys.__unraisablehook__(dropped)


def _exit(number: int, _frame: FrameType | None) -> NoReturn:
    hold_signals()  # a second one would say it again
    os.write(2, f"methcohort: {StoppedError(number)}\n".encode())
    os._exit(128 + number)


def _stop(number: int, _frame: FrameType | None) -> None:
    if _requests and not _dropped:
        return
    _dropped.clear()
    _requests.append(StoppedError(number))
    raise _requests[0]
