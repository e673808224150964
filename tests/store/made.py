"""Events, alerts and batches of our own invention for the store's tests."""

from datetime import UTC, datetime, timedelta

import polars as pl

from vedette.model.action import Action
from vedette.model.alert import Alert, Evidence, alert_id
from vedette.model.incident import Change, Incident
from vedette.model.records import REJECTED, Events, Json, Logsource
from vedette.model.stored import Batch

NOW = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
SSHD = Logsource(None, "linux", "sshd")
WEB = Logsource("webserver", None, None)


def logins(count: int, start: int = 0, source: str = "s1", at: datetime = NOW) -> Events:
    """Failed logins, one a second; numbers and addresses tell them apart."""
    numbers = range(start, start + count)
    lines = [
        f"web1 sshd[{700 + n}]: Failed password for root from 203.0.113.{n % 200} port {1024 + n}" for n in numbers
    ]
    return Events(
        SSHD,
        pl.DataFrame(
            {
                "line": list(range(count)),
                "@timestamp": [at + timedelta(seconds=n) for n in numbers],
                "event.id": [f"{source}-{n * 100}" for n in numbers],
                "event.original": lines,
                "event.category": "authentication",
                "event.outcome": ["failure" if n % 3 else "success" for n in numbers],
                "message": [line.split(": ", 1)[1] for line in lines],
                "log.file.path": "/var/log/auth.log",
                "log.offset": [n * 100 for n in numbers],
                "source.address": [f"203.0.113.{n % 200}" for n in numbers],
                "source.ip": [f"203.0.113.{n % 200}" for n in numbers],
                "source.port": [1024 + n for n in numbers],
                "user.name": "root",
            },
            schema_overrides={"@timestamp": pl.Datetime("us", "UTC")},
        ),
    )


def requests(count: int, start: int = 0, source: str = "s2", at: datetime = NOW) -> Events:
    """Web requests, one a second."""
    numbers = range(start, start + count)
    return Events(
        WEB,
        pl.DataFrame(
            {
                "line": list(range(count)),
                "@timestamp": [at + timedelta(seconds=n) for n in numbers],
                "event.id": [f"{source}-{n}" for n in numbers],
                "event.original": [f'198.51.100.{n % 9} "GET /shop/{n}?q={n} HTTP/1.1" 200' for n in numbers],
                "event.category": "web",
                "log.offset": list(numbers),
                "source.ip": [f"198.51.100.{n % 9}" for n in numbers],
                "url.original": [f"/shop/{n}?q={n}" for n in numbers],
                "http.response.status_code": [200 if n % 2 else 404 for n in numbers],
            },
            schema_overrides={"@timestamp": pl.Datetime("us", "UTC")},
        ),
    )


def rejected(*raws: str) -> pl.DataFrame:
    """Records that nothing understood."""
    rows = [(n, n * 10, raw, "no known format") for n, raw in enumerate(raws)]
    return pl.DataFrame(rows, schema=REJECTED, orient="row")


def batch(start: int, count: int, source: str = "s1", at: datetime = NOW) -> Batch:
    """The logins from `start` on, read from and up to the position of their number."""
    before: Json | None = {"at": start} if start else None
    return Batch(
        source,
        f"/var/log/{source}.log",
        before,
        {"at": start + count},
        {"open": str(start)},
        (logins(count, start, source, at),),
    )


def alert(key: str, first: int = 0, count: int = 1, **fields: object) -> Alert:
    """A part of the alert that `key` names, begun `first` seconds after NOW."""
    at = NOW + timedelta(seconds=first)
    values = {
        "timestamp": at,
        "id": alert_id("brute-force", key),
        "rule_id": "brute-force",
        "rule_name": "Brute force",
        "level": "high",
        "rule_source": "correlation",
        "source_ip": key,
        "count": count,
        "first_seen": at,
        "last_seen": at,
        "message": f"{count} failed logins",
        "entities": (("ip", key),),
        "evidence": (Evidence(event_id=f"s1-{first}", path="/var/log/auth.log", offset=first, original="a line"),),
    }
    return Alert(**(values | fields))  # type: ignore[arg-type]


def incident(name: str, **fields: object) -> Incident:
    """An incident with one entry of history."""
    values = {
        "id": name,
        "title": f"Incident {name}",
        "state": "new",
        "score": 50.0,
        "level": "high",
        "first_seen": NOW,
        "last_seen": NOW,
        "history": (Change(at=NOW, who="vedette", before=None, to="new", why="first alert"),),
    }
    return Incident(**(values | fields))  # type: ignore[arg-type]


def action(name: str, network: str, **fields: object) -> Action:
    """A drop for an hour."""
    values = {
        "id": name,
        "kind": "drop",
        "network": network,
        "at": NOW,
        "until": NOW + timedelta(hours=1),
        "reason": "Port scan, 40 ports in 2 s",
        "score": 105.0,
        "source": "network",
        "who": "vedette",
    }
    return Action(**(values | fields))  # type: ignore[arg-type]
