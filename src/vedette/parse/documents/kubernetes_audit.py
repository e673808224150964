r"""Kubernetes API server audit events.

    {"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"...","verb":"create","user":{"username":"bob"},"sourceIPs":["203.0.113.9"],...}

Source: Kubernetes "Auditing", audit.k8s.io/v1. Sigma: product kubernetes, service audit.
"""

from collections.abc import Set
from typing import Any, Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context
from vedette.parse.native_columns import each, either

ORDER: Final = 120
SPLIT: Final = ()
LOGSOURCE: Final = Logsource(product="kubernetes", service="audit")
NAMES: Final = {
    "requestReceivedTimestamp": "@timestamp", "stageTimestamp": "@timestamp", "user.username": "user.name", "user.uid": "user.id",
    "impersonatedUser.username": "user.effective.name", "userAgent": "user_agent.original",
    "responseStatus.code": "http.response.status_code",
    "objectRef.namespace": "orchestrator.namespace", "requestURI": "url.original", "auditID": "event.code",
    "responseStatus.reason": "event.reason",
}  # fmt: skip
_ROLES: Final = ("roles", "rolebindings", "clusterroles", "clusterrolebindings", "serviceaccounts")


def claims(keys: Set[str]) -> bool:
    """An audited verb."""
    return {"auditID", "verb"} <= keys


def _seen(addresses: Any) -> Any:
    # The API server puts X-Forwarded-For before the address that it saw itself.
    return addresses[-1] if addresses.__class__ is list and addresses else None


def _forwarded(addresses: Any) -> Any:
    return addresses[0] if addresses.__class__ is list and len(addresses) > 1 else None


def _category(kind: Any) -> str:
    return "iam" if kind in _ROLES else "configuration"


def _action(verb: Any, kind: Any) -> str:
    return native.action(f"{verb} {kind}")


def _outcome(code: Any, decision: Any) -> str | None:
    if decision == "forbid":
        return "failure"
    return ("failure" if code >= 400 else "success") if code.__class__ is int else None


def _type(code: Any, decision: Any) -> str | None:
    return "denied" if decision == "forbid" or code in (401, 403) else None


def _reason(code: Any, message: Any) -> Any:
    return message if code in (401, 403) and message else None


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's; the first of sourceIPs that no header named is the last one."""
    event = native.fill(native.flatten(document), NAMES)
    addresses = document.get("sourceIPs")
    for field, found in (("source.address", each(_seen, addresses)), ("client.address", each(_forwarded, addresses))):
        event[field] = either(found, event.get(field))
    kind = event.get("objectRef.resource", "")
    event |= {
        "event.category": each(_category, kind), "event.action": each(_action, document.get("verb", ""), kind),
        "service.name": "kubernetes",
    }  # fmt: skip
    code, decision = event.get("http.response.status_code"), event.get("annotations.authorization.k8s.io/decision")
    for field, found in (
        ("event.outcome", each(_outcome, code, decision)),
        ("event.type", each(_type, code, decision)),
        ("event.reason", each(_reason, code, event.get("responseStatus.message"))),
    ):
        event[field] = either(found, event.get(field))
    return LOGSOURCE, event
