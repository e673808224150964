"""Hosts that events name, and the machine that we run on."""

import os
import socket
from datetime import timedelta

import msgspec

from tests.api.test_work import V1, _commit
from tests.store.made import NOW, alert, incident, logins
from vedette.model.records import Events
from vedette.model.stored import Batch, Commit


def test_hosts_with_what_was_seen_of_them(service) -> None:
    import polars as pl

    made = logins(20)
    named = made.frame.with_columns(
        pl.when(pl.arange(0, 20) < 15)
        .then(pl.lit("web1"))
        .when(pl.arange(0, 20) < 18)
        .then(pl.lit("db1"))
        .alias("host.name")
    )
    one = alert("203.0.113.7", id="a1", host_name="db1", level="critical")
    other = alert("203.0.113.8", id="a2", host_name="mail1", level="low")
    grave, closed = incident("i1", level="critical", alerts=(one,)), incident("i2", state="resolved", alerts=(other,))
    batch = Batch("s1", "s1", None, {"at": 1}, {}, (Events(made.logsource, named),))
    _commit(service, Commit(batches=[batch], alerts=[one, other], incidents=[grave, closed]))
    for later in (timedelta(), timedelta(days=100)):
        service.now = NOW + timedelta(minutes=5) + later
        told = service.keyed("viewer").get(f"{V1}/hosts").json()
        assert [(h["name"], h["events"], h["alerts"], h["incidents"], h["worst"]) for h in told["hosts"]] == [
            ("db1", 3, 1, 1, "critical"), ("mail1", 0, 1, 0, None), ("web1", 15, 0, 0, None),
        ]  # fmt: skip
        assert told["unnamed"] == 2
        assert told["hosts"][0]["last"] == "2026-02-01T12:00:00Z"


def test_the_machine_that_it_runs_on(service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mine:
        told = service.keyed("analyst").get(f"{V1}/hosts/own").json()
        port = mine.getsockname()[1]
        (found,) = [each for each in told["listening"] if each["port"] == port]
        assert (found["address"], found["protocol"], found["pid"]) == ("127.0.0.1", "tcp", os.getpid())
    assert 0 < told["memory_used"] < told["memory_total"]
    assert told["cores"] >= 1
    assert any(disk["path"] == "/" for disk in told["disks"])
    assert len(told["processes"]) >= 1
    assert [each["memory"] for each in told["processes"]] == sorted(
        (each["memory"] for each in told["processes"]), reverse=True
    )
    assert service.keyed("viewer").get(f"{V1}/hosts/own").status_code == 403
    assert msgspec.json.encode(told)


def test_its_posture_is_for_those_who_work_on_alerts(service) -> None:
    told = service.keyed("analyst").get(f"{V1}/hosts/own/posture").json()
    assert {"services", "kernel", "keys"} <= {each["what"] for each in told}
    assert all(bool(each["fix"]) is (each["verdict"] != "ok") for each in told)
    assert service.keyed("viewer").get(f"{V1}/hosts/own/posture").status_code == 403
