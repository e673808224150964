"""Reports: gather what one is about, and write it in the form that was asked for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

import msgspec

from vedette.model.action import Action, ActionError, source_network
from vedette.model.advice import suggest
from vedette.model.alert import Alert
from vedette.model.errors import VedetteError
from vedette.model.incident import Incident
from vedette.model.ports import Store
from vedette.model.stored import ActionQuery, AlertQuery, EventQuery, IncidentQuery
from vedette.model.triage import Facet
from vedette.report import csv
from vedette.report.document import page, pdf
from vedette.report.document.blocks import Facts, compose

Format = Literal["html", "pdf", "csv", "json"]
FORMATS: Final[tuple[Format, ...]] = ("html", "pdf", "csv", "json")
TOLD: Final = 20
"""Incidents of a span of time that are told; more are listed by their number."""
ALERTS: Final = 50_000
"""Alerts in the CSV and JSON forms; the latest."""
TOP: Final[dict[Facet, str]] = {"source.ip": "Sources of alerts", "host.name": "Hosts", "user.name": "Users", "rule.id": "Rules"}
_PAGE: Final = 2_000

Progress = Callable[[float], None]
"""Called with the share that is done, 0 to 1; what it raises ends the work."""


class Span(NamedTuple):
    since: datetime
    until: datetime


def about_incident(store: Store, incident_id: str, who: str, now: datetime) -> Facts:
    """What is known of one incident.

    Raises:
        VedetteError: there is none.
    """
    incident = store.incident(incident_id)
    if incident is None:
        raise VedetteError("no such incident", where=incident_id, fix="vedette incidents lists them")
    addresses = [seen.value for seen in incident.entities if seen.type == "ip"][:TOLD]
    actions = {a.id: a for address in addresses for a in _against(store, address)}
    return Facts(
        title=f"Incident: {incident.title}", made=now, who=who, since=incident.first_seen, until=incident.last_seen,
        alerts_total=len(incident.alerts), incidents=(_whole(store, incident),), advice={incident.id: tuple(suggest(incident))},
        notes=_notes(store, [incident]), actions=tuple(sorted(actions.values(), key=lambda a: a.at)), alerts=incident.alerts,
    )  # fmt: skip


def about_span(store: Store, span: Span, who: str, now: datetime, alerts: int, progress: Progress) -> Facts:
    """What happened in a span of time.

    Args:
        alerts: how many to list.
    """
    query = AlertQuery(since=span.since, until=span.until)
    found = store.incidents(IncidentQuery(since=span.since, until=span.until, order="-score", limit=None))
    told = found[:TOLD]
    progress(0.2)
    events = sum(store.counts(EventQuery(since=span.since, until=span.until), timedelta(days=1)).values())
    progress(0.4)
    counted = store.facets(query, (*TOP, "rule.level"), 10)
    states: dict[str, int] = {}
    for incident in found:
        states[incident.state] = states.get(incident.state, 0) + 1
    progress(0.5)
    actions = [a for a in store.actions(ActionQuery(limit=500)) if span.since <= a.at < span.until]
    return Facts(
        title=f"What happened from {span.since:%Y-%m-%d %H:%M} to {span.until:%Y-%m-%d %H:%M}", made=now, who=who,
        since=span.since, until=span.until, events=events, alerts_total=store.count_alerts(query),
        totals={"levels": {str(each.value): each.count for each in counted["rule.level"]}, "incidents": states},
        top={name: [(each.label or each.value or "(none)", each.count) for each in counted[facet]] for facet, name in TOP.items()},
        incidents=tuple(_whole(store, each) for each in told), left_out=len(found) - len(told),
        advice={each.id: tuple(suggest(each)) for each in told}, notes=_notes(store, told),
        actions=tuple(reversed(actions)), alerts=tuple(_listed(store, query, alerts, progress)),
    )  # fmt: skip


def write(facts: Facts, form: Format) -> bytes:
    """The report."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n"
    if form == "csv":
        return "".join(csv.table(facts.alerts)).encode("utf-8", "replace")
    blocks = compose(facts)
    return pdf.render(blocks) if form == "pdf" else page.render(blocks)


def _listed(store: Store, query: AlertQuery, most: int, progress: Progress) -> list[Alert]:
    found: list[Alert] = []
    after = None
    while len(found) < most:
        some = store.alerts(msgspec.structs.replace(query, order="-last_seen", limit=min(_PAGE, most - len(found)), after=after))
        found += some
        if not some or len(some) < _PAGE:
            break
        after = (some[-1].last_seen, some[-1].id)
        progress(0.5 + 0.4 * len(found) / most)
    return found


def _whole(store: Store, incident: Incident) -> Incident:
    """With every change, also what the incident itself no longer lists."""
    return msgspec.structs.replace(incident, history=tuple(store.history(incident.id)))


def _notes(store: Store, incidents: list[Incident]) -> dict[str, tuple[tuple[datetime, str, str], ...]]:
    return {each.id: tuple((n.at, n.who, n.text) for n in store.notes(each.id)) for each in incidents}


def _against(store: Store, address: str) -> list[Action]:
    try:
        return store.actions(ActionQuery(around=str(source_network(address)), limit=20))
    except (ValueError, ActionError):
        return []
