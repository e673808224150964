"""What enforcement can do, whatever does it; and which one does it here."""

import errno
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import inf
from typing import Final, NamedTuple, Protocol, TypeVar

from vedette.model.action import ActionError, Entry, Kind, Network, Rates

_K = TypeVar("_K")

SLACK: Final = timedelta(seconds=2)
"""The clock of the kernel and ours may differ by this much before an entry's time counts as wrong."""


class Held(NamedTuple):
    """An entry as the kernel has it. Counts start anew when its time is set anew.

    Attributes:
        packets: dropped by it (in a dry run: that would have been); None where it does not count.
        seconds: left; None: it stays.
    """

    kind: Kind
    network: Network
    protocol: int | None
    packets: int | None
    bytes: int | None
    seconds: float | None


class Total(NamedTuple):
    """Of all entries of one kind since the last restore."""

    packets: int
    bytes: int


class Gap(NamedTuple):
    """How what was enforced differed from what was wanted, before it was mended.

    Attributes:
        structure: what was wrong with the table, chains, rules or sets themselves; empty: nothing.
        missing: wanted, not there.
        extra: there, not wanted.
        wrong_time: there, with another end.
        allow: whether the allow list differed.
    """

    structure: str = ""
    missing: tuple[Entry, ...] = ()
    extra: tuple[Held, ...] = ()
    wrong_time: tuple[Entry, ...] = ()
    allow: bool = False

    def __bool__(self) -> bool:
        return bool(self.structure or self.missing or self.extra or self.wrong_time or self.allow)


class Firewall(Protocol):
    """Enforcement. Every method may raise ActionError; then nothing of what it was to do has been done (with iptables:
    perhaps a part; reconcile mends it)."""

    @property
    def name(self) -> str:
        """Of the mechanism."""
        ...

    def restore(
        self, allow: Iterable[Network], entries: Iterable[Entry], rates: Rates, *, dry: bool, now: datetime
    ) -> None:
        """Make it exactly so, whatever is there, in one transaction (with iptables: one for each set). Counts start anew.

        Args:
            allow: never dropped or limited, whatever the entries say.
            entries: those over at `now` are left out.
            dry: count what would be dropped, and drop nothing.
        """

    def add(self, entries: Iterable[Entry], now: datetime) -> None:
        """Entries into force; one that is there already gets the new time, without a moment in between.

        Only after `restore`.
        """

    def remove(self, entries: Iterable[Entry]) -> None:
        """Entries out of force; it is no error if the kernel ended one already."""

    def allow(self, networks: Iterable[Network]) -> None:
        """Replace the allow list."""

    def held(self) -> list[Held]:
        """Every entry that is in force, in no order."""

    def totals(self) -> Mapping[Kind, Total]:
        """What was dropped, by kind."""

    def reconcile(self, allow: Iterable[Network], entries: Iterable[Entry], now: datetime) -> Gap:
        """Compare with what is wanted, and mend it. Only after `restore`, whose rates and dry run it keeps."""

    def uninstall(self) -> None:
        """Leave nothing behind. Idempotent."""

    def fileno(self) -> int:
        """Readable when the rules of this machine were changed; -1 where the mechanism does not tell."""

    def changed(self) -> bool:
        """Whether somebody else changed ours since the last call."""

    def close(self) -> None:
        """Give the sockets back; what is in force stays."""


def check_rates(rates: Rates) -> None:
    """No kernel limits to none at all.

    Raises:
        ActionError: a rate below one.
    """
    for name, value in rates._asdict().items():
        if value < 1:
            raise ActionError(f"{name} is {value}", fix="a rate is at least 1; to let nothing through is `drop`")


def check_entry(entry: Entry) -> None:
    """An address and a protocol for guard, no protocol for all others.

    Raises:
        ActionError: it is not so.
    """
    kind, network, protocol, _ = entry
    if kind != "guard":
        if protocol is not None:
            raise ActionError(f"{kind} is about every protocol", where=str(network), fix="leave the protocol out")
    elif protocol is None or not 0 <= protocol <= 255 or network.prefixlen != network.max_prefixlen:
        raise ActionError(
            "a guard is about one address and one protocol",
            where=str(network),
            fix="name the address and a protocol number",
        )


def compare(
    wanted: Mapping[_K, Entry],
    left: Mapping[_K, float | None],
    now: datetime,
    *,
    longest: float,
    late: float = 0.0,
) -> tuple[list[_K], list[_K], list[_K]]:
    """Keys that are missing, extra, or end at another time; what ends within the slack is none of these.

    Args:
        wanted: with time left at `now`.
        left: seconds that what is enforced has left; None: it stays.
        late: seconds that it took to tell the kernel and to read it: as much later or earlier may an entry seem to end.
        longest: seconds that the mechanism can count; what is wanted for longer is right while half of it is left.
    """
    slack = SLACK.total_seconds()
    missing, wrong = list[_K](), list[_K]()
    for key, entry in wanted.items():
        want = inf if entry.until is None else (entry.until - now).total_seconds()
        if key not in left:
            if want > slack:
                missing.append(key)
            continue
        have = left[key]
        if have is None or want == inf:
            right = have is None and want == inf
        elif want > longest:
            right = have > longest / 2
        else:
            right = abs(want - have) <= slack + late
        if not right:
            wrong.append(key)
    extra = [key for key, have in left.items() if key not in wanted and (have is None or have > slack)]
    return missing, extra, wrong


def open_firewall() -> Firewall:
    """nftables where the kernel has all that it takes, else iptables.

    Raises:
        ActionError: neither can be used: no privileges, or nothing there; it says what to do.
    """
    from vedette.respond.block.iptables import Iptables
    from vedette.respond.block.netlink import Refused
    from vedette.respond.block.nftables import Nftables

    try:
        return Nftables()
    except Refused as refused:
        if refused.errno in {errno.EPERM, errno.EACCES}:
            raise
        return Iptables()
