"""What the steps of a scattered build share: the processes and memory of one, and its settings."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from ..build import checked_workers
from ..cohort import Config, parse_size
from ..core.errors import ConfigError
from ..core.signals import signals_held
from ..engine import Memory, Pool, affordable, plan_budget


class Part(NamedTuple):
    """Which of so many parts, counted from 1."""

    number: int
    n_parts: int

    @classmethod
    def parse(cls, text: str, option: str) -> "Part":
        """Return what a text such as `2/8` means. Raises ConfigError."""
        match = re.fullmatch(r"([0-9]{1,7})/([0-9]{1,7})", text)
        part = cls(int(match[1]), int(match[2])) if match else cls(0, 0)
        if not 1 <= part.number <= part.n_parts:
            message = (
                f"found {option} {text[:80]}; expected a number and how many there are, as in 2/8, "
                "counted from 1"
            )
            raise ConfigError(message)
        return part

    def of(self, n: int) -> tuple[int, int]:
        """Return where this part of n things begins and ends."""
        start, stop = (k * n // self.n_parts for k in (self.number - 1, self.number))
        return start, stop

    def __str__(self) -> str:
        return f"{self.number} of {self.n_parts}"


class Means(NamedTuple):
    """What a step may use: worker processes, bytes of memory, and a folder for rows beyond."""

    workers: int
    memory: int
    scratch: Path

    @classmethod
    def of(
        cls,
        settings: Config,
        output: Path,
        workers: int | None,
        memory: str | int | None,
        scratch: str | Path | None,
    ) -> "Means":
        """Return what the arguments of a step say, or else the configuration."""
        return cls(
            checked_workers(settings.threads if workers is None else workers),
            parse_size(memory) if memory is not None else settings.memory,
            Path(scratch) if scratch is not None else output.parent,
        )


@contextmanager
def machine(
    means: Means, task_bytes: int = 0, slot_bytes: int = 0, index_bytes: int = 0
) -> Iterator[tuple[Pool, Memory]]:
    """Start the workers of a step, with the memory that is left beside the bytes given.

    Those are of the arrays of one task of a worker, of all tasks under way, and of what this
    process keeps.

    Raises
    ------
    BudgetError
        Where the memory is too small.
    """
    budget = plan_budget(
        affordable(means.memory), means.workers, task_bytes, slot_bytes, index_bytes
    )
    account = Memory(budget.rows, means.scratch, budget.total)
    try:
        with ExitStack() as stack:
            with signals_held():
                pool = stack.enter_context(Pool(means.workers, account))
            yield pool, account
    finally:
        account.close()
