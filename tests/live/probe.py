"""What a firewall lets through: packets from the attacker's namespace, and what arrives in the victim's."""

import random
import socket
import struct
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from tests.live.namespaces import victim
from vedette.model.action import Entry

HOUR = timedelta(hours=1)
UDP, TCP = 17, 6
SOON = 0.3
"""Seconds to wait for what is not to come."""
V4, OTHER4, V6, OTHER6 = "10.99.0.1", "10.99.0.11", "fd99::1", "fd99:0:0:7::1"


def now():
    return datetime.now(UTC)


def entry(kind, network, protocol=None, lasts=HOUR):
    return Entry(kind, ip_network(network), protocol, None if lasts is None else now() + lasts)


def nets(*networks):
    return [ip_network(network) for network in networks]


def until(condition, seconds=10):
    """Wait for it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.05)


def few(burst, begun):
    """How many may have passed at a rate of one a second."""
    return range(burst, burst + int(time.monotonic() - begun) + 2)


class Probe:
    """Sends from addresses of the attacker, and says what arrived."""

    def __init__(self, pair):
        self.pair, self.stack = pair, ExitStack()
        self.served = {}

    def socket(self, namespace, *arguments):
        return self.stack.enter_context(self.pair.socket(namespace, *arguments))

    def server(self, kind, address):
        if (kind, address) not in self.served:
            made = self.socket(self.pair.b, kind, address)
            if kind == socket.SOCK_STREAM:
                made.listen(64)
            self.served[kind, address] = made
        return self.served[kind, address]

    def udp(self, *sources):
        """How many of the datagrams arrived, by source. The last source must get through: it ends the waiting."""
        target = self.server(socket.SOCK_DGRAM, victim(sources[0]))
        for number, source in enumerate(sources):
            with self.pair.socket(self.pair.a, socket.SOCK_DGRAM, source) as sender:
                sender.sendto(str(number).encode(), target.getsockname()[:2])
        arrived = dict.fromkeys(sources, 0)
        while True:
            number = int(target.recv(100))
            arrived[sources[number]] += 1
            if number == len(sources) - 1:
                return arrived

    def tcp(self, source, wait=5.0):
        """Whether a connection is made."""
        target = self.server(socket.SOCK_STREAM, victim(source))
        with self.pair.socket(self.pair.a, socket.SOCK_STREAM, source) as client:
            client.settimeout(wait)
            try:
                client.connect(target.getsockname()[:2])
            except TimeoutError:
                return False
            target.accept()[0].close()
            return True

    def ping(self, source, wait=5.0):
        """Whether an echo is answered."""
        six = ":" in source
        protocol = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
        number = random.getrandbits(16)
        head = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 77, number)
        if not six:
            total = sum(struct.unpack("!4H", head))
            head = head[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[4:]
        with self.pair.socket(self.pair.a, socket.SOCK_RAW, source, 0, protocol) as raw:
            raw.sendto(head, (victim(source), 0))
            end = time.monotonic() + wait
            while (left := end - time.monotonic()) > 0:
                raw.settimeout(left)
                with suppress(TimeoutError):
                    answer = raw.recv(200)[0 if six else 20 :]
                    if answer[0] == (129 if six else 0) and answer[4:8] == head[4:8]:
                        return True
        return False


@pytest.fixture
def probe(pair):
    made = Probe(pair)
    with made.stack:
        yield made
