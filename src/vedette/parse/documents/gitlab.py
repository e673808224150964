r"""GitLab's production_json.log: one web request, with the controller that answered it.

    {"method":"POST","path":"/users/sign_in","controller":"SessionsController","action":"create","status":200,"time":"...","params":[{"key":"user","value":{"login":"bob"}}],"remote_ip":"203.0.113.9"}

Source: GitLab's docs, "Log system". A login that succeeds is answered with a redirect; one that fails shows the form again
(200), is unprocessable (422), or is thrown out before a status is set (0).
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse.context import Context
from vedette.parse.documents import any_json
from vedette.parse.meanings import granted, refused

ORDER: Final = 320
LOGSOURCE: Final = Logsource(category="webserver", service="gitlab")


def claims(keys: Set[str]) -> bool:
    """A Rails request with the peer's address."""
    return {"controller", "action", "status", "remote_ip"} <= keys


def _login_name(params: Any) -> str | None:
    """The name in the form that was sent: `user[login]`, or `username` with LDAP."""
    for part in params if isinstance(params, list) else ():
        if not isinstance(part, dict):
            continue
        value = part.get("value")
        if part.get("key") == "user" and isinstance(value, dict) and isinstance(value.get("login"), str):
            return str(value["login"])
        if part.get("key") in ("username", "login") and isinstance(value, str):
            return value
    return None


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """A web request; at the controllers of logins, a login."""
    _, event = any_json.read(document, context)
    status, controller, action = document["status"], document["controller"], document["action"]
    failed = (
        (controller == "SessionsController" and action == "create" and status in (0, 200, 401, 403, 422))
        or (controller == "OmniauthCallbacksController" and action == "failure")
        or status == 401
    )
    if failed or (controller == "SessionsController" and action == "create"):
        event |= refused("gitlab", "web") if failed else granted("gitlab", "web")
        name = _login_name(document.get("params")) or document.get("username")
        return LOGSOURCE, event | ({"user.name": name} if name else {})
    bad = isinstance(status, int) and status >= 400
    return LOGSOURCE, event | {
        "event.category": "web",
        "event.action": "web-request",
        "event.outcome": "failure" if bad else "success",
        "service.name": "gitlab",
        "service.type": "web",
    }
