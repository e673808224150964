"""Alerts to findings: what several rules say of one thing is told once, in words of its kind."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from vedette.ai.analyst import words
from vedette.ai.analyst.kinds import KINDS, kind_of
from vedette.model.alert import LEVELS, Alert, Evidence, Level
from vedette.model.analysis import Finding, Indicator
from vedette.model.incident import Incident
from vedette.model.text import count, safe

EVIDENCE: Final = 5
INDICATORS: Final = 20
ADVISED: Final = 3
INSIDE: Final = 5
"""The rank from which a finding speaks of somebody inside."""
BY_RULE: Final = frozenset({"administration", "other"})
"""Kinds whose name says little: the rule's says more."""
_OUTWARD: Final = frozenset({"command-and-control", "remote-shell", "tool-transfer", "exfiltration"})
"""Kinds whose other end is not where the alert says it comes from."""


class Told(NamedTuple):
    """What a finding is made of; `remote` are the addresses of the other side."""

    kind: str
    alerts: Sequence[Alert]
    incident: Incident | None
    remote: tuple[str, ...]


def gathered(incidents: Iterable[Incident], whole: Mapping[str, Alert]) -> list[Told]:
    """One for each incident and kind. `whole`: alerts with all their evidence, by id, where they are at hand."""
    made: list[Told] = []
    for incident in incidents:
        kinds: dict[str, list[Alert]] = {}
        for alert in incident.alerts:
            full = whole.get(alert.id, alert)
            kinds.setdefault(kind_of(full), []).append(full)
        if "web-attack" in kinds and "web-probing" in kinds and len(kinds["web-probing"]) < len(kinds["web-attack"]):
            kinds["web-attack"] += kinds.pop("web-probing")  # few probes among attacks are part of them
        if LEVELS.index(incident.level) < LEVELS.index("high"):
            for kind in [each for each in kinds if KINDS[each].rank >= INSIDE]:
                # A new account or a changed rule by itself is no intruder's; what a rule takes for grave is not meant here.
                if all(alert.level in ("informational", "low") for alert in kinds[kind]):
                    kinds.setdefault("administration", []).extend(kinds.pop(kind))
        made += [Told(kind, alerts, incident, remote(kind, alerts)) for kind, alerts in kinds.items()]
    return made


def remote(kind: str, alerts: Sequence[Alert]) -> tuple[str, ...]:
    """Addresses of the other side."""
    if kind not in _OUTWARD:
        return tuple(dict.fromkeys(a.source_ip for a in alerts if a.source_ip and words.is_address(a.source_ip)))
    here = {a.source_ip for a in alerts}
    named = [a.destination_ip for a in alerts if a.destination_ip and words.is_address(a.destination_ip)]
    texts = [text for a in alerts for text in (a.message, *(e.original for e in a.evidence))]
    return tuple(dict.fromkeys([*named, *(each for each in words.addresses(texts) if each not in here)]))[:10]


def finding(told: Told) -> Finding:
    """In words; its number is given later."""
    kind = KINDS[told.kind]
    alerts = sorted(told.alerts, key=lambda a: (-LEVELS.index(a.level), a.first_seen, a.id))
    severity: Level = alerts[0].level
    if told.kind == "account-takeover" and told.incident:
        severity = max(severity, told.incident.level, key=LEVELS.index)
    first, last = min(a.first_seen for a in alerts), max(a.last_seen for a in alerts)
    number_of = events_of(alerts)
    accounts = _let_in(alerts) if told.kind == "account-takeover" else _users(alerts)
    hosts = list(dict.fromkeys(a.host_name for a in alerts if a.host_name))
    who = words.listed(told.remote if told.kind not in _OUTWARD else [a.source_ip for a in alerts], "addresses") or "somebody"
    host = words.listed(hosts, "hosts")
    peers = words.listed(told.remote, "addresses")
    users = words.listed([a.user_name for a in alerts], "accounts")
    facts = {
        "who": who,
        "on": f" on {host}" if host else "",
        "on_or_net": f" {host or words.listed([a.destination_ip for a in alerts], 'addresses') or 'the network'}",
        "host": host or (who if who != "somebody" else "a host"),
        "by": f" as {users}" if users else "",
        "n": words.events(number_of),
        "span": words.span(first, last),
        "names": _accounts(accounts),
        "peer": f" {peers}" if peers else " somebody",
        "peers": peers or "see the evidence",
        "rule": words.sentence(safe(alerts[0].rule_name, 100)),
    }
    said = [words.sentence(kind.says.format(**facts)), *_details(told.kind, alerts)]
    advised = [step for each in kind.advice for step in _advice(each, told.remote, facts)]
    return Finding(
        id="",
        type=told.kind,
        category=kind.category,
        severity=severity,
        title=(str(facts["rule"]) if told.kind in BY_RULE else kind.title) + _other_end(told) + (f" on {host}" if host else ""),
        description=" ".join([*said, kind.means]),
        deed=words.sentence(kind.says.format(**{**facts, "span": ""})),
        recommendation=(*advised, *kind.check),
        techniques=tuple(dict.fromkeys(t.upper() for a in alerts for t in a.techniques)),
        count=number_of,
        first_seen=first,
        last_seen=last,
        indicators=_indicators(told.remote, alerts),
        alerts=tuple(a.id for a in alerts),
        incident=told.incident.id if told.incident else None,
        evidence=_evidence(alerts),
    )  # fmt: skip


