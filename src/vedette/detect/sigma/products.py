"""Products in Sigma's taxonomy whose events stand in the records of another, and what their fields are called there.

Sources: Sigma taxonomy appendix 2.1.0; Azure Monitor tables (SigninLogs, AuditLogs, AzureActivity) and Microsoft Graph
reports; Office 365 management activity schema; RPC Firewall's event manifest.
"""

from collections.abc import Mapping
from typing import Final

from vedette.model.records import Logsource

Fields = Mapping[str, tuple[str, ...]]
Where = tuple[tuple[str, frozenset[str]], ...]

UNNAMED: Final = Logsource("", "", "")
"""Batches that name no log source: JSON and lines of programs that are not known."""

_WORDS: Final = (
    UNNAMED,
    Logsource(None, "linux", "syslog"),
    Logsource("webserver", None, "application"),
)
"""Where the lines of applications are, whose rules look for words in them."""

_IN_WORDS: Final = ("django", "jvm", "nodejs", "python", "ruby_on_rails", "spring", "velocity")

ELSEWHERE: Final[Mapping[Logsource, tuple[tuple[Logsource, Where, Fields], ...]]] = {
    **{Logsource("application", name, None): tuple((place, (), {}) for place in _WORDS) for name in _IN_WORDS},
    Logsource("application", "sql", None): tuple(
        (place, (), {}) for place in (*_WORDS, Logsource(None, None, "database"), Logsource("webserver", None, "apache"))
    ),
    Logsource("application", "kubernetes", "audit"): ((Logsource(None, "kubernetes", "audit"), (), {}),),
    Logsource("application", "rpc_firewall", None): (
        (Logsource(None, "windows", None), (("Channel", frozenset({"rpcfw"})),), {"EventLog": ("EventLog", "Channel")}),
    ),
    Logsource("appliance", "paloalto", "globalprotect"): (
        (Logsource("firewall", "paloalto", None), (), {}), (UNNAMED, (), {}), (Logsource(None, "linux", "syslog"), (), {}),
    ),
    Logsource(None, "fortios", "sslvpnd"): ((Logsource(None, "fortigate", "event"), (), {}),),
    Logsource(None, "modsecurity", None): (
        (Logsource("webserver", None, "modsecurity"), (), {}), (Logsource("webserver", None, "apache"), (), {}),
        (Logsource("webserver", None, "nginx"), (), {}),
    ),
    Logsource(None, "azure", "pim"): ((UNNAMED, (), {"riskEventType": ("riskEventType", "properties.riskEventType")}),),
    Logsource(None, "azure", "riskdetection"): (
        (UNNAMED, (), {"riskEventType": ("riskEventType", "properties.riskEventType")}),
    ),
    Logsource(None, "bitbucket", "audit"): ((UNNAMED, (), {}),),
    Logsource(None, "cisco", "duo"): (
        (UNNAMED, (("event_type", frozenset({"authentication", "enrollment"})),), {}),
    ),
    Logsource(None, "gcp", "google_workspace.login"): ((Logsource(None, "gcp", "google_workspace.admin"), (), {}),),
    **{
        Logsource(None, "cisco", service): ((Logsource(None, "cisco", "aaa"), (), {}), (Logsource("firewall", "cisco", "asa"), (), {}))
        for service in ("accounting", "bgp", "ldp", "syslog")
    },
    **{
        Logsource(None, product, service): (
            (Logsource("firewall", product, None), (), {}), (Logsource(None, product, None), (), {}),
            (Logsource(None, "linux", "syslog"), (("process.name", frozenset(programs)),), {}),
            (Logsource(None, None, "network-device"), (), {}),
        )
        for product, service, programs in (
            ("juniper", "bgp", {"rpd"}), ("juniper", "ldp", {"rpd"}), ("huawei", "bgp", {"bgp"}), ("huawei", "ldp", {"ldp"}),
        )
    },
}  # fmt: skip
"""Log source of rules: log source of batches, a condition on columns, and names that fields have there."""

