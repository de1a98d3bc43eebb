"""Reading a dataset by its chunks, called tiles here, with several threads.

HDF5 inflates one chunk after the other, with zlib and under a lock. Here a chunk is fetched from
HDF5 as it is stored, and ISA-L inflates it outside of all locks, twice as fast and as many
chunks at a time as there are processors. HDF5 finds chunks by their index at once, so no table of
all chunks is kept. Whatever is stored in another way, has another checksum or does not inflate,
HDF5 reads itself: it has the last word on what a file holds and on what is damaged.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import h5py
import numpy as np
import numpy.typing as npt
from h5py import h5z
from h5py._objects import phil
from isal import isal_zlib

from .codec import without_checksum

_INFLATE_ERROR: Final[type[Exception]] = isal_zlib.IsalError  # type: ignore[assignment]

_MOST_THREADS: Final = 8
_THREAD_BYTES: Final = 1 << 20
"""Inflated bytes that are worth a thread: starting one costs as much as inflating a tenth."""

_PLAIN_TILE: Final = (64, 1 << 16)
"""Rows and columns that are read at once where a dataset has no chunks."""

_UNDONE_HERE: Final = (h5z.FILTER_SHUFFLE, h5z.FILTER_DEFLATE, h5z.FILTER_FLETCHER32)
"""Filters that are undone here, in the order in which they must have been applied."""


class _Run(NamedTuple):
    """Rows that follow each other in a tile and in the array that is read."""

    row: int
    place: int
    n: int


class Tiles:
    """A dataset of numbers with one or two axes; one axis counts as a single row.

    Threads may share it, and it works in a forked child. It holds no more than one tile a thread
    beside the array that it returns.

    Attributes
    ----------
    shape : rows and columns of the dataset
    tile : rows and columns of a tile
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._dataset = dataset
        self._id = dataset.id  # h5py takes its lock for each look at an attribute
        self._n_axes: int = dataset.ndim
        self._dtype: np.dtype[Any] = dataset.dtype
        self.shape: tuple[int, int] = _two(dataset.shape)
        self.tile: tuple[int, int] = _two(dataset.chunks) if dataset.chunks else _PLAIN_TILE
        self._chunked = dataset.chunks is not None
        self._n_bytes: int = self.tile[0] * self.tile[1] * self._dtype.itemsize
        self._filters = _filters(dataset)
        self._summed = h5z.FILTER_FLETCHER32 in (self._filters or ())
        self._deflated = h5z.FILTER_DEFLATE in (self._filters or ())
        self._shuffled = h5z.FILTER_SHUFFLE in (self._filters or ())

    def read(self, rows: npt.NDArray[np.intp], start: int, stop: int) -> npt.NDArray[Any]:
        """Return some rows, in any order and repeated or not, at the columns [start, stop).

        Raises
        ------
        OSError, RuntimeError, ValueError
            Where a tile is damaged or the file is closed; as HDF5 has it.
        """
        out = np.empty((len(rows), stop - start), self._dtype)
        if not out.size:
            return out
        height, width = self.tile
        by_tile = _runs(rows, height)
        # Bytes are joined as integers, whatever they mean.
        bits = out.view(f"<u{self._dtype.itemsize}") if self._shuffled else out
        jobs = deque(
            (tile * height, left, runs)
            for left in range(start // width * width, stop, width)
            for tile, runs in by_tile.items()
        )

        def work() -> None:
            for top, left, runs in _taken(jobs):
                self._read_tile(top, left, runs, start, bits)

        n_threads = self._threads(len(jobs))
        if n_threads == 1:
            work()
            return out
        # The pool lives as long as this call: threads do not survive a fork.
        with ThreadPoolExecutor(n_threads) as pool:
            try:
                for done in [pool.submit(work) for _ in range(n_threads)]:
                    done.result()
            finally:
                jobs.clear()  # after an error or a signal the other threads end, too
        return out

    def _threads(self, n_tiles: int) -> int:
        """Return how many threads so many tiles are worth; HDF5 itself works with one."""
        if self._filters is None:
            return 1
        wanted = n_tiles * self._n_bytes // _THREAD_BYTES
        return max(1, min(wanted, n_tiles, _MOST_THREADS, _processors()))

    def _read_tile(
        self, top: int, left: int, runs: list[_Run], start: int, out: npt.NDArray[Any]
    ) -> None:
        """Put what is wanted of the tile at (top, left) into `out`, whose first column is start."""
        first = max(start, left)
        end = min(start + out.shape[1], left + self.tile[1])
        columns = slice(first - start, end - start)
        data = self._fetch(top, left)
        if data is None:
            low = min(run.row for run in runs)
            box = self._box(top + low, top + max(run.row + run.n for run in runs), first, end)
            for run in runs:
                part = box[run.row - low :][: run.n]
                out[run.place : run.place + run.n, columns] = part.view(out.dtype)
            return
        planes = np.frombuffer(data, np.uint8 if self._shuffled else self._dtype)
        planes = planes.reshape(-1, *self.tile)[:, :, first - left : end - left]
        for run in runs:
            part = out[run.place : run.place + run.n, columns]
            _join(planes[:, run.row : run.row + run.n], part)

    def _fetch(self, top: int, left: int) -> bytes | memoryview | None:
        """Return the bytes of a tile before it was deflated; None where HDF5 has to read it."""
        place = (top, left)[-self._n_axes :]
        if self._filters is None:
            self._expect_written(place)
            return None
        try:
            with phil:  # h5py before 3.16 takes no lock here, and threads end in a segfault
                mask, stored = self._id.read_direct_chunk(place)
            if mask:
                return None
            data: bytes | memoryview = stored
            if self._summed:
                data = without_checksum(stored)
            if self._deflated:
                data = inflated(data, self._n_bytes)
        # h5py raises MemoryError where a chunk was never written.
        except (OSError, RuntimeError, ValueError, MemoryError):
            self._expect_written(place)
            return None
        if len(data) != self._n_bytes:
            found = f"{len(data):,}" if len(data) < self._n_bytes else "too many"
            message = f"the chunk at {place} has {found} bytes; expected {self._n_bytes:,}"
            raise OSError(message)
        return data

    def _expect_written(self, place: tuple[int, ...]) -> None:
        """Raise OSError where a chunk is not there: HDF5 would make its values up."""
        if self._chunked and self._id.get_chunk_info_by_coord(place).byte_offset is None:
            message = f"the chunk at {place} was never written"
            raise OSError(message)

    def _box(self, top: int, bottom: int, first: int, end: int) -> npt.NDArray[Any]:
        """Return rows [top, bottom) at the columns [first, end), read by HDF5."""
        if self._n_axes == 1:
            return np.asarray(self._dataset[first:end]).reshape(1, -1)
        return np.asarray(self._dataset[top:bottom, first:end])


def inflated(data: bytes | memoryview, n_bytes: int) -> bytes:
    """Inflate a chunk of so many bytes, no further than one byte too many.

    Raises ValueError where it is cut short or no deflated data.
    """
    stream = isal_zlib.decompressobj(15)
    try:
        found: bytes = stream.decompress(data, n_bytes + 1)
    except _INFLATE_ERROR as error:
        message = "the chunk cannot be inflated"
        raise ValueError(message) from error
    if not stream.eof and len(found) <= n_bytes:
        message = "the deflated chunk is cut short"
        raise ValueError(message)
    return found


def _join(planes: npt.NDArray[Any], out: npt.NDArray[Any]) -> None:
    """Join values from planes of their bytes, the lowest first."""
    out[...] = planes[-1]
    for plane in planes[-2::-1]:
        np.left_shift(out, 8, out=out)
        np.bitwise_or(out, plane, out=out)


def _two(shape: tuple[int, ...]) -> tuple[int, int]:
    rows, columns = (1, *shape)[-2:]
    return rows, columns


def _runs(rows: npt.NDArray[np.intp], height: int) -> dict[int, list[_Run]]:
    """Return the runs of each row of tiles, by its number."""
    goes_on = (np.diff(rows) == 1) & (rows[1:] % height != 0)
    starts = [0, *(np.flatnonzero(~goes_on) + 1).tolist(), len(rows)]
    found: dict[int, list[_Run]] = {}
    for k, place in enumerate(starts[:-1]):
        tile, row = divmod(int(rows[place]), height)
        found.setdefault(tile, []).append(_Run(row, place, starts[k + 1] - place))
    return found


def _filters(dataset: h5py.Dataset) -> tuple[int, ...] | None:
    """Return the filters of a dataset; None where only HDF5 can undo them."""
    kind = dataset.dtype
    if dataset.chunks is None or kind.str[0] == ">" or kind.itemsize not in (1, 2, 4, 8):
        return None
    plist = dataset.id.get_create_plist()
    found = [plist.get_filter(k) for k in range(plist.get_nfilters())]
    names = tuple(one[0] for one in found)
    if names != tuple(name for name in _UNDONE_HERE if name in names):
        return None
    widths = [one[2][:1] for one in found if one[0] == h5z.FILTER_SHUFFLE]
    return names if all(width == (kind.itemsize,) for width in widths) else None


def _taken(jobs: "deque[tuple[int, int, list[_Run]]]") -> Iterator[tuple[int, int, list[_Run]]]:
    """Yield jobs that no other thread has taken, until there are none."""
    while True:
        try:
            yield jobs.popleft()
        except IndexError:
            return


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
