"""Alerts in the state database, and what people make of them.

A row is narrow, so that counting and sorting a hundred thousand reads a few megabytes; the whole alert is a document
beside it. The agent's commits write what detectors said, and leave triage alone, but for closing what belongs to an
incident that was closed.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from vedette.model.alert import LEVELS, Alert, fold, join
from vedette.model.incident import CLOSED, Incident, State
from vedette.model.stored import AlertQuery
from vedette.model.triage import TriageError
from vedette.store import counters, tables
from vedette.store.database import row_number, upsert, values
from vedette.store.tables import indexed, micros
from vedette.store.where import BETWEEN, Kept, condition

_SOME: Final = 500
"""Values of one IN."""
TEXT_LONGEST: Final = 2000
FORGOTTEN: Final = "alerts forgotten"
"""The counter that retention adds to: rows that went leave no sequence behind (store.columns)."""

_t = tables.alerts
COLUMNS: Final[Mapping[str, Kept]] = {
    "alert.id": Kept(_t.c.id), "alert.state": Kept(_t.c.state), "alert.class": Kept(_t.c.alert_class),
    "alert.assignee": Kept(_t.c.assignee), "incident.id": Kept(_t.c.incident), "@timestamp": Kept(_t.c.at),
    "first_seen": Kept(_t.c.first_seen), "last_seen": Kept(_t.c.last_seen), "rule.id": Kept(_t.c.rule_id),
    "rule.name": Kept(_t.c.rule_name), "rule.level": Kept(_t.c.level, LEVELS), "rule.source": Kept(_t.c.rule_source),
    "threat.technique.id": Kept(_t.c.techniques, listed=True), "source.ip": Kept(_t.c.source_ip),
    "destination.ip": Kept(_t.c.destination_ip), "user.name": Kept(_t.c.user_name), "host.name": Kept(_t.c.host_name),
    "event.count": Kept(_t.c.count), "message": Kept(_t.c.message), "alert.silence": Kept(_t.c.silence),
}  # fmt: skip
_FOLLOW: Final = (
    sa.update(_t)
    .where(_t.c.id == sa.bindparam("alert"), _t.c.incident.is_distinct_from(sa.bindparam("of")))
    .values(incident=sa.bindparam("of"))
)
EXACT: Final = ("rule_id", "source_ip", "user_name", "host_name")
"""Columns that a query names a value of."""
_TRIAGE: Final = frozenset({"state", "assignee", "incident", "changed_at", "silence"})


# --- what the agent writes ---


def put(connection: sa.Connection, parts: Sequence[Alert], at: int, sequence: int) -> None:
    """Join parts to what is there."""
    d = tables.alert_documents
    whole = {alert.id: alert for alert in fold(parts)}
    ids = list(whole)
    for start in range(0, len(ids), _SOME):
        known = sa.select(d.c.alert, d.c.document).where(d.c.alert.in_(ids[start : start + _SOME]))
        for alert_id, document in connection.execute(known):
            whole[alert_id] = join(msgspec.json.decode(document, type=Alert), whole[alert_id])
    if whole:
        connection.execute(upsert(_t, values(_t, _TRIAGE)), [_row(alert, at, sequence) for alert in whole.values()])
        documents = [{"alert": a.id, "document": msgspec.json.encode(a).decode()} for a in whole.values()]
        connection.execute(upsert(d, ("document",)), documents)


def _row(alert: Alert, at: int, sequence: int) -> dict[str, Any]:
    return {
        "id": alert.id,
        "rule_id": indexed(alert.rule_id),
        "rule_name": indexed(alert.rule_name),
        "rule_source": alert.rule_source,
        "alert_class": alert.alert_class,
        "level": LEVELS.index(alert.level),
        "techniques": BETWEEN.join(alert.techniques) or None,
        "source_ip": indexed(alert.source_ip),
        "destination_ip": indexed(alert.destination_ip),
        "user_name": indexed(alert.user_name),
        "host_name": indexed(alert.host_name),
        "count": alert.count,
        "message": indexed(alert.message, TEXT_LONGEST),
        "at": micros(alert.timestamp),
        "first_seen": micros(alert.first_seen),
        "last_seen": micros(alert.last_seen),
        "stored_at": at,
        "sequence": sequence,
        "state": "new",
    }


def follow(
    connection: sa.Connection, incidents: Sequence[Incident], before: Mapping[str, State], sequence: int
) -> None:
    """Note which incident lists an alert, and close the open alerts of an incident that was closed just now.

    Args:
        before: states of these incidents before this commit.
    """
    whole = [each for each in incidents if each.merged_into is None]  # of others the alerts are of what they became
    listed = [{"alert": alert.id, "of": incident.id} for incident in whole for alert in incident.alerts]
    if listed:
        connection.execute(_FOLLOW, listed)
    for incident in whole:
        if incident.state in CLOSED and before.get(incident.id) != incident.state and incident.history:
            change = incident.history[-1]
            open_ones = sa.and_(_t.c.incident == incident.id, _t.c.state.not_in(CLOSED))
            _move(connection, open_ones, incident.state, None, change.who, change.why, micros(change.at), sequence)


def silence(connection: sa.Connection, ids: Collection[str], number: int, sequence: int) -> None:
    """Note which silence held back the notices of these alerts."""
    where = passing(AlertQuery(ids=tuple(ids)))
    connection.execute(sa.update(_t).where(*where).values(silence=number, sequence=sequence))


# --- what people do ---


def triage(
    connection: sa.Connection,
    query: AlertQuery,
    to: State | None,
    assignee: str | None,
    who: str,
    why: str,
    now: datetime,
    sequence: int,
    rows: tuple[int, int] | None = None,
) -> int:
    """See Store.triage. `rows`: only of these numbers, half-open."""
    if not who.strip() or not why.strip():
        raise TriageError("a change needs a person and a reason", fix="say who and why")
    if to is None and assignee is None:
        raise TriageError("nothing is to change", fix="name a state, or whom to assign to")
    tests = passing(query) if rows is None else [row_number(_t) >= rows[0], row_number(_t) < rows[1], opaque(passing(query))]
    chosen = _t.c.id.in_(sa.select(_t.c.id).where(*tests))
    return _move(connection, chosen, to, assignee, who.strip(), why.strip(), micros(now), sequence)


def _move(
    connection: sa.Connection,
    chosen: sa.ColumnElement[bool],
    to: State | None,
    assignee: str | None,
    who: str,
    why: str,
    at: int,
    sequence: int,
) -> int:
    """Change those of the chosen that it changes, with an entry in the history of each; how many."""
    new: dict[str, Any] = {"changed_at": at, "sequence": sequence}
    differs: list[sa.ColumnElement[bool]] = []
    if to is not None:
        new["state"] = to
        differs.append(_t.c.state != to)
    if assignee is not None:
        new["assignee"] = indexed(assignee.strip()) or None
        differs.append(_t.c.assignee.is_distinct_from(new["assignee"]))
        why = f"assigned to {assignee.strip() or 'nobody'}: {why}"
    where = sa.and_(chosen, sa.or_(*differs))
    h = tables.alert_history
    text, person = indexed(why, TEXT_LONGEST), indexed(who)
    entry = sa.select(
        _t.c.id, sa.literal(at), sa.literal(person), _t.c.state, sa.literal(to) if to else _t.c.state, sa.literal(text)
    ).where(where)
    connection.execute(sa.insert(h).from_select(["alert", "at", "who", "before", "to", "why"], entry))
    return connection.execute(sa.update(_t).where(where).values(**new)).rowcount


def forget(connection: sa.Connection, cutoff: int) -> int:
    """Remove what was last stored before `cutoff`, with all that is kept beside it; returns how many."""
    old = sa.select(_t.c.id).where(_t.c.stored_at < cutoff)
    for table, column in (
        (tables.alert_documents, "alert"),
        (tables.alert_history, "alert"),
        (tables.notes, "subject"),
    ):
        connection.execute(sa.delete(table).where(table.c[column].in_(old)))
    gone = connection.execute(sa.delete(_t).where(_t.c.stored_at < cutoff)).rowcount
    if gone:
        counters.add(connection, FORGOTTEN, gone)
    return gone


# --- which rows a query means ---


def rows(connection: sa.Connection) -> int:
    """The number after that of the last row."""
    return (connection.execute(sa.select(sa.func.max(row_number(_t))).select_from(_t)).scalar() or 0) + 1


def opaque(tests: list[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """All of them, as a case: no index of theirs must seem better than numbers of rows, of which the database cannot tell how
    few they are."""
    return sa.case((sa.and_(*tests), 1), else_=0) == 1


def passing(query: AlertQuery) -> list[sa.ColumnElement[bool]]:
    """What is true of the rows that the query means."""
    tests: list[sa.ColumnElement[bool]] = []
    if query.level != LEVELS[0]:
        tests.append(_t.c.level >= LEVELS.index(query.level))
    if query.since is not None:
        tests.append(_t.c.last_seen >= micros(query.since))
    if query.until is not None:
        tests.append(_t.c.last_seen < micros(query.until))
    tests += [_t.c[name] == indexed(value) for name in EXACT if (value := getattr(query, name)) is not None]
    if query.ids is not None:
        tests.append(of_ids(query.ids))
    tests.append(condition(query.where, COLUMNS))
    return tests


def of_ids(ids: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """As one JSON array: an IN takes no more values than a statement may have variables."""
    listed = sa.func.json_each(msgspec.json.encode(ids).decode()).table_valued("value")
    return _t.c.id.in_(sa.select(listed.c.value))
