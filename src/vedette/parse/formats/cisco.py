r"""Cisco firewalls (ASA, PIX, FTD, FWSM) and IOS, whose messages carry facility, severity and mnemonic.

    %ASA-4-106023: Deny tcp src outside:203.0.113.9/51000 dst inside:192.0.2.1/22 by access-group "outside" [0x0, 0x0]
    4423: Feb  1 10:24:12.200: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: x] [Source: 203.0.113.9] [localport: 22] ...

Sources: Cisco ASA Series Syslog Messages; IOS System Message Guide.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import firewall, time
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.heads import BARE, HEAD, STAMP
from vedette.parse.patterns import Pattern, apply
from vedette.parse.within import within

ORDER: Final = 45
NESTED: Final = True
_UPTIME: Final = r"(?:\d{1,3}:\d\d:\d\d: |\d+[wd]\d+[dh]: )?"
# A router that was told to write its name puts it between two counters.
_ORIGIN: Final = r"^(?:<\d{1,3}>)?\d{1,10}: (?P<host.name>[\w.-]+): (?:\d{1,10}: )?(?:[*.]?(?P<stamp>{stamp}): )?"
_BARE_ORIGIN: Final = _ORIGIN.replace("?P<host.name>", "?:").replace("?P<stamp>", "?:").replace("{stamp}", STAMP)
SIGN: Final = rf"(?:{BARE}|{_BARE_ORIGIN}){_UPTIME}%[A-Z][A-Z0-9_]{{1,31}}(?:-[A-Z0-9_]{{1,31}})*-[0-7]-[A-Z0-9_]{{2,64}}:? "
LOGSOURCE: Final = Logsource(category="firewall", product="cisco", service="asa")
LISTS: Final = Logsource(category="firewall", product="cisco")
IOS: Final = Logsource(product="cisco", service="aaa")

_MARK: Final = (
    r"%(?P<facility>[A-Z][A-Z0-9_-]*)-(?P<event.severity>[0-7])-(?P<event.code>[A-Z0-9_]+):? (?P<message>(?s:.*))$"
)
_HEADS: Final = (
    Pattern(rf"{HEAD}{_UPTIME}{_MARK}"),
    Pattern(rf"{_ORIGIN.replace('{stamp}', STAMP)}{_UPTIME}{_MARK}"),
)

_IP: Final = r"[0-9A-Fa-f:.]+"
_V4: Final = r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"
_DEFAULT: Final = {"event.category": "network", "service.type": "firewall"}
_FROM: Final = rf"(?:[\w./-]+:)?(?P<source.address>{_IP})(?:\([^)]*\))?/(?P<source.port>\d+)(?:\([^)]*\))?"
_TO: Final = rf"(?:[\w./-]+:)?(?P<destination.address>{_IP})(?:\([^)]*\))?/(?P<destination.port>\w+)(?:\([^)]*\))?"
_PLACE: Final = r"(?:/\d+)?(?: to \S+)?(?: on interface \S+)?(?: - \S+)?[.\s]*"
_PROTO: Final = r"(?P<network.transport>[A-Za-z][A-Za-z0-9]{1,7}|\d{1,3})"
_KNOWN_PROTO: Final = r"(?P<network.transport>(?i:tcp|udp|icmp|icmp6|icmpv6|ip|ipv6|gre|esp|ah|sctp|igmp|ospf|pim|eigrp)|\d{1,3})"
# An address, or the name that the device knows for it.
_HOST: Final = r"[0-9A-Za-z][0-9A-Za-z.:_-]*"
# Users of the VPN: the group and the name stand before the address, in angle brackets or bare.
_MEMBER: Final = rf"^Group <(?P<group.name>.*?)> User <(?P<user.name>.*)> IP <(?P<source.address>{_IP})>"
_BARE_MEMBER: Final = rf"^Group (?P<group.name>[^<].*?) User (?P<user.name>.*) IP (?P<source.address>{_IP})"
_STARTED: Final = r"(?:Authentication: successful|WebVPN session started|AnyConnect parent session started)"
# IOS XE names the part of the hardware that logged an access list.
_LIST: Final = r"^ *(?:[\w/]+: +fman_fp_image: +)?list (?P<rule.name>\S+)"
_LISTED: Final = (
    rf"{_PROTO} (?:[0-9A-Fa-f]{{2}}(?:-[0-9A-Fa-f]{{2}}){{5}} )?(?P<source.address>{_IP})(?:\((?P<source.port>\d+)\))?.*?-> "
    rf"(?P<destination.address>{_IP})(?:\((?P<destination.port>\d+)\))?"
)
_BLOCKED: Final = {
    **firewall.CONSTANT,
    "event.type": "denied",
    "event.action": "connection-blocked",
    "event.outcome": "failure",
}
_PASSED: Final = {
    **firewall.CONSTANT,
    "event.type": "allowed",
    "event.action": "connection-allowed",
    "event.outcome": "success",
}
_ENDED: Final = {**firewall.CONSTANT, "event.type": "end", "event.action": "connection-ended"}
_LOGIN: Final = {
    "event.category": "authentication",
    "event.action": "login",
    "service.name": "cisco",
    "service.type": "firewall",
}
_VPN: Final = {**_LOGIN, "service.type": "vpn"}
_FAILED: Final = {"event.outcome": "failure"}
_DONE: Final = {"event.outcome": "success"}
_ATTACK: Final = {**_BLOCKED, "event.category": "intrusion_detection"}
_COMMAND: Final = {"event.category": "process", "event.action": "command-executed"}
_SESSION: Final = {"event.category": "session", "service.type": "vpn"}
_OVER: Final = {"event.type": "end", "event.action": "session-ended"}

PATTERNS: Final = (
    # 106023 Deny tcp src outside:a/b dst inside:c/d by access-group "x"; icmp has no ports but a type
    Pattern(
        rf"^Deny (?:protocol )?{_PROTO} src [^:\s]+:(?P<source.address>{_IP})(?:/(?P<source.port>\d+))?(?:\([^)]*\))? dst [^:\s]+:"
        rf"(?P<destination.address>{_IP})(?:/(?P<destination.port>\d+))?.*? by access-group \"(?P<rule.name>[^\"]*)\"", _BLOCKED),
    Pattern(rf"^(?:Inbound |Outbound )?{_PROTO} connection denied from {_FROM} to {_TO}", _BLOCKED),
    Pattern(rf"^Deny (?:inbound |outbound |IP )?{_PROTO}(?: \(no connection\))? from "
            rf"(?:[\w-]+:)?(?P<source.address>{_IP})(?:/(?P<source.port>\d+))? "
            rf"to (?:[\w-]+:)?(?P<destination.address>{_IP})(?:/(?P<destination.port>\d+))?", _BLOCKED),
    Pattern(rf"^(?:Deny|Dropped) .*?from (?:[\w-]+:)?(?P<source.address>{_IP})(?:/(?P<source.port>\d+))?,? to (?:[\w-]+:)?"
            rf"(?P<destination.address>{_IP})(?:/(?P<destination.port>\d+))?", _BLOCKED),
    # 106100 access-list x denied tcp outside/a(b) -> inside/c(d) hit-cnt 1
    Pattern(rf"^access-list (?P<rule.name>\S+) (?:denied|est-denied) {_PROTO} "
            rf"[\w.-]+/(?P<source.address>{_HOST})\((?P<source.port>\d+)\).*? -> "
            rf"[\w.-]+/(?P<destination.address>{_HOST})\((?P<destination.port>\d+)\)", _BLOCKED),
    Pattern(rf"^access-list (?P<rule.name>\S+) (?:permitted|est-allowed) {_PROTO} "
            rf"[\w.-]+/(?P<source.address>{_HOST})\((?P<source.port>\d+)\).*? -> "
            rf"[\w.-]+/(?P<destination.address>{_HOST})\((?P<destination.port>\d+)\)", _PASSED),
    # IOS: list 101 denied tcp a(b) -> c(d), 1 packet
    Pattern(rf"{_LIST} denied {_LISTED}", _BLOCKED),
    Pattern(rf"{_LIST} permitted {_LISTED}", _PASSED),
    Pattern(rf"{_LIST} denied (?P<source.address>{_IP}) ", _BLOCKED),
    # 302013/302015: inbound names the initiator first, outbound the server.
    Pattern(rf"^Built inbound {_PROTO} connection \d+ for {_FROM}.*? to {_TO}", _PASSED),
    Pattern(rf"^Built outbound {_PROTO} connection \d+ for {_TO}.*? to {_FROM}", _PASSED),
    Pattern(rf"^Built (?:director|forwarder|backup) +stub {_PROTO} connection (?:\d+ )?for {_FROM}.*? to {_TO}", _PASSED),
    # 302020/302021: `faddr` is the address outside, `laddr` the one inside; nothing is said of who began with the other words.
    Pattern(rf"^Built outbound {_PROTO} connection (?:\d+ )?for faddr (?P<destination.address>{_IP})/\d+.*? laddr "
            rf"(?P<source.address>{_IP})", _PASSED),
    Pattern(rf"^Built (?:inbound )?{_PROTO} connection (?:\d+ )?for faddr (?P<source.address>{_IP})/\d+.*? laddr "
            rf"(?P<destination.address>{_IP})", _PASSED),
    Pattern(rf"^Teardown {_PROTO} connection (?:\d+ )?for faddr (?P<source.address>{_IP})/\d+.*? laddr "
            rf"(?P<destination.address>{_IP})", _ENDED),
    # 305011: an address is translated, nobody connects.
    Pattern(rf"^(?:Built|Teardown) (?:dynamic|static) {_PROTO} translation from {_FROM}", _DEFAULT),
    # 303002
    Pattern(rf"^FTP connection from {_FROM} to {_TO}, user (?P<user.name>.*) (?:Stored|Retrieved) file (?P<file.path>.*)$",
            {**_DEFAULT, "event.type": "connection", "event.action": "file-transfer", "network.protocol": "ftp"}),
    Pattern(rf"^Teardown (?:stub |TCP state-bypass )?{_PROTO} connection (?:\d+ )?(?:for|from) {_FROM}.*? to {_TO}"
            rf"(?:.*? duration [\d:]+(?: (?:forwarded )?bytes (?P<network.bytes>\d+))?)?", _ENDED),
    Pattern(rf"^{_PROTO} (?:access denied by ACL|request discarded|access requested denied) from {_FROM} to {_TO}", _BLOCKED),
    Pattern(rf"^{_PROTO} access (?:permitted|requested) from {_FROM} to {_TO}", _PASSED),
    Pattern(rf"^{_PROTO} (?:flow|packet|connection (?:den|drop|block|reset|limit|reject)\w*) .*?from {_FROM} to {_TO}", _BLOCKED),
    Pattern(rf"^Dynamic Filter (?:dropped|monitored) .*? {_PROTO} traffic from {_FROM}.*? to {_TO}", _ATTACK),
    Pattern(rf"^(?:IDS|IPS):\d+ (?P<rule.name>.*?) from (?P<source.address>{_IP}) to (?P<destination.address>{_IP})", _ATTACK),
    Pattern(rf"^Sig:(?P<rule.id>\d+) .*? \[(?P<source.address>{_IP}):(?P<source.port>\d+) -> "
            rf"(?P<destination.address>{_IP}):(?P<destination.port>\d+)\]",
            _ATTACK),
    Pattern(rf"^(?:Host|\[Scanning\]|\[ Scanning\]).*?(?P<source.address>{_IP}) is (?:attacking|targeted)",
    {**_ATTACK, "event.action": "scan-detected"}),
    Pattern(rf"^Denied ICMP type=\d+, (?:code=\d+ )?from (?:laddr |[\w.-]+:)?(?P<source.address>{_IP}) on interface \S+(?: to "
            rf"(?P<destination.address>{_IP}))?", {**_BLOCKED, "network.transport": "icmp"}),
    Pattern(rf"^(?:Denied ICMP|ICMP error|No translation|Deny MAC|Denied).*?(?:src|from) (?:[\w-]+:)?(?P<source.address>{_IP})", _BLOCKED),
    Pattern(rf"^Shunn(?:ed|ing) (?:packet|.*?): (?P<source.address>{_IP})", _BLOCKED),
    # logins: ASA 605004/605005, 113005/113015, 716039, 109006; the user's name stands last or in quotes
    Pattern(rf"^Login denied from (?P<source.address>{_IP})/(?P<source.port>\d+) to .*? for user \"(?P<user.name>.*)\"",
    {**_LOGIN, **_FAILED}),
    Pattern(rf"^Login permitted from (?P<source.address>{_IP})/(?P<source.port>\d+) to .*? for user \"(?P<user.name>.*)\"",
    {**_LOGIN, **_DONE}),
    Pattern(rf"^AAA user authentication Rejected ?: reason = (?P<event.reason>.*?) ?: (?:local database|server = "
            rf"{_IP}) ?[:,] ?[Uu]ser = (?P<user.name>.*?)"
            rf"(?: ?: user IP = (?P<source.address>{_IP}))?$", {**_VPN, **_FAILED}),
    Pattern(r"^AAA (?:user authentication|user \S+|transaction status) (?:Successful|ACCEPT) ?:.*? ?[Uu]ser = (?P<user.name>.*)$",
    {**_VPN, **_DONE}),
    # 611101/611102: of the device's own administration; the name stands last.
    Pattern(rf"^User authentication failed: (?:IP address: (?P<source.address>{_IP}), )?Uname: (?P<user.name>.*)$",
            {**_LOGIN, **_FAILED}),
    Pattern(rf"^User authentication succeeded: (?:IP address: (?P<source.address>{_IP}), )?Uname: (?P<user.name>.*)$",
            {**_LOGIN, **_DONE}),
    # 304001
    Pattern(rf"^(?:(?P<user.name>\S+)@)?(?P<source.address>{_IP}) Accessed (?:JAVA )?URL "
            rf"(?:\S+@)?(?P<destination.address>{_V4}):(?P<url.original>.*)$",
            {"event.category": "web", "event.action": "web-request", "event.outcome": "success"}),
    Pattern(rf"{_MEMBER} Authentication: rejected", {**_VPN, **_FAILED}),
    Pattern(rf"{_MEMBER} {_STARTED}", {**_VPN, **_DONE}),
    Pattern(rf"{_BARE_MEMBER} Authentication: rejected", {**_VPN, **_FAILED}),
    Pattern(rf"{_BARE_MEMBER} {_STARTED}", {**_VPN, **_DONE}),
    Pattern(rf"^(?:pam_aaa:)?Auth(?:entication)? (?:failed|denied).*? for user '?(?P<user.name>.*?)'? from "
            rf"(?P<source.address>{_IP}){_PLACE}$",
    {**_LOGIN, **_FAILED}),
    Pattern(rf"^Auth(?:entication)? (?:succeeded|permitted).*? for user '?(?P<user.name>.*?)'? from (?P<source.address>{_IP}){_PLACE}$",
    {**_LOGIN, **_DONE}),
    Pattern(r"^Login failed \[user: (?P<user.name>.*)\] \[Source: (?P<source.address>[^\]]*)\] \[localport: \d+\] "
            r"\[Reason: (?P<event.reason>[^\]]*)\]",
            {**_LOGIN, **_FAILED}),
    Pattern(r"^Login Success \[user: (?P<user.name>.*)\] \[Source: (?P<source.address>[^\]]*)\] \[localport: \d+\]", {**_LOGIN, **_DONE}),
    Pattern(r"^User '?(?P<user.name>.*?)'? authentication for SSH2? Session from (?P<source.address>\S+) .*? (?:Failed|denied)",
    {**_LOGIN, **_FAILED}),
    Pattern(r"^User '?(?P<user.name>.*?)'? authentication for SSH2? Session from (?P<source.address>\S+) .*? Succeeded",
    {**_LOGIN, **_DONE}),
    Pattern(rf"^Group = (?P<group.name>.*?), Username = (?P<user.name>.*), IP = (?P<source.address>{_IP}),? "
            rf".*?(?:[Aa]uthentication (?:failed|rejected)|Login.*fail)",
            {**_VPN, **_FAILED}),
    Pattern(rf"^Group = (?P<group.name>.*?), Username = (?P<user.name>.*), IP = (?P<source.address>{_IP}),? Session disconnected",
            {**_SESSION, **_OVER}),
    Pattern(rf"^Group = (?P<group.name>.*?), Username = (?P<user.name>.*), IP = (?P<source.address>{_IP}),? ", _SESSION),
    # 713xxx: before a user is known
    Pattern(rf"^(?:Group = (?P<group.name>.*?), )?IP = (?P<source.address>{_IP}),? ", _SESSION),
    Pattern(rf"{_MEMBER} .*[Ss]ession terminated", {**_SESSION, **_OVER}),
    Pattern(rf"{_MEMBER} ", _SESSION),
    Pattern(rf"{_BARE_MEMBER} .*[Ss]ession (?:terminated|could not be established|not allowed)", {**_SESSION, **_OVER}),
    Pattern(rf"{_BARE_MEMBER} ", _SESSION),
    # 602303, 750002, 750003: our side first
    Pattern(rf"^IPSEC: An (?:in|out)bound .*?between (?P<destination.address>{_IP}) and (?P<source.address>{_IP}) "
            r"\(user= ?(?P<user.name>.*)\) has been (?:created|deleted)", _SESSION),
    Pattern(rf"^Local:(?P<destination.address>{_HOST}):\d+ Remote:(?P<source.address>{_HOST}):(?P<source.port>\d+) Username:"
            r"(?P<user.name>.*) (?:Received a IKE|SA (?:UP|DOWN)|Negotiation aborted|IKEv2 )", _SESSION),
    Pattern(rf"^User (?P<user.name>.*) has exited tty session \d+\((?P<source.address>{_IP})\)",
            {"event.category": "authentication", "event.action": "logout"}),
    # Cisco's and Arista's AAA; the name comes first, the program's brackets last.
    Pattern(r"^user (?P<user.name>.*) login failed \[from: (?P<source.address>[^\]]*)\] \[service: [^\]]*\]",
            {**_LOGIN, **_FAILED}),
    Pattern(rf"^console enable password incorrect for .* \(from (?P<source.address>{_IP})\)", {**_LOGIN, **_FAILED}),
    Pattern(r"^User (?P<user.name>.*) locked out on exceeding", {**_LOGIN, **_FAILED, "event.action": "account-locked"}),
    Pattern(rf"^Login denied from (?P<source.address>{_IP})/", {**_LOGIN, **_FAILED}),
    # configuration and commands
    Pattern(rf"^(?:(?P<source.address>{_IP}) )?(?:Erase|erase) configuration",
            {"event.category": "configuration", "event.action": "configuration-erased"}),
    Pattern(rf"^(?:Begin|begin) configuration: (?P<source.address>{_IP}) (?:reading|writing)",
            {"event.category": "configuration", "event.action": "configuration-access"}),
    Pattern(rf"^(?P<source.address>{_IP}) (?:end|End) configuration",
            {"event.category": "configuration", "event.action": "configuration-changed"}),
    Pattern(rf"^Deny IP spoof from \((?P<source.address>{_IP})\) to (?P<destination.address>{_IP})",
            {**_BLOCKED, "event.reason": "spoofed"}),
    Pattern(rf"^User '(?P<user.name>[^']*)'(?:, running '[^']*' from IP (?P<source.address>{_IP}),)? executed (?:the "
            rf")?'(?P<process.command_line>.*)'", _COMMAND),
    Pattern(r"^User:(?P<user.name>.*?)  ?logged command:(?P<process.command_line>.*)$", _COMMAND),
    Pattern(rf"^Configured from .*? by (?P<user.name>\S+) on \S+ \((?P<source.address>{_IP})\)",
            {"event.category": "configuration", "event.action": "configuration-changed"}),
    Pattern(r"^(?:New user added|User deleted|User priv level changed).*?Uname: (?P<user.target.name>\S+)",
    {"event.category": "iam", "event.action": "user-changed"}),
    # What has no pattern of its own: refused by its verb, from the first address to the second.
    Pattern(rf"(?i)^(?:[^0-9]*?)\b(?:den(?:y|ied)|drop(?:ped)?|discard(?:ed)?|invalid|reject(?:ed)?|shunned|shun"
            rf"|duplicate|no matching|blocked)\b.*?"
            rf"(?:{_KNOWN_PROTO} )?(?:from|src|source|for|packet:|laddr)\s*=?\s*(?:[\w./-]+:)?"
            rf"(?P<source.address>{_V4})(?:/(?P<source.port>\d+))?"
            rf"(?:.*?\b(?:to|dst|dest|destination)\s*=?\s*(?:[\w./-]+:)?(?P<destination.address>{_V4})(?:/(?P<destination.port>\d+))?)?",
            _BLOCKED),
    Pattern(rf"^.*?\b(?:from|src|for) (?:[\w./-]+:)?(?P<source.address>{_V4})(?:/(?P<source.port>\d+))?"
            rf"(?:.*?\b(?:to|dst) (?:[\w./-]+:)?(?P<destination.address>{_V4})(?:/(?P<destination.port>\d+))?)?", _DEFAULT),
)  # fmt: skip


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Firewalls' and routers' messages; what a message says of no connection or login stays a plain event."""
    events = apply(frame, _HEADS, "raw")
    if events.is_empty():
        return Read([], no_rejects())
    if "stamp" in events.columns:
        # An asterisk before and nothing after: the clock was not set, the time may be all there is.
        events = time.stamp(events, "stamp", context)
    events = within(events, PATTERNS, _DEFAULT)
    if "network.transport" in events.columns:
        name = pl.col("network.transport").str.to_lowercase()
        events = events.with_columns(name.replace(firewall.PROTOCOLS).alias("network.transport"))
    if "user.name" in events.columns:  # An unknown user's name is not shown.
        events = events.with_columns(pl.col("user.name").replace("*****", None))
    # What a router's access list let through or not is a firewall's word too.
    action = pl.col("event.action") if "event.action" in events.columns else pl.lit(None, pl.String())
    listed = action.is_in(["connection-blocked", "connection-allowed"]).fill_null(False)
    asa = pl.col("facility").is_in(["ASA", "PIX", "FTD", "FWSM", "NGIPS"])
    groups = [
        (LOGSOURCE, events.filter(asa)),
        (LISTS, events.filter(~asa & listed)),
        (IOS, events.filter(~asa & ~listed)),
    ]
    return Read([(source, rows) for source, rows in groups if rows.height], no_rejects())
