"""Documents of one shape read as one document of columns: the same answer as one by one, whatever is in them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any
from zlib import crc32

import numpy as np
import orjson
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.parse.samples import CONTEXT, FOLDER
from vedette import registry
from vedette.model.records import Events
from vedette.parse import columns, native, written
from vedette.parse.native_columns import Column, any_of, each, either, kind, later, trees, typed
from vedette.parse.written import Keys

ABLE = [name for name in registry.names("documents") if hasattr(registry.load("documents", name), "SPLIT")]


def _objects(name: str) -> list[dict[str, Any]]:
    found = []
    for log in sorted((FOLDER / name).glob("*.log")):
        for line in log.read_text("utf-8", "backslashreplace").splitlines():
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(value, dict):
                found.append(value)
    return found


SAMPLES = {name: _objects(name) for name in ABLE}

words = st.sampled_from(
    [
        "", "-", "N/A", "null", "LOCAL", "DOM\\eve", "0x0", "0xc000006d", "203.0.113.9", "::1", "db.example.org", "TCP",
        "6", "/a?b=1", "https://example.org/x", "GET", "Failure", "T", "Audit Failure", "a\x00b", "\u202e", "\ud800", "10",
        "forbid",
    ]
)  # fmt: skip
plain = st.one_of(
    words, st.none(), st.booleans(), st.integers(-1, 600), st.sampled_from([2**63, -(2**63) - 1, 10**30, 0.0, 1e300, 403.0])
)  # fmt: skip
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["rrname", "a.b", "line", "Name", "#text", ""]), inner, max_size=2),
    ),
    max_leaves=3,
)


def _places(document: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Every object in the document with each of its keys."""
    found = []
    for key, value in document.items():
        found.append((document, key))
        if isinstance(value, dict):
            found += _places(value)
    return found


@st.composite
def batches(draw: st.DrawFn, name: str) -> list[str]:
    """A sample of a component many times, with other values; a few with other keys or twice the same key."""
    text = orjson.dumps(draw(st.sampled_from(SAMPLES[name])))
    count = len(_places(orjson.loads(text)))
    # The same places change in all copies: so they stay of few shapes.
    numbers = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=8, unique=True))
    pool = ["-", "x", *draw(st.lists(draw(st.sampled_from([plain, words, values])), min_size=1, max_size=3))]
    dice = draw(st.randoms(use_true_random=False))
    lines = []
    for _ in range(draw(st.sampled_from([12, 24]))):
        document = orjson.loads(text)
        for number in numbers:
            places = _places(document)
            owner, key = places[number % len(places)]
            owner[key] = deepcopy(dice.choice([owner[key], *pool]))
        odd = dice.randrange(20)
        places = _places(document)
        owner, key = places[dice.randrange(len(places))]
        if odd == 0:
            owner[dice.choice(["event.outcome", "source.address", "x", "user.name"])] = dice.choice(pool)
        elif odd == 1:
            del owner[key]
        line = json.dumps(document, ensure_ascii=dice.choice([True, False]))
        if odd == 2:
            line = "{" + json.dumps(key) + ":1," + line[1:]
        lines.append(line.encode("utf-8", "backslashreplace").decode())
    return lines


def _frame(lines: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"line": range(len(lines)), "raw": lines}, schema={"line": pl.Int64(), "raw": pl.String()})


def _read(lines: list[str]) -> list[tuple[Any, ...]]:
    """What is known of each line: its component, logsource and fields, or why it was rejected."""
    groups, rejected = columns.documents(_frame(lines), CONTEXT, whole=True)
    found: list[tuple[Any, ...]] = list(rejected.rows())
    for name, source, rows, _, envelope in groups:
        assert rows["line"].is_sorted()
        for row in rows.iter_rows(named=True):
            known = {field: value for field, value in row.items() if value is not None}
            found.append((known.pop("line"), name, source, envelope, known))
    return sorted(found, key=lambda row: row[0])


