"""A draft as clauses: every concept and want finds its fields, or is told as not understood."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from vedette.model import attack
from vedette.model.question import Clause
from vedette.model.stored import About
from vedette.search.ask.concepts import CONCEPTS, ENTITIES, FILE_ROOTS, PRIVATE, Concept, clauses
from vedette.search.ask.draft import Draft, Want
from vedette.search.ask.plan import literal
from vedette.search.ask.walk import INSIDE

_SERVICE_OF: Final = {"mail": "mail", "dns": "dns", "request": "web", "spam": "mail"}
_STATES: Final = {"open": ("new", "acknowledged", "in-progress"), "closed": ("resolved", "false-positive")}
_NO_DIRECTION: Final = frozenset({"login", "web", "attack", "mail", "iam"})
"""Topics where an address without a preposition is the peer's."""
_FAMILIES: Final = {"url": "web", "http": "web", "web": "web", "process": "process", "dns": "dns", "email": "mail"}
_APART: Final = frozenset(frozenset(("web", other)) for other in ("process", "dns", "mail")) | {frozenset(("mail", "process"))}
"""Families of fields that no record has together."""
_PASSING: Final = frozenset({"firewall", "dns", "proxy", "router", "web"})
"""Services that pass connections on, or tell of each as something else."""
_ASKED: Final = frozenset({"dhcp", "ntp", "snmp"})
"""Protocols other than that of the web that have requests."""
_OF_REQUESTS: Final = frozenset({"status", "method", "user-agent", "referrer"})
_TEXTS: Final = frozenset(ENTITIES[name].events for name in INSIDE) - {"process.executable", "file.path"}
"""Fields that can hold several of the texts that are looked for."""
_OF_CLOUDS: Final = frozenset({"call", "region", "cloud-account", "format", "namespace"})
_TRANSFERS: Final = frozenset({"upload", "download", "file", "file-created", "file-deleted", "file-changed"})
"""What FTP servers' records, as they are read, do not tell."""


def _adjectives(draft: Draft) -> None:
    """Of two kinds side by side, that no record can both be, the first tells the service of the second: mail logins."""
    for (name, _, at, _), (after, _, _, joined) in pairwise(draft.concepts):
        one, two = (_kinds(each) for each in (name, after))
        if joined or name == after or not any(two.get(fields, values) != values for fields, values in one.items()):
            continue
        draft.concepts = [each for each in draft.concepts if each[2] != at]
        if name in _SERVICE_OF:
            draft.wants.append(Want("type", (_SERVICE_OF[name],), (at,)))
        else:
            draft.lost[at] = "a record is one or the other"


