r"""OpenSSH server.

    Failed password for invalid user admin from 203.0.113.45 port 51122 ssh2

Source of the words: OpenSSH auth.c auth_log() and allowed_user(), auth-pam.c, auth2-pubkey.c, sshd.c, sshd-session.c,
srclimit.c, packet.c, kex.c, session.c. The user name is the attacker's to choose and may itself hold " from 10.0.0.1
port 22": it is greedy, and what the server writes after it is anchored at the end.
"""

from typing import Any, Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("sshd", "sshd-session", "sshd-auth", "in.sshd", "sshd2")
SIGN: Final = (
    r"^(?:error: )?(?:(?:Failed|Accepted|Postponed) \S+ for .* from \S+ port \d+|Invalid user .* from \S+ port \d+$"
    r"|maximum authentication attempts exceeded for .* from \S+ port \d+|Did not receive identification string from "
    r"|Magic value check failed \("
    r"|banner exchange: Connection from \S+ port|(?:Connection closed by|Disconnected from) (?:authenticating|invalid) user )"
)
LOGSOURCE: Final = Logsource(product="linux", service="sshd")

_FROM: Final = r"(?P<source.address>\S+) port (?P<source.port>\d+)"
_MAYBE: Final = r"(?P<source.address>[^\s:]\S*?)(?: port (?P<source.port>\d+))?"
_PRE: Final = r"(?: \[preauth\])?"
_USER: Final = r"(?P<user.name>.*)"
_UNKNOWN: Final = r"(?:(?:invalid|illegal) user )?"

_SSH: Final = {"service.name": "sshd", "service.type": "ssh"}
_LOGIN: Final = {**_SSH, "event.category": "authentication", "event.action": "login"}
_FAILED: Final = {**_LOGIN, "event.outcome": "failure"}
_ACCEPTED: Final = {**_LOGIN, "event.outcome": "success"}
_PROBE: Final = {**_SSH, "event.category": "network", "event.type": "denied", "event.action": "protocol-probe"}
_DENIED: Final = {**_PROBE, "event.action": "access-denied"}
_LIMITED: Final = {**_PROBE, "event.action": "rate-limited"}
_ERROR: Final = {**_SSH, "event.category": "network", "event.type": "error"}
_INFO: Final = {**_SSH, "event.category": "network", "event.type": "info"}
_START: Final = {**_INFO, "event.type": "start", "event.action": "connection"}
_END: Final = {**_INFO, "event.type": "end", "event.action": "connection-end"}
_SESSION: Final = {**_SSH, "event.category": "session", "event.type": "info"}
_LOGOUT: Final = {**_SESSION, "event.type": "end", "event.action": "session-end"}


def _all(means: dict[str, Any], *regexes: str) -> tuple[Pattern, ...]:
    return tuple(Pattern(f"^{regex}$", means) for regex in regexes)


_GUESSES: Final = _all(
    _FAILED,
    # A name without a blank, by far the most: one pass reads it. Then the name that may hold anything.
    rf"Failed [^ ]+ for invalid user (?P<user.name>[^ ]*) from {_FROM} ssh2",
    rf"Failed [^ ]+ for (?P<user.name>[^ ]*) from {_FROM} ssh2",
    rf"Invalid user (?P<user.name>[^ ]*) from {_FROM}",
    rf"Failed \S+ for {_UNKNOWN}{_USER} from {_FROM}(?: ssh[12]?)?{_PRE}",
    # A key behind it, of a fixed shape; then words of the client's choice, which must not be read as the peer.
    rf"Failed \S+ for {_UNKNOWN}{_USER} from {_FROM} ssh[12]: [A-Z][A-Z0-9-]+ \S+{_PRE}",
    rf"Failed \S+ for {_UNKNOWN}(?P<user.name>\S*) from {_FROM} ssh[12]: .*",
    rf"Failed \S+ for {_UNKNOWN}{_USER} from {_FROM} ssh[12]: .*",
    rf"Failed \S+ for {_UNKNOWN}{_USER} from (?P<source.address>\S+)",
    rf"(?:Invalid|Illegal) user {_USER} from {_FROM}",
    rf"(?:Invalid|Illegal) user {_USER} from (?P<source.address>\S+)",
    rf"(?:error: )?PAM: [A-Za-z' ]+ for {_UNKNOWN}{_USER} from (?P<source.address>\S+)(?: via \S+)? *{_PRE}",
    rf"ROOT LOGIN REFUSED FROM {_MAYBE}{_PRE}",
    rf"User {_USER} not allowed because (?P<event.reason>account is locked)",
    rf"User {_USER} from (?P<source.address>\S+) not allowed because (?P<event.reason>[^\"]*)",
    rf"User {_USER} not allowed because (?P<event.reason>.*)",
    rf"(?:error: )?maximum authentication attempts exceeded for {_UNKNOWN}{_USER} from {_FROM}(?: ssh[12]?)?{_PRE}",
    rf"Disconnecting (?:authenticating|invalid) user {_USER} {_FROM}: "
    rf"(?P<event.reason>Too many authentication failures.*|Change of username or service not allowed: .*?){_PRE}",
    rf"(?:fatal: )?Disconnecting: (?P<event.reason>Too many authentication failures)(?: for {_UNKNOWN}(?P<user.name>.*?))?{_PRE}",
    rf"(?:error: )?Received disconnect from {_MAYBE}: ?(?:3: .*Auth fail.*?|14: No (?:supported |more )?auth.*?){_PRE}",
    rf"Authentication tried for {_USER} with (?:correct key|valid certificate) but not from a permitted "
    r"(?:host|source address) \((?:host=\S*, )?ip=(?P<source.address>[^\s,)]+).*",
    rf"(?:fatal: )?Access denied for user {_USER} by PAM account configuration{_PRE}",
    rf"input_userauth_request: (?:invalid|illegal) user {_USER}{_PRE}",
    rf"(?:User|Account|Password) {_USER}(?: password)? has expired.*",
    rf"(?:error: )?Authentication key \S+ \S+ (?:of .* )?revoked by .*{_PRE}",
    rf"Login restricted for {_USER}: (?P<event.reason>.*)",
    r"Authentication refused(?:: | for )(?P<event.reason>.*)",
)

