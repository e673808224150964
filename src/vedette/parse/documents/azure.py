r"""Microsoft Entra ID (Azure AD) sign-ins and audit, Azure activity, Azure Firewall; from diagnostics, Graph and Log Analytics.

    {"time":"...","category":"SignInLogs","operationName":"Sign-in activity","resultType":"50126","properties":{...}}
    {"createdDateTime":"...","userPrincipalName":"a@example.org","ipAddress":"203.0.113.9","status":{"errorCode":50126}}
    {"TimeGenerated":"...","OperationName":"Sign-in activity","ResultType":"0","UserPrincipalName":"a@example.org"}

    {"time":"...","category":"AZFWNetworkRule","resourceId":"...","properties":{"SourceIp":"203.0.113.9","Action":"Deny",...}}

Source: Microsoft Graph signIn and directoryAudit resources; Azure Monitor activity log schema; Azure Firewall monitoring.
"""

import re
from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import firewall, native
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
    "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "user.name",
    "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": "user.name", "identity.claims.appid": "user.id",
    "Identity": "user.name", "properties.userAgent": "user_agent.original", "userAgent": "user_agent.original",
    "UserAgent": "user_agent.original",
    "properties.appDisplayName": "service.name", "appDisplayName": "service.name", "AppDisplayName": "service.name",
    "resultDescription": "event.reason", "ResultDescription": "event.reason", "status.failureReason": "event.reason",
    "resultType": "event.code",
    "ResultType": "event.code", "location": "cloud.region", "tenantId": "cloud.account.id", "subscriptionId": "cloud.account.id",
}  # fmt: skip
FIREWALL: Final = Logsource(category="firewall", product="azure")
_FIREWALL: Final = {
    "properties.SourceIp": "source.address", "properties.SourceIP": "source.address", "properties.SourcePort": "source.port",
    "properties.DestinationIp": "destination.address", "properties.DestinationIP": "destination.address",
    "properties.DestinationPort": "destination.port", "properties.Fqdn": "destination.domain", "properties.TargetUrl": "url.full",
    "properties.Rule": "rule.name", "properties.ThreatDescription": "rule.name", "properties.Description": "rule.name",
    "properties.QueryName": "dns.question.name", "properties.QueryType": "dns.question.type", "properties.Protocol": "network.transport",
}  # fmt: skip
_END: Final = r"(?:(\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\])|([0-9A-Za-z_.-]*[0-9A-Za-z]))(?::(\d*))?"
_PACKET: Final = re.compile(rf"^(\w+)(?: Type=\d+)? request from {_END} to {_END}(?:[. ]|$)")
_ACTION: Final = re.compile(r"\. ?Action: (\w+)")
_FOUND: Final = re.compile(r"\. (?:IDS|ThreatIntel): ([^.]+)")
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
        or {"category", "properties", "resourceId", "time"} <= keys
        or {"createdDateTime", "userPrincipalName"} <= keys
        or {"createdDateTime", "ipAddress", "status"} <= keys
        or {"activityDisplayName", "initiatedBy"} <= keys
        or (
            "TimeGenerated" in keys
            and not keys.isdisjoint({"OperationName", "UserPrincipalName", "OperationNameValue"})
        )
    )


def _packet(event: Json) -> Json:
    """What Azure Firewall decided, in fields of its own or in a sentence."""
    native.fill(event, _FIREWALL)
    text = str(event.get("properties.msg") or "")
    action = event.get("properties.Action")
    packet = _PACKET.match(text)
    if packet:
        protocol, source, _, port, peer, name, its_port = packet.groups()
        event["source.address"], event["destination.address"] = (end and end.strip("[]") for end in (source, peer))
        event["source.port"], event["destination.port"], event["destination.domain"] = port or None, its_port or None, name
        event |= {"network.transport": protocol, "message": text}
        found, decided = _FOUND.search(text), _ACTION.search(text)
        event["rule.name"] = found[1] if found else event.get("rule.name")
        action = decided[1] if decided else "allow" if "was DNAT'ed to" in text else None
    protocol = str(event.get("network.transport") or "").lower()
    application = protocol.startswith("http") or protocol == "mssql"
    means: Json = firewall.CONSTANT | firewall.verdict([action])
    means |= {"network.transport": None if application else protocol or None, "network.protocol": protocol if application else None}
    if "IDS: " in text or "properties.ThreatDescription" in event or "properties.SignatureId" in event:
        means["event.category"] = "intrusion_detection"
    return means


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
    if category.startswith(("AZFW", "AzureFirewall")):
        event |= _packet(event)
        return FIREWALL, event
    if not operation:
        return ACTIVITY, event
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
