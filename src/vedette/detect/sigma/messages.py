"""Alerts in one line for a person. What is quoted from events has no control characters."""

from collections.abc import Sequence
from typing import Final

from vedette.detect.sigma.bursts import Growth
from vedette.detect.sigma.memory import Names
from vedette.detect.sigma.rule import Rule

QUOTED: Final = 120
_WHAT: Final = {"authentication": "logins", "web": "requests", "scan": "events", "flood": "events"}
TELLING: Final = ("process.command_line", "CommandLine", "url.original", "TargetObject", "file.path", "message")
"""Columns of which the first that has a text says what an event was."""


def clean(text: str) -> str:
    """Text of an attacker made fit for one line: at most QUOTED characters, none of them controlling anything."""
    cut = text if len(text) <= QUOTED else text[: QUOTED - 1] + "…"
    return cut if cut.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in cut)


def matched(rule: Rule, names: Names, told: str) -> str:
    """One rule, one event: who, and what of TELLING the event says."""
    who = _who(names)
    return f"{rule.name}{': ' if told else ''}{clean(told)}{' ' + who if who else ''}"


def summary(rule: Rule, growth: Growth, who: Sequence[Names]) -> str:
    """A correlation: how many, of whom (`who`: one for each event), from where, in what time."""
    what = rule.correlation
    number = growth.weight if not growth.window else sum(entry.weight for entry in growth.window)
    noun = _WHAT.get(rule.alert_class, "events")
    if number == 1:
        noun = noun.removesuffix("s")
    if not who:
        return f"{rule.name}: goes on, {number} {noun}"
    addresses = {names.source_ip for names in who} - {None}
    users = {names.user_name for names in who} - {None}
    hosts = {names.host_name for names in who} - {None}
    parts = [f"{'' if growth.window else 'goes on, '}{number} {noun}"]
    if users:
        parts.append(f"for {_some(users, 'users')}")
    if what is not None and what.kind == "value_count" and growth.window:
        values = {entry.value for entry in growth.window if entry.value}
        fields = what.references[0].fields
        if fields != ("user.name",):
            parts.append(f"with {len(values)} different {clean(' and '.join(fields))}")
    if addresses:
        parts.append(f"from {_some(addresses, 'addresses')}")
    if hosts:
        parts.append(f"on {_some(hosts, 'hosts')}")
    parts.append(f"in {_duration(growth.window[-1].time - growth.window[0].time)}" if growth.window else "")
    return f"{rule.name}: {' '.join(part for part in parts if part)}"


def _who(names: Names) -> str:
    parts = (("by", names.user_name), ("from", names.source_ip), ("on", names.host_name))
    return " ".join([f"{word} {clean(name)}" for word, name in parts if name])


def _some(values: set[str | None], many: str) -> str:
    return clean(str(next(iter(values)))) if len(values) == 1 else f"{len(values)} {many}"


def _duration(microseconds: int) -> str:
    seconds = microseconds // 1_000_000
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
