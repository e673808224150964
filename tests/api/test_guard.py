"""What holds around every route: problem documents, headers, Host and Origin, limits, idempotency keys."""

import asyncio
import json
import threading
from datetime import timedelta

import httpx
import pytest

from tests.store import made
from vedette.api import guard
from vedette.api.credentials import AT_ONCE
from vedette.api.pages import cursor
from vedette.api.rates import FREE, FREE_ADDRESS, LONGEST, REMEMBERED, Backoff, Rate, near
from vedette.model.stored import AlertQuery, Commit
from vedette.store.store import open_store


def is_problem(answer) -> dict:
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert {"type", "title", "detail", "code"} <= set(told)
    assert "Traceback" not in answer.text
    for name in guard.HEADERS:
        assert name in answer.headers, name
    return told


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/nothing", None, 404),
        ("GET", "/api/v1/users/nobody", None, 404),
        ("DELETE", "/healthz", None, 405),
        ("POST", "/api/v1/users", {}, 422),
        ("POST", "/api/v1/users", {"name": "x", "role": "king"}, 422),
        ("POST", "/api/v1/users", {"name": "No Name", "role": "viewer"}, 409),
        ("DELETE", "/api/v1/users/admin", None, 409),
        ("GET", "/api/v1/audit?after=made-up", None, 422),
        ("GET", "/api/v1/audit?limit=0", None, 422),
        ("GET", f"/api/v1/audit?after={cursor(2**63)}", None, 422),
        ("GET", f"/api/v1/alerts?sort=-count&after={cursor(2**64 - 1, 'x')}", None, 422),
        ("GET", "/api/v1/alerts?since=0001-01-01T00:00:00%2B14:00", None, 422),
        ("GET", "/api/v1/events/search?until=9999-12-31T23:59:59-14:00", None, 422),
        ("POST", "/api/v1/config", None, 409),
    ],
)
def test_every_refusal_is_a_problem_that_says_what_to_do(service, method, path, body, status) -> None:
    answer = service.signed_in("admin").request(method, path, json=body)
    assert answer.status_code == status, answer.text
    told = is_problem(answer)
    assert told.get("fix") or told.get("errors")


def test_a_fault_of_ours_tells_nothing_of_itself(service, monkeypatch) -> None:
    monkeypatch.setattr(service.store.accounts, "users", lambda: 1 / 0)
    answer = service.signed_in("admin").get("/api/v1/users")
    assert answer.status_code == 500
    assert "division" not in answer.text
    is_problem(answer)
    assert any(event == "fault" and "ZeroDivisionError" in facts["trace"] for event, facts in service.said)


def test_a_password_that_was_sent_wrong_is_not_sent_back(service) -> None:
    answer = service.client().post("/api/v1/auth/password", json={"name": ["x"], "password": "hunter2" * 400})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


