"""Network namespaces with virtual wires in them, for tests on a real kernel (root)."""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.namespaces import REFUSED

__all__ = ["REFUSED", "ask_from", "inside", "ip", "peer"]


_CLONE_NEWNET = 0x40000000


def enter(namespace: Any) -> None:
    """This thread is in that network namespace from now on (os.setns is of Python 3.12)."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def inside() -> Iterator[str]:
    """This thread is in a network namespace of its own, in which v0 and v1 are the ends of one wire, and w0 and w1 of
    another; returns its name."""
    name = f"vedette-{os.getpid()}-{time.monotonic_ns()}"
    ip("netns", "add", name)
    with Path("/proc/thread-self/ns/net").open() as before, Path(f"/var/run/netns/{name}").open() as there:
        try:
            enter(there)
            for wire in "vw":
                ip("link", "add", f"{wire}0", "type", "veth", "peer", "name", f"{wire}1")
                for end in (f"{wire}0", f"{wire}1"):
                    # IPv6 would send neighbour solicitations of its own, which would be counted.
                    Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
                    ip("link", "set", end, "up")
            ip("link", "set", "lo", "up")
            yield name
        finally:
            enter(before)
            ip("netns", "del", name)


@pytest.fixture
def peer(inside: str) -> Iterator[str]:
    """A second namespace in which v0 is, with 192.0.2.77 and 2001:db8::77; v1 has 192.0.2.10 and 2001:db8::10. Its name."""
    other = f"{inside}-peer"
    ip("netns", "add", other)
    try:
        ip("link", "set", "v0", "netns", other)
        for where, end, host in ((inside, "v1", 10), (other, "v0", 77)):
            switch = f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6"
            subprocess.run(["ip", "netns", "exec", where, "sh", "-c", f"echo 0 > {switch}"], check=True)
            ip("-n", where, "link", "set", end, "up")
            ip("-n", where, "addr", "add", f"192.0.2.{host}/24", "dev", end)
            ip("-n", where, "addr", "add", f"2001:db8::{host}/64", "dev", end, "nodad")
        yield other
    finally:
        ip("netns", "del", other)


def ask_from(peer: str, code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["ip", "netns", "exec", peer, sys.executable, "-c", code])
