"""Being asked to stop: signals become an exception that is neither lost nor in the way.

A signal handler that raises is usually enough, but Python drops what is raised inside a destructor
or a weak reference's callback, and prints it. So the request is also kept, those who loop look for
it, and nothing is printed.
"""

import signal
import sys
from collections.abc import Iterator
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


_requests: Final[list[StoppedError]] = []


def raise_when_stopped() -> None:
    """From now on raise StoppedError where one of `SIGNALS` arrives."""
    for number in SIGNALS:
        signal.signal(number, _stop)
    sys.unraisablehook = _tell_dropped


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


def restore_signals() -> None:
    """Take back the handlers, in a new process; Ctrl-C is then the parent's to handle."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _tell_dropped(dropped: "sys.UnraisableHookArgs") -> None:
    if not isinstance(dropped.exc_value, StoppedError):
        sys.__unraisablehook__(dropped)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    _requests.append(StoppedError(number))
    raise _requests[0]
