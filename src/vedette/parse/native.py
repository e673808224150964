"""Documents under their own names, one level deep, and the schema's names filled from them by tables."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from vedette.model.records import Json
from vedette.parse import web
from vedette.parse.native_columns import Column, column, each, either

DEPTH: Final = 8
RESERVED: Final = frozenset({"line", "event.id", "event.original", "event.dataset", "log.file.path", "log.offset"})
NOTHING: Final = frozenset({"", "-", "N/A", "null", "None"})
_WORDS: Final = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def flatten(document: Json) -> Json:
    """Nested objects joined by dots, to eight levels; lists stay lists, empty objects go."""
    flat: Json = {}
    for key, value in document.items():
        if value.__class__ is dict:
            _into(flat, key, value, DEPTH)
        elif key not in RESERVED:
            flat[key] = value
    return flat


def _into(flat: Json, prefix: str, document: Json, depth: int) -> None:
    prefix += "."
    for key, value in document.items():
        if value.__class__ is dict and depth:
            _into(flat, prefix + key, value, depth - 1)
        else:
            name = prefix + key
            if name not in RESERVED:
                flat[name] = value


def fill(event: Json, table: Mapping[str, str]) -> Json:
    """`table`: native name to schema name, the first that has a value wins. Changes and returns `event`."""
    for name in [name for name in table if name in event]:
        offer(event, table[name], event[name], clean)
    return event


def offer(event: Json, field: str, value: Any, clean: Callable[[Any], Any], by: Callable[..., Any] = each) -> None:
    """`clean(value)` into a field that has none yet; `clean` tells by None that it is no value. `by`: each or later."""
    if value is None:
        return
    if field not in event:
        value = _cleaned(value, clean, by)
        if value is not None:
            event[field] = value
    elif event[field].__class__ is Column and event[field].gaps:
        event[field] = either(event[field], by(clean, value))


def clean(value: Any) -> Any:
    """A value as text or number; None for what stands for nothing."""
    kind = value.__class__
    if kind is list:
        return value[0] if value and value[0].__class__ in (str, int) else None
    return None if kind is dict or (kind is str and value in NOTHING) else value


def _cleaned(value: Any, made: Callable[[Any], Any], by: Callable[..., Any]) -> Any:
    if value.__class__ is Column and made is clean and not value.gaps:
        kinds = value.kinds
        if kinds.isdisjoint(_DIRTY) or (kinds == _TEXT and NOTHING.isdisjoint(value.values)):
            return value
    return by(made, value)


_TEXT: Final = frozenset({str})
_DIRTY: Final = frozenset({str, list, dict})


def first(value: Any) -> Any:
    """The first of a list, the value itself when it is none."""
    if value.__class__ is Column:
        return value if list not in value.kinds else each(first, value)
    return (value[0] if value else None) if value.__class__ is list else value


def request(event: Json, method: Any, target: Any, status: Any = None) -> None:
    """What `web.request` knows of a request, into the event: it wins over what the event has."""
    if not any(value.__class__ is Column for value in (method, target, status)):
        event |= web.request(method, target, status)
        return
    found = each(web.request, method, target, status).values
    for name in dict.fromkeys(name for row in found for name in row):
        event[name] = either(column([row.get(name) for row in found]), event.get(name))


def action(name: str) -> str:
    """`ConsoleLogin`, `user.session.start`, `Add member to role` as an action: lower case with dashes."""
    return _action(name[:128])


@lru_cache(maxsize=16384)
def _action(name: str) -> str:
    return "-".join(part for part in _WORDS.split(name) if part).lower()


def login(outcome: str | None, name: str, kind: str) -> Json:
    """What a login is in every source."""
    event = {"event.category": "authentication", "event.action": "login", "service.name": name, "service.type": kind}
    return {**event, "event.outcome": outcome} if outcome else event
