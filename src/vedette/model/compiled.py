# ruff: noqa: ARG001 - numba hands over what it hands over
"""The decorator of functions that are compiled to machine code, and kept so on disk, by numba, and what they can do beyond numba."""

import ctypes
import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.core.caching import FunctionCache
from numba.core.cgutils import memset, raw_memcpy
from numba.extending import intrinsic, lower_builtin, overload, type_callable

F = TypeVar("F", bound=Callable[..., Any])

_CONFIG: Final[Any] = numba.config
_PACKAGE: Final = Path(__file__).parents[1]
_SOURCES: Final = (
    "collect/*_walk.py", "collect/capture_write.py", "parse/*_walk.py", "parse/packets/*.py", "detect/network/*.py",
    "model/compiled.py", "model/grams.py", "model/packets.py",
)  # fmt: skip


def folder() -> Path | None:
    """Where machine code is kept: one folder for each state of all sources that are compiled, since numba itself compares
    only the file of a function, not those of the functions that it calls; None where nothing can be written.

    Whoever can write there can have us run anything: it belongs to whoever owns the program, or to the user alone.
    """
    digest = hashlib.blake2b(digest_size=8)
    for pattern in _SOURCES:
        for path in sorted(_PACKAGE.glob(pattern)):
            digest.update(path.read_bytes() + b"\0")
    named = _CONFIG.CACHE_DIR  # NUMBA_CACHE_DIR
    for base in [Path(named)] if named else [_PACKAGE / "__pycache__", Path("~/.cache/vedette")]:
        try:
            made = base.expanduser() / f"compiled-{digest.hexdigest()}"
            made.mkdir(0o700, parents=True, exist_ok=True)
            (made / "begun").touch()
        except (OSError, RuntimeError):
            continue
        return made
    return None


if kept := folder():
    _CONFIG.CACHE_DIR = str(kept)


_CLEAN: Final = re.compile(rb"Private_Dirty: +0 kB\n")
_SPAN: Final = re.compile(rb"^([0-9a-f]+)-([0-9a-f]+) r-[-x]p [^\n]*llvmlite[^\n]*\n", re.MULTILINE)
_DONT_NEED: Final = 4


def release() -> None:
    """Gives back the memory of the compiler, which was only needed to load machine code: 65 MB that the kernel reads from its file
    again if it is used once more. Does nothing where the kernel does not tell or take it.

    Only what is read-only and was never written to: dropping anything else would lose it. Source: madvise(2), MADV_DONTNEED.
    """
    try:
        libc, maps = ctypes.CDLL(None), Path("/proc/self/smaps").read_bytes()
    except OSError:
        return
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for each in maps.split(b"\nVmFlags"):
        if _CLEAN.search(each) and (span := _SPAN.search(each)):
            first, after = (int(number, 16) for number in span.groups())
            libc.madvise(first, after - first, _DONT_NEED)


_OPTIONS: Final[dict[str, Any]] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
"""Without `_nrt`, the part of numba that counts who holds an array: to count costs more than to look into it (a third of all time
that packets take). So a compiled function makes no array, and what it is given is held by its caller."""