def _kinds(concept: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """What it says by field, and the category that its records are of."""
    told = CONCEPTS[concept]
    implied = {("event.category",): (told.topic,)} if told.topic in ("file", "iam") and told.events else {}
    return implied | {c.fields: c.values for c in clauses(told.events or "")}


def _family(clause: Clause) -> str:
    """The kind of record that a clause is about, by its fields; "" when many have them."""
    kinds = {field_.partition(".")[0] for field_ in clause.fields}
    kinds = set(clause.values) if clause.fields == ("event.category",) else kinds
    kinds -= {"file"} if "process" in kinds else set()
    names = {_FAMILIES.get(kind, "") for kind in kinds}
    return names.pop() if len(names) == 1 and not clause.negated else ""


def _renamed(draft: Draft, one: str, other: str) -> None:
    draft.concepts = [(other if name == one else name, no, at, joined) for name, no, at, joined in draft.concepts]


def _served(draft: Draft) -> None:
    """Connections that a service refuses, it tells itself: no firewall."""
    services = [w for w in draft.wants if w.slot in ("type", "service") and not w.negated and w.values and w.values[0] not in _PASSING]
    failed = any(want.slot == "outcome" and want.values == ("failure",) for want in draft.wants)
    if services and failed:
        draft.concepts = [each for each in draft.concepts if each[0] != "connection"]


def _web_traffic(draft: Draft) -> None:
    """Traffic that has a status or a method is requests."""
    if any(draft.said.get(at, "").startswith("response") for _, _, at, _ in draft.concepts):
        draft.wants = [w._replace(slot="source") if w.slot == "destination" else w for w in draft.wants]
    if {"login", "error"} <= {name for name, *_ in draft.concepts}:  # authentication errors
        at = next(at for name, _, at, _ in draft.concepts if name == "error")
        draft.concepts = [each for each in draft.concepts if each[0] != "error"]
        draft.wants.append(Want("outcome", ("failure",), (at,)))
    if any(want.slot in _OF_REQUESTS for want in draft.wants) or any(name == "bot" for name, *_ in draft.concepts):
        _renamed(draft, "connection", "request")
    if any(want.slot == "path" and not want.values[0].startswith(FILE_ROOTS) for want in draft.wants):
        _renamed(draft, "download", "request")  # of a page
    if any(want.slot == "status" for want in draft.wants):
        draft.concepts = [each for each in draft.concepts if each[0] != "error"]  # which ones, the status tells
    if any(want.slot in ("url", "method") for want in draft.wants) or any(name == "url" for name, _ in draft.groups):
        _renamed(draft, "error", "web-error")
    if any(want.slot in ("format", "call") for want in draft.wants) and any(name == "error" for name, *_ in draft.concepts):
        at = next(at for name, _, at, _ in draft.concepts if name == "error")
        draft.concepts = [each for each in draft.concepts if each[0] != "error"]
        draft.wants.append(Want("outcome", ("failure",), (at,)))  # clouds have no levels


def resolved(draft: Draft, about: About) -> list[Clause]:
    """All of them; what has no field there is lost."""
    out: list[Clause] = []
    if about == "events":
        _served(draft)
        _web_traffic(draft)
        _adjectives(draft)
    level = about == "events" and any(want.slot == "level" for want in draft.wants)
    kinds = {name for name, *_ in draft.concepts if CONCEPTS[name].topic == "attack"}
    for name, no, at, _ in draft.concepts:
        if name == "attack" and about == "alerts" and len(kinds) > 1 and not no:
            continue  # attacks of a kind
        if level and name in ("error", "warning"):
            continue  # critical errors are those of that level
        clouds = {want.slot for want in draft.wants} | {name for name, _ in (*draft.groups, *filter(None, (draft.distinct,)))}
        if name == "request" and any(want.slot == "protocol" and {*want.values} & _ASKED for want in draft.wants):
            continue
        if name in ("api-call", "request") and clouds & _OF_CLOUDS:
            continue  # said of records that nothing else writes
        text = _told(CONCEPTS[name], about)
        if about == "events" and name == "download" and any(want.slot == "program" for want in draft.wants):
            draft.lost[at] = "what programs download, no record tells"
            continue
        if about == "events" and name in _TRANSFERS and _ftp(draft):
            draft.lost[at] = "records of FTP servers do not tell what was transferred"
            continue
        if text is None and about == "incidents":
            words = draft.said.get(at, name)
            draft.notes.append(f"{words}: looked for in the title")
            _add(out, Clause(("title",), (f"*{literal(words)}*",), "like", negated=no))
            continue
        if text is None:
            draft.lost[at] = f"{about} cannot tell that"
            continue
        for clause in clauses(text):
            _add(out, Clause(clause.fields, clause.values, clause.op, negated=no))
        if name == "logged-in" and about == "events" and not any(want.slot == "outcome" for want in draft.wants):
            _add(out, Clause(("event.outcome",), ("success",)))
    owners: dict[tuple[str, ...], Want] = {}
    for want in draft.wants:
        found = _fields(draft, want, about)
        sole = [clause.fields for clause in found or () if clause.op == "is" and clause.values and not clause.negated]
        one = next((owners.setdefault(fields, want) for fields in sole if fields), want)
        if one.slot != want.slot and not want.negated and one.values != want.values:
            draft.lost.update(dict.fromkeys(want.at, "one of them at once"))
            continue
        if found is None:
            draft.lost.update(dict.fromkeys(want.at, f"no field of {about} holds that"))
        elif _narrowed(out, found, kinds=len(draft.concepts)):
            continue
        elif any(frozenset((_family(one), _family(other))) in _APART for one in found for other in out):
            draft.lost.update(dict.fromkeys(want.at, "no record tells of both"))
            continue
        for clause in found or ():
            _add(out, clause, also=want.also)
    said = {clause.fields for clause in out if clause.values and not clause.negated}
    return [clause for clause in out if clause.values or clause.negated or clause.fields not in said]


def _narrowed(out: list[Clause], found: list[Clause], kinds: int) -> bool:
    """Whether a value is one of those that a kind of record has: ticket requests with event 4769."""
    if len(found) != 1 or found[0].op != "is" or found[0].negated or not found[0].values or not kinds:
        return False
    for at, other in enumerate(out):
        same = (other.fields, other.op, other.negated) == (found[0].fields, "is", False)
        if same and set(found[0].values) < set(other.values):
            out[at] = found[0]
            return True
    return False


def _ftp(draft: Draft) -> bool:
    return any("ftp" in value and not value.startswith("sftp") for want in draft.wants for value in want.values)


def _fields(draft: Draft, want: Want, about: About) -> list[Clause] | None:
    make = _SLOTS.get(want.slot)
    if make is not None:
        return make(draft, want, about)
    entity = ENTITIES[want.slot]
    name = entity.field(about)
    if not name:
        return None
    fields = (name, *entity.more) if about == "events" else (name,)
    if want.slot in ("command", "user-agent", "process", "parent", "file", "title", "query") and want.op == "is":
        return [Clause(fields, tuple(f"*{literal(v)}*" for v in want.values), "like", want.negated)]
    return [Clause(fields, want.values, want.op, want.negated)]


def _peer(draft: Draft, want: Want, about: About) -> list[Clause] | None:
    if about == "incidents":
        return None
    if draft.topic in _NO_DIRECTION or (draft.summed and draft.summed[0] == "bytes-sent"):
        return [Clause(("source.ip",), want.values, want.op, want.negated)]
    return [Clause(("source.ip", "destination.ip"), want.values, want.op, want.negated)]


def _here(_draft: Draft, want: Want, about: About) -> list[Clause] | None:
    fields = {"events": ("host.ip", "destination.ip"), "alerts": ("destination.ip",), "incidents": ()}[about]
    return [Clause(fields, want.values, want.op, want.negated)] if fields else None


def _private(_draft: Draft, want: Want, about: About) -> list[Clause] | None:
    side = want.values[0]
    fields = ("destination.ip",) if side == "to" else ("source.ip",)
    if about == "incidents":
        return None
    inside = [Clause(fields, PRIVATE, "is", want.negated)]
    return [Clause(fields, ()), *inside] if want.negated else inside


def _peer_name(draft: Draft, want: Want, about: About) -> list[Clause] | None:
    """A machine that something comes from: for logins the peer, else the one that tells it."""
    if about == "incidents":
        return None
    fields = (
        ("source.address", "source.domain")
        if about == "events" and draft.topic in ("login", "mail")
        else ("host.name",)
    )
    return [Clause(fields, want.values, want.op, want.negated)]


def _path(draft: Draft, want: Want, about: About) -> list[Clause] | None:
    if about != "events":
        return [Clause((), want.values, negated=want.negated)]
    file = any(value.startswith(FILE_ROOTS) or value[:1] in "\\%" or value[1:2] == ":" for value in want.values)
    if draft.topic == "web" or not (file or draft.topic in ("file", "process")):
        return [Clause(("url.path",), want.values, "is", want.negated)]
    return [
        Clause(
            ("file.path", "process.command_line"),
            tuple(f"*{literal(v)}*" for v in want.values),
            "like",
            want.negated,
        )
    ]


def _domain(draft: Draft, want: Want, about: About) -> list[Clause] | None:
    if about != "events":
        return [Clause((), want.values, negated=want.negated)]
    if draft.topic == "mail":
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
        draft.topic, ("dns.question.name", "url.domain", "destination.domain", "tls.client.server_name")
    )
    return [Clause(fields, below, "like", want.negated)]


