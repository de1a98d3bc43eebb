"""What the names of chromosomes take: draft genomes have millions, in every file."""

from dataclasses import replace
from typing import Final

from ..core.errors import BudgetError
from ..engine import LEAST_ROWS_BYTES, Memory
from ..rows import FileRows

_NAME_BYTES: Final = 280  # as measured where kernels are compiled, with sorting and numbering
_NAME_WORKER_BYTES: Final = 70
_RUN_BYTES: Final = 150

_SPARE_BYTES: Final = LEAST_ROWS_BYTES // 2
"""What names may take of the least memory that is left for rows."""

_TOO_MUCH: Final = 4
"""How many times the room for them names take where no more files are read."""


def names_bytes(n_names: int, n_runs: int, n_workers: int) -> int:
    """Return the bytes that names take, in all processes together, where there are many.

    Parameters
    ----------
    n_names : different names in all files
    n_runs : names in each file, all files together
    """
    return n_names * (_NAME_BYTES + n_workers * _NAME_WORKER_BYTES) + n_runs * _RUN_BYTES


class NameBudget:
    """The names of chromosomes that were met: each is kept once, and their memory counted.

    That is known no sooner than the files are read. Rows that are read later then have less room.

    Parameters
    ----------
    n_jobs : files, or spans of them, that are to be read
    """

    def __init__(self, memory: Memory, n_workers: int, n_jobs: int) -> None:
        self._memory = memory
        self._above_least = memory.limit - LEAST_ROWS_BYTES
        self._room = max(self._above_least, _SPARE_BYTES)
        self._n_workers = n_workers
        self._n_jobs = n_jobs
        self._known: dict[str, str] = {}
        self._n_done = self._n_runs = self._n_bytes = 0

    def shared(self, rows: FileRows) -> FileRows:
        """Return rows with the names that other files have, too.

        Raises BudgetError as `check` does, where they take so much that it is not worth going on.
        """
        names = [self._known.setdefault(name, name) for name in rows.names]
        self._n_done += 1
        self._n_runs += len(rows.runs)
        n_bytes = names_bytes(len(self._known), self._n_runs, self._n_workers)
        self._memory.set_aside(n_bytes - self._n_bytes)
        self._n_bytes = n_bytes
        if n_bytes > _TOO_MUCH * self._room:
            self.check()
        return replace(rows, names=names)

    def check(self) -> None:
        """Raise BudgetError where the names take more memory than there is, with the least."""
        if self._n_bytes <= self._room:
            return
        n_runs = round(self._n_runs * max(1, self._n_jobs / self._n_done))
        n_bytes = names_bytes(len(self._known), n_runs, self._n_workers)
        need = self._memory.total + n_bytes - self._above_least
        left = self._n_jobs - self._n_done
        unread = f", with {left:,} files or spans of files yet to be read" if left > 0 else ""
        message = (
            f"a memory of {self._memory.total / 1e6:,.0f} MB is too small for the names of "
            f"{len(self._known):,} chromosomes{unread}; they take {n_bytes / 1e6:,.0f} MB; "
            f"expected at least {need / 1e6:,.0f} MB; give more --memory, fewer --workers, or "
            "leave out chromosomes (chroms.include, chroms.exclude)"
        )
        raise BudgetError(message)
