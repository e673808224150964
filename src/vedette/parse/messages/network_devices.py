r"""Routers and storage boxes that speak syslog: MikroTik, OpenWrt, Synology DSM, QNAP, OpenMediaVault.

    login failure for user bob from 203.0.113.9 via ssh                                   MikroTik
    User [bob] from [203.0.113.9] failed to log in via [DSM] due to authorization failure   Synology
    Users: bob, Source IP: 203.0.113.9, Computer name: ---, Connection type: SSH, Accessed resources: ---, Action: Login Fail    QNAP

Source of the words: the makers' documentation.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "qlogd",
    "qulogd",
    "synoscgi",
    "system,error,critical",
    "system,info,account",
    "luci",
    "uhttpd",
    "wevent.ubnt",
    "openmediavault-webgui",
    "omv-engined",
    "omv-rpc",
)
SIGN: Final = (
    r"login failure for user |\bvia (?:web|winbox|ssh|telnet|api|ftp|console|local|\[)|Source IP: "
    r"[0-9A-Fa-f:.]+, Computer name:|luci: failed login|failed login on /|failed password attempt "
    r".*from|Unauthorized login attempt|user .* logged (?:in|out) from "
    r"|failed to log ?in via \["
    r"|^\[\S*\]: (?:Login_Denied|Login_Allowed|First_Login|Logout|Modified|Created|Deleted|Called) "
)
LOGSOURCE: Final = Logsource(product=None, service="network-device")

_A: Final = rf"\[?(?P<source.address>{IP})\]?"
_ROS: Final = ("routeros", "router")
_SYNO: Final = ("synology-dsm", "storage")
_QNAP: Final = ("qnap", "storage")
_QNAP_FILE: Final = (
    rf"Users?: (?P<user.name>.*), Source IP: {_A}, Computer name: .*, Connection type: .*, Accessed resources: (?P<file.path>.*)"
)
_INFOBLOX: Final = ("infoblox", "dns")

PATTERNS: Final = (
    Pattern(rf"\blogin failure for user (?P<user.name>.*) from {_A} via \S+\s*$", refused(*_ROS)),
    Pattern(rf"\buser (?P<user.name>.*) logged in from {_A} via \S+\s*$", granted(*_ROS)),
    Pattern(r"\blogin failure for user (?P<user.name>.*) via (?:local|console)", refused(*_ROS)),
    Pattern(rf"User \[(?P<user.name>.*)\] from {_A} failed to (?:log ?in|sign in) (?:via|to) \[", refused(*_SYNO)),
    Pattern(rf"User \[(?P<user.name>.*)\] from {_A} (?:signed|logged) in (?:to|via|successfully)", granted(*_SYNO)),
    Pattern(rf"Host {_A} (?:has been|was) (?:auto )?blocked (?:at|via|for) ?\[?", denied("rate-limited", *_SYNO)),
    Pattern(rf"Users?: (?P<user.name>.*), Source IP: {_A}, Computer name: .*, Action: Login Fail", refused(*_QNAP)),
    Pattern(rf"Users?: (?P<user.name>.*), Source IP: {_A}, Computer name: .*, Action: Login (?:OK|Success)", granted(*_QNAP)),
    Pattern(
        rf"Users?: (?P<user.name>.*), Source IP: {_A}, Computer name: .*, Action: Logout\s*$",
        told(*_QNAP, "logout", "authentication"),
    ),
    # What was done with a file: the last part is the program's own.
    Pattern(rf"{_QNAP_FILE}, Action: (?:Delete|Remove)", told(*_QNAP, "file-deleted", "file")),
    Pattern(rf"{_QNAP_FILE}, Action: (?:Add|Write|Create|Copy|Mkdir)", told(*_QNAP, "file-written", "file")),
    Pattern(rf"{_QNAP_FILE}, Action: (?:Read|Download)", told(*_QNAP, "file-read", "file")),
    Pattern(rf"{_QNAP_FILE}, Action: (?:Rename|Move)", told(*_QNAP, "file-renamed", "file")),
    # Infoblox' audit log; the name stands in brackets before the event, blanks in it are written as \\040.
    Pattern(rf"^\[(?P<user.name>\S*)\]: Login_Denied - - (?:to=\S+ )?(?:ip={_A} )?", refused(*_INFOBLOX)),
    Pattern(rf"^\[(?P<user.name>\S*)\]: (?:Login_Allowed|First_Login) - - (?:to=\S+ )?(?:ip={_A} )?", granted(*_INFOBLOX)),
    Pattern(rf"^\[(?P<user.name>\S*)\]: Logout - - (?:ip={_A} )?", told(*_INFOBLOX, "logout", "authentication")),
    Pattern(
        r"^\[(?P<user.name>\S*)\]: (?:Modified|Created|Deleted|Called) ",
        told(*_INFOBLOX, "configuration-changed", "configuration"),
    ),
    Pattern(
        rf"\[[^\]]*\] Failed to log in via user account \"(?P<user.name>.*)\"\. Source IP address: {_A}",
        refused(*_QNAP),
    ),
    Pattern(rf"failed login on /\S* for (?P<user.name>.*) from {_A}$", refused("openwrt", "router")),
    Pattern(rf"accepted login on /\S* for (?P<user.name>.*) from {_A}$", granted("openwrt", "router")),
    Pattern(
        r"(?i:unauthori[sz]ed login attempt|unsuccessful login).*(?:user(?:name)?[:= \[]+"
        rf"(?P<user.name>[^\s,\]]+)\]?)?.*\b(?:from|ip)[:= \[]+{_A}",
        refused("openmediavault", "storage"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in."""
    return apply(frame, PATTERNS)
