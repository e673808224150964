"""An open incident as the world sees it: scored, named, and told as a story."""

import msgspec

from vedette.incidents.score import Outline, Score
from vedette.incidents.state import Group
from vedette.incidents.story import plain, tell, title
from vedette.model.incident import Change, Incident, Omitted, Seen


def render(held: Group, known: Outline, worth: Score) -> Incident:
    """The whole incident, given what is known of its alerts and what they are worth."""
    return Incident(
        id=held.id,
        title=title(known),
        state=held.status,
        score=worth.value,
        level=worth.level,
        first_seen=held.first_seen,
        last_seen=held.last_seen,
        tactics=known.stages,
        entities=tuple(
            [
                Seen(type=kind, value=plain(value), first_seen=tie.first, last_seen=tie.last)
                for key, tie in held.ties.items()
                for kind, _, value in [key.partition(":")]
            ]
        ),
        story=tell(known),
        reasons=worth.reasons,
        alerts=tuple(known.alerts),
        omitted=tuple(Omitted(rule_id=rule, count=count) for rule, count in held.omitted.items()),
        history=tuple(held.history),
        merged=tuple(held.merged),
        continues=held.continues,
    )


def taken_in(incident: Incident, home: str, change: Change) -> Incident:
    """The incident as it ends: it became part of another."""
    return msgspec.structs.replace(incident, state=change.to, history=(*incident.history, change), merged_into=home)
