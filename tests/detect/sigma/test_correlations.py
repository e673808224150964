"""Correlations: what each kind means, and that it does not matter how the stream is cut."""

from itertools import accumulate, pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.detect.sigma.made import logins, rules, run
from vedette.detect.sigma import Ruleset, begin, bursts, dump, load, match, memory, sessions, step
from vedette.model.alert import EVIDENCE_KEPT, Alert, fold
from vedette.model.records import Events

FAILED = """
title: Failed login
id: 11111111-1111-4111-8111-111111111111
name: failed
logsource: {category: authentication}
detection: {a: {event.outcome: failure}, condition: a}
level: low
"""
WORKED = """
title: Login
name: worked
logsource: {category: authentication}
detection: {a: {event.outcome: success}, condition: a}
"""


def correlation(body: str, name: str = "many", level: str = "high") -> str:
    return f"title: {name}\nname: {name}\nlevel: {level}\ntags: [attack.t1110]\ncorrelation: {{{body}}}\n"


COUNT = correlation("type: event_count, rules: [failed], group-by: [source.ip], timespan: 10s, condition: {gte: 3}")
SPRAY = correlation(
    "type: value_count, rules: [failed], group-by: [source.ip], timespan: 10s, condition: {gte: 3, field: user.name}",
    "spray",
)
ANY_ORDER = correlation(
    "type: temporal, rules: [failed, worked], group-by: [source.ip], timespan: 4s, generate: true", "both"
)
NOT_AFTER = correlation(
    "type: temporal, condition: worked and not failed, group-by: [user.name], timespan: 3s, generate: true", "clean"
)
BROKEN_IN = correlation(
    "type: temporal_ordered, rules: [many, worked], group-by: [source.ip], timespan: 20s, generate: true", "broken_in"
)
OFTEN = correlation("type: event_count, rules: [many], timespan: 60s, condition: {gte: 2}, generate: true", "often")


