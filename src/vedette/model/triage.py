"""Triage: what people made of an alert. The alert itself is what a detector said, and never changes by it."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from vedette.model.alert import Alert
from vedette.model.errors import VedetteError
from vedette.model.incident import State

Facet = Literal[
    "rule.level", "rule.id", "source.ip", "user.name", "host.name", "alert.class", "alert.state", "rule.source"
]
FACETS: Final[tuple[Facet, ...]] = (
    "rule.level", "alert.state", "alert.class", "rule.source", "rule.id", "source.ip", "user.name", "host.name",
)  # fmt: skip
"""What alerts are counted by."""

Order = Literal[
    "last_seen", "-last_seen", "first_seen", "-first_seen", "level", "-level", "count", "-count", "score", "-score"
]
"""By what alerts or incidents are sorted; - descending. Ties by id. Alerts have no score, incidents no count."""


class TriageError(VedetteError):
    """A change that an alert cannot take."""

    code = "triage"


class Triaged(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and what was made of it.

    Attributes:
        incident: the one that lists it.
        changed: when state or assignee last changed; None where nobody has touched it.
        silence: id of the silence that last held back notices of it.
    """

    alert: Alert
    state: State = "new"
    assignee: str | None = None
    incident: str | None = None
    changed: datetime | None = None
    silence: int | None = None


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many alerts have a value; None: they have none. `label`: what people call it, where that is not the value."""

    value: str | None
    count: int
    label: str | None = None
