"""Entities and numbers over HTTP."""

from datetime import timedelta

import pytest

from tests.api.test_work import V1, filled  # noqa: F401 - a fixture
from tests.store.made import NOW


@pytest.fixture
def client(filled):  # noqa: F811
    return filled.keyed("analyst")


def test_an_address_with_all_that_is_known_of_it(client) -> None:
    found = client.get(f"{V1}/entities/address/203.0.113.1").json()
    assert (found["alerts_total"], len(found["alerts"]), len(found["incidents"])) == (10, 10, 1)
    assert found["first_seen"] < found["last_seen"]
    assert (found["actions"], found["events"]["total"], found["related"]) == ([], 0, [])
    blocked = client.get(f"{V1}/entities/address/203.0.113.7").json()
    assert [each["action.id"] for each in blocked["actions"]] == ["act1"]
    assert blocked["events"]["total"] == 20
    assert client.get(f"{V1}/events/search", params={"q": blocked["query"]}).status_code == 200
    root = client.get(f"{V1}/entities/user/root").json()
    assert (root["events"]["total"], root["related"]) == (10, [{"type": "address", "value": "203.0.113.7", "count": 10}])
    assert [each["value"] for each in blocked["related"]] == ["admin", "root"]
    nobody = client.get(f'{V1}/entities/host/no"bo\\dy').json()
    assert (nobody["alerts_total"], nobody["first_seen"]) == (0, None)
    assert client.get(f"{V1}/events/search", params={"q": nobody["query"]}).json()["items"] == []
    assert client.get(f"{V1}/entities/process//usr/bin/a%2Fb c").json()["value"] == "/usr/bin/a/b c"
    assert client.get(f"{V1}/entities/process/cron").json()["alerts_total"] == 0
    assert client.get(f"{V1}/entities/address/nonsense").status_code == 422
    assert client.get(f"{V1}/entities/thing/x").status_code == 422


def test_the_first_page(client) -> None:
    found = client.get(f"{V1}/dashboard/summary").json()
    assert (found["threat"], found["open"], found["alerts"], found["new_alerts"]) == ("high", 2, 30, 30)
    assert [each["id"] for each in found["worst"]] == ["i1", "i2"]
    assert (found["blocks"], found["events"], found["agent"]) == ({"drop": 1}, 20, None)
    assert found["by"]["rule.id"] == [{"value": "brute-force", "count": 30, "label": "Brute force"}]


def test_the_first_page_of_a_recording_is_of_its_last_hours(filled) -> None:  # noqa: F811
    filled.now = NOW + timedelta(days=30)
    found = filled.keyed("viewer").get(f"{V1}/dashboard/summary", params={"hours": 6}).json()
    assert (found["alerts"], sum(each["count"] for each in found["rates"])) == (7, 20)
    assert found["until"] == "2026-02-01T12:00:07Z"
    assert found["since"] == "2026-02-01T06:00:07Z"
    assert found["seconds"] == 300
    assert found["faults"] == ["no agent runs"]


def test_statistics_are_of_their_time(client, filled) -> None:  # noqa: F811
    filled.now = NOW + timedelta(hours=2)
    recent, early = (client.get(f"{V1}/statistics", params={"hours": hours}).json() for hours in (24, 1))
    assert (recent["alerts"], recent["events"], recent["actions"]) == (30, 20, {"drop network": 2})
    assert (early["alerts"], early["events"], early["actions"]) == (0, 0, {})
    assert client.get(f"{V1}/stats").json()["running"] is False
