"""Shared memory: anonymous arenas, owned by the parent, mapped by the workers.

Life cycle of an extent
-----------------------
1. The parent makes two arenas before it starts workers: one in RAM (`memfd_create`), one in a
   scratch folder (a file that is unlinked at once). Neither has a name, so the kernel frees both
   when the last process ends, however it ends; /dev/shm and its size play no part.
2. Workers get the arenas' descriptors when they start: by inheritance, or by `DupFd` where the
   start method is not fork.
3. Whoever needs memory asks the parent. `Memory.reserve` finds room, in RAM while the budget
   lasts and in scratch beyond, and has the kernel allocate it (`posix_fallocate`) *before*
   anyone touches it: a full disk or machine is an error here, never a bus error there. RAM that
   is first written by `Arenas.write` needs no allocation: there a full machine is an error too.
4. What crosses the pipe is an `Extent`: three integers. Each process maps it for itself
   (`Arenas.map`); the arrays are views of the same pages. The mapping ends with its last array.
   `Arenas.write` copies arrays into an extent without a mapping, which spares the page faults.
5. The parent alone takes extents back. Room that came back is handed out again before the arena
   grows.

Nothing here knows of methylation.
"""

import contextlib
import mmap
import os
import tempfile
import weakref
from collections.abc import Sequence
from multiprocessing import reduction
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import BudgetError, shortage, shortages_told
from ..files import write_whole

Bytes = npt.NDArray[np.uint8]

RAM: Final = 0
SCRATCH: Final = 1
GRAIN: Final = mmap.ALLOCATIONGRANULARITY
_HEADROOM: Final = 2 << 20


class Extent(NamedTuple):
    """A reserved stretch of an arena; offset and size are multiples of `GRAIN`."""

    arena: int
    offset: int
    nbytes: int


class Arenas:
    """The descriptors of the two arenas; goes to workers while they are started."""

    def __init__(self, descriptors: tuple[int, int]) -> None:
        self.descriptors = descriptors
        self._held: dict[int, tuple[mmap.mmap, Bytes]] = {}
        self._extents: dict[Extent, Bytes] = {}
        self._scratch: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()

    def __reduce__(self) -> tuple[Any, ...]:
        return _attach, tuple(reduction.DupFd(fd) for fd in self.descriptors)

    def map(self, extent: Extent) -> Bytes:
        """Return the bytes of an extent; they stay mapped as long as the array or a view lives."""
        mapping, memory = _mapped(self.descriptors[extent.arena], extent.nbytes, extent.offset)
        if extent.arena == SCRATCH:
            self._scratch.add(mapping)
        return memory

    def kept(self, extent: Extent) -> Bytes:
        """Return the bytes of an extent that is used again and again; mapped once and kept."""
        if extent not in self._extents:
            self._extents[extent] = self.map(extent)
        return self._extents[extent]

    def whole(self, arena: int, nbytes: int) -> Bytes:
        """Return the first `nbytes` of an arena, mapped once and kept."""
        held = self._held.get(arena)
        if held is None or held[1].size != nbytes:
            if nbytes == 0:
                return np.empty(0, np.uint8)
            held = _mapped(self.descriptors[arena], nbytes, 0)
            self._held[arena] = held
            if arena == SCRATCH:
                self._scratch.add(held[0])
        return held[1]

    def write(self, extent: Extent, arrays: Sequence[npt.NDArray[Any]]) -> None:
        """Copy arrays into an extent, each at the next multiple of 8 bytes.

        Raises
        ------
        BudgetError
            Where the machine has no room for them.
        """
        at = extent.offset
        for array in arrays:
            try:
                if array.size:
                    write_whole(self.descriptors[extent.arena], array.view(np.uint8), at)
            except OSError as error:
                message = (
                    f"no room for {extent.nbytes:,} more bytes ({error.strerror}); free some, "
                    "lift the limit (ulimit), or give less --memory"
                )
                raise BudgetError(message) from error
            at += -(-array.nbytes // 8) * 8

    def forget_scratch(self) -> None:
        """Drop the pages of the scratch file that were brought into this process.

        What they hold is still in the file; arrays that look at them stay valid.
        """
        if hasattr(mmap, "MADV_DONTNEED"):
            for mapping in self._scratch:
                with contextlib.suppress(OSError):  # advice
                    mapping.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Close the descriptors; arrays that are still mapped stay valid."""
        self._held.clear()
        self._extents.clear()
        for fd in self.descriptors:
            os.close(fd)


def _mapped(fd: int, nbytes: int, offset: int) -> tuple[mmap.mmap, Bytes]:
    try:
        mapping = mmap.mmap(fd, nbytes, offset=offset)
    except OSError as error:
        message = (
            f"{nbytes:,} bytes of shared memory cannot be mapped ({error.strerror}); lift the "
            "limit (ulimit -v, or ulimit -n where too many files are open), or build fewer samples"
        )
        raise BudgetError(message) from error
    return mapping, np.frombuffer(mapping, np.uint8)


def _attach(ram: Any, scratch: Any) -> Arenas:
    return Arenas((ram.detach(), scratch.detach()))


class Memory:
    """The parent's account of both arenas.

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

    def put(self, *arrays: npt.NDArray[Any]) -> Extent:
        """Return a new extent that holds arrays, each at the next multiple of 8 bytes.

        Raises BudgetError as `reserve` does.
        """
        flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
        extent = self.reserve(sum(-(-one.nbytes // 8) * 8 for one in flat), mapped=False)
        self.arenas.write(extent, flat)
        return extent

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
