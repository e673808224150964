r"""1Password's Events API: attempts to sign in, use of items, audit.

    {"uuid":"HGIF4O","session_uuid":"UED4KF","timestamp":"2026-02-01T10:24:12Z","category":"credentials_failed","type":"password_secret_bad",
     "country":"DE","target_user":{"name":"Bob","email":"bob@example.org"},"client":{"ip_address":"203.0.113.9","app_name":"..."}}

Source: 1Password Events API reference, "Sign-in attempts", "Item usages", "Audit events". Sigma: product onepassword.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 124
LOGSOURCE: Final = Logsource(product="onepassword", service="activity")
NAMES: Final = {
    "timestamp": "@timestamp", "client.ip_address": "source.address", "session.ip": "source.address", "location.ip": "source.address",
    "target_user.email": "user.name", "user.email": "user.name", "actor_details.email": "user.name", "actor_uuid": "user.id",
    "target_user.uuid": "user.id", "type": "event.reason", "uuid": "event.code", "client.app_name": "service.name",
    "object_details.email": "user.target.name",
}  # fmt: skip
_LETS_IN: Final = frozenset({"success", "firewall_reported_success"})


def claims(keys: Set[str]) -> bool:
    """A sign-in attempt, the use of an item, or an audit event."""
    return {"uuid", "timestamp"} <= keys and (
        {"target_user", "category"} <= keys or {"item_uuid", "vault_uuid"} <= keys or {"actor_uuid", "action", "object_type"} <= keys
    )


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    event = native.flatten(document)
    # A user's `name` is for people to read; the address is the account.
    event.pop("user.name", None)
    native.fill(event, NAMES)
    if "target_user" in document:
        event |= native.login("success" if str(document["category"]) in _LETS_IN else "failure", "1password", "directory")
    elif "item_uuid" in document:
        event |= {"event.category": "file", "event.action": f"item-{native.action(str(document.get('action', 'used')))}"}
    else:
        event |= {"event.category": "iam", "event.action": native.action(f"{document['object_type']} {document['action']}")}
    return LOGSOURCE, event
