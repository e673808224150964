"""The rules and sets of the fallback, as lines for iptables-restore and `ipset restore`, and read back. Pure.

    raw PREROUTING -> VEDETTE: from lo, allowed, link-local, neighbour discovery: RETURN; then what is dropped;
                      TCP with SYN and without ACK: -> VEDETTE_BEGIN; other TCP: RETURN; all the rest: -> VEDETTE_BEGIN
    VEDETTE_BEGIN: what is limited and guarded

With ipset an entry is an element of a set with the kernel's timeout (24 days at most; reconcile prolongs). Without, an
entry is a rule of its own, whose comment says until when; nobody but reconcile ends it.

Sources: iptables-extensions(8), ipset(8).
"""

import shlex
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import collapse_addresses, ip_network
from typing import Final, NamedTuple

from vedette.model.action import HOST6, KINDS, Entry, Kind, Network, Rates
from vedette.respond.block.firewall import Held, Total, check_entry

CHAIN, BEGIN = "VEDETTE", "VEDETTE_BEGIN"
JUMP: Final = f"-A PREROUTING -j {CHAIN}"
PREFIX: Final = "vedette-"
"""Of the names of all our sets."""
LONGEST: Final = 2_147_483
"""Seconds of timeout that ipset takes."""
_SECOND: Final = timedelta(seconds=1)
_FAMILY: Final = {4: "inet", 6: "inet6"}


class Place(NamedTuple):
    """Entries that share a set and a rule."""

    kind: Kind
    version: int
    protocol: int | None

    @property
    def name(self) -> str:
        """Of the set."""
        return f"{PREFIX}{self.kind}{self.version}" + ("" if self.protocol is None else f"-{self.protocol}")


USUAL: Final = frozenset(Place(kind, version, None) for kind in ("drop", "limit") for version in (4, 6))
"""There from the beginning."""


def place(entry: Entry) -> Place:
    """Where an entry belongs.

    Raises:
        ActionError: see check_entry.
    """
    check_entry(entry)
    return Place(entry.kind, entry.network.version, entry.protocol)


def allow_name(version: int) -> str:
    """Of the set of the allow list."""
    return f"{PREFIX}allow{version}"


def merged(allow: Iterable[Network], version: int) -> list[Network]:
    """None inside another, none of prefix 0, which ipset does not take."""
    found: list[Network] = list(collapse_addresses([n for n in allow if n.version == version]))  # type: ignore[type-var]
    return [half for network in found for half in ([network] if network.prefixlen else network.subnets())]


# --- rules ---


def _rule(where: Place, match: str, rates: Rates, *, dry: bool, until: str = "") -> str:
    """One rule for a set (or an entry), that counts under the kind in its comment."""
    parts = [f"-A {CHAIN if where.kind == 'drop' else BEGIN}", match]
    if where.kind != "drop":
        rate, burst, mode = (
            rates.limit,
            rates.limit_burst,
            f"srcip --hashlimit-srcmask {32 if where.version == 4 else HOST6}",
        )
        if where.kind == "guard":
            rate, burst, mode = rates.guard, rates.guard_burst, "dstip"
        # A table of hashlimit is found by its name and then keeps the rate that it was made with.
        name = f"{where.name.removeprefix(PREFIX)}-{rate}-{burst}"
        parts.append(f"-m hashlimit --hashlimit-above {rate}/sec --hashlimit-burst {burst}")
        parts.append(f"--hashlimit-mode {mode} --hashlimit-name {name}")
    parts.append(f'-m comment --comment "{where.kind}{until}"')
    return " ".join(parts + ([] if dry else ["-j DROP"]))


def of_sets(places: Iterable[Place], rates: Rates, *, dry: bool) -> Iterator[str]:
    """A rule for each set."""
    for where in sorted(places, key=lambda p: p.name):
        match = f"-m set --match-set {where.name} {'dst' if where.kind == 'guard' else 'src'}"
        yield _rule(where, match if where.protocol is None else f"-p {where.protocol} {match}", rates, dry=dry)


def of_entries(entries: Iterable[Entry], rates: Rates, *, dry: bool) -> Iterator[str]:
    """A rule for each entry."""
    for entry in entries:
        match = f"{'-d' if entry.kind == 'guard' else '-s'} {entry.network}"
        match += "" if entry.protocol is None else f" -p {entry.protocol}"
        until = " for ever" if entry.until is None else f" until {entry.until.astimezone(UTC).isoformat()}"
        yield _rule(place(entry), match, rates, dry=dry, until=until)


def chain(version: int, allow: Iterable[str], rules: Iterable[str], *, jump: bool) -> str:
    """What iptables-restore --noflush gets: our chains made anew, all else left alone.

    Args:
        allow: matches of what is allowed.
        jump: whether the rule that leads here has to be put in, in front of all others.
    """
    lines = ["*raw", f":{CHAIN} - [0:0]", f":{BEGIN} - [0:0]", f"-A {CHAIN} -i lo -j RETURN"]
    lines += (f"-A {CHAIN} {match} -j RETURN" for match in allow)
    if version == 6:
        lines.append(f"-A {CHAIN} -s fe80::/10 -j RETURN")
        neighbour = "-p ipv6-icmp -m hl --hl-eq 255 -m icmp6 --icmpv6-type"
        lines += (f"-A {CHAIN} {neighbour} {icmp} -j RETURN" for icmp in range(133, 137))
    made = list(rules)
    lines += (rule for rule in made if rule.startswith(f"-A {CHAIN} "))
    lines.append(f"-A {CHAIN} -p tcp -m tcp --tcp-flags SYN,ACK SYN -j {BEGIN}")
    lines += [f"-A {CHAIN} -p tcp -j RETURN", f"-A {CHAIN} -j {BEGIN}"]
    lines += (rule for rule in made if rule.startswith(f"-A {BEGIN} "))
    if jump:
        lines.append(f"-I PREROUTING 1 -j {CHAIN}")
    return "\n".join([*lines, "COMMIT", ""])


