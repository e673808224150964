r"""SFTPGo.

    {"level":"debug","time":"2026-02-01T10:24:12.443","sender":"connection_failed","client_ip":"203.0.113.9",
     "username":"bob","login_type":"password","protocol":"SSH","error":"invalid credentials"}
    {"level":"info","time":"...","sender":"FTP","message":"User \"bob\" logged in with \"password\" from ip \"203.0.113.9\", ..."}

Source: SFTPGo's docs, "Logs". One line of sender `connection_failed` stands for each failed login of any protocol.
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse.context import Context
from vedette.parse.documents import any_json
from vedette.parse.meanings import denied, granted, refused, told
from vedette.parse.patterns import engine

ORDER: Final = 310
LOGSOURCE: Final = Logsource(product=None, service="sftpgo")

_KIND: Final = {"SSH": "ssh", "SFTP": "ssh", "SCP": "ssh", "FTP": "ftp", "DAV": "web", "HTTP": "web"}
_LOGGED_IN: Final = r'^User "(.*)" logged in with ".*?",? from ip "([^"]*)"'


def claims(keys: Set[str]) -> bool:
    """`sender` is in each of its lines."""
    return {"sender", "level", "time"} <= keys


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """The event under its own keys and the schema's."""
    _, event = any_json.read(document, context)
    kind = _KIND.get(str(document.get("protocol", document["sender"])), "other")
    if document["sender"] == "connection_failed":
        tried = document.get("login_type") not in ("no_auth_tried", "no_auth_tryed") and document.get("username")
        return LOGSOURCE, event | (refused("sftpgo", kind) if tried else denied("protocol-probe", "sftpgo", kind))
    found = engine(_LOGGED_IN).search(str(document.get("message", "")).encode())
    if found:
        names = {"user.name": found.group(1).decode(), "source.address": found.group(2).decode()}
        return LOGSOURCE, event | names | granted("sftpgo", kind)
    return LOGSOURCE, event | told("sftpgo", kind)
