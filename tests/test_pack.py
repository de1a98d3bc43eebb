"""Compressed chunks have the same bytes whatever was on the stack before."""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from methcohort.pack import deflate

SIZE = 300_000


def _litter(_context: Any, source: Any) -> Any:
    """Copy an array over the stack below the caller."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
        byte = ir.IntType(8)
        pointer, size, flag = byte.as_pointer(), ir.IntType(64), ir.IntType(1)
        below = builder.bitcast(builder.alloca(ir.ArrayType(byte, SIZE)), pointer)
        copy = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [pointer, pointer, size, flag]),
            "llvm.memcpy.p0.p0.i64",
        )
        builder.call(copy, [below, array.data, ir.Constant(size, SIZE), ir.Constant(flag, 1)])
        return ir.Constant(size, SIZE)

    return types.int64(source), generate


litter: Any = intrinsic(_litter)


@numba.njit
def fill_stack(source: Any) -> Any:
    """Leave the bytes of `source` on the stack."""
    return litter(source)


def test_same_bytes_whatever_the_stack_holds() -> None:
    """One tile in some hundreds changes with the stack where it is compressed without care."""
    rng = np.random.default_rng(1)
    coverage = rng.negative_binomial(3, 0.2, (500, 8, 8192)).astype(np.uint16)
    expected = [deflate(tile, 1, shuffle=True) for tile in coverage]
    for _ in range(12):
        for tile, first in zip(coverage, expected, strict=True):
            fill_stack(rng.integers(0, 256, SIZE, np.uint8))
            assert deflate(tile, 1, shuffle=True) == first
