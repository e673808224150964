"""The head of a Sigma document: everything but what it detects, and Vedette's own key."""

import hashlib
import json
from typing import Any, Final, NamedTuple, get_args

from vedette.detect.sigma import attack
from vedette.model.alert import LEVELS, Class, Level
from vedette.model.records import Logsource

CLASSES: Final = frozenset(get_args(Class))
OFFENDER: Final = ("source.ip", "source.domain", "source.address")
LONGEST_TITLE: Final = 256


class DocumentError(ValueError):
    """What is wrong with a document, in one line."""


class Head(NamedTuple):
    """As in Rule, of the same names."""

    id: str
    name: str
    reference: str
    level: Level
    status: str
    tags: tuple[str, ...]
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    logsource: Logsource
    description: str
    falsepositives: tuple[str, ...]
    alert_class: Class
    key: tuple[str, ...]
    offender: tuple[str, ...]


def head(doc: dict[str, Any]) -> Head:
    """The head of a document.

    Raises:
        DocumentError: title, id, level, log source or the `vedette` key cannot be used.
    """
    title = doc.get("title")
    if not isinstance(title, str) or not 0 < len(title) <= LONGEST_TITLE:
        raise DocumentError(f"title: a rule needs one, of at most {LONGEST_TITLE} characters")
    name = _text(doc, "name")
    level = _text(doc, "level").lower() or "informational"
    if level not in LEVELS:
        raise DocumentError(f"level: {level!r} is none of {', '.join(LEVELS)}")
    tags = tuple(tag for tag in _list(doc, "tags") if tag)
    source = logsource(doc)
    own = _own(doc.get("vedette"))
    offender: tuple[str, ...] = () if level == "informational" else OFFENDER
    if own.get("offender") is False:
        offender = ()
    elif own.get("offender"):
        offender = (own["offender"],)
    return Head(
        id=(_text(doc, "id") or name or title).lower() if doc.get("id") else (name or title),
        name=title,
        reference=name,
        level=level,
        status=_text(doc, "status"),
        tags=tags,
        techniques=attack.techniques(tags),
        tactics=attack.tactics(tags),
        logsource=source,
        description=_text(doc, "description").strip(),
        falsepositives=_list(doc, "falsepositives"),
        alert_class=own.get("class") or attack.alert_class(tags, source),
        key=tuple(own.get("key") or ()),
        offender=offender,
    )


def logsource(doc: dict[str, Any]) -> Logsource:
    """The log source of a document, lower case; empty when it has none."""
    source = doc.get("logsource") or {}
    if not isinstance(source, dict):
        raise DocumentError("logsource: must be a mapping of category, product, service")
    parts = []
    for part in Logsource._fields:
        value = source.get(part)
        if value is not None and not isinstance(value, str):
            raise DocumentError(f"logsource: {part} must be text")
        parts.append(value.strip().lower() if value else None)
    return Logsource(*parts)


def digest(*contents: Any) -> str:
    """Identity of content: the same documents give the same 20 hex digits on every machine."""
    text = json.dumps(contents, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def _text(doc: dict[str, Any], key: str) -> str:
    value = doc.get(key)
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise DocumentError(f"{key}: must be text")
    return str(value)


def _list(doc: dict[str, Any], key: str) -> tuple[str, ...]:
    value = doc.get(key)
    if value is None:
        return ()
    return tuple(str(item) for item in value if item is not None) if isinstance(value, list) else (str(value),)


def _own(own: Any) -> dict[str, Any]:
    if own is None:
        return {}
    if not isinstance(own, dict) or not set(own) <= {"class", "offender", "key"}:
        raise DocumentError("vedette: must be a mapping of class, offender, key")
    if "class" in own and own["class"] not in CLASSES:
        raise DocumentError(f"vedette: class {own['class']!r} is none of {', '.join(sorted(CLASSES))}")
    offender = own.get("offender")
    if offender is not None and offender is not False and not (isinstance(offender, str) and offender):
        raise DocumentError("vedette: offender must be a field name or false")
    key = own.get("key")
    if key is not None and not (isinstance(key, list) and all(isinstance(name, str) for name in key)):
        raise DocumentError("vedette: key must be a list of field names")
    return own
