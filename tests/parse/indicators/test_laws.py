"""What is written in any form is read back; and no bytes at all lead to anything but a Read or a FeedError."""

import csv
import io
import json
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.parse.indicators.test_feeds import BUNDLE, DOCUMENTS, MISP
from vedette.model.errors import FeedError
from vedette.model.indicator import INDICATOR_KINDS, Indicator
from vedette.parse.indicators import Form, Read, indicator, read

GENTLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FORMS: Final[list[Form | None]] = [None, "text", "csv", "json", "stix"]

label = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
domain = st.builds("{}.{}.example".format, label, label)
address = st.one_of(
    st.integers(int(IPv4Address("203.0.113.0")), int(IPv4Address("203.0.113.255"))).map(lambda n: str(IPv4Address(n))),
    st.integers(0, 2**64).map(lambda n: str(IPv6Address(int(IPv6Address("2001:db8::")) + n))),
)
path = st.text("abc/?=&%,;|'\"\\._-~:@!$()*+é", max_size=20)
url = st.builds("{}://{}/{}".format, st.sampled_from(["http", "hxxps", "ftp"]), domain, path)
digest = st.sampled_from([32, 40, 64, 128]).flatmap(lambda n: st.text("123456789abcdef", min_size=n, max_size=n))
email = st.builds("{}@{}".format, label, domain)
VALUE: Final = {"network": address, "domain": domain, "url": url, "hash": digest, "email": email}
texts = st.lists(st.one_of(*VALUE.values()), min_size=1, max_size=30)


def as_text(values: list[str]) -> bytes:
    return "\r\n".join(["# a list", "", *values]).encode("utf-16")


def as_csv(values: list[str]) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows(
        [["date", "ioc", "tags"], *(["2026", v, 'a;"b'] for v in values)]
    )
    return file.getvalue().encode()


def as_json_lines(values: list[str]) -> bytes:
    return b"\n".join(json.dumps({"value": value, "tags": ["a"]}).encode() for value in values)


def as_stix(values: list[str]) -> bytes:
    def quoted(value: str) -> str:
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    pattern = " OR ".join(f"[url:value IN ({quoted(value)})]" for value in values)
    return json.dumps(
        {"type": "bundle", "objects": [{"type": "indicator", "id": "indicator--1", "pattern": pattern}]}
    ).encode()


WRITERS: Final[list[tuple[Form, Callable[[list[str]], bytes]]]] = [
    ("text", as_text),
    ("csv", as_csv),
    ("json", lambda values: json.dumps(values).encode()),
    ("json", lambda values: json.dumps({"1": [{"ioc": value} for value in values]}).encode()),
    ("json", as_json_lines),
    ("stix", as_stix),
]


@GENTLY
@given(texts, st.sampled_from(WRITERS))
def test_what_is_written_in_any_form_is_read_back(
    values: list[str], writer: tuple[Form, Callable[[list[str]], bytes]]
) -> None:
    form, write = writer
    wanted = list(dict.fromkeys((each.kind, each.value) for each in map(indicator, values)))
    # Lines and tables can be told by their form alone: a comma may belong to a URL.
    found = read(write(values), form if form in ("text", "csv") else None)
    assert (found.form, found.rejected) == (form, [])
    assert [(each.kind, each.value) for each in found.indicators] == wanted


@GENTLY
@given(st.sampled_from(INDICATOR_KINDS).flatmap(lambda kind: st.tuples(st.just(kind), VALUE[kind])))
def test_the_spelling_of_a_value_is_its_own(drawn: tuple[str, str]) -> None:
    """What `indicator` gives is of the kind that was meant, and given again it stays as it is."""
    kind, text = drawn
    once = indicator(text)
    assert once.kind == kind
    assert indicator(("http://" if kind == "url" else "") + once.value) == once


SEEDS: Final = [data for data, *_ in DOCUMENTS.values() if data]
PIECES: Final = [
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"'",
    b"\\",
    b"\n",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b"://",
    b"@",
    b"%",
    b"-",
    b"/",
    b" OR ",
    b"\xc3\xbc",
    b"9" * 400,
]


def is_sound(found: Read) -> None:
    assert found.refused >= len(found.rejected)
    assert all(len(text) <= 200 and reason for _, text, reason in found.rejected)
    keys = [(each.kind, each.value) for each in found.indicators]
    assert len(set(keys)) == len(keys)
    for each in found.indicators:
        again: Indicator = indicator(("http://" if each.kind == "url" else "") + each.value)
        assert (again.kind, again.value) == (each.kind, each.value)
        assert len(each.about) <= 200
        assert each.until is None or each.until.tzinfo is not None


@settings(GENTLY, max_examples=300)
@given(st.sampled_from(SEEDS), st.sampled_from(FORMS), st.data())
def test_a_damaged_document_is_read_or_refused(seed: bytes, form: Form | None, data: st.DataObject) -> None:
    document = seed
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(document)))
        size = data.draw(st.sampled_from([0, 1, 2, 8, 100]))
        document = document[:at] + data.draw(st.sampled_from(PIECES) | st.binary(max_size=4)) + document[at + size :]
    said = ""
    try:
        is_sound(read(document, form))
    except FeedError as error:
        said = error.what
    assert "\n" not in said


JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(["203.0.113.7", "indicator", "a--b"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "data",
                    "ioc",
                    "type",
                    "pattern",
                    "objects",
                    "id",
                    "Event",
                    "Attribute",
                    "Object",
                    "value",
                    "valid_until",
                    "tags",
                    "info",
                    "x",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(GENTLY, max_examples=300)
@given(
    JSON | st.sampled_from([BUNDLE, MISP]).flatmap(lambda known: st.tuples(st.just(known), JSON).map(list)),
    st.sampled_from(["json", "stix"]),
)
def test_json_of_any_shape_is_read_or_refused(value: object, form: Form) -> None:
    said = ""
    try:
        is_sound(read(json.dumps(value).encode("utf-8", "replace"), form))
    except FeedError as error:
        said = error.what
    assert "\n" not in said
