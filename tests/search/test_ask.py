"""Questions in plain language: what each of ours means, what is declined, and that no word is dropped unseen."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from vedette.model.query import QueryError, Rows, Summary
from vedette.model.query import tests as every_test
from vedette.model.question import UNKNOWN, Clause, Plan
from vedette.search import EVENTS, read, search
from vedette.search.ask import SCHEMAS, compiled, english, english_names, english_out, understand
from vedette.search.ask.concepts import CONCEPTS, ENTITIES, VERBS, clauses
from vedette.search.ask.lexicon import distance, english_lexicon
from vedette.search.ask.words import cut

FOLDER = Path(__file__).parents[1] / "data" / "search" / "ask"
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 5, 6, 14, 30, tzinfo=BERLIN)


def questions():
    for path in sorted(FOLDER.glob("*.yml")):
        file = yaml.safe_load(path.read_text("utf-8"))
        now = file["now"].replace(tzinfo=ZoneInfo(file["zone"]))
        for each in file["questions"]:
            yield {"now": now, **each}


ALL = list(questions())
MEANT = [each for each in ALL if "means" in each]
REFUSED = [each for each in ALL if "means" not in each]


def shown(understood):
    return f"{understood.about}: {understood.query}" if understood.about else f"declined: {understood.declined}"


def test_there_are_enough_questions():
    assert len(MEANT) >= 150
    assert len(REFUSED) >= 30
    assert len({each["ask"] for each in ALL}) == len(ALL)


@pytest.mark.parametrize("case", MEANT, ids=lambda case: case["ask"][:60])
def test_means(case):
    found = understand(case["ask"], case["now"])
    assert (shown(found), found.unknown) == (case["means"], ())


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["ask"][:60])
def test_is_not_searched_for(case):
    found = understand(case["ask"], case["now"])
    assert not found.whole
    assert found.declined == case.get("declined", "")
    assert found.declined or list(found.unknown) == case["unknown"]


@pytest.mark.parametrize("case", MEANT[::3], ids=lambda case: case["ask"][:60])
def test_case_and_signs_do_not_matter(case):
    if (
        any(word.kind in ("quoted", "path", "glob") for word in cut(case["ask"]))
        or "POST" in case["ask"]
        or "PUT" in case["ask"]
        or "CONNECT" in case["ask"]
        or re.search("[a-z][A-Z]|Googlebot|VPN Users", case["ask"])  # calls of clouds, and names that a capital tells
    ):
        return
    shouted = understand(case["ask"].strip("?").lower() + " ??", case["now"])
    assert shown(shouted).lower() == case["means"].lower()


# --- the words ---


def test_what_concepts_and_verbs_say_is_a_query():
    checked = 0
    for name, concept in CONCEPTS.items():
        for about, text in (("events", concept.events), ("alerts", concept.alerts), ("events", concept.attempts)):
            if text:
                query, found = compiled(Plan(about, clauses(text)))
                assert list(every_test(found.where)), (name, query)
                checked += 1
    assert checked > 100
    assert set(VERBS.values()) <= CONCEPTS.keys()
    for name, entity in ENTITIES.items():
        for about, schema in SCHEMAS.items():
            own = entity.field(about)[:1].isupper()  # a field that Windows itself names
            assert own or entity.field(about) in ("", *schema.fields), name


def test_every_tag_of_the_words_is_read():
    from vedette.search.ask.grammar import Grammar

    kinds = {tag.partition(":")[0].replace("-", "_") for tag in english.WORDS} - {"order", "named", "out"}
    assert [kind for kind in sorted(kinds) if not hasattr(Grammar, f"_read_{kind}")] == []
    values = {tag.partition(":")[::2] for tag in english.WORDS}
    assert {value for kind, value in values if kind == "concept"} <= CONCEPTS.keys()
    assert {value for kind, value in values if kind == "entity"} <= ENTITIES.keys()
    assert {value for kind, value in values if kind == "out"} | {"order"} == english_out.OUT.keys()


@pytest.mark.parametrize(
    ("one", "two", "most", "far"),
    [("login", "login", 1, 0), ("logni", "login", 1, 1), ("fialed", "failed", 1, 1), ("yesteday", "yesterday", 1, 1),
     ("abc", "xyz", 1, 2), ("attcks", "attacks", 2, 1), ("", "ab", 2, 2)],
)  # fmt: skip
def test_slips_of_the_finger(one, two, most, far):
    assert distance(one, two, most) == far


def test_a_slip_is_told_and_a_common_word_is_none():
    assert "fialed: read as failed" in understand("fialed logins", NOW).notes
    lexicon = english_lexicon()
    assert [word for word in english_names.COMMON.split() if lexicon.meant(word)] == []


# --- plans ---


def test_a_plan_of_a_model_is_checked_like_any_query():
    plan = Plan("events", (Clause(("user.name",), ('a (b) "c" *d\\',)),), then=Summary(by=("source.ip",), first=3))
    query, found = compiled(plan)
    assert found == search(query, EVENTS, NOW)
    for wrong in (
        Plan("alerts", (Clause(("destination.port",), ("22",)),)),
        Plan("events", (Clause(("process.title",), ("x",)),)),
        Plan("alerts", (Clause(("rule.level",), ("huge",)),)),
        Plan("events", (Clause(("user.name",), ("(" * 50,), "matches"),)),
        Plan("events", (), then=Summary(first=3)),
    ):
        with pytest.raises(QueryError):
            compiled(wrong)


def test_a_plan_is_json_with_a_schema():
    plan = understand("top 3 users by failed logins per hour today vs yesterday", NOW).plan
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan
    assert "Clause" in msgspec.json.schema(Plan)["$defs"]
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"about":"events","sql":"drop table events"}', type=Plan)


TEXT = st.text(min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(TEXT, st.sampled_from(["is", "like"]), st.booleans())
def test_a_value_is_written_so_that_it_is_read_back(value, op, negated):
    plan = Plan("events", (Clause(("user.name",), (value,), op, negated), Clause((), (value,))))
    try:
        query, found = compiled(plan)
    except QueryError:
        assert (
            op == "like"
            or not value.strip()
            or any(not c.isprintable() or c.isspace() for c in value)
            or set(value) <= {"*"}
        )
        return
    assert read(query, EVENTS, NOW) == found.where


# --- anything that somebody may type ---

PHRASES = sorted(
    {phrase for phrases in english.WORDS.values() for phrase in phrases.split("|")}
    | english.TIMES.keys()
    | english.NUMBERS.keys()
)
PIECES = st.sampled_from([
    *PHRASES, "root", "bob's", "203.0.113.0/24", "2001:db8::1", "10.0.0.5", "port 22", "web01", "T1110", "TA0001", "TA9999", ">", ">=",
    "=", "5", "10:00", "2am", "24h", "3rd", "2026-05-03", "31.02.2026", "99.99.2026", "2026-13-01", "5/3/2026", '"a b"', '"', "'", ",", "?",
    "5xx", "404s", "10MB", "evil.example", "*.x", "*", "/etc/passwd", "C:\\x", "CVE-2021-44228", "user=root", "%", "\0", "é", "💥", "-nop",
    "0 minutes ago", "99999 years ago", "last 99999 weeks", "0001-01-01", "9999-12-31", "in 2100", "between", "and", "compared with",
])  # fmt: skip


@example("incidents of hosts that contacted us")
@example("outcome disable firewall block daily")
@example("connections of more than biggest")
@settings(max_examples=1500, deadline=None)
@given(st.lists(PIECES, max_size=9).map(" ".join) | st.text(max_size=60))
def test_any_question_is_answered_and_every_word_accounted_for(question):
    found = understand(question, NOW)
    assert [word.text for word in found.words] == [
        word.text for word in cut(question) if word.kind not in ("comma", "mark")
    ]
    assert all(word.meaning for word in found.words)
    assert (found.about is None) == bool(found.declined)
    if found.about:
        search(found.query, SCHEMAS[found.about], NOW)


WORDS = st.text(alphabet="bcdfghjklmnpqrstvwxz", min_size=4, max_size=12)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([each["ask"] for each in MEANT if each["ask"][-1].isalpha()]), WORDS)
def test_a_word_that_nobody_knows_is_never_dropped(question, word):
    """Behind any question: it is told as unknown, corrected and told, part of the query, or why the question is declined."""
    assume(not english_lexicon().knows(word))
    found = understand(f"{question} {word}", NOW)
    last = found.words[-1]
    assert last.text == word
    told = word in found.declined or any(note.startswith(word) for note in found.notes)
    assert last.meaning == UNKNOWN or word in found.query or told


def test_too_long_is_declined():
    assert understand("a " * 600, NOW).declined == "longer than 1000 characters"
    assert understand("a b " * 150, NOW).declined == "longer than 200 words"


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
)
@settings(max_examples=200, deadline=None)
def test_times_lie_in_the_past_and_are_days_of_the_zone(at, zone):
    now = at.replace(tzinfo=ZoneInfo(zone))
    yesterday = understand("events of yesterday", now).plan
    assert yesterday.since < yesterday.until <= now.astimezone(UTC)
    assert timedelta(hours=23) <= yesterday.until - yesterday.since <= timedelta(hours=25)
    assert yesterday.since.astimezone(now.tzinfo).hour in (0, 1)  # 1 where midnight is skipped
    assert understand("events of the last 2 hours", now).plan.since.timestamp() == pytest.approx(
        (now.astimezone(UTC) - timedelta(hours=2)).timestamp(), abs=3601
    )
    for asked in (
        "today",
        "this week",
        "this month",
        "since monday",
        "at 3am",
        "in may",
        "on the 3rd",
        "last night",
        "since 23:59",
    ):
        assert understand(f"events {asked}", now).plan.since <= now.astimezone(UTC) + timedelta(hours=1), asked


def test_names_that_are_known_need_no_mark():
    def known(field, value):
        return (field, value) in {("user.name", "zaphod"), ("host.name", "heartofgold")}

    assert understand("failed logins of zaphod on heartofgold", NOW).unknown == ("zaphod", "heartofgold")
    found = understand("failed logins of zaphod on heartofgold", NOW, known)
    assert "user.name:zaphod and host.name:heartofgold" in found.query
    assert found.whole


def test_the_latest_is_of_the_records():
    assert understand("latest 3 alerts", NOW).plan.then == Rows(3)
