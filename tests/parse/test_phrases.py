"""Plain words of unknown programs: what they mean, and whom they name."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.parse import peers, phrases
from vedette.parse.documents import login_json
from vedette.parse.messages import login_words

FAILED = [
    "Login failed for bob",
    "login attempt rejected",
    "Invalid credentials supplied",
    "Authentication for user 'bob' has failed",
    "wrong password for account bob",
    "Incorrect username or password",
    "LOGIN_FAILED",
    "account.login.failed_invalid_user",
    "auth failure",
    "user bob not found",
    "could not authenticate",
    "too many failed logins",
    "unknown user bob",
    "2FA code invalid",
    'error="Invalid username or password" ip=203.0.113.9',
    '{"type":"ADMIN_LOGIN_FAILED","ip":"203.0.113.9"}',
    'Login failed for "no failed logins"',
    '"login failed" 203.0.113.9',
    "user.login.failure",
    "UserLoginFailed",
    "Failed sign-in attempt using a wrong password",
]
REFUSED = [
    "IP blocked due to exceeded number of logins attempts: 203.0.113.9",
    "access denied",
    "Unauthorized",
    "refused connection from 203.0.113.9",
    "possible brute force attack from 203.0.113.9",
    "Rejecting TCP connection from 203.0.113.9",
]
GRANTED = ["user bob logged in", "Authentication successful", "login accepted", "Successful login"]
NOTHING = [
    "no failed logins since midnight",
    "failed to load password file",
    "failed to start the login manager",
    "unbanned 203.0.113.9 after failed logins",
    "if the login fails, try again",
    "server mx.example.org said: 535 authentication failed",
    "password was changed",
    "connecting to 192.0.2.9 failed",
    "loading authentication module: failed attempts limit is 5",
    "temperature is 21",
    'search "login failed" from 203.0.113.9',
    'session of "login failed" opened',
    "query 'login failed' from 203.0.113.9",
]


VERDICTS = (
    [(t, "failure") for t in FAILED]
    + [(t, "denied") for t in REFUSED]
    + [(t, "success") for t in GRANTED]
    + [(t, None) for t in NOTHING]
)


@pytest.mark.parametrize(("text", "verdict"), VERDICTS)
def test_verdict(text: str, verdict: str | None) -> None:
    assert phrases.judged(text) == verdict


def test_verdicts_of_many_texts_are_those_of_each() -> None:
    texts, verdicts = zip(*VERDICTS, strict=True)
    times = phrases.FEW // len(texts) + 1
    few, many = pl.Series([None, *texts]), pl.Series([None, *texts * times])
    assert len(few) <= phrases.FEW < len(many)
    assert phrases.verdicts(few).to_list() == [None, *verdicts]
    assert phrases.verdicts(many).to_list() == [None, *verdicts * times]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Login failed from 203.0.113.9", "203.0.113.9"),
        ("Login failed, ip=::ffff:203.0.113.9, port 5", "::ffff:203.0.113.9"),
        ("Login failed for bob (IP: 2001:db8::9)", "2001:db8::9"),
        ("Login failed from host.example.org [203.0.113.9]:51122", "203.0.113.9"),
        ('Login failed, client "203.0.113.9"', "203.0.113.9"),
        ('Login failed for "from 198.51.100.1" from 203.0.113.9', "203.0.113.9"),
        ("203.0.113.9 - login failed", "203.0.113.9"),
        ("[203.0.113.9] login failed for bob", "203.0.113.9"),
        ("Login failed to 192.0.2.1", None),
        ("Login failed on server 192.0.2.1", None),
        ('Login failed for user "203.0.113.9"', None),
        ("Login failed, 192.0.2.1 203.0.113.9", None),
        ("from 203.0.113.9: login failed for user x from 198.51.100.1", None),
        ("Login failed at 10:24:12", None),
        ("Login failed, version 1.2.3", None),
        ("Login failed, rhost=host.example.org", "host.example.org"),
        ("Login refused (203.0.113.9:51122 -> 192.0.2.5:5672)", "203.0.113.9"),
        ('{"error":"login failed","clientIpAddress":"203.0.113.9","serverIpAddress":"192.0.2.5"}', "203.0.113.9"),
    ],
)
def test_peer(text: str, address: str | None) -> None:
    assert pl.select(peers.peer(pl.lit(text))).item() == address


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_characters='"', exclude_categories=("Cs", "Cc")), max_size=40))
def test_what_stands_in_double_quotes_is_never_the_peer(name: str) -> None:
    text = f'Login failed for user "{name} from 198.51.100.1" from 203.0.113.9'
    assert pl.select(peers.peer(pl.lit(text))).item() == "203.0.113.9"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('Login failed for user "bob smith" from 203.0.113.9', "bob smith"),
        ("Login failed: username=bob, ip=203.0.113.9", "bob"),
        ("Invalid password for bob from 203.0.113.9", "bob"),
        ("Authentication failed for invalid user bob from 203.0.113.9", "bob"),
        ("user authentication failed from 203.0.113.9", None),
        ("Login failed from 203.0.113.9", None),
    ],
)
def test_user(text: str, name: str | None) -> None:
    assert pl.select(peers.user(pl.lit(text))).item() == name


def test_a_dump_is_not_a_sentence() -> None:
    frame = pl.DataFrame({"line": [1], "message": ["login failed from 203.0.113.9 " * 1000]})
    assert login_words.read(frame).is_empty()


def test_fields_beside_the_message_name_the_peer() -> None:
    frame = pl.DataFrame({"line": [1], "message": ["login failed"], "remote_ip": ["203.0.113.9"], "username": ["bob"]})
    found = login_words.read(frame).row(0, named=True)
    assert (found["source.address"], found["user.name"]) == ("203.0.113.9", "bob")


def _peer(document: dict[str, object]) -> str | None:
    return login_json.peer(document, login_json.keyed(document))


def test_of_forwarding_hops_the_one_that_the_nearest_proxy_saw_is_the_peer() -> None:
    assert _peer({"request_ip": "198.51.100.1, 203.0.113.9, 192.0.2.5"}) == "203.0.113.9"
    assert _peer({"remote_addr": "203.0.113.9:51122"}) == "203.0.113.9"
    assert _peer({"ip": "not an address"}) is None


def test_header_names_are_not_peers() -> None:
    assert _peer({"x-forwarded-for": "198.51.100.1"}) is None
