r"""Bitwarden's and Vaultwarden's event logs, from the public API.

    {"object":"event","type":1005,"actingUserId":"a2549f79","memberId":null,"device":9,"ipAddress":"203.0.113.9",
     "date":"2026-02-01T10:24:12.728Z"}

Source: Bitwarden, "Event Logs" (numbers of events). Users are told by their ids alone.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 127
LOGSOURCE: Final = Logsource(product="bitwarden", service="events")
NAMES: Final = {
    "date": "@timestamp", "ipAddress": "source.address", "actingUserId": "user.name", "memberId": "user.target.name", "type": "event.code",
}  # fmt: skip
_LOGINS: Final = {1000: "success", 1005: "failure", 1006: "failure", 1012: "success"}
_NAMED: Final = {
    1001: "password-changed", 1002: "second-factor-changed", 1003: "second-factor-disabled", 1007: "vault-exported",
    1602: "vault-exported", 1500: "user-added", 1503: "user-deleted", 1514: "account-restored", 1511: "account-locked",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """An event of an organisation."""
    return {"object", "type", "actingUserId", "ipAddress", "date"} <= keys


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    event = native.fill(native.flatten(document), NAMES)
    kind = document["type"]
    number = kind if kind.__class__ is int else -1
    event |= {"service.name": "bitwarden", "event.category": "iam", "event.action": _NAMED.get(number, f"event-{number}")}
    if number in _LOGINS:
        event |= native.login(_LOGINS[number], "bitwarden", "directory")
    elif 1100 <= number < 1200:
        event |= {"event.category": "file", "event.action": "item-used"}
    return LOGSOURCE, event
