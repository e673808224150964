r"""Pluggable authentication modules, inside whatever program loaded them.

    pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.45  user=root

Source of the words: Linux-PAM pam_syslog(3), pam_unix support.c, pam_faillock.c, pam_access.c; sssd pam_sss.c;
OpenSSH auth-pam.c (`PAM 2 more authentication failures`). `ruser` and `user` are the peer's to choose.
"""

from typing import Any, Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ()
ORDER: Final = 100
LOGSOURCE: Final = Logsource(product="linux", service="auth")

_HEAD: Final = (
    r"(?:(?:\(pam_[a-z0-9_]+\)|pam_[a-z0-9_]+(?:[(\[](?P<service.name>[^):\]]*)(?::[^)\]]*)?[)\]])?(?:\[\d+\])?):? *)?"
)
_MODULE: Final = (
    r"(?:\(pam_[a-z0-9_]+\)|pam_[a-z0-9_]+(?:[(\[](?P<service.name>[^):\]]*)(?::[^)\]]*)?[)\]])?(?:\[\d+\])?):? *"
)
SIGN: Final = (
    r"^(?:\(pam_[a-z0-9_]+\)|pam_[a-z0-9_]+[(:\[]|PAM \d+ more authentication failure"
    r"|(?:authentication failure|check pass|session (?:opened|closed) for user|bad username)\b)"
)

_LOGIN: Final = {"event.category": "authentication", "event.action": "login"}
_FAILED: Final = {**_LOGIN, "event.outcome": "failure"}
_LOCKED: Final = {"event.category": "authentication", "event.action": "account-locked", "event.outcome": "failure"}
_SESSION: Final = {"event.category": "session"}
_CHANGED: Final = {"event.category": "iam", "event.type": "change", "event.action": "password-change"}

_WHO: Final = r"logname=\S* uid=(?P<user.id>\d*) euid=\d* tty=\S*"
_TYPES: Final = {
    "sshd": "ssh", "dropbear": "ssh", "vsftpd": "ftp", "proftpd": "ftp", "pure-ftpd": "ftp", "dovecot": "mail",
    "imap": "mail", "pop3": "mail", "smtp": "mail", "cyrus": "mail", "xrdp-sesman": "remote-desktop",
    "httpd": "web", "apache2": "web", "nginx": "web", "openvpn": "vpn", "cockpit": "web",
}  # fmt: skip
_SAYS_ITSELF: Final = ("sshd", "sshd-session", "sshd-auth")


def _all(means: dict[str, Any], *regexes: str) -> tuple[Pattern, ...]:
    return tuple(Pattern(f"^{regex}$", means) for regex in regexes)


