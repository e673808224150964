"""Exceptions: false positives written down as Sigma filters, so they survive every update of the rules.

A filter is a document of its own (Sigma specification 2.1, filters): `filter.rules` names the rules it is for, and its
condition is added to theirs with `and`; so `not selection` hides what the selection describes. Evaluating it is the work
of detect/sigma.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import yaml

from vedette.model.alert import Alert
from vedette.model.errors import VedetteError
from vedette.model.records import Logsource

VALUE_LONGEST: Final = 1_000
# Alone, these say nothing about why the alert was false: an exception on them would switch the rule off.
TOO_BROAD: Final = frozenset({
    "event.category", "event.type", "event.outcome", "event.dataset", "event.action", "network.transport",
    "service.type", "log.level",
})  # fmt: skip
_FIELD: Final = re.compile(r"[A-Za-z_@][A-Za-z0-9_.@ -]{0,127}")

Value = str | int | float | bool | None


class ExceptionFault(VedetteError):
    """A filter cannot be made of this."""

    code = "exception"


def from_events(
    rule_id: str,
    rule_name: str,
    events: Sequence[Mapping[str, Value]],
    fields: Sequence[str],
    logsource: Logsource,
    *,
    who: str,
    why: str,
    at: datetime,
) -> str:
    """The YAML text of a filter that hides events of a rule which agree with one of `events` in the fields.

    Args:
        events: evidence of false alerts, flat names; null or absent means that the field must be absent.
        fields: names to agree in; all of them must.
        logsource: that of the rule; a filter must name one.

    Raises:
        ExceptionFault: no fields, only fields that say nothing by themselves, or no reason.
    """
    chosen = list(dict.fromkeys(fields))
    if not chosen or all(name in TOO_BROAD for name in chosen):
        fix = "choose what is special about it: user, host, address, program, command line"
        raise ExceptionFault("an exception needs a field that tells these events from others", fix=fix)
    if not why.strip() or not who.strip():
        raise ExceptionFault("an exception needs a person and a reason", fix="say who and why")
    for name in chosen:
        if _FIELD.fullmatch(name) is None:
            raise ExceptionFault(f"{name[:80]!r} cannot be a field of a filter", fix="choose another field")
        if any(isinstance(value := event.get(name), str) and len(value) > VALUE_LONGEST for event in events):
            raise ExceptionFault(f"{name} is too long to be compared in full", fix="choose another field")
    if not any(logsource):
        raise ExceptionFault("the rule's logsource is not known", fix="an exception for it must be written by hand")
    alike = [{_key(name, event.get(name)): _literal(event.get(name)) for name in chosen} for event in events]
    different = [each for i, each in enumerate(alike) if each not in alike[:i]]
    selection: Any = different[0] if len(different) == 1 else different  # a list: one of them
    seed = yaml.safe_dump([rule_id, selection], allow_unicode=True, sort_keys=True)
    document = {
        "title": f"Exception for {rule_name}"[:256],
        "id": str(UUID(bytes=hashlib.blake2b(seed.encode(), digest_size=16).digest(), version=4)),
        "description": why.strip(),
        "author": who.strip(),
        "date": f"{at:%Y-%m-%d}",
        "logsource": {name: value for name, value in logsource._asdict().items() if value is not None},
        "filter": {"rules": [rule_id], "selection": selection, "condition": "not selection"},
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1_000)


def _key(name: str, value: Value) -> str:
    """Case counts for text: an exception should hide no more than what was seen."""
    return f"{name}|cased" if isinstance(value, str) and value else name


def _literal(value: Value) -> Value:
    """The value with Sigma's wildcards and escapes taken literally (specification, special field values)."""
    if not isinstance(value, str):
        return value
    # A backslash is itself unless it stands before a wildcard or another one; then it must be doubled.
    text = re.sub(r"\\+(?=[*?])|\\{2,}|\\$", lambda run: run.group().replace("\\", "\\\\"), value)
    return text.replace("*", "\\*").replace("?", "\\?")


def silenced(alerts: Iterable[Alert], hidden: AbstractSet[str]) -> tuple[list[Alert], list[Alert]]:
    """The alerts that lose all of their known evidence with these events, and those that lose some."""
    whole, partly = [], []
    for alert in alerts:
        gone = [evidence.event_id in hidden for evidence in alert.evidence]
        if gone and all(gone):
            whole.append(alert)
        elif any(gone):
            partly.append(alert)
    return whole, partly
