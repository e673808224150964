"""What a look through files came to: alerts, incidents, and an account of every input."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from vedette.model.alert import Alert
from vedette.model.incident import Incident
from vedette.model.text import safe


class Input(msgspec.Struct, kw_only=True):
    """One file or stream that was read, as far as it could be.

    Attributes:
        formats: events by the format that understood them.
        rejected: records by the reason why they could not be understood.
        dropped: what could not even be read as records, by reason: a torn tail, a damaged chunk.
    """

    path: str
    records: int = 0
    formats: dict[str, int] = msgspec.field(default_factory=dict)
    rejected: dict[str, int] = msgspec.field(default_factory=dict)
    dropped: dict[str, int] = msgspec.field(default_factory=dict)


class Skipped(msgspec.Struct, frozen=True):
    """What was not read, or with `partial` only in part: one line for the user.

    Attributes:
        kind: `lost` may be a log that nobody has looked at, `foreign` is no log, `empty` holds nothing that is not read.
    """

    path: str
    reason: str
    fix: str = ""
    partial: bool = False
    kind: Literal["lost", "foreign", "empty"] = "lost"

    def __str__(self) -> str:
        return f"{safe(self.path)}: {'read in part' if self.partial else 'not read'}: {safe(self.reason)}"


def listed(skipped: Sequence[Skipped], most: int = 20) -> tuple[list[Skipped], int]:
    """(what to list, the worst first; how many more there are, all with nothing to read).

    What may hide something is always listed; what is empty only where all of it has room, else it would bury that.
    """
    ordered = sorted(skipped, key=lambda each: ("lost", "foreign", "empty").index(each.kind))
    shown = len(ordered) if len(ordered) <= most else sum(each.kind != "empty" for each in ordered)
    return ordered[:shown], len(ordered[shown:])


class Summary(msgspec.Struct, kw_only=True):
    """The account: every input is in `inputs` or in `skipped`. `shed`: detector state given up, by what."""

    inputs: list[Input] = msgspec.field(default_factory=list)
    skipped: list[Skipped] = msgspec.field(default_factory=list)
    shed: dict[str, int] = msgspec.field(default_factory=dict)
    rules: int = 0
    rules_refused: int = 0
    seconds: float = 0.0
    size: int = 0

    @property
    def records(self) -> int:
        return sum(each.records for each in self.inputs)

    @property
    def rejected(self) -> int:
        return sum(sum(each.rejected.values()) for each in self.inputs)


class Findings(msgspec.Struct, frozen=True):
    """`alerts` in the order in which they began, `incidents` the worst first."""

    alerts: Sequence[Alert]
    incidents: Sequence[Incident]
    summary: Summary
