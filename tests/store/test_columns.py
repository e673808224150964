"""What is counted in memory is what the database counts, whatever happened to the alerts, and whoever did it."""

import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.made import NOW, alert, incident
from vedette.model.alert import LEVELS, Alert
from vedette.model.incident import STATES, Change
from vedette.model.stored import AlertQuery, Commit
from vedette.model.triage import FACETS
from vedette.search import ALERTS, read
from vedette.store import alert_questions, backup, columns
from vedette.store.store import LocalStore, open_store

HOUR = timedelta(hours=1)
QUESTIONS = [
    "",
    "alert.state:new",
    "not alert.state:(resolved or false-positive)",
    "rule.level >= high and host.name:web1",
    "not user.name:*",
    "user.name:ROOT",
    'user.name:"root"',
    "source.ip:203.0.113.0/31 or source.ip:2001:db8::/32",
    "not source.ip:203.0.0.0/16",
    "alert.assignee:ann or not (rule.id:rule-1 and rule.level:low)",
    "threat.technique.id:T1110* and event.count >= 2",
    "last_seen > 2026-02-01T12:00:05Z and first_seen < 2026-02-01T12:00:20Z",
    "@timestamp:* and rule.source:correlation",
    "failed",  # stands in no column in memory
    "failed and rule.level:high",
    "alert.id:a00000* and host.name:web1",
    "failed or host.name:web2",
    "incident.id:* and not alert.state:new",
]
ORDERS = ["-last_seen", "last_seen", "first_seen", "-level", "count"]


def made(number: int, seed: int) -> Alert:
    """One of few rules, hosts, users and addresses; the same number is the same alert."""
    return alert(
        ("203.0.113.1", "203.0.113.2", "198.51.100.9", "2001:db8::5")[seed % 4],
        first=number % 7 + seed,
        id=f"a{number:06}",
        rule_id=f"rule-{number % 3}",
        rule_name=f"Rule {number % 3} of {seed % 2}",
        level=LEVELS[number % 5],
        host_name=(None, "web1", "web2")[seed % 3],
        user_name=(None, "root", "Root")[number % 3],
        techniques=("T1110.001", "T1078") if number % 2 else (),
        message="3 failed logins" if number % 4 else "a scan",
        count=seed % 3 + 1,
    )


