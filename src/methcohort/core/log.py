"""The log of methcohort, which commands show on standard error."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

log: Final = logging.getLogger("methcohort")


@contextmanager
def quietly() -> Iterator[None]:
    """Log warnings and errors only, until the end of a `with` block."""
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)
