"""Rules and event batches for the tests of the engine."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from vedette.detect.sigma import Ruleset, State, begin, match, read, step
from vedette.model.alert import Alert, fold
from vedette.model.fields import dtype
from vedette.model.records import Events, Logsource

START = datetime(2026, 2, 1, 10, 0, tzinfo=UTC)
AUTH = Logsource("authentication", "linux", "sshd")


def rules(*texts: str, **placeholders: Sequence[str]) -> Ruleset:
    """A rule set without refusals."""
    ruleset = read([(f"r{i}.yml", text) for i, text in enumerate(texts)], placeholders)
    assert ruleset.refused == ()
    return ruleset


def rule(detection: str, head: str = "", logsource: str = "{product: test}") -> str:
    """A rule with this detection section, given as flow YAML or indented lines."""
    return f"title: A rule\nlogsource: {logsource}\n{head}\ndetection:\n  {detection}\n"


def frame(rows: Sequence[Mapping[str, Any]], first: int = 1) -> pl.DataFrame:
    """Rows as an event frame; every value in the type of its name."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pl.Series(name, [row.get(name) for row in rows], dtype=dtype(name)) for name in names}
    return pl.DataFrame(columns).with_columns(line=pl.int_range(first, first + len(rows), dtype=pl.Int64))


def events(rows: Sequence[Mapping[str, Any]], **logsource: str) -> Events:
    return Events(Logsource(**logsource or {"product": "test"}), frame(rows))


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def logins(rows: Iterable[tuple[float, str | None, str, str]], first: int = 1) -> Events:
    """Login events from (seconds, address, user, outcome)."""
    made = [
        {
            "@timestamp": at(seconds),
            "event.id": f"e{first + i}",
            "event.original": f"line {first + i}",
            "event.category": "authentication",
            "event.outcome": outcome,
            "source.ip": address,
            "user.name": user,
            "host.name": "web1",
        }
        for i, (seconds, address, user, outcome) in enumerate(rows)
    ]
    return Events(AUTH, frame(made, first))


def run(ruleset: Ruleset, batches: Iterable[Events], state: State | None = None) -> list[Alert]:
    """Whole alerts of the batches, one step each."""
    state = state or begin(ruleset)
    parts: list[Alert] = []
    for batch in batches:
        done = step(ruleset, state, [(batch, match(ruleset, batch))])
        state = done.state
        parts.extend(done.alerts)
    return fold(parts)
