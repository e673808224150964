r"""GitHub's audit log, streamed or exported; Wazuh carries it under `github`.

    {"@timestamp":1769941452123,"action":"org.add_member","actor":"bob","org":"example","actor_ip":"203.0.113.9",...}

Source: GitHub "Audit log events". Sigma: product github, service audit.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 119
LOGSOURCE: Final = Logsource(product="github", service="audit")
NAMES: Final = {
    "created_at": "@timestamp", "timestamp": "@timestamp", "actor": "user.name", "actor_ip": "source.address", "user": "user.target.name",
    "user_agent": "user_agent.original", "_document_id": "event.code", "org": "group.name",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """An actor's action in an organisation or a repository."""
    return "github" in keys or (
        {"action", "actor"} <= keys
        and not keys.isdisjoint({"org", "repo", "_document_id", "actor_location", "business", "created_at"})
    )


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    inner = document.get("github")
    if inner.__class__ is dict:
        document = inner
    event = native.fill(native.flatten(document), NAMES)
    name = str(document.get("action", ""))
    event |= {"event.action": native.action(name),
    "event.category": "iam" if name.startswith(("org.", "team.", "business.")) else "configuration",
              "service.name": "github"}  # fmt: skip
    if name in ("user.login", "user.failed_login", "org.sso_response", "business.sso_response"):
        event |= native.login("failure" if "failed" in name else "success", "github", "forge")
    return LOGSOURCE, event