def alerts(ruleset: Ruleset, rows: list[tuple[float, str | None, str, str]]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = {}
    for alert in run(ruleset, [logins(rows)]):
        found.setdefault(alert.rule_name, []).append(alert)
    return found


def fails(
    *seconds: float, ip: str | None = "203.0.113.7", user: str = "root"
) -> list[tuple[float, str | None, str, str]]:
    return [(second, ip, user, "failure") for second in seconds]


def test_a_count_within_the_timespan_makes_one_alert_that_says_what_happened() -> None:
    found = alerts(rules(FAILED, COUNT), fails(0, 4, 8, 9, 17))
    (alert,) = found["many"]
    assert alert.count == 5
    assert alert.message == "many: 3 logins for root from 203.0.113.7 on web1 in 8 s"
    assert [e.event_id for e in alert.evidence] == ["e1", "e2", "e3", "e4", "e5"]
    assert (alert.source_ip, alert.user_name, alert.techniques) == ("203.0.113.7", "root", ("T1110",))
    assert alert.alert_class == "authentication"
    assert ("ip", "203.0.113.7") in alert.entities


@pytest.mark.parametrize(
    ("seconds", "number"),
    [((0, 5, 10), 0), ((0, 5, 9.999), 1), ((0, 1, 2, 12, 13, 14), 2), ((0, 1, 2, 11.9, 21.8), 1), ((8, 4, 0), 1)],
    ids=["a timespan apart is too far", "just within", "armed again after a quiet timespan", "goes on", "backwards"],
)
def test_borders_of_the_window(seconds: tuple[float, ...], number: int) -> None:
    assert len(alerts(rules(FAILED, COUNT), fails(*seconds)).get("many", [])) == number


def test_referenced_rules_raise_nothing_themselves_unless_asked() -> None:
    assert set(alerts(rules(FAILED, COUNT), fails(0, 1, 2))) == {"many"}
    asked = COUNT.replace("condition: {gte: 3}", "condition: {gte: 3}, generate: true")
    assert set(alerts(rules(FAILED, asked), fails(0, 1, 2))) == {"many", "Failed login"}


def test_evidence_of_a_rule_by_itself_is_of_the_first_events_of_all_log_sources() -> None:
    ruleset = rules(FAILED)
    whole = logins([*fails(*range(15)), *fails(15, ip="198.51.100.9")])
    late, early = (
        whole._replace(frame=whole.frame.filter((whole.frame["line"] > 8) == after)) for after in (True, False)
    )
    parts = step(ruleset, begin(ruleset), [(one, match(ruleset, one)) for one in (late, early)]).alerts
    shown = {alert.source_ip: [(e.event_id, e.original) for e in alert.evidence] for alert in parts}
    assert shown == {
        "203.0.113.7": [(f"e{i}", f"line {i}") for i in range(1, EVIDENCE_KEPT + 1)],
        "198.51.100.9": [("e16", "line 16")],
    }
    assert [alert.count for alert in parts] == [15, 1]


def test_groups_do_not_mix_and_events_without_the_field_are_in_none() -> None:
    mixed = [*fails(0, 1), *fails(2, 3, ip="198.51.100.9"), *fails(4, 5, 6, ip=None)]
    assert alerts(rules(FAILED, COUNT), mixed) == {}


def test_different_values_are_counted_once() -> None:
    rows = [(i, "203.0.113.7", user, "failure") for i, user in enumerate(["a", "a", "b", "a", "c"])]
    (alert,) = alerts(rules(FAILED, SPRAY), rows)["spray"]
    assert alert.user_name is None
    assert alert.message == "spray: 5 logins for 3 users from 203.0.113.7 on web1 in 4 s"
    assert alerts(rules(FAILED, SPRAY), rows[:4]) == {}


def test_names_without_end_are_told_apart_and_kept_short() -> None:
    long = "A" * 1_000_000
    ruleset = rules(FAILED, SPRAY, COUNT.replace("source.ip", "user.name"))
    rows = [(float(i), "203.0.113.7", f"{long}{'abca'[i]}", "failure") for i in range(4)]
    parts, state = parts_and_state(ruleset, [logins(rows)])
    assert [(alert.rule_name, alert.count) for alert in parts] == [("spray", 4)], "three different names"
    assert len(state) < 50_000
    (alert,) = alerts(ruleset, [*rows, (4.0, "203.0.113.7", f"{long}a", "failure")])["many"]
    assert alert.count == 3
    assert alert.user_name is not None
    assert alert.user_name.startswith("A" * 512 + "…")
    assert max(len(value) for _, value in alert.entities) < 600


@pytest.mark.parametrize("count", [1, memory.BY_LIST + 1])
def test_evidence_shows_more_of_a_record_than_of_a_name_and_its_whole_path(count: int) -> None:
    batch = logins(fails(*range(count)))
    path, original = "/var/" + "p" * 3000, "o" * 5000
    frame = batch.frame.with_columns(pl.lit(path).alias("log.file.path"), pl.lit(original).alias("event.original"))
    told = memory.Shown(Events(batch.logsource, frame)).evidence(list(range(count)))
    assert [(one.path, one.original) for one in told] == [(path, "o" * memory.ORIGINAL_KEPT)] * count


def test_an_alert_counts_all_events_of_its_window() -> None:
    rows = [row for i, user in enumerate("abbbac") for row in fails(i, user=user)]
    (alert,) = alerts(rules(FAILED, SPRAY), rows)["spray"]
    assert alert.count == 6


@pytest.mark.parametrize("late", [0.0, 1.0])
def test_what_was_seen_once_is_remembered_as_long_as_a_window_holds_it(late: float) -> None:
    between = [row for i in range(150) for row in fails(i / 20 + 1 - late * (i == 75), user="ab"[i % 2])]
    rows = [*fails(0, user="once"), *between, *fails(9.5, user="c")]
    assert len(alerts(rules(FAILED, NEVER), rows)["never"]) == 1
    assert "never" not in alerts(rules(FAILED, NEVER), [*rows[:-1], *fails(10, user="c")])


def test_order_counts_only_where_it_is_asked_for() -> None:
    ordered = ANY_ORDER.replace("temporal,", "temporal_ordered,")
    rows = [(0.0, "203.0.113.7", "root", "success"), *fails(1)]
    assert "both" in alerts(rules(FAILED, WORKED, ANY_ORDER), rows)
    assert "both" not in alerts(rules(FAILED, WORKED, ordered), rows)
    assert "both" in alerts(rules(FAILED, WORKED, ordered), [*fails(0), (1.0, "203.0.113.7", "root", "success")])


def test_one_event_is_one_step_of_an_order() -> None:
    twice = correlation("type: temporal_ordered, rules: [failed, failed], group-by: [source.ip], timespan: 4s")
    assert alerts(rules(FAILED, twice), fails(0)) == {}
    assert len(alerts(rules(FAILED, twice), fails(0, 1))["many"]) == 1


def test_not_means_not_seen_so_far() -> None:
    worked = (5.0, "203.0.113.7", "root", "success")
    assert "clean" in alerts(rules(FAILED, WORKED, NOT_AFTER), [worked])
    assert "clean" not in alerts(rules(FAILED, WORKED, NOT_AFTER), [*fails(4), worked])


def test_a_correlation_of_a_correlation_sees_the_burst_as_long_as_it_lasts() -> None:
    long = fails(*range(0, 60, 5), ip="203.0.113.7") + fails(1, 2)  # five apart: joined by the two at the start
    rows = sorted([*long, (70.0, "203.0.113.7", "root", "success")], key=lambda row: row[0])
    (alert,) = alerts(rules(FAILED, WORKED, COUNT, BROKEN_IN), rows)["broken_in"]
    assert alert.source_ip == "203.0.113.7"


def test_a_burst_counts_once_for_an_outer_count() -> None:
    assert "often" not in alerts(rules(FAILED, COUNT, OFTEN), fails(*range(9)))
    assert "often" in alerts(rules(FAILED, COUNT, OFTEN), fails(0, 1, 2, 30, 31, 32))


@pytest.mark.parametrize(
    ("kind", "condition", "fires"),
    [
        ("value_sum", "{field: bytes, gt: 59}", True),
        ("value_sum", "{field: bytes, gt: 60}", False),
        ("value_avg", "{field: bytes, gte: 20}", True),
        ("value_percentile", "{field: bytes, gte: 30, percentile: 90}", True),
        ("value_percentile", "{field: bytes, gte: 11, percentile: 33}", False),
        ("value_sum", "{field: bytes, gt: 10, lt: 20}", False),
        ("value_sum", "{field: bytes, gt: 10, lt: 31}", True),
    ],
)
def test_numbers(kind: str, condition: str, fires: bool) -> None:
    ruleset = rules(FAILED, correlation(f"type: {kind}, rules: [failed], timespan: 10s, condition: {condition}"))
    batch = logins(fails(0, 1, 2))
    frame = batch.frame.with_columns(bytes=batch.frame["line"] * 10).cast({"bytes": str})
    assert bool(run(ruleset, [batch._replace(frame=frame)])) == fires


def test_a_record_that_stands_for_five_counts_five_times() -> None:
    batch = logins(fails(0))
    assert run(rules(FAILED, COUNT), [batch]) == []
    many = batch.frame.with_columns(batch.frame["line"].alias("event.count") * 5)
    (alert,) = run(rules(FAILED, COUNT), [batch._replace(frame=many)])
    assert alert.count == 5


def test_an_event_from_the_future_takes_nothing_from_the_present() -> None:
    rows = [*fails(0, 1), *fails(3e9), *fails(2)]
    assert len(alerts(rules(FAILED, COUNT), rows)["many"]) == 1
    during = [*fails(0, 1, 2), *fails(3e9), *fails(3, 4)]
    (alert,) = alerts(rules(FAILED, COUNT), during)["many"]
    assert alert.count == 5


def test_state_is_bounded_and_says_what_it_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bursts, "GROUPS_KEPT", 10)
    ruleset = rules(FAILED, COUNT)
    batch = logins([(i / 100, f"203.0.113.{i}", "root", "failure") for i in range(50)])
    state = step(ruleset, begin(ruleset), [(batch, match(ruleset, batch))]).state
    assert len(state.groups[1]) == 10
    assert state.evicted == 40


