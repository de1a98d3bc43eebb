"""The errors a caller can catch: one base, one class for each kind of remedy.

Every message says where, what was found, what was expected and what to do. Each class also
inherits a builtin, so that code which knows nothing of methcohort can catch it.
"""


def one_line(error: BaseException) -> str:
    """Return what another library says of an error, which may take several lines, as one."""
    return " ".join(str(error).split())


class MethcohortError(Exception):
    """Base of every error that methcohort raises on purpose."""


class InputError(MethcohortError, ValueError):
    """A text file, sample sheet or BED file is missing, damaged or holds a wrong value."""


class ConfigError(MethcohortError, ValueError):
    """A configuration key or value, or a command's argument, is not one that can be used."""


class StoreError(MethcohortError, OSError):
    """A store cannot be written, is not a store, is of another version, or is damaged."""


class BudgetError(MethcohortError, MemoryError):
    """The memory budget, the machine's memory or the scratch space is too small."""


class WorkerError(MethcohortError, RuntimeError):
    """A worker process ended before its task did."""
