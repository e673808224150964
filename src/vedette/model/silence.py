"""Silences: while one is active, nobody is notified of the alerts that its query finds. The alerts are made, stored and
shown as ever, and what is done about their sources is done."""

from datetime import datetime
from typing import Literal

import msgspec

from vedette.model.errors import VedetteError

SilenceState = Literal["pending", "active", "expired"]


class SilenceError(VedetteError):
    """A silence that cannot be made or changed so."""

    code = "silence"


class SilenceConflict(SilenceError):
    """What there is stands against it."""

    code = "silence-conflict"


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Never removed by hand: what was silenced, when and why stays to be read as long as the alerts do.

    Attributes:
        query: of alerts (vedette.search.ALERTS), never changed.
        since, until: when it is active, half open; only the end moves.
        at: when it was made.
        moved_by: who last moved its end; None where nobody did.
        held: notices that it held back.
    """

    id: int
    query: str
    since: datetime
    until: datetime
    who: str
    why: str
    at: datetime
    moved_by: str | None = None
    held: int = 0

    def state(self, now: datetime) -> SilenceState:
        """Whether it is still to come, in force, or over."""
        if now >= self.until:
            return "expired"
        return "active" if now >= self.since else "pending"
