"""Enforcement by nf_tables over raw netlink. The kernel ends the entries: a block outlives a crash of the agent and never
outlives its time.
"""

import contextlib
import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from time import monotonic
from typing import Final

from vedette.model.action import KINDS, ActionError, Entry, Kind, Network, Rates
from vedette.respond.block import table
from vedette.respond.block.elements import LONGEST, Element, element, read
from vedette.respond.block.firewall import Gap, Held, Total, check_rates, compare
from vedette.respond.block.netlink import Message, Netlink, Refused, Watch, each, number, string, text

_MILLISECOND: Final = timedelta(milliseconds=1)
_OURS: Final = text(1, table.TABLE)
_AT_ONCE: Final = 200
"""How many elements are taken out in one transaction: the answers must fit the socket."""


class Nftables:
    """See Firewall.

    Args:
        size: of elements that a set takes at most.

    Raises:
        Refused: the kernel cannot do all of what the table needs, or does not let us.
    """

    name = "nftables"

    def __init__(self, *, size: int = table.SIZE) -> None:
        self._size = size
        self._rates, self._dry = Rates(), True
        self._places: set[table.Place] = set()
        self._allow: list[Network] = []
        self._shape: object = None
        """Of the table as it was when we made it; None: we did not."""
        self._late = 0.0
        """Seconds that the longest transaction since then took: its entries end later by at most as much."""
        self._netlink = Netlink()
        try:
            # One place of each sort: an older kernel must refuse here, not forget what a set is for.
            self._netlink.check(table.new_table([], table.USUAL, self._rates, dry=False, size=size))
            self._watch = Watch(table.TABLE, self._netlink.portid)
        except BaseException:
            self._netlink.close()
            raise

    def restore(
        self, allow: Iterable[Network], entries: Iterable[Entry], rates: Rates, *, dry: bool, now: datetime
    ) -> None:
        """See Firewall."""
        check_rates(rates)
        begun = monotonic()
        inside = _by_place(entries, now)
        places, networks = table.USUAL | inside.keys(), list(allow)
        messages = table.new_table(networks, places, rates, dry=dry, size=self._size)
        for where, wanted in inside.items():
            messages += table.elements(table.NEWELEMENT, where.name, _elements(wanted, now))
        self._netlink.commit(messages)
        self._late = monotonic() - begun
        self._rates, self._dry, self._places, self._allow = rates, dry, set(places), networks
        self._shape = self._read_shape()

    def add(self, entries: Iterable[Entry], now: datetime) -> None:
        """See Firewall."""
        self._restored()
        begun = monotonic()
        inside = _by_place(entries, now)
        messages = list[Message]()
        for where, wanted in inside.items():
            if where not in self._places:
                messages += table.open_place(where, self._rates, dry=self._dry, size=self._size)
            # An element that is there keeps its time when it is added, and one that is not there cannot be taken out.
            # So: see that it is there, take it out, add it. Packets meet only the end of the transaction.
            made = list(_elements(wanted, now))
            for kind in (table.NEWELEMENT, table.DELELEMENT, table.NEWELEMENT):
                messages += table.elements(kind, where.name, made)
        self._netlink.commit(messages)
        self._late = max(self._late, monotonic() - begun)
        if inside.keys() - self._places:
            self._places |= inside.keys()
            self._shape = self._read_shape()

    def remove(self, entries: Iterable[Entry]) -> None:
        """See Firewall."""
        self._take_out({where: list(unwanted) for where, unwanted in _by_place(entries, None).items()})

    def _take_out(self, keys: Mapping[table.Place, Iterable[bytes]]) -> None:
        messages = [
            message
            for where, unwanted in keys.items()
            for key in unwanted
            for message in table.elements(table.DELELEMENT, where.name, [element(key, None)])
        ]
        for at in range(0, len(messages), _AT_ONCE):
            self._remove(messages[at : at + _AT_ONCE])

    def _remove(self, messages: Sequence[Message]) -> None:
        """Without those that are not there; which they are the kernel tells."""
        while messages:
            try:
                self._netlink.commit(messages)
            except Refused as refused:
                absent = {at for at, code in refused.faults if code == errno.ENOENT}
                if len(absent) < len(refused.faults) or -1 in absent:
                    raise
                messages = [message for at, message in enumerate(messages) if at not in absent]
            else:
                return

    def allow(self, networks: Iterable[Network]) -> None:
        """See Firewall."""
        wanted = list(networks)
        try:
            self._netlink.commit(list(table.allow_changed(self._allow, wanted)))
        except Refused:  # somebody changed them
            self._netlink.commit(list(table.allow_replaced(wanted)))
        self._allow = wanted

    def held(self) -> list[Held]:
        """See Firewall."""
        every = ((where, found) for where in self._enforced_places() for found in self._elements(where.name))
        return [_held(where, found) for where, found in every if found.key]

    def totals(self) -> dict[Kind, Total]:
        """See Firewall."""
        found = dict.fromkeys(KINDS, Total(0, 0))
        for data in self._dump(table.GETOBJECT):
            counter = dict(each(data))
            name = string(counter[2])
            values = dict(each(counter.get(4, b"")))
            for kind in KINDS:
                if name == kind and {1, 2} <= values.keys():
                    found[kind] = Total(packets=number(values[2]), bytes=number(values[1]))
        return found

    def reconcile(self, allow: Iterable[Network], entries: Iterable[Entry], now: datetime) -> Gap:
        """See Firewall."""
        self._restored()
        begun = monotonic()
        networks, inside = list(allow), _by_place(entries, now)
        structure = self._fault()
        missing, extra, wrong = list[Entry](), list[Held](), list[Entry]()
        unwanted = dict[table.Place, list[bytes]]()
        enforced = self._enforced_places()
        for where in enforced | inside.keys():
            wanted = inside.get(where, {})
            have = {found.key: found for found in self._elements(where.name)} if where in enforced else {}
            if have.pop(b"", None):
                structure = structure or f"{where.name} matches everything"
            left = {key: found.seconds for key, found in have.items()}
            late = self._late + monotonic() - begun
            absent, unwanted[where], other = compare(wanted, left, now, longest=LONGEST / 1000, late=late)
            missing += (wanted[key] for key in absent)
            extra += (_held(where, have[key]) for key in unwanted[where])
            wrong += (wanted[key] for key in other)
        allowed = any(self._allowed(version) != _bounds(networks, version) for version in table.BITS)
        if structure:
            every = chain.from_iterable(wanted.values() for wanted in inside.values())
            self.restore(networks, every, self._rates, dry=self._dry, now=now)
        else:
            if allowed:
                self._netlink.commit(list(table.allow_replaced(networks)))
                self._allow = networks
            self._take_out(unwanted)
            self.add((*missing, *wrong), now)
        return Gap(structure, tuple(missing), tuple(extra), tuple(wrong), allowed)

    def uninstall(self) -> None:
        """See Firewall."""
        self._remove([table.remove_table()])
        self._shape = None
        self._places = set()

    def fileno(self) -> int:
        """See Firewall."""
        return self._watch.fileno()

    def changed(self) -> bool:
        """See Firewall."""
        return self._watch.changed()

    def close(self) -> None:
        """See Firewall."""
        self._netlink.close()
        self._watch.close()

    # --- reading ---

    def _dump(self, kind: int, body: bytes = _OURS) -> Iterator[bytes]:
        """What is ours; nothing where the table is not there."""
        try:
            found = self._netlink.dump(kind, body)
        except Refused as refused:
            if refused.errno == errno.ENOENT:
                return
            raise
        for data in found:
            if any(kind == 1 and string(value) == table.TABLE for kind, value in each(data)):
                yield data

    def _enforced_places(self) -> set[table.Place]:
        """Those whose set is there, and has the keys that it is to have."""
        found = set()
        for data in self._dump(table.GETSET):
            attributes = dict(each(data))
            where = table.PLACES.get(string(attributes[2]))
            if where is not None and number(attributes[5]) == where.key_size:
                found.add(where)
        return found

    def _elements(self, name: str) -> Iterator[Element]:
        dumped = self._dump(table.GETELEMENT, _OURS + text(2, name))
        return read(value for data in dumped for kind, value in each(data) if kind == 3)

    def _allowed(self, version: int) -> set[tuple[bytes, bool]]:
        return {(found.key, found.end) for found in self._elements(table.allow_name(version))}

    def _restored(self) -> None:
        if self._shape is None:
            raise ActionError("nothing was restored yet", where=self.name, fix="restore first")

    def _fault(self) -> str:
        """What is wrong with all but the elements; empty: nothing."""
        shape = self._read_shape()
        if shape == self._shape:
            return ""
        return "somebody changed its rules" if shape else "the table is gone"

    def _read_shape(self) -> object:
        """All but elements and counts, for comparison; false where there is no table.

        As the kernel gives it back, which is not how we sent it: so it is compared with how it was right after.
        """
        tables = [_only(data, 2) for data in self._dump(table.GETTABLE, b"")]
        if not tables:
            return ()
        chains = []
        for data in self._dump(table.GETCHAIN, b""):
            hook = _only(dict(each(data)).get(4, b""), 1, 2)
            chains.append((_only(data, 3, 5, 7), hook))
        rules = [_only(data, 2, 4) for data in self._dump(table.GETRULE)]
        sets = sorted(_only(data, 2, 3, 5) for data in self._dump(table.GETSET))
        objects = sorted(_only(data, 2, 3) for data in self._dump(table.GETOBJECT))
        return tables, chains, rules, sets, objects


