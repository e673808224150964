r"""Windows events, however they were exported, with Sigma's native names and the schema's beside them.

`native` is flat: the attributes of System as Sigma names them (Provider_Name, EventID, Channel, Computer,
...) and the fields of EventData or UserData under their own names.

Sources: Windows Event Schema ([MS-EVEN6] 2.2.17); Sigma's taxonomy; the shapes of evtx, Winlogbeat and NXLog.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from vedette.model.records import Json, Logsource
from vedette.parse import web
from vedette.parse.address import canonical
from vedette.parse.native import offer
from vedette.parse.native_columns import any_of, either, later, single
from vedette.parse.windows_events import Meaning, meaning

LOGSOURCE: Final = Logsource(product="windows")
LINUX: Final = Logsource(product="linux", service="sysmon")
"""Of Sysmon for Linux, which writes the same events."""

NOTHING: Final = frozenset({"", "-", "%%1793", "N/A", "LOCAL", "NULL SID"})
AUDIT_FAILURE: Final = 0x0010000000000000
AUDIT_SUCCESS: Final = 0x0020000000000000
PROTOCOLS: Final = {"1": "icmp", "6": "tcp", "17": "udp", "47": "gre", "58": "ipv6-icmp"}
DIRECTIONS: Final = {"%%14592": "inbound", "%%14593": "outbound"}
LEVELS: Final = {"1": "critical", "2": "error", "3": "warning", "4": "information", "5": "verbose"}
_MSSQL_PEER: Final = re.compile(r"\[CLIENT: ([0-9A-Fa-f:.%]{2,64})\]\s*$")
_MSSQL_USER: Final = re.compile(r"^Login failed for user '(.*)'\. Reason: ", re.DOTALL)
# Names that belong to the record, not to what it says.
RESERVED: Final = frozenset({"line", "event.id", "event.original", "event.dataset", "log.file.path", "log.offset"})


def flatten(event: Json) -> Json:
    """The object under `Event` as the evtx reader writes it (and its kin: `@Name`, `$`), to native names."""
    flat: Json = {}
    system = event.get("System")
    for key, value in system.items() if system.__class__ is dict else ():
        if value.__class__ is not dict:
            flat[key] = value
            continue
        section = key.removesuffix("_attributes")  # Chainsaw, and evtx_dump --separate-json-attributes
        for name, text in (value.get("#attributes") or value).items():
            if name != "#text":
                flat[_joined(section, name)] = text
        if "#text" in value:
            flat[key] = value["#text"]
    for section in ("EventData", "UserData"):
        data = event.get(section)
        if data.__class__ is dict:
            if section == "UserData":
                for name, inner in list(data.items()):
                    if inner.__class__ is dict and name != "#attributes":
                        data = {**data, **inner}
                        del data[name]
            if not _NESTED.isdisjoint(map(single, data.values())):
                data = _plain(data)
            # System's own names win over those that the event's publisher chose.
            flat = data | flat
        elif single(data) is list:
            _named(data or [], flat)
    return flat


_NESTED: Final = frozenset({dict, list})
NAMED: Final = 256
"""Characters that the name of a channel and the number of an event have together."""


def _joined(key: str, name: str) -> str:
    return f"{key}_{name.lstrip('@')}"


def _plain(data: Json) -> Json:
    flat: Json = {}
    for key, value in data.items():
        kind = value.__class__
        if kind is dict:
            if key == "#attributes":
                continue
            value = value.get("#text", value)
            kind = value.__class__
        if kind is list:
            if value and value[0].__class__ is dict:
                _named(value, flat)
                continue
            value = " ".join(map(str, value))
        flat[key] = value
    return flat


def _named(items: list[Any], flat: Json) -> None:
    """`[{"@Name": "Image", "#text": "..."}]`; values without a name are gathered under `Data`."""
    bare: list[str] = []
    for item in items:
        if item.__class__ is not dict:
            bare.append(str(item))
            continue
        attributes = item.get("#attributes") or item
        name = attributes.get("Name") or attributes.get("@Name") or attributes.get("name")
        text = item.get("#text", item.get("$", item.get("value", item.get("Value"))))
        if name is None:
            if text is not None:
                bare.append(str(text))
        elif text is not None and name not in flat and name not in RESERVED:
            flat[str(name)] = text
    if bare:
        flat.setdefault("Data", " ".join(bare))


def event(native: Json) -> Json:
    """`native` with the schema's fields added: who, from where, what, and whether it succeeded."""
    get = native.get
    channel, code = str(get("Channel", "")), str(get("EventID", ""))
    # Plans are kept; texts of which somebody writes many long ones are not.
    plan = _plan(channel, code) if len(channel) + len(code) <= NAMED else _plan.__wrapped__(channel, code)
    time = any_of(get("@timestamp"), get("TimeCreated_SystemTime"), get("UtcTime"))
    native["event.code"] = code
    native["@timestamp"] = time
    native["host.name"] = get("Computer")
    native["winlog.channel"] = get("Channel")
    native["winlog.provider_name"] = get("Provider_Name")
    native["winlog.event_id"] = get("EventID")
    native["winlog.record_id"] = get("EventRecordID")
    native["log.level"] = later(_level, get("Level"))
    native.update(plan.constants)
    for name, field, convert in plan.steps:
        if name in native:
            offer(native, field, native[name], convert, later)
    user = get("user.name")
    if user is not None:
        domain = later(_domain, user)
        if domain is not None:
            native["user.domain"] = either(domain, get("user.domain"))
            native["user.name"] = later(_account, user)
    if plan.finish:
        plan.finish(native)
    return native