class _Kept(FunctionCache):
    """Machine code on disk, loaded without what is only needed to compile: 0.2 s in which numba imports and registers all that it can
    translate, before it looks whether there is anything to do. Its compiler does so itself, when it is needed."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        target_context.refresh = _nothing
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        finally:
            del target_context.refresh


def _nothing() -> None:
    pass


def _made(function: F, **options: Any) -> F:
    made: Any = numba.njit(**options, **_OPTIONS)(function)
    if type(getattr(made, "_cache", None)) is FunctionCache:  # else numba is not the one that we know, and does as it does
        made._cache = _Kept(function)  # type: ignore[no-untyped-call]
    return cast("F", made)


def compiled(function: F) -> F:
    """The function, compiled when it is first called with arguments of new types. It holds no lock meanwhile.

    What it may use is listed in numba's manual; above all: no keyword-only arguments, no new arrays, and indexes are not checked.
    """
    return _made(function)


def inlined(function: F) -> F:
    """The same for a small function that stands where it is called: its many arguments need not be passed."""
    return _made(function, forceinline=True)


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


@overload(prefetch, strict=False)
def _compiled_prefetch(array: Any, place: Any) -> Any:
    return lambda array, place: _prefetch(array, place)  # type: ignore[call-arg]  # noqa: PLW0108


def copy(out: Any, place: int, data: Any, begin: int, size: int) -> None:
    """Bytes of one array into another one, which does not overlap it. Both are of bytes."""
    out[place : place + size] = data[begin : begin + size]


@intrinsic
def _copy(typing: Any, out: Any, place: Any, data: Any, begin: Any, size: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def byte(array: int, at: int) -> Any:
            made = context.make_array(signature.args[array])(context, builder, arguments[array])
            return builder.gep(made.data, [context.cast(builder, arguments[at], signature.args[at], types.intp)])

        count = context.cast(builder, arguments[4], size, types.intp)
        raw_memcpy(builder, byte(0, 1), byte(2, 3), count, 1)  # type: ignore[no-untyped-call]
        return context.get_dummy_value()

    return types.void(out, place, data, begin, size), code


@overload(copy, strict=False)
def _compiled_copy(out: Any, place: Any, data: Any, begin: Any, size: Any) -> Any:
    return lambda out, place, data, begin, size: _copy(out, place, data, begin, size)  # type: ignore[call-arg]  # noqa: PLW0108


def wipe(array: Any, place: int) -> None:
    """Zeros into all bytes of an element of a one-dimensional array."""
    array[place : place + 1].view(np.uint8)[:] = 0


@intrinsic
def _wipe(typing: Any, array: Any, place: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = context.make_array(array)(context, builder, arguments[0])
        at = context.cast(builder, arguments[1], place, types.intp)
        # A number that is known here, so that no function is called to write a few zeros.
        size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(array.dtype)))
        start = builder.gep(builder.bitcast(made.data, ir.IntType(8).as_pointer()), [builder.mul(at, size)])
        memset(builder, start, size, 0)  # type: ignore[no-untyped-call]
        return context.get_dummy_value()

    return types.void(array, place), code


@overload(wipe, strict=False)
def _compiled_wipe(array: Any, place: Any) -> Any:
    return lambda array, place: _wipe(array, place)  # type: ignore[call-arg]  # noqa: PLW0108


def bytes_at(address: int, size: int) -> Any:
    """Bytes of the process's memory as an array, which somebody else keeps there meanwhile."""
    return np.ctypeslib.as_array((ctypes.c_uint8 * int(size)).from_address(int(address)))


@type_callable(bytes_at)
def _typed_bytes_at(context: Any) -> Any:
    def typed(address: Any, size: Any) -> Any:
        return types.Array(types.uint8, 1, "C")

    return typed


