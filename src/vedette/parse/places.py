"""Where texts of a column stand in memory, by the Arrow C stream interface: none is copied.

Source: arrow.apache.org/docs/format/CStreamInterface, CDataInterface, and Columnar (variable-size binary view).
"""

import ctypes
import weakref
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

Longs = npt.NDArray[np.int64]

_INLINE: Final = 12
"""Shorter texts stand in the view itself, whose memory is nobody's to rely on."""


class _Array(ctypes.Structure):
    pass


class _Schema(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    pass


def _released_by(kind: type[ctypes.Structure]) -> Any:
    return ctypes.CFUNCTYPE(None, ctypes.POINTER(kind))


_Array._fields_ = [
    *((name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers", "n_children")),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)), ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p),
    ("release", _released_by(_Array)), ("private_data", ctypes.c_void_p),
]  # fmt: skip
_Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_void_p), ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p),
    ("release", _released_by(_Schema)), ("private_data", ctypes.c_void_p),
]  # fmt: skip
_Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.c_void_p), ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
]  # fmt: skip

_address: Final = ctypes.pythonapi.PyCapsule_GetPointer
_address.restype = ctypes.c_void_p
_address.argtypes = [ctypes.py_object, ctypes.c_char_p]


class Places:
    """Where the UTF-8 of each text begins, and its bytes; of a text of up to 12 bytes none, and of null.

    The memory is held as long as this is.
    """

    def __init__(self, texts: pl.Series) -> None:
        """Raises OSError where the column does not come as views."""
        capsule = texts.__arrow_c_stream__()
        stream = _Stream.from_address(_address(capsule, b"arrow_array_stream"))
        schema = _Schema()
        if stream.get_schema(stream, schema):
            raise OSError("a column without a schema")
        kind = schema.format
        schema.release(schema)
        self._arrays: list[_Array] = []
        weakref.finalize(self, _release, self._arrays)
        parts = []
        while True:
            array = _Array()
            if stream.get_next(stream, array):
                raise OSError("a column that cannot be had")
            if not array.release:
                break
            self._arrays.append(array)
            if kind != b"vu":
                raise OSError("a column of no views")
            parts.append(_placed(array))
        joined = np.concatenate([*parts, np.zeros((2, 0), np.int64)], axis=1)
        self.at: Longs = np.ascontiguousarray(joined[0])
        self.sizes: Longs = np.ascontiguousarray(joined[1])


def _placed(array: _Array) -> Longs:
    """Address and size of each text of a chunk. Its buffers: validity, views, those with bytes, and how long these are."""
    views = np.ctypeslib.as_array(ctypes.cast(array.buffers[1], ctypes.POINTER(ctypes.c_uint32)), (array.offset + array.length, 4))
    sizes = views[array.offset :, 0].astype(np.int64)
    short = sizes <= _INLINE
    bases = np.array([array.buffers[at] or 0 for at in range(2, array.n_buffers - 1)] or [0], np.int64)
    at = bases[np.where(short, 0, views[array.offset :, 2])] + views[array.offset :, 3]
    if array.null_count:
        short = np.ones(array.length, np.bool_)
    at[short] = sizes[short] = 0
    return np.stack([at, sizes])


def _release(arrays: list[_Array]) -> None:
    for array in arrays:
        array.release(array)
