"""Sources and roles over HTTP."""

import json

from tests.api.test_work import V1
from vedette.model.account import SCOPES
from vedette.runtime.status import FILE

FILES = {"records": 7, "records_per_second": 0.5, "last": "2026-02-01T12:00:00Z", "lag_bytes": 9, "failures": 1, "files": 3}


def test_sources_as_the_agent_told_last(service) -> None:
    client = service.keyed("viewer")
    assert client.get(f"{V1}/sources").json() == {"running": False, "items": []}
    sources = {
        "var-log": {**FILES, "fault": "", "problem": "2 files may not be read"},
        "push": {"records": 0, "fault": "address is in use", "last": None},
    }
    (service.store.directory / FILE).write_text(json.dumps({"pid": 2**22 + 1, "sources": sources}))
    told = client.get(f"{V1}/sources").json()
    assert told["running"] is False
    push, files = told["items"]
    assert (push["name"], push["fault"], push["lag_bytes"], push["last"]) == ("push", "address is in use", None, None)
    assert (files["records"], files["lag_bytes"], files["fault"], files["more"]) == (7, 9, "2 files may not be read", {"files": 3})


def test_roles_and_what_they_may(service) -> None:
    told = service.keyed("viewer").get(f"{V1}/roles").json()
    assert {each["name"]: set(each["scopes"]) for each in told} == SCOPES
    assert [each["name"] for each in told] == ["viewer", "analyst", "responder", "admin"]
