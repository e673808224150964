r"""JSON of programs that we do not know, when an event, an error or a status in it says that a login failed or was let in.

    {"time":"2026-02-01T10:24:12Z","action":"login_failed","client_ip":"203.0.113.9","user":"bob"}

What the keys do not tell is left to `any_json` and to the message itself. The words: vedette.parse.phrases.
"""

from collections.abc import Set
from functools import partial
from typing import Any, Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import phrases
from vedette.parse.address import canonical
from vedette.parse.context import Context
from vedette.parse.documents import any_json
from vedette.parse.native_columns import Column, column, each, either

ORDER: Final = 890
ENVELOPE: Final = True
SPLIT: Final = ()

_SAYS: Final = (
    "event",
    "eventtype",
    "eventname",
    "action",
    "activity",
    "operation",
    "type",
    "kind",
    "error",
    "err",
    "reason",
    "errorreason",
    "result",
    "outcome",
    "status",
    "statustext",
    "message",
    "msg",
    "text",
    "description",
    "detail",
    "details",
    "title",
    "metricname",
    "code",
    "errormessage",
    "errormessageid",
    "failurereason",
    "exception",
    "subject",
    "name",
    "success",
    "authenticationfailed",
)
"""Last parts of key names, lower case, without separators: where a program says what happened."""

_PEER: Final = (
    "clientip",
    "realip",
    "userip",
    "remoteip",
    "remoteaddr",
    "remoteaddress",
    "clientaddr",
    "clientaddress",
    "sourceip",
    "sourceaddress",
    "srcip",
    "originaddress",
    "addrremote",
    "requestip",
    "ipaddress",
    "ipaddr",
    "ip",
    "peerip",
    "peeraddr",
    "peeraddress",
    "addr",
    "peer",
    "remote",
    "remotehost",
    "srchost",
    "srcaddr",
    "rhost",
    "callerip",
    "client",
    "loginip",
)
"""Where it names the peer, in this order: what it worked out itself before what the socket said."""

_USER: Final = (
    "username",
    "user",
    "userlogin",
    "login",
    "loginname",
    "identifier",
    "principal",
    "principalname",
    "account",
    "accountname",
    "email",
    "useremail",
    "usr",
    "uname",
    "actor",
    "identity",
)
_NOBODY: Final = frozenset(("", "-", "--", "null", "none", "anonymous", "anonymoususer", "unknown", "system:anonymous"))
_PATH: Final = ("path", "uri", "url", "requesturi", "requestpath", "pathinfo", "route", "endpoint")
_STATUS: Final = ("status", "statuscode", "httpstatus", "httpcode", "responsestatus", "code", "responsecode")
_NESTED: Final = frozenset(
    (
        "request",
        "context",
        "client",
        "http",
        "httprequest",
        "req",
        "data",
        "attr",
        "attributes",
        "metadata",
        "meta",
        "extra",
        "event",
        "actor",
        "network",
        "details",
        "connection",
        "audit",
        "auth",
        "authentication",
        "source",
        "session",
        "account",
        "caller",
        "peer",
        "remote",
        "payload",
        "body",
        "params",
        "properties",
        "labels",
        "info",
        "security",
        "login",
        "requestcontext",
        "attrs",
        "args",
        "net",
        "record",
        "tags",
    )
)


_RESULTS: Final = {
    **dict.fromkeys(("fail", "failed", "failure", "denied", "deny", "rejected", "refused", "unauthorized", "invalid"), False),
    **dict.fromkeys(("success", "succeeded", "successful", "ok", "granted", "accepted", "allow", "allowed"), True),
}
"""What a field of its own says of how it went, where another says that it was a login."""

_WRAPPED: Final = frozenset(("fields", "@cee"))
"""Objects in which some loggers put the whole event: Rust's tracing, syslog's CEE."""


def _plain(key: str) -> str:
    return key.rpartition(".")[2].lower().replace("_", "").replace("-", "").replace(" ", "")


def claims(keys: Set[str]) -> bool:
    """Something that happened, and a peer or an object that may name one."""
    names = {_plain(key) for key in keys} | {key.lower().replace(".", "").replace("_", "") for key in keys}
    if not names.isdisjoint(_WRAPPED):
        return True
    return not names.isdisjoint(_SAYS) and not (names.isdisjoint(_PEER) and names.isdisjoint(_NESTED))


def _first(event: Json, plain: dict[str, list[str]], names: tuple[str, ...]) -> list[Any]:
    """Values under these names, in the order of the names, the outermost first."""
    return [
        event[key]
        for name in names
        for key in sorted(plain.get(name, ()), key=lambda key: key.count("."))
        if not isinstance(event[key], dict | list)
    ]


def peer(event: Json, plain: dict[str, list[str]]) -> Any:
    """The peer's address: see _peer."""
    return each(_peer, *_first(event, plain, _PEER))


