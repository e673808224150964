"""Patterns over HTTP."""

from datetime import timedelta

from tests.api.test_work import V1, _commit
from tests.store.made import NOW, logins
from vedette.model.stored import Batch, Commit


def test_days_of_what_is_kept_also_of_a_recording(service) -> None:
    events = tuple(logins(10 + day, 100 * day, at=NOW - timedelta(days=day)) for day in range(12))
    _commit(service, Commit(batches=[Batch("s1", "s1", None, {"at": 1}, {}, events)]))
    asked = {"about": "events", "by": "user.name", "days": 10, "q": "event.category:authentication"}
    for later in (timedelta(hours=1), timedelta(days=300)):
        service.now = NOW + later
        answer = service.keyed("viewer").get(f"{V1}/patterns", params=asked)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["all"] == {**told["recurring"][0], "value": None, "hours": None}
        root = told["recurring"][0]
        assert root["value"] == "root"
        if later < timedelta(days=1):
            assert (told["until"], root["per_day"], root["today"]) == ("2026-01-31", [*range(20, 10, -1)], 10)
        else:  # the last day of a recording is whole
            assert (told["until"], root["per_day"], root["today"]) == ("2026-02-01", [*range(19, 9, -1)], 0)
        assert root["course"]["trend"] == "falling"
        assert root["course"]["forecast"][0]["day"] > told["until"]


def test_alerts_by_rule_when_nothing_is_said_and_what_cannot_be_told(service) -> None:
    client = service.keyed("viewer")
    told = client.get(f"{V1}/patterns").json()
    assert (told["about"], told["by"], told["recurring"], told["history"]) == ("alerts", "rule.name", [], 0)
    for wrong in ({"by": "@timestamp"}, {"days": 3}, {"zone": "Mars/Base"}, {"about": "incidents"}, {"q": "("}):
        answer = client.get(f"{V1}/patterns", params=wrong)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), wrong
