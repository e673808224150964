"""What a question wants, before it is known what it is asked of: then every want finds its field, or is told as not
understood."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from vedette.model import attack
from vedette.model.query import Measure, Op, Rows, Summary
from vedette.model.question import Clause, Comparison
from vedette.model.stored import About
from vedette.search.ask.concepts import CONCEPTS, ENTITIES, PRIVATE, Concept, clauses
from vedette.search.ask.plan import literal

TOP: Final = 10
_SERVICE_OF: Final = {"mail": "mail", "dns": "dns", "request": "web", "spam": "mail"}
_STATES: Final = {"open": ("new", "acknowledged", "in-progress"), "closed": ("resolved", "false-positive")}
_NO_DIRECTION: Final = frozenset({"login", "web", "attack", "mail", "iam"})
"""Topics where an address without a preposition is the peer's."""
_DEFAULT_GROUP: Final = {"web": "url", "dns": "domain", "process": "process", "attack": "rule"}
_FILE_ROOTS: Final = (
    "/etc",
    "/var",
    "/tmp",  # noqa: S108
    "/home",
    "/usr",
    "/root",
    "/bin",
    "/sbin",
    "/opt",
    "/dev",
    "/proc",
    "/boot",
    "/lib",
    "~",
)
"""Of paths that are files, not pages."""


_NAMED_BY_ALERTS: Final = frozenset({"either", "source", "destination", "user", "account", "host", "peer-name", "technique", "tactic"})
"""Slots that alerts have and incidents have not."""


_TRANSFERS: Final = frozenset({"upload", "download", "file", "file-created", "file-deleted", "file-changed"})
"""What FTP servers' records, as they are read, do not tell."""


class Want(NamedTuple):
    """A value that a record must have.

    Attributes:
        slot: name of an entity, or: either (an address of a peer), here (of this machine), name, path, domain, program,
            type, service, technique, tactic, level, state, text, private, outcome, peer-name.
        at: places of the items that say so.
    """

    slot: str
    values: tuple[str, ...]
    at: tuple[int, ...]
    negated: bool = False
    op: Comparison = "is"