def ours(saved: str) -> list[str]:
    """The lines of iptables-save -c that are about us."""
    return [line for line in saved.splitlines() if CHAIN in line and not line.startswith("#")]


def without_counts(line: str) -> str:
    """Of a line of iptables-save -c."""
    return line.partition("[")[0] if line.startswith(":") else line.partition("] ")[2]


def removal(saved: str) -> str:
    """What iptables-restore --noflush gets to take away what iptables-save shows; empty: nothing."""
    lines = [without_counts(line) for line in ours(saved)]
    jumps = [line.replace("-A", "-D", 1) for line in lines if line.startswith("-A PREROUTING ")]
    chains = [name for name in (CHAIN, BEGIN) if any(line.split()[0] == f":{name}" for line in lines)]
    gone = [*jumps, *(f"-F {name}" for name in chains), *(f"-X {name}" for name in chains)]
    return "\n".join(["*raw", *gone, "COMMIT", ""]) if gone else ""


def totals(lines: Iterable[str]) -> dict[Kind, Total]:
    """By kind, from iptables-save -c."""
    found = dict.fromkeys(KINDS, Total(0, 0))
    for line in lines:
        words = shlex.split(line)
        if "--comment" in words and line.startswith("["):
            comment = words[words.index("--comment") + 1].split()[0]
            packets, _, size = words[0].strip("[]").partition(":")
            for kind in KINDS:
                if kind == comment:
                    found[kind] = Total(found[kind].packets + int(packets), found[kind].bytes + int(size))
    return found


def held_of_rules(lines: Iterable[str], now: datetime) -> Iterator[Held]:
    """The entries that are rules, from iptables-save -c."""
    for line in lines:
        words = shlex.split(line)
        comment = words[words.index("--comment") + 1].split() if "--comment" in words else []
        network = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in {"-s", "-d"}), None)
        for kind in KINDS:
            if network and comment[:1] == [kind]:
                packets, _, size = words[0].strip("[]").partition(":")
                protocol = _protocol(words[words.index("-p") + 1]) if kind == "guard" and "-p" in words else None
                left = (datetime.fromisoformat(comment[2]) - now) / _SECOND if comment[1:2] == ["until"] else None
                yield Held(
                    kind,
                    ip_network(network),
                    protocol,
                    int(packets),
                    int(size),
                    None if left is None else max(left, 0.0),
                )


def _protocol(word: str) -> int:
    """Names that iptables-save writes without looking into /etc/protocols."""
    names = {"icmp": 1, "tcp": 6, "udp": 17, "esp": 50, "ah": 51, "ipv6-icmp": 58, "sctp": 132, "udplite": 136}
    return int(word) if word.isdigit() else names.get(word, 0)


# --- sets ---


def create(name: str, version: int, size: int, *, options: str = "") -> str:
    """A line for `ipset restore`; hash:net takes prefixes of every length and finds the longest."""
    return f"create {name} hash:net family {_FAMILY[version]} maxelem {size}{options}"


def create_place(where: Place, size: int, name: str = "") -> str:
    """The set of a place. Those of drop count."""
    return create(
        name or where.name, where.version, size, options=" timeout 0" + (" counters" if where.kind == "drop" else "")
    )


def add(entry: Entry, now: datetime, name: str = "") -> str:
    """A line for `ipset restore`. 0 is for ever."""
    seconds = 0 if entry.until is None else min(max(-((now - entry.until) // _SECOND), 1), LONGEST)
    return f"add {name or place(entry).name} {entry.network} timeout {seconds}"


def held_of_sets(saved: str) -> Iterator[Held]:
    """From `ipset save`."""
    for line in saved.splitlines():
        words = line.split()
        if len(words) < 3 or words[0] != "add" or not words[1].startswith(PREFIX):
            continue
        name, _, protocol = words[1].removeprefix(PREFIX).partition("-")
        values = dict(zip(words[3::2], words[4::2], strict=False))
        for kind in KINDS:
            if name[:-1] == kind and (protocol == "" or protocol.isdigit()):
                yield Held(
                    kind,
                    ip_network(words[2]),
                    int(protocol) if protocol else None,
                    int(values["packets"]) if "packets" in values else None,
                    int(values["bytes"]) if "bytes" in values else None,
                    float(values["timeout"]) if values.get("timeout", "0") != "0" else None,
                )


def names_of_sets(saved: str) -> list[str]:
    """Ours, from `ipset save`."""
    words = (line.split() for line in saved.splitlines())
    return [word[1] for word in words if word[:1] == ["create"] and word[1].startswith(PREFIX)]


def allowed(saved: str, version: int) -> set[Network]:
    """From `ipset save`."""
    words = (line.split() for line in saved.splitlines())
    return {ip_network(word[2]) for word in words if word[:2] == ["add", allow_name(version)]}
