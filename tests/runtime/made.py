"""Record batches and a responder for tests of the runtime."""

from datetime import UTC, datetime

import polars as pl

from tests.store.made import action
from vedette.model.action import ActionError, Allowed
from vedette.model.records import RECORD, RecordBatch

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def batch(*lines, source="s", position=None, last=True):
    """Lines as one batch of a source."""
    columns = {"line": range(1, len(lines) + 1), "offset": range(len(lines)), "raw": lines}
    return RecordBatch(source, source, pl.DataFrame(columns, schema=RECORD), position or {}, NOW, last=last)


class Fake:
    """A responder that blocks all but 192.0.2.1 and remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.active = {}

    def block(self, network, *, kind, until, reason, who, now):
        self.asked.append((str(network), kind, until))
        if str(network) == "192.0.2.1/32":
            raise ActionError("192.0.2.1 is this machine's own address", fix="block another")
        made = action(f"id-{network}", str(network), kind=kind, until=until, reason=reason, who=who, at=now, source="manual")
        self.active[str(network)] = made
        return made

    def unblock(self, network_or_id, *, who, why, now):
        self.asked.append(network_or_id)
        found = [a for a in self.active.values() if network_or_id in (a.network, a.id)]
        if not found:
            raise ActionError("nothing to lift")
        return [
            action(a.id, a.network, until=a.until, at=a.at, lifted=now, lifted_by=who, lifted_why=why) for a in found
        ]

    def allow(self, network, *, who, why, now):
        return Allowed(network=str(network), why=why, at=now, who=who)

    def disallow(self, network, *, who, now):
        return Allowed(network=str(network), why="")