def _program(_draft: Draft, want: Want, about: About) -> list[Clause] | None:
    if about != "events":
        return [Clause((), want.values, negated=want.negated)]
    fields = ("process.name", "process.executable", "process.command_line")
    if any(len(value) <= 4 for value in want.values):
        names = "|".join(value.replace(".", "[.]") for value in want.values)
        return [Clause(fields, (rf"(?i)(^|[/\\])({names})([.]exe)?(\s|$)",), "matches", want.negated)]
    return [Clause(fields, tuple(f"*{literal(value)}*" for value in want.values), "like", want.negated)]


def _service(draft: Draft, want: Want, about: About) -> list[Clause] | None:
    if about == "events":
        field_ = "service.type" if want.slot == "type" else "service.name"
        return [Clause((field_,), want.values, "is", want.negated)]
    draft.notes.append(
        f"{', '.join(want.values)}: alerts do not know the service, so the word is looked for in their text"
    )
    return [Clause((), want.values, negated=want.negated)]


def _technique(_draft: Draft, want: Want, about: About) -> list[Clause] | None:
    if about != "alerts":
        return None
    values = want.values
    if want.slot == "tactic":
        values = tuple(
            t for t, _ in attack.techniques() if "." not in t and set(want.values) & set(attack.technique_tactics(t))
        )
    return [Clause(("threat.technique.id",), tuple(v if "." in v else f"{v}*" for v in values), "like", want.negated)]