def events_of(alerts: Sequence[Alert]) -> int:
    """Rules look at the same events, so that their numbers must not be added up: the rule that saw most."""
    by_rule: dict[str, int] = {}
    for alert in alerts:
        by_rule[alert.rule_id] = by_rule.get(alert.rule_id, 0) + alert.count
    return max(by_rule.values(), default=0)


def _details(kind: str, alerts: Sequence[Alert]) -> list[str]:
    """What the rules found, the gravest first: their own words are closer to the record than ours."""
    names = list(dict.fromkeys(a.rule_name for a in alerts))
    if len(names) == 1 and kind in ("brute-force", "port-scan", "web-probing"):
        return []
    told: list[str] = []
    seen: set[str] = set()
    for alert in alerts:
        if alert.rule_id not in seen and len(told) < 3:
            seen.add(alert.rule_id)
            told.append(safe(alert.message, 200).rstrip("."))
    more = len(names) - len(told)
    agree = f"; and {count(more, 'more rule')} agree" if more > 0 else ""
    return [f"Seen: {'; '.join(told)}{agree}."] if told else []


def _other_end(told: Told) -> str:
    there = words.listed(told.remote, "addresses")
    word = "to" if told.kind in _OUTWARD - {"tool-transfer"} else "from"
    return f" {word} {there}" if there else ""


def _users(alerts: Sequence[Alert]) -> list[str]:
    found = (value.partition("@")[0] for a in alerts for kind, value in _entities(a) if kind == "user")
    return list(dict.fromkeys(found))


def _let_in(alerts: Sequence[Alert]) -> list[str]:
    """Of the accounts that were tried, those that the last record of an alert names: the login."""
    last = " ".join(a.evidence[-1].original for a in alerts if a.evidence)
    users = _users(alerts)
    return [user for user in users if user in last] or users


def _accounts(accounts: Sequence[str]) -> str:
    return f" for {words.listed(accounts, 'accounts')}" if accounts else ""


def _advice(text: str, remote: Sequence[str], facts: Mapping[str, str]) -> list[str]:
    if "{address}" not in text:
        return [text.format(**facts)] if "{peers}" not in text or remote else []
    shown = [text.format(address=each) for each in remote[:ADVISED]]
    more = len(remote) - ADVISED
    rest = f"Do the same with the other {more} addresses that the indicators list."
    return [*shown, rest] if more > 0 else shown


def _entities(alert: Alert) -> list[tuple[str, str]]:
    named = [("user", alert.user_name), ("host", alert.host_name)]
    return [*((kind, value) for kind, value in named if value), *alert.entities]


def _indicators(remote: Sequence[str], alerts: Sequence[Alert]) -> tuple[Indicator, ...]:
    found = [Indicator("address", each) for each in remote]
    for alert in alerts:
        found += [Indicator("address", each) for each in (alert.source_ip, alert.destination_ip) if each]
        found += [Indicator({"ip": "address"}.get(kind, kind), value) for kind, value in _entities(alert)]
    return tuple(dict.fromkeys(found))[:INDICATORS]


def _evidence(alerts: Sequence[Alert]) -> tuple[Evidence, ...]:
    """Of the gravest alert its last record too: a login that was let in comes after the guesses."""
    found: dict[str, Evidence] = {}
    for alert in alerts:
        ends = alert.evidence[:1] + alert.evidence[-1:]
        for each in ends:
            found.setdefault(each.event_id or f"{each.path}:{each.offset}", each)
    for alert in alerts:
        for each in alert.evidence:
            found.setdefault(each.event_id or f"{each.path}:{each.offset}", each)
    return tuple(list(found.values())[:EVIDENCE])


def when(finding: Finding) -> tuple[datetime, str]:
    """Sorts by time."""
    return finding.first_seen, finding.id
