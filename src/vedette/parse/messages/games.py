r"""Game servers: Half-Life and Source engine (rcon), Minecraft, Factorio, Valheim, ARK, Rust, Quake and its heirs.

    Bad Rcon: "rcon 1146003691 "284"  sv_contact "x"" from "203.0.113.9:57370"

What the peer sent stands in the first quotes and may hold quotes itself; its address is the last pair.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("hlds", "srcds", "minecraft", "factorio")
SIGN: Final = (
    r"(?i:\brcon\b)|\[/[0-9A-Fa-f:.]+:[0-9]+\] logged in with entity id|Disconnecting "
    r".*\(/[0-9A-Fa-f:.]+:[0-9]+\)|Refusing connection for address"
)
LOGSOURCE: Final = Logsource(product=None, service="game")

_A: Final = rf"\[?(?P<source.address>{IP})\]?"
_PORT: Final = r"(?::(?P<source.port>[0-9]+))?"

PATTERNS: Final = (
    Pattern(rf"{LEAD}Bad [Rr]con: .* from \"{_A}{_PORT}\"\s*$", refused("hlds", "game")),
    Pattern(rf"{LEAD}(?:rcon from|Rcon from) \"{_A}{_PORT}\": Bad [Pp]assword", refused("srcds", "game")),
    Pattern(
        rf"{LEAD}(?i:bad rcon(?:password)?|rcon.*(?:bad|invalid|wrong) password|rcon:? (?:authentication"
        rf"|login) failed)\b.*\bfrom:? ?[\"'/(]*{_A}{_PORT}",
        refused("rcon", "game"),
    ),
    Pattern(
        rf"{LEAD}(?P<user.name>[^\s\[]+)\[/{_A}:(?P<source.port>[0-9]+)\] logged in with entity id",
        granted("minecraft", "game"),
    ),
    Pattern(
        rf"(?:Disconnecting|lost connection).*\(/{_A}:(?P<source.port>[0-9]+)\).*(?:not white-?listed"
        r"|Failed to verify|banned|authentication servers)",
        denied("access-denied", "minecraft", "game"),
    ),
    Pattern(rf"{LEAD}Rcon: .* from \"{_A}{_PORT}\"\s*$", granted("hlds", "game", "privilege-use")),
    Pattern(rf"Thread RCON Client /{_A} started", told("minecraft", "game", "session-start")),
    Pattern(
        rf"Refusing connection for address \(IP ADDR:\(\{{?{_A}:(?P<source.port>[0-9]+)\}}?\)\)",
        denied("access-denied", "factorio", "game"),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Remote consoles refused and let in, players turned away."""
    return apply(frame, PATTERNS)