row = st.tuples(
    st.sampled_from([0, 0, 1, 1, 2, 3, 6, 12, -3]),
    st.sampled_from(["203.0.113.1", "203.0.113.2"]),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["failure"] * 5 + ["success"]),
)
MANY_USERS = SPRAY.replace("many", "users").replace("spray", "wide").replace("10s", "40s").replace("gte: 3", "gt: 2.5")
NEVER = SPRAY.replace("spray", "never").replace("gte: 3", "gte: 4")
COUNTS = rules(FAILED, COUNT, SPRAY, MANY_USERS, NEVER, COUNT.replace("many", "most").replace("gte: 3", "gt: 5"))
ALL = rules(FAILED, WORKED, COUNT, SPRAY, ANY_ORDER, NOT_AFTER, BROKEN_IN, OFTEN)


def cut(rows: list[tuple[float, str, str, str]], borders: list[int]) -> list[Events]:
    edges = [0, *sorted({min(b, len(rows)) for b in borders} - {0, len(rows)}), len(rows)]
    return [logins(rows[a:b], first=a + 1) for a, b in pairwise(edges)]


# Dense in bursts: with few of them, a fault planted in the fold went through.
@given(st.lists(row, min_size=20, max_size=30), st.lists(st.integers(1, 30), max_size=4))
@settings(max_examples=25, deadline=None)
def test_it_does_not_matter_how_the_stream_is_cut(rows: list[tuple[int, str, str, str]], borders: list[int]) -> None:
    times = accumulate(gap for gap, *_ in rows)
    timed = [(float(time), *rest) for time, (_, *rest) in zip(times, rows, strict=True)]
    whole = run(ALL, cut(timed, []))
    assert run(ALL, cut(timed, list(range(30)))) == whole
    assert run(ALL, cut(timed, borders)) == whole


