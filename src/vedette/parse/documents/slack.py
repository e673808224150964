r"""Slack's audit logs.

    {"id":"0123","date_create":1769941452,"action":"user_login_failed","actor":{"type":"user","user":{"email":"bob@example.org"}},
     "entity":{"type":"user",...},"context":{"ip_address":"203.0.113.9","ua":"Mozilla/5.0","location":{...}}}

Source: Slack, "Audit Logs API", "Audit logs actions".
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 126
LOGSOURCE: Final = Logsource(product="slack", service="audit")
NAMES: Final = {
    "date_create": "@timestamp", "actor.user.email": "user.name", "actor.user.name": "user.name", "actor.user.id": "user.id",
    "context.ip_address": "source.address", "context.ua": "user_agent.original", "id": "event.code",
    "entity.user.email": "user.target.name", "context.location.name": "group.name",
}  # fmt: skip
_LOGINS: Final = {"user_login": "success", "user_login_failed": "failure"}


def claims(keys: Set[str]) -> bool:
    """Who did what with which entity, and from where."""
    return {"action", "actor", "entity", "context", "date_create"} <= keys


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    event = native.fill(native.flatten(document), NAMES)
    name = str(document["action"])
    event |= {"service.name": "slack", "event.category": "iam", "event.action": native.action(name)}
    if name in _LOGINS:
        event |= native.login(_LOGINS[name], "slack", "directory")
    elif name.startswith("user_logout"):
        event |= {"event.category": "authentication", "event.action": "logout"}
    elif name.startswith("file_"):
        event |= {"event.category": "file"}
    return LOGSOURCE, event
