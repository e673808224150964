"""Decides what is done about attackers, has it done in the kernel, and keeps account of it.

The kernel comes first, the database a moment later: an attacker is stopped within milliseconds, and also while the disk is
full. Killed in between, an action is in the kernel and not in the database; the next start makes the kernel what the
database says. Any thread may hand in evidence.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

import msgspec

from vedette.model.action import Action, ActionError, Allowed, Entry, Kind, Network, Rates, action_id
from vedette.model.alert import Alert
from vedette.model.allowlist import Allowlist
from vedette.model.incident import AGENT
from vedette.model.packets import CAPTURE
from vedette.respond.policy import Decided, Evidence, Known, Policy, Scores, decide, remember
from vedette.runtime import helper_messages as messages
from vedette.runtime.helper_client import Client, Gone
from vedette.runtime.latency import Latency
from vedette.runtime.log import about

SETTINGS: Final = "settings"
"""Who denies what `blocking.deny` lists."""
AROUND: Final = 10.0
"""Seconds between two looks at this machine's surroundings."""
STATE: Final = 2.0
"""Seconds between two questions to the helper how it is."""
_RETRY: Final = 5.0
_BUSIEST: Final = 20
_REASONS: Final = 200
"""Different reasons for withholding an action that are counted."""
Mode = Literal["off", "dry-run", "enforce"]
Key = tuple[Kind, str, int | None]
Log = Callable[[str, dict[str, Any]], None]


class Setup(NamedTuple):
    """How it works. `offenders`: ids of the rules whose matches are held against the address they name. `listed`: what it adds to
    the score of an address that it stands on a list, by the id of the rule that says so."""

    policy: Policy
    mode: Mode
    helper: Path | None
    rates: Rates
    offenders: frozenset[str]
    listed: Mapping[str, float] = MappingProxyType({})


class Kept(NamedTuple):
    """What the store knows: actions in force, networks that people allowed, how many actions there were against a
    network lately, and the alerts of the last minutes."""

    actions: Sequence[Action]
    allowed: Sequence[Allowed]
    repeats: dict[str, int]
    alerts: Sequence[Alert]


