"""Posture: which doors of this machine stand open. Files are read, nothing is changed, nothing is run.

A check that does not apply (no SSH server, no apt) says nothing; one that may not look says so. Sources: sshd_config(5),
shadow(5), sudoers(5), apt.conf(5), proc_sys_kernel(5), Linux Documentation/admin-guide/sysctl.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from vedette.model.text import count, safe
from vedette.runtime.selfcheck import Check, Verdict
from vedette.runtime.surroundings import lines

OLD: Final = timedelta(days=14)
"""Age of package lists from which on updates are missed."""
WALKED: Final = 20_000
"""Files that are looked at where everybody may put some."""
FILES: Final = 200
"""Settings files that are read of one program, and homes that are looked at."""
_NAMED: Final = 3

_KERNEL: Final = (
    ("kernel/randomize_va_space", ("2",), "addresses of programs can be guessed"),
    ("kernel/kptr_restrict", ("1", "2"), "addresses of the kernel are shown"),
    ("kernel/dmesg_restrict", ("1",), "everybody reads the kernel's log"),
    ("kernel/yama/ptrace_scope", ("1", "2", "3"), "programs read each other's memory"),
    ("kernel/unprivileged_bpf_disabled", ("1", "2"), "everybody may load BPF programs"),
    ("fs/protected_symlinks", ("1",), "links in /tmp are followed"),
    ("fs/protected_hardlinks", ("1",), "hard links to others' files"),
    ("fs/suid_dumpable", ("0", "2"), "memory of setuid programs is dumped for everybody"),
    ("net/ipv4/tcp_syncookies", ("1", "2"), "SYN floods fill the backlog"),
    ("net/ipv4/conf/all/accept_redirects", ("0",), "routes are taken from ICMP redirects"),
    ("net/ipv4/conf/all/accept_source_route", ("0",), "packets choose their route"),
)
_DATA: Final = {
    2375: "Docker", 2379: "etcd", 3306: "MySQL", 5432: "PostgreSQL", 5984: "CouchDB", 6379: "Redis", 9042: "Cassandra",
    9200: "Elasticsearch", 11211: "memcached", 27017: "MongoDB",
}  # fmt: skip
_PLAIN: Final = {21: "FTP", 23: "Telnet", 512: "rexec", 513: "rlogin", 514: "rsh"}
_OWNED: Final = (
    "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/sudoers", "etc/crontab", "etc/ld.so.preload",
    "etc/ssh/sshd_config", "etc/sudoers.d/*", "etc/cron.d/*", "etc/cron.hourly/*", "etc/cron.daily/*", "etc/systemd/system/*.service",
    "usr/local/bin", "usr/local/sbin", "usr/bin", "usr/sbin", "etc/cron.d", "etc/cron.daily", "etc/cron.hourly", "etc/sudoers.d",
)  # fmt: skip
"""What root runs or believes."""


class _Door(NamedTuple):
    """What one check looks for. `ill` takes what was found. `reads`: what must be open to us for the answer to be one."""

    what: str
    find: Callable[[Path], Iterator[str]]
    well: str
    ill: str
    fix: str
    verdict: Verdict = "fail"
    reads: Callable[[Path], Iterable[Path]] = lambda _root: ()

    def look(self, root: Path) -> Check:
        every = sorted(set(self.find(root)))
        if every:
            return Check(self.what, self.verdict, self.ill.format(_several(every)), self.fix)
        closed = [f"/{path.relative_to(root)}" for path in self.reads(root) if _closed(path)]
        if closed:
            return Check(self.what, "warn", f"cannot be read, so not looked at: {_several(closed)}", "run it as root")
        return Check(self.what, "ok", self.well)


def _closed(path: Path) -> bool:
    return os.path.lexists(path) and not os.access(path, os.R_OK)


def _several(every: Sequence[str]) -> str:
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(safe(each, 120) for each in every[:_NAMED]) + more


# --- SSH ---


def _ssh(root: Path) -> Iterator[Check]:
    if not os.path.lexists(root / "etc/ssh/sshd_config"):
        return
    settings: dict[str, str] = {}
    _sshd(root, root / "etc/ssh/sshd_config", settings, [FILES])
    root_login = settings.get("permitrootlogin", "prohibit-password")
    yield Check("ssh root", "ok", f"PermitRootLogin {root_login}") if root_login != "yes" else Check(
        "ssh root", "fail", "root may log in with a password", "sshd_config: PermitRootLogin no"
    )
    if settings.get("permitemptypasswords", "no") == "yes":
        yield Check("ssh password", "fail", "accounts without a password may log in", "sshd_config: PermitEmptyPasswords no")
    elif settings.get("passwordauthentication", "yes") == "yes":
        yield Check("ssh password", "warn", "passwords can be guessed: they are accepted", "use keys, then PasswordAuthentication no")
    else:
        yield Check("ssh password", "ok", "only keys are accepted")


def _sshd(root: Path, path: Path, settings: dict[str, str], left: list[int]) -> None:
    """The first value of a keyword counts, and what follows Match is for some only."""
    left[0] -= 1
    for line in lines(path) if left[0] >= 0 else []:
        words = re.split(r"[\s=]+", line.strip(), maxsplit=1)
        key, value = words[0].lower(), words[1].strip().strip('"') if len(words) > 1 else ""
        if key == "match":
            return
        if key == "include":
            for pattern in value.split():
                for each in sorted((root / "etc/ssh").glob(pattern) if not pattern.startswith("/") else root.glob(pattern.lstrip("/"))):
                    _sshd(root, each, settings, left)
        elif key and not key.startswith("#"):
            settings.setdefault(key, value.lower())


# --- accounts ---


def _users(root: Path) -> list[list[str]]:
    return [line.split(":") for line in lines(root / "etc/passwd") if line.count(":") == 6]


def _accounts(root: Path) -> Iterator[Check]:
    if not _users(root):
        return
    yield _SECOND.look(root)
    yield _EMPTY.look(root)


def _roots(root: Path) -> Iterator[str]:
    return (user[0] for user in _users(root) if user[2] == "0" and user[0] != "root")


def _empty(root: Path) -> Iterator[str]:
    # An empty field of passwd(5) is an account without a password, too.
    yield from (user[0] for user in _users(root) if not user[1])
    shadow = (line.split(":") for line in lines(root / "etc/shadow"))
    yield from (fields[0] for fields in shadow if len(fields) > 2 and not fields[1])


def _rights(root: Path) -> list[Path]:
    return [root / "etc/sudoers", root / "etc/sudoers.d", *_some(root, "etc/sudoers.d/*")]


def _sudo(root: Path) -> Iterator[str]:
    for path in _rights(root):
        for line in lines(path):
            who, _, rest = line.strip().partition(" ")
            if not who.startswith("#") and re.search(r"NOPASSWD:\s*ALL\b", rest):
                yield who


# --- files ---


def _some(root: Path, pattern: str) -> list[Path]:
    try:
        return sorted(root.glob(pattern))[:FILES]
    except OSError:
        return []


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (OSError, ValueError):
        return None


def _writable(root: Path) -> Iterator[str]:
    owner = _stat(root)
    for pattern in _OWNED:
        for path in _some(root, pattern):
            found = _stat(path)
            if found is None or owner is None or stat.S_ISLNK(found.st_mode):
                continue
            readable = path.name in ("shadow", "gshadow") and found.st_mode & stat.S_IROTH
            if found.st_mode & stat.S_IWOTH or found.st_uid != owner.st_uid or readable:
                yield f"/{path.relative_to(root)}"


def _keys(root: Path) -> Iterator[str]:
    for home in _homes(root):
        for path in _some(home, ".ssh/id_*"):
            found = _stat(path)
            if found and path.suffix != ".pub" and stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
                yield f"/{path.relative_to(root)}"


def _homes(root: Path) -> list[Path]:
    return [root / home for home in dict.fromkeys(user[5].strip("/") for user in _users(root)[:FILES]) if home]


def _preloaded(root: Path) -> Iterator[str]:
    return (line.strip() for line in lines(root / "etc/ld.so.preload") if line.strip())


def _setuid(root: Path) -> Iterator[str]:
    left, owner = WALKED, _stat(root)
    for folder in ("tmp", "var/tmp", "dev/shm"):
        for where, _, names in os.walk(root / folder):
            for name in names:
                left -= 1
                if left < 0:
                    return
                found = _stat(Path(where, name))
                if found and owner and stat.S_ISREG(found.st_mode) and found.st_mode & stat.S_ISUID and found.st_uid == owner.st_uid:
                    yield f"/{Path(where, name).relative_to(root)}"


# --- the kernel, services, updates, logs ---


def _kernel(root: Path) -> Iterator[str]:
    for name, wanted, why in _KERNEL:
        value = next((line.strip() for line in lines(root / "proc/sys" / name) if line.strip()), None)
        if value is not None and value not in wanted:
            yield f"{why} ({name.replace('/', '.')} = {value})"


def _services(listening: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for each in listening:
        name = {**_DATA, **_PLAIN}.get(each["port"])
        if name and each["protocol"] == "tcp" and each["address"] in ("0.0.0.0", "::"):  # noqa: S104 - we look for it
            yield f"{name} on port {each['port']}"


def _updates(root: Path, now: datetime) -> Iterator[Check]:
    if not (root / "etc/apt").is_dir():
        return
    if (root / "run/reboot-required").exists():
        yield Check("restart", "warn", "updates wait for a restart: the old kernel or library still runs", "restart when it suits")
    newest = max((found.st_mtime for path in _some(root, "var/lib/apt/lists/*Release") if (found := _stat(path))), default=None)
    if newest is None:
        yield Check("updates", "warn", "no package lists: it is not known what is out of date", "apt-get update")
        return
    age = now - datetime.fromtimestamp(newest, UTC)
    if age > OLD:
        yield Check("updates", "warn", f"package lists are {count(age.days, 'day')} old", "apt-get update, or install unattended-upgrades")
        return
    settings = "\n".join("\n".join(lines(path)) for path in _some(root, "etc/apt/apt.conf.d/*"))
    alone = re.search(r'^\s*APT::Periodic::Unattended-Upgrade\s+"[1-9]', settings, re.MULTILINE)
    yield Check("updates", "ok", "security updates come by themselves" if alone else "package lists are recent")


def _logs(root: Path) -> Iterator[Check]:
    if not (root / "run/systemd/journal").is_dir():
        return
    kept = (root / "var/log/journal").is_dir() or any((root / "var/log" / name).exists() for name in ("syslog", "messages", "auth.log"))
    yield Check("logs", "ok", "kept over a restart") if kept else Check(
        "logs", "warn", "lost with every restart, and with them the traces", "mkdir /var/log/journal, then restart systemd-journald"
    )


_SECOND: Final = _Door(
    "root", _roots, "one account has all rights", "{}: has all rights, like root", "find out why; usermod -u gives another number"
)
_EMPTY: Final = _Door(
    "passwords", _empty, "every account has one, or none can be used", "{}: has none", "passwd -l locks it",
    reads=lambda root: [root / "etc/shadow"],
)  # fmt: skip
_DOORS: Final = (
    _Door("sudo", _sudo, "asks for passwords", "asks for no password: {}", "sudoers(5): name the commands", reads=_rights),
    _Door("files of root", _writable, "only root changes what root runs", "others may change or read {}", "chown root, chmod o-rw"),
    _Door("keys", _keys, "private keys are read by their owners only", "others may read {}", "chmod 600", reads=_homes),
    _Door("setuid", _setuid, "none where everybody may write", "run as root: {}", "find out what it is, then remove it"),
    _Door("preload", _preloaded, "nothing", "put into every program: {}", "find out who wrote /etc/ld.so.preload", "warn"),
    _Door("kernel", _kernel, "hardened", "{}", "sysctl(8), and to keep it /etc/sysctl.d", "warn"),
)


def posture(listening: Sequence[Mapping[str, Any]], root: Path = Path("/"), now: datetime | None = None) -> Iterator[Check]:
    """What stands open, and what was looked at and is not; `listening` as runtime.machine has it."""
    yield from _ssh(root)
    yield from _accounts(root)
    for door in _DOORS:
        yield door.look(root)
    yield _Door(
        "services", lambda _root: _services(listening), "no database and no plain-text login listens to everybody",
        "listens to everybody: {}", "bind it to the addresses that need it, or close the port", "warn",
    ).look(root)  # fmt: skip
    yield from _updates(root, now or datetime.now(UTC))
    yield from _logs(root)
