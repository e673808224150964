"""What can be asked about events, alerts and incidents."""

from typing import Final

import polars as pl

from vedette.model.alert import LEVELS
from vedette.model.fields import FIELDS, TIME
from vedette.model.incident import STATES
from vedette.model.query import Schema

_S, _I = pl.String(), pl.Int64()
_LIST = pl.List(pl.String())

EVENTS: Final = Schema(
    {name: field.type for name, field in FIELDS.items() if name != "line"}, ("event.original", "message"), open=True
)

ALERTS: Final = Schema(
    {
        "@timestamp": TIME, "first_seen": TIME, "last_seen": TIME,
        "alert.id": _S, "alert.state": pl.Enum(STATES), "alert.class": _S, "alert.assignee": _S,
        "rule.id": _S, "rule.name": _S, "rule.level": pl.Enum(LEVELS), "rule.source": _S,
        "threat.technique.id": _LIST, "source.ip": _S, "destination.ip": _S, "user.name": _S, "host.name": _S,
        "event.count": _I, "message": _S, "incident.id": _S, "alert.silence": _I,
    },
    ("message", "rule.name"),
)  # fmt: skip

INCIDENTS: Final = Schema(
    {
        "first_seen": TIME, "last_seen": TIME, "incident.id": _S, "state": pl.Enum(STATES), "level": pl.Enum(LEVELS),
        "score": pl.Float64(), "title": _S, "assignee": _S,
    },
    ("title",),
    time=("first_seen", "last_seen"),
)  # fmt: skip
