"""Every route for everybody: who may ask, and that nobody else may."""

import asyncio
import re

import pytest
from fastapi import APIRouter

from vedette import registry
from vedette.api import access, app
from vedette.api.access import Viewer
from vedette.model.account import ROLES, SCOPES
from vedette.model.errors import ComponentError

ENDLESS = frozenset({"stream"})
"""Routes by name whose answer has no end: that it begins is tested with them."""


def operations(service):
    for route in app.routes(service.app):
        for method in sorted(set(route.methods or ()) - {"HEAD", "OPTIONS"}):
            (needed,) = access.needed(route.dependant)
            yield method, re.sub(r"\{[^}]*\}", "x", route.path), needed, route.name


def ask(client, method: str, path: str) -> int:
    body = {} if method in ("POST", "PUT", "PATCH") else None
    return client.request(method, path, json=body).status_code


def test_every_route_is_for_who_it_says_and_nobody_else(service) -> None:
    seen = 0
    for method, path, needed, name in operations(service):
        where = f"{method} {path}"
        if needed is None:
            assert ask(service.client(), method, path) not in (403, 500), where
            continue
        assert ask(service.client(), method, path) == 401, where
        for role in ROLES:
            if needed in SCOPES[role] and name in ENDLESS:
                continue
            got = ask(service.signed_in(role), method, path)
            assert (got == 403) == (needed not in SCOPES[role]), f"{where} by {role}: {got}"
            assert got not in (401, 500), f"{where} by {role}: {got}"
            seen += 1
    assert seen >= 40


@pytest.mark.parametrize("end", ["expired", "revoked", "owner disabled", "idle", "signed out", "made up", "mistyped"])
def test_what_is_over_opens_nothing(service, end: str) -> None:
    accounts = service.store.accounts
    client = service.signed_in("admin") if end in ("idle", "signed out") else service.keyed("admin")
    assert client.get("/api/v1/auth/me").status_code == 200
    if end == "expired":
        service.later(days=1)
    elif end == "revoked":
        accounts.revoke(accounts.tokens()[0].id, service.now)
    elif end == "owner disabled":
        accounts.add("second", "admin", None, service.now)
        accounts.change("admin", service.now, disabled=True)
    elif end == "idle":
        service.later(hours=12)
    elif end == "signed out":
        assert client.post("/api/v1/auth/sign-out").status_code == 204
    elif end == "made up":
        client.headers["X-API-Key"] = "vdt_" + "0" * 72
    else:
        client.headers["X-API-Key"] = client.headers["X-API-Key"][:-1] + "g"
    for method, path, needed, _ in operations(service):
        if needed is not None:
            assert ask(client, method, path) == 401, f"{method} {path}"


def test_a_session_that_is_used_lasts_and_ends_all_the_same(service) -> None:
    client = service.signed_in("viewer")
    for _ in range(15):
        assert client.get("/api/v1/auth/me").status_code == 200
        service.later(hours=11)
    service.later(hours=3)
    assert client.get("/api/v1/auth/me").status_code == 401


def test_a_key_may_no_more_than_its_scopes_and_its_owner_now(service) -> None:
    reads = service.keyed("admin", ["read"])
    assert reads.get("/api/v1/auth/me").json()["scopes"] == ["read"]
    assert reads.get("/api/v1/users").status_code == 403
    all_of_it = service.keyed("responder")
    service.store.accounts.change("responder", service.now, role="viewer")
    assert all_of_it.get("/api/v1/auth/me").json()["scopes"] == ["read"]
    blocks = service.keyed("admin", ["block"])
    assert blocks.get("/api/v1/auth/me").status_code == 403


def test_a_key_that_only_reads_ends_no_other_key(service) -> None:
    accounts = service.store.accounts
    blocks, _ = accounts.new_token("responder", "blocks", ["block"], service.now, None)
    reads = service.keyed("responder", ["read"])
    (own,) = [each for each in accounts.tokens("responder") if each.id != blocks.id]
    assert reads.delete(f"/api/v1/tokens/{blocks.id}").status_code == 403
    assert accounts.tokens("responder")[0].revoked is None
    assert reads.delete(f"/api/v1/tokens/{own.id}").status_code == 200
    assert service.keyed("admin").delete(f"/api/v1/tokens/{blocks.id}").status_code == 200


