"""The index finds what a walk over all open incidents would find, and keeps busy hosts out of the way."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.incidents.test_group import ROW, TIGHT, alert, dump, group, run, stream

from vedette.incidents.grouping import INSIDE, Grouping, entities
from vedette.incidents.habits import common
from vedette.incidents.index import Index, telling
from vedette.incidents.score import Risk
from vedette.incidents.state import State

WORTHS = st.dictionaries(
    st.sampled_from(["ip:a", "ip:b", "user:root", "user:eve@h", "host:h", "host:g", "host:f", "case:1"]),
    st.sampled_from([0.25, 0.5, 1.0]),
)


@settings(max_examples=100, deadline=None)
@given(WORTHS, WORTHS)
def test_what_shares_enough_shares_a_telling_entity(ours, theirs):
    shared = sum(min(ours[key], theirs[key]) for key in ours.keys() & theirs.keys())
    if shared >= 1:
        assert set(telling(ours)) & set(telling(theirs))


def test_a_host_does_not_tell_and_two_hosts_do():
    assert telling({"host:h": 0.5, "user:root@h": 0.25, "ip:a": 1.0}) == ("ip:a",)
    assert telling({"host:h": 0.5}) == ()
    assert telling({"host:h": 0.5, "host:g": 0.5}) == ("host:g",)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=10, max_size=30), ROW, st.sampled_from([TIGHT, Grouping()]))
def test_the_index_finds_what_a_walk_over_all_finds(rows, row, rules):
    *alerts, probe = stream([*rows, row])
    _, state = run(alerts, settings=rules)
    index = Index(state.groups, state.ties, state.grown, state.deep, rules.gap)
    named, _ = common(state.habits, entities(probe, rules), probe.timestamp, rules)

    def near(held, key):
        tie = held.ties.get(key)
        return tie and max(probe.first_seen - tie.last, tie.first - probe.last_seen) <= rules.gap

    strong, inside = set(), set()
    for held in state.groups.values():
        shared = [key for key in named if near(held, key)]
        if sum(min(named[key], held.ties[key].worth) for key in shared) >= 1:
            strong.add(held.id)
        if any(held.ties[key].depth == INSIDE for key in shared if key.startswith("host:")):
            inside.add(held.id)
    long = {held.id for held in state.groups.values() if held.last_seen - held.first_seen > rules.longest}
    assert {held.id for held in index.tied(probe, named)} == strong - long
    assert {held.id for held in index.gone_in(probe, named)} == inside
    outgrown = index.outgrown(probe, named)
    assert (outgrown and outgrown.id) in (strong & long or {None})


def test_scanners_of_one_host_are_not_in_each_others_way():
    noise = [alert(i / 10, "n", ip=f"203.0.113.{i}", host="web1", level="low") for i in range(200)]
    _, state = run(noise)
    assert len(state.groups) == 200
    assert not [key for key in {**state.ties, **state.deep} if key.startswith("host:")]


def test_what_has_left_is_in_no_index():
    held = [alert(i, f"a{i}", user="eve", host=f"h{i % 3}", tactics=("execution",)) for i in range(9)]
    _, state = run(held, [alert(1000, "z", ip="203.0.113.8")])
    assert list(state.groups) == list(state.ties["ip:203.0.113.8"])
    assert (len(state.ties), state.grown, state.deep) == (1, {}, {})


def test_an_incident_that_grew_too_long_moves_and_is_named_by_the_next():
    _, state = run([alert(i * 50, f"a{i}", ip="203.0.113.7") for i in range(29)])
    (first,) = state.groups
    assert state.ties == {"ip:203.0.113.7": {first: None}}
    later = alert(29 * 50 - 10, "b", ip="203.0.113.7", last_seen=alert(29 * 50 + 60, "b").last_seen)
    again = alert(28 * 50, "a28", ip="203.0.113.7", id=next(reversed(state.alerts)))
    grown = group(Grouping(longest=timedelta(hours=20)), Risk(), state, [again], later.timestamp).state
    assert (grown.ties, grown.grown) == ({}, {"ip:203.0.113.7": {first: None}})
    assert dump(grown) != dump(State())
    (one, other) = group(Grouping(), Risk(), grown, [later], later.timestamp).state.groups.values()
    assert (one.id, other.continues) == (first, first)
