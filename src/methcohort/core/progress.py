"""Progress of a build: a bar on a terminal, plain lines in a log."""

import logging
import sys
import threading
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from .log import log

_EVERY_SECONDS: Final = 30.0


class Progress:
    """Counts amounts of work; a context manager.

    Parameters
    ----------
    what : the step, as the user knows it
    total : the amount expected, in `unit`
    unit : what is counted
    """

    def __init__(self, what: str, total: int, unit: str) -> None:
        self._what = what
        self._total = total
        self._unit = unit
        self._done = 0
        self._start = self._said = time.monotonic()
        self._bar = None
        self._lines = ExitStack()
        if log.isEnabledFor(logging.INFO) and sys.stderr.isatty():
            tqdm.monitor_interval = 0  # no thread of its own
            tqdm.set_lock(threading.RLock())  # its own lock may be a named semaphore
            self._bar = tqdm(total=total, desc=what, unit=f" {unit}", unit_scale=True, leave=False)
            self._lines.enter_context(logging_redirect_tqdm())  # above the bar, not into it

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
            self._lines.close()
        if kind is None:
            seconds = time.monotonic() - self._start
            log.info("%s: %s %s in %.2f s", self._what, f"{self._done:,}", self._unit, seconds)

    def add(self, amount: int) -> None:
        """Count more work as done."""
        self._done += amount
        if self._bar is not None:
            self._bar.update(amount)
            return
        now = time.monotonic()
        if now - self._said >= _EVERY_SECONDS:
            self._said = now
            rate = self._done / (now - self._start)
            left = max(0, self._total - self._done) / rate if rate else 0.0
            log.info(
                "%s: %s of about %s %s, %s a second, about %.0f s left",
                self._what, f"{self._done:,}", f"{self._total:,}", self._unit,
                f"{rate:,.0f}", left,
            )  # fmt: skip
