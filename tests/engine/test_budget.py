"""The division of the memory."""

import multiprocessing
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from genomes import machine as processes

from methcohort.core.errors import BudgetError, ConfigError, InputError
from methcohort.engine import Resources, session
from methcohort.engine.budget import LEAST_ROWS_BYTES, WORKER_BYTES, available_memory, plan_budget
from methcohort.matrix.assemble import _write_kinds
from methcohort.matrix.plan import index_bytes
from methcohort.rows.blocks import BLOCK_ROWS, new_columns
from methcohort.rows.sort import sort_rows
from methcohort.verify.dry_writer import DryWriter


def test_parts_add_up() -> None:
    """What is not for rows is what was asked for elsewhere; none of it is lost."""
    least = plan_budget(10**9, 2, 10**6, 5 * 10**6, 0)
    more = plan_budget(10**9, 2, 10**6, 5 * 10**6, 7 * 10**6)
    assert least.rows - more.rows == 7 * 10**6
    assert plan_budget(2 * 10**9, 2, 10**6, 5 * 10**6, 0).rows == least.rows + 10**9


def test_index_of_a_thousand_genomes() -> None:
    """What the parent keeps of chunks and digests grows with their number, and stays small."""
    one = index_bytes(1, 28_000_000, 2, (4, 4096))
    thousand = index_bytes(1000, 28_000_000, 2, (4, 4096))
    assert thousand == pytest.approx(1000 * one, rel=1e-3)
    assert thousand == 2 * round(1000 * 28_000_000 * (32 / (4 * 4096) + 32 / 65536))


def test_resources(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """They are checked once, where they are asked for, and never more than the machine has."""
    found = Resources.of(2, 10**6, None)
    assert found == (2, 10**6, None)
    assert found.beside(tmp_path / "store.h5").scratch == tmp_path
    assert Resources.of(0, 1, "here").beside(tmp_path / "store.h5").scratch == Path("here")
    assert [Resources.of(n, 1, None).window for n in (0, 1, 3)] == [1, 2, 6]
    assert not caplog.records
    assert Resources.of(1, 1 << 60, None).memory < 1 << 60
    assert "exceeds the" in caplog.text
    with pytest.raises(ConfigError, match="found -1 workers; expected 0 or more"):
        Resources.of(-1, 1, None)


def test_session_ends_what_it_started(tmp_path: Path) -> None:
    """Workers, memory and scratch file are gone with the block, also after an error."""
    resources = Resources(2, 10**9).beside(tmp_path / "store.h5")
    before = set(Path("/dev/fd").iterdir())
    with pytest.raises(InputError), session(resources, resources.divide()) as (pool, memory):
        assert pool.n_workers == 2
        assert len(multiprocessing.active_children()) == 2
        assert memory.limit == resources.divide().rows
        raise InputError("something")
    assert not multiprocessing.active_children()
    assert set(Path("/dev/fd").iterdir()) == before
    assert list(tmp_path.iterdir()) == []


def test_too_little_says_how_much() -> None:
    """The amount that the message names is enough."""
    with pytest.raises(BudgetError, match="expected at least") as caught:
        plan_budget(10**8, 2, 10**6, 10**6, 10**6)
    enough = int(str(caught.value).split("at least ")[1].split(" MB")[0].replace(",", "")) + 1
    assert plan_budget(enough * 10**6, 2, 10**6, 10**6, 10**6).rows >= LEAST_ROWS_BYTES


def machine(root: Path, groups: str, **limits: str) -> Path:
    """Files as a system has them in /proc and /sys; bars in the names of limits part folders."""
    for name, text in {
        "proc/meminfo": "MemAvailable: 8000 kB\n",
        "proc/self/cgroup": groups,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name, text in limits.items():
        path = root / "sys/fs/cgroup" / name.replace("|", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_available_memory(tmp_path: Path) -> None:
    """F7: the least that the machine and all groups around this process have left."""
    assert available_memory(tmp_path / "none") is None
    assert available_memory(machine(tmp_path / "a", "0::/\n")) == 8_192_000
    slurm = {
        "job|step|memory.max": "max",
        "job|memory.max": "5000000",
        "job|memory.current": "4500000",
        "job|memory.stat": "anon 400000\ninactive_file 4000000\nactive_file 100000\n",
    }
    assert available_memory(machine(tmp_path / "b", "0::/job/step\n", **slurm)) == 4_500_000
    old = {
        "memory|docker|memory.limit_in_bytes": "3000000",
        "memory|docker|memory.usage_in_bytes": "4000000",
        "memory|docker|memory.stat": "inactive_file 1\ntotal_inactive_file 500000\n",
    }
    groups = "5:cpu,cpuacct:/other\n4:memory:/docker\n"
    assert available_memory(machine(tmp_path / "c", groups, **old)) == 0
    inside = {"memory.max": "2000000", "memory.current": "500000", "memory.stat": ""}
    assert available_memory(machine(tmp_path / "d", "0::/../..\n", **inside)) == 1_500_000


def peak_of(work: Callable[[], object]) -> int:
    """The most bytes of private memory that some work takes at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Counted:
    """A sink that only counts."""

    n_rows = 0

    def append(self, _runs: Any, rows: Any) -> None:
        self.n_rows += len(rows[0])

    def forget(self) -> None:
        """There is nothing to forget."""


def test_summing_rows_in_bounded_memory() -> None:
    """F7: of many rows, a worker holds few beside those in shared memory."""
    blocks = []
    for first in (1, 1, 2, 2, 3, 3):
        block = new_columns(BLOCK_ROWS, wide=False, with_pct=True, with_kind=True)
        block.pos[:] = np.arange(first, first + 2 * BLOCK_ROWS, 2)
        for column in block[1:5]:
            column[:] = 1
        block.runs[0] = 0, 0
        blocks.append(block._replace(runs=block.runs[:1]))
    sink = Counted()
    assert peak_of(lambda: sort_rows(blocks, 1, "sum", sink)) < WORKER_BYTES / 2
    assert sink.n_rows == 2 * BLOCK_ROWS + 1  # the third begins where the first has its second


def test_writing_kinds_in_bounded_memory(tmp_path: Path) -> None:
    """F7: strand and context of all sites are written without a copy of them in wider numbers."""
    n = 1 << 21
    with processes(tmp_path) as (_, memory):
        extent = memory.reserve(n)
        kinds = memory.arenas.map(extent)[:n]
        kinds[:] = np.resize([5, 6, 9, 18], n)
        ledger = DryWriter()
        assert peak_of(lambda: _write_kinds(memory, kinds, ledger)) < n
