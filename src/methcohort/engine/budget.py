"""The memory budget of a build: what the processes themselves need, and what is left for rows."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..core.errors import BudgetError
from ..core.log import log

PARENT_BYTES: Final = 125 * 10**6
"""What the parent takes before it has any row: the interpreter and its libraries, and what is left
of compiling in the first build on a machine."""

WORKER_BYTES: Final = 42 * 10**6
"""What each worker takes on its own: text buffers, bitmaps, tiles being packed."""

_GROUP_FILES: Final = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)

LEAST_ROWS_BYTES: Final = 32 * 10**6
"""The least memory left for rows with which a build starts."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The memory of a build, and the part of it that rows may take, in bytes."""

    total: int
    rows: int


def plan_budget(
    total: int, n_workers: int, task_bytes: int, slot_bytes: int, index_bytes: int
) -> Budget:
    """Divide the memory of a build.

    Parameters
    ----------
    total : bytes that all processes together may use
    n_workers : worker processes
    task_bytes : private memory of one packing task
    slot_bytes : shared memory of all packed tasks under way
    index_bytes : what the parent keeps of what is packed, see the function of that name

    Raises
    ------
    BudgetError
        Where less than `LEAST_ROWS_BYTES` is left for rows; says how much is needed.
    """
    private = PARENT_BYTES + index_bytes + max(1, n_workers) * (WORKER_BYTES + task_bytes)
    rows = total - private - slot_bytes
    if rows < LEAST_ROWS_BYTES:
        need = private + slot_bytes + LEAST_ROWS_BYTES
        message = (
            f"a memory of {total / 1e6:,.0f} MB is too small for {n_workers} workers; "
            f"expected at least {need / 1e6:,.0f} MB; give more --memory, fewer --workers or "
            "smaller chunks"
        )
        raise BudgetError(message)
    return Budget(total, rows)


def task_room(total: int, n_workers: int, slot_bytes: int) -> int:
    """Return the private memory that a task of each worker may take with what `plan_budget` has."""
    shared = PARENT_BYTES + slot_bytes + LEAST_ROWS_BYTES
    return (total - shared) // max(1, n_workers) - WORKER_BYTES


def available_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes that this machine or its control groups can still give, if known.

    Parameters
    ----------
    root : where /proc and /sys lie
    """
    limits = []
    try:
        for line in (root / "proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                limits.append(int(line.split()[1]) * 1024)
    except OSError:
        return None
    for folder in _control_groups(root):
        for limit, used, cache in _GROUP_FILES:
            try:
                free = int((folder / limit).read_text()) - int((folder / used).read_text())
                limits.append(free + _in_stat(folder, cache))
            except (OSError, ValueError):  # another version of control groups, or no limit
                continue
    return max(0, min(limits)) if limits else None


def affordable(total: int) -> int:
    """Return the memory to plan with: as configured, or less where the machine has less."""
    available = available_memory()
    if available is None or available >= total:
        return total
    log.warning(
        "the configured memory of %s MB exceeds the %s MB available; planning with the latter",
        f"{total / 1e6:,.0f}", f"{available / 1e6:,.0f}",
    )  # fmt: skip
    return available


def _control_groups(root: Path) -> list[Path]:
    """Return the folders of the groups that may limit the memory of this process."""
    tops = {"": root / "sys/fs/cgroup", "memory": root / "sys/fs/cgroup/memory"}
    found = set(tops.values())  # in a container that is all there is to see
    with contextlib.suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, kind, path = line.split(":", 2)
            if kind in tops:
                own = Path(path.lstrip("/"))
                found |= {tops[kind] / part for part in (own, *own.parents)}
    return sorted(found)


def _in_stat(folder: Path, key: str) -> int:
    """Return the bytes of files in a group's memory, which it gives up where it needs room."""
    for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(" ")
        if name == key:
            return int(value)
    return 0
