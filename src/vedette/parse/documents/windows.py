r"""Windows events as JSON, in the shapes that their exporters write.

{"Event": {"System": {...}, "EventData": {...}}}                 evtx, Chainsaw (under document.data)
{"EventID": 4625, "Channel": "Security", "Hostname": "dc1", ...} NXLog, Fluent Bit, OTRF
{"winlog": {"event_id": 4625, "event_data": {...}}, ...}         Winlogbeat, Elastic Agent; also with dotted keys
{"win": {"system": {...}, "eventdata": {...}}}                   Wazuh
{"EventId": 4625, "Channel": "Security", "Payload": "{...}"}     EvtxECmd
{"RuleTitle": ..., "EventID": 4625, "Details": {...}}            Hayabusa
{"LogName": "Security", "ProviderName": ..., "Id": 4625, ...}    PowerShell's ConvertTo-Json
"""

from collections.abc import Set
from typing import Any, Final

import orjson

from vedette.model.records import Json, Logsource
from vedette.parse import windows
from vedette.parse.context import Context
from vedette.parse.native_columns import Column, any_of, each, either, kind

ORDER: Final = 100
SPLIT: Final = (
    ("EventID",), ("Channel",), ("Event", "System", "EventID"), ("Event", "System", "EventID", "#text"),
    ("Event", "System", "Channel"), ("winlog", "event_id"), ("winlog", "channel"), ("winlog.event_id",),
    ("winlog.channel",), ("event", "code"), ("win", "system", "eventID"), ("win", "system", "channel"),
    ("System", "EventID"), ("System", "Channel"), ("EventId",), ("Id",), ("LogName",),
)  # fmt: skip

_FLAT: Final = frozenset(
    {"Channel", "SourceName", "ProviderGuid", "Hostname", "Computer", "SourceModuleType", "Source", "Provider_Name"}
)


_SPOKEN: Final = frozenset(
    {"User", "Username", "UserName", "Status", "Result", "Message", "IP", "IP Address", "ClientIP", "SourceIP", "user", "ip",
     "user.name", "source.address", "status", "result", "message"}
)  # fmt: skip
"""Keys beside which `Event` is a word for what happened."""


def claims(keys: Set[str]) -> bool:
    """Whether these are the keys of one of the shapes."""
    return (
        ("Event" in keys and keys.isdisjoint(_SPOKEN))
        or "winlog" in keys
        or "win" in keys
        or {"System", "EventData"} <= keys
        or ("EventID" in keys and not keys.isdisjoint(_FLAT))
        or {"EventId", "Channel"} <= keys
        or {"LogName", "ProviderName", "Id"} <= keys
        or {"document", "kind"} <= keys
        or "winlog.event_id" in keys
        or "winlog.channel" in keys
    )


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """Native names and the schema's.

    Raises:
        ValueError: the keys promise a Windows event and the values keep none.
    """
    native = _native(document)
    if "EventID" not in native:
        raise ValueError("no event id in a Windows event")
    return windows.LOGSOURCE, windows.event(native)


def _native(document: Json) -> Json:
    body = document.get("Event")
    if body.__class__ is dict:
        return windows.flatten(body)
    if "winlog" in document or "winlog.event_id" in document or "winlog.channel" in document:
        return _winlogbeat(document)
    win = document.get("win")
    if win.__class__ is dict:
        return _wazuh(win)
    if "System" in document and "EventData" in document:
        return windows.flatten(document)
    if "document" in document:
        data = document["document"].get("data", {})
        return windows.flatten(data.get("Event", data))
    if "Payload" in document or ("EventId" in document and "EventID" not in document):
        return _evtxecmd(document)
    if "LogName" in document:
        return _powershell(document)
    if "RuleTitle" in document:
        return _hayabusa(document)
    return _flat(document)


_RENAMED: Final = {
    "Hostname": "Computer", "SourceName": "Provider_Name", "ProviderGuid": "Provider_Guid", "RecordNumber": "EventRecordID",
    "ProviderName": "Provider_Name", "RecordID": "EventRecordID", "Timestamp": "@timestamp",
    "ExecutionProcessID": "Execution_ProcessID", "ThreadID": "Execution_ThreadID", "ComputerName": "Computer",
    "UserID": "Security_UserID", "Source": "Provider_Name", "MachineName": "Computer", "Provider": "Provider_Name",
    "EventId": "EventID", "EventRecordId": "EventRecordID", "Id": "EventID", "LogName": "Channel", "RecordId": "EventRecordID",
}  # fmt: skip
_SKIPPED: Final = windows.RESERVED | {"@version", "tags", "host", "port", "SourceModuleName", "SourceModuleType"}


