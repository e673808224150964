r"""Auth0's tenant logs, from its API and from log streams, which put each under `data`.

    {"date":"2026-02-01T10:24:12Z","type":"fp","description":"Wrong email or password.","ip":"203.0.113.9","user_name":"bob@example.org",
     "connection":"Users","client_name":"Shop","log_id":"9002"}

Source: Auth0 documentation, "Log Event Type Codes". Codes that begin with s are successes, with f failures; limit_* are attack
protection.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 123
LOGSOURCE: Final = Logsource(product="auth0", service="auth0")
NAMES: Final = {
    "date": "@timestamp", "ip": "source.address", "user_name": "user.name", "details.prompts.user_name": "user.name",
    "user_agent": "user_agent.original", "description": "message", "log_id": "event.code", "user_id": "user.id",
    "client_name": "service.name",
}  # fmt: skip
_SUCCESSES: Final = frozenset({"s", "ssa", "seacft", "seccft", "sepft", "serft", "sens", "gd_auth_succeed"})
_FAILURES: Final = frozenset(
    {"f", "fc", "fco", "fp", "fu", "fsa", "feacft", "feccft", "fepft", "feoobft", "feotpft", "fercft", "ferrt", "fcoa", "pwd_leak",
     "gd_auth_failed", "gd_auth_rejected", "gd_auth_fail_email_verification", "gd_otp_rate_limit_exceed", "gd_recovery_failed"}
)  # fmt: skip
_LIMITS: Final = frozenset({"limit_wc", "limit_mu", "limit_sul", "limit_ui", "limit_delegation", "api_limit"})
_IAM: Final = {
    "ss": "user-added", "sdu": "user-deleted", "scp": "password-changed", "scpr": "password-reset-requested", "sce": "email-changed",
    "fs": "user-added", "fcp": "password-changed", "fcpr": "password-reset-requested", "mgmt_api_read": "api-read",
    "sapi": "api-operation", "fapi": "api-operation",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """A log event, or the stream's wrapper of one."""
    return {"log_id", "data"} <= keys or {"log_id", "type", "date"} <= keys


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """The event under its own names and the schema's."""
    inner = document.get("data")
    told = inner if inner.__class__ is dict else document
    event = native.fill(native.flatten(told), NAMES)
    kind = str(told.get("type"))
    if kind in _SUCCESSES or kind in _FAILURES:
        event |= {"event.category": "authentication", "event.action": "login", "service.type": "directory"}
        event["event.outcome"] = "success" if kind in _SUCCESSES else "failure"
        event["event.reason"] = told.get("description")
    elif kind in ("slo", "flo"):
        event |= {"event.category": "authentication", "event.action": "logout"}
    elif kind in _LIMITS:
        event |= {"event.category": "authentication", "event.type": "denied", "event.action": "rate-limited", "event.outcome": "failure"}
    else:
        event |= {"event.category": "iam", "event.action": _IAM.get(kind) or native.action(kind)}
        if kind[:1] in "sf" and len(kind) < 8:
            event["event.outcome"] = "success" if kind.startswith("s") else "failure"
    return LOGSOURCE, event
