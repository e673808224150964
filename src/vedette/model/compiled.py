# ruff: noqa: ARG001 - numba hands over what it hands over
"""The decorator of functions that are compiled to machine code, and kept so on disk, by numba, and two words to them."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic, overload

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function, compiled when it is first called with arguments of new types. It holds no lock meanwhile.

    What it may use is listed in numba's manual; above all: no keyword-only arguments, and indexes are not checked.
    """
    return cast("F", numba.njit(cache=True, nogil=True)(function))


def inlined(function: F) -> F:
    """The same for a small function that stands where it is called: its many arguments need not be passed."""
    return cast("F", numba.njit(cache=True, nogil=True, forceinline=True)(function))


def prefetch(array: Any, place: int) -> None:
    """Asks the memory for an element of a one-dimensional array, to be read in a while: a hint, which changes nothing."""


@intrinsic
def _prefetch(typing: Any, array: Any, place: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = context.make_array(array)(context, builder, arguments[0])
        at = context.cast(builder, arguments[1], place, types.intp)
        offset = builder.mul(at, made.itemsize)
        byte = ir.IntType(8).as_pointer()
        address = builder.gep(builder.bitcast(made.data, byte), [offset])
        number = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        )
        # To be read, kept in all caches, as data.
        builder.call(function, [address, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, place), code


def borrowed(array: Any) -> Any:
    """The same array, without the count of those who hold it: to count costs more than to look into it.

    Only for what the caller from Python hands over, and so holds as long as this one is used: what a compiled function makes
    itself is given back after the last use of its own name.
    """
    return array


@intrinsic
def _borrowed(typing: Any, array: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = context.make_array(array)(context, builder, arguments[0])
        made.meminfo = made.meminfo.type(None)
        return made._getvalue()

    return array(array), code


@overload(borrowed, strict=False)
def _compiled_borrowed(array: Any) -> Any:
    return lambda array: _borrowed(array)  # type: ignore[call-arg]  # noqa: PLW0108


@overload(prefetch, strict=False)
def _compiled_prefetch(array: Any, place: Any) -> Any:
    return lambda array, place: _prefetch(array, place)  # type: ignore[call-arg]  # noqa: PLW0108
