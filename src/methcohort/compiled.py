"""How kernels are compiled: one decorator, and the few machine instructions numba lacks.

Kernels are cached on disk by numba, once a machine. They take and return numbers and arrays,
never Python objects.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])


# Kernels allocate nothing, so the runtime that counts references to arrays is left out: with it,
# every array passed to an inlined function costs a locked increment, ten times the row itself.
_OPTIONS: Final[dict[str, Any]] = {
    "nogil": True,
    "boundscheck": False,
    "error_model": "numpy",
    "_nrt": False,
}


def kernel(function: F) -> F:
    """Compile a function that other modules call; its machine code is cached on disk."""
    return numba.njit(cache=True, **_OPTIONS)(function)  # type: ignore[no-any-return]


def inline(function: F) -> F:
    """Compile a function that only kernels call; it becomes part of each of them."""
    return numba.njit(forceinline=True, **_OPTIONS)(function)  # type: ignore[no-any-return]


@intrinsic
def load_word(_context: Any, array: Any, index: Any) -> Any:
    """Return the eight bytes of a uint8 array from `index` on as one little-endian uint64."""
    signature = types.uint64(array, index)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        struct = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
        word = ir.IntType(64)
        address = builder.gep(struct.data, [arguments[1]])
        return builder.load(builder.bitcast(address, word.as_pointer()), align=1)

    return signature, generate


@intrinsic
def trailing_zeros(_context: Any, value: Any) -> Any:
    """Return the number of zero bits below the lowest set bit of a uint64; 64 for zero."""
    signature = types.uint64(types.uint64)

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return signature, generate


@intrinsic
def ones(_context: Any, value: Any) -> Any:
    """Return the number of set bits of a uint64."""
    signature = types.uint64(types.uint64)

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return signature, generate
