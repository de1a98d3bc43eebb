"""A lock beside a file, which tells who holds it.

What counts is that the system has locked the lock file (`flock`): it unlocks it when the process
ends, however that ends, so no lock is ever stale. What is written in the file tells others who
holds it, and the next holder who left it behind. Only where the file system has no locks is that
all there is: then a holder that lives on this host is respected, and one of another host is
mentioned.
"""

import contextlib
import fcntl
import json
import os
import re
import time
from pathlib import Path
from typing import Final, NamedTuple

from .identity import NO_LOCKS

_MOST: Final = 40
HOST: Final = re.sub(r"[^A-Za-z0-9-]", "-", os.uname().nodename)[:_MOST] or "unknown"

_descriptors: Final[set[int]] = set()
"""Descriptors of locks and folders: a worker that is forked must not keep a lock alive."""


def _close_in_child() -> None:
    for fd in _descriptors:
        with contextlib.suppress(OSError):
            os.close(fd)
    _descriptors.clear()


os.register_at_fork(after_in_child=_close_in_child)


class Holder(NamedTuple):
    """Who wrote a lock file. `start` tells processes apart that had the same number."""

    host: str
    pid: int
    since: str
    start: int | None

    @property
    def lives(self) -> bool:
        """Whether it is a process of this host that has not ended."""
        if self.host != HOST:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:  # it lives, and is not ours
            pass
        return self.start == _start_of(self.pid)

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


class HeldError(Exception):
    """Somebody else holds the lock; it may not be known who."""

    def __init__(self, holder: Holder | None) -> None:
        super().__init__(holder)
        self.holder = holder


class Lock:
    """A lock file in an open folder, held until `release`.

    Attributes
    ----------
    left_by : who held it before and did not remove it
    unsure : who may hold it, on another host, where the file system has no locks

    Raises
    ------
    HeldError
        Where somebody else holds it.
    OSError
        Where the file cannot be made.
    """

    def __init__(self, folder: int, name: str) -> None:
        self._folder = folder
        self._name = name
        self.unsure: Holder | None = None
        self._fd = self._acquired()
        self.left_by = _read_holder(self._fd)

    def sign(self) -> None:
        """Write down who holds it."""
        _write_holder(self._fd)

    def release(self) -> None:
        """Remove the file, then unlock it: nobody can lock one that is about to go."""
        with contextlib.suppress(OSError):  # the next one finds it unlocked
            os.unlink(self._name, dir_fd=self._folder)
        close(self._fd)

    def _acquired(self) -> int:
        """Return the descriptor of the lock file, locked."""
        while True:
            fd = kept(self._opened())
            try:
                flock(fd)
            except BlockingIOError:
                raise HeldError(_awaited_holder(fd)) from None
            except OSError as error:
                if error.errno not in NO_LOCKS:
                    raise
                self._respect(_read_holder(fd))
            if is_same(self._name, fd, self._folder):
                if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR:
                    return fd
                os.unlink(self._name, dir_fd=self._folder)  # another user's, who has gone
            close(fd)  # its holder removed it after we had opened it

    def _opened(self) -> int:
        flags = os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return os.open(self._name, flags | os.O_RDWR | os.O_CREAT, 0o666, dir_fd=self._folder)
        except PermissionError as error:
            with contextlib.suppress(OSError):
                return os.open(self._name, flags | os.O_RDONLY, dir_fd=self._folder)
            raise error from None

    def _respect(self, holder: Holder | None) -> None:
        """Where the file system has no locks: refuse to go on beside a holder that lives."""
        if holder is None or (holder.host == HOST and not holder.lives):
            return
        if holder.lives:
            raise HeldError(holder)
        self.unsure = holder


def flock(fd: int) -> None:
    """Lock a file. Raises BlockingIOError where somebody else has it."""
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_same(path: str | Path, fd: int, folder: int | None = None) -> bool:
    """Tell whether a path leads to an open file or folder."""
    try:
        found = os.stat(path, dir_fd=folder)
    except OSError:
        return False
    opened = os.fstat(fd)
    return (found.st_dev, found.st_ino) == (opened.st_dev, opened.st_ino)


def _write_holder(fd: int) -> None:
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    text = json.dumps(Holder(HOST, os.getpid(), since, _start_of(os.getpid()))._asdict()) + "\n"
    os.ftruncate(fd, 0)
    os.pwrite(fd, text.encode(), 0)


def _read_holder(fd: int) -> Holder | None:
    """Return who wrote a lock file; None where it says nothing that makes sense."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        found = json.loads(os.pread(fd, 1000, 0))
        host, since, pid, start = (found[name] for name in ("host", "since", "pid", "start"))
        known = start is None or isinstance(start, int)
        if known and 0 < int(pid) < 2**31 and host.isprintable() and since.isprintable():
            return Holder(host[:_MOST], int(pid), since[:_MOST], start)
    return None


def _awaited_holder(fd: int) -> Holder | None:
    """Return who has locked a file, who may be about to write it down."""
    for _ in range(10):
        holder = _read_holder(fd)
        if holder is not None and (holder.lives or holder.host != HOST):
            return holder
        time.sleep(0.02)
    return None


def _start_of(pid: int) -> int | None:
    """Return when a process was started, in ticks since the system was; None if not known."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return int(text.rpartition(")")[2].split()[19])


def kept(fd: int) -> int:
    """Return a descriptor that no forked child keeps open."""
    _descriptors.add(fd)
    return fd


def close(fd: int) -> None:
    """Close a descriptor that was `kept`."""
    _descriptors.discard(fd)
    os.close(fd)