@dataclass
class Draft:
    """What was gathered. `lost`: items that found no place."""

    about: About | None = None
    wants: list[Want] = field(default_factory=list)
    concepts: list[tuple[str, bool, int, bool]] = field(default_factory=list)
    groups: list[tuple[str, int]] = field(default_factory=list)
    every: timedelta | None = None
    over_time: bool = False
    counted: bool = False
    distinct: tuple[str, int] | None = None
    summed: tuple[str, int] | None = None
    first: int | None = None
    superlative: int = -1
    least: bool = False
    having: tuple[Op, int] | None = None
    rows: Rows | None = None
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

    # --- clauses ---

    def _adjectives(self) -> None:
        """Of two kinds side by side, that no record can both be, the first tells the service of the second: mail logins."""
        for (name, _, at, _), (after, _, _, joined) in pairwise(self.concepts):
            one, two = ({c.fields: c.values for c in clauses(CONCEPTS[each].events or "")} for each in (name, after))
            if joined or name == after or not any(two.get(fields, values) != values for fields, values in one.items()):
                continue
            self.concepts = [each for each in self.concepts if each[2] != at]
            if name in _SERVICE_OF:
                self.wants.append(Want("type", (_SERVICE_OF[name],), (at,)))
            else:
                self.lost[at] = "a record is one or the other"

    def clauses(self, about: About) -> list[Clause]:
        """All of them; what has no field there is lost."""
        out: list[Clause] = []
        if about == "events":
            self._adjectives()
        level = about == "events" and any(want.slot == "level" for want in self.wants)
        for name, no, at, _ in self.concepts:
            if level and name in ("error", "warning"):
                continue  # critical errors are those of that level
            text = _told(CONCEPTS[name], about)
            if about == "events" and name in _TRANSFERS and self._ftp():
                self.lost[at] = "records of FTP servers do not tell what was transferred"
                continue
            if text is None and about == "incidents":
                words = self.said.get(at, name)
                self.notes.append(f"{words}: looked for in the title")
                _add(out, Clause(("title",), (f"*{literal(words)}*",), "like", negated=no))
                continue
            if text is None:
                self.lost[at] = f"{about} cannot tell that"
                continue
            for clause in clauses(text):
                _add(out, Clause(clause.fields, clause.values, clause.op, negated=no))
            if name == "logged-in" and about == "events" and not any(want.slot == "outcome" for want in self.wants):
                _add(out, Clause(("event.outcome",), ("success",)))
        for want in self.wants:
            found = self._resolved(want, about)
            if found is None:
                self.lost.update(dict.fromkeys(want.at, f"no field of {about} holds that"))
            for clause in found or ():
                _add(out, clause)
        said = {clause.fields for clause in out if clause.values and not clause.negated}
        return [clause for clause in out if clause.values or clause.negated or clause.fields not in said]

    def _ftp(self) -> bool:
        return any("ftp" in value and not value.startswith("sftp") for want in self.wants for value in want.values)

    def _resolved(self, want: Want, about: About) -> list[Clause] | None:
        make = _SLOTS.get(want.slot)
        if make is not None:
            return make(self, want, about)
        entity = ENTITIES[want.slot]
        name = entity.field(about)
        if not name:
            return None
        fields = (name, *entity.more) if about == "events" else (name,)
        if want.slot in ("command", "user-agent", "process", "parent", "file", "title", "query") and want.op == "is":
            return [Clause(fields, tuple(f"*{literal(v)}*" for v in want.values), "like", want.negated)]
        return [Clause(fields, want.values, want.op, want.negated)]

    def _peer(self, want: Want, about: About) -> list[Clause] | None:
        if about == "incidents":
            return None
        if self.topic in _NO_DIRECTION or (self.summed and self.summed[0] == "bytes-sent"):
            return [Clause(("source.ip",), want.values, want.op, want.negated)]
        return [Clause(("source.ip", "destination.ip"), want.values, want.op, want.negated)]

    def _here(self, want: Want, about: About) -> list[Clause] | None:
        fields = {"events": ("host.ip", "destination.ip"), "alerts": ("destination.ip",), "incidents": ()}[about]
        return [Clause(fields, want.values, want.op, want.negated)] if fields else None

    def _private(self, want: Want, about: About) -> list[Clause] | None:
        side = want.values[0]
        fields = ("destination.ip",) if side == "to" else ("source.ip",)
        if about == "incidents":
            return None
        inside = [Clause(fields, PRIVATE, "is", want.negated)]
        return [Clause(fields, ()), *inside] if want.negated else inside

    def _peer_name(self, want: Want, about: About) -> list[Clause] | None:
        """A machine that something comes from: for logins the peer, else the one that tells it."""
        if about == "incidents":
            return None
        fields = (
            ("source.address", "source.domain")
            if about == "events" and self.topic in ("login", "mail")
            else ("host.name",)
        )
        return [Clause(fields, want.values, want.op, want.negated)]

    def _path(self, want: Want, about: About) -> list[Clause] | None:
        if about != "events":
            return [Clause((), want.values, negated=want.negated)]
        file = any(value.startswith(_FILE_ROOTS) or value[:1] in "\\%" or value[1:2] == ":" for value in want.values)
        if self.topic == "web" or not (file or self.topic in ("file", "process")):
            return [Clause(("url.path",), want.values, "is", want.negated)]
        return [
            Clause(
                ("file.path", "process.command_line"),
                tuple(f"*{literal(v)}*" for v in want.values),
                "like",
                want.negated,
            )
        ]

    def _domain(self, want: Want, about: About) -> list[Clause] | None:
        if about != "events":
            return [Clause((), want.values, negated=want.negated)]
        if self.topic == "mail":
            return [
                Clause(
                    ("email.from.address", "email.to.address"),
                    tuple(f"*@{v}" for v in want.values),
                    "like",
                    want.negated,
                )
            ]
        below = (
            want.values
            if want.op == "like"
            else tuple(each for v in want.values for each in (literal(v), f"*.{literal(v)}"))
        )
        fields = {"dns": ("dns.question.name",), "web": ("url.domain",)}.get(
            self.topic, ("dns.question.name", "url.domain", "destination.domain", "tls.client.server_name")
        )
        return [Clause(fields, below, "like", want.negated)]

    def _program(self, want: Want, about: About) -> list[Clause] | None:
        if about != "events":
            return [Clause((), want.values, negated=want.negated)]
        fields = ("process.name", "process.executable", "process.command_line")
        if any(len(value) <= 4 for value in want.values):
            names = "|".join(value.replace(".", "[.]") for value in want.values)
            return [Clause(fields, (rf"(?i)(^|[/\\])({names})([.]exe)?(\s|$)",), "matches", want.negated)]
        return [Clause(fields, tuple(f"*{literal(value)}*" for value in want.values), "like", want.negated)]

    def _service(self, want: Want, about: About) -> list[Clause] | None:
        if about == "events":
            field_ = "service.type" if want.slot == "type" else "service.name"
            return [Clause((field_,), want.values, "is", want.negated)]
        self.notes.append(
            f"{', '.join(want.values)}: alerts do not know the service, so the word is looked for in their text"
        )
        return [Clause((), want.values, negated=want.negated)]

    def _technique(self, want: Want, about: About) -> list[Clause] | None:
        if about != "alerts":
            return None
        values = want.values
        if want.slot == "tactic":
            values = tuple(
                t
                for t, _ in attack.techniques()
                if "." not in t and set(want.values) & set(attack.technique_tactics(t))
            )
        return [
            Clause(("threat.technique.id",), tuple(v if "." in v else f"{v}*" for v in values), "like", want.negated)
        ]

    def _level(self, want: Want, about: About) -> list[Clause] | None:
        name = ENTITIES["level"].field(about)
        if about == "events":
            values = {"critical": ("critical", "crit"), "informational": ("info", "informational")}
            if want.op != "is" or not set(want.values) <= values.keys():
                return None
            return [Clause((name,), tuple(v for value in want.values for v in values[value]), "is", want.negated)]
        return [Clause((name,), want.values, want.op, want.negated)]

    def _state(self, want: Want, about: About) -> list[Clause] | None:
        name = ENTITIES["state"].field(about)
        values = tuple(v for value in want.values for v in _STATES.get(value, (value,)))
        return [Clause((name,), values, "is", want.negated)] if name else None

    def _outcome(self, want: Want, about: About) -> list[Clause] | None:
        if about != "events":
            return None
        if self.topic == "network" or (want.values == ("blocked",) and not self.topic):
            blocked = {
                "failure": "connection-blocked",
                "blocked": "connection-blocked",
                "success": "connection-allowed",
            }
            rest = [
                Clause(("event.action",), tuple(dict.fromkeys(blocked.get(v, v) for v in want.values)), "is", want.negated)
            ]
            self.concepts = [each for each in self.concepts if each[0] != "connection"]
            return rest
        values = tuple(dict.fromkeys("failure" if v == "blocked" else v for v in want.values))
        return [Clause(("event.outcome",), values, "is", want.negated)]

    def _account(self, want: Want, about: About) -> list[Clause] | None:
        """Whose account: where accounts are changed, the one that was, or the one that did it."""
        if about == "incidents":
            return None
        fields = ("user.name", "user.target.name") if about == "events" and self.topic == "iam" else ("user.name",)
        return [Clause(fields, want.values, want.op, want.negated)]

    def _text(self, want: Want, _about: About) -> list[Clause] | None:
        return [Clause((), want.values, negated=want.negated)]

    # --- summary ---

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
            found = ENTITIES[said[0]].field(about)
            if found:
                return measure, found
            self.lost[said[1]] = f"no field of {about} holds that"
        return None


_SLOTS: Final = {
    "either": Draft._peer, "here": Draft._here, "private": Draft._private, "peer-name": Draft._peer_name, "path": Draft._path,
    "domain": Draft._domain, "program": Draft._program, "type": Draft._service, "service": Draft._service,
    "technique": Draft._technique, "tactic": Draft._technique, "level": Draft._level, "state": Draft._state,
    "outcome": Draft._outcome, "account": Draft._account, "text": Draft._text,
}  # fmt: skip


def _told(concept: Concept, about: About) -> str | None:
    if about == "events":
        return concept.events if concept.events is not None else concept.attempts
    if about == "alerts":
        return concept.alerts
    return "" if concept.topic == "attack" and concept.alerts in ("", "rule.level>=low") else None


def _add(out: list[Clause], clause: Clause) -> None:
    """Two values of one field cannot both hold, so either does."""
    for at, other in enumerate(out):
        same = (other.fields, other.op, other.negated) == (clause.fields, clause.op, clause.negated)
        if same and clause.op in ("is", "like") and clause.values and other.values and clause.fields:
            out[at] = Clause(
                other.fields, tuple(dict.fromkeys((*other.values, *clause.values))), other.op, other.negated
            )
            return
        if other == clause:
            return
    out.append(clause)
