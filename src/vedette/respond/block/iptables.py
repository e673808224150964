"""Enforcement by iptables, where the kernel has no nf_tables or not all of it: argument lists, never a shell.

What is less than with nftables: changes are one transaction for each set and each IP version, not for all; a wide
network that is limited has its rate for each /32 (IPv6: /64) in it; limit and guard do not count by entry; nobody tells
when somebody else changes the rules; and without `ipset` there are at most 1,000 entries, each of which ends with the
first reconcile after its time.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import inf
from time import monotonic
from typing import Final

from vedette.model.action import KINDS, ActionError, Entry, Kind, Network, Rates
from vedette.respond.block import rules
from vedette.respond.block.firewall import Gap, Held, Total, check_rates, compare
from vedette.respond.block.table import SIZE

_PATH: Final = "/usr/sbin:/sbin:/usr/bin:/bin"
_TIMEOUT: Final = 60
_MOST_RULES: Final = 1000
_Key = tuple[Kind, Network, int | None]


class Iptables:
    """See Firewall.

    Args:
        variant: of the command: "", "-legacy" or "-nft".
        ipset: False: do without; None: use it where it works.
        size: of elements that a set takes at most.

    Raises:
        ActionError: the commands are missing or refuse.
    """

    name = "iptables"

    def __init__(self, *, variant: str = "", ipset: bool | None = None, size: int = SIZE) -> None:
        self._command = {4: f"iptables{variant}", 6: f"ip6tables{variant}"}
        self._size = size
        self._allow: list[Network] = []
        self._entries: dict[_Key, Entry] = {}
        self._places: set[rules.Place] = set()
        self._rates, self._dry = Rates(), True
        self._lines: dict[int, list[str]] = {}
        """How our chains looked right after we made them, by IP version; empty: we did not."""
        self._late = 0.0
        """Seconds that the last restore took: entries end later by at most as much."""
        self._counted = dict.fromkeys(KINDS, Total(0, 0))
        """Until the chains were last made: that sets their counters to zero."""
        for version in self._command:
            self._save(version)
        self._ipset = self._has_ipset() if ipset is None else ipset

    def _has_ipset(self) -> bool:
        try:
            self._run("ipset", "save")
        except ActionError:  # no command, or none of it in the kernel
            return False
        return True

    def restore(
        self, allow: Iterable[Network], entries: Iterable[Entry], rates: Rates, *, dry: bool, now: datetime
    ) -> None:
        """See Firewall."""
        check_rates(rates)
        begun = monotonic()
        self._counted = dict.fromkeys(KINDS, Total(0, 0))
        self._make(list(allow), _live(entries, now), rates, dry=dry, now=now)
        self._late = monotonic() - begun

    def _make(
        self, allow: list[Network], entries: dict[_Key, Entry], rates: Rates, *, dry: bool, now: datetime
    ) -> None:
        places = set(rules.USUAL | {rules.place(entry) for entry in entries.values()})
        if self._ipset:
            try:
                self._fill(allow, entries, places, now)
            except ActionError:  # sets of another version have our names: without the rules they can go
                self.uninstall()
                self._fill(allow, entries, places, now)
        self._chains(allow, entries, places, rates, dry=dry)

    def add(self, entries: Iterable[Entry], now: datetime) -> None:
        """See Firewall."""
        self._restored()
        new = _live(entries, now)
        wanted = self._entries | new
        places = self._places | {rules.place(entry) for entry in new.values()}
        if self._ipset:
            lines = [
                rules.create_place(where, self._size) for where in sorted(places - self._places, key=lambda p: p.name)
            ]
            self._sets([*lines, *(rules.add(entry, now) for entry in new.values())])
        if not self._ipset or places != self._places:
            self._rewrite(self._allow, {k: e for k, e in wanted.items() if k in new or _running(e, now)}, places)
        self._entries = wanted

    def remove(self, entries: Iterable[Entry]) -> None:
        """See Firewall."""
        gone = {_key(entry): entry for entry in entries}
        left = {key: entry for key, entry in self._entries.items() if key not in gone}
        if self._ipset:
            known = {key: rules.place(entry) for key, entry in gone.items() if rules.place(entry) in self._places}
            self._sets([f"del {where.name} {key[1]}" for key, where in known.items()])
        elif left.keys() != self._entries.keys():
            self._rewrite(self._allow, left, self._places)
        self._entries = left

    def allow(self, networks: Iterable[Network]) -> None:
        """See Firewall."""
        allow = list(networks)
        if self._ipset:
            self._sets(self._allow_lines(allow))
            self._allow = allow
        else:
            self._rewrite(allow, self._entries, self._places)

    def held(self) -> list[Held]:
        """See Firewall."""
        if self._ipset:
            return list(rules.held_of_sets(self._run("ipset", "save")))
        now = datetime.now(UTC)
        return [h for version in self._command for h in rules.held_of_rules(rules.ours(self._save(version)), now)]

    def totals(self) -> dict[Kind, Total]:
        """See Firewall."""
        found = dict(self._counted)
        for version in self._command:
            for kind, total in rules.totals(rules.ours(self._save(version))).items():
                found[kind] = Total(found[kind].packets + total.packets, found[kind].bytes + total.bytes)
        return found

    def reconcile(self, allow: Iterable[Network], entries: Iterable[Entry], now: datetime) -> Gap:
        """See Firewall."""
        self._restored()
        begun = monotonic()
        networks, wanted = list(allow), _live(entries, now)
        held = {(h.kind, h.network, h.protocol): h for h in self.held()}
        left = {key: h.seconds for key, h in held.items()}
        missing, extra, wrong = compare(
            wanted, left, now, longest=rules.LONGEST if self._ipset else inf, late=self._late + monotonic() - begun
        )
        lines = {version: self._shape(version) for version in self._command}
        structure = "somebody changed its rules" if lines != self._lines else ""
        if not all(lines.values()):
            structure = "its rules are gone"
        gap = Gap(
            structure,
            tuple(wanted[key] for key in missing),
            tuple(held[key] for key in extra),
            tuple(wanted[key] for key in wrong),
            self._allow_differs(networks),
        )
        over = not self._ipset and any(seconds is not None and seconds <= 0 for seconds in left.values())
        if gap or over:
            self._count()
            self._make(networks, wanted, self._rates, dry=self._dry, now=now)
        self._entries = wanted
        return gap

    def uninstall(self) -> None:
        """See Firewall."""
        for version, command in self._command.items():
            if lines := rules.removal(self._save(version)):
                self._run(f"{command}-restore", "--noflush", "-w", "5", text=lines)
        if self._ipset:
            names = rules.names_of_sets(self._run("ipset", "save"))
            self._sets([f"destroy {name}" for name in names])
        self._lines, self._entries, self._places = {}, {}, set()

    def there(self) -> bool:
        """Whether there is anything of ours."""
        return any(rules.removal(self._save(version)) for version in self._command)

    def fileno(self) -> int:
        """-1: iptables does not tell."""
        return -1

    def changed(self) -> bool:
        """False: iptables does not tell; reconcile from time to time."""
        return False

    def close(self) -> None:
        """Nothing is held."""

    def _restored(self) -> None:
        if not self._lines:
            raise ActionError("nothing was restored yet", where=self.name, fix="restore first")

    # --- sets ---

    def _fill(self, allow: list[Network], entries: dict[_Key, Entry], places: set[rules.Place], now: datetime) -> None:
        """Every set made beside the old one, then put in its place: nobody sees it half full."""
        lines = self._allow_lines(allow)
        for where in sorted(places, key=lambda p: p.name):
            new = f"{where.name}.new"
            inside = (entry for entry in entries.values() if rules.place(entry) == where)
            lines += [rules.create_place(where, self._size), rules.create_place(where, self._size, new), f"flush {new}"]
            lines += (rules.add(entry, now, new) for entry in inside)
            lines += [f"swap {new} {where.name}", f"destroy {new}"]
        self._sets(lines)

    def _allow_lines(self, allow: list[Network]) -> list[str]:
        lines = []
        for version in self._command:
            name, new = rules.allow_name(version), f"{rules.allow_name(version)}.new"
            lines += [rules.create(name, version, self._size), rules.create(new, version, self._size), f"flush {new}"]
            lines += (f"add {new} {network}" for network in rules.merged(allow, version))
            lines += [f"swap {new} {name}", f"destroy {new}"]
        return lines

    def _sets(self, lines: Sequence[str]) -> None:
        if lines:
            self._run("ipset", "-exist", "restore", text="\n".join([*lines, ""]))

    def _allow_differs(self, networks: list[Network]) -> bool:
        if not self._ipset:
            return set(networks) != set(self._allow)
        saved = self._run("ipset", "save")
        return any(rules.allowed(saved, version) != set(rules.merged(networks, version)) for version in self._command)

    # --- chains ---

    def _rewrite(self, allow: list[Network], entries: dict[_Key, Entry], places: set[rules.Place]) -> None:
        self._count()
        self._chains(allow, entries, places, self._rates, dry=self._dry)

    def _count(self) -> None:
        self._counted = self.totals()

    def _chains(
        self, allow: list[Network], entries: dict[_Key, Entry], places: set[rules.Place], rates: Rates, *, dry: bool
    ) -> None:
        if not self._ipset and len(entries) > _MOST_RULES:
            raise ActionError(f"more than {_MOST_RULES} entries without ipset", where=self.name, fix="install ipset")
        for version, command in self._command.items():
            if self._ipset:
                allowed = [f"-m set --match-set {rules.allow_name(version)} src"]
                made = rules.of_sets((where for where in places if where.version == version), rates, dry=dry)
            else:
                allowed = [f"-s {network}" for network in rules.merged(allow, version)]
                made = rules.of_entries((e for e in entries.values() if e.network.version == version), rates, dry=dry)
            there = rules.JUMP in [rules.without_counts(line) for line in rules.ours(self._save(version))]
            text = rules.chain(version, allowed, made, jump=not there)
            self._run(f"{command}-restore", "--noflush", "-w", "5", text=text)
        self._allow, self._entries, self._places, self._rates, self._dry = allow, dict(entries), set(places), rates, dry
        self._lines = {version: self._shape(version) for version in self._command}

    def _save(self, version: int) -> str:
        return self._run(f"{self._command[version]}-save", "-c", "-t", "raw")

    def _shape(self, version: int) -> list[str]:
        return [rules.without_counts(line) for line in rules.ours(self._save(version))]

    def _run(self, *command: str, text: str = "") -> str:
        """What a command prints.

        Raises:
            ActionError: with what it says.
        """
        program = shutil.which(command[0], path=_PATH)
        if program is None:
            raise ActionError(f"{command[0]} is not there", where=self.name, fix="install iptables (and ipset)")
        try:
            done = subprocess.run(
                [program, *command[1:]],
                input=text,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_TIMEOUT,
                check=False,
                env={"PATH": _PATH, "LC_ALL": "C"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ActionError(f"{command[0]} does not run: {error}", where=self.name) from error
        if done.returncode:
            said = " ".join(done.stderr.split())[:500] or f"status {done.returncode}"
            fix = "run as root or with CAP_NET_ADMIN in this network namespace" if os.geteuid() else ""
            if "is full" in said:
                fix = "lift actions that are no longer needed, or act on wider networks"
            raise ActionError(f"{command[0]} refused: {said}", where=self.name, fix=fix)
        return done.stdout


def _key(entry: Entry) -> _Key:
    return entry.kind, entry.network, entry.protocol


def _running(entry: Entry, now: datetime) -> bool:
    return entry.until is None or entry.until > now


def _live(entries: Iterable[Entry], now: datetime) -> dict[_Key, Entry]:
    """Each once, the last, and without those that are over."""
    last = {_key(entry): entry for entry in entries}
    return {key: entry for key, entry in last.items() if _running(entry, now)}


def installed() -> bool:
    """Whether our chains are in this network namespace, whoever put them there; False where there is no iptables."""
    try:
        return Iptables().there()
    except ActionError:
        return False


def remove() -> None:
    """Take our chains and sets away."""
    Iptables().uninstall()