def _only(data: bytes, *kinds: int) -> list[tuple[int, bytes]]:
    return [(kind, value) for kind, value in each(data) if kind in kinds]


def _by_place(entries: Iterable[Entry], now: datetime | None) -> dict[table.Place, dict[bytes, Entry]]:
    """Each once, by its key, and without those that are over at `now`. Of the same, the last counts."""
    found = dict[table.Place, dict[bytes, Entry]]()
    for entry in entries:
        wanted, key = found.setdefault(table.place(entry), {}), table.key(entry)
        if now is None or entry.until is None or entry.until > now:
            wanted[key] = entry
        else:
            wanted.pop(key, None)
    return found


def _elements(wanted: Mapping[bytes, Entry], now: datetime) -> Iterator[bytes]:
    for key, entry in wanted.items():
        yield element(key, None if entry.until is None else (entry.until - now) // _MILLISECOND)


def _bounds(networks: Iterable[Network], version: int) -> set[tuple[bytes, bool]]:
    """As Nftables._allowed has it."""
    found = set[tuple[bytes, bool]]()
    for first, after in table.allow_intervals(networks, version):
        found |= {(first, False)} if after is None else {(first, False), (after, True)}
    return found


def _held(where: table.Place, found: Element) -> Held:
    network, protocol = table.of_key(where, found.key)
    return Held(where.kind, network, protocol, found.packets, found.bytes, found.seconds)


def installed() -> bool:
    """Whether our table is in this network namespace, whoever put it there.

    Raises:
        Refused: we may not look.
    """
    with contextlib.closing(Netlink()) as netlink:
        try:
            tables = netlink.dump(table.GETTABLE)
        except Refused as refused:
            if refused.errno == errno.EPERM:
                raise
            return False  # a kernel without nf_tables has no tables
        return any(string(dict(each(data)).get(1, b"")) == table.TABLE for data in tables)


def remove() -> None:
    """Take our table away, with all that is in it; it is no error if it is not there.

    Raises:
        Refused: the kernel does not let us.
    """
    with contextlib.closing(Netlink()) as netlink:
        try:
            netlink.commit([table.remove_table()])
        except Refused as refused:
            if refused.errno != errno.ENOENT:
                raise
