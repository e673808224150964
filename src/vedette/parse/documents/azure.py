r"""Microsoft Entra ID (Azure AD) sign-ins and audit, Azure activity; from diagnostics, Graph and Log Analytics.

    {"time":"...","category":"SignInLogs","operationName":"Sign-in activity","resultType":"50126","properties":{...}}
    {"createdDateTime":"...","userPrincipalName":"a@example.org","ipAddress":"203.0.113.9","status":{"errorCode":50126}}
    {"TimeGenerated":"...","OperationName":"Sign-in activity","ResultType":"0","UserPrincipalName":"a@example.org"}

Source: Microsoft Graph signIn and directoryAudit resources; Azure Monitor activity log schema.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 115
SIGNIN: Final = Logsource(product="azure", service="signinlogs")
AUDIT: Final = Logsource(product="azure", service="auditlogs")
ACTIVITY: Final = Logsource(product="azure", service="activitylogs")
NAMES: Final = {
    "time": "@timestamp", "createdDateTime": "@timestamp", "activityDateTime": "@timestamp",
    "TimeGenerated": "@timestamp", "eventTimestamp": "@timestamp",
    "CreatedDateTime": "@timestamp", "callerIpAddress": "source.address", "CallerIPAddress": "source.address",
    "CallerIpAddress": "source.address",
    "properties.ipAddress": "source.address", "ipAddress": "source.address", "IPAddress": "source.address",
    "initiatedBy.user.ipAddress": "source.address",
    "properties.initiatedBy.user.ipAddress": "source.address", "httpRequest.clientIpAddress": "source.address",
    "properties.userPrincipalName": "user.name", "userPrincipalName": "user.name", "UserPrincipalName": "user.name",
    "caller": "user.name", "Caller": "user.name",
    "properties.initiatedBy.user.userPrincipalName": "user.name", "initiatedBy.user.userPrincipalName": "user.name",
    "identity": "user.name",
    "Identity": "user.name", "properties.userAgent": "user_agent.original", "userAgent": "user_agent.original",
    "UserAgent": "user_agent.original",
    "properties.appDisplayName": "service.name", "appDisplayName": "service.name", "AppDisplayName": "service.name",
    "resultDescription": "event.reason", "ResultDescription": "event.reason", "status.failureReason": "event.reason",
    "resultType": "event.code",
    "ResultType": "event.code", "location": "cloud.region", "tenantId": "cloud.account.id", "subscriptionId": "cloud.account.id",
}  # fmt: skip
_SIGNINS: Final = (
    "SignInLogs",
    "NonInteractiveUserSignInLogs",
    "ServicePrincipalSignInLogs",
    "ManagedIdentitySignInLogs",
    "SigninLogs",
    "UserLogin",
)
_AUDITS: Final = (
    "AuditLogs",
    "UserManagement",
    "GroupManagement",
    "RoleManagement",
    "ApplicationManagement",
    "Policy",
    "Authentication",
    "DirectoryManagement",
)
_DONE: Final = frozenset({"0", "success", "succeeded", "accept", "accepted", "start", "started", "none"})


def claims(keys: Set[str]) -> bool:
    """The three exports' own names."""
    return (
        (
            "operationName" in keys
            and not keys.isdisjoint({"resourceId", "resultType", "callerIpAddress", "tenantId", "eventTimestamp"})
        )
        or {"createdDateTime", "userPrincipalName"} <= keys
        or {"createdDateTime", "ipAddress", "status"} <= keys
        or {"activityDisplayName", "initiatedBy"} <= keys
        or (
            "TimeGenerated" in keys
            and not keys.isdisjoint({"OperationName", "UserPrincipalName", "OperationNameValue"})
        )
    )


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    event = native.flatten(document)
    category = str(native.first(event.get("category") or event.get("Category") or event.get("Type") or ""))
    operation = (
        event.get("operationName")
        or event.get("OperationName")
        or event.get("activityDisplayName")
        or event.get("operationName.value")
        or ""
    )
    native.fill(event, NAMES)
    event["cloud.provider"] = "azure"
    result = event.get(
        "resultType", event.get("ResultType", event.get("status.errorCode", event.get("properties.status.errorCode")))
    )
    if result is None:
        result = (
            event.get("result")
            or event.get("Result")
            or event.get("status.value")
            or event.get("ActivityStatusValue")
            or event.get("resultSignature")
        )
    outcome = None if result is None else "success" if str(result).lower() in _DONE else "failure"
    is_signin = (
        category in _SIGNINS
        or str(operation).lower() == "sign-in activity"
        or {"appDisplayName", "ipAddress"} <= document.keys()
    )
    if is_signin:
        event |= native.login(outcome, "entra", "directory")
        return SIGNIN, event
    event |= {"event.action": native.action(str(operation)), "event.category": "configuration"}
    if outcome:
        event["event.outcome"] = outcome
    if category in _AUDITS or "initiatedBy" in document or "activityDisplayName" in document:
        event["event.category"] = "iam"
        targets = document.get("targetResources") or (document.get("properties") or {}).get("targetResources")
        if targets.__class__ is list and targets and targets[0].__class__ is dict:
            event["user.target.name"] = targets[0].get("userPrincipalName") or targets[0].get("displayName")
        return AUDIT, event
    return ACTIVITY, event
