"""Files that others write: opened without waiting, and recognised when another replaces them."""

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
import numpy.typing as npt

CHANGED: Final = (
    "the file was changed, replaced or removed while it was read; run again when nothing writes "
    "to it"
)


NO_LOCKS: Final = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, 524)
"""What `flock` says where the file system has no locks; 524 is what NFS lets through."""


class Identity(NamedTuple):
    """What a file had at one moment: size in bytes, time of change (ns), device and inode."""

    size: int
    changed: int
    device: int
    inode: int


def identity(file: int | str) -> Identity | None:
    """Return the identity of an open file, or of the one at a path; None where there is none."""
    with contextlib.suppress(OSError):
        found = os.stat(file)  # noqa: PTH116 - a path or a descriptor
        return Identity(found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino)
    return None


def open_file(path: str) -> int:
    """Return the descriptor of a file that is opened for reading.

    Raises
    ------
    OSError
        Where it cannot be opened or is not a regular file; a pipe is not waited for.
    """
    if "\0" in path:  # no file has it, but a store can say so
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is a directory, pipe or device, not a regular file", path)
    return fd


@contextlib.contextmanager
def steady(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file, or a pipe, to be read within a `with` block.

    Raises
    ------
    OSError
        Where it cannot be opened, or is a file that changed before the end of the block.
    """
    with Path(path).open("rb") as file:
        before = identity(file.fileno())
        is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        # What has no size and yet bytes, as in /proc, may let its reader wait for ever.
        yield io.BytesIO() if is_file and before is not None and not before.size else file
    if is_file and identity(str(path)) != before:
        raise OSError(CHANGED)


def write_whole(fd: int, data: Any, offset: int) -> None:
    """Write all bytes of an array, or of bytes, at an offset. Raises OSError."""
    rest = memoryview(data).cast("B")
    while rest:
        n = os.pwrite(fd, rest, offset)
        rest, offset = rest[n:], offset + n


def read_whole(fd: int, out: npt.NDArray[np.uint8], offset: int) -> bool:
    """Fill an array with bytes from an offset; tell whether there were enough.

    Raises OSError.
    """
    rest: Any = memoryview(out)  # type: ignore[arg-type]
    while rest:
        n = os.preadv(fd, [rest], offset)
        if n == 0:
            return False
        rest, offset = rest[n:], offset + n
    return True
