"""The decorator of functions that are compiled to machine code, and kept so on disk, by numba."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function, compiled when it is first called with arguments of new types. It holds no lock meanwhile.

    What it may use is listed in numba's manual; above all: no keyword-only arguments, and indexes are not checked.
    """
    return cast("F", numba.njit(cache=True, nogil=True)(function))
