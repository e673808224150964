r"""Windows events as lines of text: Snare's tabs, and the rendered message that wevtutil, NXLog and Wazuh write in one line.

    dc1.example.org<TAB>MSWinEventLog<TAB>1<TAB>Security<TAB>77<TAB>Sun Feb 01 10:24:12 2026<TAB>4625<TAB>Microsoft-...
    02/01/2026 10:24:12 AM\nLogName=Security\nEventCode=4625\n...\nMessage=An account ...     Splunk's WinEventLog, in one record
    2026 Feb 01 10:24:12 WinEvtLog: Security: AUDIT_FAILURE(4625): Microsoft-Windows-Security-Auditing: ...: dc1: An account ...

Sources: Snare for Windows guide ("MSWinEventLog"); ossec-agent's event log lines. Names are those of an English Windows.
"""

import re
from typing import Final

import polars as pl

from vedette.model.records import Json
from vedette.parse import windows
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 70
NESTED: Final = True

_SNARE: Final = (
    r"^(?:(?P<Computer0>[^\s\t]+)\s)?MSWinEventLog[\t|,]+(?P<Level0>\d{1,2})[\t|,](?P<Channel>[^\t|,]+)[\t|,](?P<EventRecordID>\d*)[\t|,]"
    r"(?P<stamp>[^\t|,]+)[\t|,](?P<EventID>\d{1,6})[\t|,](?P<Provider_Name>[^\t|,]*)[\t|,](?P<User0>[^\t|,]*)[\t|,](?P<Sid>[^\t|,]*)"
    r"[\t|,](?P<Kind>[^\t|,]*)[\t|,](?P<Computer>[^\t|,]*)[\t|,](?P<Category>[^\t|,]*)[\t|,](?P<Data0>[^\t]*?)[\t|,](?P<message>(?s:.*))$"
)
_OSSEC: Final = (
    r"^(?:(?P<stamp>\d{4} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d) )?WinEvtLog: (?P<Channel>[^:]+): (?P<Kind>[A-Z_]{4,20})"
    r"\((?P<EventID>\d{1,6})\): (?P<Provider_Name>[^:]+): (?P<User0>[^:]*): (?P<Domain0>[^:]*): "
    r"(?P<Computer>[^:]+): (?P<message>(?s:.*))$"
)
_SPLUNK: Final = (
    r"^(?P<stamp>\d\d/\d\d/\d{4} \d\d:\d\d:\d\d(?:\.\d{1,6})? [AP]M)\r?\n(?:[A-Za-z]+=[^\n]*\n){0,4}?LogName=(?P<Channel>[^\r\n]+)\r?\n"
    r"(?:[A-Za-z]+=[^\n]*\n){0,4}?EventCode=(?P<EventID>\d{1,6})\r?\n(?P<rest0>(?s:.*))$"
)
SIGN: Final = (
    r"^\d\d/\d\d/\d{4} \d\d:\d\d:\d\d(?:\.\d{1,6})? [AP]M\r?\n(?:[A-Za-z]+=[^\n]*\n){0,8}EventCode="
    r"|^(?:\S+\s)?MSWinEventLog[\t|,]|^(?:\d{4} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d )?WinEvtLog: "
)
_PATTERNS: Final = (Pattern(_SNARE), Pattern(_OSSEC), Pattern(_SPLUNK))
_KEYS: Final = {
    "ComputerName": "Computer", "SourceName": "Provider_Name", "RecordNumber": "EventRecordID", "Keywords": "Kind", "User": "User0",
}  # fmt: skip