_CHANNELS: Final = {
    "Sec": "Security", "Sys": "System", "App": "Application", "Sysmon": "Microsoft-Windows-Sysmon/Operational",
    "PwSh": "Microsoft-Windows-PowerShell/Operational", "PwShClassic": "Windows PowerShell",
    "Defender": "Microsoft-Windows-Windows Defender/Operational", "TaskSch": "Microsoft-Windows-TaskScheduler/Operational",
    "BitsCli": "Microsoft-Windows-Bits-Client/Operational", "WMI": "Microsoft-Windows-WMI-Activity/Operational",
    "Firewall": "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall",
    "RDS-LSM": "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
    "RDS-RCM": "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
    "WinRM": "Microsoft-Windows-WinRM/Operational", "NTLM": "Microsoft-Windows-NTLM/Operational",
    "CodeInteg": "Microsoft-Windows-CodeIntegrity/Operational", "DNS-Svr": "DNS Server",
}  # fmt: skip
_DETAILS: Final = {
    "TgtUser": "TargetUserName", "SrcUser": "SubjectUserName", "SrcIP": "IpAddress", "SrcComp": "WorkstationName",
    "SrcPort": "IpPort", "Type": "LogonType", "LID": "TargetLogonId", "Cmdline": "CommandLine", "ParentCmdline": "ParentCommandLine",
    "Svc": "ServiceName", "TgtSvr": "TargetServerName", "TgtDom": "TargetDomainName", "SubStatus": "SubStatus",
}  # fmt: skip
"""Hayabusa's short names: config/channel_abbreviations.txt and default_details.txt of its rules. `Path` is
left as it is: what it stands for differs from event to event."""
_PROGRAM: Final = {"Security": "NewProcessName", "Microsoft-Windows-Sysmon/Operational": "Image"}
"""What `Proc` stands for, by channel."""


def _number(kind: Any) -> Any:
    return kind.partition(" ")[0] if kind.__class__ is str else kind  # 3 - NETWORK


def _hayabusa(document: Json) -> Json:
    """A line of a timeline with the names that the event itself had."""
    for name in ("Channel", "Details"):
        if document.get(name).__class__ is Column:
            raise TypeError("read one by one")
    native: Json = {key: value for key, value in document.items() if key not in ("Details", "Channel")}
    native["Channel"] = _CHANNELS.get(str(document.get("Channel")), document.get("Channel"))
    details = document.get("Details")
    if details.__class__ is str:
        pairs = (part.partition(": ") for part in details.split(" ¦ "))
        details = {key.strip(): value.strip() for key, colon, value in pairs if colon}
    if details.__class__ is dict:
        names = _DETAILS | {"Proc": _PROGRAM.get(str(native["Channel"]), "Proc")}
        named = {names.get(key, key): value for key, value in details.items()}
        if "LogonType" in named:
            named["LogonType"] = each(_number, named["LogonType"])
        native["Details"] = named
    return _flat(native)


def _flat(document: Json) -> Json:
    native: Json = {}
    nested = [
        document[name] for name in ("EventData", "Details", "ExtraFieldInfo") if document.get(name).__class__ is dict
    ]
    for key, value in document.items():
        if value is None or key in _SKIPPED:
            continue
        if value.__class__ is dict:
            if any(value is data for data in nested):
                continue
            for name, inner in value.items():
                native[f"{key}_{name.lstrip('@')}"] = inner
            continue
        native[key] = value
        other = _RENAMED.get(key)
        if other and other not in document:
            native[other] = value
    for data in nested:
        for key, value in data.items():
            native.setdefault(key, value)
    # Seen in the wild: the exporter's own receipt time beside the event's.
    if "@timestamp" not in native:
        time = any_of(*(document.get(name) for name in ("TimeCreated", "UtcTime", "@timestamp", "EventTime")))
        if kind(time) is str:
            native["@timestamp"] = time
    if "Message" in native:
        native["message"] = native["Message"]
    return native


