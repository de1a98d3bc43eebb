"""How kernels are compiled: one decorator, and the few machine instructions numba lacks.

Kernels are cached on disk by numba, once a machine. They take and return numbers and arrays,
never Python objects.
"""

import contextlib
import functools
import hashlib
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, overload

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ..core.log import log

F = TypeVar("F", bound=Callable[..., Any])


# Kernels allocate nothing, so the runtime that counts references to arrays is left out: with it,
# every array passed to an inlined function costs a locked increment, ten times the row itself.
_OPTIONS: Final[dict[str, Any]] = {
    "nogil": True,
    "boundscheck": False,
    "error_model": "numpy",
    "_nrt": False,
}


Example = Callable[..., tuple[Any, ...]]
"""Makes the arguments of a call that does nothing, of the types that a kernel is to be compiled
for; it is given what `warm_up` is, such as the dtype of counts."""

_EXAMPLES: Final[dict[str, list[tuple[Callable[..., Any], Example]]]] = {}
"""Kernels by the step that needs them, each with its example."""


_Kernel = Callable[..., Any]


@overload
def kernel(function: _Kernel) -> _Kernel: ...


@overload
def kernel(*, step: str, example: Example) -> Callable[[_Kernel], _Kernel]: ...


def kernel(
    function: _Kernel | None = None, *, step: str = "", example: Example | None = None
) -> _Kernel | Callable[[_Kernel], _Kernel]:
    """Compile a function that other modules call; its machine code is cached on disk.

    The cache lies beside the module or, where that is read-only, in the user's cache folder.

    Parameters
    ----------
    step : what needs the kernel; `warm_up` has all kernels of a step ready
    example : makes the arguments with which it is called for that
    """
    if function is not None:
        return _compiled(function)

    def registered(function: _Kernel) -> _Kernel:
        compiled = _compiled(function)
        if example is not None:
            _EXAMPLES.setdefault(step, []).append((compiled, example))
        return compiled

    return registered


def warm_up(step: str, *given: Any) -> None:
    """Compile, or fetch from the cache, the kernels of a step whose modules are imported.

    A kernel is compiled when it is first called with some types. So each is called with its
    example, made of what is given, before workers need it: those that are forked later have it
    then, and others find it in the cache.
    """
    for compiled, example in _EXAMPLES[step]:
        compiled(*example(*given))


def _compiled(function: _Kernel) -> _Kernel:
    """Return a function as machine code that is cached, or made anew in every process."""
    try:
        compiled = numba.njit(cache=True, **_OPTIONS)(function)
        # numba looks only at the time of the module itself: after an upgrade that changed a
        # function of another module, inlined here, it would run the old machine code. Its own
        # version is compared before anything else is read, so that an index that names a type
        # which has moved since is not even looked into.
        with contextlib.suppress(AttributeError):  # where numba keeps it is numba's own affair
            file = compiled._cache._cache_file
            file._source_stamp, file._version = _sources(), f"{numba.__version__} {_sources()}"
    except RuntimeError:  # no folder for a cache: compile in every process
        compiled = numba.njit(**_OPTIONS)(function)
    return compiled  # type: ignore[no-any-return]


@functools.cache
def _sources() -> str:
    """Return a digest of every source file of methcohort, whichever package inlines which."""
    total = hashlib.sha256()
    for path in sorted(Path(__file__).resolve().parents[1].rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()


def inline(function: F) -> F:
    """Compile a function that only kernels call; it becomes part of each of them."""
    return numba.njit(forceinline=True, **_OPTIONS)(function)  # type: ignore[no-any-return]


def outline(function: F) -> F:
    """Compile a function that only kernels call, seldom: it stays outside of them."""
    return numba.njit(**_OPTIONS)(function)  # type: ignore[no-any-return]


def _load_word(_context: Any, array: Any, index: Any) -> Any:
    signature = types.uint64(array, index)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        struct = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
        word = ir.IntType(64)
        address = builder.gep(struct.data, [arguments[1]])
        return builder.load(builder.bitcast(address, word.as_pointer()), align=1)

    return signature, generate


def _find_bytes(_context: Any, array: Any, index: Any, _byte: Any) -> Any:
    signature = types.uint64(array, index, types.uint8)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        struct = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
        vector = ir.VectorType(ir.IntType(8), 64)
        address = builder.gep(struct.data, [arguments[1]])
        found = builder.load(builder.bitcast(address, vector.as_pointer()), align=1)
        one = builder.insert_element(
            ir.Constant(vector, ir.Undefined), arguments[2], ir.Constant(ir.IntType(32), 0)
        )
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)
        wanted = builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), everywhere)
        equal = builder.icmp_unsigned("==", found, wanted)
        return builder.bitcast(equal, ir.IntType(64))

    return signature, generate


def _trailing_zeros(_context: Any, _value: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


def _ones(_context: Any, _value: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


load_word: Any = intrinsic(_load_word)
"""`load_word(array, index)`: the eight bytes of a uint8 array from `index` on, as uint64."""

find_bytes: Any = intrinsic(_find_bytes)
"""`find_bytes(array, index, byte)`: which of the 64 bytes of a uint8 array from `index` on equal
`byte`, as the bits of a uint64; the lowest bit is the first byte."""

trailing_zeros: Any = intrinsic(_trailing_zeros)
"""`trailing_zeros(value)`: zero bits below the lowest set bit of a uint64; 64 for zero."""

ones: Any = intrinsic(_ones)
"""`ones(value)`: set bits of a uint64."""


_P = ParamSpec("_P")


_LONG: Final = 1.0  # seconds; what is in the cache takes hundredths of one


def announced(load: Callable[_P, None]) -> Callable[_P, None]:
    """Say of a function that took long what it was at."""

    @wraps(load)
    def timed(*args: _P.args, **kwargs: _P.kwargs) -> None:
        start = time.monotonic()
        load(*args, **kwargs)
        seconds = time.monotonic() - start
        if seconds > _LONG:
            log.info("compiled for this machine in %.0f s; later runs need not", seconds)

    return timed
