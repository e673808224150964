"""Events of records that came over the network know who sent them, where they name no machine themselves."""

from datetime import UTC, datetime

import polars as pl

from vedette.model.records import RECORD, RecordBatch
from vedette.parse.context import Context
from vedette.parse.dispatch import parse

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
LINES = [
    "<34>1 2026-02-01T10:24:12Z web1 su - ID47 - failed for root",
    "<13>Feb  1 10:24:12 sshd[812]: Failed password for root from 198.51.100.9 port 4711 ssh2",
    '{"time":"2026-02-01T10:24:13Z","level":"info","msg":"started"}',
    "complete nonsense",
]


def events(peers, host=None):
    columns = {"line": list(range(1, len(LINES) + 1)), "offset": [70, 71, 72, 73], "raw": LINES}
    frame = pl.DataFrame(columns, schema=RECORD)
    batch = RecordBatch("sys:udp", "syslog:udp:514", frame, {}, NOW, last=True, peers=peers)
    parsed = parse(batch, {}, Context(NOW, host=host))
    got = pl.concat([each.frame.select("line", "event.id", "host.name") for each in parsed.events])
    return {line: (name, host) for line, name, host in got.sort("line").iter_rows()}


def test_a_machine_that_is_not_named_is_the_one_that_sent_it():
    senders = pl.Series(["192.0.2.1", "192.0.2.2", "2001:db8::3", "192.0.2.4"])
    known = events(senders)
    assert {line: host for line, (_, host) in known.items() if line <= 3} == {1: "web1", 2: "192.0.2.2", 3: "2001:db8::3"}
    assert known[2][0] == "sys:udp-71"
    told = events(senders, host="gateway.example.net")
    assert [told[line][1] for line in (1, 2, 3)] == ["web1", "gateway.example.net", "gateway.example.net"]
