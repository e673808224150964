"""Signing in by password and by link, and what an attacker gets from trying."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from tests.api.conftest import OWN, PASSWORD
from vedette.api import passwords
from vedette.api.rates import FREE
from vedette.model.account import AccountError

SPAN = timedelta(minutes=15)


def sign_in(client, name="analyst", password=PASSWORD):
    return client.post("/api/v1/auth/password", json={"name": name, "password": password}, headers=OWN)


def test_by_password_then_me_then_out(service) -> None:
    client = service.client()
    answer = sign_in(client)
    assert answer.json() | {"expires": None} == {
        "name": "analyst", "role": "analyst", "scopes": ["read", "work"], "via": "session", "password": True, "expires": None,
    }  # fmt: skip
    assert client.get("/api/v1/auth/me").json()["name"] == "analyst"
    assert client.post("/api/v1/auth/sign-out", headers=OWN).status_code == 204
    assert client.get("/api/v1/auth/me").status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_of_plain_http(make) -> None:
    plain = sign_in(make().client()).headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    service = make(behind_proxy=True)
    client = service.client(base="https://localhost")
    client.headers["Origin"] = "https://localhost"
    answer = client.post("/api/v1/auth/password", json={"name": "analyst", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-vedette=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "strict-transport-security" in answer.headers
    assert client.get("/api/v1/auth/me").status_code == 200


def test_a_link_signs_in_once(service) -> None:
    link = service.store.accounts.link("admin", service.now, SPAN)
    first = service.client().post("/api/v1/auth/link", json={"token": link})
    assert first.json()["name"] == "admin"
    assert "set-cookie" in first.headers
    second = service.client().post("/api/v1/auth/link", json={"token": link})
    assert second.status_code == 401
    assert "set-cookie" not in second.headers


@pytest.mark.parametrize("end", ["over", "made up", "user disabled", "user removed"])
def test_a_link_that_is_no_good(service, end) -> None:
    link = service.store.accounts.link("viewer", service.now, SPAN)
    if end == "over":
        service.later(minutes=15)
    elif end == "made up":
        link = "x" * 43
    elif end == "user disabled":
        service.store.accounts.change("viewer", service.now, disabled=True)
    else:
        service.store.accounts.remove("viewer")
    assert service.client().post("/api/v1/auth/link", json={"token": link}).status_code == 401


def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(service) -> None:
    client = service.client()
    client.cookies.set("vedette", "planted-by-somebody-else")
    sign_in(client)
    assert service.store.accounts.session("planted-by-somebody-else", service.now, SPAN, SPAN) is None
    # and one that was really open ends, whoever knows it
    known = service.store.accounts.sign_in("viewer", "password", service.now)
    client = service.client()
    client.cookies.set("vedette", known)
    sign_in(client)
    assert service.store.accounts.session(known, service.now, SPAN, SPAN) is None


def test_who_guesses_waits_and_whom_it_is_about_does_not(service) -> None:
    attacker = service.client("198.51.100.7")
    for _ in range(FREE):
        assert sign_in(attacker, password="guess guess guess").status_code == 401
    refused = sign_in(attacker)  # now even with the right one
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert sign_in(service.client("192.0.2.20")).status_code == 200


def test_an_unknown_name_is_looked_at_as_long_as_a_known_one(service, monkeypatch) -> None:
    looked = []
    verify = passwords._hasher().verify
    monkeypatch.setattr(type(passwords._hasher()), "verify", lambda self, stored, given: looked.append(stored) or verify(stored, given))
    service.store.accounts.add("link-only", "viewer", None, service.now)
    service.store.accounts.change("viewer", service.now, disabled=True)
    bodies = set()
    for name in ("analyst", "nobody-here", "link-only", "viewer"):
        answer = sign_in(service.client(), name, "wrong wrong wrong")
        assert answer.status_code == 401
        bodies.add(answer.text)
    assert len(looked) == 4
    assert len({each.split("$")[3] for each in looked}) == 1, "with the same parameters"
    assert len(bodies) == 1


def test_nothing_opens_an_account_without_a_password(service, hashed, monkeypatch) -> None:
    service.store.accounts.add("link-only", "viewer", None, service.now)
    for password in ("", "None"):
        assert sign_in(service.client(), "link-only", password).status_code == 401
    monkeypatch.setattr(passwords, "_nobodys", lambda: hashed)
    assert passwords.right(hashed, PASSWORD)
    assert not passwords.right(None, PASSWORD), "not even the one that stands in for it"


def test_a_new_password_ends_the_other_sessions_and_this_one_gets_another(service) -> None:
    here, there = service.signed_in("viewer"), service.signed_in("viewer")
    before = here.cookies["vedette"]
    new = {"current": PASSWORD, "new": "entirely other words"}
    assert here.put("/api/v1/auth/password", json={**new, "current": "not that one"}).status_code == 403
    assert there.get("/api/v1/auth/me").status_code == 200
    assert here.put("/api/v1/auth/password", json=new).status_code == 204
    assert there.get("/api/v1/auth/me").status_code == 401
    after = [cookie.value for cookie in here.cookies.jar if cookie.name == "vedette" and cookie.value != before]
    assert after
    assert sign_in(service.client("192.0.2.1"), "viewer").status_code == 401
    assert sign_in(service.client("192.0.2.1"), "viewer", new["new"]).status_code == 200


def test_who_came_by_a_link_sets_a_password_without_the_old_one(service) -> None:
    client = service.client()
    client.headers.update(OWN)
    client.post("/api/v1/auth/link", json={"token": service.store.accounts.link("admin", service.now, SPAN)})
    assert client.put("/api/v1/auth/password", json={"new": "words after a link"}).status_code == 204
    assert client.get("/api/v1/auth/me").json()["password"] is True


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "ana-rosa-1", "x" * 1001])
def test_passwords_that_are_none(password) -> None:
    with pytest.raises(AccountError):
        passwords.hashed(password, "ana-rosa")


def test_sessions_are_listed_without_their_secrets_and_ended_one_by_one(service) -> None:
    here, there = service.signed_in("viewer"), service.signed_in("viewer")
    listed = here.get("/api/v1/auth/sessions")
    assert len(listed.json()) == 2
    assert here.cookies["vedette"] not in listed.text
    mine = here.get("/api/v1/auth/sessions").json()
    others = service.signed_in("analyst")
    assert {others.delete(f"/api/v1/auth/sessions/{each['id']}").status_code for each in mine} == {404}
    for each in mine:
        here.delete(f"/api/v1/auth/sessions/{each['id']}")
    assert there.get("/api/v1/auth/me").status_code == 401


def test_nobody_gives_away_more_than_they_have(service) -> None:
    viewer, key = service.signed_in("viewer"), service.keyed("admin")
    assert viewer.post("/api/v1/tokens", json={"name": "n", "scopes": ["block"]}).status_code == 409
    assert viewer.get("/api/v1/tokens?everybodys=true").status_code == 403
    assert key.post("/api/v1/tokens", json={"name": "n"}).status_code == 403
    assert key.put("/api/v1/auth/password", json={"new": "taken over by a key"}).status_code == 403
    theirs = service.store.accounts.tokens("admin")[0].id
    assert viewer.delete(f"/api/v1/tokens/{theirs}").status_code == 404
    assert service.signed_in("admin").delete(f"/api/v1/tokens/{theirs}").json()["revoked"]


def test_there_is_always_an_administrator(service) -> None:
    admin = service.signed_in("admin")
    for change in ({"role": "viewer"}, {"disabled": True}):
        assert admin.patch("/api/v1/users/admin", json=change).status_code == 409
    assert admin.delete("/api/v1/users/admin").status_code == 409
    assert service.store.accounts.user("admin").role == "admin"
    assert admin.patch("/api/v1/users/viewer", json={"role": "admin"}).status_code == 200
    assert admin.delete("/api/v1/users/admin").status_code == 204
    assert admin.get("/api/v1/auth/me").status_code == 401


def test_no_secret_is_stored_and_no_hash_is_shown(service) -> None:
    client = service.client()
    sign_in(client)
    link = service.store.accounts.link("admin", service.now, SPAN)
    admin = service.signed_in("admin")
    secret = admin.post("/api/v1/tokens", json={"name": "n", "scopes": ["read"]}).json()["secret"]
    files = [p.read_bytes() for p in service.store.directory.glob("state.db*")]
    assert len(files) > 1
    for text in (PASSWORD, client.cookies["vedette"], link, secret):
        assert not any(text.encode() in data for data in files)
    for path in ("/api/v1/users", "/api/v1/tokens?everybodys=true", "/api/v1/audit", "/api/v1/config"):
        shown = admin.get(path)
        assert shown.status_code == 200
        assert "argon2" not in shown.text
        assert secret not in shown.text


def test_many_wrong_passwords_at_once_are_looked_at_no_oftener_than_one_after_the_other(service, monkeypatch) -> None:
    looked = []
    meeting = threading.Barrier(FREE)  # as if all were looked at in the same moment

    def right(_stored, password):
        looked.append(password)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(2)
        return False

    monkeypatch.setattr(passwords, "right", right)
    with ThreadPoolExecutor(4 * FREE) as pool:
        got = [each.status_code for each in pool.map(lambda _: sign_in(service.client(), password="wrong wrong"), range(4 * FREE))]
    assert (got.count(401), got.count(429)) == (FREE, 3 * FREE)
    assert len(looked) == FREE


def test_a_digest_of_a_request_is_no_way_to_guess_the_password_in_it(service) -> None:
    keyed = [{"Idempotency-Key": key} for key in ("first", "second")]
    body = {"name": "ana", "role": "viewer", "password": "four words of hers"}
    for key in keyed:
        service.signed_in("admin").post("/api/v1/users", json=body, headers=key)
    with sqlite3.connect(service.store.accounts._database.path) as database:
        first, second = (row[0] for row in database.execute("select request from replies"))
    assert first != second
