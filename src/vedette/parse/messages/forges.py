r"""Code forges and build servers: GitLab, Gitea, Forgejo, Gogs, Jenkins, SonarQube, Nexus, Artifactory, TeamCity, Bitbucket.

    Failed authentication attempt for bob from 203.0.113.9:51212: user does not exist          Gitea
    Failed Login: username=bob ip=203.0.113.9                                                  GitLab

Source of the words: the programs' sources. The user name stands first: greedy, so that the address is the last one.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, granted, refused
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ("gitea", "forgejo", "gogs", "gitlab", "gitlab-sshd", "jenkins", "sonarqube", "artifactory", "nexus")
SIGN: Final = (
    r"Failed authentication attempt|Failed Login: username=|invalid credentials from |Successful "
    r"Login: username=|\[(?:DENIED|ACCEPTED DEPLOY|ACCEPTED) ?(?:LOGIN|DOWNLOAD|DEPLOY)?\] |auth "
    r"event |login (?:failure|success)\[|Invalid user .* from |from [0-9A-Fa-f:.]+ rejected"
    r"|Password authentication failed for user|Failed to login as|Failed login attempt .*user"
)
LOGSOURCE: Final = Logsource(category="webserver", service="forge")

_A: Final = rf"\[?(?P<source.address>{IP})\]?"
_PORT: Final = r"(?::(?P<source.port>[0-9]+))?"

PATTERNS: Final = (
    Pattern(
        rf"Failed authentication attempt for (?P<user.name>.*) from {_A}{_PORT}(?:: .*)?$", refused("gitea", "web")
    ),
    Pattern(rf"Failed authentication attempt from {_A}{_PORT}(?:: .*)?$", refused("gitea", "web")),
    Pattern(rf"(?:invalid credentials|Unauthorized|unauthorized) from {_A}{_PORT}\s*$", refused("gitea", "web")),
    Pattern(rf"Failed Login: username=(?P<user.name>.*) ip={_A}$", refused("gitlab", "web")),
    Pattern(rf"Successful Login: username=(?P<user.name>.*) ip={_A} method=", granted("gitlab", "web")),
    Pattern(
        rf"\[DENIED LOGIN\] .*?(?:for (?:client : )?(?P<user.name>.*?) ?)/ ?{_A}\.?(?: \[[^\]]*\])?$",
        refused("artifactory", "web"),
    ),
    Pattern(rf"\[DENIED [A-Z_ ]+\] .*?/ ?{_A}\.?(?: \[[^\]]*\])?$", denied("access-denied", "artifactory", "web")),
    Pattern(
        rf"\[ACCEPTED LOGIN\] .*?(?:for (?:client : )?(?P<user.name>.*?) ?)/ ?{_A}\.?(?: \[[^\]]*\])?$",
        granted("artifactory", "web"),
    ),
    Pattern(
        rf"auth event \[id=[^\]]*\|.*login failure.*IP\|{_A}\|[^\]]*login\|(?P<user.name>[^\]|]*)",
        refused("sonarqube", "web"),
    ),
    Pattern(
        rf"login failure\[cause\|.*\]\[method\|[^\]]*\]\[provider\|[^\]]*\]\[IP\|{_A}\|[^\]]*\]\[login\|"
        r"(?P<user.name>.*)\]$",
        refused("sonarqube", "web"),
    ),
    Pattern(
        rf"login success\[method\|[^\]]*\]\[provider\|[^\]]*\]\[IP\|{_A}\|[^\]]*\]\[login\|(?P<user.name>.*)\]$",
        granted("sonarqube", "web"),
    ),
    Pattern(rf"Failed login attempt(?: by)? user(?:name)? (?P<user.name>.*) from {_A}", refused("jenkins", "web")),
    Pattern(rf"Failed to login as (?P<user.name>.*) from {_A}", refused("jenkins", "web")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Logins refused and let in."""
    return apply(frame, PATTERNS)
