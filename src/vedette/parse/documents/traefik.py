r"""Traefik's access log as JSON.

    {"ClientAddr":"203.0.113.9:51000","ClientHost":"203.0.113.9","RequestMethod":"GET","RequestPath":"/x?y","DownstreamStatus":404,...}

Source: Traefik "Access logs". ClientAddr is the connection's; ClientHost the forwarded-for address where the entry
point trusts the connection's peer (from others it takes the header away), and so the peer to hold responsible.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse import native, web
from vedette.parse.context import Context

ORDER: Final = 122
LOGSOURCE: Final = Logsource(category="webserver", service="traefik")
NAMES: Final = {
    "StartUTC": "@timestamp", "StartLocal": "@timestamp", "time": "@timestamp", "RequestHost": "url.domain", "ClientUsername": "user.name",
    "request_User-Agent": "user_agent.original", "request_Referer": "http.request.referrer",
    "DownstreamContentSize": "http.response.body.bytes",
    "Duration": "event.duration", "level": "log.level", "RouterName": "rule.name",
}  # fmt: skip


def claims(keys: Set[str]) -> bool:
    """A request's method and path, and whom they came from."""
    return {"RequestMethod", "RequestPath"} <= keys and not keys.isdisjoint({"ClientAddr", "ClientHost"})


def read(document: Json, _context: Context) -> tuple[Logsource, Json]:
    """A web request."""
    event = native.fill(native.flatten(document), NAMES)
    event |= web.request(
        document["RequestMethod"],
        document["RequestPath"],
        document.get("DownstreamStatus", document.get("OriginStatus")),
    )
    address, _, port = str(document.get("ClientAddr", "")).rpartition(":")
    host = document.get("ClientHost")
    direct = address.strip("[]")
    event["source.address"] = str(host).rpartition(",")[2].strip() if host else direct
    if port.isdigit() and event["source.address"] == direct:
        event["source.port"] = port
    event |= {
        "http.version": str(document.get("RequestProtocol", "")).rpartition("/")[2] or None,
        "service.name": "traefik",
    }
    return LOGSOURCE, event
