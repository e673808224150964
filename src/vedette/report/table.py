"""For people at a terminal: the incidents as stories, the alerts by rule, and the account of what was read."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from vedette.model.alert import LEVELS, Alert
from vedette.model.findings import Findings, Input, Summary, listed
from vedette.model.incident import Incident
from vedette.model.text import count, safe

_COLOUR: Final = {
    "critical": "1;37;41",
    "high": "1;31",
    "medium": "33",
    "low": "36",
    "informational": "2",
    "dim": "2",
    "bold": "1",
}
Paint = Callable[[str, str], str]
_STORY_LINES: Final = 12
_INPUT_LINES: Final = 20
_PATH: Final = 60
"""Characters of a path beside its evidence."""


def render(findings: Findings, *, colour: bool = False) -> Iterator[str]:
    """Lines; no escape sequence is ever taken from a log."""

    paint = painter(colour)
    yield paint(_headline(findings), "bold") + "\n"
    yield from stories(findings.incidents, colour=colour)
    if findings.alerts:
        yield "\n" + paint("Alerts by rule", "bold") + "\n"
        yield from _alerts(findings.alerts, paint)
    yield "\n" + paint("Read", "bold") + "\n"
    yield from _account(findings.summary, paint)


def stories(incidents: Sequence[Incident], *, colour: bool = False) -> Iterator[str]:
    """Each incident with its story, an empty line before it."""
    for incident in incidents:
        yield "\n"
        yield from _incident(incident, painter(colour))


def painter(colour: bool) -> Paint:
    return lambda text, how: f"\x1b[{_COLOUR[how]}m{text}\x1b[0m" if colour else text


def _headline(findings: Findings) -> str:
    s = findings.summary
    rate = f", {s.records / s.seconds:,.0f} records/s" if s.seconds else ""
    return (
        f"{count(len(findings.incidents), 'incident')}, {count(len(findings.alerts), 'alert')} in "
        f"{count(s.records, 'record')} from {count(len(s.inputs), 'input')} ({s.seconds:.1f} s{rate})"
    )


def _clock(at: datetime, day: bool = False) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S" if day else "%H:%M:%S")


def _incident(incident: Incident, paint: Paint) -> Iterator[str]:
    level = paint(f" {incident.level.upper()} ", incident.level)
    yield f"{level} {paint(safe(incident.title), 'bold')}  score {incident.score:.0f}\n"
    who = ", ".join(safe(e.value, 60) for e in incident.entities[:6])
    more = f" and {len(incident.entities) - 6} more" if len(incident.entities) > 6 else ""
    span = f"{_clock(incident.first_seen, True)} to {_clock(incident.last_seen, True)} UTC"
    yield f"  {span} · {who}{more} · {incident.id}\n"
    for step in incident.story[:_STORY_LINES]:
        yield f"    {(step.tactic or '').replace('-', ' '):<20}  {safe(step.text, 180)}\n"
        for evidence in step.evidence[:1]:
            yield paint(f"{'':26}{_end(evidence.path)}: {safe(_telling(evidence.original), 160)}", "dim") + "\n"
    if len(incident.story) > _STORY_LINES:
        yield f"    … {count(len(incident.story) - _STORY_LINES, 'more step')}: --format json\n"


def _end(path: str) -> str:
    """A path cut at its beginning: files are told apart by their ends."""
    shown = safe(path, 4096)
    return shown if len(shown) <= _PATH else "…" + shown[-_PATH:]


def _telling(original: str) -> str:
    """What is worth its room on one line: a Windows event from its data on, since the head of all is alike."""
    if original.startswith('{"Event":'):
        starts = [at for part in ('"EventData"', '"UserData"') if (at := original.find(part)) > 0]
        if starts:
            return "…" + original[min(starts) :]
    return original


def _alerts(alerts: Sequence[Alert], paint: Paint) -> Iterator[str]:
    by_rule: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_rule.setdefault(alert.rule_id, []).append(alert)
    ordered = sorted(
        by_rule.values(), key=lambda group: (-LEVELS.index(group[0].level), -len(group), group[0].rule_name)
    )
    for group in ordered:
        first = group[0]
        events = sum(a.count for a in group)
        peers = list(dict.fromkeys(a.source_ip or a.user_name or a.host_name or "" for a in group))
        shown = ", ".join(safe(p, 40) for p in peers[:3] if p) + (
            f" and {len(peers) - 3} more" if len(peers) > 3 else ""
        )
        level = paint(f"{first.level:<13}", first.level)
        yield f"  {level} {len(group):>6} {events:>9,}  {safe(first.rule_name, 60):<60}  {shown}\n"


def _account(summary: Summary, paint: Paint) -> Iterator[str]:
    # What went wrong first: it must not be scrolled over by what went right.
    ordered = sorted(summary.inputs, key=lambda i: (not i.rejected and not i.dropped, i.path))
    for each in ordered[:_INPUT_LINES]:
        yield f"  {_input(each)}\n"
    rest = ordered[_INPUT_LINES:]
    if rest:
        lossy = sum(bool(each.rejected or each.dropped) for each in rest)
        loss = f"{lossy:,} of them not understood in full" if lossy else "read without loss"
        yield f"  … {count(len(rest), 'more input')}, {loss}: --format json\n"
    unread, more = listed(summary.skipped, _INPUT_LINES)
    for skipped in unread:
        fix = f" ({skipped.fix})" if skipped.fix else ""
        yield "  " + paint(str(skipped), "medium") + f"{safe(fix)}\n"
    if more:
        yield f"  … {count(more, 'more input')} with nothing to read: --format json\n"
    for what, number in sorted(summary.shed.items()):
        yield "  " + paint("given up", "medium") + f"  {what}: {number:,}\n"


def _input(each: Input) -> str:
    formats = ", ".join(f"{name} {number:,}" for name, number in list(each.formats.items())[:5])
    more = " …" if len(each.formats) > 5 else ""
    text = f"{safe(each.path, 120)}: {count(each.records, 'record')}" + (f" ({formats}{more})" if formats else "")
    for reason, number in list(each.rejected.items())[:3]:
        text += f"; {number:,} not understood: {safe(reason, 120)}"
    if len(each.rejected) > 3:
        text += f"; and {len(each.rejected) - 3} other reasons"
    for reason, number in each.dropped.items():
        text += f"; {number:,} × {safe(reason, 160)}"
    return text
