"""Events that name what a list calls bad."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vedette.detect.intel import NOTHING, Known, Listed, look
from vedette.detect.intel.known import address_of, host_of
from vedette.model.alert import fold
from vedette.model.indicator import Indicator
from vedette.model.records import Events, Logsource
from vedette.parse.indicators import indicator

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
BAD = Listed(
    "bad",
    "high",
    [
        Indicator("network", "203.0.113.9/32", "SomeBot"),
        Indicator("network", "198.51.100.0/24"),
        Indicator("network", "2001:db8:bad::/48"),
        Indicator("domain", "evil.example"),
        Indicator("url", "shop.example/x.php?id=1"),
        Indicator("hash", "44d88612fea8a8f36de82e1278abb02f", "a test file"),
        Indicator("email", "boss@corp.example"),
        Indicator("network", "192.0.2.7/32", "", NOW),
    ],
)


def events(*rows: dict) -> Events:
    own = [{"@timestamp": NOW + timedelta(seconds=n), "event.id": f"e{n}", "event.original": "a line"} for n in range(len(rows))]
    rows = tuple({**each, **row} for each, row in zip(own, rows, strict=True))
    frame = pl.DataFrame(rows, schema_overrides={"@timestamp": pl.Datetime("us", "UTC")}, infer_schema_length=None, orient="row")
    return Events(Logsource(), frame.with_row_index("line").with_columns(pl.col("line").cast(pl.Int64)))


def seen(*rows: dict, known: Known | None = None) -> list[tuple]:
    found = look(known or Known([BAD]), events(*rows))
    return [(each.rule_id, each.level, each.message, each.count) for each in found]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"destination.ip": "203.0.113.9"}, "203.0.113.9 is on the list bad: SomeBot"),
        ({"destination.ip": "198.51.100.77"}, "198.51.100.77 in 198.51.100.0/24 is on the list bad"),
        ({"destination.ip": "2001:db8:bad::1"}, "2001:db8:bad::1 in 2001:db8:bad::/48 is on the list bad"),
        ({"dns.question.name": "c2.Evil.example."}, "evil.example (c2.Evil.example.) is on the list bad"),
        ({"tls.client.server_name": "evil.example"}, "evil.example is on the list bad"),
        ({"url.domain": "203.0.113.9"}, "203.0.113.9 is on the list bad: SomeBot"),
        ({"url.full": "https://eve@SHOP.example/x.php?id=1#top"}, "shop.example/x.php?id=1 is on the list bad"),
        ({"url.original": "http://cdn.evil.example:8080/a"}, "evil.example (http://cdn.evil.example:8080/a) is on the list bad"),
        ({"url.original": "http://[2001:db8:bad::9]/a"}, "2001:db8:bad::9 in 2001:db8:bad::/48 is on the list bad"),
        (
            {"Hashes": "SHA1=aa,MD5=44D88612FEA8A8F36DE82E1278ABB02F,IMPHASH=00"},
            "44d88612fea8a8f36de82e1278abb02f is on the list bad: a test file",
        ),
        ({"email.from.address": "Boss@Corp.Example"}, "boss@corp.example is on the list bad"),
        ({"email.to.address": "x@mail.evil.example"}, "evil.example (x@mail.evil.example) is on the list bad"),
    ],
)
def test_what_ours_turns_to_is_told_at_the_level_of_the_list(row, said) -> None:
    assert seen(row) == [("intel/bad", "high", said, 1)]


@pytest.mark.parametrize(
    "row",
    [
        {"destination.ip": "203.0.113.8"}, {"destination.ip": "198.51.101.1"}, {"destination.ip": "no address"},
        {"dns.question.name": "notevil.example"}, {"dns.question.name": "evil.example.com"}, {"dns.question.name": ""},
        {"url.original": "/x.php?id=1"}, {"url.full": "http://shop.example/x.php?id=2"}, {"url.original": "*"},
        {"Hashes": "MD5=44D88612FEA8A8F36DE82E1278ABB02F0"}, {"email.from.address": "corp.example"},
        {"destination.ip": "192.0.2.7"}, {"message": "203.0.113.9"}, {"destination.port": 22}, {},
    ],
)  # fmt: skip
def test_what_is_on_no_list_or_on_it_no_longer_is_not_told(row) -> None:
    assert seen(row) == []


def test_who_only_comes_to_us_is_everyday_life() -> None:
    rows = [{"source.ip": "203.0.113.9", "destination.ip": "192.0.2.1", "host.name": "web1"}] * 3
    assert seen(*rows) == [("intel/bad/from", "informational", "203.0.113.9 is on the list bad: SomeBot", 3)]
    (alert,) = look(Known([BAD]), events(*rows))
    assert (alert.source_ip, alert.destination_ip, alert.host_name, alert.rule_source) == ("203.0.113.9", "192.0.2.1", "web1", "intel")
    assert alert.entities == (("ip", "203.0.113.9"), ("ip", "192.0.2.1"), ("host", "web1"))
    assert [each.event_id for each in alert.evidence] == ["e0", "e1", "e2"]


def test_who_is_let_in_from_a_listed_address_is_told_at_the_level_of_the_list() -> None:
    login = {"source.ip": "203.0.113.9", "host.name": "web1", "event.category": "authentication"}
    rows = [{**login, "event.outcome": "failure"}, {**login, "event.outcome": "success"}, {"source.ip": "203.0.113.9", "host.name": "web1"}]
    assert seen(*rows) == [
        ("intel/bad/from", "informational", "203.0.113.9 is on the list bad: SomeBot", 2),
        ("intel/bad/login", "high", "203.0.113.9 is on the list bad: SomeBot", 1),
    ]
    assert look(Known([BAD]), events(rows[1]))[0].techniques == ("T1078",)


def test_the_first_list_counts_and_what_is_ignored_is_on_none() -> None:
    other = Listed("other", "low", [*BAD.indicators, Indicator("domain", "also.example")])
    assert seen({"destination.ip": "203.0.113.9"}, known=Known([other, BAD]))[0][:2] == ("intel/other", "low")
    assert seen({"source.ip": "203.0.113.9"}, known=Known([other]))[0][1] == "informational"
    ignoring = Known([other], ["203.0.113.0/24", "evil.example", "198.51.100.7"])
    assert seen({"destination.ip": "203.0.113.9"}, known=ignoring) == seen({"dns.question.name": "a.evil.example"}, known=ignoring) == []
    assert seen({"destination.ip": "198.51.100.1"}, known=ignoring) == []
    assert seen({"dns.question.name": "also.example"}, known=ignoring)
    assert look(NOTHING, events({"destination.ip": "203.0.113.9"})) == []
    below = Known([BAD], ["mail.evil.example"])
    assert seen({"dns.question.name": "mail.evil.example"}, known=below) == []
    assert seen({"dns.question.name": "www.evil.example"}, known=below)


def test_the_smallest_network_is_told() -> None:
    lists = Listed("l", "high", [Indicator("network", "198.51.0.0/16", "wide"), Indicator("network", "198.51.100.0/24", "close")])
    assert seen({"destination.ip": "198.51.100.1"}, known=Known([lists]))[0][2].endswith("list l: close")
    assert seen({"destination.ip": "198.51.99.1"}, known=Known([lists]))[0][2].endswith("list l: wide")


def test_what_a_list_says_acts_on_no_terminal_and_ends() -> None:
    lists = Listed("l", "high", [Indicator("domain", "evil.example", "\x1b[2J" + "x" * 5000)])
    (told,) = seen({"dns.question.name": "evil.example"}, known=Known([lists]))
    assert "\x1b" not in told[2]
    assert len(told[2]) < 400


def test_events_without_a_time_are_looked_at() -> None:
    (alert,) = look(Known([BAD]), Events(Logsource(), pl.DataFrame({"line": [1], "destination.ip": ["203.0.113.9"]})))
    assert (alert.timestamp.year, alert.count, alert.evidence[0].original) == (1970, 1, "")


ROWS = st.lists(
    st.fixed_dictionaries({
        "source.ip": st.sampled_from([None, "203.0.113.9", "192.0.2.1", "198.51.100.5"]),
        "destination.ip": st.sampled_from([None, "203.0.113.9", "192.0.2.2"]),
        "host.name": st.sampled_from([None, "web1", "db1"]),
        "dns.question.name": st.sampled_from([None, "a.evil.example", "b.evil.example", "good.example"]),
        "event.count": st.sampled_from([None, 1, 7]),
    }),
    min_size=1,
    max_size=12,
)  # fmt: skip


@given(ROWS, st.integers(1, 11))
def test_batches_do_not_matter(rows: list[dict], cut: int) -> None:
    rows = [{"event.id": f"r{n}", "@timestamp": NOW + timedelta(hours=5 * n), **row} for n, row in enumerate(rows)]
    known = Known([BAD])
    whole = fold(look(known, events(*rows)))
    parts = fold(alert for part in (rows[:cut], rows[cut:]) if part for alert in look(known, events(*part)))
    assert [(each.id, each.count, each.message, each.first_seen, each.last_seen, each.evidence[:1]) for each in whole] == [
        (each.id, each.count, each.message, each.first_seen, each.last_seen, each.evidence[:1]) for each in parts
    ]


PAGES = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "HTTPS", "ftp"]),
    st.sampled_from(["", "eve@", "eve:pass@"]),
    st.sampled_from(["Shop.example", "203.0.113.9", "[2001:db8::9]", "a.b.example"]),
    st.sampled_from(["", ":80", ":443", ":8080", ":21"]),
    # What ends in a mark loses it where lists are read: there it belongs to the sentence around it.
    st.one_of(st.just(""), st.text(st.characters(min_codepoint=32, max_codepoint=1000), max_size=12).map("/{}x".format), st.just("?a=1")),
)


@given(PAGES)
def test_pages_are_spelled_as_lists_spell_them(page: str) -> None:
    try:
        listed = indicator(page)
    except ValueError:
        assume(False)
    assert listed.value == address_of(page)
    assert look(Known([Listed("l", "high", [listed])]), events({"url.full": page}))


@given(st.text(max_size=60))
def test_any_text_may_be_looked_up(text: str) -> None:
    known = Known([BAD])
    for find in (known.address, known.name, known.url, known.hash, known.email):
        find(text)
    host_of(address_of(text))
