r"""Small applications that people run at home and at work.

Vaultwarden and Bitwarden, Uptime Kuma, Dockge, Mealie, Miniflux, Paperless, Stirling PDF, File Browser, Home
Assistant, Domoticz.

    Username or password is incorrect. Try again. IP: 203.0.113.9. Username: bob@example.org.      Vaultwarden
    Incorrect username or password for user bob. IP=203.0.113.9                                    Uptime Kuma, Dockge
    Login attempt or request with invalid authentication from host.example.org (203.0.113.9).      Home Assistant

Source of the words: the programs' sources. Where the name comes before the address, the name is greedy.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, LEAD, denied, granted, refused, with_fields
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "vaultwarden",
    "bitwarden",
    "bitwarden-identity",
    "bitwarden_rs",
    "uptime-kuma",
    "dockge",
    "mealie",
    "miniflux",
    "freshrss",
    "paperless",
    "n8n",
    "gotify",
    "stirling-pdf",
    "filebrowser",
    "syncthing",
    "hass",
    "homeassistant",
    "home-assistant",
    "node-red",
    "openhab",
    "domoticz",
    "meshcentral",
    "kasm",
    "ntfy",
)
SIGN: Final = (
    r"\bIP: ?[0-9A-Fa-f:.]+\. Username: |Invalid admin token|Failed login attempt[.,]|\. "
    r"IP=[0-9A-Fa-f:.]+$|request with invalid authentication from|Incorrect username or password"
    r"|/api/login: 40[13] |Failed login attempt from IP: |Wrong credentials supplied"
    r"|(?i:failed (?:web ?ui )?login attempt|login (?:attempt )?failed (?:for|from)|failed login "
    r"authorization)|Failed authentication attempt|Invalid TOTP code!|Username .* not found|TWO "
    r"?FACTOR|Login error for|access_denied_user"
)
LOGSOURCE: Final = Logsource(category="webserver", service="application")

_A: Final = rf"\[?(?P<source.address>{IP})\]?"
_VW: Final = ("vaultwarden", "web")
_BW: Final = ("bitwarden", "web")
_HA: Final = ("home-assistant", "web")

PATTERNS: Final = (
    Pattern(
        r"(?:Username or password is incorrect|This user has been disabled|Username .*|Invalid .*|.*not "
        rf"found.*)\.(?: Try again\.)? IP: {_A}\. Username: (?P<user.name>.*?)\.?$",
        refused(*_VW),
    ),
    Pattern(rf"Invalid admin token\. IP: {_A}", refused(*_VW)),
    Pattern(rf"Invalid (?:TOTP code|Email code|recovery code|Two-step).*? IP: {_A}$", refused(*_VW)),
    Pattern(rf"User (?P<user.name>.*) logged in successfully\. IP: {_A}", granted(*_VW)),
    Pattern(rf"Failed login attempt(?:, 2FA invalid)?\. {_A}\s*$", refused(*_BW)),
    Pattern(
        r"(?:Incorrect username or password|Invalid (?:token|2FA token|password)(?: provided)?|Invalid "
        rf".*) for user (?P<user.name>.*)\. IP=(?P<source.address>{IP})$",
        refused("uptime-kuma", "web"),
    ),
    Pattern(
        rf"Successfully logged in user (?P<user.name>.*)\. IP=(?P<source.address>{IP})$", granted("uptime-kuma", "web")
    ),
    Pattern(rf"Rate limit exceeded for IP:? ?(?P<source.address>{IP})", denied("rate-limited", "uptime-kuma", "web")),
    Pattern(
        r"(?:Login attempt|Login attempt or request) with invalid authentication from [^\s(]+ \("
        rf"(?P<source.address>{IP})\)",
        refused(*_HA),
    ),
    Pattern(rf"Login attempt (?:or request )?with invalid authentication from {_A}(?:[.\s]|$)", refused(*_HA)),
    Pattern(rf"Banned IP {_A} for too many login attempts", denied("rate-limited", *_HA)),
    Pattern(rf"Incorrect username or password from {_A}$", refused("mealie", "web")),
    Pattern(rf"/api/login: 40[13] {_A}(?::[0-9]+)? ", refused("filebrowser", "web")),
    Pattern(rf"Failed login attempt from IP: {_A}$", refused("stirling-pdf", "web")),
    Pattern(
        rf"Failed (?:web ?ui )?login (?:attempt|authorization) (?:from|\(?IP:?) ?(?:ip )?(?:address )?{_A}",
        refused("domoticz", "web"),
    ),
    # The name is the visitor's, and so may be what follows the address: such lines are left to the plain words.
    Pattern(
        r"Failed (?:web ?ui )?login (?:attempt|authorization) for user(?:name)? [\"'`]?"
        rf"(?P<user.name>.*?)[\"'`]? (?:from|\(?IP:?) ?(?:ip )?(?:address )?[\"'`]?{_A}[^0-9A-Za-z]*$",
        refused("domoticz", "web"),
    ),
    Pattern(
        rf"{LEAD}(?:Login|login|Sign-in) (?:attempt )?failed(?:: Wrong credentials supplied)? from (?:IP:? )?[`'\"]?{_A}"
        r"[`'\"]?(?: .*|\.)?$",
        refused("application", "web"),
    ),
    Pattern(
        rf"{LEAD}(?:Login|login|Sign-in) (?:attempt )?failed(?:: Wrong credentials supplied)? for user(?:name)? [`'\"]?"
        rf"(?P<user.name>.*?)[`'\"]? from (?:IP:? )?[`'\"]?{_A}[^0-9A-Za-z]*$",
        refused("application", "web"),
    ),
    Pattern(rf"Login failed for user `(?P<user.name>.*)` from (?:private )?IP `{_A}`\.?$", refused("paperless-ngx", "web")),
    Pattern(
        r"(?:Wrong credentials supplied|Failed authentication attempt)(?: (?:for|by|of)(?: user)? (?P<user.name>.*?))?"
        rf"(?: .*)?\b(?:from|IP):? `?{_A}(?:[`:][0-9]*)?[^0-9A-Za-z]*$",
        refused("application", "web"),
    ),
    Pattern(r"^Incorrect username or password(?:$|\.|:)", refused("application", "web")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in; peers that stand in a field beside the message count too."""
    return with_fields(apply(frame, PATTERNS), frame)
