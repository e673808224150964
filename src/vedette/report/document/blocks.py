"""What a report is made of. Every string is text, whatever is in it: a log's words are never markup."""

from datetime import datetime
from typing import Final

import msgspec

from vedette.model.action import Action
from vedette.model.advice import Suggestion
from vedette.model.alert import LEVELS, Alert, Level
from vedette.model.incident import Incident
from vedette.model.text import safe

TEXT_LONGEST: Final = 600
LINE_LONGEST: Final = 1000


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a report is composed of; the JSON form of it, too.

    Attributes:
        since, until: the span of time; of an incident, how long it lasted.
        events: of the span; null for an incident.
        totals: counts of alerts by level, of incidents by state, of actions.
        incidents: the worst first; `left_out` more are only counted.
        alerts: at most so many as are asked for, the latest first; `alerts_total` in all.
    """

    title: str
    made: datetime
    who: str
    since: datetime
    until: datetime
    events: int | None = None
    alerts_total: int = 0
    totals: dict[str, dict[str, int]] = {}
    top: dict[str, list[tuple[str, int]]] = {}
    incidents: tuple[Incident, ...] = ()
    left_out: int = 0
    advice: dict[str, tuple[Suggestion, ...]] = {}
    notes: dict[str, tuple[tuple[datetime, str, str], ...]] = {}
    actions: tuple[Action, ...] = ()
    alerts: tuple[Alert, ...] = ()


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    """`depth`: 1 to 3. `level`: how grave, when it is an incident's."""

    text: str
    depth: int = 2
    level: Level | None = None


class Text(msgspec.Struct, frozen=True, tag="text"):
    text: str


class Table(msgspec.Struct, frozen=True, tag="table"):
    head: list[str]
    rows: list[list[str]]


class Bars(msgspec.Struct, frozen=True, tag="bars"):
    """Counts, drawn as bars."""

    rows: list[tuple[str, int]]


class Lines(msgspec.Struct, frozen=True, tag="lines"):
    """Evidence: lines of logs, each with where it stands."""

    rows: list[tuple[str, str]]


class Points(msgspec.Struct, frozen=True, tag="points"):
    rows: list[str]


Block = Heading | Text | Table | Bars | Lines | Points


def compose(facts: Facts) -> list[Block]:
    """The report, from top to bottom. Beyond what is listed it says how many there are."""
    made: list[Block] = [
        Heading(_t(facts.title), 1),
        Text(f"{_time(facts.since)} to {_time(facts.until)} UTC. Made {_time(facts.made)} UTC by {_t(facts.who)} with Vedette."),
    ]
    if facts.events is not None:
        made += _overview(facts)
    for incident in facts.incidents:
        made += _incident(incident, facts)
    if facts.left_out:
        made.append(Text(f"{facts.left_out:,} more incidents are counted above and not told here."))
    if facts.actions:
        rows = [[_time(a.at), a.network, a.kind, _t(a.who), _t(a.reason)] for a in facts.actions]
        made += [Heading("What was done"), Table(["At (UTC)", "Network", "What", "By", "Why"], rows)]
    return made


def _overview(facts: Facts) -> list[Block]:
    worst = facts.incidents[0] if facts.incidents else None
    open_ones = sum(n for state, n in facts.totals.get("incidents", {}).items() if state in ("new", "acknowledged", "in-progress"))
    lead = f"{facts.events or 0:,} events were kept and {facts.alerts_total:,} alerts raised; {open_ones:,} incidents are open."
    made: list[Block] = [Heading("Summary"), Text(lead)]
    if worst:
        made.append(Text(f"The worst: {_t(worst.title)} ({worst.level}, score {worst.score:.0f}, {worst.state})."))
    levels = facts.totals.get("levels", {})
    if levels:
        made += [Heading("Alerts by level", 3), Bars([(level, levels.get(level, 0)) for level in reversed(LEVELS)])]
    for name, counted in facts.top.items():
        if counted:
            made += [Heading(name, 3), Bars([(_t(value), number) for value, number in counted])]
    if facts.incidents:
        rows = [[f"{i.score:.0f}", i.level, i.state, _time(i.last_seen), _t(i.title)] for i in facts.incidents]
        made += [Heading("Incidents"), Table(["Score", "Level", "State", "Last seen (UTC)", "What"], rows)]
    return made


def _incident(incident: Incident, facts: Facts) -> list[Block]:
    span = f"{_time(incident.first_seen)} to {_time(incident.last_seen)} UTC"
    made: list[Block] = [
        Heading(_t(incident.title), 2, incident.level),
        Text(f"Score {incident.score:.0f}, {incident.state}, {span}. {'; '.join(map(_t, incident.reasons))}."),
        Text("Named: " + ", ".join(_t(seen.value, 80) for seen in incident.entities[:20]) + "."),
    ]
    for step in sorted(incident.story, key=lambda each: (each.at, each.until)):
        marks = ", ".join(filter(None, [step.tactic, *step.techniques]))
        made.append(Points([_t(step.text) + (f" [{marks}]" if marks else "")]))
        if step.evidence:
            made.append(Lines([(_t(e.original, LINE_LONGEST), f"{_t(e.path)}:{e.offset}") for e in step.evidence]))
    advice = facts.advice.get(incident.id, ())
    if advice:
        rows = [[each.phase, each.text, ", ".join(_t(name, 80) for name in each.names), ", ".join(each.because)] for each in advice]
        made += [Heading("What could be done", 3), Table(["Phase", "What", "About", "Because of"], rows)]
    notes = facts.notes.get(incident.id, ())
    if notes:
        made += [Heading("Notes", 3), Table(["At (UTC)", "Who", "Note"], [[_time(at), _t(who), _t(text, 2000)] for at, who, text in notes])]
    history = [[_time(c.at), _t(c.who), c.to, _t(c.why)] for c in incident.history]
    return [*made, Heading("History", 3), Table(["At (UTC)", "Who", "State", "Why"], history)]


def _t(text: str, longest: int = TEXT_LONGEST) -> str:
    return safe(text, longest)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