@pytest.mark.parametrize("name", ABLE)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_as_one_and_one_by_one_agree(name: str, data: st.DataObject) -> None:
    lines = data.draw(batches(name))
    together = _read(lines)
    assert [row[0] for row in together] == list(range(len(lines)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "FEW", 1 << 30)
        assert together == _read(lines)


@contextmanager
def _keeping(share: int) -> Iterator[None]:
    """Some of the values are kept of all documents, as if somebody had asked for these alone."""

    def keys(every: tuple[str, ...]) -> Keys:
        made = Keys(every)
        made.asked = frozenset(key for key in every if crc32(key.encode("utf-8", "surrogatepass")) % 4 < share)
        return made

    columns._shape.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_keys", keys)
        yield
    columns._shape.cache_clear()


@pytest.mark.parametrize("name", ABLE)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_values_that_were_not_kept_are_the_same(name: str, data: st.DataObject) -> None:
    lines = data.draw(batches(name))
    right = _read(lines)
    with _keeping(data.draw(st.integers(0, 3))):
        assert _read(lines) == right
        columns._shape.cache_clear()
        groups, _ = columns.documents(_frame(lines), CONTEXT, whole=False)
        for group in groups:
            events = Events(group.source, group.frame, group.cells)
            some = data.draw(st.lists(st.integers(0, events.height - 1), min_size=1, unique=True))
            for row in events.part(np.array(some)).frame.iter_rows(named=True):
                known = {field: value for field, value in row.items() if value is not None}
                assert right[known.pop("line")][-1] == known


def test_what_was_asked_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch in which everything asked for was asked for before is decoded once."""
    again: list[str] = []
    monkeypatch.setattr(written, "decode", lambda raw: again.append(raw) or orjson.loads(raw))
    line = '{"EventID": 1, "Channel": "Made-Up/Kept", "Hostname": "h%d", "Image": "C:\\\\%d.exe", "Unasked": "u%d"}'
    lines = [line % (at, at, at) for at in range(40)]

    def batch(*names: str, rows: int = 40) -> list[list[Any]]:
        again.clear()
        ((_, source, frame, left, _),), _ = columns.documents(_frame(lines), CONTEXT, whole=False)
        events = Events(source, frame, left).part(np.arange(rows))
        return [events.series(name).to_list() for name in names]

    for _ in range(2):
        assert batch("Image")[0][7] == "C:\\7.exe"
        assert not again
    assert batch("Unasked", "Image", rows=3)[0] == ["u0", "u1", "u2"]
    assert again == lines[:3]
    assert batch("Unasked")[0][39] == "u39"
    assert again == lines
    assert batch("Unasked")[0][39] == "u39"
    assert not again


@pytest.mark.parametrize("name", ABLE)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_order_of_keys_does_not_matter(name: str, data: st.DataObject) -> None:
    documents = [json.loads(line) for line in data.draw(batches(name))]
    dice = data.draw(st.randoms(use_true_random=False))
    turned = [{key: document[key] for key in dice.sample(list(document), len(document))} for document in documents]
    # What is wrong with a broken document is told with its place, so only events are compared.
    assert [row for row in _read(list(map(json.dumps, turned))) if len(row) > 2] == [
        row for row in _read(list(map(json.dumps, documents))) if len(row) > 2
    ]


@pytest.mark.parametrize("name", ABLE)
def test_samples_are_read_as_one(name: str) -> None:
    """Every component that says it reads trees does so for most of what it is made for."""
    texts = dict.fromkeys(orjson.dumps(document).decode() for document in SAMPLES[name])
    module = registry.load("documents", name)
    read = 0
    for text in texts:
        document = orjson.loads(text)
        for _, tree in trees({key: typed([document[key]] * 5) for key in sorted(document)}, module.SPLIT, 2):
            try:
                module.read(tree, CONTEXT)
            except columns.UNREADABLE:
                continue
            read += 1
    assert read > len(texts) / 2


def test_equal_documents_are_equal_rows() -> None:
    line = '{"timestamp":"2026-02-01T10:24:12.1+0000","event_type":"flow","flow_id":1,"src_ip":"203.0.113.9","x":%s}'
    assert len({str(row[1:]) for row in _read([line % "1"] * 300)}) == 1
    # Batches of all sizes, with values of all kinds: a wrong kind in one document is only its own matter.
    mixed = _read([line % ("1", '"a"', "null", "[1]", "{}", str(10**25))[at % 6] for at in range(600)])
    told = [{name: value for name, value in row[4].items() if name == "x"} for row in mixed[:6]]
    assert told == [{"x": "1"}, {"x": "a"}, {}, {"x": "[1]"}, {}, {"x": str(10**25)}]
    assert [row[4] for row in mixed[:6]] * 100 == [row[4] for row in mixed]


def test_documents_of_other_keys_do_not_make_a_frame_of_empty_cells() -> None:
    """Objects that share no keys: memory follows what was said, not its square."""
    lines = [
        json.dumps({"timestamp": "x", "event_type": "flow", "src_ip": "203.0.113.9", **{f"k{at // 4}_{n}": 1 for n in range(300)}})
        for at in range(2000)
    ]  # fmt: skip
    frame = pl.DataFrame({"line": range(len(lines)), "raw": lines}, schema={"line": pl.Int64(), "raw": pl.String()})
    groups, rejected = columns.documents(frame, CONTEXT, whole=True)
    assert rejected.is_empty()
    assert sum(group.frame.height for group in groups) == len(lines)
    assert max(group.frame.height * group.frame.width for group in groups) <= columns.CELLS


def test_a_column_is_no_value() -> None:
    """Code that takes a column for one value fails instead of answering for all documents at once."""
    made = Column(["a", "b"])
    for use in (bool, str, len, list, hash, lambda value: value == "a", lambda value: value in ("a",), "{}".format):
        with pytest.raises(TypeError):
            use(made)
    with pytest.raises(TypeError):
        kind(Column(["a", 1]))
    assert kind(made) is str


def test_each_either_any_of() -> None:
    assert each(str.upper, "a") == "A"
    assert each(str.upper, Column(["a", "b"] * 20)).values == ["A", "B"] * 20
    assert each(lambda _: None, Column(["a"])) is None
    assert later(str.upper, "a") == "A"
    upper = later(str.upper, Column(["a", "b"] * 20))
    assert list(upper.cells.some([1])) == ["B"]
    assert upper.values == ["A", "B"] * 20
    assert list(upper.cells.some([2])) == ["A"]
    assert either(Column(["a", None], gaps=True), "z").values == ["a", "z"]
    assert any_of(None, "", "b") == "b"
    assert any_of(Column(["", "b"]), Column(["a", "c"])).values == ["a", "b"]
    assert native.fill({"a": Column(["-", "x"]), "b": Column([1, 2])}, {"a": "f", "b": "f"})["f"].values == [1, "x"]


def test_what_stands_beside_a_list_keeps_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    event = '{"winlog": {"event_id": 4728, "channel": "Security", "computer_name": "dc1", "record_id": %s}, "message": "x"}'
    lines = [event % value for value in ("false", "9", "[]", "9")]
    together = _read(lines)
    assert [known.get("winlog.record_id") for *_, known in together] == [0, 9, None, 9]
    monkeypatch.setattr(columns, "FEW", 1 << 30)
    assert together == _read(lines)


def test_a_key_without_a_name_is_no_field() -> None:
    line = '{"timestamp":"2026-02-01T10:24:12.1+0000","event_type":"flow","src_ip":"203.0.113.9","":1}'
    for lines in ([line], [line] * 9):
        assert not [field for field in _read(lines)[0][-1] if field.startswith("column") or not field]


def test_a_field_called_line_is_not_the_number_of_the_line() -> None:
    line = '{"RuleTitle":"x","Channel":"Sec","EventID":4625,"Details":{"line":7}}'
    for lines in ([line], [line] * 9):
        ((_, source, frame, cells, _),), _ = columns.documents(_frame(lines), CONTEXT, whole=False)
        assert Events(source, frame, cells).frame["line"].to_list() == list(range(len(lines)))


def test_rows_of_other_keys_each_are_no_table_of_empty_cells() -> None:
    rows = [(at, {f"k{at}_{n}": n for n in range(50)}) for at in range(100)]
    alike = [(at, {"a": 1, "b": 2, f"c{at % 3}": 3}) for at in range(100, 200)]
    parts = list(columns._dense(rows + alike))
    assert [row for part in parts for row in part] == rows + alike
    assert len(parts) < 20
    for part in parts:
        names = {name for _, event in part for name in event}
        assert len(names) * len(part) <= columns.SPARSE * sum(len(event) for _, event in part)
