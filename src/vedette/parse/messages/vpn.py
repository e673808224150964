r"""VPN servers: OpenVPN, strongSwan (charon), SoftEther, ocserv, pptpd, xl2tpd, Pulse Secure, Libreswan (pluto).

    203.0.113.9:51122 TLS Auth Error: Auth Username/Password verification failed for peer              OpenVPN
    no IKE config found for 192.0.2.1...203.0.113.9, sending NO_PROPOSAL_CHOSEN                         charon
    Connection "CID-72": User authentication failed. The user name that has been provided was "bob", from 203.0.113.9.

Source of the words: the programs' sources. charon writes our side first, the peer after the dots.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "openvpn",
    "ovpn-server",
    "charon",
    "charon-systemd",
    "ipsec",
    "ocserv",
    "vpnserver",
    "pptpd",
    "xl2tpd",
    "pluto",
    "pulsesecure",
    "openvpn-server",
    "l2tpd",
    "pppd",
    "accel-ppp",
    "racoon",
    "iked",
    "isakmpd",
    "strongswan",
)
SIGN: Final = (
    r"TLS Auth Error|TLS Error: |VERIFY ERROR|TLS: Username/Password|AUTH: Received control"
    r"|Connection \"CID-|no IKE config found|\bIKE_SA \S+ established between"
    r"|\[(?:IKE|NET|CFG|ENC)\] |MAC mismatched|worker\[[^\]]*\]: |sec-mod: |user .* authentication "
    r"failed .*(?:VPN|vpn)|[Ll]ogin failed using auth server|PPP: .*auth|CHAP.*(?:fail|reject)"
    r"|ignoring (?:informational|unencrypted)"
)
LOGSOURCE: Final = Logsource(product=None, service="vpn")

_A: Final = rf"(?P<source.address>{IP})"
_OVPN: Final = ("openvpn", "vpn")
_IKE: Final = ("strongswan", "vpn")
_SOFT: Final = ("softether", "vpn")
_OC: Final = ("ocserv", "vpn")
# The machine, the peer, the virtual system, the user, the realm, the roles and the session; then what happened.
_PULSE: Final = rf"- \[{_A}\] (?:[\w .-]+::)?(?P<user.name>\S*?)\([^)]*\)\[[^\]]*\](?:\[[^\]]*\])? - "
_OVPN_PEER: Final = rf"^(?:.* )?(?:(?P<user.name>[^\s/:]+)/)?(?:\[AF_INET6?\])?{_A}:(?P<source.port>[0-9]+) "

PATTERNS: Final = (
    Pattern(
        rf"{_OVPN_PEER}(?:TLS Auth Error|AUTH_FAILED|SENT CONTROL \[.*\]: 'AUTH_FAILED|.*: auth"
        r"(?:entication)? (?:verify )?(?:failed|failure))",
        refused(*_OVPN),
    ),
    Pattern(
        rf"{_OVPN_PEER}TLS: Username/Password authentication succeeded for username '"
        r"(?P<user.effective.name>.*)'",
        granted(*_OVPN),
    ),
    Pattern(rf"{_OVPN_PEER}VERIFY ERROR", refused(*_OVPN)),
    # pfSense's and OPNsense's script that asks for the password
    Pattern(r"^user '(?P<user.name>.*)' authenticated$", granted(*_OVPN)),
    Pattern(r"^user '(?P<user.name>.*)' could not authenticate\.?$", refused(*_OVPN)),
    Pattern(
        rf"{_OVPN_PEER}(?:TLS Error|WARNING: Bad encapsulated packet length|Fatal TLS error|TLS_ERROR"
        r"|OpenSSL: error)",
        denied("protocol-probe", *_OVPN),
    ),
    Pattern(
        rf"TLS Error: .* (?:from|packet from) \[AF_INET6?\]{_A}:(?P<source.port>[0-9]+)",
        denied("protocol-probe", *_OVPN),
    ),
    Pattern(
        rf"\[(?P<user.name>.*)\] Peer Connection Initiated with \[AF_INET6?\]{_A}:(?P<source.port>[0-9]+)",
        granted(*_OVPN),
    ),
    Pattern(rf"no IKE config found for (?P<destination.address>{IP})\.\.\.{_A}", denied("protocol-probe", *_IKE)),
    Pattern(
        r"(?:EAP-\S+ verification failed|EAP method \S+ failed for peer (?P<user.name>.*)|received "
        r"AUTHENTICATION_FAILED|XAuth authentication of '(?P<user.effective.name>.*)' failed)",
        refused(*_IKE),
    ),
    Pattern(rf"tried [0-9]+ shared keys? for '.*' - '{_A}', but MAC mismatched", refused(*_IKE)),
    Pattern(rf"no (?:shared key|private key|trusted \S+ public key) found for .*'{_A}'", refused(*_IKE)),
    Pattern(
        rf"\bIKE_SA \S+ established between (?P<destination.address>{IP})\[[^\]]*\]\.\.\.{_A}\["
        r"(?P<user.name>.*)\]$",
        granted(*_IKE),
    ),
    Pattern(rf"looking for peer configs matching (?P<destination.address>{IP})\[[^\]]*\]\.\.\.{_A}\[", told(*_IKE)),
    Pattern(rf"received packet: from {_A}\[(?P<source.port>[0-9]+)\] to (?P<destination.address>{IP})\[", told(*_IKE)),
    Pattern(
        rf"sending packet: from (?P<destination.address>{IP})\[[0-9]+\] to {_A}\[(?P<source.port>[0-9]+)\]",
        told(*_IKE),
    ),
    Pattern(rf"[\] >]{_A} is initiating an? ", told(*_IKE, "connection")),
    Pattern(rf"deleting half open IKE_SA with {_A} after timeout", denied("protocol-probe", *_IKE)),
    Pattern(r"(?:no EAP key found for hosts|EAP method \S+ succeeded)", told(*_IKE, category="authentication")),
    Pattern(
        rf"packet from {_A}:(?P<source.port>[0-9]+): .*(?i:no suitable connection|not authorized|initial "
        r"\w+ \w+ message received|but no connection has been authorized|failed|malformed)",
        denied("protocol-probe", "libreswan", "vpn"),
    ),
    Pattern(
        r"Connection \"CID-[^\"]*\": User authentication failed\. The user name that has been provided "
        rf"was \"(?P<user.name>.*)\", from {_A}\.$",
        refused(*_SOFT),
    ),
    Pattern(
        rf"The connection \"CID-[^\"]*\" \(IP address:? {_A}(?:, .*)?\) .*(?i:authentication failed|rejected)",
        refused(*_SOFT),
    ),
    Pattern(
        rf"worker(?:\[(?P<user.name>[^\]]*)\])?: {_A}(?::[0-9]+)? .*(?i:failed authentication"
        r"|authentication failed|password.*failed|auth failed)",
        refused(*_OC),
    ),
    Pattern(
        rf"(?:main|sec-mod)(?:\[[^\]]*\])?:(?:{_A}:[0-9]+)? .*(?i:failed authentication attempt for user"
        r"|authentication failed for|failed to authenticate user) '(?P<user.name>.*)'",
        refused(*_OC),
    ),
    Pattern(
        rf"main(?:\[[^\]]*\])?: ?{_A}:[0-9]+ user '(?P<user.name>.*)' .*(?:logged in|obtained cookie)", granted(*_OC)
    ),
    Pattern(rf"main: ?added [0-9]+ points? \(total [0-9]+\) for IP '{_A}' to ban list", refused(*_OC)),
    Pattern(rf"CTRL: Client {_A} control connection (?:started|finished)", told("pptpd", "vpn")),
    Pattern(r"(?i:peer|user) (?P<user.name>\S+) failed (?:CHAP|PAP|MS-CHAP)\S* authentication", refused("pppd", "vpn")),
    Pattern(
        rf"{_PULSE}.*(?i:login failed|authentication failed|invalid credentials)",
        refused("pulse-secure", "vpn"),
    ),
    Pattern(
        rf"{_PULSE}.*(?i:login succeeded|(?:primary|secondary) authentication successful)",
        granted("pulse-secure", "vpn"),
    ),
    Pattern(_PULSE, told("pulse-secure", "vpn", category="session")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in, broken handshakes."""
    found = apply(frame, PATTERNS)
    if "user.effective.name" in found.columns:
        own = [pl.col("user.name")] if "user.name" in found.columns else []
        found = found.with_columns(pl.coalesce(pl.col("user.effective.name"), *own).alias("user.name")).drop(
            "user.effective.name"
        )
    return found
