r"""Honeypots that write JSON: Cowrie, OpenCanary. Whoever is seen there has no business there.

    {"eventid":"cowrie.login.failed","username":"root","password":"x","src_ip":"203.0.113.9","session":"9f8e","timestamp":"..."}
    {"dst_port":22,"logtype":4002,"logdata":{"USERNAME":"root","PASSWORD":"x"},"src_host":"203.0.113.9","src_port":51122,"utc_time":"..."}

Source: Cowrie's docs/OUTPUT.rst; OpenCanary's logger.py. The session's start is what counts: the attempts within it are
refused logins, and one that the honeypot let in is no login.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse.context import Context
from vedette.parse.documents import any_json
from vedette.parse.meanings import Means, denied, refused, told

ORDER: Final = 300
LOGSOURCE: Final = Logsource(product=None, service="honeypot")
CANARY: Final = Logsource(category="application", product="opencanary")
"""Sigma's, for its rules on `logtype`."""

_LOGIN_TYPES: Final = frozenset(
    (2000, 3001, 4002, 6001, 8001, 9001, 9002, 9003, 12001, 13001, 14001, 15001, 17001, 18002)
)
"""OpenCanary's numbers of login attempts: FTP, HTTP, SSH, Telnet, MySQL, MSSQL, VNC and others."""


def claims(keys: Set[str]) -> bool:
    """Cowrie's or OpenCanary's keys."""
    return {"eventid", "session", "src_ip"} <= keys or {"logtype", "logdata", "src_host"} <= keys


def _cowrie(event: str, protocol: str) -> Means:
    kind = "ssh" if protocol != "telnet" else "other"
    if event == "cowrie.login.failed":
        return refused("cowrie", kind)
    if event == "cowrie.session.connect":
        return denied("access-denied", "cowrie", kind, "intrusion_detection")
    return told("cowrie", kind, event.removeprefix("cowrie.").replace(".", "-"), "intrusion_detection")


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """The event under its own keys and the schema's."""
    _, event = any_json.read(document, context)
    if "eventid" in document:
        return LOGSOURCE, event | _cowrie(str(document["eventid"]), str(document.get("protocol", "")))
    kind = document["logtype"]
    means = (
        refused("opencanary", "other")
        if kind in _LOGIN_TYPES
        else denied("access-denied", "opencanary", "other", "intrusion_detection")
    )
    if not document["src_host"]:
        means = told("opencanary", "other", category="intrusion_detection")
    fields = {
        "source.address": document["src_host"],
        "source.port": document.get("src_port"),
        "destination.address": document.get("dst_host"),
        "destination.port": document.get("dst_port"),
    }
    data = document["logdata"]
    if isinstance(data, dict) and isinstance(data.get("USERNAME"), str):
        fields["user.name"] = data["USERNAME"]
    stamp = document.get("utc_time") or document.get("local_time")
    return CANARY, event | fields | means | ({"@timestamp": stamp} if stamp else {})
