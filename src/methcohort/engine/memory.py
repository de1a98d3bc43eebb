"""The parent's account of shared memory: who has which room, in RAM or in scratch."""

import contextlib
import mmap
import os
import tempfile
from pathlib import Path
from typing import Final

from ..core.errors import BudgetError, shortage, shortages_told
from .arenas import RAM, SCRATCH, Arenas, Extent, Lender

GRAIN: Final = mmap.ALLOCATIONGRANULARITY
"""Extents are whole pages, as only those can be mapped on their own."""

_HEADROOM: Final = 2 << 20
"""Bytes that a process needs to go on at all: less, and it could not even say what is wrong."""


class Memory(Lender):
    """The parent's account of both arenas; see `arenas.py` for what becomes of an extent.

    Parameters
    ----------
    limit : bytes of RAM that extents may take together; what goes beyond lies in scratch
    scratch : folder of the scratch file, on a disk with room
    total : bytes that all processes may take together, for messages
    """

    def __init__(self, limit: int, scratch: Path, total: int = 0) -> None:
        _check_headroom()
        self.limit = limit
        self.total = total
        self.scratch = scratch
        with contextlib.ExitStack() as stack:  # neither stays open where the other fails
            ram = _anonymous_memory()
            stack.callback(os.close, ram)
            self.arenas = Arenas((ram, _anonymous_file(scratch)))
            stack.pop_all()
        self._ends = [0, 0]
        self._free: list[list[tuple[int, int]]] = [[], []]

    def reserve(self, nbytes: int, *, mapped: bool = True, counted: bool = True) -> Extent:
        """Reserve at least `nbytes`, to be `mapped` by whoever fills them, or else written.

        What is not `counted` lies in RAM whatever the limit: room that was put aside before.

        Raises
        ------
        BudgetError
            Where neither the budget nor the scratch folder has room.
        """
        size = max(1, -(-nbytes // GRAIN)) * GRAIN
        for arena in (RAM, SCRATCH):
            for index, (offset, free) in enumerate(self._free[arena]):
                if free >= size:
                    del self._free[arena][index]
                    if free > size:
                        self._free[arena].insert(index, (offset + size, free - size))
                    return Extent(arena, offset, size)
            if arena == SCRATCH or not counted or self._ends[RAM] + size <= self.limit:
                return self._extend(arena, size, allocated=mapped or arena == SCRATCH)
        raise AssertionError

    def set_aside(self, nbytes: int) -> None:
        """Take memory of the processes themselves off what further extents may have."""
        self.limit -= nbytes

    def _extend(self, arena: int, size: int, *, allocated: bool) -> Extent:
        offset = self._ends[arena]
        try:
            if allocated:
                _allocate(self.arenas.descriptors[arena], offset, size)
            else:
                os.ftruncate(self.arenas.descriptors[arena], offset + size)
        except OSError as error:
            place = "memory" if arena == RAM else f"scratch space in {self.scratch}"
            message = (
                f"no room for {size:,} more bytes of {place} ({error.strerror}) beside "
                f"{self._ends[RAM]:,} in memory and {self._ends[SCRATCH]:,} in scratch; free some, "
                "lift the limit (ulimit), or give a --scratch folder on a disk with more room"
            )
            raise BudgetError(message) from error
        self._ends[arena] += size
        return Extent(arena, offset, size)

    def release(self, extent: Extent) -> None:
        """Take an extent back; its room joins that of its free neighbours."""
        start, stop = extent.offset, extent.offset + extent.nbytes
        kept = []
        for offset, size in self._free[extent.arena]:
            if offset + size == start:
                start = offset
            elif offset == stop:
                stop = offset + size
            else:
                kept.append((offset, size))
        kept.append((start, stop - start))
        kept.sort()
        self._free[extent.arena] = kept

    def sizes(self) -> tuple[int, int]:
        """Return how far both arenas reach, in bytes."""
        return self._ends[RAM], self._ends[SCRATCH]

    def close(self) -> None:
        """Give everything back."""
        self.arenas.close()


def _check_headroom() -> None:
    """Raise BudgetError where this process can have hardly any more memory.

    We can say so in a sentence; HDF5, for one, would end the process.
    """
    with shortages_told():
        mmap.mmap(-1, _HEADROOM, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()


def _anonymous_memory() -> int:
    if hasattr(os, "memfd_create"):
        try:
            return os.memfd_create("methcohort", os.MFD_CLOEXEC)
        except OSError as error:
            message = (
                f"no shared memory can be made ({error.strerror}); free some memory, or lift the "
                "limit (ulimit -n)"
            )
            raise BudgetError(message) from error
    shm = Path("/dev/shm")
    return _anonymous_file(shm if shm.is_dir() else Path(tempfile.gettempdir()))


def _anonymous_file(folder: Path) -> int:
    """Return the descriptor of a new file that has no name, or loses it at once."""
    if hasattr(os, "O_TMPFILE"):
        with contextlib.suppress(OSError):  # not every file system can
            return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fd, name = tempfile.mkstemp(prefix=".methcohort-", dir=folder)
    except OSError as error:
        remedy = shortage(error) or "give an existing, writable folder as --scratch"
        message = f"{folder}: no scratch file can be made there ({error.strerror}); {remedy}"
        raise BudgetError(message) from error
    with contextlib.suppress(FileNotFoundError):
        Path(name).unlink()
    return fd


def _allocate(fd: int, offset: int, size: int) -> None:
    """Have the kernel allocate bytes of a file, so that touching them cannot fail."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, offset, size)
        return
    zeros = bytes(1 << 20)
    while size > 0:
        done = os.pwrite(fd, zeros[: min(size, len(zeros))], offset)
        offset += done
        size -= done
