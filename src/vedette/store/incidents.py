"""Incidents in the state database. The agent's commits write them whole; who works on one is kept beside."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from vedette.model.alert import LEVELS
from vedette.model.incident import Change, Incident, IncidentError, State
from vedette.model.query import Summary
from vedette.model.stored import IncidentQuery, Summarised
from vedette.store import tables
from vedette.store.alert_questions import ordered
from vedette.store.database import upsert, values
from vedette.store.groups import Groups, of_table
from vedette.store.tables import indexed, micros
from vedette.store.where import Kept, condition

_t = tables.incidents
COLUMNS: Final[Mapping[str, Kept]] = {
    "incident.id": Kept(_t.c.id), "state": Kept(_t.c.state), "level": Kept(_t.c.level, LEVELS), "score": Kept(_t.c.score),
    "title": Kept(_t.c.title), "assignee": Kept(_t.c.assignee), "first_seen": Kept(_t.c.first_seen),
    "last_seen": Kept(_t.c.last_seen),
}  # fmt: skip
_BESIDE: Final = frozenset({"assignee"})
_REMARK: Final = 1_000_000
"""Number of a remark: behind what the agent wrote at the same time."""


def put(connection: sa.Connection, incidents: Sequence[Incident], at: int, sequence: int) -> dict[str, State]:
    """New and changed ones; returns which states those that were there had before."""
    rows = [
        {
            "id": incident.id,
            "state": incident.state,
            "score": incident.score,
            "level": LEVELS.index(incident.level),
            "title": indexed(incident.title),
            "first_seen": micros(incident.first_seen),
            "last_seen": micros(incident.last_seen),
            "stored_at": at,
            "sequence": sequence,
            "document": msgspec.json.encode(incident).decode(),
        }
        for incident in {incident.id: incident for incident in incidents}.values()
    ]
    if not rows:
        return {}
    ids = msgspec.json.encode([row["id"] for row in rows]).decode()
    listed = sa.func.json_each(ids).table_valued("value")
    states = sa.select(_t.c.id, _t.c.state).where(_t.c.id.in_(sa.select(listed.c.value)))
    before: dict[str, State] = {row[0]: row[1] for row in connection.execute(states)}
    connection.execute(upsert(_t, values(_t, _BESIDE)), rows)
    entries = [
        _entry(incident.id, change, number) for incident in incidents for number, change in enumerate(incident.history)
    ]
    if entries:
        connection.execute(upsert(tables.history), entries)
    return before


def _entry(incident: str, change: Change, number: int) -> dict[str, Any]:
    text = msgspec.json.encode(change)
    digest = hashlib.blake2b(text, digest_size=12).hexdigest()
    return {
        "incident": incident,
        "digest": digest,
        "at": micros(change.at),
        "number": number,
        "document": text.decode(),
    }


def assign(
    connection: sa.Connection, incident_id: str, assignee: str, who: str, why: str, now: datetime, sequence: int
) -> None:
    """See Store.assign."""
    state = connection.execute(sa.select(_t.c.state).where(_t.c.id == incident_id)).scalar()
    if state is None:
        raise IncidentError("no such incident", where=incident_id)
    if not who.strip():
        raise IncidentError("a change needs a person", where=incident_id, fix="say who")
    name = indexed(assignee.strip()) or None
    connection.execute(sa.update(_t).where(_t.c.id == incident_id).values(assignee=name, sequence=sequence))
    text = f"assigned to {name or 'nobody'}" + (f": {why.strip()}" if why.strip() else "")
    change = Change(at=now, who=who, before=state, to=state, why=text[:2000])
    connection.execute(upsert(tables.history), [_entry(incident_id, change, _REMARK)])


def found(connection: sa.Connection, query: IncidentQuery) -> list[tuple[Incident, str | None]]:
    """With who they are assigned to."""
    by = {"last_seen": _t.c.last_seen, "first_seen": _t.c.first_seen, "level": _t.c.level, "score": _t.c.score}
    select = sa.select(_t.c.document, _t.c.assignee).where(*_tests(query))
    select = ordered(select, by[query.order.lstrip("-")], _t.c.id, query.order, query.after)
    decoder = msgspec.json.Decoder(Incident)
    rows = connection.execute(select.limit(query.limit).offset(query.skip))
    return [(decoder.decode(row[0]), row[1]) for row in rows]


def summarise(connection: sa.Connection, query: IncidentQuery, summary: Summary, zone: str) -> Summarised:
    """See Store.summarise."""
    return of_table(connection, _t, COLUMNS, _tests(query), Groups(summary, "first_seen", zone))


def _tests(query: IncidentQuery) -> list[sa.ColumnElement[bool]]:
    tests = [condition(query.where, COLUMNS)]
    if query.since is not None:
        tests.append(_t.c.last_seen >= micros(query.since))
    if query.until is not None:
        tests.append(_t.c.last_seen < micros(query.until))
    if query.states:
        tests.append(_t.c.state.in_(query.states))
    if query.score is not None:
        tests.append(_t.c.score >= query.score)
    if query.ids is not None:
        tests.append(_t.c.id.in_(query.ids))
    return tests


def history(connection: sa.Connection, incident_id: str) -> list[Change]:
    """See Store.history."""
    t = tables.history
    ordered_by = sa.select(t.c.document).where(t.c.incident == incident_id).order_by(t.c.at, t.c.number)
    return [msgspec.json.decode(text, type=Change) for text in connection.scalars(ordered_by)]


def forget(connection: sa.Connection, cutoff: int) -> int:
    """Remove those that were last stored before `cutoff`, with histories and notes; returns how many."""
    old = sa.select(_t.c.id).where(_t.c.stored_at < cutoff)
    connection.execute(sa.delete(tables.notes).where(tables.notes.c.subject.in_(old)))
    connection.execute(sa.delete(tables.history).where(tables.history.c.incident.in_(old)))
    return connection.execute(sa.delete(_t).where(_t.c.stored_at < cutoff)).rowcount
