r"""Remote desktops: Guacamole, xrdp, x11vnc, TigerVNC, RealVNC, TightVNC, screensharingd, NoMachine, Kasm, RustDesk.

    Authentication attempt from 203.0.113.9 for user "bob" failed.                 Guacamole
    AUTHFAIL: user=bob ip=::ffff:203.0.113.9 time=1649351466                       xrdp-sesman

Behind proxies Guacamole writes "[forwarded ..., direct peer]": the one before the last is whom the nearest proxy saw.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "guacd",
    "guacamole",
    "xrdp",
    "xrdp-sesman",
    "x11vnc",
    "xvnc",
    "vncserver",
    "vncserver-x11",
    "screensharingd",
    "rustdesk",
    "nxserver",
)
SIGN: Final = (
    r"Authentication attempt (?:from|for)|User \"[^\"]*\" success(?:fully)? authenticated|AUTHFAIL: "
    r"user=|n\[[0-9]{8}-[0-9:]+\]|authentication failed from|password check failed|AuthFailure:"
    r"|Authentication: (?:FAILED|SUCCEEDED)"
    r"|(?:SConnection|VNCSConnST|Connections): |blacklisted: |Got connection from client"
    r"|rfbAuthProcessClientMessage"
)
LOGSOURCE: Final = Logsource(product=None, service="remote-desktop")

_A: Final = rf"(?P<source.address>{IP})"
_GUAC: Final = ("guacamole", "remote-desktop")
_XRDP: Final = ("xrdp", "remote-desktop")
_VNC: Final = ("vnc", "remote-desktop")

PATTERNS: Final = (
    Pattern(
        rf"Authentication attempt from (?:\[(?:[^\]]*, )?{_A}, [^\],]*\]) for user \"(?P<user.name>.*)\" "
        r"failed\.",
        refused(*_GUAC),
    ),
    Pattern(rf"Authentication attempt from \[?{_A}\]? for user \"(?P<user.name>.*)\" failed\.", refused(*_GUAC)),
    Pattern(
        rf"User \"(?P<user.name>.*)\" successfully authenticated from \[(?:[^\]]*, )?{_A}, [^\],]*\]\.?$",
        granted(*_GUAC),
    ),
    Pattern(rf"User \"(?P<user.name>.*)\" successfully authenticated from \[?{_A}\]?\.?$", granted(*_GUAC)),
    Pattern(rf"(?:^|\] )AUTHFAIL: user=(?P<user.name>.*) ip={_A} time=[0-9]+\s*$", refused(*_XRDP)),
    # The name that was typed, echoed by the window manager: whatever stands in it is the peer's.
    Pattern(r"^(?:\[[A-Z ]+\] )?(?:xrdp_wm_log_msg: |n\[)", told(*_XRDP, category="authentication")),
    Pattern(
        rf"(?:^|\] )(?:xrdp_sec_|libxrdp_|xrdp_mcs_|xrdp_iso_|xrdp_rdp_)\w*.*(?:failed|error).*from {_A}",
        denied("protocol-probe", *_XRDP),
    ),
    Pattern(
        rf"(?:authentication failed|password check failed|Authentication failed) (?:from|for client) {_A}",
        refused(*_VNC),
    ),
    Pattern(
        rf"Authentication: FAILED :: User Name: (?P<user.name>.*) :: Viewer Address: {_A} ::",
        refused("screensharingd", "remote-desktop"),
    ),
    Pattern(
        rf"Authentication: SUCCEEDED :: User Name: (?P<user.name>.*) :: Viewer Address: {_A} ::",
        granted("screensharingd", "remote-desktop"),
    ),
    Pattern(
        r"(?:SConnection|VNCSConnST|Connections): +(?:AuthFailureException|closing|blacklisted|Authentication "
        rf"(?:failed|failure)|closed)\b:? ?(?:for )?\[?{_A}\]?(?:::?(?P<source.port>[0-9]+))?.*(?i:auth"
        r"|password|too many)",
        refused(*_VNC),
    ),
    Pattern(rf"(?:Connections|Connection): +blacklisted: \[?{_A}\]?", denied("rate-limited", *_VNC)),
    Pattern(
        r"(?:Connections: +)?[Aa]uthentication (?:failure|rejected|failed).*?\b(?:from|by|of"
        rf"|for)\b.*?\[?{_A}\]?(?:::?(?P<source.port>[0-9]+))?(?: |$|\))",
        refused(*_VNC),
    ),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in."""
    return apply(frame, PATTERNS)
