"""An analysis for people: at a terminal, and as one self-contained page without script or outside reference."""

import textwrap
from collections.abc import Iterator
from html import escape
from typing import Final

from vedette.model.analysis import Analysis, Finding, Opinion
from vedette.model.text import count, safe
from vedette.report.html import STYLE
from vedette.report.table import painter

WIDTH: Final = 110
_TEXT: Final = 2000


def text(analysis: Analysis, *, colour: bool = False) -> Iterator[str]:
    """Lines for a terminal; no escape sequence is ever taken from a log."""
    paint = painter(colour)
    yield f"{paint(f' {analysis.level.upper()} ', analysis.level)} {paint(safe(analysis.headline, _TEXT), 'bold')}\n\n"
    for paragraph in analysis.summary:
        yield _wrapped(paragraph, "  ") + "\n\n"
    if analysis.story:
        yield paint("What happened", "bold") + " (UTC)\n"
        day = None
        for told in analysis.story:
            if told.at.date() != day:
                day = told.at.date()
                yield paint(f"  {day}", "dim") + "\n"
            yield f"  {told.at:%H:%M}  {_wrapped(told.text, ' ' * 9, first='')}  {paint(told.finding, 'dim')}\n"
        yield "\n"
    if analysis.findings:
        yield paint("Findings", "bold") + "\n"
    for finding in analysis.findings:
        yield f"  {finding.id:<4}{paint(f'{finding.severity:<13}', finding.severity)} {paint(safe(finding.title, 160), 'bold')}"
        yield f"  {paint(' '.join(finding.techniques[:4]), 'dim')}\n"
        yield _wrapped(finding.description, " " * 6) + "\n"
        for each in finding.evidence[:2]:
            yield paint(f"      {safe(each.original, 140)}", "dim") + "\n"
    if analysis.next_steps:
        yield "\n" + paint("What to do, in this order", "bold") + "\n"
        for number, step in enumerate(analysis.next_steps, 1):
            yield f"{number:>4}. {_wrapped(step, ' ' * 6, first='')}\n"
    if analysis.opinion:
        yield from _opinion(analysis.opinion, analysis)
    yield "\n" + paint(_account(analysis), "dim") + "\n"
    for note in analysis.notes:
        yield paint("note", "medium") + f"  {_wrapped(note, '      ', first='')}\n"


def _opinion(opinion: Opinion, analysis: Analysis) -> Iterator[str]:
    yield f"\nA model's view{f' ({safe(opinion.model, 80)})' if opinion.model else ''}: checked, and never acted on\n"
    if opinion.note:
        yield _wrapped(opinion.note, "  ") + "\n"
    if opinion.level:
        yield f"  Level: rules say {analysis.level}, the model {opinion.level}; taken: {opinion.taken}\n"
    if opinion.summary:
        yield _wrapped(opinion.summary, "  ") + "\n"
    for remark in opinion.remarks:
        yield f"  {remark.finding:<4}{remark.severity}, taken as {remark.taken}: {_wrapped(remark.text, ' ' * 6, first='')}\n"
    for step in opinion.next_steps:
        yield f"  - {safe(step, 300)}\n"
    for difference in opinion.differs:
        yield f"  differs: {safe(difference, 300)}\n"
    for struck in opinion.struck:
        yield f"  struck: {safe(struck, 300)}\n"
    if opinion.status != "none":
        yield f"  {opinion.tokens_in:,} tokens in, {opinion.tokens_out:,} out, ${opinion.cost_usd:.4f}, {opinion.seconds:.1f} s\n"


def _account(analysis: Analysis) -> str:
    f = analysis.figures
    told = f"{count(f.records, 'record')}, {count(f.alerts, 'alert')}, {count(f.incidents, 'incident')} in {f.seconds:.1f} s"
    c = analysis.compression
    if c is None:
        return told
    price = f", ${max(c.saved_usd.values()):.4f} saved at most" if c.saved_usd else ""
    return (
        f"{told}\nfor a model: {c.tokens_before:,} -> {c.tokens_after:,} tokens, {c.percent} % fewer{price}; "
        f"{c.indicators_kept:,} of {c.indicators_found:,} indicators kept"
    )


def _wrapped(line: str, indent: str, first: str | None = None) -> str:
    return textwrap.fill(
        safe(line, _TEXT), WIDTH, initial_indent=indent if first is None else first, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def page(analysis: Analysis) -> Iterator[str]:
    """HTML, piece by piece."""
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>Vedette analysis</title>\n'
    yield f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
    yield from body(analysis)
    yield "</main>\n</body>\n</html>\n"


def body(analysis: Analysis) -> Iterator[str]:
    """What stands in the page."""
    yield f"<h1>{_level(analysis.level)} {_text(analysis.headline)}</h1>\n"
    for paragraph in analysis.summary:
        yield f"<p>{_text(paragraph)}</p>\n"
    for note in analysis.notes:
        yield f"<p><strong>Note:</strong> {_text(note)}</p>\n"
    if analysis.next_steps:
        yield "<h2>What to do, in this order</h2>\n<ol>\n"
        yield "".join(f"<li>{_text(step)}</li>\n" for step in analysis.next_steps) + "</ol>\n"
    if analysis.story:
        yield "<h2>What happened (UTC)</h2>\n<ol>\n"
        yield "".join(f"<li>{told.at:%Y-%m-%d %H:%M:%S} {_text(told.text)} ({escape(told.finding)})</li>\n" for told in analysis.story)
        yield "</ol>\n"
    if analysis.findings:
        yield "<h2>Findings</h2>\n"
    for finding in analysis.findings:
        yield from _finding(finding)
    if analysis.opinion:
        yield from _opinion_html(analysis.opinion, analysis)
    yield "<h2>What was looked at</h2>\n" + "".join(f"<p>{_text(line)}</p>\n" for line in _account(analysis).splitlines())


def _finding(finding: Finding) -> Iterator[str]:
    yield f"<article>\n<h3>{_level(finding.severity)} {escape(finding.id)} {_text(finding.title)}</h3>\n"
    span = f"{finding.first_seen:%Y-%m-%d %H:%M:%S} to {finding.last_seen:%Y-%m-%d %H:%M:%S} UTC"
    yield f"<p>{escape(finding.category)} · {count(finding.count, 'event')} · {span} · {escape(' '.join(finding.techniques))}</p>\n"
    yield f"<p>{_text(finding.description)}</p>\n<ul>\n"
    yield "".join(f"<li>{_text(step)}</li>\n" for step in finding.recommendation) + "</ul>\n"
    for each in finding.evidence:
        yield f"<p><code>{_text(each.path)}: {_text(each.original)}</code></p>\n"
    yield "</article>\n"


def _opinion_html(opinion: Opinion, analysis: Analysis) -> Iterator[str]:
    """Text like all else: nothing that a model wrote becomes a link or markup."""
    yield "<h2>A model's view: checked, and never acted on</h2>\n<pre>"
    yield "".join(_text(line, 4 * _TEXT) + "\n" for piece in _opinion(opinion, analysis) for line in piece.splitlines())
    yield "</pre>\n"


def _text(shown: str, limit: int = _TEXT) -> str:
    return escape(safe(shown, limit))


def _level(level: str) -> str:
    return f'<span class="level {level}">{level}</span>'
