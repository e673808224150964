"""Numbers that are read at once are those that lie there."""

import numpy as np
import pytest
from numba import njit

from vedette.parse.packets.order import eight, four, two

SIZE = 64


@pytest.mark.parametrize("read", [two, four, eight])
def test_read_at_once_is_read_byte_by_byte(read):
    data = np.random.default_rng(1).integers(0, 256, SIZE, np.uint8)
    size = {two: 2, four: 4, eight: 8}[read]
    data[:size], data[-size:] = 0xFF, 0x80
    compiled = njit(lambda data, at: read(data, at))  # noqa: PLW0108 - what is called by Python is not what is compiled
    for at in range(SIZE - size + 1):
        expected = int.from_bytes(data[at : at + size].tobytes(), "big")
        assert int(read(data, at)) == int(compiled(data, at)) == expected


def test_uncompiled_code_looks_where_it_reads():
    with pytest.raises(IndexError):
        eight(np.zeros(15, np.uint8), 8)
