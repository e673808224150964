"""Columns that are made when they are asked for are those that would have been made at once."""

from typing import Any

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from vedette.model.cells import Cells, Piece, joined
from vedette.model.fields import dtype
from vedette.model.records import Events, Logsource

NAMES = ("EventID", "Image", "process.pid")
values = st.one_of(
    st.none(), st.sampled_from(["", "a", "B\x00", "\u00e4", "7", "[1]"]), st.integers(-1, 2), st.booleans(), st.just(2**70), st.just(0.5)
)  # fmt: skip

Table = list[dict[str, Any]]


def _told(name: str, value: Any) -> Any:
    """What a column has for a value."""
    if name != "process.pid":
        return str(value).lower() if isinstance(value, bool) else value if value is None else str(value)
    if value is None or value in ("", "a", "B\x00", "\u00e4", "[1]", 2**70):
        return None
    return int(value)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Events, Table]:
    """Events in parts of some rows each, and what they are, row by row."""
    height = draw(st.integers(1, 40))
    left = draw(st.permutations(range(height)))
    rows: Table = [{} for _ in left]
    several = []
    while left:
        lines: list[Any] = []
        fields: dict[str, list[Piece]] = {}
        for _ in range(draw(st.integers(1, 3))):
            size = draw(st.integers(1, 20))
            mine, left = left[:size], left[size:]
            for name in draw(st.sets(st.sampled_from(NAMES))) if mine else ():
                all_one = draw(st.booleans())
                found = draw(st.lists(values, min_size=len(mine), max_size=len(mine)))
                for row, value in zip(mine, found[:1] * len(mine) if all_one else found, strict=True):
                    rows[row][name] = _told(name, value)
                found = found[:1] if all_one else found
                fields.setdefault(name, []).append(Piece(len(lines), found, frozenset(map(type, found))))
            lines += [np.array(mine, np.int64) * 2 + 1] if mine else []
        several.append(Cells(lines, fields))
    frame = pl.DataFrame({"line": np.arange(height) * 2 + 1, "host.name": [f"h{row % 3}" for row in range(height)]})
    for at, row in enumerate(rows):
        row |= {"line": at * 2 + 1, "host.name": f"h{at % 3}"}
    return Events(Logsource(), frame, joined(several)), rows


def _agree(events: Events, rows: Table) -> None:
    assert events.height == len(rows)
    for name in events.names:
        right = [row.get(name) for row in rows]
        assert events.series(name).to_list() == right
        assert events.series(name).dtype == dtype(name)
        assert events.has(name) or right == [None] * len(rows)
        texts = [value if value is None else str(value) for value in right]
        if (listed := events.texts(name)) is not None:
            assert listed == texts
        if (coded := events.coded(name)) is not None:
            assert [coded[0][number] for number in coded[1].tolist()] == texts
    assert {name for row in rows for name, value in row.items() if value is not None} <= {*events.frame.columns} & events.filled
    assert [{name: value for name, value in row.items() if value is not None} for row in rows] == [
        {name: value for name, value in row.items() if value is not None} for row in events.frame.iter_rows(named=True)
    ]


@given(tables(), st.data())
def test_columns_are_those_of_plain_rows(table: tuple[Events, Table], data: st.DataObject) -> None:
    events, rows = table
    for _ in range(3):
        _agree(events, rows)
        chosen = sorted(data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1)))
        events, rows = events.part(np.array(chosen)), [rows[at] for at in chosen]
        if data.draw(st.booleans()):
            events = events.with_columns([pl.Series("group.name", [str(at) for at in chosen])])
            rows = [{**row, "group.name": str(at)} for row, at in zip(rows, chosen, strict=True)]


def test_a_column_of_which_some_rows_are_made() -> None:
    cells = Cells([np.array([1, 5])], {"User": [Piece(0, ["a", None], frozenset({str}))]})
    frame = pl.DataFrame({"line": [1, 3, 5], "User": [None, "b", None]}, schema={"line": pl.Int64(), "User": pl.String()})
    events = Events(Logsource(), frame, cells)
    assert events.series("User").to_list() == ["a", "b", None]
    assert events.frame["User"].to_list() == ["a", "b", None]
    assert events.part(np.array([0])).has("User")
    assert events.texts("User") is events.coded("User") is None
