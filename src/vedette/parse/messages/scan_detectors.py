r"""Watchers of ports and connections: scanlogd, portsentry, psad, xinetd, TCP wrappers, Snort alerts, arpwatch.

    203.0.113.9 to 192.0.2.1 ports 80, 81, 83, 88, 99, 443, 1080, ..., f????uxy, TOS 00 @20:44:43        scanlogd
    FAIL: telnet address from=203.0.113.9                                                                  xinetd
    refused connect from mail.example.org (203.0.113.9)                                                    TCP wrappers

Source of the words: the programs' sources.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "scanlogd",
    "portsentry",
    "psad",
    "xinetd",
    "inetd",
    "tcpd",
    "snort",
    "tcpwrapper",
    "in.telnetd",
    "rpcbind",
    "in.fingerd",
    "in.rshd",
    "in.rlogind",
    "in.tftpd",
    "arpwatch",
    "fail2ban",
    "fail2ban.actions",
    "fail2ban.filter",
    "fail2ban-server",
)
SIGN: Final = (
    r"refused connect from |FAIL: [a-z0-9_.-]+ \w+ from=|\[[^\]]+\] (?:Restore |Increase )?(?:Ban"
    r"|Unban|Found) [0-9A-Fa-f:.]+|attackalert: |Host: [^\s/]+/[0-9A-Fa-f:.]+ Port: [0-9]+ |scan detected(?: \(|: )|^(?:\[\*\*\] "
    r")?\[[0-9]+:[0-9]+:[0-9]+\] |[0-9A-Fa-f:.]+ to [0-9A-Fa-f:.]+ ports? [0-9]+, "
)
LOGSOURCE: Final = Logsource(product="linux", service="scan-detector")

_A: Final = rf"(?P<source.address>{IP})"
_SCAN: Final = "intrusion_detection"

_SNORT: Final = (
    r"^(?:\[\*\*\] )?\[(?P<rule.id>[0-9]+:[0-9]+:[0-9]+)\] (?P<rule.name>.*?) (?:\[Classification: "
    r"(?P<rule.category>[^\]]*)\] )?\[Priority: (?P<event.severity>{priority})\].*?\{{(?P<network.transport>[^}}]*)\}} "
    + _A.replace("{", "{{").replace("}", "}}")
    + r"(?::(?P<source.port>[0-9]+))? -> (?P<destination.address>"
    + IP.replace("{", "{{").replace("}", "}}")
    + r")(?::(?P<destination.port>[0-9]+))?"
)

PATTERNS: Final = (
    Pattern(
        rf"^{_A}(?::[0-9]+)? to (?P<destination.address>{IP}) ports? ",
        denied("scan-detected", "scanlogd", "firewall", _SCAN),
    ),
    Pattern(
        rf"attackalert: (?:.* (?:from host|from)|Host):? (?:[^\s/]+/)?{_A}(?:/\S+)? (?:to|has been blocked"
        r"|is already blocked)",
        denied("scan-detected", "portsentry", "firewall", _SCAN),
    ),
    # Its history file, the stamp off.
    Pattern(
        rf"^(?:- \S+ \S+ )?Host: [^\s/]+/{_A} Port: (?P<destination.port>[0-9]+) (?:TCP|UDP) Blocked",
        denied("scan-detected", "portsentry", "firewall", _SCAN),
    ),
    Pattern(
        rf"scan detected(?: \([^)]*\))?: {_A} -> (?P<destination.address>{IP})",
        denied("scan-detected", "psad", "firewall", _SCAN),
    ),
    Pattern(
        rf"^(?:added iptables (?:auto-)?block against|signature match: .* src:) {_A}",
        denied("scan-detected", "psad", "firewall", _SCAN),
    ),
    Pattern(rf"^(?:FAIL: \S+ \S+ from=){_A}", denied("access-denied", "xinetd", "other")),
    Pattern(rf"^START: (?P<network.protocol>\S+) (?:pid=[0-9]+ )?from={_A}", told("xinetd", "other", "session-start")),
    Pattern(r"^(?:START|EXIT): ", told("xinetd", "other")),
    Pattern(rf"\brefused connect from \S+ \({_A}\)", denied("access-denied", "tcp-wrappers", "other")),
    Pattern(rf"\brefused connect from (?:\S+@)?(?:::ffff:)?{_A}\b", denied("access-denied", "tcp-wrappers", "other")),
    Pattern(
        r"\brefused connect from (?:\S+@)?(?P<source.address>[0-9A-Za-z][0-9A-Za-z.-]+)",
        denied("access-denied", "tcp-wrappers", "other"),
    ),
    # What Snort ranks lower than medium is told, and held against nobody.
    Pattern(_SNORT.format(priority="[12]"), denied("scan-detected", "snort", "firewall", _SCAN)),
    Pattern(_SNORT.format(priority="[0-9]+"), told("snort", "firewall", "alert", _SCAN)),
    # Another guard's decision is evidence of its own; the lines it decided on are read where they are.
    Pattern(
        r"^(?:fail2ban\.)?[a-z.]*(?: *\[[0-9]+\])?:? *(?:[A-Z]+ +)?\[(?P<rule.name>[^\]]+)\] (?:Restore "
        rf"|Increase )?Ban {_A}",
        denied("access-denied", "fail2ban", "firewall", _SCAN),
    ),
    Pattern(r"\bfail2ban\.|^\[[^\]]+\] (?:Found|Unban|Ignore) ", told("fail2ban", "firewall")),
    Pattern(
        rf"^connect from \S*?\(?{_A}\)? to .*\(.*\): request from unauthorized host",
        denied("access-denied", "rpcbind", "other"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Scans and refused connections."""
    return apply(frame, PATTERNS)
