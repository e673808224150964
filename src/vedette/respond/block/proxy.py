"""When the kernel answers a flood of SYN in the server's place, and the one setting of the kernel that it takes."""

import os
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Final, Literal

from vedette.model.action import Rates
from vedette.respond.block import synproxy, table
from vedette.respond.block.netlink import Message, Netlink, Refused, each, string

Stage = Literal["off", "watch", "begun"]
_LOOSE: Final = Path("/proc/sys/net/netfilter/nf_conntrack_tcp_loose")
_WATCHED: Final = 5.0
"""Seconds in which connection tracking learns what goes on."""
_LINGERS: Final = 3600.0
"""Seconds after the last guard for which connections that came through the proxy may go on."""
_MOST: Final = 14


class Proxy:
    """Of one table. Made in the network namespace that the table is in; `possible`: whether the kernel has all that it takes,
    and lets us."""

    def __init__(self, netlink: Netlink) -> None:
        self.stage: Stage = "off"
        self._next: Stage = "off"
        self._changed = False
        """Whether the setting is other than it was because of us."""
        self.possible = False
        self._netlink = netlink
        self._since = self._guarded_at = 0.0
        self._scale = _scale()
        self._setting = -1
        try:
            self._setting = os.open(_LOOSE, os.O_RDWR | os.O_CLOEXEC)
            every = [*synproxy.watch(self._scale), *synproxy.begin(), synproxy.loose()]
            netlink.check([*table.new_table([], table.USUAL, Rates(), dry=False), *every])
            self.possible = True
        except (OSError, Refused):
            self.close()

    def step(self, *, guarded: bool) -> list[Message]:
        """What the table needs now, with or without guards of TCP; nothing most of the time. `done` when it is committed."""
        now = monotonic()
        if guarded:
            self._guarded_at = now
        if not self.possible:
            return []
        if self.stage == "off" and guarded:
            self._next, self._since = "watch", now
            return list(synproxy.watch(self._scale))
        if self.stage == "watch" and guarded and now - self._since >= _WATCHED:
            self._next = "begun"
            return [*synproxy.begin(), *self._mark()]
        if self.stage != "off" and now - self._guarded_at > _LINGERS:
            self._next = "off"
            unmark = [synproxy.no_longer_loose()] if marked(self._netlink) else []
            self.loosen()
            return [*synproxy.end(), *unmark]
        return []

    def done(self) -> None:
        """What `step` gave is in force."""
        self.stage = self._next
        if self.stage == "begun":
            os.pwrite(self._setting, b"0", 0)

    def again(self) -> list[Message]:
        """What a table that is made anew needs to go on as before; nothing where it is off."""
        if self.stage == "off":
            self.loosen()
            return []
        begun = [*synproxy.begin(), *self._mark()] if self.stage == "begun" else []
        return [*synproxy.watch(self._scale), *begun]

    def stop(self) -> None:
        """The table goes, or drops nothing any more."""
        self.loosen()
        self.stage = "off"

    def loosen(self) -> None:
        """The setting as it was, where the table says that we changed it, whoever of us."""
        if self._setting >= 0 and (self._changed or marked(self._netlink)):
            os.pwrite(self._setting, b"1", 0)
            self._changed = False

    def _mark(self) -> list[Message]:
        """So that whoever comes after us puts the setting back, unless it was so before us."""
        self._changed = self._changed or os.pread(self._setting, 8, 0).strip() != b"0"
        return [synproxy.loose()] if self._changed else []

    def close(self) -> None:
        """Idempotent."""
        if self._setting >= 0:
            os.close(self._setting)
            self._setting = -1


def marked(netlink: Netlink) -> bool:
    """Whether our table says that we changed the setting."""
    try:
        found = [dict(each(data)) for data in netlink.dump(table.GETOBJECT)]
    except Refused:
        return False
    return any(string(o.get(1, b"")) == table.TABLE and string(o.get(2, b"")) == synproxy.LOOSE for o in found)


def loosen(netlink: Netlink) -> None:
    """Put the setting back, where our table says that we changed it."""
    if marked(netlink):
        with suppress(OSError):
            _LOOSE.write_text("1")


def _scale() -> int:
    """The window scale that this host's TCP offers, by the memory that a socket may have: tcp_select_initial_window()."""
    most = 0
    for name in ("ipv4/tcp_rmem", "core/rmem_max"):
        with suppress(OSError, ValueError, IndexError):
            most = max(most, int(Path("/proc/sys/net", name).read_text().split()[-1]))
    return min(max(most.bit_length() - 16, 0), _MOST)
