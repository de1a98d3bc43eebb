"""methcohort: DNA-methylation calls of many samples in one HDF5 store.

The public functions have the names of the commands: `build`, `merge`, `add`, `replace`, `remove`,
`filter`, `summarise`, `export`, `inspect`, `info`, `query`, `verify` and `init`.
`open_store` reads a store. Modules are loaded when first used, so that the package is quick to
import.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .core.doors import lazy

if TYPE_CHECKING:
    from .build import build, inspect
    from .core.errors import (
        BudgetError,
        ConfigError,
        InputError,
        MethcohortError,
        StoreError,
        WorkerError,
    )
    from .export import export
    from .filter import filter
    from .growth import add, merge, remove, replace
    from .project import init
    from .select import Block, Region, SampleView, Selection, Store, open_store, query
    from .store import info
    from .summarise import summarise
    from .verify import verify

__all__ = [
    "Block",
    "BudgetError",
    "ConfigError",
    "InputError",
    "MethcohortError",
    "Region",
    "SampleView",
    "Selection",
    "Store",
    "StoreError",
    "WorkerError",
    "add",
    "build",
    "export",
    "filter",
    "info",
    "init",
    "inspect",
    "merge",
    "open_store",
    "query",
    "remove",
    "replace",
    "summarise",
    "verify",
]

_load = lazy(
    __name__,
    {
        "growth": (
            "add",
            "merge",
            "remove",
            "replace",
        ),
        "export": ("export",),
        "filter": ("filter",),
        "build": (
            "build",
            "inspect",
        ),
        "select": (
            "Block",
            "Region",
            "SampleView",
            "Selection",
            "Store",
            "open_store",
            "query",
        ),
        "store": ("info",),
        "summarise": ("summarise",),
        "project": ("init",),
        "verify": ("verify",),
        "core.errors": (
            "BudgetError",
            "ConfigError",
            "InputError",
            "MethcohortError",
            "StoreError",
            "WorkerError",
        ),
    },
)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("methcohort")
    return _load(name)
