r"""Documents that are in the schema already: Elastic Agent, Filebeat, Packetbeat, any ECS logger.

    {"@timestamp":"...","ecs":{"version":"8.11"},"event":{"category":["authentication"],"outcome":"failure"},"source":{"ip":"203.0.113.9"}}

Source: Elastic Common Schema 8. Where a field may be a list, its first value counts; a document that says nothing but
its message goes on as an envelope.
"""

from collections.abc import Set
from typing import Final

from vedette.model.fields import FIELDS
from vedette.model.records import Json, Logsource
from vedette.parse import native
from vedette.parse.context import Context

ORDER: Final = 130
ENVELOPE: Final = True
SPLIT: Final = tuple(
    path for name in ("type", "family", "platform") for path in (("host", "os", name), ("host.os." + name,))
)


def claims(keys: Set[str]) -> bool:
    """The version of the schema, a shipper, or two of its objects."""
    return "@timestamp" in keys and (
        not keys.isdisjoint({"ecs", "ecs.version", "agent", "beat"})
        or len(keys & {"event", "source", "destination", "process", "user", "host", "http", "url", "log"}) > 1
    )


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """The schema's fields as they are, others under their own names."""
    event = native.flatten(document)
    for name in [name for name in event if name in FIELDS]:
        event[name] = native.first(event[name])
    event.pop("log.offset", None)
    kind = event.get("host.os.type") or event.get("host.os.family") or event.get("host.os.platform")
    product = {
        "windows": "windows",
        "linux": "linux",
        "debian": "linux",
        "redhat": "linux",
        "ubuntu": "linux",
        "darwin": "macos",
        "macos": "macos",
    }.get(str(kind))
    return Logsource(product=product), event
