"""The audit log has every write and sign-in, and a planted change is found."""

import sqlite3

import pytest

from tests.api.conftest import OWN, PASSWORD
from vedette.api.rates import FREE


def test_every_write_is_in_it_with_who_what_where_and_the_result(service) -> None:
    admin = service.signed_in("admin", address="203.0.113.77")
    admin.post("/api/v1/users", json={"name": "ana", "role": "viewer", "password": "very secret words"})
    admin.post("/api/v1/users", json={"name": "ana", "role": "viewer"})
    service.signed_in("viewer").delete("/api/v1/users/ana")
    service.client().post("/api/v1/auth/password", json={"name": "viewer", "password": PASSWORD}, headers=OWN)
    service.client().post("/api/v1/auth/password", json={"name": "viewer", "password": "wrong wrong"}, headers=OWN)
    service.client().post("/api/v1/auth/password", json={"name": "my-password-typed-here", "password": "x"}, headers=OWN)
    admin.post("/api/v1/users", json={"name": "eve", "role": "admin"}, headers={"Origin": "http://evil.example"})
    admin.get("/api/v1/users")
    found = admin.get("/api/v1/audit").json()["items"][::-1]
    assert [(e["who"], e["what"], e["result"]) for e in found] == [
        ("admin", "addUser", 201),
        ("admin", "addUser", 409),
        ("viewer", "removeUser", 403),
        ("viewer", "signIn", 200),
        ("", "signIn", 401),
        ("", "signIn", 401),
        ("admin", "POST", 403),
    ]
    assert found[0]["origin"] == "203.0.113.77"
    assert found[0]["subject"] == "user ana"
    assert found[4]["subject"] == "viewer"
    text = str(found)
    assert "secret words" not in text
    assert "typed-here" not in text
    told = [facts for event, facts in service.said if event == "audit"]
    assert [each["digest"] for each in told] == [e["digest"] for e in found]


def test_strangers_cannot_fill_it(service) -> None:
    for _ in range(5):
        service.client().post("/api/v1/users", json={"name": "x", "role": "admin"})
        service.client().delete("/api/v1/users/admin")
    assert service.store.audit.entries() == []
    tries = [service.client().post("/api/v1/auth/link", json={"token": "made up"}).status_code for _ in range(30)]
    # However long the requests take: what is looked at is written down, and a wait lets next to nothing through.
    assert set(tries[:FREE]) == {401}
    assert set(tries) == {401, 429}
    assert len(service.store.audit.entries()) == tries.count(401)


def test_pages_of_it_hold_each_entry_once(service) -> None:
    for number in range(25):
        service.store.audit.add(service.now, who="ana", via="cli", origin="", what=f"w{number}")
    admin, seen, after = service.signed_in("admin"), [], ""
    while True:
        page = admin.get(f"/api/v1/audit?limit=10{after}").json()
        seen += [e["number"] for e in page["items"]]
        if page["next"] is None:
            break
        service.store.audit.add(service.now, who="ana", via="cli", origin="", what="meanwhile")
        after = f"&after={page['next']}"
    assert seen == list(range(25, 0, -1))


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ("UPDATE audit SET who='ben' WHERE number=7", 6),
        ("UPDATE audit SET result=200 WHERE number=1", 0),
        ("DELETE FROM audit WHERE number=5", 4),
        ("UPDATE audit SET digest=(SELECT digest FROM audit WHERE number=3) WHERE number=9", 8),
        ("UPDATE audit SET number=99 WHERE number=10", 9),
    ],
)
def test_a_planted_change_is_found(service, change, good) -> None:
    for number in range(10):
        service.store.audit.add(service.now, who="ana", via="cli", origin="", what=f"w{number}")
    admin = service.signed_in("admin")
    assert admin.get("/api/v1/audit/verify").json()["good"] is True
    with sqlite3.connect(service.store.directory / "state.db") as database:
        assert database.execute(change).rowcount == 1
    database.close()
    found = admin.get("/api/v1/audit/verify").json()
    assert found["good"] is False
    assert found["entries"] == good
    assert found["fault"]


def test_entries_cut_off_at_the_end_are_found_by_what_was_noted(service, vedette) -> None:
    noted = [service.store.audit.add(service.now, who="ana", via="cli", origin="", what=f"w{n}") for n in range(4)][-1]
    where = ("--data", service.store.directory, "--expect", f"{noted.number}:{noted.digest}")
    assert vedette("audit", "verify", *where).status == 0
    with sqlite3.connect(service.store.directory / "state.db") as database:
        database.execute("DELETE FROM audit WHERE number=4")
    database.close()
    assert vedette("audit", "verify", "--data", service.store.directory).status == 0
    ran = vedette("audit", "verify", *where)
    assert ran.status == 1
    assert "entry 4 is not the one that was noted" in ran.out


def test_two_processes_that_write_at_once_make_one_chain(service) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from vedette.store.store import open_store

    with open_store(service.store.directory, writer=False) as other, ThreadPoolExecutor(4) as threads:
        logs = [service.store.audit, other.audit]
        list(threads.map(lambda n: logs[n % 2].add(service.now, who=str(n), via="cli", origin="", what="w"), range(40)))
    entries, _, fault = service.store.audit.verify()
    assert (entries, fault) == (40, "")
