"""The target of a build: what may be replaced, the lock, and the files beside it.

Beside a target lie, while it is built, a lock (`.NAME.lock`, see `lock.py`) and the growing store
under a temporary name (`.NAME.HOST.PID-RANDOM.tmp`).

Two builds that ran at once all the same would do no harm: temporary names are never the same, and
a store is published by a rename. One of them would have worked in vain.
"""

import atexit
import contextlib
import fcntl
import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ..core.errors import BudgetError, MethcohortError, StoreError, one_line, shortage
from ..core.log import log
from ..core.signals import signals_held
from .lock import HOST, HeldError, Holder, Lock, close, flock, is_same, kept

_HDF5_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
_MOST_NAME: Final = 150
_DAY: Final = 24 * 3600.0


def _nothing() -> None:
    """Confirm nothing."""


class Target:
    """The place of a store, locked for one build; a context manager.

    Parameters
    ----------
    path : where the store is to be; links are followed
    signature : the first bytes of what may be replaced there
    what : what is put there, as messages call it

    Attributes
    ----------
    path : the same, without links
    confirm : called before a file is finished that is to be published; it raises where what the
        file was made from has changed

    Raises
    ------
    StoreError
        Where no store can be put there, or another build of it is running.
    """

    confirm: Callable[[], object] = staticmethod(_nothing)

    def __init__(self, path: Path, signature: bytes = _HDF5_SIGNATURE, what: str = "store") -> None:
        self.path = path
        self._signature = signature
        self._what = what
        self._folder = -1
        self._lock: Lock | None = None
        self._files: dict[Path, int] = {}
        self._owner = os.getpid()
        # A signal may come just where a `with` block ends, and what should end it is passed over.
        atexit.register(self._leave)
        try:
            self.path = self._checked(path)
            self._stem = _stem(self.path.name)
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            self._folder = kept(os.open(self.path.parent, flags))
            self._lock = self._locked()
            self._tell_left(self._lock.left_by, self._sweep())
            self._lock.sign()
        except StoreError:
            self._leave()
            raise
        except OSError as error:
            self._leave()
            raise StoreError(self.cannot_write(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def new_file(self) -> Path:
        """Return the path of a new, locked, empty temporary file.

        It has the permissions of the file that it will replace.
        """
        name = f".{self._stem}.{HOST}.{os.getpid()}-{os.urandom(4).hex()}.tmp"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        fd = kept(os.open(name, flags, 0o666, dir_fd=self._folder))
        path = self.path.with_name(name)
        self._files[path] = fd
        with contextlib.suppress(OSError):  # who may read the earlier one may read this one
            os.fchmod(fd, stat.S_IMODE(self.path.stat().st_mode) | stat.S_IRUSR | stat.S_IWUSR)
        with contextlib.suppress(OSError):  # not every file system has locks
            flock(fd)
        return path

    def remove(self, path: Path) -> None:
        """Close and remove a temporary file; what cannot be removed is left to the next build."""
        with contextlib.suppress(OSError):
            os.unlink(path.name, dir_fd=self._folder)
        fd = self._files.pop(path, None)
        if fd is not None:
            close(fd)

    def publish(self, path: Path) -> None:
        """Give a temporary file the target's name, once it is on the disk.

        Raises
        ------
        StoreError
            Where the folder has gone, or something else than a store has taken the name.
        OSError
            Where the system refuses.
        """
        fd = self._files[path]
        os.fsync(fd)
        if not is_same(self.path.parent, self._folder):
            message = (
                f"{self.path.parent}: the folder was renamed, removed or replaced during the "
                f"build; no {self._what} was written; put it back, or give another --output, and "
                "run again"
            )
            raise StoreError(message)
        self._checked(self.path)
        with contextlib.suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_UN)  # the lock of a file would go with it, and stop readers
        os.replace(path.name, self.path.name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        try:
            os.fsync(self._folder)
        except OSError as error:
            log.warning(
                "%s: the %s is written, but the disk did not confirm its name (%s); "
                "check the disk, then run methcohort verify",
                self.path, self._what, one_line(error),
            )  # fmt: skip

    def cannot_write(self, error: Exception) -> str:
        """Return what to say where the system refuses to write."""
        return _unwritable(self.path, self._what, error)

    def _locked(self) -> Lock:
        """Return the lock of the target. Raises StoreError where another build has it."""
        try:
            lock = Lock(self._folder, f".{self._stem}.lock")
        except HeldError as held:
            who = held.holder or "unknown process"
            message = (
                f"{self.path}: another build of this {self._what} is running ({who}); "
                "wait until it has ended, or stop it, then run again"
            )
            raise StoreError(message) from None
        if lock.unsure is not None:
            log.warning(
                "%s: another build of this store may be running (%s), and this file system has no "
                "locks; the one that ends last replaces the store",
                self.path, lock.unsure,
            )  # fmt: skip
        return lock

    def _sweep(self) -> list[str]:
        """Remove temporary files whose writers are dead; return their names."""
        removed = []
        pattern = re.compile(re.escape(f".{self._stem}") + r"\.([^.]+)\.[0-9]+-[0-9a-f]+\.tmp")
        for name in os.listdir(self._folder):  # noqa: PTH208 - pathlib has no descriptors
            match = pattern.fullmatch(name)
            if match is None:
                continue
            with contextlib.suppress(OSError):  # locked, gone, or not ours to remove
                fd = os.open(name, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=self._folder)
                try:
                    flock(fd)
                    if match[1] == HOST or time.time() - os.fstat(fd).st_mtime > _DAY:
                        os.unlink(name, dir_fd=self._folder)
                        removed.append(name)
                finally:
                    os.close(fd)
        return removed

    def _tell_left(self, holder: Holder | None, removed: list[str]) -> None:
        """Say that an earlier build was killed, and what was done about it."""
        if holder is None and not removed:
            return
        done = f"; its temporary file {' '.join(removed)} was removed" if removed else ""
        who = f" ({holder})" if holder else ""
        log.warning("%s: an earlier build%s ended without cleaning up%s", self.path, who, done)

    def _checked(self, target: Path) -> Path:
        """Return the target where a store can be put, links followed.

        Raises
        ------
        StoreError
            Where the folder is missing or not writable, or something else than a store is there.
        """
        target = Path(os.path.realpath(target))
        folder = target.parent
        if target.is_dir():
            message = f"{target}: found a folder; expected the name of a file for the {self._what}"
            raise StoreError(message)
        if not folder.is_dir():
            what = "is not a folder" if folder.exists() else "does not exist; make it"
            message = f"{folder}: {what}, or give another --output"
            raise StoreError(message)
        if not os.access(folder, os.W_OK | os.X_OK):
            message = f"{folder}: the folder is not writable; give another --output"
            raise StoreError(message)
        why = self._protected(target)
        if why:
            message = f"{target}: {why}; give another --output, or remove it"
            raise StoreError(message)
        return target

    def _protected(self, target: Path) -> str:
        """Return why an existing file is not to be replaced, or nothing."""
        only = f"only an earlier {self._what} is replaced"
        try:
            found = target.lstat()
            if not stat.S_ISREG(found.st_mode):
                return f"is not a regular file; {only}"
            with target.open("rb") as file:
                start = file.read(len(self._signature))
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"cannot be read ({error.strerror}); {only}"
        if start not in (b"", self._signature):
            is_hdf5 = self._signature == _HDF5_SIGNATURE
            return f"exists and is not {'an HDF5 file' if is_hdf5 else f'a {self._what}'}; {only}"
        if not found.st_mode & 0o222:
            return "is write-protected; permit writing (chmod u+w) if it is to be replaced"
        folder = target.parent.stat()
        if folder.st_mode & stat.S_ISVTX and os.geteuid() not in (0, found.st_uid, folder.st_uid):
            return "belongs to another user in a folder where only owners replace files"
        return ""

    def _leave(self) -> None:
        """Remove what was not removed, and unlock."""
        atexit.unregister(self._leave)
        if os.getpid() != self._owner:
            return
        for path in list(self._files):
            self.remove(path)
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        if self._folder >= 0:
            close(self._folder)
            self._folder = -1


def _unwritable(path: Path, what: str, error: Exception) -> str:
    found = re.search(r"error message = '([^']*)'", str(error))  # HDF5 says much more
    why = found[1] if found else one_line(error)
    return (
        f"{path}: the {what} cannot be written ({why}); "
        f"expected a writable folder with room; an earlier {what}, if any, is as it was"
    )


def refusal(path: Path, what: str, error: OSError) -> MethcohortError:
    """Return the error for a file that the system refuses to write: for lack of what, or why."""
    lack = shortage(error)
    if lack is not None:
        return BudgetError(f"{path}: {lack}")
    return StoreError(_unwritable(path, what, error))


@contextlib.contextmanager
def written(path: Path, signature: bytes, what: str) -> Iterator[Path]:
    """Give the path of a new file to write, which takes its place at the end of a `with` block.

    Parameters are those of `Target`. After an error nothing of it is left.

    Raises
    ------
    StoreError
        Where the file cannot be written, or something else is there.
    BudgetError
        Where the system has no more of what every process needs, such as descriptors of files.
    """
    with signals_held():
        target = Target(path, signature, what)
    with target:
        try:
            new = target.new_file()
            yield new
            target.publish(new)
        except StoreError:
            raise
        except OSError as error:
            raise refusal(target.path, what, error) from error


def _stem(name: str) -> str:
    """Return the name, or what stands for one that is too long to be added to."""
    data = os.fsencode(name)
    if len(data) <= _MOST_NAME:
        return name
    return f"{os.fsdecode(data[:100])}-{hashlib.sha256(data).hexdigest()[:16]}"
