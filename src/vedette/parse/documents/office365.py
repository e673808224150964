r"""Microsoft 365 unified audit log (Office 365 Management Activity API).

    {"CreationTime":"2026-02-01T10:24:12","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","UserId":"a@example.org",...}

Source: "Office 365 Management Activity API schema". Wazuh carries it under `office365`.
"""

import re
from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 117
AUDIT: Final = Logsource(product="m365", service="audit")
EXCHANGE: Final = Logsource(product="m365", service="exchange")
THREAT: Final = Logsource(product="m365", service="threat_management")
NAMES: Final = {
    "CreationTime": "@timestamp", "CreationDate": "@timestamp", "ClientIP": "source.address", "ClientIPAddress": "source.address",
    "ActorIpAddress": "source.address", "SenderIp": "source.address", "UserId": "user.name", "UserKey": "user.id",
    "UserAgent": "user_agent.original",
    "Id": "event.code", "ObjectId": "file.path", "SourceFileName": "file.name", "LogonError": "event.reason",
    "OrganizationId": "cloud.account.id",
    "Workload": "service.name", "P2Sender": "email.from.address", "Recipients": "email.to.address",
}  # fmt: skip
_THREATS: Final = ("SecurityComplianceCenter", "ThreatIntelligence", "Quarantine", "AirInvestigation")

_FILES: Final = ("SharePoint", "OneDrive")
_OF_FILES: Final = ("File", "Folder", "Page", "ClientViewSignaled", "DLP", "ListItem")
_OF_MAILS: Final = frozenset(
    {"MailItemsAccessed", "Send", "SendAs", "SendOnBehalf", "HardDelete", "SoftDelete", "MoveToDeletedItems", "Move", "Copy",
     "Create", "Update", "MessageBind", "FolderBind"}
)  # fmt: skip
_CHANGES: Final = re.compile(
    r"^(?:Add|Remove|Set|New|Update|Change|Enable|Disable|Create|Delete)(?:d|ed)?(?:[A-Z _]|$)"
    r"|(?:Set|Added|Removed|Created|Deleted|Updated|Changed|Modified|Enabled|Disabled|Revoked|Shared)$"
)


def claims(keys: Set[str]) -> bool:
    """An operation of a workload."""
    return {"Operation", "Workload"} <= keys or {"Operation", "RecordType"} <= keys or "office365" in keys


def _category(document: Json, operation: str) -> str | None:
    """What it was about, of what is no login."""
    workload = str(document.get("Workload"))
    if document.get("SourceFileName") or (workload in _FILES and operation.startswith(_OF_FILES)):
        return "file"
    if workload == "Exchange" and (operation in _OF_MAILS or document.get("RecordType") in (2, 3, 50)):
        return "email"
    return "configuration" if "-" in operation or _CHANGES.search(operation) else None


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's."""
    inner = document.get("office365")
    if inner.__class__ is dict:
        document = inner
    event = native.flatten(document)
    address = str(event.get("ClientIP") or event.get("ClientIPAddress") or event.get("ActorIpAddress") or "")
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    if address:
        event["source.address"] = address
    native.fill(event, NAMES)
    operation = str(document.get("Operation", ""))
    result = str(document.get("ResultStatus", "")).lower()
    # Sigma's m365 rules were written for Cloud App Security's names.
    event |= {
        "eventSource": document.get("Workload"),
        "eventName": operation,
        "event.action": native.action(operation),
        "cloud.provider": "azure",
    }
    failed = result in ("failed", "failure", "false", "partiallysucceeded") or "fail" in operation.lower()
    if result or failed:
        event["event.outcome"] = "failure" if failed else "success"
    if operation in ("UserLoggedIn", "UserLoginFailed", "MailboxLogin", "TeamsSessionStarted"):
        event |= native.login("failure" if failed else "success", "microsoft365", "cloud")
    elif str(document.get("Workload")) == "AzureActiveDirectory":
        event["event.category"] = "iam"
    else:
        event["event.category"] = _category(document, operation)
    workload = str(document.get("Workload"))
    return (EXCHANGE if workload == "Exchange" else THREAT if workload in _THREATS else AUDIT), event
