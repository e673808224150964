"""What a person says about incidents holds for the alerts that come later, and can be taken back."""

from datetime import timedelta
from functools import partial

import msgspec
import pytest
from tests.incidents.test_group import NOW, START, alert, run

from vedette.incidents import regroup
from vedette.incidents.group import dump, load
from vedette.incidents.grouping import Grouping
from vedette.incidents.regroup import By
from vedette.incidents.score import Risk
from vedette.model.incident import IncidentError

BY = By("ann", "one campaign", NOW)
FIRST, SECOND = "203.0.113.7", "198.51.100.9"


def done(change, state, *args, by=BY):
    """The new state, as a snapshot keeps it, and the incidents that changed."""
    grouped = change(Grouping(), Risk(), state, *args, by=by)
    return load(dump(grouped.state)), grouped.changed


def rules(incident):
    return sorted(a.rule_id for a in incident.alerts)


@pytest.fixture
def two():
    """Two incidents of two addresses, and the state."""
    world, state = run([alert(0, "a", ip=FIRST, level="high"), alert(5, "b", ip=SECOND), alert(6, "c", ip=SECOND)])
    return (*sorted(world.values(), key=lambda each: each.first_seen), state)


def later(state, *alerts):
    """Live incidents after these alerts, by what was found in them."""
    return run(alerts, state=state)


def test_later_alerts_of_a_merged_incident_go_to_the_one_that_took_it_in(two):
    one, other, state = two
    state, (home, gone) = done(regroup.merge, state, one, [other])
    assert (home.id, rules(home)) == (one.id, ["a", "b", "c"])
    assert (gone.id, gone.state, gone.merged_into, gone.history[-1].who) == (other.id, "resolved", one.id, "ann")
    assert [each.id for each in home.merged] == [other.id]
    assert (home.history[-1].who, "one campaign" in home.history[-1].why) == ("ann", True)
    world, _ = later(state, alert(7, "d", ip=SECOND), alert(8, "e", ip=FIRST))
    assert {each.id: rules(each) for each in world.values()} == {one.id: ["a", "b", "c", "d", "e"]}


def test_a_merge_taken_back_gives_both_as_they_were_and_they_stay_apart(two):
    one, other, state = two
    state, (home, gone) = done(regroup.merge, state, one, [other])
    state, (home, back) = done(regroup.restore, state, home, gone)
    for before, after in ((one, home), (other, back)):
        for name in ("id", "title", "state", "level", "first_seen", "last_seen", "alerts", "story", "omitted", "merged"):
            assert getattr(after, name) == getattr(before, name), name
        assert {e.value for e in after.entities} == {e.value for e in before.entities}
    assert back.merged_into is None
    assert [c.to for c in back.history] == ["new", "resolved", "new"]
    # One alert that is tied to both would have made one of them.
    world, _ = later(state, alert(7, "d", ip=SECOND), alert(8, "both", ip=FIRST, entities=(("ip", SECOND),)), alert(9, "e", ip=SECOND))
    assert {each.id: rules(each) for each in world.values()} == {one.id: ["a", "both"], other.id: ["b", "c", "d", "e"]}


def test_a_split_off_incident_has_its_alerts_and_what_comes_to_them(two):
    one, other, state = two
    state, (home, _) = done(regroup.merge, state, one, [other])
    taken = [each.id for each in home.alerts if each.source_ip == SECOND]
    state, (left, new) = done(regroup.split, state, home, taken)
    assert (rules(left), rules(new)) == (["a"], ["b", "c"])
    assert new.id not in (one.id, other.id)
    assert SECOND not in {each.value for each in left.entities}
    part = msgspec.structs.replace(new.alerts[0], last_seen=START + timedelta(minutes=7), count=5)
    world, state = later(state, part, alert(9, "d", ip=SECOND))
    assert {each.id: rules(each) for each in world.values()} == {new.id: ["b", "c", "d"]}
    # And that can be undone by merging them again, after which nothing keeps them apart.
    state, (again, _) = done(regroup.merge, state, left, [world[new.id]])
    assert rules(again) == ["a", "b", "c", "d"]
    assert state.groups[again.id].apart == []


def test_incidents_that_are_over_can_be_merged_and_split_too():
    world, state = run([alert(0, "a", ip=FIRST), alert(1, "a2", ip=FIRST, user="ben", host="web1"), alert(500, "b", ip=SECOND)])
    old = min(world.values(), key=lambda each: each.first_seen)
    new = max(world.values(), key=lambda each: each.first_seen)
    assert old.id not in state.groups
    merged, (home, gone) = done(regroup.merge, state, new, [old])
    assert rules(home) == ["a", "a2", "b"]
    assert {e.value for e in home.entities} >= {FIRST, SECOND, "ben@web1", "web1"}
    _, (left, part) = done(regroup.split, state, old, [old.alerts[0].id])
    assert (rules(left), rules(part)) == (["a2"], ["a"])
    later_state, _ = done(regroup.restore, merged, home, gone)
    assert set(later_state.groups) == {new.id}, "what is over leaves the state again"
    # What is too long takes no more, but is gone on with.
    world, _ = later(merged, alert(510, "c", ip=SECOND))
    assert [rules(each) for each in world.values()] == [["a", "a2", "b", "c"]]


def test_what_was_only_counted_is_counted_where_it_belongs(two):
    _, _, state = two
    many = [alert(6 + number, "r", ip=SECOND) for number in range(25)]
    world, state = run(many, state=state)
    (full,) = world.values()
    assert [(o.rule_id, o.count) for o in full.omitted] == [("r", 5)]
    one = run([alert(0, "z", ip=FIRST), *[alert(number, "r", ip=FIRST) for number in range(10)]])[0]
    (small,) = one.values()
    state, (home, gone) = done(regroup.merge, state, small, [full])
    assert sum(o.count for o in home.omitted) == 5 + 10
    state, (home, back) = done(regroup.restore, state, home, gone)
    assert home.omitted == ()
    assert back.alerts == full.alerts
    assert back.omitted == full.omitted


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda a, b: partial(regroup.merge, home=a, others=[a]), "with itself"),
        (lambda a, b: partial(regroup.merge, home=a, others=[b, b]), "with itself"),
        (lambda a, b: partial(regroup.merge, home=a, others=[]), "with itself"),
        (lambda a, b: partial(regroup.split, home=b, alerts=[]), "no alert"),
        (lambda a, b: partial(regroup.split, home=b, alerts=[a.alerts[0].id]), "not an alert"),
        (lambda a, b: partial(regroup.split, home=b, alerts=[x.id for x in b.alerts]), "all of its alerts"),
        (lambda a, b: partial(regroup.restore, home=a, other=b), "not part of"),
        (lambda a, b: partial(regroup.merge, home=a, others=[msgspec.structs.replace(b, merged_into=a.id)]), "part of another"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(two, change, fault):
    one, other, state = two
    before = dump(state)
    with pytest.raises(IncidentError, match=fault):
        change(one, other)(Grouping(), Risk(), state, by=BY)
    with pytest.raises(IncidentError, match="person and a reason"):
        regroup.merge(Grouping(), Risk(), state, one, [other], By("ann", " ", NOW))
    assert dump(state) == before
