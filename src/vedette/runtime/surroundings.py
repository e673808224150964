"""Networks that are never acted against, because this machine would cut itself off: read from the running system.

Everything is read as foreign text: what is missing, too long or not understood says nothing. Whoever compares must look
for overlap, not equality: a block of a /64 around one of these addresses hits it too.
"""

import os
import platform
import re
import stat
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

from vedette.model.action import ActionError, Allowed, Network
from vedette.runtime.networks import network_of

FIXED: Final = (
    ("127.0.0.0/8", "loopback"),
    ("::1/128", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("fe80::/10", "link-local"),
    ("224.0.0.0/4", "multicast"),
    ("ff00::/8", "multicast"),
    ("0.0.0.0/8", "unspecified"),
    ("::/128", "unspecified"),
    ("255.255.255.255/32", "broadcast"),
    # RFC 6052, RFC 8215: behind a /64 of these is everybody who has IPv4 only, and not one attacker.
    ("64:ff9b::/96", "IPv4 behind a translator"),
    ("64:ff9b:1::/48", "IPv4 behind a translator"),
)

LARGEST: Final = 16 * 2**20
"""Bytes that are read of a file."""
MOST: Final = 4096
"""Login sessions that are looked at, and addresses that are taken from all files."""

_TREE_ADDRESS: Final = re.compile(r"\s*\|-- ([0-9.]{7,15})\s*$")
_TIME_FILES: Final = (
    "etc/ntp.conf", "etc/ntpsec/ntp.conf", "etc/chrony.conf", "etc/chrony/chrony.conf", "etc/systemd/timesyncd.conf",
)  # fmt: skip
_USER_PROCESS: Final = 7
_WIDE_MACHINES: Final = ("aarch64", "arm64", "riscv64", "loongarch64")
_RECORD: Final = struct.Struct("=h2xi32s4s32s256s4s12s16s20x")
"""utmp of glibc where its times are kept in 32 bits. Source: utmp(5), bits/utmp.h."""
_RECORD_WIDE: Final = struct.Struct("=h2xi32s4s32s256s4s24s16s24x")


def surroundings(root: Path = Path("/"), environment: Mapping[str, str] | None = None) -> list[Allowed]:
    """What must stay reachable, with the reason, each network once: fixed ranges, own addresses, gateways, resolvers,
    peers of authenticated sessions, time servers.

    Args:
        root: of the file system.
        environment: its SSH_CONNECTION names the peer of the session that it comes from.
    """
    found = {network_of(network): why for network, why in FIXED}
    fixed = list(found)
    sources: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
        ("own address", lambda: _own(root)),
        ("gateway", lambda: _gateways(root)),
        ("resolver", lambda: _resolvers(root)),
        ("session", lambda: _sessions(root, environment or {})),
        ("time server", lambda: _time_servers(root)),
    )
    for why, listed in sources:
        for text in listed():
            network = _host(text)
            if network is None or any(_inside(network, each) for each in fixed):
                continue
            found.setdefault(network, why)
            if len(found) >= MOST:
                break
    return [Allowed(network=str(network), why=why, who="system") for network, why in found.items()]


def _host(text: str) -> Network | None:
    """One address, without a zone (fe80::1%eth0), as a network; None when it is none."""
    try:
        address = ip_address(text.partition("%")[0])
        return network_of(str(address))
    except (ValueError, ActionError):
        return None


def _inside(network: Network, other: Network) -> bool:
    return network.version == other.version and network.network_address in other


def _read(path: Path) -> bytes:
    """The beginning of a regular file; a pipe in its place is not waited for."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return b""
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        return b""
    with os.fdopen(number, "rb") as file, suppress(OSError):
        return file.read(LARGEST)
    return b""


def lines(path: Path) -> list[str]:
    """Of a text file, at most LARGEST bytes of it; none where it cannot be read."""
    return _read(path).decode("utf-8", "replace").split("\n")


# --- own addresses, gateways, resolvers ---


def _own(root: Path) -> Iterator[str]:
    address = ""
    for line in lines(root / "proc/net/fib_trie"):
        if found := _TREE_ADDRESS.match(line):
            address = found[1]
        elif line.split() in (["/32", "host", "LOCAL"], ["/32", "link", "BROADCAST"]):
            yield address
    for line in lines(root / "proc/net/if_inet6"):
        yield _hex6(line[:32])


def _gateways(root: Path) -> Iterator[str]:
    """The next hop of every route: a tunnel that takes all traffic often has no default route of its own."""
    for line in lines(root / "proc/net/route"):
        words = line.split()
        if len(words) >= 8 and words[2] != "00000000":
            yield _hex4(words[2])
    for line in lines(root / "proc/net/ipv6_route"):
        words = line.split()
        if len(words) >= 10 and words[4].strip("0"):
            yield _hex6(words[4])


def _resolvers(root: Path) -> Iterator[str]:
    for name in ("etc/resolv.conf", "run/systemd/resolve/resolv.conf"):
        for line in lines(root / name):
            words = line.split()
            if len(words) >= 2 and words[0] == "nameserver":
                yield words[1]


def _hex4(text: str) -> str:
    """An address as /proc/net/route writes it: the number that the machine sees."""
    try:
        return str(IPv4Address(int(text, 16).to_bytes(4, sys.byteorder)))
    except (ValueError, OverflowError):
        return ""


def _hex6(text: str) -> str:
    try:
        return str(IPv6Address(bytes.fromhex(text)))
    except ValueError:
        return ""


# --- who manages this machine ---


def _sessions(root: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Peers of people who are logged in. A connection that has not logged in is nobody's session."""
    yield environment.get("SSH_CONNECTION", "").partition(" ")[0]
    yield from _logind(root / "run/systemd/sessions")
    yield from _utmp(root)


def _logind(folder: Path) -> Iterator[str]:
    """Sessions of systemd-logind, which PAM opens after the login. Source: logind-session.c."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder))[:MOST]
    except OSError:
        return
    for name in names:
        facts = dict(line.partition("=")[::2] for line in lines(folder / name))
        if facts.get("CLASS", "user").startswith("user") and facts.get("STATE") in ("online", "active"):
            yield facts.get("REMOTE_HOST", "")


def _utmp(root: Path, machine: str = platform.machine()) -> Iterator[str]:
    record = _RECORD_WIDE if machine in _WIDE_MACHINES else _RECORD
    data = _read(root / "run/utmp")
    whole = len(data) - len(data) % record.size
    for kind, pid, *_, address in record.iter_unpack(data[:whole]):
        if kind != _USER_PROCESS or not any(address) or not (root / "proc" / str(pid)).is_dir():
            continue
        yield str(IPv6Address(address)) if any(address[4:]) else str(IPv4Address(address[:4]))


# --- clocks ---


def _time_servers(root: Path) -> Iterator[str]:
    """Those that are written as addresses; a name is not asked for."""
    for name in _TIME_FILES:
        for line in lines(root / name):
            words = line.replace("=", " ").split()
            if words[:1] in (["server"], ["peer"], ["pool"]):
                yield from words[1:3]  # the second one, where an option such as -4 comes first
            elif words[:1] in (["NTP"], ["FallbackNTP"]):
                yield from words[1:]
