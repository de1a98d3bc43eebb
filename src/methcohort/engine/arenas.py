"""Two stretches of memory that all processes share, and arrays in them.

Life cycle of an array in shared memory
---------------------------------------
1. The parent makes two arenas before it starts workers: one in RAM (`memfd_create`), one in a
   scratch folder (a file that is unlinked at once). Neither has a name, so the kernel frees both
   when the last process ends, however it ends; /dev/shm and its size play no part.
2. Workers get the arenas' descriptors when they start: by inheritance, or by `DupFd` where the
   start method is not fork.
3. Whoever needs memory asks the parent. `Memory.reserve` finds room, in RAM while the budget
   lasts and in scratch beyond, and has the kernel allocate it (`posix_fallocate`) *before*
   anyone touches it: a full disk or machine is an error here, never a bus error there. RAM that
   is first written by `Arenas.write` needs no allocation: there a full machine is an error too.
4. What crosses the pipe is a `SharedArray`, a few numbers (or an `Extent`, where several arrays
   share one). Each process maps it for itself; the arrays are views of the same pages. The mapping
   ends with its last array. `Arenas.write` copies arrays into an extent without a mapping, which
   spares the page faults.
5. The parent alone takes extents back. Room that came back is handed out again before the arena
   grows.
"""

import contextlib
import math
import mmap
import os
import weakref
from collections.abc import Sequence
from multiprocessing import reduction
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.errors import BudgetError
from ..files import write_whole

Bytes = npt.NDArray[np.uint8]

RAM: Final = 0
SCRATCH: Final = 1


class Extent(NamedTuple):
    """A reserved stretch of an arena; offset and size are multiples of the size of a page."""

    arena: int
    offset: int
    nbytes: int


class SharedArray(NamedTuple):
    """An array in shared memory, as it crosses a pipe: where it lies, its type and its shape."""

    extent: Extent
    dtype: "np.dtype[Any]"
    shape: tuple[int, ...]

    def open(self, arenas: "Arenas") -> npt.NDArray[Any]:
        """Return the array itself, to read or to fill; mapped as long as it or a view lives."""
        return self._in(arenas.map(self.extent))

    def kept(self, arenas: "Arenas") -> npt.NDArray[Any]:
        """Return the same for an array that is used again and again: mapped once and kept."""
        return self._in(arenas.kept(self.extent))

    def _in(self, memory: Bytes) -> npt.NDArray[Any]:
        nbytes = math.prod(self.shape) * self.dtype.itemsize  # the extent ends with its page
        return memory[:nbytes].view(self.dtype).reshape(self.shape)


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


class Lender:
    """Whoever hands out shared memory: the account itself, or a task that asks the parent."""

    arenas: Arenas

    def reserve(self, nbytes: int, *, mapped: bool = True) -> Extent:
        """Return a new extent of at least `nbytes`; see `Memory.reserve`."""
        raise NotImplementedError

    def release(self, extent: Extent) -> None:
        """Give an extent back."""
        raise NotImplementedError

    def map(self, extent: Extent) -> Bytes:
        """Return the bytes of an extent."""
        return self.arenas.map(extent)

    def empty(self, shape: int | tuple[int, ...], dtype: npt.DTypeLike) -> SharedArray:
        """Return a new array of whatever the memory held before.

        Raises BudgetError as `Memory.reserve` does.
        """
        shape, dtype = (shape,) if isinstance(shape, int) else shape, np.dtype(dtype)
        return SharedArray(self.reserve(math.prod(shape) * dtype.itemsize), dtype, shape)

    def share(self, array: npt.NDArray[Any]) -> SharedArray:
        """Return a copy of an array in shared memory. Raises BudgetError as `reserve` does."""
        return SharedArray(self.put(array), array.dtype, array.shape)

    def put(self, *arrays: npt.NDArray[Any]) -> Extent:
        """Return a new extent that holds arrays, each at the next multiple of 8 bytes.

        Raises BudgetError as `reserve` does.
        """
        flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
        extent = self.reserve(sum(-(-one.nbytes // 8) * 8 for one in flat), mapped=False)
        self.arenas.write(extent, flat)
        return extent