AZURE: Final[Fields] = {
    "OperationName": ("OperationName", "operationName", "activityDisplayName", "properties.activityDisplayName"),
    "operationName": ("operationName", "operationName.value", "OperationNameValue", "OperationName"),
    "OperationNameValue": ("OperationNameValue", "operationName.value", "operationName"),
    "properties.message": (
        "properties.message", "properties.activityDisplayName", "activityDisplayName", "OperationName", "operationName",
    ),
    "Category": ("Category", "properties.category", "category"),
    "CategoryValue": ("CategoryValue", "category.value", "category"),
    "ResourceProviderValue": ("ResourceProviderValue", "resourceProviderName.value", "resourceProvider"),
    "ResourceId": ("ResourceId", "resourceId", "_ResourceId"),
    "TargetResources": ("TargetResources", "targetResources", "properties.targetResources"),
    "TargetResources.modifiedProperties.newValue": (
        "TargetResources.modifiedProperties.newValue", "targetResources.modifiedProperties.newValue",
        "properties.targetResources.modifiedProperties.newValue",
    ),
    "targetResources.type": ("targetResources.type", "properties.targetResources.type", "TargetResources.type"),
    "Status": ("Status", "properties.result", "result", "Result", "event.outcome"),
    "properties.result": ("properties.result", "result", "Result", "event.outcome"),
    "ResultType": ("ResultType", "resultType", "status.errorCode", "properties.status.errorCode"),
    "resultType": ("resultType", "ResultType", "status.errorCode", "properties.status.errorCode"),
    "ResultDescription": (
        "ResultDescription", "resultDescription", "status.failureReason", "properties.status.failureReason",
    ),
    "Resultdescription": (
        "Resultdescription", "ResultDescription", "resultDescription", "status.failureReason",
        "properties.status.failureReason",
    ),
    "failure_status_reason": (
        "failure_status_reason", "resultReason", "properties.resultReason", "ResultReason", "status.failureReason",
    ),
    "ResourceDisplayName": ("ResourceDisplayName", "resourceDisplayName", "properties.resourceDisplayName"),
    "AuthenticationRequirement": (
        "AuthenticationRequirement", "authenticationRequirement", "properties.authenticationRequirement",
    ),
    "properties.authenticationRequirement": (
        "properties.authenticationRequirement", "authenticationRequirement", "AuthenticationRequirement",
    ),
    "conditionalAccessStatus": (
        "conditionalAccessStatus", "properties.conditionalAccessStatus", "ConditionalAccessStatus",
    ),
    "userAgent": ("userAgent", "properties.userAgent", "UserAgent", "user_agent.original"),
    "callerIpAddress": ("callerIpAddress", "ipAddress", "IPAddress", "properties.ipAddress", "CallerIpAddress"),
    "location": ("location", "properties.location.countryOrRegion", "location.countryOrRegion", "Location"),
    **{
        f"properties.{name}": (f"properties.{name}", name, name[0].upper() + name[1:])
        for name in ("appId", "appDisplayName", "deviceDetail.deviceId", "deviceDetail.trustType", "riskState",
                     "clientAppUsed", "authenticationProtocol")
    },
}  # fmt: skip
M365: Final[Fields] = {"status": ("status", "event.outcome")}
CLOUDTRAIL: Final[Fields] = {"userAgent": ("userAgent", "user_agent.original")}
GCP: Final[Fields] = {
    "gcp.audit.method_name": ("gcp.audit.method_name", "protoPayload.methodName", "data.protoPayload.methodName"),
    "gcp.audit.service_name": ("gcp.audit.service_name", "protoPayload.serviceName", "data.protoPayload.serviceName"),
    "protoPayload.Servicename": ("protoPayload.Servicename", "protoPayload.serviceName"),
}
OKTA: Final[Fields] = {
    "eventtype": ("eventtype", "eventType"),
    "eventType": ("eventType", "eventtype"),
    "displaymessage": ("displaymessage", "displayMessage"),
    "displayMessage": ("displayMessage", "displaymessage"),
}
FIELDS: Final[Mapping[str, Fields]] = {"azure": AZURE, "m365": M365, "gcp": GCP, "okta": OKTA, "aws": CLOUDTRAIL}
"""Product: where its rules' fields are."""
