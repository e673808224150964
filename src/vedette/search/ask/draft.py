"""What a question wants, before it is known what it is asked of. Its fields finds vedette.search.ask.fields."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, NamedTuple

from vedette.model.query import Measure, Op, Rows, Summary
from vedette.model.question import Comparison
from vedette.model.stored import About
from vedette.search.ask.concepts import CONCEPTS, ENTITIES

TOP: Final = 10
_DEFAULT_GROUP: Final = {"web": "url", "dns": "domain", "process": "process", "attack": "rule"}
_OF_PAGES: Final = frozenset({"url", "site", "user-agent", "status", "method", "referrer"})
"""What only requests have, of which the size of the answer is known."""
_NAMED_BY_ALERTS: Final = frozenset(
    {"either", "source", "destination", "user", "account", "host", "peer-name", "technique", "tactic"}
)
"""Slots that alerts have and incidents have not."""


class Want(NamedTuple):
    """A value that a record must have.

    Attributes:
        slot: name of an entity, or: either (an address of a peer), here (of this machine), name, path, domain, program,
            type, service, technique, tactic, level, state, text, private, outcome, peer-name.
        at: places of the items that say so.
        also: it stands beside another of its slot, with nothing that joins them: both hold.
    """

    slot: str
    values: tuple[str, ...]
    at: tuple[int, ...]
    negated: bool = False
    op: Comparison = "is"
    also: bool = False


@dataclass
class Draft:
    """What was gathered. `lost`: items that found no place."""

    about: About | None = None
    wants: list[Want] = field(default_factory=list)
    concepts: list[tuple[str, bool, int, bool]] = field(default_factory=list)
    groups: list[tuple[str, int]] = field(default_factory=list)
    every: timedelta | None = None
    over_time: bool = False
    trend: bool = False
    counted: bool = False
    distinct: tuple[str, int] | None = None
    summed: tuple[str, int] | None = None
    first: int | None = None
    superlative: int = -1
    least: bool = False
    having: tuple[Op, int] | None = None
    rows: Rows | None = None
    rows_at: int = 0
    compared: bool = False
    began: bool = False
    lost: dict[int, str] = field(default_factory=dict)
    said: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def topic(self) -> str:
        """What the first concept that has one is about."""
        return next((CONCEPTS[name].topic for name, *_ in self.concepts if CONCEPTS[name].topic), "")

    def settle(self) -> About:
        """What is asked about, as the words tell."""
        if self.about == "incidents" and self._by_alerts():
            self.notes.append("incidents are found by their alerts")
            self.about = "alerts"
        if self.about is not None:
            judged = any(CONCEPTS[name].events is None for name, *_ in self.concepts)
            if self.about == "events" and (judged or self._only_alerts()):
                self.notes.append("what is an attack, only alerts say: asked of alerts")
                self.about = "alerts"
            return self.about
        kinds = [CONCEPTS[name] for name, *_ in self.concepts]
        service = any(want.slot in ("type", "service") for want in self.wants)
        if (
            service
            and kinds
            and any(k.events is None for k in kinds)
            and all(k.events is not None or k.attempts for k in kinds)
            and not self._only_alerts()
        ):
            self.notes.append("alerts do not know the service: asked of events, for what was refused")
            return "events"
        judged = any(kind.events is None for kind in kinds) or self._only_alerts()
        return "alerts" if judged and not any(kind.alerts is None for kind in kinds) else "events"

    def _by_alerts(self) -> bool:
        """Whether it asks for the incidents that name somebody: only their alerts do."""
        slots = {want.slot for want in self.wants}
        told = self.groups or self.every or self.counted or self.distinct or self.summed or self.rows or self.over_time
        named = [want for want in self.wants if want.slot != "state"]
        if told or not named or not slots <= _NAMED_BY_ALERTS | {"state"}:
            return False
        if len(named) < len(self.wants):
            self.notes.append("the state is that of the incident's alerts, which close with it")
        self.groups.append(("incident", named[0].at[0]))
        self.wants.append(Want("incident", (), named[0].at))
        return True

    def _only_alerts(self) -> bool:
        slots = {want.slot for want in self.wants} | {name for name, _ in self.groups}
        return bool(slots & {"level", "technique", "tactic", "state", "assignee", "detector"}) or any(
            name == "rule" for name, _ in self.groups
        )

    def summary(self, about: About, compare: bool) -> Summary | Rows | None:
        """What is told of the records. Whether `compare` is among it is left to the caller."""
        by = []
        for name, at in self.groups:
            if name == "user" and self.topic == "iam" and about == "events":
                name = "target-user"
            found = ENTITIES[name].field(about)
            if found:
                by.append(found)
            else:
                self.lost[at] = f"no field of {about} holds that"
        if self.first is not None and not by:
            name = "rule" if about == "alerts" else _DEFAULT_GROUP.get(self.topic, "")
            by = [ENTITIES[name].field(about)] if name else []
            if not by:
                self.lost[self.superlative] = "the most of what?"
        measured = self._measured(about)
        wanted = by or self.every or self.counted or compare or measured or self.having
        if not wanted:
            return self.rows
        if self.rows is not None:
            self.lost[self.rows_at] = "the last or first of each group cannot be asked for"
        measure, of = measured or ("count", "")
        return Summary(
            measure=measure,
            field=of,
            by=tuple(dict.fromkeys(by)),
            every=self.every,
            first=self.first if by else None,
            least=self.least if by else False,
            having=self.having if by else None,
        )

    def _measured(self, about: About) -> tuple[Measure, str] | None:
        measures: tuple[tuple[Measure, tuple[str, int] | None], ...] = (
            ("distinct", self.distinct),
            ("sum", self.summed),
        )
        for measure, said in measures:
            if said is None:
                continue
            name = said[0]
            if name in ("bytes", "bytes-sent") and (self.topic == "web" or {group for group, _ in self.groups} & _OF_PAGES):
                name = "body"
            found = ENTITIES[name].field(about)
            if found:
                return measure, found
            self.lost[said[1]] = f"no field of {about} holds that"
        return None
