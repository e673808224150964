"""Windows in Sigma's taxonomy: services are channels, categories are event ids of channels.

Sources: Sigma taxonomy appendix 2.1.0; Sysmon 15 event manifest; the channels' own manifests.
"""

from collections.abc import Mapping
from typing import Final

SYSMON: Final = "microsoft-windows-sysmon/operational"
POWERSHELL: Final = "microsoft-windows-powershell/operational"
POWERSHELL_7: Final = "powershellcore/operational"
POWERSHELL_CLASSIC: Final = "windows powershell"
DEFENDER: Final = "microsoft-windows-windows defender/operational"
KERNEL_FILE: Final = "microsoft-windows-kernel-file"
KERNEL_FILE_ANALYTIC: Final = "microsoft-windows-kernel-file/analytic"

Fields = Mapping[str, tuple[str, ...]]

FIELDS: Final[Fields] = {
    "Channel": ("Channel", "winlog.channel"),
    "EventID": ("EventID", "winlog.event_id", "event.code"),
    "Provider_Name": ("Provider_Name", "winlog.provider_name"),
    "Computer": ("Computer", "host.name"),
    "ComputerName": ("ComputerName", "Computer", "host.name"),
}
"""Names that every Windows event has, and where they are when the parser kept only their ECS form."""

# An audited process creation names the new process and its creator differently from Sysmon.
_AUDITED_PROCESS: Final[Fields] = {
    "Image": ("NewProcessName",),
    "ParentImage": ("ParentProcessName",),
    "ProcessId": ("NewProcessId",),
    "ParentProcessId": ("ProcessId",),
    "User": ("SubjectUserName",),
    "LogonId": ("SubjectLogonId",),
    "IntegrityLevel": ("MandatoryLabel",),
}
_ANTIVIRUS: Final[Fields] = {"Signature": ("Threat Name", "ThreatName"), "Filename": ("Path",)}
_DEFENDER_FINDINGS: Final = frozenset(
    {"1006", "1007", "1008", "1009", "1010", "1011", "1012", "1017", "1018", "1019", "1115", "1116", "1117", "1118",
     "1119"}
)  # fmt: skip


def _sysmon(*ids: int) -> tuple[str, frozenset[str], Fields]:
    return SYSMON, frozenset(map(str, ids)), {}


CATEGORIES: Final[Mapping[str, tuple[tuple[str, frozenset[str], Fields], ...]]] = {
    "process_creation": (_sysmon(1), ("security", frozenset({"4688"}), _AUDITED_PROCESS)),
    "file_change": (_sysmon(2),),
    "network_connection": (_sysmon(3),),
    "sysmon_status": (_sysmon(4, 16),),
    "process_termination": (_sysmon(5),),
    "driver_load": (_sysmon(6),),
    "image_load": (_sysmon(7),),
    "create_remote_thread": (_sysmon(8),),
    "raw_access_thread": (_sysmon(9),),
    "raw_access_read": (_sysmon(9),),
    "process_access": (_sysmon(10),),
    "file_event": (_sysmon(11),),
    "registry_add": (_sysmon(12),),
    "registry_delete": (_sysmon(12),),
    "registry_set": (_sysmon(13),),
    "registry_rename": (_sysmon(14),),
    "registry_event": (_sysmon(12, 13, 14),),
    "create_stream_hash": (_sysmon(15),),
    "pipe_created": (_sysmon(17, 18),),
    "wmi_event": (_sysmon(19, 20, 21),),
    "dns_query": (_sysmon(22),),
    "file_delete": (_sysmon(23, 26),),
    "file_delete_detected": (_sysmon(26),),
    "clipboard_change": (_sysmon(24),),
    "clipboard_capture": (_sysmon(24),),
    "process_tampering": (_sysmon(25),),
    "file_block_executable": (_sysmon(27),),
    "file_block_shredding": (_sysmon(28),),
    "file_executable_detected": (_sysmon(29),),
    "sysmon_error": (_sysmon(255),),
    "ps_module": ((POWERSHELL, frozenset({"4103"}), {}), (POWERSHELL_7, frozenset({"4103"}), {})),
    "ps_script": ((POWERSHELL, frozenset({"4104"}), {}), (POWERSHELL_7, frozenset({"4104"}), {})),
    "ps_classic_start": ((POWERSHELL_CLASSIC, frozenset({"400"}), {}),),
    "ps_classic_provider_start": ((POWERSHELL_CLASSIC, frozenset({"600"}), {}),),
    "ps_classic_script": ((POWERSHELL_CLASSIC, frozenset({"800"}), {}),),
    # Kernel-File is a provider that is traced and has no channel of its own: collectors give one of these names.
    "file_access": ((KERNEL_FILE, frozenset({"12"}), {}), (KERNEL_FILE_ANALYTIC, frozenset({"12"}), {})),
    "file_rename": ((KERNEL_FILE, frozenset({"19", "27"}), {}), (KERNEL_FILE_ANALYTIC, frozenset({"19", "27"}), {})),
    "antivirus": ((DEFENDER, _DEFENDER_FINDINGS, _ANTIVIRUS),),
}
"""Category: (channel, event ids, names that its fields have there)."""