class Changes(NamedTuple):
    """What the next commit is to keep."""

    actions: tuple[Action, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    disallowed: tuple[str, ...] = ()


class Responder:
    """One per agent.

    Args:
        around: the networks that this machine must never lose, and why.
    """

    def __init__(self, setup: Setup, kept: Kept, around: Callable[[], Sequence[Allowed]], log: Log) -> None:
        self.setup = setup
        self._lock = threading.RLock()
        self._around = around
        self._log = log
        self._scores = Scores()
        self._active: dict[Key, Action] = {_key(action): action for action in kept.actions}
        self._people: dict[str, Allowed] = {each.network: each for each in kept.allowed}
        self._repeats = dict(kept.repeats)
        self._changed: dict[str, Action] = {}
        self._allowed_changed: dict[str, Allowed] = {}
        self._disallowed: set[str] = set()
        self._surroundings: list[tuple[str, str]] = []
        self._allowed: list[tuple[str, str]] = []
        self._never = Allowlist()
        self._around_at = self._state_at = 0.0
        self._client: Client | None = None
        self._retry_at = 0.0
        self._fault = ""
        self._held: tuple[messages.Stopped, ...] = ()
        self._state = messages.Reply(good=True)
        self.decided = 0
        self.latency = Latency()
        self.withheld: dict[str, int] = {}
        self._end_dry_run(datetime.now(UTC))
        self._look(time.monotonic(), around())
        self._deny(datetime.now(UTC))
        remember(setup.policy, self._scores, self._evidence(kept.alerts), datetime.now(UTC))

    def reconfigure(self, setup: Setup) -> None:
        """Other settings or rules hold from now on; where the helper is takes a restart."""
        with self._lock:
            before, self.setup = self.setup, setup._replace(helper=self.setup.helper)
            if (before.mode, before.rates) != (setup.mode, setup.rates):
                self._end_dry_run(datetime.now(UTC))
                if setup.mode == "off" and self._client is not None:
                    self._tell(lambda client: client.ask(messages.Uninstall()))
                elif setup.mode != "off":
                    self._begin(datetime.now(UTC))
            self._survey()
            self._deny(datetime.now(UTC))

    def _end_dry_run(self, now: datetime) -> None:
        """What was only counted so far is not enforced because of that: who goes on is decided anew."""
        if self.setup.mode == "enforce":
            dry = [action for action in self._active.values() if not action.enforced]
            self._lift(dry, who=AGENT, why="the dry run is over", now=now)

    def _deny(self, now: datetime) -> None:
        """Networks that the settings deny are dropped, those that they deny no longer are not."""
        denied = set(self.setup.policy.deny)
        held = [action for action in self._active.values() if action.who == SETTINGS and action.active(now)]
        gone = [action for action in held if action.network not in denied]
        if gone:
            self._lift(gone, who=SETTINGS, why="no longer in the settings", now=now)
        new = [
            Action(
                id=action_id("drop", network, None, now), kind="drop", network=network, at=now, until=None, reason="denied by the settings",
                source="manual", who=SETTINGS, enforced=self.setup.mode == "enforce",
            )
            for network in sorted(denied - {action.network for action in held})
            if not self._never_denied(network)
        ]  # fmt: skip
        for action in self._carry_out(new, now):
            self._keep(action)
            self._log("action", about(action))

    def _never_denied(self, network: str) -> bool:
        why = self._never.why(ip_network(network))
        if why and self._withhold(f"never acted against: {why}", 1):
            self._log("not acted", {"network": network, "score": None, "reason": f"denied by the settings, but {why}"})
        return bool(why)

    # --- what attackers did ---

    def take(self, alerts: Iterable[Alert], now: datetime) -> Decided:
        """Act on alert parts."""
        evidence = self._evidence(alerts)
        if not evidence:
            return Decided()
        with self._lock:
            known = Known(self._never, self._active, lambda network: self._repeats.get(network, 0))
            decided = decide(self.setup.policy, self._scores, evidence, known, now, enforced=self.setup.mode == "enforce")
            taken = self._carry_out(decided.actions, now)
            done = datetime.now(UTC)
            for action in taken:
                self._keep(action)
                if action.kind != "guard":
                    self._repeats[action.network] = self._repeats.get(action.network, 0) + 1
            untold = [each for each in decided.withheld if self._withhold(each.why, 1)]
        for action in taken:
            seen = max(each.alert.last_seen for each in evidence if each.alert.id in action.alerts)
            seconds = (done - seen).total_seconds()
            self.latency.add(seconds)
            self._log("action", about(action) | {"seconds": round(seconds, 6)})
        for each in untold:
            self._log("not acted", {"network": each.network, "score": each.score, "reason": each.why})
        return Decided(tuple(taken), decided.withheld)

    def _evidence(self, alerts: Iterable[Alert]) -> list[Evidence]:
        """What is held against somebody. Packets speak for themselves; a log cannot be forged, but for one that anybody who
        reaches a port of ours can write to."""
        forgeable = (CAPTURE,) if self.setup.policy.trust_syslog else (CAPTURE, "syslog:")
        listed = self.setup.listed
        return [
            Evidence(
                a,
                a.proven if a.rule_source == "network" else not any(e.path.startswith(forgeable) for e in a.evidence),
                listed.get(a.rule_id),
            )
            for a in alerts
            if a.rule_source == "network" or a.rule_id in self.setup.offenders or a.rule_id in listed
        ]

    def _carry_out(self, actions: Sequence[Action], now: datetime) -> list[Action]:
        """Those that are in the kernel now, or will be when there is a helper again."""
        if not actions or self._client is None or self._fault:
            return list(actions)
        try:
            refused = self._client.add(map(entry_of, actions), now).refused
        except Gone as error:
            self._failed(error)
            return list(actions)
        except ActionError as error:
            if len(actions) > 1:
                # Together they are one transaction: where one has no room, the others may have.
                return [taken for action in actions for taken in self._carry_out([action], now)]
            if self._withhold(error.what, 1):
                self._log("firewall refused", {"error": error.what, "fix": error.fix, "actions": self.withheld.get(error.what, 1)})
            return []
        for why in refused:
            self._withhold(why.partition(": ")[2], 1)
        return [action for action in actions if not any(why.startswith(f"{action.network} ") for why in refused)]

    def _withhold(self, why: str, number: int) -> bool:
        """Counts it; True when it should be told: each time that there are twice as many."""
        before = self.withheld.get(why, 0)
        if len(self.withheld) < _REASONS or before:
            self.withheld[why] = before + number
        return (before + number).bit_length() > before.bit_length()

    # --- what people want ---

    def block(
        self, network: Network, *, kind: Kind, until: datetime | None, reason: str, who: str, now: datetime
    ) -> Action:
        """Act against a network because a person says so.

        Raises:
            ActionError: it is allowed, or the firewall refuses.
        """
        with self._lock:
            why = self._never.why(network)
            if why:
                raise ActionError(f"{network} is never acted against: {why}", fix="vedette allowlist lists what is allowed")
            action = Action(
                id=action_id(kind, str(network), None, now), kind=kind, network=str(network), at=now, until=until, reason=reason,
                source="manual", who=who, enforced=self.setup.mode == "enforce",
            )  # fmt: skip
            client = self._client
            if client is not None:
                for refused in client.add([entry_of(action)], now).refused:
                    raise ActionError(refused, fix="vedette allowlist lists what is allowed")
            self._keep(action)
        self._log("action", about(action))
        return action

    def unblock(self, network_or_id: str, *, who: str, why: str, now: datetime) -> list[Action]:
        """End what is in force against a network, or one action by its id.

        Raises:
            ActionError: there is nothing.
        """
        with self._lock:
            found = [a for a in self._active.values() if network_or_id in (a.network, a.id) and a.active(now)]
            if not found:
                raise ActionError("nothing is in force against it", where=network_or_id, fix="vedette blocklist lists what is")
            return self._lift(found, who=who, why=why, now=now)

    def _lift(self, actions: Sequence[Action], *, who: str, why: str, now: datetime) -> list[Action]:
        lifted = [msgspec.structs.replace(a, lifted=now, lifted_by=who, lifted_why=why) for a in actions]
        self._tell(lambda client: client.remove(map(entry_of, actions)))
        for action in lifted:
            self._active.pop(_key(action), None)
            self._scores.sources.pop(action.network, None)
            self._changed[action.id] = action
            self._log("action", about(action))
        return lifted

    def allow(self, network: Network, *, who: str, why: str, now: datetime) -> Allowed:
        """Never act against a network; what is in force against it ends."""
        text = str(network)
        made = Allowed(network=text, why=why, at=now, who=who)
        with self._lock:
            self._people[text] = self._allowed_changed[text] = made
            self._disallowed.discard(text)
            self._survey()
            against = [
                action
                for action in self._active.values()
                if action.kind != "guard" and (own := ip_network(action.network)).version == network.version and own.overlaps(network)
            ]
            if against:
                self._lift(against, who=who, why=f"allowed: {why}", now=now)
        self._log("allowed", {"network": text, "who": who, "reason": why})
        return made

    def disallow(self, network: Network, *, who: str, now: datetime) -> Allowed:
        """The network is allowed no longer.

        Raises:
            ActionError: no person allowed it.
        """
        del now
        text = str(network)
        with self._lock:
            if text not in self._people:
                raise ActionError("no person allowed it", where=text, fix="vedette allowlist tells why it is allowed")
            gone = self._people.pop(text)
            self._allowed_changed.pop(text, None)
            self._disallowed.add(text)
            self._survey()
        self._log("no longer allowed", {"network": text, "who": who})
        return gone

    # --- the account ---

    @property
    def unstored(self) -> bool:
        """Whether there are changes that are not yet stored."""
        return bool(self._changed or self._allowed_changed or self._disallowed)

    def changes(self) -> Changes:
        """What is not yet stored; `stored` says that it is."""
        with self._lock:
            return Changes(tuple(self._changed.values()), tuple(self._allowed_changed.values()), tuple(self._disallowed))

    def stored(self, changes: Changes) -> None:
        """These are kept now."""
        with self._lock:
            for action in changes.actions:
                if self._changed.get(action.id) is action:
                    del self._changed[action.id]
            for each in changes.allowed:
                if self._allowed_changed.get(each.network) is each:
                    del self._allowed_changed[each.network]
            self._disallowed.difference_update(changes.disallowed)

    def health(self) -> dict[str, Any]:
        """How it is, for `vedette status` and the metrics."""
        with self._lock:
            by_kind: dict[str, int] = {}
            for action in self._active.values():
                by_kind[action.kind] = by_kind.get(action.kind, 0) + 1
            state = self._state
            return {
                "mode": self.setup.mode,
                "firewall": state.firewall,
                "fault": self._fault or state.fault,
                "active": by_kind,
                "in_kernel": state.size,
                "gap": state.gap,
                "mended": state.mended,
                "stopped": {kind: {"packets": each[0], "bytes": each[1]} for kind, each in state.totals.items()},
                "decided": self.decided,
                "withheld": dict(self.withheld),
                "latency": self.latency.facts(),
                "busiest": {held.network: held.packets for held in self._held if held.packets},
            }

    def turn(self, now: datetime) -> None:
        """Now and then: forget what is over, look at the surroundings, ask the helper how it is, start it again."""
        at = time.monotonic()
        if at >= self._state_at:
            self._state_at = at + STATE
            with self._lock:
                self._ask_state()
        if at < self._around_at:
            return
        around = self._around()  # takes milliseconds, for which nobody is to wait who wants to stop an attacker
        with self._lock:
            self._active = {key: action for key, action in self._active.items() if action.active(now)}
            self._look(at, around)

    def close(self) -> None:
        """Let the helper go; what is in force stays until its time is over."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    # --- the helper ---

    def client(self) -> Client:
        """The helper.

        Raises:
            ActionError: there is none.
        """
        with self._lock:
            # Where nothing is blocked, capture alone asks: then nobody else notices that the helper was started anew.
            if self._client is not None and self._client.gone:
                self._client.close()
                self._client = None
            if self._client is None:
                self._client = Client(self.setup.helper)
            return self._client

    def _look(self, at: float, around: Sequence[Allowed]) -> None:
        self._around_at = at + AROUND
        self._surroundings = [(each.network, each.why) for each in around]
        self._survey()
        if self.setup.mode == "off":
            return
        if self._client is None or self._fault:
            self._begin(datetime.now(UTC))
        if self._client is not None and not self._fault:
            self._held = self._tell(lambda client: client.ask(messages.Held(_BUSIEST)).held) or ()

    def _ask_state(self) -> None:
        if self.setup.mode != "off":
            self._state = self._tell(lambda client: client.ask(messages.State())) or self._state

    def _begin(self, now: datetime) -> None:
        """Make the kernel what is to be in force."""
        try:
            client = self.client()
            entries = [entry_of(action) for action in self._active.values() if action.active(now)]
            allow = (network for network, _ in self._allowed)
            refused = client.restore(allow, entries, self.setup.rates, dry=self.setup.mode != "enforce", now=now).refused
        except ActionError as error:
            self._failed(error)
            return
        self._fault = ""
        self._log("firewall in force", {"mode": self.setup.mode, "entries": len(entries), "refused": list(refused)})

    def _tell(self, work: Callable[[Client], Any]) -> Any:
        """Ask the helper, if there is one; without, the next one is told all that is to be in force."""
        if self._client is None or self._fault:
            return None
        try:
            return work(self._client)
        except ActionError as error:
            self._failed(error)
            return None

    def _failed(self, error: ActionError) -> None:
        if error.what != self._fault:
            self._log("firewall failed", {"error": error.what, "fix": error.fix})
        self._fault = error.what
        if isinstance(error, Gone) and self._client is not None:
            self._client.close()
            self._client = None
        self._around_at = min(self._around_at, time.monotonic() + _RETRY)

    def _survey(self) -> None:
        """What may never be acted against, as it is now; the helper is told where that changed."""
        found = [(text, "settings") for text in self.setup.policy.allow]
        found += self._surroundings
        found += [(each.network, each.why or "allowed by a person") for each in self._people.values()]
        if found != self._allowed:
            self._allowed, self._never = found, Allowlist.of(found)
            self._tell(lambda client: client.allow(network for network, _ in found))

    def _keep(self, action: Action) -> None:
        self._active[_key(action)] = action
        self._changed[action.id] = action
        self.decided += 1


def entry_of(action: Action) -> Entry:
    """What the firewall is told of an action."""
    return Entry(action.kind, ip_network(action.network), action.protocol, action.until)


def _key(action: Action) -> Key:
    return action.kind, action.network, action.protocol
