"""What Windows events mean: per channel and event id, constants and the native fields that fill the schema's.

Sources: Microsoft's "Appendix L: Events to Monitor" and the manifests of Security-Auditing, Sysmon 15, TerminalServices,
RemoteDesktopServices-RdpCoreTS, Service Control Manager, TaskScheduler, Windows Defender.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

Fields = tuple[tuple[str, str], ...]


class Meaning(NamedTuple):
    """`constants`, and `fields`: native name to schema name, the first that is there wins.

    `status`: native field that holds 0x0 for success; `audited`: the outcome is that of the audit keyword.
    """

    constants: Mapping[str, Any] = {}
    fields: Fields = ()
    status: str | None = None
    audited: bool = False


_PEER: Final[Fields] = (("IpAddress", "source.address"), ("IpPort", "source.port"))
_TARGET: Final[Fields] = (
    ("TargetUserName", "user.name"), ("TargetDomainName", "user.domain"), ("TargetUserSid", "user.id"),
    ("TargetSid", "user.id"),
)  # fmt: skip
_SUBJECT: Final[Fields] = (
    ("SubjectUserName", "user.name"), ("SubjectDomainName", "user.domain"), ("SubjectUserSid", "user.id"),
)  # fmt: skip
_CHANGED: Final[Fields] = (*_SUBJECT, ("TargetUserName", "user.target.name"), ("SamAccountName", "user.target.name"))
_MEMBER: Final[Fields] = (
    *_SUBJECT,
    ("TargetUserName", "group.name"),
    ("MemberName", "user.target.name"),
    ("MemberSid", "user.target.name"),
)
_CREATOR: Final[Fields] = (("ProcessName", "process.executable"), ("ProcessId", "process.pid"))
_SYSMON_PROCESS: Final[Fields] = (
    ("Image", "process.executable"), ("ProcessId", "process.pid"), ("CommandLine", "process.command_line"),
    ("CurrentDirectory", "process.working_directory"), ("ParentImage", "process.parent.executable"),
    ("ParentCommandLine", "process.parent.command_line"), ("ParentProcessId", "process.parent.pid"), ("User", "user.name"),
)  # fmt: skip
_FLOW: Final[Fields] = (
    ("SourceIp", "source.address"), ("SourcePort", "source.port"), ("DestinationIp", "destination.address"),
    ("DestinationPort", "destination.port"), ("DestinationHostname", "destination.domain"), ("Protocol", "network.transport"),
    ("SourceAddress", "source.address"), ("DestAddress", "destination.address"), ("DestPort", "destination.port"),
    ("Application", "process.executable"), ("ProcessID", "process.pid"),
)  # fmt: skip

_LOGIN: Final = {
    "event.category": "authentication",
    "event.action": "login",
    "service.name": "windows",
    "service.type": "directory",
}
_RDP: Final = {**_LOGIN, "service.name": "termsrv", "service.type": "remote-desktop"}


def _login(outcome: str | None, fields: Fields, *, status: str | None = None) -> Meaning:
    constants = {**_LOGIN, "event.outcome": outcome} if outcome else _LOGIN
    return Meaning(constants, (*fields, *_PEER), status)


def _iam(action: str, fields: Fields = _CHANGED, kind: str = "change") -> Meaning:
    return Meaning({"event.category": "iam", "event.action": action, "event.type": kind}, fields, audited=True)


def _did(category: str, action: str, kind: str, fields: Fields = _SUBJECT, **more: str) -> Meaning:
    constants = {"event.category": category, "event.action": action, "event.type": kind, **more}
    return Meaning(constants, fields, audited=category == "file")


_CONFIGURED: Final = "configuration"
_SERVICE: Final[Fields] = (
    *_SUBJECT,
    ("ImagePath", "process.command_line"),
    ("ServiceFileName", "process.command_line"),
    ("AccountName", "user.effective.name"),
)

SECURITY: Final[Mapping[str, Meaning]] = {
    "4624": _login("success", _TARGET), "4625": _login("failure", (*_TARGET, ("SubStatus", "event.reason"), ("Status", "event.reason"))),
    "4626": _login("success", _TARGET),
    "4768": _login(None, (*_TARGET, ("Status", "event.reason")), status="Status"),
    "4771": _login("failure", (*_TARGET, ("Status", "event.reason"))),
    "4772": _login("failure", (*_TARGET, ("FailureCode", "event.reason"))),
    "4773": _login("failure", (*_TARGET, ("FailureCode", "event.reason"))),
    "4776": _login(None, (*_TARGET, ("Workstation", "source.domain"), ("Status", "event.reason")), status="Status"),
    "4777": _login("failure", (*_TARGET, ("Workstation", "source.domain"), ("Status", "event.reason"))),
    "4769": Meaning(
        {"event.category": "authentication", "event.action": "service-ticket-requested"}, (*_TARGET, *_PEER), "Status"
    ),
    "4770": Meaning({"event.category": "authentication", "event.action": "service-ticket-renewed"}, (*_TARGET, *_PEER)),
    "4634": _did("authentication", "logout", "end", _TARGET), "4647": _did("authentication", "logout", "end", _TARGET),
    "4648": _did("authentication", "explicit-credentials", "start", (*_SUBJECT, ("TargetUserName", "user.effective.name"), *_PEER)),
    "4672": _did("iam", "privilege-use", "admin"), "4673": _iam("privilege-use", _SUBJECT, "info"),
    "4674": _iam("privilege-use", _SUBJECT, "info"),
    "4740": Meaning({**_LOGIN, "event.action": "account-locked", "event.outcome": "failure"},
    (*_TARGET[:1], ("TargetDomainName", "source.domain"))),
    "4767": _iam("account-unlocked"),
    "4778": _did("session", "session-start", "start", (("AccountName", "user.name"), ("ClientAddress", "source.address"))),
    "4779": _did("session", "session-end", "end", (("AccountName", "user.name"), ("ClientAddress", "source.address"))),
    "4800": _did("session", "workstation-locked", "change", _TARGET), "4801": _did("session", "workstation-unlocked", "change", _TARGET),
    "4825": Meaning({"event.category": "authentication", "event.type": "denied", "event.action": "access-denied",
    "event.outcome": "failure",
                     "service.type": "remote-desktop"}, (("AccountName", "user.name"), ("ClientAddress", "source.address"))),
    "4720": _iam("user-added", kind="creation"), "4726": _iam("user-deleted", kind="deletion"), "4722": _iam("user-enabled"),
    "4725": _iam("user-disabled"), "4723": _iam("password-changed"), "4724": _iam("password-changed"), "4738": _iam("user-changed"),
    "4781": _iam("user-renamed", (*_SUBJECT, ("NewTargetUserName", "user.target.name"))), "4765": _iam("user-changed"),
    "4766": _iam("user-changed"),
    "4741": _iam("user-added", kind="creation"), "4742": _iam("user-changed"), "4743": _iam("user-deleted", kind="deletion"),
    **{i: _iam("group-added", _MEMBER, "creation") for i in ("4727", "4731", "4754", "4759", "4744", "4749")},
    **{i: _iam("group-member-added", _MEMBER) for i in ("4728", "4732", "4756", "4761", "4746", "4751")},
    **{i: _iam("group-member-removed", _MEMBER) for i in ("4729", "4733", "4757", "4762", "4747", "4752")},
    **{i: _iam("group-deleted", _MEMBER, "deletion") for i in ("4730", "4734", "4758", "4763", "4748", "4753")},
    **{i: _iam("group-changed", _MEMBER) for i in ("4735", "4737", "4755", "4764")},
    "4688": _did("process", "process-started", "start", (
        ("NewProcessName", "process.executable"), ("NewProcessId", "process.pid"), ("CommandLine", "process.command_line"),
        ("ParentProcessName", "process.parent.executable"), ("ProcessId", "process.parent.pid"), *_SUBJECT)),
    "4689": _did("process", "process-ended", "end", (*_CREATOR, ("Status", "process.exit_code"), *_SUBJECT)),
    "4697": _did(_CONFIGURED, "service-installed", "creation", _SERVICE),
    "4698": _did(_CONFIGURED, "scheduled-task-created", "creation"), "4699": _did(_CONFIGURED, "scheduled-task-deleted", "deletion"),
    "4700": _did(_CONFIGURED, "scheduled-task-enabled", "change"), "4701": _did(_CONFIGURED, "scheduled-task-disabled", "change"),
    "4702": _did(_CONFIGURED, "scheduled-task-updated", "change"), "4719": _did(_CONFIGURED, "audit-policy-changed", "change"),
    "4657": _did("registry", "registry-value-set", "change", (*_SUBJECT, *_CREATOR)),
    "1102": _did(_CONFIGURED, "log-cleared", "deletion"), "517": _did(_CONFIGURED, "log-cleared", "deletion"),
    "4656": _did("file", "handle-requested", "access", (*_SUBJECT, ("ObjectName", "file.path"), *_CREATOR)),
    "4663": _did("file", "object-accessed", "access", (*_SUBJECT, ("ObjectName", "file.path"), *_CREATOR)),
    "4660": _did("file", "object-deleted", "deletion", (*_SUBJECT, *_CREATOR)),
    "4670": _did("file", "permissions-changed", "change", (*_SUBJECT, ("ObjectName", "file.path"), *_CREATOR)),
    "5140": _did("file", "share-accessed", "access", (*_SUBJECT, ("ShareName", "file.path"), *_PEER)),
    "5145": _did("file", "share-accessed", "access", (*_SUBJECT, ("RelativeTargetName", "file.path"), *_PEER)),
    "5142": _did(_CONFIGURED, "share-added", "creation"), "5144": _did(_CONFIGURED, "share-deleted", "deletion"),
    "5136": _did(_CONFIGURED, "directory-object-changed", "change"), "5137": _did(_CONFIGURED, "directory-object-created", "creation"),
    "4662": _did("iam", "directory-object-accessed", "access"),
    "5156": _did("network", "connection-allowed", "allowed", _FLOW), "5154": _did("network", "listen-allowed", "allowed", _FLOW),
    "5157": _did("network", "connection-blocked", "denied", _FLOW), "5152": _did("network", "connection-blocked", "denied", _FLOW),
    "5158": _did("network", "bind-allowed", "allowed", _FLOW), "5159": _did("network", "bind-blocked", "denied", _FLOW),
    # Windows before Vista.
    "528": _login("success", (("User", "user.name"),)), "540": _login("success", (("User", "user.name"),)),
    **{str(i): _login("failure", (("User", "user.name"),)) for i in range(529, 538)},
}  # fmt: skip

_FILE: Final[Fields] = (*_SYSMON_PROCESS, ("TargetFilename", "file.path"))
SYSMON: Final[Mapping[str, Meaning]] = {
    "1": _did("process", "process-started", "start", _SYSMON_PROCESS), "5": _did("process", "process-ended", "end", _SYSMON_PROCESS),
    "2": _did("file", "file-time-changed", "change", _FILE), "11": _did("file", "file-created", "creation", _FILE),
    "15": _did("file", "stream-created", "creation", _FILE), "23": _did("file", "file-deleted", "deletion", _FILE),
    "26": _did("file", "file-deleted", "deletion", _FILE), "29": _did("file", "file-created", "creation", _FILE),
    "27": _did("file", "file-blocked", "denied", _FILE), "28": _did("file", "file-blocked", "denied", _FILE),
    "3": _did("network", "connection", "connection", (*_FLOW, *_SYSMON_PROCESS)),
    "22": _did("network", "dns-query", "info", (("QueryName", "dns.question.name"), *_SYSMON_PROCESS), **{"network.protocol": "dns"}),
    "6": _did("driver", "driver-loaded", "start", (("ImageLoaded", "file.path"),)),
    "7": _did("process", "image-loaded", "info", (*_SYSMON_PROCESS, ("ImageLoaded", "file.path"))),
    "8": _did("process", "remote-thread-created", "change", (("SourceImage", "process.executable"), ("SourceProcessId", "process.pid"))),
    "9": _did("process", "raw-access", "access", _SYSMON_PROCESS),
    "10": _did("process", "process-accessed", "access",
    (("SourceImage", "process.executable"), ("SourceProcessId", "process.pid"), ("SourceUser", "user.name"))),
    "12": _did("registry", "registry-key-changed", "change", _SYSMON_PROCESS),
    "13": _did("registry", "registry-value-set", "change", _SYSMON_PROCESS),
    "14": _did("registry", "registry-key-renamed", "change", _SYSMON_PROCESS),
    "17": _did("file", "pipe-created", "creation", (*_SYSMON_PROCESS, ("PipeName", "file.name"))),
    "18": _did("file", "pipe-connected", "access", (*_SYSMON_PROCESS, ("PipeName", "file.name"))),
    "25": _did("process", "process-tampered", "change", _SYSMON_PROCESS),
    "16": _did(_CONFIGURED, "sysmon-configuration-changed", "change"), "4": _did(_CONFIGURED, "sysmon-state-changed", "change"),
}  # fmt: skip

_SESSION: Final[Fields] = (("User", "user.name"), ("Address", "source.address"))
_GATEWAY: Final[Fields] = (
    ("Username", "user.name"),
    ("UserName", "user.name"),
    ("IpAddress", "source.address"),
    ("ErrorCode", "event.reason"),
)
_MALWARE: Final[Fields] = (("Threat Name", "rule.name"), ("Path", "file.path"), ("Process Name", "process.executable"),
                           ("Detection User", "user.name"))  # fmt: skip
_TASK: Final[Fields] = (("UserContext", "user.name"), ("UserName", "user.name"))
CHANNELS: Final[Mapping[str, Mapping[str, Meaning]]] = {
    "security": SECURITY,
    "microsoft-windows-sysmon/operational": SYSMON, "linux-sysmon/operational": SYSMON,
    "system": {
        "7045": _did(_CONFIGURED, "service-installed", "creation", _SERVICE),
        "7040": _did(_CONFIGURED, "service-changed", "change"), "104": _did(_CONFIGURED, "log-cleared", "deletion"),
        "1074": _did("host", "shutdown", "end"), "6005": _did("host", "log-started", "start"), "6006": _did("host", "log-stopped", "end"),
    },
    "microsoft-windows-terminalservices-localsessionmanager/operational": {
        "21": _did("session", "session-start", "start", _SESSION), "22": _did("session", "session-start", "start", _SESSION),
        "23": _did("session", "session-end", "end", _SESSION), "24": _did("session", "session-end", "end", _SESSION),
        "25": _did("session", "session-start", "start", _SESSION),
    },
    "microsoft-windows-terminalservices-remoteconnectionmanager/operational": {
        # Network level authentication succeeded; Param1-3 are user, domain and address.
        "1149": Meaning({**_RDP, "event.outcome": "success"},
        (("Param1", "user.name"), ("Param2", "user.domain"), ("Param3", "source.address"))),
    },
    "microsoft-windows-remotedesktopservices-rdpcorets/operational": {
        "140": Meaning({**_RDP, "event.outcome": "failure"}, (("IPString", "source.address"),)),
        "131": _did("network", "connection", "connection", (("ClientIP", "source.address"),)),
    },
    "microsoft-windows-terminalservices-gateway/operational": {
        **{i: Meaning({**_RDP, "event.outcome": "success"}, _GATEWAY) for i in ("200", "300", "302")},
        **{i: Meaning({**_RDP, "event.outcome": "failure"}, _GATEWAY) for i in ("201", "301", "304")},
    },
    "microsoft-windows-powershell/operational": {
        "4103": _did("process", "script-module", "info", (("User", "user.name"),)),
        "4104": _did("process", "script-block", "info", (("Path", "file.path"),)),
        "4105": _did("process", "script-started", "start"), "4106": _did("process", "script-ended", "end"),
    },
    "microsoft-windows-taskscheduler/operational": {
        "106": _did(_CONFIGURED, "scheduled-task-created", "creation", _TASK),
        "140": _did(_CONFIGURED, "scheduled-task-updated", "change", _TASK),
        "141": _did(_CONFIGURED, "scheduled-task-deleted", "deletion", _TASK),
        "200": _did("process", "scheduled-task-run", "info", (("ActionName", "process.command_line"),)),
    },
    "microsoft-windows-windows defender/operational": {
        **{i: _did("malware", "malware-detected", "info", _MALWARE) for i in ("1006", "1015", "1116")},
        **{i: _did("malware", "malware-removed", "info", _MALWARE) for i in ("1007", "1117")},
        "5001": _did(_CONFIGURED, "protection-disabled", "change"), "5007": _did(_CONFIGURED, "protection-changed", "change"),
    },
    "microsoft-windows-dns-client/operational": {
        "3008": _did("network", "dns-query", "info", (("QueryName", "dns.question.name"),), **{"network.protocol": "dns"}),
    },
    "microsoft-windows-iis-logging/logs": {"6200": Meaning()},
}  # fmt: skip
_ELSEWHERE: Final = Meaning({}, (*_SUBJECT, ("User", "user.name"), *_PEER, ("Image", "process.executable")))


def meaning(channel: str, code: str) -> Meaning:
    """Of one kind of event; of one that no table knows, what its field names say."""
    return CHANNELS.get(channel.lower(), {}).get(code, _ELSEWHERE)
