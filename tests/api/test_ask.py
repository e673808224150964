"""Questions and whole searches by the API."""

from tests.store.made import NOW, alert, batch
from vedette.model.stored import Commit
from vedette.store.store import open_store

V1 = "/api/v1"


def filled(service):
    with open_store(service.store.directory) as store:
        store.commit(Commit(batches=[batch(0, 60)], alerts=[alert("203.0.113.7", level="high")]), NOW)
    return service.signed_in("viewer")


def test_a_question_is_answered_with_its_query(service):
    client = filled(service)
    said = client.post(
        f"{V1}/ask", json={"question": "top 2 addresses by failed logins", "zone": "Europe/Berlin"}
    ).json()
    assert said["query"] == "event.category:authentication and event.outcome:failure | count by source.ip top 2"
    assert (said["about"], said["unknown"], said["declined"]) == ("events", [], "")
    assert said["found"]["rows"] == [
        {"source.ip": "203.0.113.1", "value": 1},
        {"source.ip": "203.0.113.10", "value": 1},
    ]
    assert said["found"]["scanned"] == 60
    again = client.get(f"{V1}/search", params={"q": said["query"], "about": said["about"]}).json()
    assert again == said["found"]
    rows = client.post(f"{V1}/ask", json={"question": "high alerts"}).json()["found"]
    assert (rows["shape"], rows["rows"][0]["rule.level"]) == ("records", "high")


def test_what_is_not_understood_is_not_run(service):
    client = filled(service)
    said = client.post(f"{V1}/ask", json={"question": "failed logins of tall people"}).json()
    assert (said["unknown"], said["found"]) == (["tall", "people"], None)
    assert client.post(f"{V1}/ask", json={"question": "failed logins of tall people", "anyway": True}).json()["found"][
        "rows"
    ]
    order = client.post(f"{V1}/ask", json={"question": "block 203.0.113.9"}).json()
    assert (order["found"], order["query"]) == (None, "")
    assert order["declined"]
    assert service.store.requests() == []


def test_over_time_in_the_zone_of_who_asks(service):
    client = filled(service)
    found = client.get(f"{V1}/search", params={"q": "| count per 1d", "zone": "Asia/Tokyo"}).json()
    assert (found["shape"], found["rows"]) == ("times", [{"begin": "2026-01-31T15:00:00Z", "value": 60}])


def test_faults(service):
    client = filled(service)
    for params in (
        {"q": "usr.name:x"},
        {"q": "| count by a,b,c,d"},
        {"zone": "Nowhere/Land"},
        {"limit": 0},
        {"about": "x"},
    ):
        assert client.get(f"{V1}/search", params=params).status_code == 422, params
    for body in ({"question": ""}, {"question": "a" * 1001}, {"question": "x", "zone": "../etc/passwd"}, {}):
        assert client.post(f"{V1}/ask", json=body).status_code == 422, body
    assert service.client().post(f"{V1}/ask", json={"question": "alerts"}).status_code == 401
    assert client.get(f"{V1}/events/search", params={"q": "a | count"}).status_code == 422


def test_a_model_is_asked_for_an_analyst_and_only_when_wanted(service):
    given = {"question": "logins of the tall one", "model": True}
    refused = service.signed_in("viewer").post(f"{V1}/ask", json=given)
    assert (refused.status_code, "viewer" in refused.json()["detail"]) == (403, True)
    said = service.signed_in("analyst").post(f"{V1}/ask", json=given).json()
    assert (said["by"], said["found"]) == ("grammar", None)
    assert "ai.provider" in said["notes"][-1]
    plain = service.signed_in("analyst").post(f"{V1}/ask", json={**given, "model": False}).json()
    assert not any("ai.provider" in note for note in plain["notes"])
