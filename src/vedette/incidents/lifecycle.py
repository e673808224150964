"""States of an incident: who may change what into what, and what happens by itself.

new -> acknowledged -> in-progress -> resolved | false-positive; a closed one may be opened again. A new alert opens
a resolved incident by itself; one that was judged a false positive only when the alert says something new.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from pydantic import Field

from vedette.model.alert import LEVELS, Level
from vedette.model.incident import AGENT, CLOSED, Change, Incident, IncidentError, State
from vedette.model.settings import Duration, Settings

WHY_LONGEST: Final = 2000

LEGAL: Final[Mapping[State, tuple[State, ...]]] = {
    "new": ("acknowledged", "in-progress", "resolved", "false-positive"),
    "acknowledged": ("in-progress", "resolved", "false-positive", "new"),
    "in-progress": ("acknowledged", "resolved", "false-positive"),
    "resolved": ("new", "in-progress", "false-positive"),
    "false-positive": ("new", "in-progress", "resolved"),
}


class Quiet(Settings):
    resolve_after: Duration = Field(timedelta(hours=24), gt=timedelta(0))
    """An incident without a new alert for this long is resolved by itself."""
    resolve_up_to: Level = "medium"
    """Incidents above this level stay open until a person closes them."""


def change(incident: Incident, to: State, *, who: str, why: str, at: datetime) -> Incident:
    """The incident in its new state, with the change in its history.

    Raises:
        IncidentError: the change is not legal from this state, or `who` or `why` is empty.
    """
    where = f"incident {incident.id}"
    if incident.merged_into is not None:
        raise IncidentError("it is part of another incident now", where=where, fix=f"change {incident.merged_into}")
    if to not in LEGAL[incident.state]:
        legal = ", ".join(LEGAL[incident.state])
        raise IncidentError(f"cannot go from {incident.state} to {to}", where=where, fix=f"one of: {legal}")
    if not who.strip() or not why.strip():
        raise IncidentError("a change needs a person and a reason", where=where, fix="say who and why")
    entry = Change(at=at, who=who, before=incident.state, to=to, why=why[:WHY_LONGEST])
    return msgspec.structs.replace(incident, state=to, history=(*incident.history, entry))


def settle(settings: Quiet, incident: Incident, now: datetime) -> Incident:
    """The incident resolved if it has been quiet for long enough, else unchanged.

    One that somebody is working on (in-progress) is never closed under their hands.
    """
    grave = LEVELS.index(incident.level) > LEVELS.index(settings.resolve_up_to)
    waiting = incident.state in ("new", "acknowledged")
    if grave or not waiting or now - incident.last_seen < settings.resolve_after:
        return incident
    hours = settings.resolve_after.total_seconds() / 3600
    why = f"no new alert for {hours:g} h"
    return change(incident, "resolved", who=AGENT, why=why, at=incident.last_seen + settings.resolve_after)


def reopens(state: State, *, says_something_new: bool) -> bool:
    """Whether a further alert opens an incident of this state again."""
    return state in CLOSED and (state == "resolved" or says_something_new)