@lower_builtin(bytes_at, types.Integer, types.Integer)  # type: ignore[untyped-decorator,no-untyped-call]
def _compiled_bytes_at(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    # Not as an overload: without `_nrt` no function returns an array, but this stands where it is called.
    from numba.np.arrayobj import populate_array

    address, size = (context.cast(builder, *each, types.intp) for each in zip(arguments, signature.args, strict=True))
    made = context.make_array(signature.return_type)(context, builder)
    data = builder.inttoptr(address, ir.IntType(8).as_pointer())
    one = context.get_constant(types.intp, 1)
    populate_array(made, data, shape=(size,), strides=(one,), itemsize=one, meminfo=None)  # type: ignore[no-untyped-call]
    return made._getvalue()


def find(data: Any, place: int, end: int) -> int:
    """Where the first quotation mark, backslash or control character stands from a place on; `end` where there is none."""
    while place < end and data[place] >= 32 and data[place] != 34 and data[place] != 92:
        place += 1
    return place


@intrinsic
def _eight(typing: Any, array: Any, place: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = context.make_array(array)(context, builder, arguments[0])
        at = builder.gep(made.data, [context.cast(builder, arguments[1], place, types.intp)])
        read = builder.load(builder.bitcast(at, ir.IntType(64).as_pointer()))
        read.align = 1
        return builder.bswap(read) if sys.byteorder == "big" else read

    return types.uint64(array, place), code


def eight(array: Any, place: int) -> Any:
    """Eight bytes from a place on as a number, the first as its lowest."""
    return np.uint64(int.from_bytes(array[place : place + 8].tobytes(), "little"))


@overload(eight, strict=False)
def _compiled_eight(array: Any, place: Any) -> Any:
    return lambda array, place: _eight(array, place)  # type: ignore[call-arg]  # noqa: PLW0108


def same(one: Any, place: int, other: Any, size: int) -> bool:
    """Whether bytes from a place on in one array are the first ones of another. Both have seven more, which do not count."""
    return bool((one[place : place + size] == other[:size]).all())


@overload(same, strict=False)
def _compiled_same(one: Any, place: Any, other: Any, size: Any) -> Any:
    def code(one: Any, place: Any, other: Any, size: Any) -> Any:
        for at in range(0, size - 7, 8):
            if _eight(one, place + at) != _eight(other, at):  # type: ignore[call-arg]
                return False
        differs: Any = _eight(one, place + (size & ~7)) ^ _eight(other, size & ~7)  # type: ignore[call-arg]
        return differs & ((np.uint64(1) << np.uint64(8 * (size & 7))) - np.uint64(1)) == 0

    return code


@intrinsic
def _first_byte(typing: Any, bits: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.lshr(builder.cttz(arguments[0], ir.IntType(1)(1)), ir.IntType(64)(3))

    return types.int64(types.uint64), code


_ONES, _HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_QUOTES, _SLASHES, _SPACES = np.uint64(0x2222222222222222), np.uint64(0x5C5C5C5C5C5C5C5C), np.uint64(0x2020202020202020)


@overload(find, strict=False)
def _compiled_find(data: Any, place: Any, end: Any) -> Any:
    def code(data: Any, place: Any, end: Any) -> Any:
        # Eight bytes at once: of each the highest bit tells whether it is sought. Source: Warren, Hacker's Delight, 6-1.
        while place + 8 <= end:
            here: Any = _eight(data, place)  # type: ignore[call-arg]
            quotes, slashes = here ^ _QUOTES, here ^ _SLASHES
            sought = ((quotes - _ONES) & ~quotes) | ((slashes - _ONES) & ~slashes) | ((here - _SPACES) & ~here)
            sought &= _HIGH
            if sought:
                return place + _first_byte(sought)
            place += 8
        while place < end and data[place] >= 32 and data[place] != 34 and data[place] != 92:
            place += 1
        return place

    return code


def equal(array: Any, place: Any, value: Any) -> Any:
    """Which of the eight numbers of 32 bits from a place on are equal to one, as bits, the first as the lowest."""
    return sum(int(array[place + each] == value) << each for each in range(8))


def behind(array: Any, place: Any, value: Any) -> Any:
    """Which of the eight numbers of 32 bits from a place on is the furthest behind another one, around the end; the first of those."""
    return max(range(8), key=lambda each: (int(value) - int(array[place + each]) + 0x80000000) % 0x100000000)


def lowest(bits: Any) -> Any:
    """The place of the lowest bit that is set; `bits` is not 0."""
    return (int(bits) & -int(bits)).bit_length() - 1


_EIGHT: Final = ir.VectorType(ir.IntType(32), 8)


def _vectors(context: Any, builder: Any, signature: Any, arguments: Any) -> tuple[Any, Any]:
    """The eight numbers of an array of 32 bits from a place on, and eight times a value."""
    made = context.make_array(signature.args[0])(context, builder, arguments[0])
    place = context.cast(builder, arguments[1], signature.args[1], types.intp)
    there = builder.load(builder.bitcast(builder.gep(made.data, [place]), _EIGHT.as_pointer()), align=4)
    value = context.cast(builder, arguments[2], signature.args[2], types.uint32)
    one = builder.insert_element(ir.Constant(_EIGHT, ir.Undefined), value, ir.IntType(32)(0))
    return there, builder.shuffle_vector(one, one, ir.Constant(_EIGHT, [0] * 8))


def _bits(builder: Any, flags: Any) -> Any:
    """Eight flags as a number."""
    return builder.zext(builder.bitcast(flags, ir.IntType(8)), ir.IntType(64))


@intrinsic
def _equal(typing: Any, array: Any, place: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _bits(builder, builder.icmp_unsigned("==", *_vectors(context, builder, signature, arguments)))

    return types.int64(array, place, value), code


@overload(equal, strict=False)
def _compiled_equal(array: Any, place: Any, value: Any) -> Any:
    return lambda array, place, value: _equal(array, place, value)  # type: ignore[call-arg]  # noqa: PLW0108


@intrinsic
def _behind(typing: Any, array: Any, place: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        there, now = _vectors(context, builder, signature, arguments)
        by = builder.sub(now, there)
        function = builder.module.declare_intrinsic("llvm.vector.reduce.smax.v8i32", (), ir.FunctionType(ir.IntType(32), [_EIGHT]))
        one = builder.insert_element(ir.Constant(_EIGHT, ir.Undefined), builder.call(function, [by]), ir.IntType(32)(0))
        most = builder.shuffle_vector(one, one, ir.Constant(_EIGHT, [0] * 8))
        return builder.cttz(_bits(builder, builder.icmp_unsigned("==", by, most)), ir.IntType(1)(1))

    return types.int64(array, place, value), code


@overload(behind, strict=False)
def _compiled_behind(array: Any, place: Any, value: Any) -> Any:
    return lambda array, place, value: _behind(array, place, value)  # type: ignore[call-arg]  # noqa: PLW0108


@intrinsic
def _lowest(typing: Any, bits: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(context.cast(builder, arguments[0], signature.args[0], types.int64), ir.IntType(1)(1))

    return types.int64(bits), code


@overload(lowest, strict=False)
def _compiled_lowest(bits: Any) -> Any:
    return lambda bits: _lowest(bits)  # type: ignore[call-arg]  # noqa: PLW0108


def bits(number: Any) -> Any:
    """How many bits are set."""
    return int(number).bit_count()


@intrinsic
def _bits_of(typing: Any, number: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), code


@overload(bits, strict=False)
def _compiled_bits(number: Any) -> Any:
    return lambda number: _bits_of(number)  # type: ignore[call-arg]  # noqa: PLW0108


def among(array: Any, place: Any, value: Any) -> Any:
    """Which of the 64 bytes from a place on are one, as bits, the first as the lowest."""
    return np.uint64(sum(int(array[place + each] == value) << each for each in range(64)))


def below(array: Any, place: Any, value: Any) -> Any:
    """Which of the 64 bytes from a place on are less than one, as bits, the first as the lowest."""
    return np.uint64(sum(int(array[place + each] < value) << each for each in range(64)))


_BLOCK: Final = ir.VectorType(ir.IntType(8), 64)


def _compared(how: str, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """64 bytes of an array from a place on, each compared with a value, as bits."""
    made = context.make_array(signature.args[0])(context, builder, arguments[0])
    place = context.cast(builder, arguments[1], signature.args[1], types.intp)
    there = builder.load(builder.bitcast(builder.gep(made.data, [place]), _BLOCK.as_pointer()), align=1)
    value = context.cast(builder, arguments[2], signature.args[2], types.uint8)
    one = builder.insert_element(ir.Constant(_BLOCK, ir.Undefined), value, ir.IntType(32)(0))
    each = builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64))
    return builder.bitcast(builder.icmp_unsigned(how, there, each), ir.IntType(64))


@intrinsic
def _among(typing: Any, array: Any, place: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _compared("==", context, builder, signature, arguments)

    return types.uint64(array, place, value), code


@overload(among, strict=False)
def _compiled_among(array: Any, place: Any, value: Any) -> Any:
    return lambda array, place, value: _among(array, place, value)  # type: ignore[call-arg]  # noqa: PLW0108


@intrinsic
def _below(typing: Any, array: Any, place: Any, value: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _compared("<", context, builder, signature, arguments)

    return types.uint64(array, place, value), code


@overload(below, strict=False)
def _compiled_below(array: Any, place: Any, value: Any) -> Any:
    return lambda array, place, value: _below(array, place, value)  # type: ignore[call-arg]  # noqa: PLW0108
