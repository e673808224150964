"""Metrics over a time that one may choose."""

from datetime import timedelta

import pytest

from tests.api.test_work import V1, _commit
from tests.store.made import NOW, alert, incident, logins
from vedette.model.stored import Batch, Commit


@pytest.fixture
def client(service):
    made = [alert(f"203.0.113.{n}", id=f"a{n}", timestamp=NOW + timedelta(minutes=n), last_seen=NOW + timedelta(days=1)) for n in range(30)]
    seen = incident("i1", alerts=tuple(made[:2]), first_seen=NOW + timedelta(minutes=1))
    _commit(service, Commit(batches=[Batch("s1", "s1", None, {"at": 1}, {}, (logins(90),))], alerts=made, incidents=[seen]))
    service.now = NOW + timedelta(hours=1)
    return service.keyed("viewer")


def test_the_last_day_of_what_is_kept(client) -> None:
    told = client.get(f"{V1}/metrics").json()
    assert {name: sum(each["count"] for each in told[name]) for name in ("events", "alerts", "incidents")} == {
        "events": 90, "alerts": 30, "incidents": 1,
    }  # fmt: skip
    assert told["seconds"] == 24 * 60


def test_a_time_of_ones_own(client) -> None:
    span = {"since": NOW.isoformat(), "until": (NOW + timedelta(minutes=10)).isoformat(), "buckets": 5}
    told = client.get(f"{V1}/metrics", params=span).json()
    assert told["alerts"] == [{"at": f"2026-02-01T12:0{n}:00Z", "count": 2} for n in (0, 2, 4, 6, 8)]
    assert told["events"] == [{"at": "2026-02-01T12:00:00Z", "count": 90}]
    assert told["incidents"] == [{"at": "2026-02-01T12:00:00Z", "count": 1}]
    assert client.get(f"{V1}/metrics", params={**span, "buckets": 500}).json()["seconds"] == 60
    turned = client.get(f"{V1}/metrics", params={"since": span["until"], "until": span["since"]}).json()
    assert (turned["events"], turned["alerts"], turned["incidents"]) == ([], [], [])
    assert client.get(f"{V1}/metrics", params={"since": "yesterday"}).status_code == 422


def test_status_stands_in_both_places(client) -> None:
    assert client.get(f"{V1}/status").json()["store"] == client.get("/status").json()["store"]
