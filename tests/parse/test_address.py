"""Addresses spread over columns: of values that repeat the same as of each by itself."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from vedette.parse.address import LONGEST, REPEATS, canonical, spread

VALUES = st.sampled_from(
    [
        None, "", "-", "192.0.2.1", "192.0.2.1:80", "192.000.002.001", "2001:db8::1", "[2001:db8::1]:80", "::ffff:192.0.2.1", "fe80::1%e0",
        "host", "host.example.org.", "a b", "x\n", "é", " 192.0.2.1", "0" * LONGEST + "1.2.3.4", "x" * 300,
    ]
)  # fmt: skip


@given(st.lists(VALUES, min_size=1, max_size=9), st.sampled_from([1, 9 * REPEATS]), st.booleans())
def test_values_that_repeat(some: list[str | None], times: int, known: bool) -> None:
    def made(values: list[str | None]) -> list[tuple[str | None, ...]]:
        frame = pl.DataFrame({"source.address": values}, schema={"source.address": pl.String()})
        frame = frame.with_columns(pl.lit("192.0.2.9").alias("source.ip")) if known else frame
        whole = pl.DataFrame(schema={"source.address": pl.String(), "source.ip": pl.String(), "source.domain": pl.String()})
        return pl.concat([whole, spread(frame, "source")], how="diagonal").rows()

    assert made(some * times) == [row for value in some for row in made([value])] * times
    if not known:
        assert [ip for _, ip, _ in made(some)] == [None if value is None else canonical(value) for value in some]
