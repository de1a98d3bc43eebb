"""The memory budget of a build: what the processes themselves need, and what is left for rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .errors import BudgetError
from .layout import BLOCK_SITES, DIGEST_BYTES

PARENT_BYTES: Final = 125 * 10**6
"""What the parent takes before it has any row: the interpreter and its libraries."""

WORKER_BYTES: Final = 42 * 10**6
"""What each worker takes on its own: text buffers, bitmaps, tiles being packed."""

_CHUNK_BYTES: Final = 2 * 8 + 16

LEAST_ROWS_BYTES: Final = 32 * 10**6
"""The least memory left for rows with which a build starts."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The memory of a build, and the part of it that rows may take, in bytes."""

    total: int
    rows: int


def index_bytes(n_samples: int, n_sites: int, n_layers: int, chunk: tuple[int, int]) -> int:
    """Return what the parent keeps of every chunk and digest block until a store is written.

    That is its size and checksum, and what HDF5's index holds of it; and the block's digest.
    """
    chunks = n_samples * n_sites / (chunk[0] * chunk[1])
    blocks = n_samples * n_sites / BLOCK_SITES
    return round(n_layers * (chunks * _CHUNK_BYTES + blocks * DIGEST_BYTES))


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


def available_memory() -> int | None:
    """Return the bytes that this machine or its control group can still give, if known."""
    limits = []
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                limits.append(int(line.split()[1]) * 1024)
    except OSError:
        return None
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        (
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        ),
    ):
        try:
            limits.append(int(Path(limit).read_text()) - int(Path(used).read_text()))
        except (OSError, ValueError):
            continue
    return max(0, min(limits)) if limits else None
