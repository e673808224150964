r"""Chat and voice servers: Murmur, TeamSpeak 3, ejabberd, Prosody, Matrix Synapse, Rocket.Chat, Mattermost, ZNC, IRC daemons.

    1 => <4:bob(-1)> Rejected connection from 203.0.113.9:29530: Invalid server password           Murmur
    query from 11 203.0.113.9:48426 attempted to login with account "bob" and failed!              TeamSpeak

Source of the words: the programs' sources. Murmur's user name stands before the address, in angle brackets.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, denied, granted, refused
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "murmurd",
    "murmur",
    "mumble-server",
    "ts3server",
    "teamspeak",
    "ts3",
    "ejabberd",
    "prosody",
    "znc",
    "unrealircd",
    "inspircd",
    "ircd",
    "synapse",
    "rocketchat",
    "mattermost",
)
SIGN: Final = (
    r"Rejected connection from |query from [0-9]+ |Failed [\w.-]+ authentication|Accepted [\w.-]+ "
    r"authentication|mod_(?:auth|saslauth|c2s)|\(tcp\|[0-9.<>]+\)|c2s[0-9a-f]{6,}"
    r"|\] failed to log ?in|attempted to (?:log|authenticate)|POST-[0-9]+ - |\[module:|failed login "
    r"attempt|Failed login attempt on"
)
LOGSOURCE: Final = Logsource(product=None, service="chat")

_A: Final = rf"\[?(?P<source.address>{IP})\]?"
_PORT: Final = r"(?::(?P<source.port>[0-9]+))?"

PATTERNS: Final = (
    Pattern(
        rf"<[0-9]+:(?P<user.name>.*)\(-?[0-9]+\)> Rejected connection from {_A}{_PORT}: (?:Invalid server "
        r"password|Wrong certificate or password|Username already in use|Invalid username)",
        refused("murmur", "chat"),
    ),
    Pattern(rf"> Rejected connection from {_A}{_PORT}: ", denied("access-denied", "murmur", "chat")),
    Pattern(
        rf"\bquery from [0-9]+ {_A}{_PORT} attempted to log ?in with account \"(?P<user.name>.*)\" and failed!",
        refused("teamspeak", "chat"),
    ),
    Pattern(
        rf"\bquery from [0-9]+ {_A}{_PORT} (?:issued: login with account|logged in with account) \""
        r"(?P<user.name>.*)\"",
        granted("teamspeak", "chat"),
    ),
    Pattern(rf"client connect failed.*{_A}{_PORT}.*(?i:password|ban)", denied("access-denied", "teamspeak", "chat")),
    Pattern(
        r"Failed (?:\S+ )?(?:c2s )?\S* ?authentication (?:for|of) (?P<user.name>.*) from (?:IP )?"
        rf"(?:::FFFF:)?{_A}(?:: [^:]*| \(\{{.*)?$",
        refused("ejabberd", "chat"),
    ),
    Pattern(
        rf"Failed (?:\S+ )?(?:c2s )?\S* ?authentication from (?:IP )?(?:::FFFF:)?{_A}", refused("ejabberd", "chat")
    ),
    Pattern(
        r"Accepted (?:\S+ )?(?:c2s )?\S* ?authentication for (?P<user.name>\S+) (?:by \S+ )?(?:backend )?from (?:IP )?"
        rf"(?:::FFFF:)?{_A}$",
        granted("ejabberd", "chat"),
    ),
    Pattern(
        rf"{LEAD}(?:Failed|Authentication) (?:authentication|failed|failure).*\b(?:from IP|IP|from)[: ]+{_A}",
        refused("prosody", "chat"),
    ),
    Pattern(
        rf"^(?:\[\] )?\[(?P<user.name>.*)\] (?:failed to log ?in|attempted to log ?in)(?: to \S+)?(?: "
        rf"with an invalid password)? from {_A}$",
        refused("znc", "chat"),
    ),
    Pattern(
        rf"{LEAD}(?P<user.name>[^\s\[\]]*) (?:failed to log ?in|attempted to log ?in)(?: to \S+)?(?: "
        rf"with an invalid password)? from {_A}[.\s]*$",
        refused("znc", "chat"),
    ),
    Pattern(rf"POST-[0-9]+ ?- ?{_A} - .*/login.*(?:403|401)", refused("synapse", "chat")),
    Pattern(
        rf"Failed login attempt .*\[username: ?(?P<user.name>[^\],]*).*(?i:ip|address)[:=] ?{_A}",
        refused("rocketchat", "chat"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in, connections refused."""
    return apply(frame, PATTERNS)
