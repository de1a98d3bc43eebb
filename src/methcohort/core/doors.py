"""Doors of packages whose names are loaded when first used.

A package lists in its `__init__.py` what others may import. Where some of that is slow to load, for
instance since it is compiled, it should not cost those who need the rest.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any


class _Door(ModuleType):
    """A package, where a name of its door goes before a module of the same name.

    Python sets each module as an attribute of its package once it is loaded, and `methcohort.build`
    would be the function or a module, as it happens. Imports from modules do not look at that.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in self.__all__):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.__all__})


def lazy(package: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package, which has an `__all__`.

    Parameters
    ----------
    homes : names that the package has, by the module or package of it that they are taken from
    """
    home_of = {name: home for home, names in homes.items() for name in names}
    door = sys.modules[package]
    door.__class__ = _Door

    def load(name: str) -> Any:
        if name not in home_of:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = getattr(import_module(f".{home_of[name]}", package), name)
        setattr(door, name, value)
        return value

    return load
