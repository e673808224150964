"""Documents of which only the places of their values are kept: the same answer as if all were decoded, whatever is in them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.parse.samples import CONTEXT
from tests.parse.test_native_columns import ABLE, SAMPLES, _frame, _read, batches
from vedette import registry
from vedette.model.records import Events
from vedette.parse import columns, plain
from vedette.parse.native_columns import Column, any_of, each
from vedette.parse.places import Places
from vedette.parse.plain_walk import DEPTH, DIGITS, MOST
from vedette.parse.written import DECODE

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@contextmanager
def walking(on: bool = True, **limits: int) -> Iterator[None]:
    """Documents are walked over, however few they are; or none are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "BATCH", 1 if on else sys.maxsize)
        patch.setattr(plain, "START", 0)
        patch.setattr(plain, "_KEPT", [])
        for name, value in limits.items():
            patch.setattr(plain, name, value)
        yield


def _all(keys: tuple[str, ...], _types: tuple[type, ...]) -> tuple[list[int], list[str]]:
    """Every document is wanted, in the order of its keys, and parted by `EventID`."""
    return sorted(range(len(keys)), key=keys.__getitem__), [key for key in keys if key == "EventID"]


def _values(raws: list[str]) -> dict[int, Any]:
    """What is known of the plain ones, by row."""
    found: dict[int, Any] = {}
    with walking():
        answer = plain.walked(pl.Series(raws), _all)
    assert answer is not None
    spans, kinds, others = answer
    for kind, rows in kinds:
        assert list(kind.keys) == sorted(kind.keys)
        assert rows.tolist() == sorted(rows.tolist())
        columns = [spans.values(rows, place, frozenset({each})) for place, each in enumerate(kind.types)]
        written = [spans.values(rows, place, frozenset({each, bytes})) for place, each in enumerate(kind.types)]
        assert columns == written
        for row, *values in zip(rows.tolist(), *columns, strict=True):
            assert tuple(map(type, values)) == kind.types
            found[row] = dict(zip(kind.keys, values, strict=True))
            assert kind.marks.items() <= found[row].items()
    assert sorted([*found, *others]) == list(range(len(raws)))
    return found


def _same(raws: list[str]) -> int:
    """How many are plain. Their values are those that the decoder makes."""
    found = _values(raws)
    for row, document in found.items():
        decoded = dict(sorted(DECODE(raws[row]).items()))
        assert document == decoded
        assert repr(document) == repr(decoded)
    return len(found)


def _both(lines: list[str]) -> None:
    with walking():
        walked = _read(lines)
        assert walked == _read(lines)  # by recipes, where there are some
    with walking(False):
        assert walked == _read(lines)


@pytest.mark.parametrize("name", ABLE)
@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_walked_and_decoded_agree(name: str, data: st.DataObject) -> None:
    lines = data.draw(batches(name))
    _both(lines)
    _same(lines)


@pytest.mark.parametrize("name", ABLE)
@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_fields_that_are_asked_for(name: str, data: st.DataObject) -> None:
    """Of some rows, of kinds that came before with other values."""
    first, lines = data.draw(batches(name)), data.draw(batches(name))
    with walking(False):
        right = _read(lines)
    with walking():
        for batch in (first, first + lines, first):
            columns.documents(_frame(batch), CONTEXT, whole=False)
        groups, _ = columns.documents(_frame(lines), CONTEXT, whole=False)
        for group in groups:
            events = Events(group.source, group.frame, group.cells)
            some = np.array(data.draw(st.lists(st.integers(0, events.height - 1), min_size=1, unique=True)))
            part = events.part(some)
            held = {field for field in part.names if part.has(field)}
            for row in part.frame.iter_rows(named=True):
                known = {field: value for field, value in row.items() if value is not None}
                assert known.keys() <= held
                assert right[known.pop("line")][-1] == known


WINDOWS = {"EventID": 1, "Channel": "x" * 60, "Hostname": "h", "EventTime": "2026-01-01T00:00:00Z", "Image": "C:\\a.exe"}


def _windows(*changes: dict[str, Any]) -> list[str]:
    return [json.dumps({**WINDOWS, **change}) for change in changes]


def test_what_a_recipe_takes_for_granted_is_made_sure_of() -> None:
    """Where a time is empty, another one is taken: of documents of the same kind."""
    lines = _windows(*({"UtcTime": "2026-02-01T00:00:00Z" if row % 3 else ""} for row in range(30)))
    _both(lines)
    with walking():
        for _ in range(2):
            found = [row[-1]["@timestamp"].month for row in _read(lines)]
            assert found == [2 if row % 3 else 1 for row in range(30)]
        (kind,) = plain._KEPT[0].known
        assert kind.recipe is not None
        assert kind.recipe.said == {"UtcTime"}


