r"""Media servers and their helpers.

Jellyfin, Emby, Sonarr and its kin, Overseerr, Navidrome, Audiobookshelf, Calibre-Web, Tautulli, SABnzbd,
qBittorrent, Deluge, Transmission.

    Jellyfin.Server.Implementations.Users.UserManager: Authentication request for "bob" has been denied (IP: "203.0.113.9").
    Auth: Auth-Failure ip 203.0.113.9 username 'bob'                                            Sonarr and its kin

Source of the words: the programs' sources.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, with_fields
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "jellyfin",
    "emby",
    "plex",
    "sonarr",
    "radarr",
    "prowlarr",
    "lidarr",
    "readarr",
    "mono",
    "overseerr",
    "jellyseerr",
    "navidrome",
    "audiobookshelf",
    "calibre-web",
    "kavita",
    "komga",
    "immich",
    "photoprism",
    "tautulli",
    "sabnzbdplus",
    "sabnzbd",
    "qbittorrent",
    "deluged",
    "transmission-daemon",
)
SIGN: Final = (
    r"Authentication request for .* has been (?:denied|succe)|AUTH-ERROR: |Auth-(?:Failure|Success"
    r"|Unauthorized|Logout)|(?i:login failed for user \")|\[Auth\] |WebAPI login (?:failure|success)"
    r"|Unsuccessful login attempt from|Authentication (?:denied|failure|success)"
    r"|Failed (?:login|sign-in|auth)[a-z -]* attempt|\[API\] .*Failed login|Invalid token|Plex.*"
    r"(?:unauthorized|auth)|Unsuccessful login"
)
LOGSOURCE: Final = Logsource(category="webserver", service="media")

_A: Final = rf"[\[\"]?(?P<source.address>{IP})[\]\"]?"
_PORT: Final = r"(?::(?P<source.port>[0-9]+))?"

PATTERNS: Final = (
    Pattern(
        rf"Authentication request for \"?(?P<user.name>.*?)\"? has been denied \(IP: {_A}\)\.?\s*$",
        refused("jellyfin", "media"),
    ),
    Pattern(
        rf"Authentication request for \"?(?P<user.name>.*?)\"? has succeeded\.?(?: \(IP: {_A}\))?\.?\s*$",
        granted("jellyfin", "media"),
    ),
    Pattern(rf"AUTH-ERROR: {_A} - ", refused("emby", "media")),
    Pattern(rf"Auth-Failure ip {_A} username '?(?P<user.name>.*?)'?$", refused("servarr", "media")),
    Pattern(rf"Auth-Unauthorized ip {_A} url ", refused("servarr", "media")),
    Pattern(rf"Auth-Success ip {_A} username '?(?P<user.name>.*?)'?$", granted("servarr", "media")),
    Pattern(rf"\b[Ll]ogin failed for user \"(?P<user.name>.*)\" IP-address: {_A}$", refused("calibre-web", "media")),
    Pattern(
        r"\[Auth\] (?:Failed login attempt for user(?:name)? \"?(?P<user.name>.*?)\"?|Failed login "
        rf"attempt) from (?:ip )?{_A}(?: \([^)]*\))?$",
        refused("audiobookshelf", "media"),
    ),
    Pattern(
        rf"WebAPI login failure\. Reason: .*?, attempt count: [0-9]+, IP: {_A}, username: (?P<user.name>.*)$",
        refused("qbittorrent", "media"),
    ),
    Pattern(rf"WebAPI login failure\. Reason: .*?IP: {_A}", refused("qbittorrent", "media")),
    Pattern(rf"WebAPI login success\. IP: {_A}", granted("qbittorrent", "media")),
    Pattern(
        rf"[Uu]nsuccessful login attempt (?:for user(?:name)? '?(?P<user.name>.*?)'? )?from {_A}",
        refused("tautulli", "media"),
    ),
    Pattern(rf"[Uu]nsuccessful login attempt from {_A}", refused("sabnzbd", "media")),
    Pattern(
        rf"\[API\](?:\[[a-z]+\])?: Failed (?:login|sign-in) attempt.*\b(?i:ip)\W+{_A}(?:.*\"email\": ?\""
        r"(?P<user.name>[^\"]*)\")?",
        refused("overseerr", "media"),
    ),
    Pattern(
        rf"(?i:unauthorized|rejected|denied)\b.*\bRPC\b.*\b(?:from|client) {_A}{_PORT}",
        denied("access-denied", "transmission", "media"),
    ),
    Pattern(rf"Login failed \(ClientIP {_A}\)", refused("deluge", "media")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in."""
    return with_fields(apply(frame, PATTERNS), frame)
