"""What people make of alerts: states, assignees, histories, counts; and that the agent's commits leave them alone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.made import NOW, action, alert, incident
from vedette.model.alert import Alert
from vedette.model.incident import Change
from vedette.model.query import QueryError, Test
from vedette.model.stored import AlertQuery, Commit, IncidentQuery
from vedette.model.triage import FACETS, TriageError
from vedette.search import ALERTS, INCIDENTS, read
from vedette.store import where
from vedette.store.alerts import COLUMNS
from vedette.store.incidents import COLUMNS as OF_INCIDENTS
from vedette.store.store import LocalStore, open_store

HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with open_store(tmp_path) as opened:
        yield opened


def some(count: int = 10) -> list[Alert]:
    """Alerts of two rules, three sources, half of them of a known user."""
    return [
        alert(
            f"203.0.113.{n % 3}",
            first=n,
            id=f"a{n:06}",
            rule_id=f"rule-{n % 2}",
            rule_name=f"Rule {n % 2}",
            level="high" if n % 2 else "low",
            user_name="Root" if n % 2 else None,
            techniques=("T1110.001", "T1078") if n % 2 else (),
            message=f"{n} failed logins",
            count=n + 1,
        )
        for n in range(count)
    ]


def asked(text: str, **more: object) -> AlertQuery:
    return AlertQuery(where=read(text, ALERTS, NOW), **more)  # type: ignore[arg-type]


def ids(store: LocalStore, text: str) -> list[int]:
    return sorted(int(found.alert.id[1:]) for found in store.triaged(asked(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", range(10)),
        ("rule.id:rule-1", [1, 3, 5, 7, 9]),
        ("rule.level:high", [1, 3, 5, 7, 9]),
        ("rule.level < high", [0, 2, 4, 6, 8]),
        ("rule.level >= low", range(10)),
        ("not user.name:root", [0, 2, 4, 6, 8]),
        ('user.name:"root"', []),
        ('user.name:"Root"', [1, 3, 5, 7, 9]),
        ("not user.name:*", [0, 2, 4, 6, 8]),
        ("source.ip:203.0.113.1", [1, 4, 7]),
        ("source.ip:203.0.113.0/31 and event.count > 5", [6, 7, 9]),
        ("source.ip:203.0.113.0/31 and event.count >= 5", [4, 6, 7, 9]),
        ("source.ip:2001:db8::/32", []),
        ("threat.technique.id:t1110*", [1, 3, 5, 7, 9]),
        ("threat.technique.id:T1078", [1, 3, 5, 7, 9]),
        ("threat.technique.id:T107", []),
        ("threat.technique.id:T1110", []),
        ('"3 failed"', [3]),
        ("FAILED logins rule", range(10)),
        ("nothing", []),
        ("alert.state:new", range(10)),
        ("alert.state:(resolved or acknowledged)", []),
        ("not alert.assignee:ann", range(10)),
        ("last_seen < 2026-02-01T12:00:03Z", [0, 1, 2]),
        ("alert.id:a00000?", range(10)),
        ("incident.id:*", []),
        ("message:/^[12]\\s/", [1, 2]),
    ],
)
def test_searched(store: LocalStore, text: str, expected: list[int]) -> None:
    store.commit(Commit(alerts=some()), NOW)
    assert ids(store, text) == list(expected)
    assert store.count_alerts(asked(text, limit=1)) == len(expected)


def test_every_field_that_can_be_asked_about_stands_in_a_column() -> None:
    assert set(COLUMNS) == set(ALERTS.fields)
    assert set(OF_INCIDENTS) == set(INCIDENTS.fields)


def test_every_filter_of_a_query_with_what_it_leaves_out(store: LocalStore) -> None:
    store.commit(Commit(alerts=some()), NOW)
    for query, number in (
        (AlertQuery(level="high"), 5),
        (AlertQuery(since=NOW + timedelta(seconds=4)), 6),
        (AlertQuery(until=NOW + timedelta(seconds=4)), 4),
        (AlertQuery(rule_id="rule-0"), 5),
        (AlertQuery(source_ip="203.0.113.2"), 3),
        (AlertQuery(user_name="Root"), 5),
        (AlertQuery(host_name="web1"), 0),
        (AlertQuery(ids=("a000001", "nobody")), 1),
        (AlertQuery(ids=()), 0),
    ):
        assert len(store.triaged(query)) == store.count_alerts(query) == number, query


@pytest.mark.parametrize(
    "order", ["last_seen", "-last_seen", "first_seen", "-first_seen", "level", "-level", "count", "-count"]
)
def test_page_by_page_is_all_of_it_once(store: LocalStore, order: str) -> None:
    store.commit(Commit(alerts=some(23)), NOW)
    whole = [found.alert for found in store.triaged(AlertQuery(order=order))]  # type: ignore[arg-type]
    field = order.lstrip("-")
    pages: list[Alert] = []
    after = None
    while page := store.triaged(AlertQuery(order=order, limit=4, after=after)):  # type: ignore[arg-type]
        pages += [found.alert for found in page]
        after = (getattr(pages[-1], field), pages[-1].id)
    assert pages == whole
    assert len({found.id for found in whole}) == 23
    keys = [
        ["informational", "low", "medium", "high", "critical"].index(a.level) if field == "level" else getattr(a, field)
        for a in whole
    ]
    assert keys == sorted(keys, reverse=order.startswith("-"))


def test_a_change_is_kept_with_who_when_and_why(store: LocalStore) -> None:
    store.commit(Commit(alerts=some()), NOW)
    one = AlertQuery(ids=("a000003",))
    assert store.triage(one, NOW, who="ann", why="looking", to="acknowledged") == 1
    assert store.triage(one, NOW, who="ann", why="again", to="acknowledged") == 0
    assert store.triage(one, NOW + HOUR, who="bob", why="mine", to="in-progress", assignee="bob") == 1
    assert store.triage(one, NOW + 2 * HOUR, who="bob", why="done with it", assignee="") == 1
    (found,) = store.triaged(one)
    assert (found.state, found.assignee, found.changed) == ("in-progress", None, NOW + 2 * HOUR)
    assert store.alert_history("a000003") == [
        Change(at=NOW, who="ann", before="new", to="acknowledged", why="looking"),
        Change(at=NOW + HOUR, who="bob", before="acknowledged", to="in-progress", why="assigned to bob: mine"),
        Change(
            at=NOW + 2 * HOUR, who="bob", before="in-progress", to="in-progress", why="assigned to nobody: done with it"
        ),
    ]
    assert store.alert_history("a000004") == []
    for who, why, to in ((" ", "x", "resolved"), ("ann", " ", "resolved"), ("ann", "x", None)):
        with pytest.raises(TriageError):
            store.triage(one, NOW, who=who, why=why, to=to)  # type: ignore[arg-type]


def test_more_evidence_leaves_the_state_alone(store: LocalStore) -> None:
    store.commit(Commit(alerts=some(1)), NOW)
    store.triage(AlertQuery(), NOW, who="ann", why="x", to="false-positive", assignee="ann")
    store.commit(Commit(alerts=some(1)), NOW)
    (found,) = store.triaged(AlertQuery())
    assert (found.state, found.assignee, found.alert.count) == ("false-positive", "ann", 2)


def test_ten_thousand_at_once_by_list_and_by_query(store: LocalStore) -> None:
    store.commit(Commit(alerts=some(10_000)), NOW)
    listed = tuple(f"a{n:06}" for n in range(0, 10_000, 2))
    assert store.triage(AlertQuery(ids=listed, limit=5), NOW, who="ann", why="seen", to="acknowledged") == 5000
    assert store.triage(asked("rule.id:rule-1"), NOW, who="ann", why="noise", to="false-positive") == 5000
    assert store.facets(AlertQuery(), ["alert.state"])["alert.state"] == [
        *[
            counted
            for state in ("acknowledged", "false-positive")
            for counted in store.facets(asked(f"alert.state:{state}"), ["alert.state"])["alert.state"]
        ]
    ]
    assert [change.why for change in store.alert_history("a009999")] == ["noise"]


def test_facets_count_what_the_query_finds(store: LocalStore) -> None:
    store.commit(Commit(alerts=some()), NOW)
    found = store.facets(asked("rule.level:high", limit=1), FACETS)
    assert set(found) == set(FACETS)
    assert [(c.value, c.count, c.label) for c in found["rule.id"]] == [("rule-1", 5, "Rule 1")]
    assert [(c.value, c.count) for c in found["source.ip"]] == [
        ("203.0.113.0", 2),
        ("203.0.113.1", 2),
        ("203.0.113.2", 1),
    ]
    assert [(c.value, c.count) for c in store.facets(AlertQuery(), ["user.name"])["user.name"]] == [
        (None, 5),
        ("Root", 5),
    ]
    assert [(c.value, c.count) for c in found["rule.level"]] == [("high", 5)]
    assert len(store.facets(AlertQuery(), ["source.ip"], limit=2)["source.ip"]) == 2


def test_alerts_close_with_their_incident_and_stay_as_people_left_them(store: LocalStore) -> None:
    made = some(4)
    opened = incident("i1", alerts=tuple(made[:3]))
    store.commit(Commit(alerts=made, incidents=[opened]), NOW)
    assert [found.incident for found in store.triaged(AlertQuery(order="last_seen"))] == ["i1", "i1", "i1", None]
    store.triage(AlertQuery(ids=("a000000",)), NOW, who="ann", why="ours", to="false-positive")
    change = Change(at=NOW + HOUR, who="vedette", before="new", to="resolved", why="no new alert for 24 h")
    closed = incident("i1", alerts=tuple(made[:3]), state="resolved", history=(*opened.history, change))
    store.commit(Commit(incidents=[closed]), NOW)

    def states() -> list[str]:
        return [found.state for found in store.triaged(AlertQuery(order="last_seen"))]

    assert states() == ["false-positive", "resolved", "resolved", "new"]
    assert store.alert_history("a000001") == [change]
    store.triage(AlertQuery(ids=("a000001",)), NOW, who="ann", why="not done", to="in-progress")
    store.commit(Commit(incidents=[closed]), NOW)
    assert states() == ["false-positive", "in-progress", "resolved", "new"]
    gone = incident("i2", alerts=tuple(made), state="resolved", merged_into="i1")
    store.commit(Commit(incidents=[gone]), NOW)
    assert states() == ["false-positive", "in-progress", "resolved", "new"]


def test_incidents_are_searched_sorted_and_assigned(store: LocalStore) -> None:
    made = [
        incident(f"i{n}", score=float(n), level="high" if n % 2 else "low", title=f"Guesses on web{n}")
        for n in range(6)
    ]
    store.commit(Commit(incidents=made), NOW)

    def names(text: str, **more: object) -> list[str]:
        query = IncidentQuery(where=read(text, INCIDENTS, NOW), **more)  # type: ignore[arg-type]
        return [found.id for found in store.incidents(query)]

    assert names("level:high score > 1", order="-score") == ["i5", "i3"]
    assert names("WEB4") == ["i4"]
    assert names("", order="score", limit=2, after=(1.0, "i1")) == ["i2", "i3"]
    assert names("not state:new") == names("assignee:*") == []
    store.assign("i3", "ann", NOW + HOUR, who="bob", why="her host")
    assert names("assignee:ann") == ["i3"]
    store.commit(Commit(incidents=[made[3]]), NOW)
    assert store.assigned(IncidentQuery(ids=("i3",)))[0][1] == "ann"
    assert [change.why for change in store.history("i3")] == ["first alert", "assigned to ann: her host"]
    with pytest.raises(Exception, match="no such incident"):
        store.assign("nobody", "ann", NOW, who="bob")
    with pytest.raises(QueryError):
        store.incidents(IncidentQuery(where=read("rule.id:x", ALERTS, NOW)))


def test_news_are_whole_commits_in_order(store: LocalStore) -> None:
    first = store.commit(Commit(alerts=some(3), incidents=[incident("i1")]), NOW)
    second = store.commit(Commit(alerts=[alert("x", id="b")], actions=[action("d", "203.0.113.7/32")]), NOW)
    assert store.news(0) == (second, ("a000000", "a000001", "a000002", "b"), ("i1",), ("d",))
    assert store.news(first) == (second, ("b",), (), ("d",))
    assert store.news(second) == (second, (), (), ())
    assert store.news(0, limit=3) == (first, ("a000000", "a000001", "a000002"), ("i1",), ())
    assert store.news(0, limit=1).sequence == first
    store.triage(AlertQuery(ids=("a000001",)), NOW, who="ann", why="x", to="resolved")
    assert store.news(second).alerts == ("a000001",)


def test_searches_are_kept_by_name(store: LocalStore) -> None:
    store.save_search("mine", "root", "events", "ann", NOW)
    kept = store.save_search("mine", "rule.level:high", "alerts", "bob", NOW)
    assert store.searches() == [kept]
    assert (kept.query, kept.about, kept.who) == ("rule.level:high", "alerts", "bob")
    assert (store.remove_search(kept.id), store.remove_search(kept.id), store.searches()) == (True, False, [])


def test_what_is_forgotten_takes_its_history_along(store: LocalStore) -> None:
    store.commit(Commit(alerts=some(3)), NOW)
    store.triage(AlertQuery(), NOW, who="ann", why="x", to="resolved")
    store.note("a000001", "seen", "ann", NOW)
    assert store.retain(NOW + 2 * HOUR, age=HOUR).alerts == 3
    assert (store.triaged(AlertQuery()), store.alert_history("a000001"), store.notes("a000001")) == ([], [], [])
    with store._database.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM alert_documents")).scalar() == 0


TEXTS = st.text(st.sampled_from("aAkK*?\\\"éÉ.%_!' "), max_size=6)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS)
def test_the_database_finds_what_the_pattern_means(value: str, wanted: str) -> None:
    quoted = wanted.replace("\\", "\\\\").replace('"', '\\"')
    exact = read(f'user.name:"{quoted}"', ALERTS, NOW)
    anywhere = Test("user.name", "matches", "(?is)" + "".join("\\" + c if c in "*?\\.%" else c for c in wanted))
    engine = sa.create_engine("sqlite://")
    sa.event.listen(engine, "connect", lambda connection, _: where.functions(connection))
    with engine.connect() as connection:
        row = sa.select(sa.literal(value).label("user_name")).subquery()
        column = {"user.name": where.Kept(row.c.user_name)}
        counts = (
            sa.select(sa.func.count()).select_from(row).where(where.condition(t, column)) for t in (exact, anywhere)
        )
        hits = [connection.execute(each).scalar() for each in counts]
    assert hits == [value == wanted, wanted.lower() in value.lower()]


def test_a_store_of_the_version_before_keeps_its_alerts(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    from vedette.store.migrate import SCRIPTS

    with open_store(tmp_path) as store:
        store.commit(Commit(alerts=some(5), incidents=[incident("i1")], actions=[action("d", "203.0.113.7/32")]), NOW)
        before = store.alerts(AlertQuery())
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        with store._database.write() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0003")
    with open_store(tmp_path) as store:
        assert store.alerts(AlertQuery()) == before
        assert ids(store, "threat.technique.id:T1078 and event.count >= 4 and rule.name:rule*") == [3]
        assert ids(store, '"2 failed" and alert.state:new and alert.class:other and rule.source:correlation') == [2]
        assert [
            found.title
            for found in store.incidents(IncidentQuery(where=read("level:high web* or incident", INCIDENTS, NOW)))
        ] == ["Incident i1"]
        assert store.action("d") is not None
