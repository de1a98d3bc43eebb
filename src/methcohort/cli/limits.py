"""Limits of the process that leave no room for the libraries of a command.

A library that cannot get memory while it is loaded may end the process with a word of its own. So
this is looked at before.
"""

import resource
from typing import Final

from ..core.errors import BudgetError

_MB: Final = 10**6
_LIGHT: Final = (200 * _MB, 100 * _MB)
_COMPILING: Final = (500 * _MB, 250 * _MB)
_WITHOUT_KERNELS: Final = ("info", "query", "init")
"""Commands that load neither numba nor workers; a new one counts as one that does."""

_LIMITS: Final = (
    (resource.RLIMIT_AS, "address space (ulimit -v)"),
    (resource.RLIMIT_DATA, "data (ulimit -d)"),
)


def check_limits(command: str) -> None:
    """Raise BudgetError where a limit is too small for a command to be loaded."""
    needs = _LIGHT if command in _WITHOUT_KERNELS else _COMPILING
    for (number, name), need in zip(_LIMITS, needs, strict=True):
        limit = resource.getrlimit(number)[0]
        if limit != resource.RLIM_INFINITY and limit < need:
            message = (
                f"found a limit of {limit / _MB:,.0f} MB on {name}; methcohort {command} expects "
                f"at least {need / _MB:,.0f} MB; lift the limit"
            )
            raise BudgetError(message)
