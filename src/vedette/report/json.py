"""One JSON object: `alerts`, `incidents`, `summary`. For programs that want everything at once."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from vedette.model.findings import Findings


def render(findings: Findings) -> Iterator[str]:
    """The whole document, indented by two; one alert or incident at a time, of which there may be very many."""
    yield '{\n  "alerts": '
    yield from listed(findings.alerts, 2)
    yield ',\n  "incidents": '
    yield from listed(findings.incidents, 2)
    yield f',\n  "summary": {_text(findings.summary, 2)}\n}}\n'


def listed(items: Iterable[Any], depth: int) -> Iterator[str]:
    """A list, indented by two, that begins in a line indented by `depth`."""
    inner = " " * (depth + 2)
    before = "["
    for item in items:
        yield f"{before}\n{inner}{_text(item, depth + 2)}"
        before = ","
    yield "[]" if before == "[" else f"\n{' ' * depth}]"


def _text(item: Any, depth: int) -> str:
    # No string of JSON holds a line end as such.
    return msgspec.json.format(msgspec.json.encode(item), indent=2).decode().replace("\n", "\n" + " " * depth)