def test_safe_headers_are_on_every_answer(service) -> None:
    for path in ("/healthz", "/api/v1/nothing", "/status"):
        headers = service.client().get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("localhost:8765", 200), ("127.0.0.1:8765", 200), ("[::1]:8765", 200), ("soc.example.org", 200),
        ("SOC.example.org:1", 200), ("evil.example", 421), ("localhost.evil.example", 421), ("", 421), ("[evil]", 421),
        ("127.0.0.1.evil.example", 421),
    ],
)  # fmt: skip
def test_a_name_that_was_pointed_at_us_is_refused(make, host, status) -> None:
    client = make(hosts=["soc.example.org"]).client()
    assert client.get("/healthz", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost"}, 204),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:9999"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_write_with_a_cookie_comes_from_a_page_of_ours(service, headers, status) -> None:
    client = service.signed_in("viewer")
    del client.headers["Origin"]
    assert client.post("/api/v1/auth/sign-out", headers=headers).status_code == status


def test_nobody_is_signed_in_by_a_page_of_another_site(service) -> None:
    link = service.store.accounts.link("admin", service.now, guard_span())
    answer = service.client().post("/api/v1/auth/link", json={"token": link}, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def guard_span():
    from datetime import timedelta

    return timedelta(minutes=15)


def test_other_origins_are_let_in_when_settings_say_so_and_never_with_cookies(make) -> None:
    asked = {"Origin": "https://portal.example.org", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "X-API-Key"}
    assert "access-control-allow-origin" not in make().client().options("/status", headers=asked).headers
    client = make(cors=["https://portal.example.org"]).client()
    answer = client.options("/status", headers=asked)
    assert answer.headers["access-control-allow-origin"] == "https://portal.example.org"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_is_as_large_as_it_may_be_and_no_larger(make, announced) -> None:
    client = make(max_body=2048).signed_in("admin")
    body = json.dumps({"name": "x" * 2048, "role": "viewer"}).encode()
    content = body if announced else iter([body[:100], body[100:]])
    answer = client.post("/api/v1/users", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    is_problem(answer)


def test_an_address_and_a_user_that_ask_too_often_wait(make) -> None:
    service = make(address_rate=60, rate=30)
    one = service.client("203.0.113.5")
    answers = [one.get("/healthz") for _ in range(70)]
    assert [a.status_code for a in answers].count(429) >= 5
    assert int(answers[-1].headers["retry-after"]) >= 1
    is_problem(answers[-1])
    assert service.client("203.0.113.6").get("/healthz").status_code == 200
    clients = [service.signed_in("viewer", address=f"203.0.113.{n}") for n in range(10, 15)]
    assert [c.get("/api/v1/auth/me").status_code for c in clients for _ in range(10)].count(429) >= 15
    assert service.signed_in("analyst", address="203.0.113.10").get("/api/v1/auth/me").status_code == 200


def test_a_bucket_fills_evenly_and_the_map_is_bounded() -> None:
    rate = Rate(60)
    assert [rate.take("a", 0.0) for _ in range(61)][-1] == pytest.approx(1.0)
    assert rate.take("a", 1.0) == 0.0
    assert rate.take("a", 1.0) > 0
    for number in range(REMEMBERED + 10):
        rate.take(str(number), 2.0)
    assert len(rate._left) == REMEMBERED


def test_waiting_is_for_who_guesses_and_not_for_whom_it_is_about() -> None:
    backoff = Backoff()
    now = 0.0
    assert [backoff.take("ana", "203.0.113.9", now) for _ in range(FREE + 3)] == [0.0] * FREE + [1.0] * 3
    waits = []
    for _ in range(40):
        waits.append(backoff.take("ana", "203.0.113.9", now))
        now += waits[-1]
        assert waits[-1] == 0.0 or backoff.take("ana", "203.0.113.9", now) == 0.0
    assert waits[:3] == [1.0, 2.0, 4.0]
    assert waits[-1] == LONGEST
    assert backoff.take("ana", "192.0.2.1", now) == 0.0
    now += LONGEST
    assert backoff.take("ana", "203.0.113.9", now) == 0.0
    backoff.right("ana", "203.0.113.9")
    assert backoff.take("ana", "203.0.113.9", now) > 0  # the address goes on waiting
    for number in range(FREE_ADDRESS):
        assert backoff.take(f"user{number}", "203.0.113.10", 0.0) == 0.0
    assert backoff.take("somebody", "203.0.113.10", 0.0) > 0


def test_what_was_right_or_not_looked_at_counts_for_nothing() -> None:
    backoff = Backoff()
    for done in (backoff.right, backoff.unseen):
        for _ in range(2 * FREE_ADDRESS):
            assert backoff.take("ana", "203.0.113.9", 0.0) == 0.0
            done("ana", "203.0.113.9")


def test_one_client_in_ipv6_has_a_whole_64() -> None:
    assert near("2001:db8:0:1::5") == near("2001:db8:0:1:ffff::9") == "2001:db8:0:1::/64"
    assert near("2001:db8:0:2::5") != near("2001:db8:0:1::5")
    assert near("::ffff:192.0.2.1") == "192.0.2.1"
    assert near("testclient") == "testclient"


def test_the_same_write_with_a_key_is_done_once(service) -> None:
    client = service.signed_in("admin")
    key = {"Idempotency-Key": "one"}
    body = {"name": "ana", "role": "viewer"}
    first = client.post("/api/v1/users", json=body, headers=key)
    again = client.post("/api/v1/users", json=body, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert client.post("/api/v1/users", json={**body, "name": "ben"}, headers=key).status_code == 422
    assert client.post("/api/v1/users", json=body).status_code == 409  # without a key it is another write
    service.store.accounts.add("second", "admin", None, service.now)
    other = service.signed_in("second").post("/api/v1/users", json={**body, "name": "ben"}, headers=key)
    assert other.status_code == 201, "a key is its sender's"
    service.later(hours=25)
    assert service.signed_in("admin").post("/api/v1/users", json=body, headers=key).status_code == 409


def test_what_failed_by_our_fault_may_be_tried_again_with_its_key(service, monkeypatch) -> None:
    client, body, key = service.signed_in("admin"), {"name": "ana", "role": "viewer"}, {"Idempotency-Key": "k"}
    with monkeypatch.context() as broken:
        broken.setattr(service.store.accounts, "add", lambda *_: 1 / 0)
        assert client.post("/api/v1/users", json=body, headers=key).status_code == 500
    assert client.post("/api/v1/users", json=body, headers=key).status_code == 201


def test_a_secret_is_not_kept_for_a_second_answer(service) -> None:
    client, body, key = service.signed_in("admin"), {"name": "n", "scopes": ["read"]}, {"Idempotency-Key": "k"}
    made = client.post("/api/v1/tokens", json=body, headers=key).json()["secret"]
    again = client.post("/api/v1/tokens", json=body, headers=key)
    assert again.status_code == 409
    assert len(service.store.accounts.tokens()) == 1
    assert made.encode() not in (service.store.directory / "state.db-wal").read_bytes()


def test_the_document_names_who_may_ask_and_which_problems_come(service) -> None:
    document = service.client().get("/api/v1/openapi.json").json()
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert len(operations) >= 20
    for each in operations:
        assert each["operationId"].isidentifier()
        assert each["description"]
        assert "application/problem+json" in each["responses"]["default"]["content"]
        assert ("security" in each) == ("x-scope" in each)
    assert document["paths"]["/api/v1/users"]["post"]["x-scope"] == "admin"
    assert "security" not in document["paths"]["/api/v1/auth/password"]["post"]


@pytest.mark.parametrize("path", ["/api/v1/alerts", "/api/v1/alerts/facets", "/api/v1/events/search", "/api/v1/events/histogram"])
def test_no_question_takes_the_machine(make, path) -> None:
    service = make(patience=timedelta(microseconds=1))
    with open_store(service.store.directory) as agent:
        agent.commit(Commit(batches=[made.batch(0, 50)], alerts=[made.alert(f"key{n}") for n in range(500)]), made.NOW)
    answer = service.signed_in("viewer").get(path, params={"q": " or ".join(f"/a.*{n}.*z/" for n in range(100))})
    assert answer.status_code == 422
    assert "ask for less" in is_problem(answer)["fix"]
    bulk = {"q": " or ".join(f"/a.*{n}.*z/" for n in range(100)), "assignee": "ana", "why": "x"}
    assert service.signed_in("analyst").post("/api/v1/alerts/bulk", json=bulk).status_code == 422
    assert service.signed_in("analyst").get("/api/v1/auth/me").status_code == 200
    assert service.store.count_alerts(AlertQuery()) == 500  # who asks here waits as long as it takes


def test_one_user_leaves_threads_to_others(service, monkeypatch) -> None:
    go, waiting = threading.Event(), threading.Semaphore(0)

    def slow() -> list:
        waiting.release()
        go.wait(30)
        return []

    monkeypatch.setattr(service.store, "searches", slow)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(service.app, client=("203.0.113.5", 1)), base_url="http://localhost")
    sign_in = service.store.accounts.sign_in
    cookies = {name: {"Cookie": f"vedette={sign_in(name, 'password', service.now)}"} for name in ("viewer", "analyst")}

    async def asked() -> tuple[int, int, list[int]]:
        asking = [asyncio.create_task(client.get("/api/v1/searches", headers=cookies["viewer"])) for _ in range(AT_ONCE)]
        for _ in asking:
            await asyncio.to_thread(waiting.acquire, timeout=30)
        more = (await client.get("/api/v1/auth/me", headers=cookies["viewer"])).status_code
        other = (await client.get("/api/v1/auth/me", headers=cookies["analyst"])).status_code
        go.set()
        return more, other, [(await task).status_code for task in asking]

    more, other, all_of_them = asyncio.run(asked())
    assert (more, other) == (429, 200)
    assert all_of_them == [200] * AT_ONCE
    assert service.signed_in("viewer").get("/api/v1/auth/me").status_code == 200
