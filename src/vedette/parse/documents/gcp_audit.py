r"""Google Cloud audit logs, and Google Workspace's among them.

    {"protoPayload":{"methodName":"google.iam.admin.v1.CreateServiceAccountKey","authenticationInfo":{...}},"logName":"...","timestamp":"..."}

Source: Cloud Logging LogEntry and AuditLog. Sigma: product gcp, service gcp.audit, with gcp.audit.method_name.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 116
LOGSOURCE: Final = Logsource(product="gcp", service="gcp.audit")
WORKSPACE: Final = Logsource(product="gcp", service="google_workspace.admin")
NAMES: Final = {
    "timestamp": "@timestamp", "receiveTimestamp": "@timestamp", "protoPayload.requestMetadata.callerIp": "source.address",
    "protoPayload.requestMetadata.callerSuppliedUserAgent": "user_agent.original",
    "protoPayload.authenticationInfo.principalEmail": "user.name",
    "protoPayload.methodName": "gcp.audit.method_name", "protoPayload.serviceName": "gcp.audit.service_name",
    "protoPayload.resourceName": "gcp.audit.resource_name", "protoPayload.status.message": "event.reason", "severity": "log.level",
    "resource.labels.project_id": "cloud.account.id", "resource.labels.location": "cloud.region",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """A log entry with an audit payload."""
    return "protoPayload" in keys


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names, Sigma's and the schema's."""
    event = native.fill(native.flatten(document), NAMES)
    method = str(event.get("gcp.audit.method_name", ""))
    service = str(event.get("gcp.audit.service_name", ""))
    event |= {
        "cloud.provider": "gcp", "event.action": native.action(method.rpartition(".")[2]),
        "event.category": "iam" if "iam" in service or "SetIamPolicy" in method else "configuration",
        "event.outcome": "failure" if event.get("protoPayload.status.code") else "success",
    }  # fmt: skip
    if service == "login.googleapis.com":
        event |= native.login("failure" if "fail" in method.lower() else "success", "google", "cloud")
    if service in ("admin.googleapis.com", "login.googleapis.com"):
        event |= {"eventService": service, "eventName": method.rpartition(".")[2]}
        return WORKSPACE, event
    return LOGSOURCE, event
