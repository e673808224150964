"""What an incident is worth, what is told of it, and what may become of it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.incidents.group import State, group
from vedette.incidents.grouping import Grouping
from vedette.incidents.lifecycle import LEGAL, Quiet, change, settle
from vedette.incidents.score import Risk, is_below, outline, score
from vedette.incidents.story import STEPS_KEPT, plain, tell, title
from vedette.model.alert import LEVELS, Alert, Evidence
from vedette.model.incident import STATES, IncidentError

START = datetime(2026, 2, 1, 8, 0, tzinfo=UTC)


def alert(minute=0, rule="r", level="medium", **more):
    at = START + timedelta(minutes=minute)
    values = {
        "timestamp": at, "id": f"{rule}{minute}", "rule_id": rule, "rule_name": f"Rule {rule}", "level": level,
        "rule_source": "sigma", "first_seen": at, "last_seen": at, "message": f"{rule} happened",
        "evidence": (Evidence(f"e{rule}{minute}", "f", 0, "line"),),
    }  # fmt: skip
    return Alert(**{**values, **more})


BRUTE = alert(0, "brute", "high", techniques=("T1110.001",), source_ip="203.0.113.7", host_name="web1", count=142,
              last_seen=START + timedelta(minutes=2), alert_class="authentication")  # fmt: skip
LOGIN = alert(3, "login", "high", techniques=("T1078",), source_ip="203.0.113.7", host_name="web1", user_name="eve",
              alert_class="authentication")  # fmt: skip
ROOT = alert(5, "root", "medium", tactics=("privilege-escalation",), host_name="web1", user_name="eve",
             alert_class="escalation")  # fmt: skip
CALL = alert(9, "call", "medium", tactics=("command-and-control",), host_name="web1", destination_ip="198.51.100.77",
             alert_class="beacon")  # fmt: skip


def worth(*alerts, hours=0.0):
    return score(outline(alerts), Risk(), START + timedelta(hours=hours))


def test_success_and_progress_raise_the_score():
    values = [worth(BRUTE).value, worth(BRUTE, LOGIN).value, worth(BRUTE, LOGIN, ROOT).value]
    assert values == sorted(values)
    assert values[1] - values[0] > 20
    full = worth(BRUTE, LOGIN, ROOT, CALL)
    assert full.level == "critical"
    assert full.value > 90
    assert any("succeeded" in reason for reason in full.reasons)
    assert any("stages" in reason for reason in full.reasons)
    other = msgspec.structs.replace(LOGIN, source_ip="198.51.100.9", user_name="bob")
    assert not any("succeeded" in reason for reason in worth(BRUTE, other).reasons), "another peer's login is no success"
    before = msgspec.structs.replace(LOGIN, first_seen=START - timedelta(hours=1), last_seen=START - timedelta(hours=1))
    assert not any("succeeded" in reason for reason in worth(BRUTE, before).reasons)


def test_repetition_of_one_rule_does_not_outweigh_an_attack():
    noise = [alert(n, "noise", "low") for n in range(1000)]
    assert worth(*noise).value < worth(BRUTE).value
    assert LEVELS.index(worth(*noise).level) <= LEVELS.index("medium")


def test_the_score_halves_and_the_level_stays():
    now, later = worth(alert()), worth(alert(), hours=12)
    assert later.value == pytest.approx(now.value / 2, rel=0.05)
    assert later.level == now.level
    assert worth(BRUTE, LOGIN, ROOT, CALL, hours=24 * 30).value < 1


LEVEL = st.sampled_from(LEVELS)
TACTIC = st.sampled_from(["", "initial-access", "execution", "impact"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(LEVEL, TACTIC, st.integers(0, 3)), min_size=1, max_size=12), st.tuples(LEVEL, TACTIC), st.integers(0, 99))
def test_another_alert_never_lowers_the_score(rows, more, hours):
    alerts = [alert(0, f"r{n}", level, tactics=(tactic,)) for level, tactic, n in rows]
    further = alert(0, "x", more[0], tactics=(more[1],))
    before, after = worth(*alerts, hours=hours), worth(*alerts, further, hours=hours)
    assert 0 <= before.value <= 100
    assert after.value >= before.value
    assert LEVELS.index(after.level) >= LEVELS.index(before.level)


def test_the_story_goes_from_guessing_to_calling_home():
    steps = tell(outline([CALL, ROOT, LOGIN, BRUTE]))
    assert [step.alerts for step in steps] == [("brute0",), ("login3",), ("root5",), ("call9",)]
    assert steps[0].text == (
        "08:00 to 08:02 203.0.113.7 guessed credentials on web1 (Password Guessing, T1110.001): brute happened [142 in all]"
    )
    assert steps[1].text.startswith("08:03 203.0.113.7 logged in as eve on web1 after guessing credentials (Valid Accounts")
    assert steps[3].text == "08:09 a program called home from web1 to 198.51.100.77: call happened [1 event]"
    assert all(step.evidence for step in steps)
    assert title(outline([CALL, ROOT, LOGIN, BRUTE])) == (
        "Login after guessed credentials on web1 from 203.0.113.7, then privilege escalation, command and control"
    )


def test_alerts_of_one_rule_and_peer_are_one_step_and_steps_are_bounded():
    steps = tell(outline([alert(n, "a", source_ip="203.0.113.7", host_name=f"h{n}") for n in range(5)]))
    assert len(steps) == 1
    assert "h0 and 4 other hosts" in steps[0].text
    many = [alert(n, f"r{n:03}", "critical" if n == 150 else "low") for n in range(200)]
    kept = tell(outline(many))
    assert len(kept) == STEPS_KEPT
    assert any("r150150" in step.alerts for step in kept), "the gravest stays"


def test_hostile_text_is_one_printable_line():
    nasty = "x\x1b[2J\u202e\n\r\x00" + "y" * 10_000
    one = alert(0, message=nasty, user_name=nasty, host_name=nasty, source_ip=nasty)
    text = " ".join(step.text for step in tell(outline([one])))
    assert text.isprintable()
    assert len(text) < 1200
    assert plain("a\tb") == "a?b"
    assert title(outline([alert(0, rule_name=nasty, host_name=nasty)])).isprintable()


def incident(level="medium", minute=0):
    return group(Grouping(), Risk(), State(), [alert(minute, level=level)], START + timedelta(days=1)).changed[0]


def test_every_change_has_who_when_and_why():
    acked = change(incident(), "acknowledged", who="ann", why="looking", at=START)
    entry = acked.history[-1]
    assert (entry.who, entry.at, entry.before, entry.to, entry.why) == ("ann", START, "new", "acknowledged", "looking")
    for who, why in (("", "x"), ("x", "  ")):
        with pytest.raises(IncidentError):
            change(acked, "resolved", who=who, why=why, at=START)


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("to", STATES)
def test_only_legal_changes(before, to):
    given_state = msgspec.structs.replace(incident(), state=before)
    if to in LEGAL[before]:
        assert change(given_state, to, who="a", why="b", at=START).state == to
    else:
        with pytest.raises(IncidentError, match=f"from {before} to {to}"):
            change(given_state, to, who="a", why="b", at=START)


def test_a_merged_incident_cannot_be_changed():
    with pytest.raises(IncidentError, match="part of another"):
        change(msgspec.structs.replace(incident(), merged_into="x"), "resolved", who="a", why="b", at=START)


def test_quiet_ones_are_resolved_but_not_grave_ones_or_those_being_worked_on():
    late, early = START + timedelta(hours=24), START + timedelta(hours=23)
    assert settle(Quiet(), incident(), early).state == "new"
    resolved = settle(Quiet(), incident(), late)
    assert resolved.state == "resolved"
    assert resolved.history[-1].who == "vedette"
    assert "24 h" in resolved.history[-1].why
    assert settle(Quiet(), incident("critical"), late).state == "new"
    assert settle(Quiet(resolve_up_to="critical"), incident("critical"), late).state == "resolved"
    working = change(incident(), "in-progress", who="a", why="b", at=START)
    assert settle(Quiet(), working, late) == working
    assert settle(Quiet(), resolved, late + timedelta(days=9)) == resolved


@pytest.mark.parametrize("least", LEVELS)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("says", [(), ("T1110.001",), ("T1078",), ("T1110", "T1078")])
@pytest.mark.parametrize("tactics", [(), ("initial-access",), ("initial-access", "execution"), ("impact",)])
@pytest.mark.parametrize("kind", ["authentication", "other"])
def test_one_alert_is_below_a_level_when_its_score_is(least, level, says, tactics, kind):
    one = alert(0, "one", level, techniques=says, tactics=tactics, alert_class=kind, source_ip="203.0.113.7", count=9)
    none = score(outline([one]), Risk(), START + timedelta(days=2), least) is None
    assert is_below({one.id: one}, least) == none
    two = {one.id: one, "two": alert(1, "two", level)}
    assert not is_below(two, least), "more than one is not looked at"


PEER = st.sampled_from([None, "203.0.113.7", "203.0.113.8"])
NAME = st.sampled_from([None, "eve", "bob"])
SAYS = st.sampled_from([(), ("T1110.001",), ("T1078",), ("T1110", "T1078")])


def success_by_pairs(alerts):
    """Every login with every guess, in as many words."""
    for one in alerts:
        for guess in alerts:
            same_peer = one.source_ip is not None and one.source_ip == guess.source_ip
            account = (one.user_name, one.host_name)
            same_user = one.user_name is not None and account == (guess.user_name, guess.host_name)
            said = "T1078" in one.techniques and any(t.startswith("T1110") for t in guess.techniques)
            if said and guess.first_seen <= one.last_seen and (one is guess or same_peer or same_user):
                return one
    return None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), PEER, NAME, NAME, SAYS), min_size=1, max_size=8))
def test_a_success_is_what_comparing_all_pairs_finds(rows):
    alerts = [
        alert(at, f"r{n}", source_ip=peer, user_name=user, host_name=host, techniques=says)
        for n, (at, peer, user, host, says) in enumerate(rows)
    ]
    assert outline(alerts).success is success_by_pairs(alerts)