_LOGINS: Final = _all(
    _ACCEPTED,
    rf"Accepted [^ ]+ for (?P<user.name>[^ ]*) from {_FROM} ssh2",
    rf"Accepted \S+ for (?P<user.name>\S*) from {_FROM}(?: ssh[12]?)?(?:: .*)?",
    rf"Accepted \S+ for {_USER} from {_FROM}(?: ssh[12]?)?(?:: .*)?",
    rf"Accepted \S+ for {_USER} from (?P<source.address>\S+)",
) + _all(
    {**_LOGIN, "event.outcome": "unknown"},
    rf"(?:Postponed|Partial) \S+ for {_UNKNOWN}{_USER} from {_FROM}(?: ssh[12]?)?{_PRE}",
)

_ABORTS: Final = _all(
    _PROBE,
    rf"(?:Connection (?:closed|reset) by|Disconnected from|Disconnecting) (?:authenticating|invalid) user {_USER} {_FROM}"
    rf"(?:: (?P<event.reason>.*?))?{_PRE}",
    rf"(?:Connection (?:closed|reset) by|Disconnected from) {_MAYBE} \[preauth\]",
    rf"(?:error: )?Received disconnect from {_MAYBE}: ?\d+: (?P<event.reason>.*) \[preauth\]",
    rf"(?:error: )?Received disconnect from {_MAYBE}: ?\d+: \[preauth\]",
    r"Disconnecting (?P<source.address>[^\s:]\S*) port (?P<source.port>\d+): (?P<event.reason>.*)",
    rf"Did not receive identification string from {_MAYBE}{_PRE}",
    rf"Bad protocol version identification '.*' from {_FROM}{_PRE}",
    r"Bad protocol version identification '.*' from (?P<source.address>\S+)",
    rf"(?:error: |fatal: )?(?:banner exchange|ssh_dispatch_run_fatal|[a-z_]+): Connection (?:from|to)"
    rf" (?:(?:authenticating|invalid) user {_USER} )?"
    rf"{_FROM}: (?P<event.reason>.*?){_PRE}",
    rf"(?:fatal: )?Unable to negotiate with {_MAYBE}: (?P<event.reason>.*?){_PRE}",
    rf"(?:fatal: )?Timeout before authentication for (?P<source.address>[^\s]+)(?: port (?P<source.port>\d+))?\.?{_PRE}",
    r"(?:fatal: )?Timeout before authentication for connection from (?P<source.address>\S+) to \S+, pid = \d+",
    rf"(?:fatal: )?Protocol major versions differ(?: for {_MAYBE})?: (?P<event.reason>.*)",
    rf"probed from {_FROM} with .*",
    rf"scanned from {_FROM} with .*",
    rf"(?:error: |fatal: )?(?:Bad packet length|Packet corrupt|Corrupted MAC on input)(?:.* from {_FROM})?.*",
    rf"Magic value check failed \(\d+\) on obfuscated handshake from {_FROM}",
    # The peer's name stands in the process's other lines.
    r"(?:error: |fatal: )?(?P<event.reason>(?:kex|ssh)_exchange_identification: .*|no matching .* found: .*"
    r"|Unable to negotiate a key exchange method)(?: \[preauth\])?",
    r"(?:error: |fatal: )?(?P<event.reason>(?:Read from socket|Write) failed: .*) \[preauth\]",
)