def _level(_draft: Draft, want: Want, about: About) -> list[Clause] | None:
    name = ENTITIES["level"].field(about)
    if about == "events":
        values = {"critical": ("critical", "crit"), "informational": ("info", "informational")}
        if want.op != "is" or not set(want.values) <= values.keys():
            return None
        return [Clause((name,), tuple(v for value in want.values for v in values[value]), "is", want.negated)]
    return [Clause((name,), want.values, want.op, want.negated)]


def _state(_draft: Draft, want: Want, about: About) -> list[Clause] | None:
    name = ENTITIES["state"].field(about)
    values = tuple(v for value in want.values for v in _STATES.get(value, (value,)))
    return [Clause((name,), values, "is", want.negated)] if name else None


def _outcome(draft: Draft, want: Want, about: About) -> list[Clause] | None:
    if about != "events":
        return None
    transported = any(other.slot == "transport" for other in draft.wants) and draft.topic in ("", "network")
    if draft.topic == "network" or transported or (want.values == ("blocked",) and not draft.topic):
        blocked = {
            "failure": "connection-blocked",
            "blocked": "connection-blocked",
            "success": "connection-allowed",
        }
        rest = [
            Clause(("event.action",), tuple(dict.fromkeys(blocked.get(v, v) for v in want.values)), "is", want.negated)
        ]
        draft.concepts = [each for each in draft.concepts if each[0] != "connection"]
        return rest
    values = tuple(dict.fromkeys("failure" if v == "blocked" else v for v in want.values))
    return [Clause(("event.outcome",), values, "is", want.negated)]


def _account(draft: Draft, want: Want, about: About) -> list[Clause] | None:
    """Whose account: where accounts are changed, the one that was, or the one that did it."""
    if about == "incidents":
        return None
    fields = ("user.name", "user.target.name") if about == "events" and draft.topic == "iam" else ("user.name",)
    return [Clause(fields, want.values, want.op, want.negated)]


def _call(_draft: Draft, want: Want, about: About) -> list[Clause] | None:
    """A call of AWS, Microsoft 365 or Google Cloud by its own name."""
    if about != "events":
        return None
    names = tuple(each for value in want.values for each in (value, f"*.{value}"))
    return [Clause(("eventName", "protoPayload.methodName"), names, "like", want.negated)]


def _text(_draft: Draft, want: Want, _about: About) -> list[Clause] | None:
    return [Clause((), want.values, negated=want.negated)]


_SLOTS: Final[dict[str, Callable[[Draft, Want, About], list[Clause] | None]]] = {
    "either": _peer, "here": _here, "private": _private, "peer-name": _peer_name, "path": _path,
    "domain": _domain, "program": _program, "type": _service, "service": _service,
    "technique": _technique, "tactic": _technique, "level": _level, "state": _state,
    "outcome": _outcome, "account": _account, "text": _text, "call": _call,
}  # fmt: skip


def _told(concept: Concept, about: About) -> str | None:
    if about == "events":
        return concept.events if concept.events is not None else concept.attempts
    if about == "alerts":
        return concept.alerts
    return "" if concept.topic == "attack" and concept.alerts in ("", "rule.level>=low") else None


def _add(out: list[Clause], clause: Clause, also: bool = False) -> None:
    """Two values of one field cannot both hold, so either does; but two patterns can, when they are `also` said."""
    for at, other in enumerate(out):
        same = (other.fields, other.op, other.negated) == (clause.fields, clause.op, clause.negated)
        same = same and not (clause.op == "like" and not clause.negated and (also or clause.fields[0] in _TEXTS))
        if same and clause.op in ("is", "like") and clause.values and other.values and clause.fields:
            out[at] = Clause(
                other.fields, tuple(dict.fromkeys((*other.values, *clause.values))), other.op, other.negated
            )
            return
        if other == clause:
            return
    out.append(clause)
