"""How often somebody may ask, and how long one waits who gave a wrong password. Bounded: what was longest quiet is forgotten.

Both are counted where they happen, in the memory of the one process that answers.
"""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Final

REMEMBERED: Final = 20_000
"""Addresses, or pairs of account and address."""
FREE: Final = 5
"""Wrong passwords of one account from one address before it has to wait."""
FREE_ADDRESS: Final = 20
"""Wrong passwords of any account from one address before it has to wait."""
LONGEST: Final = 900.0
"""Seconds of the longest wait; also how long a wrong password is remembered after it."""


def near(address: str) -> str:
    """What one client has to itself: an address in IPv4, a /64 in IPv6; a text that is no address as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)


class Rate:
    """A bucket for each key that holds a minute's worth of requests and fills up evenly."""

    def __init__(self, per_minute: int) -> None:
        self._full = float(per_minute)
        self._second = per_minute / 60
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str, now: float) -> float:
        """0: go on. Otherwise the seconds until there is room.

        Args:
            now: seconds of a clock that never goes back.
        """
        with self._lock:
            left, then = self._left.pop(key, (self._full, now))
            left = min(self._full, left + (now - then) * self._second)
            wait = 0.0 if left >= 1 else (1 - left) / self._second
            self._left[key] = (left - (wait == 0), now)
            if len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
        return wait


class Backoff:
    """Waiting after wrong passwords: by account AND address, so that nobody can lock a user out from elsewhere; and by
    address alone, so that one address cannot try many accounts."""

    def __init__(self) -> None:
        self._failed: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, account: str, address: str, now: float) -> float:
        """0: look at the password. It counts as wrong from now on, until `right` or `unseen` says otherwise: of many at once
        no more are looked at than one after the other. Otherwise the seconds to wait."""
        with self._lock:
            wait = max(self._wait((account, address), FREE, now), self._wait(("", address), FREE_ADDRESS, now))
            if not wait:
                for key in ((account, address), ("", address)):
                    count, then = self._failed.pop(key, (0, now))
                    self._failed[key] = (1 if now - then > 2 * LONGEST else count + 1, now)
                    if len(self._failed) > REMEMBERED:
                        self._failed.popitem(last=False)
        return wait

    def wrong(self, account: str, address: str, now: float) -> None:
        """It was wrong: the wait begins here, not where it was begun to be looked at."""
        with self._lock:
            for key in ((account, address), ("", address)):
                if key in self._failed:
                    self._failed[key] = (self._failed[key][0], now)

    def right(self, account: str, address: str) -> None:
        """It was the right one. What the address did to other accounts stays."""
        with self._lock:
            self._failed.pop((account, address), None)
            self._less(("", address))

    def unseen(self, account: str, address: str) -> None:
        """It was not looked at after all."""
        with self._lock:
            self._less((account, address))
            self._less(("", address))

    def _less(self, key: tuple[str, str]) -> None:
        if key in self._failed:
            count, then = self._failed[key]
            self._failed[key] = (count - 1, then)

    def _wait(self, key: tuple[str, str], free: int, now: float) -> float:
        count, then = self._failed.get(key, (0, 0.0))
        return 0.0 if count < free else max(0.0, then + min(2.0 ** (count - free), LONGEST) - now)