def same(store: LocalStore, plain: LocalStore, text: str, order: str) -> None:
    """A question is answered alike: counted and found in memory, and by the database."""
    where = read(text, ALERTS, NOW)
    span = {"level": "medium", "since": NOW + timedelta(seconds=4), "until": NOW + timedelta(seconds=30)}
    for more in ({}, span, {"rule_id": "rule-1", "user_name": "root", "ids": ("a000001", "a000004")}):
        query = AlertQuery(where=where, order=order, limit=3, **more)  # type: ignore[arg-type]
        assert store.count_alerts(query) == plain.count_alerts(query), query
        assert store.facets(query, FACETS, 2) == plain.facets(query, FACETS, 2), query
        page = store.triaged(query)
        assert page == plain.triaged(query), query
        if page:
            last = page[-1].alert
            after = (getattr(last, order.lstrip("-")), last.id)
            query = msgspec.structs.replace(query, after=after, skip=1)
            assert store.triaged(query) == plain.triaged(query), query


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.lists(st.integers(0, 40), max_size=12), st.integers(0, 30)),
        st.tuples(st.just("state"), st.lists(st.integers(0, 40), max_size=6), st.sampled_from(STATES)),
        st.tuples(st.just("bulk"), st.sampled_from(QUESTIONS), st.sampled_from(STATES)),
        st.tuples(st.just("assign"), st.sampled_from(QUESTIONS), st.sampled_from(["ann", "bob", ""])),
        st.tuples(st.just("close"), st.lists(st.integers(0, 40), max_size=6), st.integers(0, 3)),
        st.tuples(st.just("retain"), st.integers(0, 6), st.just(0)),
        st.tuples(st.just("restore"), st.just(0), st.just(0)),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without anything: making its tables takes longer than all that is asked of them here."""
    place = tmp_path_factory.mktemp("empty") / "data"
    open_store(place).close()
    return place


@settings(max_examples=25, deadline=None)
@given(
    STEPS,
    st.sampled_from(QUESTIONS),
    st.sampled_from(ORDERS),
    st.sampled_from([1, 4, 10_000]),
    st.sampled_from([8, 1 << 16]),
)
def test_counts_are_those_of_the_database(
    empty: Path, steps: list[tuple[str, object, object]], question: str, order: str, at_once: int, size: int
) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "AT_ONCE", at_once)
        patch.setattr(columns, "SIZE", size)
        patch.setattr(alert_questions, "_FEW_ROWS", 5)
        place = Path(name) / "data"
        shutil.copytree(empty, place)
        with open_store(place) as agent, open_store(place, writer=False) as console:
            console.remember_alerts()
            agent.commit(Commit(alerts=[made(n, n) for n in range(0, 20, 2)]), NOW)
            check(console, agent, question, order)
            for hour, (kind, what, how) in enumerate(steps, 1):
                perform(agent, console, NOW + hour * HOUR, kind, what, how, Path(name) / f"backup{hour}")
                check(console, agent, question, order)


def test_each_question_is_answered_alike(agent: LocalStore, tmp_path: Path) -> None:
    agent.commit(Commit(alerts=[made(n, n) for n in range(40)]), NOW)
    agent.triage(AlertQuery(rule_id="rule-1"), NOW, who="ann", why="so", to="resolved", assignee="ann")
    with open_store(tmp_path, writer=False) as console:
        console.remember_alerts()
        for number, question in enumerate(QUESTIONS):
            check(console, agent, question, ORDERS[number % len(ORDERS)])


def check(console: LocalStore, agent: LocalStore, question: str = QUESTIONS[2], order: str = "-last_seen") -> None:
    """First as the console finds it, whether it reads in the background or not; then when it has read all."""
    assert console.facets(AlertQuery(), FACETS, 100) == agent.facets(AlertQuery(), FACETS, 100)
    for _ in range(3):
        with console._database.read() as connection:
            if view := console._view(connection):
                break
        assert console._columns
        console._columns.settle()
    assert view is not None, "what was read in the background is known afterwards"
    same(console, agent, question, order)


def perform(agent: LocalStore, console: LocalStore, now: object, kind: str, what, how, at: Path) -> None:  # type: ignore[no-untyped-def]
    if kind == "commit":
        agent.commit(Commit(alerts=[made(n, how) for n in what]), now)  # type: ignore[arg-type]
    elif kind in ("state", "bulk", "assign"):
        query = (
            AlertQuery(where=read(what, ALERTS, NOW))
            if isinstance(what, str)
            else AlertQuery(ids=tuple(f"a{n:06}" for n in what))
        )
        change = {"assignee": how} if kind == "assign" else {"to": how}
        console.triage(query, now, who="ann", why="so", **change)  # type: ignore[arg-type]
    elif kind == "close":
        listed = tuple(made(n, n) for n in what)
        change = Change(at=now, who="vedette", before="new", to="resolved", why="over")  # type: ignore[arg-type]
        agent.commit(Commit(incidents=[incident(f"i{how}", alerts=listed)]), now)  # type: ignore[arg-type]
        agent.commit(Commit(incidents=[incident(f"i{how}", alerts=listed, state="resolved", history=(change,))]), now)  # type: ignore[arg-type]
    elif kind == "retain":
        agent.retain(now, age=what * HOUR)  # type: ignore[arg-type]
    else:
        with at.open("wb") as out:
            backup.backup(agent.directory, out)
        with at.open("rb") as source:
            backup.restore(source, at.with_suffix(".data"))
        with open_store(at.with_suffix(".data")) as other, open_store(at.with_suffix(".data"), writer=False) as beside:
            beside.remember_alerts()
            check(beside, other)
            assert other.facets(AlertQuery(), FACETS, 100) == agent.facets(AlertQuery(), FACETS, 100)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[LocalStore]:
    with open_store(tmp_path) as opened:
        yield opened


def test_rows_that_retention_took_are_gone_whatever_clocks_say(agent: LocalStore, tmp_path: Path) -> None:
    agent.commit(Commit(alerts=[made(n, n) for n in range(6)]), NOW)
    agent.commit(Commit(alerts=[made(n, n) for n in range(6, 9)]), NOW + 5 * HOUR)
    with open_store(tmp_path, writer=False) as console:
        console.remember_alerts()
        check(console, agent)
        assert agent.retain(NOW + 3 * HOUR, age=2 * HOUR).alerts == 6
        agent.commit(Commit(alerts=[made(20, 1)]), NOW - HOUR)  # a clock that was set back: older than what went
        check(console, agent)
        assert console.count_alerts(AlertQuery()) == 4
        agent.retain(NOW + 30 * HOUR, age=HOUR)
        assert console.facets(AlertQuery(), FACETS, 5) == {name: [] for name in FACETS}
        agent.commit(Commit(alerts=[made(30, 2)]), NOW + 31 * HOUR)
        check(console, agent)


def test_many_threads_ask_while_alerts_come(agent: LocalStore, tmp_path: Path) -> None:
    failed: list[BaseException] = []
    done = threading.Event()

    def ask(console: LocalStore) -> None:
        try:
            while not done.is_set():
                found = console.facets(AlertQuery(), ["rule.level", "rule.id"], 100)
                # A commit is whole: ten more of each at once, none before its time.
                assert sum(each.count for each in found["rule.level"]) == sum(each.count for each in found["rule.id"])
                assert sum(each.count for each in found["rule.id"]) % 10 == 0
        except BaseException as error:
            failed.append(error)

    with open_store(tmp_path, writer=False) as console:
        console.remember_alerts()
        threads = [threading.Thread(target=ask, args=(console,)) for _ in range(3)]
        for each in threads:
            each.start()
        for n in range(0, 300, 10):
            agent.commit(Commit(alerts=[made(m, m) for m in range(n, n + 10)]), NOW)
        done.set()
        for each in threads:
            each.join()
        assert not failed
        check(console, agent)
        assert console.count_alerts(AlertQuery()) == 300


def test_closing_ends_what_reads_in_the_background(
    agent: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "AT_ONCE", 2)
    agent.commit(Commit(alerts=[made(n, n) for n in range(30)]), NOW)
    with open_store(tmp_path, writer=False) as console:
        console.remember_alerts()
        assert console.count_alerts(AlertQuery()) == 30  # by the database, or already in memory
    assert not [each for each in threading.enumerate() if each.name == "alerts"]
