"""Traffic over HTTP: what the agent says of the wire, and what logs tell of connections."""

from datetime import timedelta

import polars as pl

from tests.api.test_work import V1, _commit
from tests.store.made import NOW, logins
from vedette.model.records import Events
from vedette.model.stored import Batch, Commit

TALKER = {
    "address": "203.0.113.9", "port": None, "transport": None, "packets": 7, "bytes": 900, "usual_packets": 1.5, "usual_bytes": 88.0,
}  # fmt: skip


def connections(count: int) -> Events:
    frame = logins(count).frame.with_columns(
        pl.lit("network").alias("event.category"),
        pl.Series("source.ip", [f"203.0.113.{n % 3}" for n in range(count)]),
        pl.Series("destination.ip", ["192.0.2.10" if n % 5 else None for n in range(count)]),
        pl.Series("destination.port", [22 if n % 2 else 443 for n in range(count)]),
        pl.Series("network.bytes", [1000 * (n % 3) for n in range(count)]),
    )
    return Events(logins(1).logsource, frame)


def test_connections_of_logs_are_ranked(service) -> None:
    _commit(service, Commit(batches=[Batch("s1", "s1", None, {"at": 1}, {}, (connections(30), logins(5, 50)))]))
    for later in (timedelta(hours=1), timedelta(days=300)):
        service.now = NOW + later
        told = service.keyed("viewer").get(f"{V1}/network/traffic").json()
        assert (told["capturing"], told["interfaces"], told["senders"], told["logged"]) == (False, [], [], 30)
        assert told["by"]["source.ip"] == [{"value": f"203.0.113.{n}", "count": 10} for n in range(3)]
        assert told["by"]["destination.ip"] == [{"value": "192.0.2.10", "count": 24}]
        assert told["by"]["destination.port"] == [{"value": "22", "count": 15}, {"value": "443", "count": 15}]
        assert told["volume"] == [
            {"value": "203.0.113.2", "count": 20_000}, {"value": "203.0.113.1", "count": 10_000}, {"value": "203.0.113.0", "count": 0},
        ]  # fmt: skip


def test_nothing_kept_is_nothing_told(service) -> None:
    told = service.keyed("viewer").get(f"{V1}/network/traffic", params={"hours": 1}).json()
    assert (told["logged"], told["volume"], told["by"]["source.ip"]) == (0, [], [])
    assert service.keyed("viewer").get(f"{V1}/network/traffic", params={"hours": 0}).status_code == 422


def test_the_wire_as_the_agent_tells_of_it_while_it_runs(service, monkeypatch) -> None:
    interface = {"packets": 500, "bytes": 60_000, "drops": 3, "fault": "", "packets_per_second": 12.5, "bytes_per_second": 1500.0}
    wire = {"interfaces": {"eth0": interface}, "senders": [TALKER], "services": [{**TALKER, "port": 22, "transport": "tcp"}]}
    for running in (True, False):
        monkeypatch.setattr("vedette.api.place.read", lambda _directory, running=running: {"running": running, "network": wire})
        told = service.keyed("viewer").get(f"{V1}/network/traffic").json()
        assert told["capturing"] is running
        assert told["senders"] == ([TALKER] if running else [])
        assert told["interfaces"] == ([
            {"name": "eth0", "packets_per_second": 12.5, "bytes_per_second": 1500.0, "drops": 3, "fault": ""}
        ] if running else [])  # fmt: skip
        assert [each["port"] for each in told["services"]] == ([22] if running else [])
