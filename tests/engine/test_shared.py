"""Shared memory: room is reserved before it is touched, handed out again, and never named."""

import os
import resource
from pathlib import Path

import numpy as np
import pytest

from methcohort.core.errors import BudgetError
from methcohort.engine import RAM, SCRATCH
from methcohort.engine.memory import GRAIN, Memory


def test_beyond_the_limit_lies_scratch(tmp_path: Path) -> None:
    """The same interface serves both; neither leaves a name."""
    memory = Memory(4 * GRAIN, tmp_path)
    extents = [memory.reserve(2 * GRAIN) for _ in range(4)]
    assert [extent.arena for extent in extents] == [RAM, RAM, SCRATCH, SCRATCH]
    for k, extent in enumerate(extents):
        memory.arenas.map(extent)[:] = k
    assert [int(memory.arenas.map(extent).sum()) for extent in extents] == [
        k * 2 * GRAIN for k in range(4)
    ]
    assert list(tmp_path.iterdir()) == []
    memory.close()


def test_room_that_comes_back_is_used_again(tmp_path: Path) -> None:
    """Neighbours join, so that a larger extent fits where two small ones were."""
    memory = Memory(100 * GRAIN, tmp_path)
    first, second, third = (memory.reserve(GRAIN) for _ in range(3))
    memory.release(second)
    memory.release(first)
    assert memory.reserve(2 * GRAIN).offset == first.offset
    assert memory.sizes()[RAM] == 3 * GRAIN
    assert third.offset == 2 * GRAIN
    memory.close()


def test_room_put_aside_is_not_counted(tmp_path: Path) -> None:
    """It lies in RAM although the limit is reached; further extents do not."""
    memory = Memory(2 * GRAIN, tmp_path)
    memory.reserve(2 * GRAIN)
    assert memory.reserve(GRAIN, counted=False).arena == RAM
    assert memory.reserve(GRAIN).arena == SCRATCH
    memory.close()


@pytest.mark.parametrize("limit", [0, 100 * GRAIN], ids=["scratch", "ram"])
def test_written_arrays_are_seen_by_all(tmp_path: Path, limit: int) -> None:
    """Arrays come one behind another, each at a multiple of 8 bytes."""
    memory = Memory(limit, tmp_path)
    extent = memory.reserve(2 * GRAIN, mapped=False)
    arrays = [np.arange(3, dtype=np.uint16), np.empty(0, np.float32), np.arange(5, dtype=np.int32)]
    memory.arenas.write(extent, arrays)
    seen = memory.arenas.map(extent)
    assert seen[:6].view(np.uint16).tolist() == [0, 1, 2]
    assert seen[8:28].view(np.int32).tolist() == [0, 1, 2, 3, 4]
    assert not seen[28:].any()
    memory.close()


@pytest.mark.parametrize("limit", [0, 100 * GRAIN], ids=["scratch", "ram"])
def test_shared_arrays(tmp_path: Path, limit: int) -> None:
    """Each is seen with its type and shape, without what else is on its last page."""
    memory = Memory(limit, tmp_path)
    record = np.array([(1, 2.5), (3, 4.5)], np.dtype([("a", "<u2"), ("b", "<f8")]))
    arrays = [
        np.arange(12, dtype=np.int64).reshape(3, 4).T,
        np.array([True, False, True]),
        np.empty((0, 7), np.float32),
        np.array(5, np.uint8),
        record,
    ]
    for array in arrays:
        shared = memory.share(array)
        for seen in (shared.open(memory.arenas), shared.kept(memory.arenas)):
            assert (seen.dtype, seen.shape) == (array.dtype, array.shape)
            assert np.array_equal(seen, array)
    room = memory.empty((2, 3), np.uint16)
    room.open(memory.arenas)[:] = [[1, 2, 3], [4, 5, 6]]
    assert room.kept(memory.arenas).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert room.kept(memory.arenas).base is room.kept(memory.arenas).base
    memory.release(room.extent)
    assert memory.empty(GRAIN // 2, "<u2").extent == room.extent
    memory.close()


def test_no_room_to_write(tmp_path: Path) -> None:
    """A limit on the size of files is an error, not the end of the process."""
    memory = Memory(100 * GRAIN, tmp_path)
    extent = memory.reserve(2 * GRAIN, mapped=False)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (GRAIN, before[1]))
    try:
        with pytest.raises(BudgetError, match="no room"):
            memory.arenas.write(extent, [np.zeros(2 * GRAIN, np.uint8)])
        with pytest.raises(BudgetError, match="no room"):
            memory.reserve(GRAIN, mapped=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        memory.close()


def test_views_outlive_the_descriptor(tmp_path: Path) -> None:
    """An array keeps its pages although the arenas are closed."""
    memory = Memory(GRAIN, tmp_path)
    view = memory.arenas.map(memory.reserve(GRAIN))
    view[:] = 7
    memory.close()
    assert int(view.sum()) == 7 * GRAIN


def test_without_memfd_and_fallocate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has neither, files without a name and zeros do."""
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    before = set(Path("/dev/shm").iterdir()) if Path("/dev/shm").is_dir() else set()
    memory = Memory(3 * GRAIN, tmp_path)
    for extent in (memory.reserve(2 * GRAIN), memory.reserve(3 << 20)):
        memory.arenas.map(extent)[:] = 1
        assert int(memory.arenas.map(extent).sum()) == extent.nbytes
    assert list(tmp_path.iterdir()) == []
    after = set(Path("/dev/shm").iterdir()) if Path("/dev/shm").is_dir() else set()
    assert after <= before
    memory.close()


def test_missing_scratch_folder(tmp_path: Path) -> None:
    """Said before anything starts."""
    with pytest.raises(BudgetError, match=r"no scratch file.*--scratch"):
        Memory(GRAIN, tmp_path / "none")