# Sysmon's event 12 is both; its EventType tells which.
EVENT_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "registry_add": frozenset({"createkey"}),
    "registry_delete": frozenset({"deletekey", "deletevalue"}),
}

_OPERATIONAL: Final = {
    "appmodel-runtime": "microsoft-windows-appmodel-runtime/admin",
    "appxdeployment-server": "microsoft-windows-appxdeploymentserver/operational",
    "appxpackaging-om": "microsoft-windows-appxpackaging/operational",
    "bitlocker": "microsoft-windows-bitlocker/bitlocker management",
    "bits-client": "microsoft-windows-bits-client/operational",
    "capi2": "microsoft-windows-capi2/operational",
    "certificateservicesclient-lifecycle-system":
        "microsoft-windows-certificateservicesclient-lifecycle-system/operational",
    "codeintegrity-operational": "microsoft-windows-codeintegrity/operational",
    "dhcp": "microsoft-windows-dhcp-server/operational",
    "diagnosis-scripted": "microsoft-windows-diagnosis-scripted/operational",
    "dns-client": "microsoft-windows-dns client events/operational",
    "dns-server": "dns server",
    "dns-server-analytic": "microsoft-windows-dns-server/analytical",
    "dns-server-audit": "microsoft-windows-dns-server/audit",
    "driver-framework": "microsoft-windows-driverframeworks-usermode/operational",
    "firewall-as": "microsoft-windows-windows firewall with advanced security/firewall",
    "hyper-v-worker": "microsoft-windows-hyper-v-worker",
    "iis-configuration": "microsoft-iis-configuration/operational",
    "kernel-event-tracing": "microsoft-windows-kernel-eventtracing",
    "ldap": "microsoft-windows-ldap-client/debug",
    "ldap_debug": "microsoft-windows-ldap-client/debug",
    "lsa-server": "microsoft-windows-lsa/operational",
    "microsoft-servicebus-client": "microsoft-servicebus-client",
    "msexchange-management": "msexchange management",
    "ntfs": "microsoft-windows-ntfs/operational",
    "ntlm": "microsoft-windows-ntlm/operational",
    "openssh": "openssh/operational",
    "powershell-classic": POWERSHELL_CLASSIC,
    "printservice-admin": "microsoft-windows-printservice/admin",
    "printservice-operational": "microsoft-windows-printservice/operational",
    "sense": "microsoft-windows-sense/operational",
    "shell-core": "microsoft-windows-shell-core/operational",
    "smbclient-connectivity": "microsoft-windows-smbclient/connectivity",
    "smbclient-security": "microsoft-windows-smbclient/security",
    "smbserver-connectivity": "microsoft-windows-smbserver/connectivity",
    "sysmon": SYSMON,
    "taskscheduler": "microsoft-windows-taskscheduler/operational",
    "terminalservices-localsessionmanager": "microsoft-windows-terminalservices-localsessionmanager/operational",
    "vhdmp": "microsoft-windows-vhdmp/operational",
    "windefend": DEFENDER,
    "wmi": "microsoft-windows-wmi-activity/operational",
}  # fmt: skip

CHANNELS: Final[Mapping[str, frozenset[str]]] = {
    **{service: frozenset({channel}) for service, channel in _OPERATIONAL.items()},
    "security": frozenset({"security"}),
    "system": frozenset({"system"}),
    "application": frozenset({"application"}),
    "powershell": frozenset({POWERSHELL, POWERSHELL_7}),
    "applocker": frozenset(
        f"microsoft-windows-applocker/{name}"
        for name in ("msi and script", "exe and dll", "packaged app-deployment", "packaged app-execution")
    ),
    "application-experience": frozenset(
        f"microsoft-windows-application-experience/{name}"
        for name in ("program-telemetry", "program-compatibility-assistant")
    ),
    "kernel-shimengine": frozenset(
        f"microsoft-windows-kernel-shimengine/{name}" for name in ("operational", "diagnostic")
    ),
    "security-mitigations": frozenset(
        f"microsoft-windows-security-mitigations/{name}" for name in ("kernel mode", "user mode")
    ),
    "servicebus-client": frozenset(f"microsoft-servicebus-client/{name}" for name in ("admin", "operational")),
}
"""Service: the channels that it stands for, in lower case."""
