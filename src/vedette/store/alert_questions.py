"""Questions about alerts: found, counted, summed up. With a view of them in memory (store.columns), where there is one, which is
quicker by ten to fifty times when there are many; else, and for what stands in no column there, by the database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
import sqlalchemy as sa

from vedette.model.alert import LEVELS, Alert
from vedette.model.incident import Change
from vedette.model.query import EVERYTHING, Node, Summary
from vedette.model.query import tests as tests_of
from vedette.model.stored import AlertQuery, Summarised
from vedette.model.triage import Counted, Facet, Order, Triaged
from vedette.store import tables
from vedette.store.alerts import COLUMNS, EXACT, of_ids, opaque, passing
from vedette.store.database import row_number
from vedette.store.groups import Groups, of_table
from vedette.store.tables import indexed, micros, moment
from vedette.store.where import condition

if TYPE_CHECKING:
    from vedette.store.columns import Marks, View

_t = tables.alerts
_FEW: Final[tuple[Facet, ...]] = ("rule.level", "alert.state", "alert.class", "rule.source", "rule.id")
"""Facets with so few values that there are few combinations: those of the index alerts_groups."""
_EVERYWHERE: Final = ("rule.level", "alert.state")
"""What stands in each index that facets are counted by."""
_FEW_ROWS: Final = 20_000
"""Rows that are looked up one by one, rather than by an index that others stand in, too."""


def found(connection: sa.Connection, query: AlertQuery, view: "View | None" = None) -> list[Triaged]:
    """See Store.triaged."""
    by = {"last_seen": _t.c.last_seen, "first_seen": _t.c.first_seen, "level": _t.c.level, "count": _t.c.count}
    column = by[query.order.lstrip("-")]
    # Documents are read of those that are shown only, not of all that are sorted.
    tests = passing(query)
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
    some = of_ids(tuple(ids))
    rows = connection.execute(sa.select(_t.c.id, _first(tuple(searches.items()))).where(some))
    return {alert: number for alert, number in rows if number}


@lru_cache(maxsize=4)  # making it takes a hundred times as long as asking it
def _first(searches: tuple[tuple[int, Node], ...]) -> sa.Case[int]:
    return sa.case(*((condition(where, COLUMNS), number) for number, where in searches), else_=0)


def count(connection: sa.Connection, query: AlertQuery, view: "View | None" = None) -> int:
    """See Store.count_alerts."""
    tests = passing(query)
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
    for name in EXACT:
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
    return [row_number(_t).in_(sa.select(listed.c.value)), opaque(tests)]


def summarise(connection: sa.Connection, query: AlertQuery, summary: Summary, zone: str) -> Summarised:
    """See Store.summarise."""
    return of_table(connection, _t, COLUMNS, passing(query), Groups(summary, "@timestamp", zone))


def facets(
    connection: sa.Connection, query: AlertQuery, names: Sequence[Facet], limit: int, view: "View | None" = None
) -> dict[Facet, list[Counted]]:
    """See Store.facets."""
    if view:
        return _facets(connection, query, names, limit, view)
    wanted = sa.select(*(COLUMNS[name].column for name in names)).where(*passing(query))
    parts = []
    if _indexed(query):
        # Each count goes over an index that has its values in order; what takes few values is counted at once.
        few = [name for name in names if name in _FEW]
        groups = sa.select(*(COLUMNS[name].column for name in few), sa.func.count().label("number"))
        grouped = groups.where(*passing(query)).group_by(*(COLUMNS[name].column for name in few)).cte("grouped")
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
            counting = counting.where(*passing(query)) if found_ones is _t else counting
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
        marks = view.of(connection.scalars(sa.select(row_number(_t)).select_from(_t).where(*_of(_few(marks), passing(query)))))
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
