"""The privileged helper: the one process of Vedette that holds rights over the kernel's network. It is small on purpose.

It owns the firewall table and opens captures; what it is asked is in helper_messages. It holds what is to be in force,
compares that with the kernel every ten seconds and whenever somebody else changes the rules, and mends the difference. It
knows this machine's own addresses, gateways, resolvers and sessions by itself and refuses to act against them, whoever asks.

When the agent goes away, what is in force stays until its time is over, by the kernel's own clock; a dry run is taken away.
"""

import contextlib
import socket
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from vedette.model.action import ActionError, Allowed, Entry, Kind, Network, Rates
from vedette.model.allowlist import Allowlist
from vedette.respond.block.firewall import Firewall, Held
from vedette.runtime import helper_messages as messages
from vedette.runtime.helper_messages import Reply, asked, network_of

_WIDEST: Final = {4: 8, 6: 16}
"""Shortest prefixes that are acted against."""
Key = tuple[Kind, Network, int | None]


class _Staged:
    """What came in so many parts and is not used yet."""

    def __init__(self) -> None:
        self.parts = 0
        self.entries: list[Entry] = []
        self.allow: list[Network] = []


class Helper:
    """Answers one message after the other.

    Args:
        firewall: opens the firewall when it is first asked for.
        surroundings: the networks that are never acted against, and why.
        capture: opens a ring: the socket, the bytes of a block, and how many there are.
    """

    def __init__(
        self,
        firewall: Callable[[], Firewall],
        surroundings: Callable[[], Sequence[Allowed]],
        capture: Callable[[messages.Capture], tuple[socket.socket, tuple[int, int]]],
    ) -> None:
        self._open = firewall
        self._surroundings = surroundings
        self._capture = capture
        self.firewall: Firewall | None = None
        self._staged = _Staged()
        self._desired: dict[Key, Entry] = {}
        self._asked_allow: list[Network] = []
        self._own: list[tuple[Network, str]] = []
        self._never = Allowlist()
        self._dry = True
        self._restored = False
        self._gap = 0
        self._mended = 0
        self._fault = ""

    def answer(self, data: bytes, now: datetime) -> tuple[Reply, socket.socket | None]:
        """The reply to one datagram, and what goes with it."""
        try:
            message = asked(data)
            if isinstance(message, messages.Capture):
                ring, geometry = self._capture(message)
                return Reply(good=True, ring=geometry), ring
            return self._done(message, now), None
        except ActionError as error:
            return Reply(good=False, error=error.what, fix=error.fix), None

    def _done(self, message: messages.Asked, now: datetime) -> Reply:
        match message:
            case messages.Stage():
                self._stage(message, now)
            case messages.Restore():
                return self._restore(message, now)
            case messages.Allow():
                staged = self._taken(message.parts)
                if staged.entries:
                    raise ActionError("entries are staged, not only networks", fix="restore")
                self._take_allow(self._own, staged.allow)
            case messages.Add():
                return self._add([each.entry(now) for each in message.entries], now)
            case messages.Remove():
                gone = [entry for each in message.entries if (entry := self._desired.pop(_key(each.entry(now)), None))]
                if gone:
                    self._held().remove(gone)
            case messages.Held():
                found = sorted(self._held().held(), key=lambda one: -(one.packets or 0))[: message.limit]
                return Reply(good=True, held=tuple(_stopped(each) for each in found))
            case messages.State():
                return self._state()
            case messages.Uninstall():
                self._desired.clear()
                self._restored = False
                self._held().uninstall()
        return Reply(good=True)

    def _held(self) -> Firewall:
        if self.firewall is None:
            self.firewall = self._open()
        return self.firewall

    def _stage(self, message: messages.Stage, now: datetime) -> None:
        staged, self._staged = self._staged, _Staged()  # a part that is refused takes the others with it
        if message.part == 0:
            staged = _Staged()
        if message.part != staged.parts:
            raise ActionError(f"part {message.part} came in the place of part {staged.parts}", fix="begin anew with part 0")
        staged.entries += [each.entry(now) for each in message.entries]
        staged.allow += [network_of(text) for text in message.allow]
        if max(len(staged.entries), len(staged.allow)) > messages.STAGED:
            raise ActionError(f"more than {messages.STAGED:,} entries or networks", fix="lift some, or allow wider networks")
        staged.parts += 1
        self._staged = staged

    def _taken(self, parts: int) -> _Staged:
        """All that was staged, once."""
        staged, self._staged = self._staged, _Staged()
        if parts != staged.parts:
            raise ActionError(f"{staged.parts} parts are staged, not {parts}", fix="begin anew with part 0")
        return staged

    def _restore(self, message: messages.Restore, now: datetime) -> Reply:
        staged = self._taken(message.parts)
        own = self._around()
        never = _never(own, staged.allow)
        kept, refused = _judged(staged.entries, never)
        desired = {_key(entry): entry for entry in kept}
        rates = Rates(message.limit, message.limit_burst, message.guard, message.guard_burst)
        self._held().restore(_networks(own, staged.allow), list(desired.values()), rates, dry=message.dry, now=now)
        self._own, self._asked_allow, self._never, self._desired = own, staged.allow, never, desired
        self._dry, self._restored = message.dry, True
        return Reply(good=True, refused=refused)

    def _add(self, entries: list[Entry], now: datetime) -> Reply:
        if not self._restored:
            raise ActionError("nothing is in force yet", fix="restore first")
        kept, refused = _judged(entries, self._never)
        before = {_key(entry): self._desired.get(_key(entry)) for entry in kept}
        self._desired.update((_key(entry), entry) for entry in kept)
        try:
            if kept:
                self._held().add(kept, now)
        except ActionError:
            # Somebody may have taken the table away a moment ago: what mends that adds these too.
            try:
                self._mend(now)
            except ActionError:
                for key, entry in before.items():
                    if entry is None:
                        self._desired.pop(key, None)
                    else:
                        self._desired[key] = entry
                raise
        return Reply(good=True, refused=refused)

    def _around(self) -> list[tuple[Network, str]]:
        return [(network_of(each.network), each.why) for each in self._surroundings()]

    def _take_allow(self, own: list[tuple[Network, str]], asked: list[Network]) -> None:
        """New allowed networks come into force, and what is against them goes."""
        never = _never(own, asked)
        against = [entry for entry in self._desired.values() if entry.kind != "guard" and never.why(entry.network)]
        if self._restored:
            self._held().allow(_networks(own, asked))
        self._own, self._asked_allow, self._never = own, asked, never
        for entry in against:
            del self._desired[_key(entry)]
        if self._restored and against:
            self._held().remove(against)

    def look(self, now: datetime) -> None:
        """Compare with the kernel and mend; a fault is kept for `state` and tried again."""
        if not self._restored:
            return
        self._desired = {k: entry for k, entry in self._desired.items() if entry.until is None or entry.until > now}
        try:
            around = self._around()
            if around != self._own:
                self._take_allow(around, self._asked_allow)
            self._mend(now)
            self._fault = ""
        except ActionError as error:
            self._fault = error.what

    def _mend(self, now: datetime) -> None:
        gap = self._held().reconcile(_networks(self._own, self._asked_allow), list(self._desired.values()), now)
        self._gap = len(gap.missing) + len(gap.extra) + len(gap.wrong_time) + bool(gap.structure) + gap.allow
        self._mended += bool(gap)

    def _state(self) -> Reply:
        firewall = self.firewall
        totals: dict[str, tuple[int, int]] = {}
        if firewall and self._restored:
            with contextlib.suppress(ActionError):
                totals = {kind: (total.packets, total.bytes) for kind, total in firewall.totals().items()}
        return Reply(
            good=True, firewall=firewall.name if firewall else "", dry=self._dry, totals=totals, size=len(self._desired),
            gap=self._gap, mended=self._mended, fault=self._fault,
        )  # fmt: skip

    def close(self) -> None:
        """The agent has gone: so has what it half said, and a dry run. The next one begins with `restore`."""
        self._staged = _Staged()
        if self.firewall and self._restored and self._dry:
            self._restored = False
            self._desired.clear()
            with contextlib.suppress(ActionError):
                self.firewall.uninstall()


def _judged(entries: Sequence[Entry], never: Allowlist) -> tuple[list[Entry], tuple[str, ...]]:
    """Those that may be, and what is wrong with the others. A victim that is shielded may be this machine."""
    kept, refused = [], []
    for entry in entries:
        why = "" if entry.kind == "guard" else never.why(entry.network)
        if entry.network.prefixlen < _WIDEST[entry.network.version]:
            why = f"wider than /{_WIDEST[entry.network.version]}"
        if why:
            refused.append(f"{entry.network} is never acted against: {why}")
        else:
            kept.append(entry)
    return kept, tuple(refused[: messages.MANY])


def _never(own: Iterable[tuple[Network, str]], asked: Iterable[Network]) -> Allowlist:
    return Allowlist(chain(own, ((network, "allowed") for network in asked)))


def _networks(own: Iterable[tuple[Network, str]], asked: Iterable[Network]) -> list[Network]:
    return [*(network for network, _ in own), *asked]


def _key(entry: Entry) -> Key:
    return entry.kind, entry.network, entry.protocol


def _stopped(held: Held) -> messages.Stopped:
    return messages.Stopped(held.kind, str(held.network), held.protocol, held.packets or 0, held.bytes or 0, held.seconds)
