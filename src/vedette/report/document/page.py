"""A report as one HTML file: no script, nothing from elsewhere, charts as SVG; everything is escaped text."""

from collections.abc import Sequence
from html import escape
from typing import Final

from vedette.report.document.blocks import Bars, Block, Heading, Lines, Points, Table, Text

_STYLE: Final = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem } h3 { font-size: 1rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .6rem; vertical-align: top }
th { font-size: .85rem } tr + tr td { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
pre { font: .8rem/1.4 ui-monospace, monospace; white-space: pre-wrap; margin: .2rem 0 .6rem 1.4rem; padding: .4rem .6rem }
pre { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .3rem } small { opacity: .75 }
ul { margin: .2rem 0 } svg { display: block; max-width: 100% } rect { fill: #2a7f8a } text { fill: currentColor; font-size: 13px }
.level { font-size: .8rem; padding: .1rem .5rem; border-radius: .3rem; color: #fff }
.critical { background: #9b1c1c } .high { background: #b03a06 } .medium { background: #7a5600 }
.low { background: #1f5f7a } .informational { background: #555 }
@media print { h2 { break-before: auto } table, pre { break-inside: avoid-page } }
"""


def render(blocks: Sequence[Block]) -> bytes:
    """The whole page, UTF-8."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "Vedette")
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
    )
    return (head + "\n".join(map(_block, blocks)) + "\n</main>\n</body>\n</html>\n").encode("utf-8", "replace")


def _block(block: Block) -> str:
    match block:
        case Heading(text, depth, level):
            mark = f'<span class="level {level}">{level}</span> ' if level else ""
            return f"<h{depth}>{mark}{escape(text)}</h{depth}>"
        case Text(text):
            return f"<p>{escape(text)}</p>"
        case Points(rows):
            return "<ul>" + "".join(f"<li>{escape(row)}</li>" for row in rows) + "</ul>"
        case Lines(rows):
            return "<pre>" + "\n".join(f"{escape(line)}\n<small>{escape(where)}</small>" for line, where in rows) + "</pre>"
        case Table(head, rows):
            columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
            cells = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
            return f"<table>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n{cells}</tbody>\n</table>"
        case Bars(rows):
            return _bars(rows)


def _bars(rows: Sequence[tuple[str, int]]) -> str:
    most = max((number for _, number in rows), default=0) or 1
    told = escape(", ".join(f"{name} {number:,}" for name, number in rows))
    drawn = "".join(
        f'<text x="0" y="{22 * i + 15}">{escape(name[:34])}</text><rect x="250" y="{22 * i + 4}" width="{380 * number / most:.1f}" '
        f'height="14" rx="2"/><text x="{256 + 380 * number / most:.1f}" y="{22 * i + 15}">{number:,}</text>'
        for i, (name, number) in enumerate(rows)
    )
    return f'<svg role="img" aria-label="{told}" viewBox="0 0 720 {22 * len(rows)}" width="720">{drawn}</svg>'
