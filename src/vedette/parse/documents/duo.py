r"""Cisco Duo's authentication log, as its Admin API and log sync hand it out.

    {"event_type":"authentication","isotimestamp":"2026-02-01T10:24:12+00:00","access_device":{"ip":"203.0.113.9"},
     "user":{"name":"bob"},"factor":"duo_push","result":"denied","reason":"user_marked_fraud","txid":"..."}

Source: Duo Admin API, "Authentication Logs" (versions 1 and 2). The access device is who logs in; the auth device is the
telephone that was asked. Sigma: product cisco, service duo.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 121
LOGSOURCE: Final = Logsource(product="cisco", service="duo")
NAMES: Final = {
    "isotimestamp": "@timestamp", "timestamp": "@timestamp", "access_device.ip": "source.address", "ip": "source.address",
    "user.name": "user.name", "username": "user.name", "email": "user.name", "reason": "event.reason", "txid": "event.code",
    "application.name": "service.name", "integration": "service.name", "access_device.hostname": "source.domain",
}  # fmt: skip
_OUTCOMES: Final = {"success": "success", "denied": "failure", "failure": "failure", "fraud": "failure", "error": "failure"}


def claims(keys: Set[str]) -> bool:
    """A second factor with how it was asked for."""
    return {"factor", "result", "txid"} <= keys or {"factor", "result", "integration"} <= keys


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's. What the user refused or let pass is a second factor's refusal: the password was right."""
    event = native.fill(native.flatten(document), NAMES)
    if event.get("user.name").__class__ is not str:
        event["user.name"] = document["user"] if document.get("user").__class__ is str else None
    outcome = _OUTCOMES.get(str(document.get("result")).lower())
    if document.get("event_type", "authentication") == "authentication":
        event |= {"service.type": "directory", "event.category": "authentication", "event.action": "login"}
    else:
        event |= {"event.category": "iam", "event.action": native.action(str(document["event_type"]))}
    if outcome:
        event["event.outcome"] = outcome
    return LOGSOURCE, event
