"""Alerts in the state database, and what people make of them.

A row is narrow, so that counting and sorting a hundred thousand reads a few megabytes; the whole alert is a document
beside it. The agent's commits write what detectors said, and leave triage alone, but for closing what belongs to an
incident that was closed.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
import sqlalchemy as sa

from vedette.model.alert import LEVELS, Alert, fold, join
from vedette.model.incident import CLOSED, Change, Incident, State
from vedette.model.query import EVERYTHING, Node, Summary
from vedette.model.query import tests as tests_of
from vedette.model.stored import AlertQuery, Summarised
from vedette.model.triage import Counted, Facet, Order, Triaged, TriageError
from vedette.store import counters, tables
from vedette.store.database import row_number, upsert, values
from vedette.store.groups import Groups, of_table
from vedette.store.tables import indexed, micros, moment
from vedette.store.where import BETWEEN, Kept, condition

if TYPE_CHECKING:
    from vedette.store.columns import Marks, View

_SOME: Final = 500
"""Values of one IN."""
TEXT_LONGEST: Final = 2000
FORGOTTEN: Final = "alerts forgotten"
"""The counter that retention adds to: rows that went leave no sequence behind (store.columns)."""
_FEW_ROWS: Final = 20_000
"""Rows that are looked up one by one, rather than by an index that others stand in, too."""

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
_FEW: Final[tuple[Facet, ...]] = ("rule.level", "alert.state", "alert.class", "rule.source", "rule.id")
"""Facets with so few values that there are few combinations: those of the index alerts_groups."""
_EVERYWHERE: Final = ("rule.level", "alert.state")
"""What stands in each index that facets are counted by."""
_FOLLOW: Final = (
    sa.update(_t)
    .where(_t.c.id == sa.bindparam("alert"), _t.c.incident.is_distinct_from(sa.bindparam("of")))
    .values(incident=sa.bindparam("of"))
)
_EXACT: Final = ("rule_id", "source_ip", "user_name", "host_name")
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
    where = _tests(AlertQuery(ids=tuple(ids)))
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
    tests = _tests(query) if rows is None else [row_number(_t) >= rows[0], row_number(_t) < rows[1], _opaque(_tests(query))]
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


# --- questions ---


def found(connection: sa.Connection, query: AlertQuery, view: "View | None" = None) -> list[Triaged]:
    """See Store.triaged."""
    by = {"last_seen": _t.c.last_seen, "first_seen": _t.c.first_seen, "level": _t.c.level, "count": _t.c.count}
    column = by[query.order.lstrip("-")]
    # Documents are read of those that are shown only, not of all that are sorted.
    tests = _tests(query)
    if view and (numbers := _candidates(query, column.name, view)) is not None:
        tests = _of(numbers, tests)
    chosen = ordered(sa.select(_t.c.id).where(*tests), column, _t.c.id, query.order, query.after)
    shown = _select().where(_t.c.id.in_(chosen.limit(query.limit).offset(query.skip)))
    decoder = msgspec.json.Decoder(Alert)
    return [_triaged(row, decoder) for row in connection.execute(ordered(shown, column, _t.c.id, query.order, None))]


def _candidates(query: AlertQuery, column: str, view: "View") -> list[int] | None:
    """Rows among which the wanted ones are, where these are few; None: the database finds them by itself."""
    if query.where == EVERYTHING or query.ids is not None:
        return None  # the index of the order, or the ids, lead there at once
    marks, whole = _marks(query, view)
    if not whole or query.limit is None:
        return _few(marks)
    down = query.order.startswith("-")
    if query.after is None:
        return _few(view.first(marks, column, down, query.limit + query.skip))
    value = _kept(query.after[0], query.order)
    equal = view.narrowed(marks, column, lambda some: some == value)  # any number of these was on the pages before
    behind = view.narrowed(marks, column, (lambda some: some < value) if down else (lambda some: some > value))
    return _few(equal, view.first(behind, column, down, query.limit + query.skip))


def ordered(
    select: sa.Select[Any], column: sa.Column[Any], key: sa.Column[str], order: Order, after: tuple[Any, str] | None
) -> sa.Select[Any]:
    """By a column and then by key, beginning behind the row that had these two values."""
    down = order.startswith("-")
    if after is not None:
        value = _kept(after[0], order)
        select = select.where(column <= value if down else column >= value)
        select = select.where(sa.or_(column != value, key > after[1]))
    return select.order_by(column.desc() if down else column, key)


def _kept(value: Any, order: Order) -> Any:
    """A value that is ordered by, as it stands in its column."""
    if isinstance(value, datetime):
        return micros(value)
    return LEVELS.index(value) if order.lstrip("-") == "level" else value


def found_by(connection: sa.Connection, ids: Collection[str], searches: Mapping[int, Node]) -> dict[str, int]:
    """Which of these alerts are found, each with the number of the first search that finds it."""
    if not ids:
        return {}
    some = _listed(tuple(ids))
    rows = connection.execute(sa.select(_t.c.id, _first(tuple(searches.items()))).where(some))
    return {alert: number for alert, number in rows if number}


@lru_cache(maxsize=4)  # making it takes a hundred times as long as asking it
def _first(searches: tuple[tuple[int, Node], ...]) -> sa.Case[int]:
    return sa.case(*((condition(where, COLUMNS), number) for number, where in searches), else_=0)


def count(connection: sa.Connection, query: AlertQuery, view: "View | None" = None) -> int:
    """See Store.count_alerts."""
    tests = _tests(query)
    if view:
        marks, whole = _marks(query, view)
        if whole:
            return len(marks)
        tests = _of(_few(marks), tests)
    return connection.execute(sa.select(sa.func.count()).select_from(_t).where(*tests)).scalar_one()


def _marks(query: AlertQuery, view: "View") -> "tuple[Marks, bool]":
    """What the query finds, and True; or more than that, as far as its columns are in memory, and False."""
    marks = view.all()
    if query.level != LEVELS[0]:
        rank = LEVELS.index(query.level)
        marks = view.narrowed(marks, "level", lambda ranks: ranks >= rank)
    if query.since is not None:
        since = micros(query.since)
        marks = view.narrowed(marks, "last_seen", lambda times: times >= since)
    if query.until is not None:
        until = micros(query.until)
        marks = view.narrowed(marks, "last_seen", lambda times: times < until)
    for name in _EXACT:
        if (value := indexed(getattr(query, name))) is not None:
            marks = view.equal(marks, name, value)
    marks, whole = view.found(marks, query.where, COLUMNS)
    return marks, whole and query.ids is None


def _few(*some: "Marks") -> list[int] | None:
    return [number for marks in some for number in marks.numbers()] if sum(map(len, some)) <= _FEW_ROWS else None


def _of(numbers: list[int] | None, tests: list[sa.ColumnElement[bool]]) -> list[sa.ColumnElement[bool]]:
    """Tests that rows of these numbers pass, if given, which are looked up one by one."""
    if numbers is None:
        return tests
    listed = sa.func.json_each(msgspec.json.encode(numbers).decode()).table_valued("value")
    return [row_number(_t).in_(sa.select(listed.c.value)), _opaque(tests)]


def _opaque(tests: list[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """All of them, as a case: no index of theirs must seem better than numbers of rows, of which the database cannot tell how
    few they are."""
    return sa.case((sa.and_(*tests), 1), else_=0) == 1


def rows(connection: sa.Connection) -> int:
    """The number after that of the last row."""
    return (connection.execute(sa.select(sa.func.max(row_number(_t))).select_from(_t)).scalar() or 0) + 1


def summarise(connection: sa.Connection, query: AlertQuery, summary: Summary, zone: str) -> Summarised:
    """See Store.summarise."""
    return of_table(connection, _t, COLUMNS, _tests(query), Groups(summary, "@timestamp", zone))


def facets(
    connection: sa.Connection, query: AlertQuery, names: Sequence[Facet], limit: int, view: "View | None" = None
) -> dict[Facet, list[Counted]]:
    """See Store.facets."""
    if view:
        return _facets(connection, query, names, limit, view)
    wanted = sa.select(*(COLUMNS[name].column for name in names)).where(*_tests(query))
    parts = []
    if _indexed(query):
        # Each count goes over an index that has its values in order; what takes few values is counted at once.
        few = [name for name in names if name in _FEW]
        groups = sa.select(*(COLUMNS[name].column for name in few), sa.func.count().label("number"))
        grouped = groups.where(*_tests(query)).group_by(*(COLUMNS[name].column for name in few)).cte("grouped")
        found_ones: sa.FromClause = _t
    else:
        # The search runs once, however costly it is; each count then goes over what it found.
        few, found_ones = [], wanted.cte("found")
    for name in names:
        column = COLUMNS[name].column
        if name in few:
            value, number = grouped.c[column.name], sa.func.sum(grouped.c.number).label("number")
            counting = sa.select(value.label("value"), number)
        else:
            value, number = found_ones.c[column.name], sa.func.count().label("number")
            counting = sa.select(value.label("value"), number)
            counting = counting.where(*_tests(query)) if found_ones is _t else counting
        most = counting.group_by(value).order_by(number.desc(), value).limit(limit).subquery()
        # The name that a rule had last, of those that are shown: to group by it, too, would read every row in the order
        # of an index, which takes six times as long.
        label = _rule_name(most.c.value).scalar_subquery() if name == "rule.id" else sa.null()
        parts.append(sa.select(sa.literal(name).label("name"), most.c.value, most.c.number, label.label("label")))
    counted: dict[Facet, list[Counted]] = {name: [] for name in names}
    for name, value, count_, label in connection.execute(sa.union_all(*parts)):
        ranks = COLUMNS[name].ranks
        counted[name].append(Counted(value=ranks[value] if ranks else value, count=count_, label=label))
    return counted


def _facets(
    connection: sa.Connection, query: AlertQuery, names: Sequence[Facet], limit: int, view: "View"
) -> dict[Facet, list[Counted]]:
    """In memory, but for what stands in no column there: which rows that finds, the database says."""
    marks, whole = _marks(query, view)
    if not whole:
        marks = view.of(connection.scalars(sa.select(row_number(_t)).select_from(_t).where(*_of(_few(marks), _tests(query)))))
    counted: dict[Facet, list[Counted]] = {}
    for name in names:
        column, ranks, _ = COLUMNS[name]
        found_ones = view.counted(marks, column.name, limit)
        labels = _rule_names(connection, [value for value, _ in found_ones]) if name == "rule.id" else {}
        counted[name] = [
            Counted(value=ranks[value] if ranks else value, count=number, label=labels.get(value)) for value, number in found_ones
        ]
    return counted


def _rule_names(connection: sa.Connection, rules: list[str]) -> dict[str, str]:
    listed = sa.func.json_each(msgspec.json.encode(rules).decode()).table_valued("value")
    named = sa.select(listed.c.value, _rule_name(listed.c.value).scalar_subquery())
    return {row[0]: row[1] for row in connection.execute(named)}


def _rule_name(rule: sa.ColumnElement[str]) -> sa.Select[tuple[str]]:
    """The name that a rule had last."""
    return sa.select(_t.c.rule_name).where(_t.c.rule_id == rule).order_by(_t.c.last_seen.desc()).limit(1)


def _indexed(query: AlertQuery) -> bool:
    """True when all that is asked of an alert stands in the indexes that its values are counted by."""
    if query.since is not None or query.until is not None or query.ids is not None:
        return False
    named = (query.rule_id, query.source_ip, query.user_name, query.host_name)
    return not any(named) and all(test.field in _EVERYWHERE and test.op != "matches" for test in tests_of(query.where))


def by_host(connection: sa.Connection, since: int, view: "View | None") -> dict[str, int]:
    """How many alerts there are of each host since then."""
    if view:
        marks = view.narrowed(view.all(), "last_seen", lambda times: times >= since)
        return {name: number for name, number in view.counted(marks, "host_name") if name is not None}
    recent = sa.select(_t.c.host_name, sa.func.count()).where(_t.c.last_seen >= since, _t.c.host_name.is_not(None))
    return {row[0]: row[1] for row in connection.execute(recent.group_by(_t.c.host_name))}


def history(connection: sa.Connection, alert_id: str) -> list[Change]:
    """See Store.alert_history."""
    h = tables.alert_history
    rows = connection.execute(sa.select(h).where(h.c.alert == alert_id).order_by(h.c.id))
    return [Change(at=moment(row.at), who=row.who, before=row.before, to=row.to, why=row.why) for row in rows]


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


def _select() -> sa.Select[Any]:
    d = tables.alert_documents
    return sa.select(d.c.document, _t.c.state, _t.c.assignee, _t.c.incident, _t.c.changed_at, _t.c.silence).join(
        d, d.c.alert == _t.c.id
    )


def _triaged(row: Any, decoder: "msgspec.json.Decoder[Alert]") -> Triaged:
    changed = None if row.changed_at is None else moment(row.changed_at)
    return Triaged(
        alert=decoder.decode(row.document),
        state=row.state,
        assignee=row.assignee,
        incident=row.incident,
        changed=changed,
        silence=row.silence,
    )


def _tests(query: AlertQuery) -> list[sa.ColumnElement[bool]]:
    tests: list[sa.ColumnElement[bool]] = []
    if query.level != LEVELS[0]:
        tests.append(_t.c.level >= LEVELS.index(query.level))
    if query.since is not None:
        tests.append(_t.c.last_seen >= micros(query.since))
    if query.until is not None:
        tests.append(_t.c.last_seen < micros(query.until))
    tests += [_t.c[name] == indexed(value) for name in _EXACT if (value := getattr(query, name)) is not None]
    if query.ids is not None:
        tests.append(_listed(query.ids))
    tests.append(condition(query.where, COLUMNS))
    return tests


def _listed(ids: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """As one JSON array: an IN takes no more values than a statement may have variables."""
    listed = sa.func.json_each(msgspec.json.encode(ids).decode()).table_valued("value")
    return _t.c.id.in_(sa.select(listed.c.value))
