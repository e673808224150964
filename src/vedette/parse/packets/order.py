# ruff: noqa: ARG001 - numba hands over what it hands over
"""Numbers in network order (RFC 1700) as they lie in captured bytes: each is read at once, and not byte by byte."""

import sys
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic, overload


def two(data: Any, at: int) -> Any:
    """16 bits in network order."""
    return (np.int64(data[at]) << 8) | np.int64(data[at + 1])


def four(data: Any, at: int) -> Any:
    """32 bits in network order."""
    return (two(data, at) << 16) | two(data, at + 2)


def eight(data: Any, at: int) -> Any:
    """64 bits in network order, without a sign."""
    return (np.uint64(four(data, at)) << np.uint64(32)) | np.uint64(four(data, at + 4))


def _read(bits: int, made: Any) -> Any:
    """A number of so many bits from a place on, as a number of 64 bits; nothing is checked."""

    @intrinsic
    def read(typing: Any, data: Any, at: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(data)(context, builder, arguments[0])
            begin = builder.gep(array.data, [context.cast(builder, arguments[1], at, types.intp)])
            number = builder.load(builder.bitcast(begin, ir.IntType(bits).as_pointer()))
            number.align = 1
            return builder.zext(builder.bswap(number) if sys.byteorder == "little" else number, ir.IntType(64))

        return made(data, at), code

    return read


_two, _four, _eight = _read(16, types.int64), _read(32, types.int64), _read(64, types.uint64)


@overload(two, strict=False)
def _compiled_two(data: Any, at: Any) -> Any:
    return lambda data, at: _two(data, at)  # noqa: PLW0108


@overload(four, strict=False)
def _compiled_four(data: Any, at: Any) -> Any:
    return lambda data, at: _four(data, at)  # noqa: PLW0108


@overload(eight, strict=False)
def _compiled_eight(data: Any, at: Any) -> Any:
    return lambda data, at: _eight(data, at)  # noqa: PLW0108