@given(st.lists(row, min_size=20, max_size=30), st.integers(1, 29))
@settings(max_examples=15, deadline=None)
def test_a_restart_between_two_batches_changes_nothing(rows: list[tuple[int, str, str, str]], border: int) -> None:
    times = accumulate(gap for gap, *_ in rows)
    timed = [(float(time), *rest) for time, (_, *rest) in zip(times, rows, strict=True)]
    state, parts = begin(ALL), []
    for batch in cut(timed, [border]):
        done = step(ALL, load(ALL, dump(state)), [(batch, match(ALL, batch))])
        state = done.state
        parts.extend(done.alerts)
    assert fold(parts) == run(ALL, cut(timed, []))


@given(st.lists(row, min_size=20, max_size=30))
@settings(max_examples=15, deadline=None)
def test_it_does_not_matter_into_how_many_log_sources_a_stretch_was_split(
    rows: list[tuple[int, str, str, str]],
) -> None:
    times = accumulate(gap for gap, *_ in rows)
    (whole,) = cut([(float(time), *rest) for time, (_, *rest) in zip(times, rows, strict=True)], [])
    halves = [whole._replace(frame=whole.frame.filter(whole.frame["line"] % 2 == odd)) for odd in (0, 1)]
    together = step(ALL, begin(ALL), [(half, match(ALL, half)) for half in halves]).alerts
    assert sorted(fold(together), key=lambda a: a.id) == sorted(run(ALL, [whole]), key=lambda a: a.id)




