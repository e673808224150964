"""The deterministic analyst: alerts, incidents and figures to an answer that a person can act on, without any model."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from vedette.ai.analyst import words
from vedette.ai.analyst.findings import INSIDE, Told, finding, gathered, when
from vedette.ai.analyst.kinds import KINDS
from vedette.model.alert import LEVELS, Alert, Level
from vedette.model.analysis import Analysis, Figures, Finding
from vedette.model.analysis import Told as Sentence
from vedette.model.incident import Incident
from vedette.model.text import count

QUIET: Final = frozenset({"administration", "anomaly", "other"})
"""Kinds that speak of no attacker."""
FOLLOWS: Final = timedelta(hours=24)
STEPS: Final = 8
MOST: Final = 300
"""Incidents that are told, the gravest: whoever forges a thousand sources must not bury the others, nor the reader."""
NO_FIGURES: Final = Figures()


def analyse(
    incidents: Iterable[Incident],
    *,
    alerts: Mapping[str, Alert] | None = None,
    flows: Sequence[Finding] = (),
    figures: Figures = NO_FIGURES,
    notes: Sequence[str] = (),
    lesser: int = 0,
) -> Analysis:
    """What it comes to.

    Args:
        incidents: those that are worth telling.
        alerts: alerts with all their evidence, by id.
        flows: findings of ai.analyst.flows, which no rule made.
        lesser: alerts that are in none of these incidents.
    """
    gravest = sorted(incidents, key=lambda each: (-LEVELS.index(each.level), -each.score, each.first_seen, each.id))
    if len(gravest) > MOST:
        left = Counter(each.level for each in gravest[MOST:])
        named = words.joined([f"{left[each]:,} {each}" for each in reversed(LEVELS) if left[each]])
        notes = (*notes, f"Of {len(gravest):,} incidents the {MOST} gravest are told; not told are {named}.")
    told = gathered(gravest[:MOST], alerts or {})
    parts = [finding(each) for each in told]
    pairs = sorted(zip([*parts, *flows], [*told, *(None for _ in flows)], strict=True), key=lambda p: _gravest(p[0]))
    findings = [replace(each, id=f"F{number}") for number, (each, _) in enumerate(pairs, 1)]
    known = [(made, of) for made, (_, of) in zip(findings, pairs, strict=True)]
    level: Level = max((each.severity for each in findings), key=LEVELS.index, default="informational")
    for each in told:
        if each.incident:
            level = max(level, each.incident.level, key=LEVELS.index)
    links = _links(known)
    return Analysis(
        level=level,
        headline=_headline(findings),
        summary=(*_summary(findings), *links, *_lesser(lesser), *_unknown(known)),
        findings=tuple(findings),
        story=tuple(
            Sentence(at=each.first_seen, until=each.last_seen, text=each.deed, finding=each.id) for each in sorted(findings, key=when)
        ),
        next_steps=_steps(findings),
        notes=tuple(notes),
        figures=figures,
    )


def _gravest(made: Finding) -> tuple[int, int, object]:
    return -LEVELS.index(made.severity), -KINDS[made.type].rank, made.first_seen


def _first(made: Finding) -> str:
    """What happened, and when."""
    return f"{made.deed.removesuffix('.')}{words.span(made.first_seen, made.last_seen)}."


def _headline(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing here looks like an attack."
    entry = next((each for each in findings if each.type == "account-takeover"), None)
    deepest = max(findings, key=lambda each: KINDS[each.type].rank)
    if entry:
        after = [each for each in findings if KINDS[each.type].rank >= INSIDE and each is not entry and each.last_seen >= entry.first_seen]
        names = list(dict.fromkeys(KINDS[each.type].title.lower() for each in sorted(after, key=when)))
        return f"Somebody got in: {_lower(entry.title)}" + (f", then {words.joined(names[:4])}." if names else ".")
    grave = any(each.severity in ("high", "critical") for each in findings)
    if KINDS[deepest.type].rank >= INSIDE:
        if grave:
            return f"Signs of an intruder inside: {_lower(deepest.title)}. How they came in is not in these records."
        return f"What an intruder would do, though an administrator may have done it: {_lower(deepest.title)}."
    if grave:
        return f"An attack, of which nothing here says that it came through: {_lower(findings[0].title)}."
    if all(each.type in QUIET for each in findings):
        return f"Something to look at, nothing that has to be an attack: {_lower(findings[0].title)}."
    return f"Attackers at the door, nobody inside as far as these records go: {_lower(findings[0].title)}."


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def _summary(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return [
            "No rule fired that is worth an incident, and no flow stood out. That speaks for these records only: "
            "what is not logged is not seen."
        ]
    ordered = sorted(findings, key=when)
    begun, ended = ordered[0].first_seen, max(each.last_seen for each in findings)
    entry = next((each for each in ordered if each.type == "account-takeover"), None)
    lines = [f"From {words.moment(begun)} to {words.moment(ended)}: {count(len(findings), 'finding')}."]
    if entry:
        before = [each for each in ordered if each.type == "brute-force" and set(_remote(each)) & set(_remote(entry))]
        told = [_first(each) for each in before[:1]] + [_first(entry)]
        after = [each for each in ordered if KINDS[each.type].rank >= INSIDE and each is not entry and each.first_seen >= entry.first_seen]
        if after:
            time = words.lasting(max(each.first_seen for each in after) - entry.first_seen)
            names = [KINDS[each.type].title.lower() for each in after]
            told.append(f"In the {time} that followed: {words.joined(list(dict.fromkeys(names)))}.")
        lines.append(" ".join(told))
        inside = {each.id for each in (*before[:1], entry, *after)}
    else:
        inside = set()
        deep = [each for each in ordered if KINDS[each.type].rank >= INSIDE]
        if deep:
            lines.append(" ".join(_first(each) for each in deep[:4]))
            inside = {each.id for each in deep}
    others = [each for each in findings if each.id not in inside]
    if others and inside:
        lines.append("Apart from that: " + "; ".join(_lower(each.title) for each in others[:5]) + _more(others, 5) + ".")
    elif others:
        more = f" And {count(len(others) - 4, 'more finding')}." if len(others) > 4 else ""
        lines.append(" ".join(_first(each) for each in others[:4]) + more)
    return lines


def _more(items: Sequence[Finding], shown: int) -> str:
    return f"; and {len(items) - shown} more" if len(items) > shown else ""


def _remote(made: Finding) -> list[str]:
    return [each.value for each in made.indicators if each.type == "address"]


def _links(known: Sequence[tuple[Finding, Told | None]]) -> list[str]:
    """What separate incidents have in common: a foreign address, or that they follow a break-in."""
    ours = _ours(known)
    seen: dict[str, dict[str, Finding]] = {}
    for made, told in known:
        if told is None or told.incident is None:
            continue
        for address in told.remote:
            if address not in ours:
                seen.setdefault(address, {}).setdefault(told.incident.id, made)
    lines = []
    joined: set[str] = set()
    for address, by in seen.items():
        if len(by) > 1:
            parts = sorted(by.values(), key=when)
            joined.update(part.id for part in parts)
            names = words.joined(list(dict.fromkeys(_lower(KINDS[part.type].title) for part in parts)))
            span = words.span(parts[0].first_seen, max(part.last_seen for part in parts))
            lines.append(f"{address} is the other end of {names}{span}: {len(by)} incidents that belong together.")
    entry = next((made for made, _ in known if made.type == "account-takeover"), None)
    if entry:
        home = {told.incident.id for made, told in known if made is entry and told and told.incident}
        after = [
            made for made, told in known
            if told and told.incident and told.incident.id not in home and KINDS[made.type].rank >= INSIDE
            and timedelta(0) <= made.first_seen - entry.first_seen <= FOLLOWS and _same_host(made, entry)
        ]  # fmt: skip
        if after:
            ids = words.joined([made.id for made in sorted(after, key=lambda each: int(each.id[1:]))])
            time = words.lasting(max(made.first_seen for made in after) - entry.first_seen)
            lines.append(
                f"{ids} came within {time} of the break-in ({entry.id}) and name no other host: treat them as one intrusion "
                "until shown otherwise."
            )
    return lines


def _same_host(made: Finding, entry: Finding) -> bool:
    hosts = {each.value for each in made.indicators if each.type == "host"}
    return not hosts or bool(hosts & {each.value for each in entry.indicators if each.type == "host"})


def _ours(known: Sequence[tuple[Finding, Told | None]]) -> set[str]:
    """Addresses of what was attacked, and of what called out."""
    found: set[str] = set()
    for made, told in known:
        for alert in told.alerts if told else ():
            outward = KINDS[made.type].rank >= INSIDE and made.type != "account-takeover"
            address = alert.source_ip if outward else alert.destination_ip
            found.update([address] if address else [])
    return found


def _lesser(number: int) -> list[str]:
    return (
        [f"{count(number, 'more alert')} of lower worth {'is' if number == 1 else 'are'} left out here; `vedette scan` lists them."]
        if number
        else []
    )


def _unknown(known: Sequence[tuple[Finding, Told | None]]) -> list[str]:
    """What these records do not say, and a reader might think they did."""
    gaps = []
    types = {made.type for made, _ in known}
    if types & {"web-attack", "web-probing", "web-shell"}:
        gaps.append("whether one of the web requests got what it wanted (see the status and size of the answers)")
    inside = [(made, told) for made, told in known if told and KINDS[made.type].rank >= INSIDE]
    nameless = [made.id for made, told in inside if not any(alert.host_name or alert.source_ip for alert in told.alerts)]
    if nameless:
        gaps.append(f"on which host {words.joined(nameless[:6])} happened: the records name none")
    if types & {"brute-force"} and "account-takeover" not in types:
        gaps.append("whether a guess was right on a host whose logs are not here")
    return [f"Not known from these records: {'; '.join(gaps)}."] if gaps else []


def _steps(findings: Sequence[Finding]) -> tuple[str, ...]:
    """What to do first, of the deepest findings before the shallow; each once."""
    ordered = sorted(findings, key=lambda each: (-KINDS[each.type].rank, -LEVELS.index(each.severity)))
    now: dict[str, None] = {}
    for each in ordered:
        kind = KINDS[each.type]
        for step in each.recommendation[: len(each.recommendation) - len(kind.check)]:
            now.setdefault(step)
    checks = [step for each in ordered[:3] for step in KINDS[each.type].check[:1]]
    return (*list(now)[:STEPS], *dict.fromkeys(checks))
