"""JSON: lists and objects of any make, JSON lines, MISP events; STIX goes to its own reader.

Source: MISP core format (draft-dulaunoy-misp-core-format).
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final, Literal

import orjson

from vedette.model.errors import FeedError
from vedette.parse.indicators import fields, stix
from vedette.parse.indicators.fields import normal, texts
from vedette.parse.indicators.gathered import Gathered
from vedette.parse.indicators.text import lines

CONTAINERS: Final = 2_000_000
"""Objects and lists of a document: each takes hundreds of bytes of memory, and two in the document."""
VALUES: Final = 8_000_000
DEEPEST: Final = 6
"""Lists and objects within each other that are looked into."""

LISTS: Final = (
    "data", "indicators", "items", "results", "objects", "iocs", "records", "entries", "pulses", "response", "payload",
    "blacklist", "blocklist", "addresses", "ips", "networks", "domains", "hosts", "hostnames", "urls", "hashes", "emails",
)  # fmt: skip
"""Names of what holds the indicators."""
_BESIDE: Final = frozenset({*fields.ABOUT, "references", "reference", "links", "sources", "meta", "metadata"})
"""Lists that hold none, even when they are the only one."""

_MISP: Final = frozenset(
    {
        "ip", "ip-src", "ip-dst", "domain", "hostname", "url", "email", "email-src", "email-dst", "email-reply-to",
        "md5", "sha1", "sha256", "sha512", "imphash",
    }
)  # fmt: skip
"""Types of attributes that are looked for, or their parts (`filename|sha256`)."""


def read_json(data: bytes, *, must_be_stix: bool) -> tuple[Literal["json", "stix"], Gathered]:
    """Indicators of JSON or STIX.

    Raises:
        FeedError: it is not JSON, not STIX although it must be, or has no list.
    """
    gathered = Gathered()
    try:
        documents: Iterator[tuple[int, Any]] = iter([(0, _decode(data))])
    except ValueError as error:
        documents = _json_lines(data, gathered, str(error))
    at, first = next(documents)
    form: Literal["json", "stix"] = "stix" if stix.is_stix(first) else "json"
    if must_be_stix and form == "json":
        raise FeedError("this is JSON, but neither a STIX bundle nor a list of STIX objects", fix="set format to auto")
    each = stix.read_objects if form == "stix" else _walk
    for number, document in chain([(at, first)], documents):
        each(gathered, document, number)
    return form, gathered


def _decode(data: bytes) -> Any:
    """
    Raises:
        ValueError: not JSON.
        FeedError: more than is held in memory.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16").encode()
    if data.count(b"{") + data.count(b"[") > CONTAINERS or data.count(b",") > VALUES:
        raise FeedError(
            f"more than {CONTAINERS:,} objects or {VALUES:,} values", fix="split the list, or give it out as text"
        )
    return orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))


def _json_lines(data: bytes, gathered: Gathered, problem: str) -> Iterator[tuple[int, Any]]:
    """Line by line; `problem`: what is wrong with the whole."""
    begun = False
    for number, line in enumerate(lines(data), 1):
        if not line or line.isspace():
            continue
        try:
            document = _decode(line.encode())
        except ValueError as error:
            if not begun:
                raise FeedError(f"damaged JSON: {problem}") from None
            gathered.refuse(number, line, f"damaged JSON: {error}")
            continue
        begun = True
        yield number, document
    if not begun:
        raise FeedError(f"damaged JSON: {problem}")


def _walk(gathered: Gathered, value: Any, number: int, about: str = "", depth: int = 0) -> None:
    """What a value holds; `number` 0 at the top, where its elements are counted from 1."""
    if isinstance(value, str) and number:
        gathered.take(number, value, about)
    elif isinstance(value, list | dict) and depth > DEEPEST:
        gathered.refuse(number, "", f"more than {DEEPEST} lists or objects within each other")
    elif isinstance(value, list):
        for at, each in enumerate(value, 1):
            _walk(gathered, each, number or at, about, depth + 1)
    elif isinstance(value, dict):
        _object(gathered, value, number, about, depth)
    elif number:
        gathered.refuse(number, str(value), "neither a text nor an object")
    else:
        raise FeedError("this is JSON, but no list of indicators")


def _object(gathered: Gathered, given: dict[str, Any], number: int, about: str, depth: int) -> None:
    if isinstance(given.get("Event"), dict):
        _misp(gathered, given["Event"])
        return
    if isinstance(given.get("Attribute"), list):
        _misp(gathered, given)
        return
    record = {normal(name): value for name, value in given.items()}
    if not fields.VALUES.isdisjoint(record) and any(texts(record[name]) for name in fields.VALUES & record.keys()):
        fields.take(gathered, number or 1, record, about)
        return
    held = _held(record)
    if held:
        about = fields.about_of(record) or about
        for at, each in enumerate(held, 1):
            _walk(gathered, each, number or (0 if len(held) == 1 else at), about, depth + 1)
    elif not number:
        raise FeedError(
            f"this is a JSON object without a list of indicators; it has {', '.join(list(record)[:8]) or 'nothing'}"
        )
    elif record.get("type") != "metadata":  # as in the last line of Spamhaus DROP
        gathered.refuse(number, "", "no field that is known holds a value")


def _held(record: dict[str, Any]) -> list[Any]:
    """Lists and objects that hold the records of an object."""
    held = [record[name] for name in LISTS if isinstance(record.get(name), list | dict)]
    if held:
        return held
    nested = [value for name, value in record.items() if isinstance(value, list | dict) and name not in _BESIDE]
    # The only one; or all there is, as in an object that is keyed by ids.
    return nested if len(nested) == 1 or len(nested) == len(record) else []


def _misp(gathered: Gathered, event: dict[str, Any]) -> None:
    """Attributes of an event, and of its objects."""
    info, objects = event.get("info"), event.get("Object")
    groups = [event, *(each for each in (objects if isinstance(objects, list) else []) if isinstance(each, dict))]
    number = 0
    for group in groups:
        attributes = group.get("Attribute")
        for attribute in attributes if isinstance(attributes, list) else []:
            number += 1
            kind, value = (
                (attribute.get("type"), attribute.get("value")) if isinstance(attribute, dict) else (None, None)
            )
            if not isinstance(kind, str) or not isinstance(value, str):
                gathered.refuse(number, "", "an attribute without type or value")
            elif attribute.get("to_ids") in (False, "0") or attribute.get("deleted") in (True, "1"):
                gathered.refuse(number, value, "not for detection (to_ids is false)")
            else:
                comment = attribute.get("comment")
                said = comment if isinstance(comment, str) and comment else info if isinstance(info, str) else ""
                _attribute(gathered, number, kind, value, said)


def _attribute(gathered: Gathered, number: int, kind: str, value: str, about: str) -> None:
    kinds = kind.split("|")
    parts = value.rsplit("|", len(kinds) - 1)
    wanted = [part for each, part in zip(kinds, parts, strict=False) if each in _MISP]
    if not wanted:
        gathered.refuse(number, value, "of a type that is not looked for")
    for part in wanted:
        gathered.take(number, part, about)