def test_a_kind_whose_values_are_looked_at_has_no_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither has one whose component asks the context, nor one of few documents so far."""
    module = registry.load("documents", "windows")
    original = module.read
    looks = [
        lambda document, context: each(str, document["Image"]),
        lambda document, context: context.zone,
        lambda document, context: any_of(Column(document["Image"].cells, frozenset({str})), "x").kinds and None,
    ]
    for at, look in enumerate(looks):

        def read(document: Any, context: Any, look: Any = look) -> Any:
            with suppress(TypeError):  # whatever it makes of that
                look(document, context)
            return original(document, context)

        with monkeypatch.context() as patch, walking():
            patch.setattr(module, "read", read)
            for rows in (columns.FEW - 1, columns.FEW):
                columns.documents(_frame(_windows(*[{}] * rows)), CONTEXT, whole=True)
                (kind,) = plain._KEPT[0].known
                assert kind.tried == (rows == columns.FEW)
                assert (kind.recipe is not None) == (at == 2 and kind.tried)


PADDING = f'{{"padding":"{"x" * 40}",'


def _long(raw: str) -> str:
    """As long as what is walked over."""
    return raw.replace("{", PADDING, 1)


BYTES = [*b'"\\{}[],:0-.eEu \t\n\r\0\x1fn', 0x7F]


@pytest.mark.parametrize("name", ABLE)
def test_every_byte_changed(name: str) -> None:
    text = min((json.dumps(each) for each in SAMPLES[name]), key=lambda each: abs(len(each) - 200)).encode()
    some = [text[:at] + bytes([byte]) + text[at + 1 :] for at in range(len(text)) for byte in BYTES]
    some += [text[:at] + bytes([byte]) + text[at:] for at in range(0, len(text), 3) for byte in BYTES]
    some += [text[:at] + text[at + 1 :] for at in range(len(text))] + [text[:at] for at in range(1, len(text))]
    raws = [each.decode() for each in some]
    _both(raws)
    assert _same(raws) > 100


keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
numbers = st.one_of(st.integers(), st.integers(-(10**DIGITS), 10**DIGITS), st.floats(allow_nan=False, allow_infinity=False))
inner = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=30)),
    lambda each: st.one_of(st.lists(each, max_size=3), st.dictionaries(keys, each, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(
    documents=st.lists(st.dictionaries(keys, inner, min_size=1, max_size=5), min_size=1, max_size=9),
    ascii_only=st.booleans(),
    spaces=st.sampled_from([(",", ":"), (", ", ": "), (" ,", "\t:  ")]),
)
def test_any_document(documents: list[Any], ascii_only: bool, spaces: tuple[str, str]) -> None:
    raws = [json.dumps(each, ensure_ascii=ascii_only, separators=spaces) for each in documents]
    raws = [_long(each).encode("utf-8", "backslashreplace").decode() for each in raws]
    _same(raws)


@pytest.mark.parametrize(
    ("value", "is_plain"),
    [
        (r'"a\\b\/\"\b\f\n\r\t"', True), (r'"\u00e9\u20AC\ud83d\ude00\ud87e\udc00\udbff\udfff\u007f\u0080\u07ff\u0800"', True),
        ('"é€😀"', True),
        (r'"a\u0000b"', False), (r'"\ud800"', False), (r'"\ud800\u0041"', False), (r'"\ude00"', False), (r'"\u12g4"', False),
        (r'"\x"', False), ('"\t"', False), ('"' + "x" * 100_000 + '"', True), ("0", True), ("-0", False), ("01", False),
        ("-", False), ("9" * DIGITS, True), ("9" * (DIGITS + 1), False), ("-1.50", True), ("1.", False), (".5", False),
        ("1e5", False), ("1.5e5", False), ("1.5.5", False), ("tru", False), ("true", True), ("false", True), ("null", True),
        ("nul", False), ("True", False), ("[]", True), ("{}", True), ("[1,]", False), ('{"a":1,}', False), ("[1 2]", False),
        ('{"a" 1}', False), ("[}", False), ("{]", False), ('{1:"a"}', False), ("[" * DEPTH + "]" * DEPTH, True),
        ("[" * (DEPTH + 1) + "]" * (DEPTH + 1), False), ('{"a":[{"b":"\\u0041"},null,[]],"c":{}}', True), ("", False),
        ("[,]", False), ('{"a":}', False), ("[[]", False),
    ],
)  # fmt: skip
def test_what_is_plain(value: str, is_plain: bool) -> None:
    for raw in (f'{{"a long key":{value}}}', f'{{"key": {value} , "other":1}}'):
        assert _same([_long(raw)]) == is_plain


@pytest.mark.parametrize(
    "raw",
    [
        '{"a":1,"a":1}', '{"\\u0061":12345}', '{"a":123456}x', '{"a":123456', ' {"a":123456}', '{"a":123456} ', "[1234567890123]",
        '{"a":123456,}', '{             }', '"1234567890123"', '{"a\tb":123456}', '{"a"123456789}', '{\t"a":123456}', '{"a":1\\",":1}',
        '{"a":"\\\\\\"}', '{"a":"\\"', '{"a', '{"a":"}', '{"a":1"}', '{"a":1,"}', '{"a":1}"}', '{"a":1}\\}', '{"a":"\\x"}',
    ],
)  # fmt: skip
def test_what_is_left_to_the_decoder(raw: str) -> None:
    assert not _values([raw])
    assert not _values([_long(raw)])
    # Something stands in the same room before, and behind.
    _same([_long('{"a":"b","c":"d","e":"f"}'), _long(raw), raw + " " * 64])


def test_texts_of_any_length() -> None:
    """Quotation marks and backslashes before and behind each place where 64 bytes end."""
    for said in ("", r"\\", r"\"", r"\\\"", r"\n\u00e9", r"\ud83d\ude00"):
        assert _same([f'{{"{"k" * size}":"{"x" * size}{said}","a":"{said * 9}","":[" ]{said}"]}}' for size in range(30, 130)]) == 100
    assert _same([json.dumps({"x" * 60: ["" for _ in range(count)]}) for count in (8000, 9000)]) == 1


def test_many_keys() -> None:
    assert _same([json.dumps({f"key {number}": str(number) for number in range(MOST)})] * 9) == 9
    assert _same([json.dumps(dict.fromkeys(map(str, range(MOST + 1))))] * 9) == 0
    assert _same([json.dumps({"x" * (1 << 14): 1})]) == 0


def test_more_kinds_than_are_remembered() -> None:
    lines = [_long(json.dumps({f"key {number}": number, "Channel": "x", "EventID": 1})) for number in range(40)] * 6
    for limits in ({"KINDS": 8}, {"SIZE": 1}, {}):
        with walking(KINDS=64) if not limits else walking(**limits):
            walked = _read(lines)
            again = _read(lines)
        with walking(False):
            assert walked == again == _read(lines)


def test_alike_in_what_is_hashed() -> None:
    """More keys with the same length, middle and end than are looked at are decoded."""
    raws = [json.dumps({"padding": "x" * 40, f"{number:04}middle{number:02}e"[:9] + "0e": 1}) for number in range(99)]
    assert 0 < _same(raws) < 99
    _both(raws)


def test_values_that_part_documents() -> None:
    values = ["1", "2", r'"1"', r'"\u0031"', "true", "1.0", "null", "[1]", '"' + "x" * (1 << 14) + '"']
    raws = [_long(f'{{"EventID":{value},"Channel":"x","n":"{row}"}}') for row, value in enumerate(values * 5)]
    _same(raws)
    _both(raws)


def test_small_batches_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    raws = pl.Series(['{"EventID":1,"Channel":"x"}'] * plain.BATCH)
    monkeypatch.setattr(plain, "WORK", plain._Work())
    monkeypatch.setattr(plain, "START", 2 * plain.BATCH)
    assert plain.walked(raws[1:], _all) is None
    assert plain.WORK.done == 0
    assert plain.walked(raws, _all) is None
    assert plain.walked(raws, _all) is None
    assert plain.walked(raws, _all) is not None
    assert plain.walked(raws[1:], _all) is None


def test_a_start_does_not_import_the_compiler() -> None:
    code = "import sys, vedette.parse.columns; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_places() -> None:
    texts = [f"text number {number} " + "é" * (number % 90) for number in range(9000)] + ["", "short", "exactly 12 b", "exactly 13 by"]
    for series in (
        pl.Series(texts),
        pl.concat([pl.Series(texts[:100]), pl.Series(texts[100:])], rechunk=False),
        pl.Series(texts).filter(pl.Series([number % 3 > 0 for number in range(len(texts))])),
        pl.Series(texts)[5:7000],
        pl.Series(texts).str.to_uppercase(),
        pl.Series([], dtype=pl.String),
    ):
        places = Places(series)
        assert len(places.at) == len(places.sizes) == len(series)
        for text, at, size in zip(series, places.at.tolist(), places.sizes.tolist(), strict=True):
            assert size == (len(text.encode()) if len(text.encode()) > 12 else 0)
            if size:
                assert plain_bytes(at, size) == text.encode()
    assert not Places(pl.Series(["a text that is long", None])).sizes.any()
    with pytest.raises(OSError, match="no views"):
        Places(pl.Series([1]))


def plain_bytes(address: int, size: int) -> bytes:
    from vedette.model.compiled import bytes_at

    return bytes(np.array(bytes_at(address, size)))


@pytest.mark.skipif("NUMBA_DISABLE_JIT" in os.environ, reason="it is what the other process does")
def test_nothing_outside_of_a_document_is_read() -> None:
    """Uncompiled, an index that is out of bounds raises."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    asked = "what_is or left_to or part_documents or many_keys or (byte_changed and windows)"
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-x", "-p", "no:cacheprovider", __file__, "-k", asked]
    done = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2], capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:]
