"""methcohort: DNA-methylation calls of many samples in one HDF5 store.

The public functions have the names of the commands: `build`, `merge`, `add`, `replace`, `remove`,
`inspect`, `info`, `query`, `verify` and `init`.
`open_store` reads a store. Modules are loaded when first used, so that the package is quick to
import.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

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
    from .growth import add, merge, remove, replace
    from .project import init
    from .store import Block, Region, SampleView, Store, info, open_store, query
    from .verify import verify

_HOMES: Final = {
    "add": "growth",
    "merge": "growth",
    "remove": "growth",
    "replace": "growth",
    "build": "build",
    "info": "store",
    "init": "project",
    "inspect": "build",
    "query": "store",
    "verify": "verify",
    "open_store": "store",
    "Store": "store",
    "Region": "store",
    "Block": "store",
    "SampleView": "store",
    "MethcohortError": "core.errors",
    "InputError": "core.errors",
    "ConfigError": "core.errors",
    "StoreError": "core.errors",
    "BudgetError": "core.errors",
    "WorkerError": "core.errors",
}

__all__ = [
    "Block",
    "BudgetError",
    "ConfigError",
    "InputError",
    "MethcohortError",
    "Region",
    "SampleView",
    "Store",
    "StoreError",
    "WorkerError",
    "add",
    "build",
    "info",
    "init",
    "inspect",
    "merge",
    "open_store",
    "query",
    "remove",
    "replace",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("methcohort")
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """The package, where a function goes before the subpackage that has its name.

    Python sets each subpackage as an attribute once it is loaded, and `methcohort.build` would be
    the function or a module, as it happens. Imports from subpackages do not look at attributes.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in _HOMES):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
