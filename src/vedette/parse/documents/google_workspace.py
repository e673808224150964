r"""Google Workspace: activities of the Reports API, for logins, administration, Drive, tokens, groups.

    {"kind":"admin#reports#activity","id":{"time":"2026-02-01T10:24:12Z","applicationName":"login"},"actor":{"email":"bob@example.org"},
     "ipAddress":"203.0.113.9","events":[{"type":"login","name":"login_failure","parameters":[{"name":"login_type","value":"..."}]}]}

Source: Google Admin SDK, Reports API, "Activities" and the events of each application. A document holds one event as a rule;
of several the first is told. Sigma: product gcp, service google_workspace.admin.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 122
NAMES: Final = {
    "id.time": "@timestamp", "actor.email": "user.name", "actor.key": "user.name", "actor.profileId": "user.id",
    "ipAddress": "source.address", "ownerDomain": "user.domain",
}  # fmt: skip
_LOGINS: Final = {"login_success": "success", "login_failure": "failure"}
_PASSED: Final = frozenset({"passed", "challenge passed.", "challenge passed", "success"})
_IAM: Final = {
    "CREATE_USER": "user-added", "DELETE_USER": "user-deleted", "SUSPEND_USER": "account-locked", "CHANGE_PASSWORD": "password-changed",
    "ADD_GROUP_MEMBER": "group-member-added", "GRANT_ADMIN_PRIVILEGE": "role-added", "ASSIGN_ROLE": "role-added",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """An activity of the Reports API."""
    return {"id", "actor", "events"} <= keys and not keys.isdisjoint({"kind", "ipAddress", "ownerDomain", "etag"})


def _parameters(event: Json) -> Json:
    found: Json = {}
    listed = event.get("parameters")
    for one in listed if listed.__class__ is list else ():
        value: Any = next((one[key] for key in ("value", "intValue", "boolValue", "multiValue") if key in one), None)
        found[str(one.get("name"))] = native.first(value)
    return found


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names, parameters under their own, and the schema's."""
    told = native.first(document["events"])
    told = told if told.__class__ is dict else {}
    parameters = _parameters(told)
    event = native.fill(native.flatten({key: value for key, value in document.items() if key != "events"}), NAMES)
    name, application = str(told.get("name", "")), str(event.get("id.applicationName", ""))
    event |= {name: value for name, value in parameters.items() if name not in event and value.__class__ is not dict}
    event |= {
        "eventName": name, "eventType": told.get("type"), "eventService": application, "service.name": f"google-{application}",
        "event.category": "iam" if application in ("admin", "groups", "user_accounts") else "configuration",
        "event.action": _IAM.get(name) or native.action(name),
    }  # fmt: skip
    if "USER_EMAIL" in parameters:
        event["user.target.name"] = parameters["USER_EMAIL"]
    if application == "login" or told.get("type") == "login":
        event |= _login(name, parameters)
    return Logsource(product="gcp", service=f"google_workspace.{application or 'reports'}"), event


def _login(name: str, parameters: Json) -> Json:
    """Logins and their challenges; warnings about accounts keep their name as the action."""
    reason = parameters.get("login_failure_type") or parameters.get("login_challenge_status")
    if name in _LOGINS:
        return native.login(_LOGINS[name], "google", "directory") | {"event.reason": reason}
    if name in ("login_challenge", "login_verification"):
        status = str(parameters.get("login_challenge_status", "")).lower()
        outcome = None if not status else "success" if status in _PASSED else "failure"
        return {"event.category": "authentication", "event.action": native.action(name), "event.outcome": outcome, "event.reason": reason}
    if name == "logout":
        return {"event.category": "authentication", "event.action": "logout"}
    affected = parameters.get("affected_email_address")
    return {"event.category": "authentication", **({"user.name": affected} if affected else {})}