def _level(number: Any) -> str | None:
    return LEVELS.get(str(number))


def _domain(user: Any) -> str | None:
    return user.partition("\\")[0] if user.__class__ is str and "\\" in user else None


def _account(user: Any) -> Any:
    return user.partition("\\")[2] if user.__class__ is str and "\\" in user else user


class _Plan(NamedTuple):
    """A meaning made ready: `steps` are native name, schema name, and how the value is brought into its form
    (None when it says nothing)."""

    constants: Json
    steps: tuple[tuple[str, str, Callable[[Any], Any]], ...]
    finish: Callable[[Json], None] | None


@lru_cache(maxsize=4096)
def _plan(channel: str, code: str) -> _Plan:
    known = meaning(channel, code)
    steps: list[tuple[str, str, Callable[[Any], Any]]] = []
    for name, field in known.fields:
        steps.append((name, field, _FORMS.get(field, _said)))
        if field.endswith(".executable"):
            steps.append((name, field.replace("executable", "name"), _basename))
        if field == "network.transport":
            steps += [
                ("Direction", "network.direction", _direction),
                ("Initiated", "network.direction", _initiated),
            ]
    if channel.lower() == "microsoft-windows-sysmon/operational":
        steps.append(("Hashes", "file.hash.sha256", _sha256))
    return _Plan(dict(known.constants), tuple(steps), _special(channel.lower(), code) or _outcome(known))


def _special(channel: str, code: str) -> Callable[[Json], None] | None:
    channels, finish = _SPECIAL.get(code, ((), None))
    return finish if channel in channels else None


def _outcome(known: Meaning) -> Callable[[Json], None] | None:
    status = known.status
    if status:

        def by_status(found: Json) -> None:
            ended = later(_ended, found.get(status))
            found["event.outcome"] = either(ended, found.get("event.outcome"))

        return by_status
    return _by_keywords if known.audited else None


def _by_keywords(found: Json) -> None:
    found["event.outcome"] = either(later(_audited, found.get("Keywords")), found.get("event.outcome"))


def _ended(status: Any) -> str | None:
    number = _number(status)
    return None if number is None else "failure" if number else "success"


