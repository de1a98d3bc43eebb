"""The errors a caller can catch: one base, one class for each kind of remedy.

Every message says where, what was found, what was expected and what to do. Each class also
inherits a builtin, so that code which knows nothing of methcohort can catch it.
"""

import errno
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import islice
from typing import Final, Self

MOST_FAULTS: Final = 20
"""Faults that are told at once."""

_MOST_SHOWN: Final = 80
_MOST_COMPARED: Final = 10_000

_NO_MEMORY: Final = (
    "the machine, or a limit set on this process, has no more memory to give; free some, lift the "
    "limit (ulimit -v, ulimit -d), or give less --memory and fewer --workers"
)
_NO_DESCRIPTORS: Final = (
    "this process may not open any more files; lift the limit (ulimit -n), or give fewer --workers"
)
_NO_PROCESSES: Final = (
    "no further process or thread can be started; lift the limit (ulimit -u), or give fewer "
    "--workers"
)
_SHORTAGES: Final = {
    errno.ENOMEM: _NO_MEMORY,
    errno.EMFILE: _NO_DESCRIPTORS,
    errno.ENFILE: _NO_DESCRIPTORS,
    errno.EAGAIN: _NO_PROCESSES,
}


def one_line(error: BaseException) -> str:
    """Return what another library says of an error, which may take several lines, as one."""
    return " ".join(str(error).split())


def short(text: str) -> str:
    """Return what a file says as a message has it: about 80 characters, all of them visible."""
    shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
    return shown if shown.isprintable() else repr(shown)


def nearest(name: str, names: Collection[str], n: int = 3) -> list[str]:
    """Return names that a name may be meant to be, the likeliest first."""
    twins = [name.removeprefix("chr"), f"chr{name}", name.lower(), name.upper()]
    found = [twin for twin in dict.fromkeys(twins) if twin in names and twin != name]
    few = list(islice(names, _MOST_COMPARED))
    return list(dict.fromkeys([*found, *get_close_matches(name, few, n)]))[:n]


def joined(faults: Sequence[str], what: str) -> str:
    """Return faults as one message, a line each, at most `MOST_FAULTS`.

    `what` is what each is a fault of, as in `... and 3 more files`.
    """
    lines = list(faults[:MOST_FAULTS])
    more = len(faults) - len(lines)
    if more:
        lines.append(f"... and {more} more {what}{'s' if more > 1 else ''}")
    return "\n".join(lines)


class MethcohortError(Exception):
    """Base of every error that methcohort raises on purpose."""


class InputError(MethcohortError, ValueError):
    """A text file, sample sheet or BED file is missing, damaged or holds a wrong value.

    Attributes
    ----------
    files : what is wrong with each file, by path, where the message joins faults of several
    """

    def __init__(self, message: str = "", *, files: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.files: dict[str, str] = dict(files or {})


class ConfigError(MethcohortError, ValueError):
    """A configuration key or value, or a command's argument, is not one that can be used."""


class StoreError(MethcohortError, OSError):
    """A store cannot be written, is not a store, is of another version, or is damaged.

    Attributes
    ----------
    reason : why a part of it cannot be read; empty where the error is not of that
    """

    reason: str = ""

    def of(self, reason: str) -> Self:
        """Return the error with the reason why a part cannot be read."""
        self.reason = reason
        return self


class UnnamedValueError(ValueError):
    """A store has a value that its legend does not name."""


class DamagedStoreError(StoreError):
    """A store that values are taken from is damaged, or another file has taken its place."""


class TextNeededError(MethcohortError):
    """Samples cannot be taken from a store; their text has to be read again."""


class BudgetError(MethcohortError, MemoryError):
    """The memory budget, the machine or a limit of the system is too small."""


class WorkerError(MethcohortError, RuntimeError):
    """A worker process ended before its task did."""


def shortage(error: BaseException) -> str | None:
    """Return what to say of an error if it means that the system has given all it can."""
    if isinstance(error, MethcohortError):
        return None
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    if isinstance(error, OSError) and error.errno is not None:
        return _SHORTAGES.get(error.errno)
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return _NO_PROCESSES
    return None


def raise_shortage(path: str, error: BaseException) -> None:
    """Raise BudgetError where what is said of a file says nothing of it, but of this process."""
    cause = error.__cause__
    lack = cause and shortage(cause)
    # A read that would have to wait fails as a fork does where there are too many processes.
    if lack and lack != _NO_PROCESSES:
        message = f"{path}: {lack}"
        raise BudgetError(message) from error


def missing_extra(extra: str, what: str) -> ConfigError:
    """Return the error for a library that is not there, and of which extra it is.

    `what` is what it is needed for, as in `to_polars` or `a .parquet file`.
    """
    message = (
        f"{what} needs a library that is not installed; install methcohort with it: "
        f"pip install 'methcohort[{extra}]'"
    )
    return ConfigError(message)


@contextmanager
def shortages_told() -> Iterator[None]:
    """Raise BudgetError where the system runs out of memory, descriptors or processes."""
    try:
        yield
    except (MemoryError, OSError, RuntimeError) as error:
        message = shortage(error)
        if message is None:
            raise
        raise BudgetError(message) from error
