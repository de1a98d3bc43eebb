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
from methcohort.store import schema

PACKAGE = Path(methcohort.__file__).parent
_NAME = "methcohort_traced"


def same(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


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
    compiled = types.ModuleType(f"{_NAME}.engine.compile")
    for function in (load_word, find_bytes, trailing_zeros, ones):
        setattr(compiled, function.__name__, function)
    compiled.kernel = compiled.inline = compiled.outline = same  # type: ignore[attr-defined]
    for package in ("", ".readers", ".engine", ".store"):
        module = types.ModuleType(_NAME + package)
        module.__path__ = [str(PACKAGE / package.lstrip("."))]
        sys.modules[_NAME + package] = module
    sys.modules[f"{_NAME}.engine.compile"] = compiled
    sys.modules[f"{_NAME}.store.schema"] = schema
    parse = importlib.import_module(f"{_NAME}.readers.five_column").parse

    def quiet(*arguments: Any) -> int:
        with np.errstate(all="ignore"):  # unsigned numbers wrap around, as they should
            return int(parse(*arguments))

    return quiet
