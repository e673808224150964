"""Alerts to actions: who is to be dropped, limited or shielded in the kernel, for how long, and why. Pure.

An address is dropped only on evidence that it cannot have forged: a completed handshake, or a position in a log that the
program behind it controls. Packets that anybody can write in anybody's name at most limit what that address begins: if it
was framed, its visitors hardly notice; if not, its scan or flood is over all the same. Floods are answered at their victim.

Every alert adds its detector's weight to the score of its source, and once more each time its evidence doubled; what is
older than `score_window` no longer counts. Allowed networks come first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final, Literal, NamedTuple

from pydantic import Field, field_validator

from vedette.model.action import KINDS, Action, Kind, Origin, action_id, plain, source_network
from vedette.model.alert import LEVELS, Alert
from vedette.model.allowlist import Allowlist
from vedette.model.incident import AGENT
from vedette.model.settings import Duration, Settings

REMEMBERED: Final = 1 << 16
"""Sources whose score is remembered; the one heard of longest ago gives way."""
SHIELDED: Final = timedelta(minutes=5)
"""How long a victim is shielded after the last sign of a flood."""
FEW: Final = 5
"""Events of a log from which on doubling counts."""
_TCP: Final = 6
_PROTOCOLS: Final[Mapping[str, int]] = {
    "network-syn-flood": 6, "network-tcp-reflection": 6, "network-udp-flood": 17, "network-udp-reflection": 17,
    "network-icmp-flood": 1,
}  # fmt: skip


class Weights(Settings):
    """What one alert of a detector adds to the score of its source; of logs, alerts of level medium and above: high ones
    count twice, critical ones three times."""

    syn_flood: float = Field(30, ge=0)
    udp_flood: float = Field(25, ge=0)
    icmp_flood: float = Field(25, ge=0)
    other_flood: float = Field(25, ge=0)
    """ACK, fragments, other protocols, DHCP, and floods that a log tells of."""
    http_flood: float = Field(25, ge=0)
    port_scan: float = Field(35, ge=0)
    """Scans and sweeps of every kind, in packets and logs."""
    brute_force: float = Field(80, ge=0)
    """Guessing at logins: the alert itself stands for many events."""
    login_connections: float = Field(35, ge=0)
    """Connections to a login service that look like guessing: nobody has seen a refusal."""
    web_attack: float = Field(40, ge=0)
    other: float = Field(40, ge=0)
    """Everything else that is held against an address."""


class Policy(Settings):
    warn_threshold: float = Field(50, gt=0)
    """From this score on, what a source begins is limited."""
    ban_threshold: float = Field(80, gt=0)
    """From this score on it is dropped, if its evidence cannot be forged."""
    weights: Weights = Weights()
    score_window: Duration = Field(timedelta(minutes=10), gt=timedelta(0))
    """How long an alert counts after its last event."""
    unproven: Literal["limit", "drop", "nothing"] = "limit"
    """What happens to sources whose evidence could be forged: scans, floods, logs that came by UDP. With drop, whoever can
    send packets in the name of others decides who is dropped."""
    trust_syslog: bool = False
    """Whether records that came by syslog over the network are evidence that cannot be forged. Yes only where nobody but
    your own machines reaches the port."""
    ttl: Duration = Field(timedelta(seconds=1200), gt=timedelta(0))
    """Time to live of an action, where the two below do not say otherwise; from the last event on."""
    ttl_port_scan: Duration = Field(timedelta(seconds=3600), gt=timedelta(0))
    """The same for scans."""
    ttl_denial_of_service: Duration = Field(timedelta(seconds=7200), gt=timedelta(0))
    """The same for floods."""
    ttl_longest: Duration = Field(timedelta(days=7), gt=timedelta(0))
    """Repeated actions against a network last twice as long each time, up to this."""
    repeats_within: Duration = Field(timedelta(days=7), gt=timedelta(0))
    """How long an action is remembered for that."""
    allow: tuple[str, ...] = ()
    """Addresses and networks that are never acted against, besides this machine's own, gateways, resolvers and the peers
    of open sessions."""
    deny: tuple[str, ...] = ()
    """Addresses and networks that are dropped always, as long as they stand here; `allow` comes first."""
    max_per_minute: int = Field(600, ge=1)
    """New actions in a minute; more are counted and not carried out."""
    max_active: int = Field(100_000, ge=1, le=250_000)
    """Actions in force at a time."""

    @field_validator("allow", "deny")
    @classmethod
    def _networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(plain(ip_network(value, strict=False))) for value in values)


class Evidence(NamedTuple):
    """What counts against a source: an alert part, and whether its source cannot be forged. `weight`: what it adds, where
    that is not its detector's to say but that of the list it stands on."""

    alert: Alert
    proven: bool
    weight: float | None = None


