"""Documents that are one long line: their records come out whole, at their places, however the bytes come."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.collect import read as reading
from vedette.collect.read import Options, read
from vedette.model.findings import Skipped

CAP = 300


def records(path: Path, block: int = 1 << 20, **more: int) -> list[tuple[int, int, str]]:
    """(line, offset, raw) of all records, the bytes coming `block` at a time."""
    before = reading.BLOCK
    reading.BLOCK = block  # type: ignore[misc]
    try:
        batches = [b for b in read([str(path)], Options(max_line=CAP, **more)) if not isinstance(b, Skipped)]
    finally:
        reading.BLOCK = before  # type: ignore[misc]
    return [row for batch in batches for row in batch.frame.iter_rows()]  # type: ignore[union-attr]


def listed(kind: str, items: list[dict[str, object]], ensure_ascii: bool = False) -> bytes:
    text = [json.dumps(item, ensure_ascii=ensure_ascii) for item in items]
    if kind == "xml":
        text = [f"<Event xmlns='x'><D>{n}</D></Event>" for n, _ in enumerate(items)]
        return f"<?xml version='1.0'?><Events>{''.join(text)}</Events>".encode()
    head = {"array": "[", "Records": '{"Records": [', "value": '{"@odata.context":"https://x","value":['}[kind]
    return (head + ",".join(text) + ("]" if kind == "array" else "]}\n")).encode()


ITEMS = [{"n": n, "t": 'ä "}],{[\\' + "x" * (n % 40), "in": {"list": [{"a": 1}, {"b": "]}"}]}} for n in range(200)]


@pytest.mark.parametrize("kind", ["array", "Records", "value", "xml"])
@pytest.mark.parametrize("block", [97, 1000, 1 << 20])
def test_every_record_comes_out_at_its_place(tmp_path: Path, kind: str, block: int) -> None:
    data = listed(kind, ITEMS)
    (tmp_path / "x").write_bytes(data)
    found = records(tmp_path / "x", block, batch_lines=7)
    whole = [row for row in found if row[2].startswith(("{", "<Event ")) and row[2].endswith(("}", "</Event>")) and len(row[2]) > 5]
    assert len(whole) == len(ITEMS)
    assert [line for line, _, _ in found] == list(range(1, len(found) + 1))
    assert all(data[offset:].startswith(raw.encode()) for _, offset, raw in found)
    if kind != "xml":
        assert [json.loads(raw) for _, _, raw in whole] == ITEMS


def test_several_documents_one_below_the_other(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(listed("Records", ITEMS) + b"\n" + listed("array", ITEMS) + b"\nplain line\n")
    found = [raw for _, _, raw in records(tmp_path / "x")]
    assert [json.loads(raw)["n"] for raw in found if raw.startswith("{")] == [n for _ in "ab" for n in range(200)]
    assert found[-1] == "plain line"


def test_what_is_cut_off_or_broken_gives_what_is_whole_before_it(tmp_path: Path) -> None:
    data = listed("Records", ITEMS)
    (tmp_path / "x").write_bytes(data[: len(data) // 2])
    assert 80 < sum(raw.startswith("{") and raw.endswith("}") for _, _, raw in records(tmp_path / "x")) < 120
    (tmp_path / "y").write_bytes(data.replace(b'"n": 50,', b'"n" 50,'))
    assert sum(raw.endswith("}") for _, _, raw in records(tmp_path / "y")) >= 50


def test_short_documents_and_long_lines_of_other_kinds_are_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b'[{"a":1},{"a":2}]\n')
    assert [raw for _, _, raw in records(tmp_path / "x")] == ['[{"a":1},{"a":2}]']
    (tmp_path / "y").write_bytes(b'{"event":"x","list":[{"a":"' + b"y" * 1000 + b'"}]}\n')
    assert [len(raw) for _, _, raw in records(tmp_path / "y")] == [CAP]


_VALUES = st.one_of(st.text(max_size=30), st.integers(), st.lists(st.text(max_size=4)))
_ITEMS = st.lists(st.dictionaries(st.text(max_size=5), _VALUES, min_size=1), min_size=20, max_size=60)


@settings(max_examples=60, deadline=None)
@given(_ITEMS, st.integers(50, 3000))
def test_batching_does_not_matter(tmp_path_factory: pytest.TempPathFactory, items: list[dict[str, object]], block: int) -> None:
    path = tmp_path_factory.mktemp("d") / "x"
    path.write_bytes(listed("array", items, ensure_ascii=True))
    assert records(path, block, batch_lines=3) == records(path)
