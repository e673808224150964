r"""Audit events of Teleport and of HashiCorp Vault and OpenBao.

    {"event":"user.login","success":false,"user":"bob","addr.remote":"203.0.113.9:51122","code":"T1000W","time":"..."}
    {"time":"...","type":"response","request":{"path":"auth/userpass/login/bob","remote_address":"203.0.113.9"},
     "error":"invalid username or password"}

Source: Teleport's docs, "Audit Events"; Vault's docs, "Audit Devices".
"""

from collections.abc import Set
from typing import Final

from vedette.model.records import Json, Logsource
from vedette.parse.context import Context
from vedette.parse.documents import any_json
from vedette.parse.meanings import Means, denied, granted, refused, told

ORDER: Final = 340


def claims(keys: Set[str]) -> bool:
    """Teleport's code and uid, or a Vault request."""
    return {"event", "code", "uid"} <= keys or {"type", "request", "time", "auth"} <= keys


def _vault(request: Json, failed: bool) -> Means:
    path = str(request.get("path", ""))
    if path.startswith("auth/") and "/login" in path:
        user = path.partition("/login/")[2]
        means = refused("vault", "sso") if failed else granted("vault", "sso")
        return means | ({"user.name": user} if user else {})
    return denied("access-denied", "vault", "sso") if failed else told("vault", "sso")


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """The event under its own keys and the schema's."""
    _, event = any_json.read(document, context)
    request = document.get("request")
    if isinstance(request, dict):
        # Both the request and its answer are written: the answer knows how it went.
        means = _vault(request, bool(document.get("error"))) if document["type"] == "response" else told("vault", "sso")
        return Logsource(service="vault"), event | {"source.address": request.get("remote_address")} | means
    success, kind = document.get("success"), str(document["event"])
    means = told("teleport", "ssh", kind.replace(".", "-"))
    if kind in ("user.login", "auth") or "login" in kind:
        means = (
            refused("teleport", "ssh")
            if success is False or str(document["code"]).endswith("W")
            else granted("teleport", "ssh")
        )
    address, _, port = str(document.get("addr.remote", "")).rpartition(":")
    peer = {"source.address": address, "source.port": port} if address else {}
    return Logsource(service="teleport"), event | peer | means
