"""One JSON object: `alerts`, `incidents`, `summary`. For programs that want everything at once."""

from collections.abc import Iterator

import msgspec

from vedette.model.findings import Findings


def render(findings: Findings) -> Iterator[str]:
    """The whole document, indented by two."""
    yield msgspec.json.format(msgspec.json.encode(findings), indent=2).decode()
    yield "\n"
