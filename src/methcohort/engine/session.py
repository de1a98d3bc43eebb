"""What a command may use of the machine, and the processes and memory that it gets."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from ..core.errors import ConfigError
from ..core.signals import signals_held
from .budget import Budget, affordable, plan_budget, task_room
from .memory import Memory
from .pool import Pool


class Resources(NamedTuple):
    """What a command may use: worker processes, bytes of memory, and a folder for what is beyond.

    Where there is no `scratch` folder, that of the system for temporary files is taken.
    """

    workers: int
    memory: int
    scratch: Path | None = None

    @classmethod
    def of(cls, workers: int, memory: int, scratch: str | Path | None) -> "Resources":
        """Return what was asked for, with no more memory than the machine has left.

        Raises ConfigError where there is no such number of workers.
        """
        if workers < 0:
            message = f"found {workers} workers; expected 0 or more"
            raise ConfigError(message)
        return cls(workers, affordable(memory), None if scratch is None else Path(scratch))

    def beside(self, output: Path) -> "Resources":
        """Return the same with the folder of a file for scratch, unless another was asked for."""
        return self if self.scratch is not None else self._replace(scratch=output.parent)

    @property
    def window(self) -> int:
        """How many tasks may be under way or wait for their turn: two of each worker.

        So a worker has its next task while the parent writes what the last one left.
        """
        return 2 * self.workers or 1

    def room(self, slot_bytes: int = 0) -> int:
        """Return the bytes that a task of each worker may take; below 0 where there are none."""
        return task_room(self.memory, self.workers, slot_bytes)

    def divide(self, task_bytes: int = 0, slot_bytes: int = 0, index_bytes: int = 0) -> Budget:
        """Divide the memory; see `plan_budget`. Raises BudgetError where it is too small."""
        return plan_budget(self.memory, self.workers, task_bytes, slot_bytes, index_bytes)


class Session(NamedTuple):
    """Worker processes, and the account of the memory that they share with this process."""

    pool: Pool
    memory: Memory


@contextmanager
def session(resources: Resources, budget: Budget) -> Iterator[Session]:
    """Start the workers; end them, and give all memory back, at the end of a `with` block.

    Raises
    ------
    BudgetError
        Where the system has no room for them.
    """
    folder = resources.scratch or Path(tempfile.gettempdir())
    memory = Memory(budget.rows, folder, budget.total)
    try:
        with ExitStack() as stack:
            with signals_held():
                pool = stack.enter_context(Pool(resources.workers, memory))
            yield Session(pool, memory)
    finally:
        memory.close()