# "Account Name:  bob  Account Domain: EXAMPLE  Failure Information: ..." in one line or with tabs and line ends.
_PAIR: Final = re.compile(r"([A-Z][A-Za-z() -]{2,40}):[ \t\r\n]+([^\t\r\n:]*?)(?=[ \t\r\n]{2,}|[\t\r\n]|$)")
_LABELS: Final = {
    "source network address": "IpAddress", "source port": "IpPort", "workstation name": "WorkstationName",
    "logon type": "LogonType", "client address": "IpAddress", "client port": "IpPort", "failure reason": "FailureReason",
    "sub status": "SubStatus", "status": "Status", "new process name": "NewProcessName", "process command line": "CommandLine",
    "creator process name": "ParentProcessName", "process name": "ProcessName", "service file name": "ServiceFileName",
    "service name": "ServiceName", "logon process": "LogonProcessName", "authentication package": "AuthenticationPackageName",
    "object name": "ObjectName", "share name": "ShareName", "relative target name": "RelativeTargetName",
    "error code": "Status", "result code": "Status", "failure code": "Status", "source workstation": "Workstation",
    "logon account": "TargetUserName", "task name": "TaskName", "image": "Image", "commandline": "CommandLine",
    "source address": "SourceAddress", "destination address": "DestAddress", "destination port": "DestPort",
    "protocol": "Protocol", "application name": "Application",
}  # fmt: skip
_WHO: Final = {
    "account name": "UserName",
    "account domain": "DomainName",
    "security id": "UserSid",
    "logon id": "LogonId",
}
# Windows writes them behind the account and the workstation, whose names the peer chooses.
_LAST: Final = frozenset({"source network address", "source port", "client address", "client port"})
# Events whose only account is the one acted on.
_ONE_ACCOUNT: Final = frozenset({"4768", "4769", "4770", "4771", "4772", "4773", "4776", "4634", "4647"})


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Head fields and, from the rendered message, the fields that its labels stand for."""
    found = apply(frame, _PATTERNS, "raw")
    if found.is_empty():
        return Read([], no_rejects())
    columns = Columns()
    for row in found.iter_rows(named=True):
        line = row.pop("line")
        columns.add(line, windows.event(_native({k: v for k, v in row.items() if v is not None})))
    return Read([(windows.LOGSOURCE, columns.frame(context))], no_rejects())


def _unfolded(row: Json) -> Json:
    """Splunk's lines of a name and a value, down to the message."""
    head, _, message = str(row["rest0"]).partition("Message=")
    pairs = (line.strip().partition("=") for line in head.split("\n"))
    return row | {_KEYS[name]: value for name, equals, value in pairs if equals and name in _KEYS} | {"message": message}


def _native(row: Json) -> Json:
    if "rest0" in row:
        row = _unfolded(row)
    native: Json = {name: value for name, value in row.items() if not name.endswith("0") and name != "stamp"}
    stamp = row.get("stamp")
    if stamp and stamp[:4].isdigit():
        # 2026 Feb 01 10:24:12: the year comes before the month nowhere else.
        stamp = f"{stamp[5:11]} {stamp[:4]}{stamp[11:]}"
    native["@timestamp"] = stamp
    native.setdefault("Computer", row.get("Computer0"))
    kind = str(row.get("Kind", "")).lower().replace("_", " ")
    if "audit" in kind:
        native["Keywords"] = hex(windows.AUDIT_FAILURE if "fail" in kind else windows.AUDIT_SUCCESS)
    accounts = 0
    for label, value in _PAIR.findall(str(row.get("message", ""))[:65536]):
        label, value = label.strip().lower(), value.strip()
        if label in _WHO:
            accounts += label == "account name"
            second = accounts > 1 or row["EventID"] in _ONE_ACCOUNT
            if label == "security id":
                # It stands before the account's name.
                second = accounts >= 1 or row["EventID"] in _ONE_ACCOUNT
            native.setdefault(("Target" if second else "Subject") + _WHO[label], value)
        elif label in _LAST and value:
            native[_LABELS[label]] = value
        elif label in _LABELS and value:
            native.setdefault(_LABELS[label], value)
    user = row.get("User0")
    if user and user not in ("(no user)", "N/A"):
        native.setdefault("User", user)
    return native
