"""Who is dropped, limited or shielded, for how long, and who never."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vedette.model.action import Action, source_network
from vedette.model.alert import Alert, alert_id
from vedette.model.allowlist import Allowlist
from vedette.respond import policy as policies
from vedette.respond.policy import Evidence, Known, Policy, Scores, decide, remember, score_of
from vedette.runtime.surroundings import FIXED

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ATTACKER = "203.0.113.9"


def alert(
    rule="brute-force", alert_class="authentication", *, source="correlation", level="medium", ip=ATTACKER, count=5, at=NOW,
    target=None, key="",
):
    return Alert(
        timestamp=at, id=alert_id(rule, ip or "", key), rule_id=rule, rule_name=rule, level=level, rule_source=source,
        alert_class=alert_class, source_ip=ip, destination_ip=target, count=count, first_seen=at, last_seen=at, message=f"{rule} by {ip}",
    )


def scan(count=10, **more):
    return alert("network-port-scan", "scan", source="network", count=count, **more)


def known(allowed=(), active=(), repeats=0):
    return Known(
        Allowlist.of((each, "test") for each in allowed),
        {(a.kind, a.network, a.protocol): a for a in active},
        lambda _network: repeats,
    )


def decided(*alerts, policy=None, scores=None, proven=True, now=NOW, **more):
    return decide(
        policy or Policy(), scores if scores is not None else Scores(), [Evidence(a, proven) for a in alerts], known(**more), now
    )


def only(result):
    (action,) = result.actions
    return action


def test_guessing_at_logins_is_dropped_at_its_first_alert_for_twenty_minutes():
    action = only(decided(alert()))
    assert (action.kind, action.network, action.protocol) == ("drop", "203.0.113.9/32", None)
    assert action.until - action.at == timedelta(seconds=1200)
    assert (action.score, action.rules, action.alerts) == (80, ("brute-force",), (alert().id,))
    assert "brute-force" in action.reason


def test_what_could_be_forged_is_limited_at_most():
    assert only(decided(alert(), proven=False)).kind == "limit"
    assert only(decided(alert(), proven=False, policy=Policy(unproven="drop"))).kind == "drop"
    assert not decided(alert(), proven=False, policy=Policy(unproven="nothing")).actions


def test_a_scan_is_limited_when_its_evidence_has_doubled_and_never_dropped():
    scores = Scores()
    assert not decided(scan(10), scores=scores, proven=False).actions
    first = only(decided(scan(10), scores=scores, proven=False))
    assert (first.kind, first.score, first.until - first.at) == ("limit", 70, timedelta(hours=1))
    assert not decided(scan(400), scores=scores, proven=False, active=[first]).actions


def test_two_detectors_add_up():
    one = alert("web-a", "web", source="sigma", count=1)
    other = alert("web-b", "web", source="sigma", count=1)
    assert not decided(one).actions
    assert only(decided(one, other)).score == 80


def test_high_levels_count_twice_and_low_ones_not_at_all():
    assert only(decided(alert("x", "web", source="sigma", level="high", count=1))).score == 80
    assert not decided(alert(level="low"), alert("y", level="informational")).actions


def test_who_stands_on_a_list_is_held_to_account_for_it_once():
    def listed(count, weight=30.0, proven=True):
        return Evidence(alert("intel/bad/from", "indicator", source="intel", count=count), proven, weight)

    scores = Scores()
    for count in (1, 10, 1000):
        assert not decide(Policy(), scores, [listed(count)], known(), NOW).actions
    assert score_of(scores, "203.0.113.9/32") == 30
    action = only(decide(Policy(), scores, [Evidence(scan(), False)], known(), NOW))
    assert (action.kind, action.score) == ("limit", 65)
    action = only(decide(Policy(), Scores(), [listed(1, 80.0)], known(), NOW))
    assert (action.kind, action.source, action.reason) == ("drop", "intel", "intel/bad/from by 203.0.113.9")
    assert only(decide(Policy(), Scores(), [listed(1, 80.0, proven=False)], known(), NOW)).kind == "limit"
    assert not decide(Policy(), Scores(), [listed(1, 0.0)], known(), NOW).actions
    remember(Policy(), scores := Scores(), [listed(1, 50.0)], NOW)
    assert score_of(scores, "203.0.113.9/32") == 50


def test_repetition_of_few_events_in_a_log_does_not_count():
    scores = Scores()
    part = alert("probe", "web", source="sigma", count=1)
    for _ in range(9):
        assert not decided(part, scores=scores).actions
    assert only(decided(part, scores=scores)).kind == "drop"


def test_points_fade():
    scores = Scores()
    assert not decided(alert("a", "web", source="sigma", count=1), scores=scores).actions
    later = NOW + timedelta(minutes=11)
    assert not decided(alert("b", "web", source="sigma", count=1, at=later), scores=scores, now=later).actions
    assert score_of(scores, "203.0.113.9/32") == 40


def test_evidence_counts_from_when_it_happened():
    old = NOW - timedelta(days=365)
    assert not decided(alert(at=old)).actions
    fresh = only(decided(alert(at=NOW - timedelta(minutes=5))))
    assert fresh.until == NOW + timedelta(minutes=15)


def test_a_clock_that_is_ahead_does_not_make_a_longer_block():
    assert only(decided(alert(at=NOW + timedelta(days=300)))).until == NOW + timedelta(seconds=1200)


def test_repeats_last_twice_as_long_each_time_up_to_a_week():
    spans = [only(decided(alert(), repeats=n)).until - NOW for n in (0, 1, 3, 30, 10_000)]
    assert spans == [timedelta(seconds=1200), timedelta(seconds=2400), timedelta(seconds=9600), timedelta(days=7), timedelta(days=7)]


def test_what_is_in_force_is_not_decided_again_before_half_of_it_is_over():
    first = only(decided(alert()))
    later = NOW + timedelta(minutes=4)
    assert not decided(alert(at=later), now=later, active=[first]).actions
    later = NOW + timedelta(minutes=11)
    assert only(decided(alert(at=later), now=later, active=[first], repeats=1)).until == later + timedelta(seconds=2400)


def test_who_is_dropped_is_not_limited_besides():
    action = only(decided(alert()))
    assert not decided(scan(10, key="a"), scan(30, key="a"), proven=False, active=[action]).actions
    assert [a.kind for a in decided(alert("p", "scan", count=20), alert("p", "scan", count=60), alert()).actions] == ["drop"]


@pytest.mark.parametrize("allowed", ["203.0.113.9/32", "203.0.113.0/24", "0.0.0.0/0"])
def test_allowed_networks_are_never_acted_against_and_it_is_told(allowed):
    result = decided(alert(), allowed=[allowed])
    assert not result.actions
    assert [each.why for each in result.withheld] == ["never acted against: test"]


def test_ipv6_is_dropped_by_its_64_and_an_allowed_neighbour_there_protects_it():
    assert only(decided(alert(ip="2001:db8:1:2::77"))).network == "2001:db8:1:2::/64"
    assert not decided(alert(ip="2001:db8:1:2::77"), allowed=["2001:db8:1:2::1/128"]).actions
    assert only(decided(alert(ip="::ffff:203.0.113.9"))).network == "203.0.113.9/32"


def test_one_attacker_behind_a_translator_does_not_cut_off_all_of_ipv4():
    translated = alert(ip="64:ff9b::203.0.113.9")
    assert only(decided(translated)).network == "64:ff9b::/64"  # which is everybody else, too
    assert not decided(translated, allowed=[network for network, _ in FIXED]).actions


@pytest.mark.parametrize(
    ("rule", "target", "protocol"),
    [
        ("network-syn-flood", "192.0.2.10", 6), ("network-udp-flood", "192.0.2.10", 17), ("network-icmp-flood", "2001:db8::1", 58),
        ("network-udp-reflection", "192.0.2.10", 17),
    ],
)  # fmt: skip
def test_floods_of_forged_sources_are_answered_at_the_victim(rule, target, protocol):
    action = only(decided(alert(rule, "flood", source="network", ip=None, target=target, count=200), allowed=[f"{target}"]))
    assert (action.kind, ip_network(action.network), action.protocol) == ("guard", ip_network(target), protocol)
    assert action.until - action.at == policies.SHIELDED


def test_a_shield_is_renewed_while_the_flood_goes_on():
    flood = alert("network-syn-flood", "flood", source="network", ip=None, target="192.0.2.10", count=200)
    first = only(decided(flood))
    assert not decided(flood, active=[first]).actions
    later = NOW + timedelta(minutes=3)
    assert only(decided(msgspec.structs.replace(flood, last_seen=later), now=later, active=[first])).until == later + policies.SHIELDED


def test_no_more_than_so_many_in_a_minute_and_in_all():
    many = [alert(ip=f"198.51.100.{n}") for n in range(1, 31)]
    result = decided(*many, policy=Policy(max_per_minute=10))
    assert (len(result.actions), len(result.withheld)) == (10, 20)
    result = decided(*many, policy=Policy(max_active=5))
    assert (len(result.actions), len(result.withheld)) == (5, 25)


def test_nobody_can_fill_the_memory():
    scores = Scores()
    for n in range(policies.REMEMBERED + 100):
        decide(Policy(), scores, [Evidence(scan(ip=str(ip_address(n + (11 << 24)))), False)], known(), NOW)
    assert len(scores.sources) == policies.REMEMBERED
    assert score_of(scores, "11.0.0.5/32") == 0


def test_alerts_from_before_a_restart_count_on():
    scores = Scores()
    remember(Policy(), scores, [Evidence(alert("a", "web", source="sigma", count=1), True)], NOW)
    assert only(decided(alert("b", "web", source="sigma", count=1), scores=scores)).score == 80


def test_alerts_that_name_nobody_are_held_against_nobody():
    assert decided(alert(ip=None), alert(ip="no address")).actions == ()


def test_settings_are_checked():
    assert Policy(allow=["192.0.2.5", "2001:db8::1/64"]).allow == ("192.0.2.5/32", "2001:db8::/64")
    # As its packets come: written like this it protected nobody.
    assert Policy(allow=["::ffff:192.0.2.0/120", "::ffff:198.51.100.9"]).allow == ("192.0.2.0/24", "198.51.100.9/32")
    with pytest.raises(ValidationError):
        Policy(allow=["office"])


ADDRESSES = st.sampled_from(["203.0.113.9", "203.0.113.200", "192.0.2.1", "2001:db8::1", "2001:db8:0:1::5", "::ffff:192.0.2.1", None])
CLASSES = st.sampled_from(["authentication", "scan", "flood", "web", "other", "reflection"])


@given(
    st.lists(
        st.tuples(
            ADDRESSES, CLASSES, st.sampled_from(["network", "sigma"]), st.integers(1, 10_000), st.booleans(), st.integers(-5000, 5000)
        ),
        max_size=40,
    )
)
def test_whatever_comes_nobody_allowed_and_nobody_unproven_is_dropped(parts):
    scores, active = Scores(), {}
    for ip, kind, source, count, proven, seconds in parts:
        part = alert(f"r-{kind}", kind, source=source, ip=ip, count=count, at=NOW + timedelta(seconds=seconds), level="high")
        facts = Known(Allowlist.of([("192.0.2.0/24", "office"), ("2001:db8::/64", "office")]), active, lambda _n: 0)
        result = decide(Policy(), scores, [Evidence(part, proven)], facts, NOW)
        for action in result.actions:
            assert isinstance(action, Action)
            assert action.network not in ("192.0.2.1/32", "2001:db8::/64")
            assert action.until is not None
            assert NOW < action.until <= NOW + Policy().ttl_longest
            assert action.kind != "drop" or any(p[4] and p[0] and str(source_network(p[0])) == action.network for p in parts)
            active[action.kind, action.network, action.protocol] = action