def _audited(keywords: Any) -> str | None:
    bits = _number(keywords)
    if bits is None or not bits & (AUDIT_FAILURE | AUDIT_SUCCESS):
        return None
    return "failure" if bits & AUDIT_FAILURE else "success"


def _said(value: Any) -> Any:
    return None if value.__class__ is str and value in NOTHING else value


def _number(value: Any) -> int | None:
    if value.__class__ is int:
        return int(value)
    try:
        return int(value, 16) if value[:2] in ("0x", "0X") else int(value)
    except (ValueError, TypeError):
        return None


def _address(value: Any) -> Any:
    """None for "LOCAL", a workstation's name or an empty field in place of an address."""
    return value if canonical(str(value)) else None


def _protocol(value: Any) -> str | None:
    if _said(value) is None:
        return None
    return PROTOCOLS.get(str(value), str(value).lower())


def _direction(value: Any) -> str | None:
    return DIRECTIONS.get(str(value))


def _initiated(value: Any) -> str | None:
    if _said(value) is None:
        return None
    return "outbound" if str(value).lower() == "true" else "inbound"


def _basename(value: Any) -> str | None:
    if _said(value) is None:
        return None
    path = str(value)
    return path.rpartition("/")[2] if path.startswith("/") else path.rpartition("\\")[2]


def _sha256(value: Any) -> str | None:
    return str(value).partition("SHA256=")[2].partition(",")[0].lower() or None


_FORMS: Final[dict[str, Callable[[Any], Any]]] = {
    "process.pid": _number, "process.parent.pid": _number, "process.exit_code": _number, "source.address": _address,
    "network.transport": _protocol,
}  # fmt: skip


# --- events whose fields are a text of their own ---


def _mssql(found: Json) -> None:
    text = str(found.get("Data") or found.get("message") or found.get("Message") or "")
    peer = _MSSQL_PEER.search(text)
    if peer:
        found["source.address"] = peer.group(1)
    data = found.get("Data")
    message = _MSSQL_USER.match(str(found.get("Message", "")))
    if message:
        found["user.name"] = message.group(1)
    elif isinstance(data, str) and " Reason: " in data:
        found["user.name"] = data.rpartition(" Reason: ")[0].strip() or None
    found |= {
        "event.category": "authentication", "event.action": "login", "event.outcome": "failure", "service.name": "mssql",
        "service.type": "database",
    }  # fmt: skip


def _remote(found: Json) -> None:
    found["service.type"] = either(later(_by_logon, found.get("LogonType")), found.get("service.type"))


def _by_logon(kind: Any) -> str | None:
    return "remote-desktop" if str(kind) in ("10", "12") else None


def _iis(found: Json) -> None:
    query = found.get("cs-uri-query")
    stem = str(found.get("cs-uri-stem") or "")
    target = f"{stem}?{query}" if query not in (None, "-", "") else stem
    found |= web.request(found.get("cs-method"), target, found.get("sc-status"))
    for name, field in _IIS_FIELDS:
        value = found.get(name)
        if value not in (None, "-", ""):
            found[field] = value


_IIS_FIELDS: Final = (
    ("c-ip", "source.address"), ("cs-username", "user.name"), ("csUser-Agent", "user_agent.original"),
    ("cs(User-Agent)", "user_agent.original"), ("csReferer", "http.request.referrer"), ("s-ip", "destination.address"),
    ("s-port", "destination.port"), ("csHost", "url.domain"),
)  # fmt: skip
_SPECIAL: Final[dict[str, tuple[tuple[str, ...], Callable[[Json], None]]]] = {
    **dict.fromkeys(("18456", "18452", "18470", "18486", "18487", "18488", "17828"), (("application",), _mssql)),
    **dict.fromkeys(("4624", "4625"), (("security",), _remote)),
    "6200": (("microsoft-iis-logging/logs", "microsoft-windows-iis-logging/logs"), _iis),
}
