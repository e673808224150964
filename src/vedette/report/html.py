"""One self-contained page: no script, no outside reference; everything that a log said is escaped text."""

from collections.abc import Iterator
from html import escape
from typing import Final

from vedette.model.alert import Alert
from vedette.model.findings import Findings, Summary, listed
from vedette.model.incident import Incident
from vedette.model.text import safe

STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
td:nth-last-child(-n+2), th { overflow-wrap: normal }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem; vertical-align: top }
tr + tr td { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
code { font: .85rem/1.4 ui-monospace, monospace }
article { border: 1px solid color-mix(in srgb, currentColor 30%, transparent); border-radius: .5rem }
article { padding: 1rem; margin: 1rem 0 }
.level { font-weight: 700; padding: .1rem .5rem; border-radius: .3rem; color: #fff }
.critical { background: #9b1c1c } .high { background: #b03a06 } .medium { background: #7a5600 }
.low { background: #1f5f7a } .informational { background: #555 }
"""


def render(findings: Findings) -> Iterator[str]:
    """The page, piece by piece."""
    s = findings.summary
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>Vedette scan</title>\n'
    yield f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Vedette scan</h1>\n"
    yield (
        f"<p>{len(findings.incidents)} incidents, {len(findings.alerts)} alerts in {s.records:,} records "
        f"from {len(s.inputs)} inputs.</p>\n<h2>Incidents</h2>\n"
    )
    if not findings.incidents:
        yield "<p>None.</p>\n"
    for incident in findings.incidents:
        yield from _incident(incident)
    yield "<h2>Alerts</h2>\n" + _head("Level", "Rule", "What", "Events", "First seen (UTC)")
    for alert in findings.alerts:
        yield _alert(alert)
    yield "</tbody>\n</table>\n"
    yield from _account(s)
    yield "</main>\n</body>\n</html>\n"


def _text(text: str, limit: int = 400) -> str:
    return escape(safe(text, limit))


def _level(level: str) -> str:
    return f'<span class="level {level}">{level}</span>'


def _head(*columns: str) -> str:
    cells = "".join(f"<th>{column}</th>" for column in columns)
    return f"<table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n"


def _incident(incident: Incident) -> Iterator[str]:
    yield f"<article>\n<h3>{_level(incident.level)} {_text(incident.title)}</h3>\n"
    span = f"{incident.first_seen:%Y-%m-%d %H:%M:%S} to {incident.last_seen:%Y-%m-%d %H:%M:%S} UTC"
    yield f"<p>Score {incident.score:.0f} · {span} · "
    yield ", ".join(_text(e.value, 60) for e in incident.entities[:12]) + "</p>\n<ol>\n"
    for step in incident.story:
        yield f"<li>{step.at:%H:%M:%S} <strong>{escape(step.tactic or '')}</strong> "
        yield f"{_text(step.text)} {escape(', '.join(step.techniques))}"
        for evidence in step.evidence[:3]:
            yield f"<br><code>{_text(evidence.path, 4096)}: {_text(evidence.original, 1000)}</code>"
        yield "</li>\n"
    yield "</ol>\n</article>\n"


def _alert(alert: Alert) -> str:
    return (
        f"<tr><td>{_level(alert.level)}</td><td>{_text(alert.rule_name)}</td><td>{_text(alert.message)}</td>"
        f"<td>{alert.count:,}</td><td>{alert.first_seen:%Y-%m-%d %H:%M:%S}</td></tr>\n"
    )


def _account(summary: Summary) -> Iterator[str]:
    if summary.skipped:
        yield "<h2>Not read</h2>\n<ul>\n"
        unread, more = listed(summary.skipped)
        for skipped in unread:
            yield f"<li>{escape(str(skipped))} ({_text(skipped.fix)})</li>\n"
        if more:
            yield f"<li>{more:,} more inputs with nothing to read</li>\n"
        yield "</ul>\n"
    yield "<h2>What was read</h2>\n" + _head("Input", "Records", "Formats", "Not understood")
    for each in sorted(summary.inputs, key=lambda i: (not i.rejected and not i.dropped, i.path)):
        formats = ", ".join(f"{escape(name)} {number:,}" for name, number in each.formats.items())
        lost = "; ".join(
            f"{number:,} × {_text(reason, 160)}" for reason, number in {**each.rejected, **each.dropped}.items()
        )
        yield f"<tr><td>{_text(each.path)}</td><td>{each.records:,}</td><td>{formats}</td><td>{lost}</td></tr>\n"
    yield "</tbody>\n</table>\n"