def _winlogbeat(document: Json) -> Json:
    native: Json = {}
    winlog = document.get("winlog")
    if winlog.__class__ is not dict:
        winlog = {}
        for key, value in document.items():
            if key.startswith("winlog.event_data."):
                winlog.setdefault("event_data", {})[key.removeprefix("winlog.event_data.")] = value
            elif key.startswith("winlog."):
                winlog[key.removeprefix("winlog.")] = value
    for section in ("event_data", "user_data"):
        data = winlog.get(section)
        if data.__class__ is dict:
            for key, value in data.items():
                if value is not None and key not in windows.RESERVED:
                    native[key] = value
    for key, name in _WINLOG:
        value = winlog.get(key)
        if value is not None and value.__class__ is not dict:
            native[name] = value
    outer = document.get("event") if document.get("event").__class__ is dict else {}
    if "EventID" not in native and isinstance(outer, dict) and outer.get("code") is not None:
        native["EventID"] = outer["code"]
    native["@timestamp"] = document.get("@timestamp")
    message = document.get("message")
    if kind(message) is str:
        native["message"] = message
    audited = each(_audited, winlog.get("keywords"))
    if audited is not None:
        native["Keywords"] = either(audited, native.get("Keywords"))
    return native


def _audited(keywords: Any) -> str | None:
    if keywords.__class__ is not list:
        return None
    return _SUCCESS if "Audit Success" in keywords else _FAILURE if "Audit Failure" in keywords else None


_SUCCESS: Final = hex(windows.AUDIT_SUCCESS)
_FAILURE: Final = hex(windows.AUDIT_FAILURE)


_WINLOG: Final = (
    ("event_id", "EventID"), ("channel", "Channel"), ("provider_name", "Provider_Name"), ("computer_name", "Computer"),
    ("provider_guid", "Provider_Guid"), ("record_id", "EventRecordID"), ("task", "Task"), ("opcode", "Opcode"),
    ("version", "Version"), ("activity_id", "Correlation_ActivityID"),
)  # fmt: skip


def _undoubled(value: Any) -> Any:
    return value.replace("\\\\", "\\") if value.__class__ is str else value


def _wazuh(win: Json) -> Json:
    system, data = win.get("system"), win.get("eventdata") or win.get("eventData")
    native: Json = {}
    for key, value in data.items() if isinstance(data, dict) else ():
        # Wazuh writes TargetUserName as targetUserName, and doubles back-slashes.
        native[key[:1].upper() + key[1:]] = each(_undoubled, value)
    for key, value in system.items() if isinstance(system, dict) else ():
        name = _WAZUH.get(key)
        if name:
            native[name] = value
    return native


_WAZUH: Final = {
    "eventID": "EventID", "channel": "Channel", "providerName": "Provider_Name", "providerGuid": "Provider_Guid",
    "computer": "Computer", "eventRecordID": "EventRecordID", "systemTime": "@timestamp", "level": "Level", "task": "Task",
    "opcode": "Opcode", "keywords": "Keywords", "processID": "Execution_ProcessID", "threadID": "Execution_ThreadID",
    "version": "Version", "message": "message",
}  # fmt: skip


def _object(payload: Any) -> bool | None:
    return True if payload.__class__ is str and payload.lstrip()[:1] == "{" else None


def _evtxecmd(document: Json) -> Json:
    native = _flat({key: value for key, value in document.items() if key != "Payload"})
    payload: Any = document.get("Payload")
    if payload.__class__ is Column:
        if each(_object, payload) is not None:
            raise TypeError("documents in a column")
    elif payload.__class__ is str:
        try:
            payload = orjson.loads(payload)
        except orjson.JSONDecodeError:
            payload = None
    if payload.__class__ is dict:
        for key, value in windows.flatten(payload).items():
            native[key] = value
    return native


def _powershell(document: Json) -> Json:
    native = _flat({key: value for key, value in document.items() if key not in ("Properties", "TimeCreated")})
    time = document.get("TimeCreated")
    if time.__class__ is dict:
        time = any_of(time.get("value"), time.get("DateTime"))
    if kind(time) is str:
        native["@timestamp"] = each(_plain_time, time)
    return native


def _plain_time(time: str) -> str:
    # Windows PowerShell 5 writes /Date(1769941452123)/.
    return time[6:-2] if time.startswith("/Date(") else time
