"""How fast matches become alerts (correlations) and alerts become incidents, each by itself.

Data: 200,000 lines of bench/lines.py, parsed and matched beforehand with all built-in rules, in the batches of a scan;
for grouping the alerts of all of them at once, as a scan does it. Reference: the same correlations one event at a time
and alerts grouped in batches of ten; both give the same alerts and incidents (`test_same_answer`).
`cpu_ms` is the CPU time of a round, best of all.
"""

import time
from datetime import UTC, datetime

import pytest

import lines
from vedette.collect.read import Reading
from vedette.detect import sigma
from vedette.detect.sigma import bursts
from vedette.incidents import group as incidents
from vedette.incidents.grouping import Grouping
from vedette.incidents.score import Risk
from vedette.model.alert import fold
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.rules import load
from vedette.runtime.scan import Scan

COUNT = 200_000
RULES = load([])


class Keeping(Engine):
    """Keeps events and matches."""

    def __init__(self, plan):
        super().__init__(plan)
        self.batches = []

    def detect(self, groups):
        self.batches.append([(events, sigma.match(self.plan.rules, events)) for events in groups])
        return (), []


@pytest.fixture(scope="module", params=["auth", "web"])
def batches(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("bench") / f"{request.param}.log"
    with path.open("w") as file:
        file.writelines(line + "\n" for line in getattr(lines, request.param)(COUNT))
    engine = Keeping(Plan(RULES))
    for _ in Scan(Reading([path]), engine, Context(lines.BEGIN)).batches():
        pass
    return engine.batches


def correlated(batches):
    state, parts = sigma.begin(RULES), []
    for batch in batches:
        done = sigma.step(RULES, state, batch)
        state = done.state
        parts += done.alerts
    return parts


def grouped(parts, size=None):
    alerts = sorted((a for a in fold(parts) if a.level != "informational"), key=lambda a: (a.timestamp, a.id))
    state, found, now = incidents.State(), {}, datetime(2027, 1, 1, tzinfo=UTC)
    for at in range(0, len(alerts), size or len(alerts)):
        done = incidents.group(Grouping(), Risk(), state, alerts[at : at + (size or len(alerts))], now, aging=False)
        state = done.state
        found |= {incident.id: incident for incident in done.changed}
    return found


def one_by_one(_what, _items, segments, _kept):
    """In place of `judge`: leaves all groups to be judged one event at a time."""
    return [], list(map(segments.one, range(len(segments.keys))))


def timed(benchmark, what, *arguments):
    best = []

    def run():
        begin = time.process_time()
        what(*arguments)
        best.append(time.process_time() - begin)

    benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    benchmark.extra_info["cpu_ms"] = round(1000 * min(best))


def test_same_answer(batches, monkeypatch):
    parts = correlated(batches)
    assert len(parts) > 1000
    monkeypatch.setattr(bursts, "judge", one_by_one)
    assert correlated(batches) == parts
    assert len(grouped(parts)) > 1000
    assert grouped(parts, 10) == grouped(parts)


def test_correlations(benchmark, batches):
    timed(benchmark, correlated, batches)


def test_correlations_one_by_one(benchmark, batches, monkeypatch):
    monkeypatch.setattr(bursts, "judge", one_by_one)
    timed(benchmark, correlated, batches)


def test_incidents(benchmark, batches):
    timed(benchmark, grouped, correlated(batches))


def test_incidents_in_batches_of_ten(benchmark, batches):
    timed(benchmark, grouped, correlated(batches), 10)
