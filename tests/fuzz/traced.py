"""The kernels as plain Python, so that it can be seen which of their lines run.

The sources are the package's own. They are imported once more, under another name, with Python
functions in the place of the compiler and of the machine instructions.
"""

import importlib
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import methcohort

PACKAGE = Path(methcohort.__file__).parent
_NAME = "methcohort_traced"
SHARED = (
    "files", "rows", "store", "store.cytosine", "store.schema",
    "readers.formats", "readers.layout", "readers.protocol",
)  # fmt: skip
"""What kernels import, and has no kernel."""


def same(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def kernel(**_registered: Any) -> Callable[..., Any]:
    return same


def load_word(array: Any, index: Any) -> Any:
    return np.uint64(int.from_bytes(array[int(index) : int(index) + 8].tobytes(), "little"))


def find_bytes(array: Any, index: Any, byte: Any) -> Any:
    equal = array[int(index) : int(index) + 64] == byte
    return np.uint64(int.from_bytes(np.packbits(equal, bitorder="little").tobytes(), "little"))


def trailing_zeros(value: Any) -> Any:
    value = int(value)
    return np.uint64((value & -value).bit_length() - 1 if value else 64)


def ones(value: Any) -> Any:
    return np.uint64(int(value).bit_count())


def traced_parse() -> Callable[..., int]:
    """The kernel of the five-column text, as Python."""
    for name in ("", ".engine", ".readers", ".readers.kernels"):
        module = types.ModuleType(_NAME + name)
        module.__path__ = [str(PACKAGE.joinpath(*name.split(".")))]
        sys.modules[_NAME + name] = module
    compiled = types.ModuleType(f"{_NAME}.engine.compile")
    for function in (load_word, find_bytes, trailing_zeros, ones, kernel):
        setattr(compiled, function.__name__, function)
    compiled.inline = compiled.outline = same  # type: ignore[attr-defined]
    sys.modules[compiled.__name__] = compiled
    for name in SHARED:
        sys.modules[f"{_NAME}.{name}"] = importlib.import_module(f"methcohort.{name}")
    parse = importlib.import_module(f"{_NAME}.readers.kernels.five_column").parse

    def quiet(*arguments: Any) -> int:
        with np.errstate(all="ignore"):  # unsigned numbers wrap around, as they should
            return int(parse(*arguments))

    return quiet
