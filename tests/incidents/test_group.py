"""Alerts into incidents: what belongs together, what does not, and that neither batches nor replays matter."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.incidents.fold import LEFT_KEPT
from vedette.incidents.group import State, dump, group, load, update
from vedette.incidents.grouping import Grouping
from vedette.incidents.lifecycle import change
from vedette.incidents.score import Risk
from vedette.model.alert import Alert, Evidence, alert_id
from vedette.model.incident import Incident

START = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)
NOW = START + timedelta(days=40)


def alert(minute, rule="r", *, ip=None, user=None, host=None, level="medium", tactics=(), techniques=(), **more):
    at = START + timedelta(minutes=minute)
    values = {
        "timestamp": at, "id": more.pop("id", alert_id(rule, str(minute), str(ip), str(user), str(host))),
        "rule_id": rule, "rule_name": f"Rule {rule}", "level": level, "rule_source": "sigma", "source_ip": ip,
        "user_name": user, "host_name": host, "tactics": tactics, "techniques": techniques, "first_seen": at,
        "last_seen": at, "message": f"{rule} happened",
        "evidence": (Evidence(f"{rule}-{minute}", "auth.log", minute, "a line"),),
    }  # fmt: skip
    return Alert(**{**values, **more})


def run(*batches, settings=None, now=NOW, state=None):
    """The last form of every incident, and the state."""
    state, world = state or State(), {}
    for batch in batches:
        state, changed = group(settings or Grouping(), Risk(), load(dump(state)), batch, now)
        world |= {incident.id: incident for incident in changed}
    return world, state


def partition(world):
    return sorted(sorted(a.rule_id for a in i.alerts) for i in world.values() if i.merged_into is None)


def test_a_shared_address_or_account_ties_and_a_shared_host_alone_does_not():
    world, _ = run([
        alert(0, "a", ip="203.0.113.7", host="web1"),
        alert(10, "b", ip="203.0.113.7", host="db1"),
        alert(20, "c", ip="198.51.100.9", host="web1"),
        alert(30, "d", user="Alice", host="DB1"),
        alert(40, "e", user="alice", host="db1", ip="198.51.100.77"),
    ])  # fmt: skip
    assert partition(world) == [["a", "b"], ["c"], ["d", "e"]]


def test_time_apart_makes_two_incidents():
    world, _ = run([alert(minute, rule, ip="203.0.113.7") for minute, rule in ((0, "a"), (61, "b"), (121, "c"))])
    assert partition(world) == [["a"], ["b", "c"]]


def test_root_and_a_gateway_do_not_glue_the_world_together():
    roots = [alert(i, f"root{i}", user="root", host=f"h{i}", ip=f"203.0.113.{i + 1}") for i in range(4)]
    assert len(partition(run(roots)[0])) == 4
    shared = Grouping(shared_networks=("192.0.2.0/24",))
    users = [alert(i, f"u{i}", user=f"user{i}", host=f"h{i}", ip="192.0.2.1") for i in range(4)]
    assert len(partition(run(users, settings=shared)[0])) == 4
    assert len(partition(run(users)[0])) == 1, "an address that nobody called shared does tie"


def test_a_private_address_with_many_accounts_is_taken_for_a_gateway():
    many = [alert(i, f"u{i:02}", user=f"user{i}", host=f"h{i}", ip="10.0.0.1") for i in range(30)]
    sizes = sorted(len(p) for p in partition(run(many, settings=Grouping(fan_out=8))[0]))
    assert sizes[-1] <= 5
    assert len(sizes) >= 25


def test_what_is_in_alerts_every_day_ties_no_longer_by_itself():
    daily = [alert(day * 1440, f"d{day}", ip="203.0.113.7") for day in range(9)]
    world, _ = run([*daily, alert(8 * 1440 + 5, "x", ip="203.0.113.7", host="h")])
    assert ["d8"] in partition(world)
    assert ["x"] in partition(world)


def test_what_goes_on_inside_a_host_joins_the_grave_thing_that_reached_it():
    world, _ = run([
        alert(0, "noise", ip="198.51.100.1", host="web1", level="low", tactics=("reconnaissance",)),
        alert(4, "probe", ip="198.51.100.3", host="web1", level="high", techniques=("T1595",)),
        alert(5, "brute", ip="203.0.113.7", host="web1", level="medium", techniques=("T1110.001",)),
        alert(6, "login", ip="203.0.113.7", host="web1", level="high", techniques=("T1078",)),
        alert(9, "shell", user="www-data", host="web1", level="high", tactics=("execution",)),
        alert(12, "scan", ip="198.51.100.2", host="web1", level="high", tactics=("reconnaissance",)),
        alert(15, "call", ip="10.0.0.5", destination_ip="198.51.100.77", host="web1", tactics=("command-and-control",)),
    ])  # fmt: skip
    assert partition(world) == [["brute", "call", "login", "shell"], ["noise"], ["probe"], ["scan"]]


def test_attacks_on_one_address_from_several_are_several():
    attacks = [alert(i, f"a{i}", ip=f"203.0.113.{i}", destination_ip="192.0.2.10") for i in range(1, 4)]
    assert len(partition(run(attacks)[0])) == 3


def test_a_bridge_merges_into_the_older_and_both_say_so():
    a, b = alert(0, "a", ip="203.0.113.7"), alert(5, "b", user="eve", host="db1")
    bridge = alert(9, "c", ip="203.0.113.7", user="eve", host="db1")
    world, state = run([a], [b], [bridge])
    kept = next(i for i in world.values() if i.merged_into is None)
    gone = next(i for i in world.values() if i.merged_into)
    assert [x.rule_id for x in kept.alerts] == ["a", "b", "c"]
    assert gone.merged_into == kept.id
    assert gone.state == "resolved"
    assert [m.id for m in kept.merged] == [gone.id]
    assert any(gone.id in entry.why for entry in kept.history)
    assert set(state.groups) == {kept.id}
    assert run([a, b, bridge])[0] == world


def test_parts_of_one_alert_are_one_alert():
    parts = [alert(i, "a", ip="203.0.113.7", id="same", count=2) for i in (0, 40, 80, 120)]
    world, _ = run(*[[part] for part in parts])
    (incident,) = world.values()
    assert [(a.id, a.count) for a in incident.alerts] == [("same", 8)]
    assert incident.last_seen == START + timedelta(minutes=120)


def test_an_alert_that_goes_on_after_its_incident_ended_does_not_overwrite_it():
    world, _ = run([alert(0, "a", ip="203.0.113.7", id="same")], [alert(5000, "a", ip="203.0.113.7", id="same")])
    assert len(world) == 2


def test_an_alert_that_goes_on_after_its_incident_was_let_go_does_not_overwrite_it():
    same, other = alert(0, "a", ip="203.0.113.7"), alert(1, "b", ip="203.0.113.8")
    world, _ = run([same], [other], [same], settings=Grouping(open_incidents=1))
    assert partition(world) == [["a"], ["a"], ["b"]]


def test_a_long_incident_is_continued_by_another():
    world, _ = run([alert(i * 50, f"a{i:02}", ip="203.0.113.7") for i in range(40)])
    first, second = sorted(world.values(), key=lambda i: i.first_seen)
    assert first.last_seen - first.first_seen <= timedelta(hours=24)
    assert second.continues == first.id


def test_memory_is_bounded_and_what_is_left_out_is_counted():
    few = Grouping(open_incidents=3, alerts_per_rule=2)
    world, state = run([alert(i, f"a{i}", ip=f"203.0.113.{i}") for i in range(9)], settings=few)
    assert (len(world), len(state.groups), state.evicted) == (9, 3, 6)
    world, state = run([alert(i, "a", ip="203.0.113.7", count=3) for i in range(9)], settings=few)
    (incident,) = world.values()
    assert [(o.rule_id, o.count) for o in incident.omitted] == [("a", 21)]
    assert len(state.alerts) == 2
    _, state = run([alert(0, "a", ip="203.0.113.7"), alert(1000, "b", ip="203.0.113.8")])
    assert [g.first_seen for g in state.groups.values()] == [START + timedelta(minutes=1000)], "what is over leaves"
    assert list(state.ties) == ["ip:203.0.113.8"]


def test_incidents_let_go_early_are_forgotten_and_those_of_an_older_state_still_end():
    many = [alert(i // 100, f"a{i}", ip=f"2001:db8::{i:x}") for i in range(2 * LEFT_KEPT)]
    _, state = run(many, settings=Grouping(open_incidents=3))
    assert len(state.quiet) <= 2 * 3 + LEFT_KEPT
    older = msgspec.structs.replace(state, quiet=[])
    _, state = run([alert(1000, "b", ip="203.0.113.8")], state=older)
    assert [g.first_seen for g in state.groups.values()] == [START + timedelta(minutes=1000)]


def test_a_late_alert_finds_its_incident_by_any_time_at_which_it_was_there():
    late = alert(-50, "late", ip="203.0.113.7", timestamp=START + timedelta(minutes=56))
    world, _ = run([alert(0, "a", ip="203.0.113.7"), alert(55, "b", ip="203.0.113.7"), late])
    (incident,) = world.values()
    (seen,) = incident.entities
    assert (seen.first_seen, seen.last_seen) == (START - timedelta(minutes=50), START + timedelta(minutes=55))
    assert incident.first_seen == seen.first_seen


def test_an_alert_from_the_future_ends_nothing():
    future = alert(0, "f", ip="198.51.100.1", timestamp=datetime(2099, 1, 1, tzinfo=UTC))
    now = START + timedelta(minutes=10)
    world, _ = run([alert(0, "a", ip="203.0.113.7"), future, alert(9, "b", ip="203.0.113.7")], now=now)
    assert ["a", "b"] in partition(world)


def test_a_new_alert_opens_a_resolved_incident_and_a_false_positive_only_by_something_new():
    world, state = run([alert(0, "a", ip="203.0.113.7")])
    (incident,) = world.values()
    closed = change(incident, "resolved", who="ann", why="patched", at=START)
    again, _ = run([alert(5, "a", ip="203.0.113.7")], state=update(state, closed))
    assert [(h.before, h.to) for h in again[incident.id].history] == [
        (None, "new"), ("new", "resolved"), ("resolved", "new"),
    ]  # fmt: skip
    false = update(state, change(incident, "false-positive", who="ann", why="the scanner is ours", at=START))
    assert run([alert(5, "a", ip="203.0.113.7")], state=false)[0][incident.id].state == "false-positive"
    assert run([alert(5, "b", ip="203.0.113.7")], state=false)[0][incident.id].state == "new"


def test_json_form():
    (incident,) = run([alert(0, "a", ip="203.0.113.7", techniques=("T1190",))])[0].values()
    text = msgspec.json.encode(incident)
    assert msgspec.json.decode(text, type=Incident) == incident
    keys = {"incident.id", "title", "state", "score", "level", "story", "alerts", "history", "entities", "tactics"}
    assert keys <= set(msgspec.json.decode(text))
    assert msgspec.json.decode(text)["history"][0]["from"] is None


def test_damaged_state_is_refused():
    with pytest.raises(msgspec.DecodeError):
        load(dump(State())[:-3])


ROW = st.tuples(
    st.integers(0, 70),  # minutes since the one before
    st.integers(0, 5),  # alert id: few, so that parts come up
    st.sampled_from(["203.0.113.1", "203.0.113.2", "10.0.0.1", None]),
    st.sampled_from(["root", "eve", None]),
    st.sampled_from(["h1", "h2", None]),
    st.sampled_from([(), ("execution",), ("initial-access",)]),
    st.sampled_from(["low", "high"]),
)
TIGHT = Grouping(open_incidents=4, alerts_per_rule=3, longest=timedelta(hours=6), fan_out=2, habitual_days=2)


def stream(rows):
    times = accumulate(row[0] for row in rows)
    return [
        alert(t, f"r{n}", id=f"id{n}", ip=ip, user=user, host=host, tactics=tactics, level=level)
        for t, (_, n, ip, user, host, tactics, level) in zip(times, rows, strict=True)
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=10, max_size=30), st.sampled_from([TIGHT, Grouping()]), st.integers(2, 9))
def test_batches_do_not_matter(rows, rules, size):
    alerts = stream(rows)
    at_once = run(alerts, settings=rules)
    one_by_one = run(*[[a] for a in alerts], settings=rules)
    in_batches = run(*[alerts[i : i + size] for i in range(0, len(alerts), size)], settings=rules)
    assert one_by_one[0] == at_once[0]
    assert in_batches[0] == at_once[0]
    assert one_by_one[1] == in_batches[1] == at_once[1]


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=10, max_size=30))
def test_every_event_is_in_exactly_one_incident_that_was_not_merged_away(rows):
    alerts = stream(rows)
    world, _ = run(alerts, settings=Grouping(alerts_per_rule=2))
    live = [i for i in world.values() if i.merged_into is None]
    counted = sum(a.count for i in live for a in i.alerts) + sum(o.count for i in live for o in i.omitted)
    assert counted == len(alerts)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=5, max_size=20))
def test_the_state_given_stays_as_it_was(rows):
    _, state = run(stream(rows))
    before = dump(state)
    group(Grouping(), Risk(), state, stream(rows), NOW)
    assert dump(state) == before


def test_a_look_at_the_past_gives_each_incident_the_score_of_its_end():
    years_apart = [alert(0, ip="203.0.113.7"), alert(3 * 365 * 1440, ip="203.0.113.9")]
    now = max(a.last_seen for a in years_apart)
    aged = group(Grouping(), Risk(), State(), years_apart, now).changed
    assert min(i.score for i in aged) == 0 < max(i.score for i in aged)
    past = group(Grouping(), Risk(), State(), years_apart, now, aging=False).changed
    assert {i.score for i in past} == {max(i.score for i in aged)}
