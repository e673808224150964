r"""Microsoft Defender XDR's hunting tables, as they are streamed to an event hub or a storage account, and as they are exported.

    {"time":"...","tenantId":"...","operationName":"Publish","category":"AdvancedHunting-DeviceProcessEvents","Tenant":"DefaultTenant",
     "properties":{"Timestamp":"2026-02-01T10:24:12Z","DeviceName":"pc1","ActionType":"ProcessCreated","ProcessCommandLine":"a.exe -x",...}}

Source: Microsoft, "Understand the advanced hunting schema" and "Streaming API". Sigma: what a device's tables tell are the
categories of Windows (of Linux, where paths begin with a slash), so that rules for endpoints see them.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import firewall, native
from vedette.parse.context import Context
from vedette.parse.documents import azure

ORDER: Final = 114
NAMES: Final = {
    "Timestamp": "@timestamp", "TimeGenerated": "@timestamp", "DeviceName": "host.name", "SHA256": "file.hash.sha256",
    "SHA1": "file.hash.sha1", "MD5": "file.hash.md5", "FailureReason": "event.reason", "ProcessId": "process.pid",
    "Title": "rule.name", "ProcessVersionInfoOriginalFileName": "OriginalFileName", "ProcessVersionInfoCompanyName": "Company",
    "ProcessVersionInfoProductName": "Product", "ProcessVersionInfoFileDescription": "Description",
    "ProcessIntegrityLevel": "IntegrityLevel", "RegistryValueData": "Details",
}  # fmt: skip
_PEER: Final = {"RemoteIP": "source.address", "IPAddress": "source.address", "RemotePort": "source.port", "Port": "source.port"}
_ACCOUNT: Final = {"AccountName": "user.name", "AccountUpn": "user.name", "AccountDomain": "user.domain"}
_ACTOR: Final = {
    "InitiatingProcessAccountName": "user.name", "InitiatingProcessAccountDomain": "user.domain",
    "InitiatingProcessCommandLine": "process.command_line", "InitiatingProcessFolderPath": "process.executable",
    "InitiatingProcessFileName": "process.name", "InitiatingProcessId": "process.pid",
    "InitiatingProcessParentFileName": "process.parent.name",
}  # fmt: skip
_STARTED: Final = {
    "FileName": "process.name", "ProcessCommandLine": "process.command_line", "InitiatingProcessFolderPath": "process.parent.executable",
    "InitiatingProcessFileName": "process.parent.name", "InitiatingProcessCommandLine": "process.parent.command_line",
    "InitiatingProcessId": "process.parent.pid", **_ACCOUNT, "InitiatingProcessAccountName": "user.name",
}  # fmt: skip
_FLOW: Final = {
    "LocalIP": "source.address", "LocalPort": "source.port", "RemoteIP": "destination.address", "RemotePort": "destination.port",
    "RemoteUrl": "destination.domain", **_ACTOR,
}  # fmt: skip
_INBOUND: Final = {
    "RemoteIP": "source.address", "RemotePort": "source.port", "LocalIP": "destination.address", "LocalPort": "destination.port", **_ACTOR,
}  # fmt: skip
_FILES: Final = {"FileCreated": "creation", "FileModified": "change", "FileRenamed": "change", "FileDeleted": "deletion"}
_KINDS: Final = {"creation": "file_event", "change": "file_change", "deletion": "file_delete"}


def claims(keys: Set[str]) -> bool:
    """What the streaming API wraps around a row, or a row of a table of devices or identities."""
    return {"Tenant", "category", "properties"} <= keys or (
        {"ActionType", "ReportId"} <= keys and not keys.isdisjoint({"DeviceName", "AccountName", "AccountObjectId"})
    )


def _joined(folder: str, name: str) -> str:
    """A file's path; in some tables the folder's has the name already."""
    if not folder or not name or folder.lower().endswith(name.lower()):
        return folder or name
    return f"{folder.rstrip('/')}/{name}" if folder.startswith("/") else f"{folder.rstrip(chr(92))}\\{name}"


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """The row's own names and the schema's; another's envelope as Azure's."""
    row = document
    if "properties" in document:
        row = document["properties"]
        if row.__class__ is not dict or not str(document["category"]).startswith("AdvancedHunting-"):
            return azure.read(document, context)
    event = native.flatten(row)
    event |= {name: document[name] for name in ("category", "tenantId", "Tenant") if document is not row and name in document}
    table = str(event.get("category") or event.get("Type") or "").removeprefix("AdvancedHunting-")
    native.fill(event, NAMES)
    if "@timestamp" not in event:
        event["@timestamp"] = document.get("time")
    action = str(row.get("ActionType") or "")
    path = _joined(str(row.get("FolderPath") or ""), str(row.get("FileName") or ""))
    actor = str(row.get("InitiatingProcessFolderPath") or "")
    event |= {"service.name": "defender", "event.action": native.action(action or table)}
    category = _means(event, action, table, path)
    system = "linux" if (path or actor).startswith("/") else "windows"
    if category:
        return Logsource(category=category, product=system), event
    return Logsource(product="m365", service="defender"), event


def _means(event: Json, action: str, table: str, path: str) -> str | None:
    """The schema's fields of an action; returns Sigma's category of what happened on a device."""
    if action == "ProcessCreated" and "ProcessCommandLine" in event:
        native.fill(event, _STARTED)
        event |= {"event.category": "process", "event.type": "start", "process.executable": path or None}
        return "process_creation"
    if action.startswith("Logon") or table in ("DeviceLogonEvents", "IdentityLogonEvents"):
        native.fill(event, {**_ACCOUNT, **_PEER})
        tried = action.removeprefix("Logon")
        outcome = {"Success": "success", "Failed": "failure"}.get(tried)
        event |= native.login(outcome, "defender", "directory") if outcome else {"event.category": "authentication"}
        return None
    if action.startswith(("Connection", "InboundConnection", "InboundInternet", "OutboundConnection")):
        native.fill(event, _INBOUND if action.startswith("Inbound") else _FLOW)
        protocol = str(event.get("Protocol") or "").lower().removesuffix("v4").removesuffix("v6")
        event |= {"event.category": "network", "event.type": "connection", "network.transport": protocol or None}
        if action.endswith(("Success", "Accepted", "Failed", "Blocked")):
            event["event.outcome"] = "failure" if action.endswith(("Failed", "Blocked")) else "success"
        return "network_connection"
    native.fill(event, _ACTOR if "InitiatingProcessFileName" in event else {**_ACCOUNT, **_PEER})
    if action in _FILES:
        event |= {"event.category": "file", "event.type": _FILES[action], "file.path": path or None}
        return _KINDS[_FILES[action]]
    if action == "ImageLoaded":
        event |= {"event.category": "library", "ImageLoaded": path or None}
        return "image_load"
    if action.startswith("Registry"):
        key, value = str(event.get("RegistryKey") or ""), event.get("RegistryValueName")
        event |= {"event.category": "registry", "TargetObject": f"{key}\\{value}" if value else key}
        return "registry_set" if action == "RegistryValueSet" else "registry_event"
    if action.startswith("AntivirusDetection"):
        event |= {"event.category": "malware", "file.path": path or None, "rule.name": event.get("ThreatName") or event.get("rule.name")}
    elif table.startswith("Alert"):
        event |= {"event.category": "intrusion_detection", "event.severity": firewall.SEVERE.get(str(event.get("Severity")).lower())}
    elif table.startswith("Email"):
        event["event.category"] = "email"
    return None
