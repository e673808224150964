"""What this machine needs is found in a made file system, and nothing that is written there can do harm."""

import os
import random
import struct
import sys
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest

from vedette.runtime import surroundings as module
from vedette.runtime.surroundings import FIXED, surroundings

TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
     |-- 192.0.2.0
        /24 link UNICAST
     |-- 192.0.2.2
        /32 host LOCAL
     |-- 192.0.2.255
        /32 link BROADCAST
     |-- 203.0.113.99
        /32 universe UNICAST
"""
ADDRESSES6 = """20010db8000000000000000000000002 04 40 00 82     eth0
fe8000000000000000fc00fffe000001 04 40 20 80     eth0
"""


def hop(address: str) -> str:
    return f"{int.from_bytes(IPv4Address(address).packed, sys.byteorder):08X}"


ROUTES = "\n".join(
    [
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
        f"eth0\t00000000\t{hop('192.0.2.1')}\t0003\t0\t0\t0\t00000000\t0\t0\t0",
        f"tun0\t{hop('128.0.0.0')}\t{hop('10.8.0.1')}\t0003\t0\t0\t0\t{hop('128.0.0.0')}\t0\t0\t0",
        f"eth0\t{hop('192.0.2.0')}\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
    ]
)
ZERO6 = "0" * 32
ROUTES6 = "\n".join(
    [
        f"{ZERO6} 00 {ZERO6} 00 20010db8000000000000000000000001 00000400 00000003 00000000 00000003     eth0",
        f"20010db8{'0' * 24} 40 {ZERO6} 00 {ZERO6} 00000100 00000001 00000000 00000001     eth0",
    ]
)
CONNECTION = "UID=1000\nUSER=ann\nACTIVE=1\nSTATE={0}\nREMOTE=1\nTYPE=tty\nCLASS={1}\nREMOTE_HOST={2}\n"


def utmp(kind: int, pid: int, address: str, wide: bool = False) -> bytes:
    packed = ip_address(address).packed.ljust(16, b"\0")
    record = struct.pack("=hxxi32s4s32s256s", kind, pid, b"pts/0", b"ts/0", b"ann", b"host.example")
    return record + bytes(4) + (bytes(24) if wide else bytes(12)) + packed + (bytes(24) if wide else bytes(20))


def write(root: Path, name: str, content: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def found(root: Path, **environment: str) -> dict[str, str]:
    fixed = {network for network, _ in FIXED}
    return {each.network: each.why for each in surroundings(root, environment) if each.network not in fixed}


def test_fixed_ranges_need_no_file(tmp_path):
    assert [(each.network, each.why) for each in surroundings(tmp_path)] == list(FIXED)


def test_own_addresses_and_gateways(tmp_path):
    for name, text in (("fib_trie", TRIE), ("if_inet6", ADDRESSES6), ("route", ROUTES), ("ipv6_route", ROUTES6)):
        write(tmp_path, f"proc/net/{name}", text)
    assert found(tmp_path) == {
        "192.0.2.2/32": "own address",
        "192.0.2.255/32": "own address",
        "2001:db8::2/128": "own address",
        "192.0.2.1/32": "gateway",
        "10.8.0.1/32": "gateway",
        "2001:db8::1/128": "gateway",
    }


def test_resolvers_and_clocks_that_are_addresses(tmp_path):
    write(tmp_path, "etc/resolv.conf", "# nameserver 192.0.2.9\nsearch example\nnameserver 127.0.0.53\nnameserver 192.0.2.53\n")
    write(tmp_path, "run/systemd/resolve/resolv.conf", "nameserver fe80::1%eth0\nnameserver 2001:db8::53\n")
    write(tmp_path, "etc/chrony/chrony.conf", "pool 2.pool.example iburst\nserver -4 192.0.2.123\npeer 192.0.2.124 key 1\n")
    write(tmp_path, "etc/systemd/timesyncd.conf", "[Time]\n#NTP=192.0.2.99\nNTP=ntp.example 2001:db8::123\n")
    assert found(tmp_path) == {
        "192.0.2.53/32": "resolver",
        "2001:db8::53/128": "resolver",
        "192.0.2.123/32": "time server",
        "192.0.2.124/32": "time server",
        "2001:db8::123/128": "time server",
    }


def test_only_people_who_are_logged_in_are_sessions(tmp_path):
    sessions = (
        ("1", "active", "user", "198.51.100.1"),
        ("2", "closing", "user", "198.51.100.2"),
        ("3", "online", "greeter", "198.51.100.3"),
        ("4", "online", "user", "evil.example"),
        ("5", "online", "user-early", "2001:db8::5"),
    )
    for name, *facts in sessions:
        write(tmp_path, f"run/systemd/sessions/{name}", CONNECTION.format(*facts))
    assert found(tmp_path) == {"198.51.100.1/32": "session", "2001:db8::5/128": "session"}
    assert found(tmp_path, SSH_CONNECTION="198.51.100.9 50000 192.0.2.2 22")["198.51.100.9/32"] == "session"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_utmp_names_users_whose_process_lives(tmp_path, machine):
    wide = machine == "aarch64"
    (tmp_path / "proc/77").mkdir(parents=True)
    records = [
        utmp(7, 77, "198.51.100.1", wide),
        utmp(6, 77, "198.51.100.2", wide),  # a login prompt: nobody yet
        utmp(7, 78, "198.51.100.3", wide),  # left over from a crash
        utmp(7, 77, "2001:db8::7", wide),
        utmp(7, 77, "0.0.0.0", wide),  # at the console
        utmp(7, 77, "::ffff:198.51.100.4", wide),
    ]
    write(tmp_path, "run/utmp", b"".join(records) + b"cut off")
    assert list(module._utmp(tmp_path, machine)) == ["198.51.100.1", "2001:db8::7", str(IPv6Address("::ffff:198.51.100.4"))]


def test_a_mapped_peer_is_its_ipv4_address(tmp_path):
    write(tmp_path, "run/systemd/sessions/1", CONNECTION.format("online", "user", "::ffff:198.51.100.4"))
    assert found(tmp_path) == {"198.51.100.4/32": "session"}


NAMES = (
    "proc/net/fib_trie", "proc/net/if_inet6", "proc/net/route", "proc/net/ipv6_route", "etc/resolv.conf", "etc/ntp.conf",
    "run/systemd/sessions/1", "run/utmp",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_rubbish_says_nothing_and_harms_nothing(tmp_path, seed):
    dice = random.Random(seed)
    whole = [TRIE, ADDRESSES6, ROUTES, ROUTES6, "nameserver 1.2.3.4/0\nnameserver ::/0\n", "server 0/0\nserver 1\n"]
    for name in NAMES:
        text = bytearray(dice.choice(whole).encode() if dice.random() < 0.7 else dice.randbytes(4000))
        for _ in range(dice.randrange(30)):
            text[dice.randrange(len(text))] = dice.randrange(256)
        write(tmp_path, name, bytes(text))
    listed = surroundings(tmp_path)
    assert len(listed) >= len(FIXED)
    fixed = {network for network, _ in FIXED}
    assert all(ip_network(a.network).num_addresses == 1 for a in listed if a.network not in fixed), "never a whole range"


def test_what_is_no_file_is_not_waited_for(tmp_path):
    (tmp_path / "etc").mkdir()
    os.mkfifo(tmp_path / "etc/resolv.conf")
    (tmp_path / "run/utmp").mkdir(parents=True)
    assert found(tmp_path) == {}


def test_the_list_is_bounded(tmp_path):
    lines = (f"nameserver {IPv4Address(0xCB000000 + n)}\n" for n in range(3 * module.MOST))
    write(tmp_path, "etc/resolv.conf", "".join(lines))
    assert len(surroundings(tmp_path)) == module.MOST