def one_by_one(patch: pytest.MonkeyPatch) -> None:
    """Every event is put in its place and judged by itself."""
    patch.setattr(bursts, "judge", lambda _what, _items, them, _kept: ([], list(map(them.one, range(len(them.keys))))))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few events are judged as many are."""
    monkeypatch.setattr(sessions, "FEW", 0)


def parts_and_state(ruleset: Ruleset, batches: list[Events]) -> tuple[list[Alert], bytes]:
    state, parts = begin(ruleset), []
    for batch in batches:
        done = step(ruleset, state, [(batch, match(ruleset, batch))])
        state = done.state
        parts.extend(done.alerts)
    return parts, dump(state)


@given(st.lists(row, min_size=20, max_size=40), st.integers(1, 2), st.integers(2, 20))
@settings(max_examples=40, deadline=None)
def test_groups_that_had_to_go_and_came_back_begin_anew(
    rows: list[tuple[int, str, str, str]], kept: int, size: int
) -> None:
    times = accumulate(gap for gap, *_ in rows)
    timed = [(float(time), *rest) for time, (_, *rest) in zip(times, rows, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bursts, "GROUPS_KEPT", kept)
        singly, state = parts_and_state(ALL, cut(timed, list(range(40))))
        for borders in ([], list(range(size, 40, size))):
            parts, ended = parts_and_state(ALL, cut(timed, borders))
            assert fold(parts) == fold(singly)
            assert ended == state


# Runs of the same name, pauses around the timespans, more names than are kept, and stretches of one outcome: with fewer
# kinds of streams, faults planted in the fold went through.
@st.composite
def streams(draw: st.DrawFn) -> tuple[list[tuple[float, str, str, str]], list[int]]:
    gaps = draw(
        st.sampled_from(
            [[0, 0, 1, 2, 5, 11], [0, 1], [3, 4, 5], [0, 5, 11, 11], [9, 10, 11, 30], [0, 1, 2, 41, 80], [0, 1, -3]]
        )
    )
    outcomes = draw(st.sampled_from([["failure"] * 5 + ["success"], ["failure"], ["success"] * 3 + ["failure"]]))
    users = draw(st.sampled_from([2, 3, 8, 30]))
    addresses = draw(st.integers(1, 3))
    random = draw(st.randoms(use_true_random=False))
    time, rows = 0.0, []
    for _ in range(draw(st.integers(1, 120))):
        time += random.choice(gaps)
        address, user = f"203.0.113.{random.randrange(addresses)}", f"u{random.randrange(users)}"
        rows.append((time, address, user, random.choice(outcomes)))
    return rows, draw(st.lists(st.integers(1, 120), max_size=6))


@given(streams())
@settings(max_examples=60, deadline=None)
def test_many_at_once_is_one_by_one(stream: tuple[list[tuple[float, str, str, str]], list[int]]) -> None:
    batches = cut(*stream)
    for ruleset in (COUNTS, ALL):
        quick = parts_and_state(ruleset, batches)
        with pytest.MonkeyPatch.context() as patch:
            one_by_one(patch)
            assert quick == parts_and_state(ruleset, batches)


def test_when_too_many_are_held_at_an_instant_its_order_is_that_of_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = [(11.0 * i, "203.0.113.7", "ab"[i % 2], "failure") for i in range(32)]
    batches = cut([*slow, *[(11.0 * 31, "203.0.113.7", "a", "failure")] * 2], [])
    ruleset = rules(FAILED, NEVER)
    quick = parts_and_state(ruleset, batches)
    one_by_one(monkeypatch)
    assert quick == parts_and_state(ruleset, batches)


@given(streams())
@settings(max_examples=25, deadline=None)
def test_what_is_let_go_of_was_needed_by_nobody(stream: tuple[list[tuple[float, str, str, str]], list[int]]) -> None:
    batches = cut(*stream)
    kept = parts_and_state(ALL, batches)
    for young, tidy_from in ((0, 10**9), (2, 1), (100, 5)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(memory, "YOUNG", young)
            patch.setattr(memory, "TIDY_FROM", tidy_from)
            assert parts_and_state(ALL, batches) == kept


def test_memory_holds_no_more_than_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "TIDY_FROM", 20)
    ruleset = rules(FAILED, COUNT)
    state = begin(ruleset)
    for i in range(300):
        batch = logins([(60.0 * i, "203.0.113.7", "root", "failure")] * 2, first=2 * i + 1)
        state = step(ruleset, state, [(batch, match(ruleset, batch))]).state
        held = len(state.memory.objects) + sum(shown.height for _, shown in state.memory.young)
        assert held <= 3 * (20 + len(state.held()))
    assert state.memory.next == 600


def test_state_of_a_changed_rule_is_dropped() -> None:
    old, batch = rules(FAILED, COUNT, SPRAY), logins(fails(0, 1))
    data = dump(step(old, begin(old), [(batch, match(old, batch))]).state)
    new = rules(FAILED, COUNT.replace("gte: 3", "gte: 2"), SPRAY)
    assert [len(groups) for groups in load(new, data).groups.values()] == [0, 1]
    changed_below = rules(FAILED.replace("failure", "success"), COUNT, SPRAY)
    assert [len(groups) for groups in load(changed_below, data).groups.values()] == [0, 0]