class Count(NamedTuple):
    """What one alert came to so far. `first`: events of its first part, which doubling is counted from."""

    alert: str
    rule: str
    message: str
    points: float
    ttl: timedelta
    proven: bool
    first: int
    total: int
    at: datetime
    origin: Origin


class Scores:
    """What every source is held to account for: network -> alert id -> Count, in order of the last sign. Changes in place."""

    def __init__(self) -> None:
        self.sources: dict[str, dict[str, Count]] = {}
        self.recent: list[datetime] = []
        """When the actions of the last minute were taken."""


class Known(NamedTuple):
    """What the policy has to respect.

    Attributes:
        allowed: networks that are never acted against.
        active: actions in force, by kind, network and protocol.
        repeats: how many actions there were against a network within `repeats_within`, those in force included.
    """

    allowed: Allowlist
    active: Mapping[tuple[Kind, str, int | None], Action]
    repeats: Callable[[str], int]


class Withheld(NamedTuple):
    """An action that would have been taken, and why it was not."""

    network: str
    score: float
    why: str


class Decided(NamedTuple):
    actions: tuple[Action, ...] = ()
    withheld: tuple[Withheld, ...] = ()


def decide(
    policy: Policy, scores: Scores, evidence: Iterable[Evidence], known: Known, now: datetime, *, enforced: bool = True
) -> Decided:
    """The actions that these alert parts, in their order, ask for; `scores` is then behind them.

    Evidence counts from when it happened, and not from when it was read: a recording of last year blocks nobody.

    Args:
        enforced: what the actions say of themselves.
    """
    actions: dict[tuple[Kind, str, int | None], Action] = {}
    withheld: dict[str, Withheld] = {}
    for alert, proven, listed in evidence:
        weight = weigh(policy.weights, alert) if listed is None else listed
        if not weight:
            continue
        shield = _shield(alert, known, now, enforced=enforced)
        if shield:
            actions["guard", shield.network, shield.protocol] = shield
        network = _source(alert)
        if network is None:
            continue
        counts = _counted(policy, scores, network, alert, weight, now, proven=proven)
        kind, counts = _kind(policy, counts)
        if kind is None:
            continue
        score = sum(count.points for count in counts)
        before = actions.get((kind, network, None)) or known.active.get((kind, network, None))
        until = max(count.at + count.ttl for count in counts)
        if until <= now or (before and (before.until is None or before.until - now > (until - now) / 2)):
            continue
        if ("drop", network, None) in known.active and kind == "limit":
            continue
        why = _refused(policy, scores, network, known, now, len(actions))
        if why:
            withheld[network] = Withheld(network, score, why)
            continue
        scores.recent.append(now)
        # What goes on and now gets a harder answer is no repetition.
        softer = sum((each, network, None) in known.active for each in KINDS if each != kind)
        repeats = max(0, known.repeats(network) - softer)
        actions[kind, network, None] = _action(policy, network, kind, counts, score, repeats, now, enforced)
        if kind == "drop":
            actions.pop(("limit", network, None), None)
    return Decided(tuple(actions.values()), tuple(withheld.values()))


def remember(policy: Policy, scores: Scores, evidence: Iterable[Evidence], now: datetime) -> None:
    """Alerts that were acted on before a restart count on."""
    for alert, proven, listed in evidence:
        weight, network = weigh(policy.weights, alert) if listed is None else listed, _source(alert)
        if weight and network:
            _counted(policy, scores, network, alert, weight, now, proven=proven)


def weigh(weights: Weights, alert: Alert) -> float:
    """What one part of this alert adds to the score of its source."""
    if alert.rule_source == "network":
        by_rule = {
            "network-syn-flood": weights.syn_flood, "network-udp-flood": weights.udp_flood,
            "network-icmp-flood": weights.icmp_flood, "network-http-flood": weights.http_flood,
            "network-slow-http": weights.http_flood, "network-login-connections": weights.login_connections,
        }  # fmt: skip
        if alert.rule_id in by_rule:
            return by_rule[alert.rule_id]
        factor = 1
    else:
        factor = max(0, LEVELS.index(alert.level) - 1)
    by_class = {
        "authentication": weights.brute_force, "scan": weights.port_scan, "flood": weights.other_flood,
        "reflection": weights.other_flood, "web": weights.web_attack,
        "anomaly": 0.0, "spoofing": 0.0, "beacon": 0.0, "tunnel": 0.0, "exfiltration": 0.0,
    }  # fmt: skip
    return factor * by_class.get(alert.alert_class, weights.other)


def score_of(scores: Scores, network: str) -> float:
    """What the network's score was at its last sign."""
    return sum(count.points for count in scores.sources.get(network, {}).values())


