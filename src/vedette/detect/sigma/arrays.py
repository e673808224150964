"""Lists in events. Parsers keep a list as the JSON text that it was; here it is taken apart.

A test of a field holds where it holds for the text as a whole or for any member. Asking both keeps rules working that
look for a piece of the text, and gives nothing to someone who writes brackets around what he sends.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
import polars as pl

from vedette.model.fields import FIELDS, dtype
from vedette.model.records import Events

MEMBERS: Final = 1000
"""Members of one list that are compared; longer lists are compared as a whole besides."""
DEPTH: Final = 8
"""Levels of objects and lists that a dotted name goes down."""

Text = str | tuple[str, ...]
"""A value as text; of a list the whole text, then its members."""

_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


def decoded(text: str) -> list[Any] | None:
    """The list that a text is; None when it is none."""
    if text[:1] != "[" or text[-1:] != "]":
        return None
    try:
        found = _decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return found if isinstance(found, list) else None


def told(text: str) -> Text:
    """The text, with its members when it is a list that has some."""
    found = decoded(text)
    return (text, *_texts(found[:MEMBERS])) if found else text


def _texts(values: Iterable[Any]) -> Iterable[str]:
    return (text(value) for value in values if value is not None)


def text(value: Any) -> str:
    """A JSON value as events have it: true and false, numbers as they are written, objects and lists as JSON."""
    return value if isinstance(value, str) else _encode(value).decode()


def value(document: Any, name: str) -> Text | None:
    """What an object has under a dotted name, or a list in any of its members; `.` is the document itself."""
    found = [document] if name == "." else list(_below(document, name, DEPTH))
    if not found:
        return None
    if len(found) == 1 and not isinstance(found[0], list):
        return None if found[0] is None else text(found[0])
    members = [one for each in found for one in (each if isinstance(each, list) else [each])]
    return (text(members), *_texts(members[:MEMBERS]))


def _below(document: Any, name: str, depth: int) -> Iterable[Any]:
    if isinstance(document, list):
        for member in document[:MEMBERS] if depth else ():
            yield from _below(member, name, depth - 1)
    elif isinstance(document, dict):
        if name in document:
            yield document[name]
            return
        end = name.rfind(".")
        while end > 0 and depth:
            if name[:end] in document:
                yield from _below(document[name[:end]], name[end + 1 :], depth - 1)
                return
            end = name.rfind(".", 0, end)


def derived(events: Events, names: frozenset[str]) -> Events:
    """The events with a column for each of the names that they have in another shape.

    `a.b` where `a` has lists of objects: the list of what the members have there. `a` where there are columns `a.b` and
    `a.c`: the object as JSON text, as it was before it was taken apart.
    """
    there = frozenset(events.names)
    missing = names - there
    parts: dict[str, list[str]] = {}
    for column in there - FIELDS.keys():
        end = column.find(".")
        while end > 0:
            if column[:end] in missing:
                parts.setdefault(column[:end], []).append(column)
            end = column.find(".", end + 1)
    made: list[pl.Series | None] = [_object(events, name, sorted(columns)) for name, columns in sorted(parts.items())]
    made += [_through(events, there, name) for name in sorted(missing) if "." in name and name not in parts]
    return events.with_columns([column for column in made if column is not None and column.null_count() < len(column)])


def _object(events: Events, name: str, columns: list[str]) -> pl.Series:
    short = [column[len(name) + 1 :] for column in columns]
    rows = events.select(columns).iter_rows()
    whole = ({key: part for key, part in zip(short, row, strict=True) if part is not None} for row in rows)
    return pl.Series(name, [text(one) if one else None for one in whole], dtype=pl.String)


def _through(events: Events, there: frozenset[str], name: str) -> pl.Series | None:
    end = name.rfind(".")
    while end > 0 and name[:end] not in there:
        end = name.rfind(".", 0, end)
    if end <= 0 or dtype(name[:end]) != pl.String:
        return None
    texts: list[str | None] = [None] * events.height
    column = events.series(name[:end])
    for row in column.str.starts_with("[").fill_null(False).arg_true():
        found = value(decoded(column[row]), name[end + 1 :])
        texts[row] = found[0] if isinstance(found, tuple) else found
    return pl.Series(name, texts, dtype=pl.String)