def _peer(*values: Any) -> str | None:
    """The peer's address. Of a list of forwarding hops, the one before the last: whom the nearest proxy saw."""
    for value in values:
        if not isinstance(value, str) or len(value) > 512:
            continue
        hops = [hop.strip() for hop in value.split(",")]
        address = canonical(hops[-2] if len(hops) > 1 else hops[0])
        if address is not None:
            return address
    return None


def keyed(event: Json) -> dict[str, list[str]]:
    """Plain last part of the name -> the flat keys that end in it."""
    plain: dict[str, list[str]] = {}
    for key in event:
        plain.setdefault(_plain(key), []).append(key)
        whole = key.lower().replace(".", "").replace("_", "")
        if whole != _plain(key):
            plain.setdefault(whole, []).append(key)
    return plain


def _user(*values: Any) -> str | None:
    """The first name of a user that is one."""
    for value in values:
        if isinstance(value, str) and value.lower() not in _NOBODY and len(value) <= 256:
            return value
    return None


def _short(value: Any) -> bool:
    return value.__class__ is str and len(value) <= 512


def _judged(value: Any) -> Any:
    """What the phrases say of a value; of a column's each text is judged once."""
    if value.__class__ is not Column:
        return phrases.judged(value) if _short(value) else None
    texts = [text for text in {text for text in value.values if text.__class__ is str} if _short(text)]
    known = dict(zip(texts, phrases.verdicts(pl.Series(texts, dtype=pl.String())).to_list(), strict=True))
    return column([known.get(text) if text.__class__ is str else None for text in value.values])


def _strongest(*words: str | None) -> str | None:
    return next((verdict for verdict in ("failure", "denied", "success") if verdict in words), None)


def _by_results(says: int, flags: int, codes: int, denies: bool, verdict: str | None, *values: Any) -> str | None:
    """The verdict, or where the words tell none what truth values and status codes say.

    Args:
        says, flags, codes: how many of `values` are texts, results, and status codes; the rest are paths.
        denies: the truth value says that it failed.
    """
    if verdict is not None:
        return verdict
    texts = [text for text in values[:says] if _short(text)]
    told = [value != denies for value in values[says : says + flags] if isinstance(value, bool)]
    if told and any(phrases.about_login(text) for text in texts):
        return "success" if told[0] else "failure"
    words = [_RESULTS[word] for value in values[says : says + flags] if (word := str(value).lower()) in _RESULTS]
    if words and any(phrases.names_login(text) for text in texts):
        return "success" if words[0] else "failure"
    statuses = {
        str(value) for value in values[says + flags : says + flags + codes] if not isinstance(value, list | dict)
    }
    if "401" in statuses:
        return "failure"
    if "403" not in statuses:
        return None
    where = " ".join(str(value)[:512] for value in values[says + flags + codes :] if not isinstance(value, list | dict))
    return "failure" if phrases.about_login(where) else None


def _verdict(event: Json, plain: dict[str, list[str]]) -> Any:
    said = _first(event, plain, _SAYS)
    flags = _first(event, plain, ("success", "successful", "authenticationfailed", "result", "outcome", "status"))
    codes, paths = _first(event, plain, _STATUS), _first(event, plain, _PATH)
    words = [word for word in map(_judged, said) if word is not None]
    verdict = each(_strongest, *words) if words else None
    if not flags and not codes:
        return verdict
    results = partial(_by_results, len(said), len(flags), len(codes), "authenticationfailed" in plain)
    return each(results, verdict, *said, *flags, *codes, *paths)


_LOGIN: Final = {"event.category": "authentication", "event.action": "login"}
_DENIED: Final = {
    "event.category": "network", "event.action": "access-denied", "event.type": "denied", "event.outcome": "failure",
}  # fmt: skip
_MEANS: Final = {
    "failure": {**_LOGIN, "event.outcome": "failure"}, "success": {**_LOGIN, "event.outcome": "success"}, "denied": _DENIED,
}  # fmt: skip


def _text(*values: Any) -> str | None:
    return next((value for value in values if value.__class__ is str), None)


def _named(verdict: str | None, *values: Any) -> str | None:
    return None if verdict is None else _user(*values)


def read(document: Json, context: Context) -> tuple[Logsource, Json]:
    """What `any_json` reads; with a verdict, the peer and the user too."""
    source, event = any_json.read(document, context)
    plain = keyed(event)
    event["message"] = either(event.get("message"), each(_text, *_first(event, plain, ("message", "msg"))))
    verdict = _verdict(event, plain)
    event["source.address"] = either(peer(event, plain), event.get("source.address"))
    if verdict is None:
        return source, event
    names = _first(event, plain, _USER)
    for field in _DENIED:
        means = {word: means[field] for word, means in _MEANS.items() if field in means}
        event[field] = either(each(means.get, verdict), event.get(field))
    event["user.name"] = either(each(_named, verdict, *names), event.get("user.name"))
    return source, event
