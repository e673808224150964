r"""Google Cloud audit logs, and Google Workspace's among them; requests to its load balancers and Cloud Run.

    {"protoPayload":{"methodName":"google.iam.admin.v1.CreateServiceAccountKey","authenticationInfo":{...}},"logName":"...","timestamp":"..."}
    {"httpRequest":{"requestMethod":"GET","requestUrl":"https://a.example/","status":200,"remoteIp":"203.0.113.9"},"logName":"...",...}

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
REQUESTS: Final = Logsource(category="webserver", product="gcp")
_REQUEST: Final = {
    "httpRequest.remoteIp": "source.address", "httpRequest.userAgent": "user_agent.original",
    "httpRequest.responseSize": "http.response.body.bytes", "httpRequest.referer": "http.request.referrer",
    "httpRequest.serverIp": "destination.address",
}  # fmt: skip
NAMES: Final = {
    "timestamp": "@timestamp", "receiveTimestamp": "@timestamp", "protoPayload.requestMetadata.callerIp": "source.address",
    "protoPayload.requestMetadata.callerSuppliedUserAgent": "user_agent.original",
    "protoPayload.authenticationInfo.principalEmail": "user.name",
    "protoPayload.methodName": "gcp.audit.method_name", "protoPayload.serviceName": "gcp.audit.service_name",
    "protoPayload.resourceName": "gcp.audit.resource_name", "protoPayload.status.message": "event.reason", "severity": "log.level",
    "resource.labels.project_id": "cloud.account.id", "resource.labels.location": "cloud.region",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """A log entry with an audit payload or a request."""
    return "protoPayload" in keys or {"httpRequest", "logName", "timestamp"} <= keys


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names, Sigma's and the schema's."""
    event = native.fill(native.flatten(document), NAMES)
    asked = document.get("httpRequest")
    if asked.__class__ is dict and "protoPayload" not in document:
        native.fill(event, _REQUEST)
        native.request(event, asked.get("requestMethod"), asked.get("requestUrl"), asked.get("status"))
        event |= {"cloud.provider": "gcp", "service.type": "web"}
        return REQUESTS, event
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
