"""Two network namespaces joined by a veth pair: `a` attacks, `b` is attacked.

    a: 10.99.0.1 and more of 10.99.0.0/16, fd99::1 and more of fd99::/16        b: 10.99.0.2, fd99::2

A socket belongs to the namespace in which it was made, wherever it is used afterwards.
"""

import ctypes
import itertools
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ATTACKERS = ("10.99.0.1", "10.99.0.11", "10.99.0.12", "10.99.7.1", "fd99::1", "fd99::11", "fd99:0:0:7::1", "fd99:7::1")
VICTIMS = ("10.99.0.2", "fd99::2")


def _refused() -> str:
    """Why there can be no network namespace here; empty when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "network namespaces need iproute2"
    name = f"vedette-probe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return "this machine makes no network namespaces"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


REFUSED = _refused()
needs_namespaces = pytest.mark.skipif(bool(REFUSED), reason=REFUSED)
_CLONE_NEWNET = 0x40000000
_numbers = itertools.count()


def victim(address: str) -> str:
    """Address of `b` of the same IP version."""
    return VICTIMS[":" in address]


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """This thread in a namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as home, Path("/run/netns", namespace).open() as there:
        if libc.setns(there.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
        try:
            yield
        finally:
            if libc.setns(home.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns back")


class Pair:
    """Names of both namespaces, and what one does in them."""

    def __init__(self, a: str, b: str) -> None:
        self.a, self.b = a, b

    def run(self, namespace: str, *command: str) -> str:
        """What a command inside prints."""
        done = subprocess.run(["ip", "netns", "exec", namespace, *command], check=True, capture_output=True, text=True)
        return done.stdout

    def socket(self, namespace: str, kind: int, address: str, port: int = 0, protocol: int = 0) -> socket.socket:
        """A socket inside, bound to an address, that waits five seconds at most."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with inside(namespace):
            made = socket.socket(family, kind, protocol)
        made.settimeout(5)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        return made


@contextmanager
def namespaces() -> Iterator[Pair]:
    """Made, and removed whatever happens."""
    name = f"vedette-{os.getpid()}-{next(_numbers)}"
    pair = Pair(f"{name}-a", f"{name}-b")
    try:
        for namespace in (pair.a, pair.b):
            if subprocess.run(["ip", "netns", "add", namespace], check=False).returncode:
                pytest.skip("this machine does not let us make network namespaces")
        link = f"link add va netns {pair.a} type veth peer name vb netns {pair.b}"
        subprocess.run(["ip", *link.split()], check=True)
        for namespace, device, addresses in ((pair.a, "va", ATTACKERS), (pair.b, "vb", VICTIMS)):
            lines = [f"addr add {a}/16 dev {device}{' nodad' if ':' in a else ''}" for a in addresses]
            lines += ["link set lo up", f"link set {device} up"]
            subprocess.run(["ip", "-n", namespace, "-batch", "-"], input="\n".join(lines), text=True, check=True)
        yield pair
    finally:
        for namespace in (pair.a, pair.b):
            subprocess.run(["ip", "netns", "del", namespace], check=False, capture_output=True)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """For the tests of a module; what they leave in the namespaces is theirs to clean."""
    with namespaces() as made:
        yield made