PATTERNS: Final = (
    *_all(
        _FAILED,
        # The account comes last and may hold anything; only then may the remote user hold what looks like a host.
        rf"{_HEAD}authentication failure; {_WHO} ruser=(?P<source.user.name>\S*) rhost=(?P<source.address>\S*) +user=(?P<user.name>.*)",
        rf"{_HEAD}authentication failure; {_WHO} ruser=(?P<source.user.name>.*) rhost=(?P<source.address>\S*) *",
        rf"{_HEAD}authentication failure; {_WHO} ruser=(?P<source.user.name>.*) rhost=(?P<source.address>\S*) +user=(?P<user.name>\S*)",
        rf"PAM (?P<event.count>\d+) more authentication failures?; {_WHO} ruser=(?P<source.user.name>\S*) "
        r"rhost=(?P<source.address>\S*) *(?:user=(?P<user.name>.*))?",
        rf"{_MODULE}auth could not identify password for \[(?P<user.name>.*)\]",
        rf"{_MODULE}received for user (?P<user.name>.*): \d+ \((?P<event.reason>Authentication failure|User not"
        rf" known[^()]*|Permission denied|"
        r"User account has expired[^()]*|Module is unknown|Authentication service cannot[^()]*)\)",
        rf"{_MODULE}access denied for user [`'\"]?(?P<user.name>.*?)[`'\"]? from [`'\"]?(?P<source.address>[^`'\"\s]+)[`'\"]?",
        rf"{_MODULE}Refused user (?P<user.name>.*) for service \S+",
        rf"{_MODULE}user ['`\"](?P<user.name>.*)['\"] (?:denied access|not found|is not allowed|granted access denied).*",
        rf"{_MODULE}(?:Invalid verification code|Failed to read \S+|Authentication failed|Wrong password|login"
        rf" failed) for (?:user )?['\"]?(?P<user.name>.*?)['\"]?",
        rf"{_MODULE}(?P<event.reason>request \S+ failed: WBC_ERR_AUTH_ERROR.*)",
        rf"{_HEAD}account (?P<user.name>.*) has expired.*",
        rf"{_HEAD}expired password for user (?P<user.name>.*)(?: \(.*\))?",
        rf"{_MODULE}(?P<event.reason>authentication fail(?:ed|ure)|auth(?:entication)? error)(?: for (?:user"
        rf" )?(?P<user.name>\S+))?(?: from (?P<source.address>\S+))?.*",
    ),
    *_all(
        _LOCKED,
        rf"{_MODULE}Consecutive login failures for user (?P<user.name>.*) account temporarily locked",
        rf"{_MODULE}user (?P<user.name>.*) \(\d*\) tally (?P<event.count>\d+), deny \d+",
        rf"{_MODULE}user (?P<user.name>.*) \(\d*\) has time limit.*",
    ),
    # Said beside the failure that follows, so it does not count again.
    *_all(
        {**_LOGIN, "event.outcome": "unknown", "event.type": "info"},
        rf"{_HEAD}check pass; user unknown",
        rf"{_HEAD}bad username \[(?P<user.name>.*)\]",
        rf"{_MODULE}requirement \".*\" (?:not|was not) met by user \"(?P<user.name>.*)\"",
        rf"{_MODULE}User unknown",
    ),
    *_all(
        {**_LOGIN, "event.outcome": "success"},
        rf"{_MODULE}authentication success(?:; {_WHO} ruser=(?P<source.user.name>\S*)"
        rf" rhost=(?P<source.address>\S*) +user=(?P<user.name>.*))?",
        rf"{_MODULE}user ['`\"](?P<user.name>.*)['\"] granted access",
    ),
    *_all(
        {**_SESSION, "event.type": "start", "event.action": "session-start", "event.outcome": "success"},
        # Nearly every line; written so that one pass without a second thought reads it.
        r"pam_[a-z0-9_]+\((?P<service.name>[^):\]]*)(?::[^)\]]*)?\): session opened for user (?P<user.name>[^\s(]*)"
        r"(?:\(uid=(?P<user.id>\d+)\))? by (?P<source.user.name>[^\s(]*)(?:\(uid=\d*\))?",
        rf"{_HEAD}session opened for user (?P<user.name>[^\s(]*)(?:\(uid=(?P<user.id>\d+)\))? by"
        rf" (?P<source.user.name>[^\s(]*)(?:\(uid=\d*\))?.*",
    ),
    *_all(
        {**_SESSION, "event.type": "end", "event.action": "session-end"},
        rf"{_HEAD}session closed for user (?P<user.name>\S*).*",
    ),
    *_all({**_CHANGED, "event.outcome": "success"}, rf"{_HEAD}password changed for (?P<user.target.name>.*)"),
    *_all(
        {**_CHANGED, "event.outcome": "failure"},
        rf"{_HEAD}(?:password - \(old\) token not obtained|new password not acceptable.*)",
    ),
    *_all({"event.category": "authentication", "event.type": "info"}, rf"{_MODULE}(?P<event.reason>.*)"),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Failures with the peer that the service named, locks, sessions."""
    found = apply(frame, PATTERNS)
    if found.is_empty():
        return found
    if "source.user.name" in found.columns:
        if "user.name" not in found.columns:
            found = found.with_columns(pl.lit(None, pl.String()).alias("user.name"))
        # Without an account the remote user is the name that was tried; a session's opener is not.
        tried = pl.when(pl.col("event.category") == "authentication").then(pl.col("source.user.name"))
        found = found.with_columns(pl.coalesce("user.name", tried).alias("user.name"))
    services = [pl.col("service.name")] if "service.name" in found.columns else []
    if "process.name" in frame.columns:
        programs = frame.select("line", program="process.name")
        found = found.join(programs, on="line", how="left", maintain_order="left")
        services.append(pl.col("program"))
    if services:
        found = found.with_columns(pl.coalesce(services).alias("service.name")).drop("program", strict=False)
        kind = pl.col("service.name").replace_strict(_TYPES, default=None, return_dtype=pl.String())
        found = found.with_columns(kind.alias("service.type"))
        found = _once(found, frame)
    return found


def _once(found: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """sshd says itself whose password was wrong, beside what PAM says: that one guess counts once."""
    if not {"event.outcome", "event.action"} <= set(found.columns):
        return found
    failed = frame.filter(frame["message"].str.contains("(?i:authentication failure)"))["line"]
    twin = (
        pl.col("service.name").is_in(_SAYS_ITSELF)
        & pl.col("line").is_in(failed.implode())
        & (pl.col("event.action") == "login")
        & (pl.col("event.outcome") == "failure")
    ).fill_null(False)
    kind = [pl.col("event.type")] if "event.type" in found.columns else [pl.lit(None, pl.String())]
    return found.with_columns(
        pl.when(twin).then(pl.lit("unknown")).otherwise("event.outcome").alias("event.outcome"),
        pl.when(twin).then(pl.lit("info")).otherwise(*kind).alias("event.type"),
    )
