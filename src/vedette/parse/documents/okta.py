r"""Okta's system log.

    {"eventType":"user.session.start","published":"...","actor":{"alternateId":"a@example.org"},"client":{"ipAddress":"203.0.113.9"},
     "outcome":{"result":"FAILURE","reason":"INVALID_CREDENTIALS"}}

Source: Okta System Log API. Sigma's rules write eventtype and displaymessage in lower case.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 118
LOGSOURCE: Final = Logsource(product="okta", service="okta")
NAMES: Final = {
    "published": "@timestamp", "client.ipAddress": "source.address", "actor.alternateId": "user.name", "actor.displayName": "user.name",
    "actor.id": "user.id", "client.userAgent.rawUserAgent": "user_agent.original", "outcome.reason": "event.reason", "uuid": "event.code",
    "displayMessage": "message", "severity": "log.level", "eventType": "eventtype",
}  # fmt: skip
_LOGINS: Final = frozenset({"user.session.start", "user.authentication.auth_via_mfa", "user.authentication.sso",
"user.authentication.auth_via_idp",
                            "user.authentication.auth_via_radius", "user.authentication.auth_via_AD_agent",
                            "policy.evaluate_sign_on"})  # fmt: skip
_IAM: Final = {
    "user.lifecycle.create": "user-added", "user.lifecycle.delete.initiated": "user-deleted",
    "group.user_membership.add": "group-member-added",
    "user.account.update_password": "password-changed", "user.account.reset_password": "password-changed",
    "user.account.lock": "account-locked",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """Who did what, with which outcome."""
    return {"eventType", "actor"} <= keys and not keys.isdisjoint({"outcome", "published", "client"})


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names, Sigma's and the schema's."""
    event = native.fill(native.flatten(document), NAMES)
    if "message" in event:
        event["displaymessage"] = event["message"]
    kind = str(document.get("eventType"))
    result = str(event.get("outcome.result", "")).upper()
    outcome = {"SUCCESS": "success", "ALLOW": "success", "FAILURE": "failure", "DENY": "failure"}.get(result)
    event |= {"event.category": "iam", "event.action": _IAM.get(kind) or native.action(kind), "service.name": "okta"}
    if outcome:
        event["event.outcome"] = outcome
    if kind in _LOGINS:
        event |= native.login(outcome, "okta", "directory")
    elif kind == "user.account.lock":
        event |= {"event.category": "authentication", "event.outcome": "failure"}
    return LOGSOURCE, event
