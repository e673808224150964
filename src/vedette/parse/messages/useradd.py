r"""Accounts and groups: the shadow tools, passwd, gpasswd, chage, and their Debian front ends.

    new user: name=bob, UID=1001, GID=1001, home=/home/bob, shell=/bin/bash, from=/dev/pts/0

Source of the words: shadow src/{useradd,userdel,usermod,groupadd,groupmod,groupdel,gpasswd,passwd,chage}.c;
pam_unix passwd; SUSE pwdutils.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = (
    "useradd",
    "userdel",
    "usermod",
    "groupadd",
    "groupdel",
    "groupmod",
    "groupmems",
    "gpasswd",
    "passwd",
    "chage",
    "chpasswd",
    "chgpasswd",
    "newusers",
    "adduser",
    "deluser",
    "addgroup",
    "delgroup",
    "chfn",
    "chsh",
    "vipw",
)
SIGN: Final = r"^new (?:user|group|account)(?: added)?: (?:name|account)="
LOGSOURCE: Final = Logsource(product="linux", service="auth")


def _iam(action: str, kind: str, outcome: str = "success") -> dict[str, str]:
    return {"event.category": "iam", "event.action": action, "event.type": kind, "event.outcome": outcome}


_NAME: Final = r"'?(?P<user.target.name>[^\s',]+)'?"
_GROUP: Final = r"'?(?P<group.name>[^\s',]+)'?"

PATTERNS: Final = (
    Pattern(
        rf"^new (?:user|account)(?: added)?:? (?:- )?(?:name|account)={_NAME}(?:, ?(?i:uid)=(?P<user.id>\d+))?.*$",
        _iam("user-added", "creation"),
    ),
    Pattern(
        rf"^(?:new group: name|group added to \S+: name|new group added(?: - | )group)={_GROUP}.*$",
        _iam("group-added", "creation"),
    ),
    Pattern(rf"^add(?:ed)? (?:user )?{_NAME} to (?:shadow )?group {_GROUP}$", _iam("group-member-added", "change")),
    Pattern(
        rf"^user {_NAME} added by (?P<user.name>\S+) to (?:shadow )?group {_GROUP}$",
        _iam("group-member-added", "change"),
    ),
    Pattern(rf"^account added to group - account={_NAME}, group={_GROUP}.*$", _iam("group-member-added", "change")),
    Pattern(
        rf"^members of group {_GROUP} set by (?P<user.name>\S+) to (?P<user.target.name>.*)$",
        _iam("group-member-added", "change"),
    ),
    Pattern(
        rf"^(?:delete {_NAME} from|removed? {_NAME} from) (?:shadow )?group {_GROUP}$".replace(
            "removed? " + _NAME, r"removed? '?[^\s',]+'?"
        ),
        _iam("group-member-removed", "change"),
    ),
    Pattern(
        rf"^user {_NAME} removed by (?P<user.name>\S+) from (?:shadow )?group {_GROUP}$",
        _iam("group-member-removed", "change"),
    ),
    Pattern(rf"^(?:delete user|account deleted - account=) ?{_NAME}.*$", _iam("user-deleted", "deletion")),
    Pattern(
        rf"^(?:removed (?:shadow )?group|group deleted - group=|group) ?{_GROUP} (?:owned by .*|removed.*)$",
        _iam("group-deleted", "deletion"),
    ),
    Pattern(
        rf"^(?:password for {_NAME} changed by '?(?P<user.name>[^\s']+)'?|changed password for .*)$",
        _iam("password-changed", "change"),
    ),
    Pattern(
        rf"^(?:password changed for|changed password for|change user) {_NAME}(?: password)?(?: by (?P<user.name>\S+))?$",
        _iam("password-changed", "change"),
    ),
    Pattern(rf"^lock user {_NAME} password$", _iam("user-locked", "change")),
    Pattern(rf"^unlock user {_NAME} password$", _iam("user-unlocked", "change")),
    Pattern(rf"^(?:change user|changed? user name) {_NAME} .*$", _iam("user-changed", "change")),
    Pattern(rf"^change (?:group|admin|password expiry).* {_NAME}.*$", _iam("user-changed", "change")),
    Pattern(
        rf"^changed (?:password expiry|user shell|user '?[^\s']+'? (?:information|shell)).*?(?: for {_NAME})?$",
        _iam("user-changed", "change"),
    ),
    Pattern(
        rf"^failed (?:adding|deleting|to (?:add|create|delete|change)) (?:user|group) {_NAME}.*$",
        _iam("user-added", "error", "failure"),
    ),
    Pattern(rf"^(?:can't|cannot|unable to|failed to) .*?(?: {_NAME})?$", _iam("user-changed", "error", "failure")),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Accounts and groups that were made, changed and removed."""
    return apply(frame, PATTERNS)
