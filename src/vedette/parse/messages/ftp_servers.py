r"""FTP servers: vsftpd, ProFTPD, Pure-FTPd, WU-FTPD, MIT gssftpd, FileZilla Server, Gene6, Serv-U, glFTPd.

    [pid 812] [bob] FAIL LOGIN: Client "203.0.113.9"                                        vsftpd
    web1 (host.example.org[203.0.113.9]): USER bob (Login failed): Incorrect password       ProFTPD
    (?@203.0.113.9) [WARNING] Authentication failed for user [bob]                          Pure-FTPd

Source of the words: the servers' own logging. The peer stands before the user name, or in quotes at the end.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused, told
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "vsftpd",
    "proftpd",
    "pure-ftpd",
    "pure-ftp",
    "ftpd",
    "wu-ftpd",
    "in.ftpd",
    "gssftpd",
    "bftpd",
    "glftpd",
    "ftp",
)
SIGN: Final = (
    r"(?:FAIL|OK) LOGIN: Client \"|FTP response: Client \"|CONNECT: Client \"|proftpd\[[0-9]+\]:? \S* "
    r"?\(|^\([^\s@()]*@[^\s()]+\) \[[A-Z]+\] |refused PORT |failed login from "
    r"|FTP LOGIN (?:FAILED|REFUSED)|\) \([^()]*\) ?> (?:530|331|PASS|USER)|\(not logged in\) "
    r"|\([0-9A-Za-z_.:-]*\[[0-9A-Fa-f:.]+\]\)(?::| -) "
)
LOGSOURCE: Final = Logsource(product="linux", service="ftp")

_A: Final = rf"(?P<source.address>{IP})"
_VS: Final = ("vsftpd", "ftp")
_PRO: Final = ("proftpd", "ftp")
_PURE: Final = ("pure-ftpd", "ftp")
_FZ: Final = ("filezilla", "ftp")
_PRO_PEER: Final = rf"^(?:[^(]* )?\((?P<source.domain>[^\s\[\]()]*)\[{_A}\]\)(?::| -)+ "
_FZ_PEER: Final = rf"^(?:<?[^<>()]*>? )?\([0-9]+\) ?-? ?(?:[^()]* )?\((?P<user.name>[^()]*)\) ?\({_A}\) ?> "

PATTERNS: Final = (
    Pattern(rf"^(?:\[pid [0-9]+\] )?\[(?P<user.name>.*)\] FAIL LOGIN: Client \"{_A}\"(?:, \".*\")?$", refused(*_VS)),
    Pattern(rf"^(?:\[pid [0-9]+\] )?FAIL LOGIN: Client \"{_A}\"(?:, \".*\")?$", refused(*_VS)),
    Pattern(rf"^(?:\[pid [0-9]+\] )?\[(?P<user.name>.*)\] FTP response: Client \"{_A}\", \"530 ", refused(*_VS)),
    Pattern(rf"^(?:\[pid [0-9]+\] )?\[(?P<user.name>.*)\] OK LOGIN: Client \"{_A}\"", granted(*_VS)),
    Pattern(rf"^(?:\[pid [0-9]+\] )?CONNECT: Client \"{_A}\", \"Connection refused", denied("access-denied", *_VS)),
    Pattern(rf"^(?:\[pid [0-9]+\] )?CONNECT: Client \"{_A}\"", told(*_VS, "session-start")),
    Pattern(rf"{_PRO_PEER}USER (?P<user.name>.*\S) ?\(Login failed\)", refused(*_PRO)),
    Pattern(rf"{_PRO_PEER}USER (?P<user.name>.*): no such user\b", refused(*_PRO)),
    Pattern(rf"{_PRO_PEER}SECURITY VIOLATION: (?P<user.name>\S+) login attempted", refused(*_PRO)),
    Pattern(rf"{_PRO_PEER}Maximum login attempts \([0-9]+\) exceeded", refused(*_PRO)),
    Pattern(rf"{_PRO_PEER}(?:USER|ANON) (?P<user.name>.*): Login successful", granted(*_PRO)),
    Pattern(
        rf"{_PRO_PEER}(?:Connection from .* denied|Refused|notice: unable to|Connection refused)",
        denied("access-denied", *_PRO),
    ),
    Pattern(rf"{_PRO_PEER}(?:FTP session|SSH2 session|FTP login timed out|FTP no transfer)", told(*_PRO)),
    Pattern(rf"{_PRO_PEER}.*(?i:authentication failed|login failed|access denied|not authorized)", refused(*_PRO)),
    Pattern(rf"^(?:.*proftpd\S* )?refused connect from .*\({_A}\)", denied("access-denied", *_PRO)),
    Pattern(rf"^\((?P<source.user.name>.*?)@{_A}\) \[WARNING\] .*\[(?P<user.name>.*)\]$", refused(*_PURE)),
    Pattern(rf"^\((?P<source.user.name>.*?)@{_A}\) \[WARNING\] .*(?i:too many|authentication|login)", refused(*_PURE)),
    Pattern(rf"^\((?P<source.user.name>.*?)@{_A}\) \[INFO\] (?P<user.name>.*) is now logged in$", granted(*_PURE)),
    Pattern(rf"^\(.*?@{_A}\) \[[A-Z]+\] ", told(*_PURE)),
    # A name alone where the server could not or would not look up the address.
    Pattern(
        r"^\((?P<source.user.name>.*?)@(?P<source.address>[0-9A-Za-z.-]+)\) \[WARNING\] .*\[(?P<user.name>.*)\]$",
        refused(*_PURE),
    ),
    Pattern(rf"^failed login from .*\[{_A}\](?:, (?P<user.name>.*))?$", refused("wu-ftpd", "ftp")),
    Pattern(
        rf"^FTP LOGIN (?:FAILED|REFUSED).* FROM [^\[]*\[{_A}\](?:, (?P<user.name>.*))?$", refused("wu-ftpd", "ftp")
    ),
    Pattern(rf"^refused PORT \S+ from (?:\S+ )?\[?{_A}\]?$", denied("access-denied", "wu-ftpd", "ftp")),
    Pattern(rf"^FTP LOGIN FROM [^\[]*\[{_A}\], (?P<user.name>.*)$", granted("wu-ftpd", "ftp")),
    Pattern(rf"^repeated login failures from {_A}", refused("gssftpd", "ftp")),
    Pattern(rf"^repeated login failures from .*?\(?{_A}\)?$", refused("wu-ftpd", "ftp")),
    Pattern(
        r"^(?:FTP )?(?:login|LOGIN) (?:failed|FAILED|refused|REFUSED)(?: \([^)]*\))? (?:from|FROM) "
        rf"(?:[^\s,\[]*\[)?{_A}\]?(?:, (?P<user.name>.*))?$",
        refused("ftpd", "ftp"),
    ),
    Pattern(rf"{_FZ_PEER}(?:530|421 .*login)", refused(*_FZ)),
    Pattern(rf"{_FZ_PEER}230 ", granted(*_FZ)),
    Pattern(rf"{_FZ_PEER}", told(*_FZ)),
    Pattern(rf"FTP Session [0-9]+ {_A}(?: (?P<user.name>\S+))?\] \[Response\] 530", refused(*_FZ)),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in, connections refused."""
    found = apply(frame, PATTERNS)
    if "source.user.name" in found.columns:
        found = found.with_columns(pl.col("source.user.name").replace("?", None))
    if "source.domain" in found.columns:  # a name only where the server found one
        found = found.with_columns(
            pl.when(pl.col("source.domain").str.contains("[A-Za-z]") & ~pl.col("source.domain").str.contains(":")).then(
                "source.domain"
            )
        )
    return found