@pytest.mark.parametrize("end", ["disabled", "removed", "revoked", "idle", "disconnected"])
def test_who_listens_hears_no_more_once_it_is_over(service, monkeypatch, end: str) -> None:
    monkeypatch.setattr("vedette.api.live.AGAIN", 0.0)
    accounts = service.store.accounts
    if end == "revoked":
        token, secret = accounts.new_token("viewer", "listens", ["read"], service.now, None)
        header = (b"x-api-key", secret.encode())
    else:
        header = (b"cookie", b"vedette=" + accounts.sign_in("viewer", "password", service.now).encode())
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/api/v1/live", "raw_path": b"/api/v1/live", "query_string": b"", "headers": [(b"host", b"localhost"), header],
        "client": ("203.0.113.5", 1), "server": ("localhost", 80), "root_path": "",
    }  # fmt: skip

    async def listens() -> list[dict]:
        heard: list[dict] = []
        begun, left = asyncio.Event(), asyncio.Event()
        requests = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict:
            if requests:
                return requests.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict) -> None:
            heard.append(message)
            if message["type"] == "http.response.body":
                begun.set()

        asked = asyncio.create_task(service.app(scope, receive, send))
        await asyncio.wait_for(begun.wait(), 10)
        await asyncio.sleep(0.2)
        assert not asked.done()
        if end == "disabled":
            accounts.change("viewer", service.now, disabled=True)
        elif end == "removed":
            accounts.remove("viewer")
        elif end == "revoked":
            accounts.revoke(token.id, service.now)
        elif end == "idle":  # to listen is no use of a session
            service.later(hours=12)
        else:
            left.set()
        await asyncio.wait_for(asked, 10)
        return heard

    heard = asyncio.run(listens())
    assert heard[0]["status"] == 200
    assert not heard[-1].get("more_body")


def test_a_bearer_key_is_a_key_and_a_bad_key_is_not_rescued_by_a_cookie(service) -> None:
    key = service.keyed("viewer").headers["X-API-Key"]
    assert service.client().get("/status", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert service.signed_in("admin").get("/status", headers={"X-API-Key": "nonsense"}).status_code == 401


def test_a_route_that_names_nobody_is_refused(make, monkeypatch) -> None:
    class Module:
        router = APIRouter(prefix="/open")

    @Module.router.get("")
    def list_everything() -> int:
        return 1

    theirs = {"name": Module}
    names, load = registry.names, registry.load
    monkeypatch.setattr(registry, "names", lambda kind: [*names(kind), "name"] if kind == "routes" else names(kind))
    monkeypatch.setattr(registry, "load", lambda kind, name: theirs.get(name) or load(kind, name))
    with pytest.raises(ComponentError, match="names nobody"):
        make()

    @Module.router.get("/closed")
    def get_me(_who: Viewer) -> int:
        return 1

    Module.router.routes.pop(0)
    with pytest.raises(ComponentError, match="getMe is there already"):
        make()


def test_a_third_partys_route_is_served_and_guarded(make, monkeypatch) -> None:
    class Module:
        router = APIRouter(prefix="/theirs")
        BODIES = {"/api/v1/theirs": 4 << 20}  # noqa: RUF012

    @Module.router.post("")
    def take_theirs(_who: Viewer, given: dict) -> int:
        return len(given["text"])

    names, load = registry.names, registry.load
    monkeypatch.setattr(registry, "names", lambda kind: [*names(kind), "theirs"] if kind == "routes" else names(kind))
    monkeypatch.setattr(registry, "load", lambda kind, name: Module if name == "theirs" else load(kind, name))
    service = make()
    assert service.client().post("/api/v1/theirs", json={"text": "x"}).status_code == 401
    assert service.keyed("viewer").post("/api/v1/theirs", json={"text": "x" * (2 << 20)}).json() == 2 << 20
    assert service.keyed("viewer").post("/api/v1/theirs", json={"text": "x" * (5 << 20)}).status_code == 413
    assert service.client().post("/api/v1/theirs", json={"text": "x" * (2 << 20)}).status_code == 413


def test_what_is_for_administrators_says_so_and_the_open_ones_are_few(service) -> None:
    """The matrix above believes what a route names; this does not."""
    named = {(method, path): needed for method, path, needed, _ in operations(service)}
    for method, path in named:
        if path.startswith(("/api/v1/users", "/api/v1/audit", "/api/v1/config")):
            assert named[method, path] == "admin", path
    assert {path for (_, path), needed in named.items() if needed is None} == {
        "/healthz", "/api/v1/openapi.json", "/api/v1/auth/password", "/api/v1/auth/link", "/api/v1/auth/ways", "/api/v1/auth/sso",
        "/api/v1/auth/sso/callback", "/assets/x", "/x",
    }  # fmt: skip
    assert named["PUT", "/api/v1/auth/password"] == "read"
