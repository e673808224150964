r"""MongoDB since 4.4.

    {"t":{"$date":"2026-02-01T10:24:12.123+00:00"},"s":"I","c":"ACCESS","id":20249,"ctx":"conn12","msg":"Authentication failed",
     "attr":{"mechanism":"SCRAM-SHA-256","principalName":"bob","authenticationDatabase":"admin","remote":"203.0.113.9:51122","error":"..."}}

Source: the MongoDB manual, "Log Messages".
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse.context import Context
from vedette.parse.documents import any_json
from vedette.parse.meanings import denied, granted, refused, told

ORDER: Final = 330
LOGSOURCE: Final = Logsource(product=None, service="mongodb")

_NAME: Final = ("mongodb", "database")
_MEANS: Final = {
    20249: refused(*_NAME),
    5286307: refused(*_NAME),
    20436: denied("access-denied", *_NAME),
    20250: granted(*_NAME),
    5286306: granted(*_NAME),
    22943: told(*_NAME, "session-start"),
    22944: told(*_NAME, "session-end"),
}
"""By message id: failed and successful authentications, requests that were not authorised, connections."""


def claims(keys: Set[str]) -> bool:
    """The keys of every line."""
    return {"t", "s", "c", "id", "msg"} <= keys


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """The event under its own keys and the schema's."""
    _, event = any_json.read(document, context)
    stamp, attributes = document["t"], document.get("attr")
    event["@timestamp"] = stamp["$date"] if isinstance(stamp, dict) else stamp
    event |= _MEANS.get(document["id"], told(*_NAME, category="database"))
    if isinstance(attributes, dict):
        remote = attributes.get("remote") or attributes.get("client")
        if isinstance(remote, str):
            address, _, port = remote.rpartition(":")
            event |= {"source.address": address, "source.port": port} if port.isdigit() else {"source.address": remote}
        user = attributes.get("principalName") or attributes.get("user")
        if isinstance(user, str):
            event["user.name"] = user
    return LOGSOURCE, event