def _source(alert: Alert) -> str | None:
    if not alert.source_ip:
        return None
    try:
        return str(source_network(alert.source_ip))
    except ValueError:
        return None


def _counted(
    policy: Policy, scores: Scores, network: str, alert: Alert, weight: float, now: datetime, *, proven: bool
) -> list[Count]:
    """All that counts against the network now, this alert included."""
    by_alert = scores.sources.pop(network, {})
    before = by_alert.pop(alert.id, None)
    first = before.first if before else max(alert.count, 1 if alert.rule_source == "network" else FEW)
    total = alert.count + (before.total if before else 0)
    # To stand on a list counts once, however often one comes.
    doublings = 0 if alert.rule_source == "intel" else max(0, (total // first).bit_length() - 1)
    by_alert[alert.id] = Count(
        alert=alert.id,
        rule=alert.rule_id,
        message=alert.message,
        points=weight * (1 + doublings),
        ttl=_ttl(policy, alert),
        proven=proven and (before is None or before.proven),
        first=first,
        total=total,
        at=max(min(alert.last_seen, now), before.at) if before else min(alert.last_seen, now),
        origin="network" if alert.rule_source == "network" else "intel" if alert.rule_source == "intel" else "log",
    )
    kept = {key: count for key, count in by_alert.items() if count.at + policy.score_window > now}
    if kept:
        while len(scores.sources) >= REMEMBERED:
            scores.sources.pop(next(iter(scores.sources)))
        scores.sources[network] = kept
    return list(kept.values())


def _ttl(policy: Policy, alert: Alert) -> timedelta:
    if alert.alert_class == "scan":
        return policy.ttl_port_scan
    return policy.ttl_denial_of_service if alert.alert_class in ("flood", "reflection") else policy.ttl


def _kind(policy: Policy, counts: list[Count]) -> tuple[Kind | None, list[Count]]:
    """What is to be done, and what it rests on."""
    proven = [count for count in counts if count.proven]
    if (points := sum(count.points for count in proven)) >= policy.ban_threshold:
        return "drop", proven
    score = sum(count.points for count in counts)
    if points >= policy.warn_threshold or (score >= policy.warn_threshold and policy.unproven == "limit"):
        return "limit", counts
    return ("drop" if policy.unproven == "drop" and score >= policy.ban_threshold else None), counts


def _shield(alert: Alert, known: Known, now: datetime, *, enforced: bool) -> Action | None:
    """A flood's victim is shielded for a few minutes at a time, as long as it goes on."""
    protocol = _PROTOCOLS.get(alert.rule_id)
    if protocol is None or not alert.destination_ip:
        return None
    victim = ip_address(alert.destination_ip)
    if victim.version == 6 and protocol == 1:
        protocol = 58
    until = min(alert.last_seen, now) + SHIELDED
    before = known.active.get(("guard", str(ip_network(victim)), protocol))
    if until <= now or (before and (before.until is None or before.until - now > SHIELDED / 2)):
        return None
    return Action(
        id=action_id("guard", str(ip_network(victim)), protocol, now),
        kind="guard",
        network=str(ip_network(victim)),
        protocol=protocol,
        at=now,
        until=until,
        reason=alert.message,
        source="network",
        who=AGENT,
        rules=(alert.rule_id,),
        alerts=(alert.id,),
        enforced=enforced,
    )


def _refused(policy: Policy, scores: Scores, network: str, known: Known, now: datetime, new: int) -> str:
    reason = known.allowed.why(ip_network(network))
    if reason:
        return f"never acted against: {reason}"
    scores.recent = [at for at in scores.recent if (now - at).total_seconds() < 60]
    if len(scores.recent) >= policy.max_per_minute:
        return f"{policy.max_per_minute} new actions in this minute (max_per_minute)"
    if len(known.active) + new >= policy.max_active:
        return f"{policy.max_active} actions in force (max_active)"
    return ""


def _action(
    policy: Policy, network: str, kind: Kind, counts: Sequence[Count], score: float, repeats: int, now: datetime, enforced: bool
) -> Action:  # fmt: skip
    worst = max(counts, key=lambda count: count.points)
    end = max(count.at + min(count.ttl * 2 ** min(repeats, 30), policy.ttl_longest) for count in counts)
    return Action(
        id=action_id(kind, network, None, now),
        kind=kind,
        network=network,
        at=now,
        until=end,
        reason=worst.message,
        score=round(score, 1),
        source=worst.origin,
        who=AGENT,
        rules=tuple(dict.fromkeys(count.rule for count in counts)),
        alerts=tuple(count.alert for count in counts),
        repeats=repeats,
        enforced=enforced,
    )