_LIMITS: Final = _all(
    _LIMITED,
    r"(?:error: )?drop connection #\d+ from \[(?P<source.address>[^\]]+)\]:(?P<source.port>\d+) on \[.*",
    r"srclimit_penalise: \S+ (?:new|active) (?P<source.address>[0-9a-fA-F.:]+)/\d+ .*",
    r"(?:error: )?beginning MaxStartups throttling.*",
    r"exited MaxStartups throttling.*",
)

_REFUSED: Final = _all(
    _DENIED,
    r"(?:warning: )?refused connect from (?:.*@)?\S+ \((?P<source.address>[^()\s]+)\)",
    r"(?:warning: )?refused connect from (?P<source.address>\S+)",
    rf"(?:error: )?Refusing connection from {_MAYBE}.*",
)

_REST: Final = (
    *_all(
        _START,
        rf"Connection from {_FROM}(?: on (?P<destination.address>\S+) port (?P<destination.port>\d+).*)?",
        rf"Connection from {_MAYBE}",
        rf"SSH: Server;Ltype: \w+;Remote: (?P<source.address>\S+)-(?P<source.port>\d+);.*{_PRE}",
    ),
    *_all(
        _LOGOUT,
        rf"Disconnected from user {_USER} {_FROM}",
        rf"Close session: user {_USER} from {_FROM} id \d+",
        rf"Timeout, client not responding from user {_USER} {_FROM}",
    ),
    *_all(
        _END,
        rf"(?:error: )?Received disconnect from {_MAYBE}: ?\d+: ?(?P<event.reason>.*)",
        rf"(?:Connection (?:closed|reset) by|Disconnected from|Closing connection to) {_MAYBE}",
        rf"(?:Read|Write) error (?:from|to) remote host {_MAYBE}: (?P<event.reason>.*)",
        rf"Timeout, client not responding(?: from {_MAYBE})?\.?",
    ),
    *_all(
        {**_SESSION, "event.type": "start", "event.action": "session-start"},
        rf"Starting session: .* for (?P<user.name>\S+) from {_FROM} id \d+",
        r"session opened for local user (?P<user.name>.*) from \[(?P<source.address>[^\]]*)\]",
    ),
    *_all(
        {**_SESSION, "event.type": "end", "event.action": "session-end"},
        r"session closed for local user (?P<user.name>.*) from \[(?P<source.address>[^\]]*)\]",
    ),
    *_all(
        {**_INFO, "event.action": "reverse-name-mismatch"},
        r"Address (?P<source.address>\S+) maps to (?P<source.domain>\S+), but this does not map back to the address.*",
        r"reverse mapping checking getaddrinfo for (?P<source.domain>\S+) (?:\[(?P<source.address>[^\]]+)\] )?failed.*",
        r"(?:warning: )?Nasty PTR record \"(?P<source.domain>.*)\" is set up for (?P<source.address>\S+), ignoring",
    ),
    *_all(
        {**_INFO, "event.action": "service-start"},
        r"Server listening on (?P<destination.address>\S+) port (?P<destination.port>\d+)\.",
    ),
    *_all({**_INFO, "event.action": "service-stop"}, r"Received signal \d+; terminating\."),
    *_all(
        {**_SESSION, "event.action": "subsystem"},
        r"subsystem request for (?P<event.reason>\S+)(?: by user (?P<user.name>.*))?.*",
    ),
    *_all(
        _ERROR,
        r"(?:error: |fatal: )?(?P<event.reason>(?:no matching|Unable to negotiate"
        r"|Read from socket failed|Write failed|padding error|Invalid ssh[12] packet|bad decrypted len|mm_|buffer_).*)",
        r"(?:error|fatal): (?P<event.reason>.*)",
    ),
)

# Clients offer one key after the other; a refused one of an account that exists is no guess.
_KEYS: Final = _all(
    {**_LOGIN, "event.outcome": "unknown", "event.type": "info"},
    rf"Failed publickey for (?P<user.name>[^ ]*) from {_FROM}(?: ssh[12]?)?(?:: .*)?{_PRE}",
)

PATTERNS: Final = (*_KEYS, *_GUESSES, *_LOGINS, *_ABORTS, *_LIMITS, *_REFUSED, *_REST)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """The messages that speak of logins and peers."""
    return apply(frame, PATTERNS)
