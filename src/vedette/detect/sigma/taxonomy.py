"""Where a rule's log source is found among our events, and what its fields are called there. Data, and its lookup.

A batch of events names one log source. A rule's part (category, product, service) selects it when both are equal,
or when a table below says that the one implies the other, sometimes with a condition on columns: Windows events come
in one stream whose channel and event id tell what they are; ECS categories are a column.
Sources: Sigma taxonomy appendix 2.1.0, Sysmon and Windows event manifests, W3C extended log format, ECS 8.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from vedette.detect.sigma.products import ELSEWHERE
from vedette.detect.sigma.products import FIELDS as PRODUCTS
from vedette.detect.sigma.windows import CATEGORIES as WINDOWS_CATEGORIES
from vedette.detect.sigma.windows import CHANNELS as WINDOWS_CHANNELS
from vedette.detect.sigma.windows import EVENT_TYPES as WINDOWS_EVENT_TYPES
from vedette.detect.sigma.windows import FIELDS as WINDOWS_FIELDS
from vedette.model.records import Logsource

Fields = Mapping[str, tuple[str, ...]]
Where = tuple[tuple[str, frozenset[str]], ...]


class Place(NamedTuple):
    """One place where a rule's events are.

    Attributes:
        batch: parts that a batch's log source must have; None: any; "": none.
        where: column and the lower-cased values of which it must have one; all must hold.
        fields: Sigma field name to the columns that carry it, best first: an event's value is that of the first one
            that is not null. A name that is not there is its own column.
    """

    batch: Logsource
    where: Where = ()
    fields: Fields = MappingProxyType({})


WEB: Final[Fields] = {
    "cs-method": ("cs-method", "http.request.method"),
    "cs-uri": ("cs-uri", "url.original"),
    "cs-uri-stem": ("cs-uri-stem", "url.path"),
    "cs-uri-query": ("cs-uri-query", "url.query", "url.original"),
    "c-uri": ("c-uri", "url.full", "url.original"),
    "c-uri-stem": ("c-uri-stem", "url.path"),
    "c-uri-query": ("c-uri-query", "url.query"),
    "c-uri-extension": ("c-uri-extension", "url.extension"),
    "cs-host": ("cs-host", "url.domain", "destination.domain"),
    "r-dns": ("r-dns", "url.domain", "destination.domain"),
    "cs-version": ("cs-version", "http.version"),
    "cs-user-agent": ("cs-user-agent", "user_agent.original"),
    "cs(user-agent)": ("cs(User-Agent)", "user_agent.original"),
    "cs(User-Agent)": ("cs(User-Agent)", "user_agent.original"),
    "c-useragent": ("c-useragent", "user_agent.original"),
    "cs-referer": ("cs-referer", "http.request.referrer"),
    "cs-referrer": ("cs-referrer", "http.request.referrer"),
    "cs(Referer)": ("cs(Referer)", "http.request.referrer"),
    "cs(Cookie)": ("cs(Cookie)", "cs-cookie"),
    "cs-cookie": ("cs-cookie", "cs(Cookie)"),
    "cs-username": ("cs-username", "user.name"),
    "cs-bytes": ("cs-bytes", "source.bytes"),
    "sc-bytes": ("sc-bytes", "destination.bytes", "http.response.body.bytes"),
    "sc-status": ("sc-status", "http.response.status_code"),
    "c-ip": ("c-ip", "source.ip", "source.address"),
    "s-ip": ("s-ip", "destination.ip"),
    "src_ip": ("src_ip", "source.ip"),
    "dst_ip": ("dst_ip", "destination.ip"),
    "dst_port": ("dst_port", "destination.port"),
    "s-port": ("s-port", "destination.port"),
}
NETWORK: Final[Fields] = {
    "src_ip": ("src_ip", "source.ip"),
    "src_port": ("src_port", "source.port"),
    "dst_ip": ("dst_ip", "destination.ip"),
    "dst_port": ("dst_port", "destination.port"),
    "protocol": ("protocol", "network.transport"),
    "action": ("action", "event.action", "event.type"),
    "username": ("username", "user.name"),
    "SourceIp": ("SourceIp", "source.ip"),
    "SourcePort": ("SourcePort", "source.port"),
    "DestinationIp": ("DestinationIp", "destination.ip"),
    "DestinationPort": ("DestinationPort", "destination.port"),
    "DestinationHostname": ("DestinationHostname", "destination.domain"),
    "Protocol": ("Protocol", "network.transport"),
    "Image": ("Image", "process.executable"),
    "User": ("User", "user.name"),
}
DNS: Final[Fields] = {
    "query": ("query", "dns.question.name"),
    "QueryName": ("QueryName", "query", "dns.question.name"),
    "record_type": ("record_type", "qtype_name", "dns.question.type"),
    "answer": ("answer", "answers", "dns.answers.data"),
    "parent_domain": ("parent_domain",),
    "src_ip": ("src_ip", "source.ip"),
    "dst_ip": ("dst_ip", "destination.ip"),
    "Image": ("Image", "process.executable"),
}
PROCESS: Final[Fields] = {
    "Image": ("Image", "process.executable"),
    "CommandLine": ("CommandLine", "process.command_line"),
    "CurrentDirectory": ("CurrentDirectory", "process.working_directory"),
    "ProcessId": ("ProcessId", "process.pid"),
    "User": ("User", "user.name"),
    "ParentImage": ("ParentImage", "process.parent.executable"),
    "ParentCommandLine": ("ParentCommandLine", "process.parent.command_line"),
    "ParentProcessId": ("ParentProcessId", "process.parent.pid"),
    "LogonId": ("LogonId", "ses"),
}
FILE: Final[Fields] = {
    "TargetFilename": ("TargetFilename", "file.path"),
    "Image": ("Image", "process.executable"),
    "CommandLine": ("CommandLine", "process.command_line"),
    "User": ("User", "user.name"),
}
ZEEK: Final[Fields] = {
    "src_ip": ("id.orig_h", "source.ip"),
    "src_port": ("id.orig_p", "source.port"),
    "dst_ip": ("id.resp_h", "destination.ip"),
    "dst_port": ("id.resp_p", "destination.port"),
    "id.orig_h": ("id.orig_h", "source.ip"),
    "id.orig_p": ("id.orig_p", "source.port"),
    "id.resp_h": ("id.resp_h", "destination.ip"),
    "id.resp_p": ("id.resp_p", "destination.port"),
    "c-uri": ("c-uri", "uri", "url.original"),
    "c-useragent": ("c-useragent", "user_agent", "user_agent.original"),
    "user_agent": ("user_agent", "user_agent.original"),
    "cs-method": ("cs-method", "method", "http.request.method"),
    "uri": ("uri", "url.original"),
    "host": ("host", "url.domain"),
    "query": ("query", "dns.question.name"),
}
AUDITD: Final[Fields] = {"exe": ("exe", "process.executable"), "name": ("name", "file.path"), "Image": ("exe",)}
LINUX: Final[Fields] = {"USER": ("USER", "user.effective.name"), "COMMAND": ("COMMAND", "process.command_line")}

# Sigma categories that ECS has too, whatever wrote the record: event.category (and event.type where it must be one).
ECS: Final[Mapping[str, tuple[Where, Fields]]] = {
    "authentication": ((("event.category", frozenset({"authentication"})),), {}),
    "denied": ((("event.type", frozenset({"denied"})),), {}),
    "web": ((("event.category", frozenset({"web"})),), WEB),
    "dns": ((("network.protocol", frozenset({"dns"})),), DNS),
    "network": ((("event.category", frozenset({"network"})),), NETWORK),
    "process": ((("event.category", frozenset({"process"})),), PROCESS),
    "file": ((("event.category", frozenset({"file"})),), FILE),
    **{
        name: (((("event.category"), frozenset({name})),), {})
        for name in ("iam", "session", "email", "host", "configuration", "package", "malware", "intrusion_detection",
                     "threat", "database", "api", "registry", "vulnerability", "database")
    },
}  # fmt: skip

# Host categories of Linux and macOS: what auditd, sudo, Sysmon for Linux or an endpoint agent reports.
UNIX: Final[Mapping[str, tuple[Where, Fields]]] = {
    "process_creation": (
        (("event.category", frozenset({"process"})), ("event.type", frozenset({"start", "creation"}))), PROCESS,
    ),
    "network_connection": (
        (("event.category", frozenset({"network"})), ("event.type", frozenset({"start", "connection"}))), NETWORK,
    ),
    "file_event": (
        (("event.category", frozenset({"file"})), ("event.type", frozenset({"creation", "change"}))), FILE,
    ),
    "file_change": ((("event.category", frozenset({"file"})), ("event.type", frozenset({"change"}))), FILE),
    "file_delete": ((("event.category", frozenset({"file"})), ("event.type", frozenset({"deletion"}))), FILE),
    "dns_query": ((("network.protocol", frozenset({"dns"})),), DNS),
}  # fmt: skip

# Field names of a category whose batches are called the same.
CATEGORY_FIELDS: Final[Mapping[str, Fields]] = {
    "webserver": WEB, "proxy": WEB, "firewall": NETWORK, "dns": DNS, "network_connection": NETWORK,
    "process_creation": PROCESS, "file_event": FILE, "file_change": FILE, "file_delete": FILE, "dns_query": DNS,
}  # fmt: skip
PRODUCT_FIELDS: Final[Mapping[str, Fields]] = {"zeek": ZEEK, "linux": LINUX, **PRODUCTS}
SERVICE_FIELDS: Final[Mapping[str, Fields]] = {"auditd": AUDITD, "apache": WEB, "nginx": WEB, "iis": WEB}

# Linux services that are made of others: a rule for the left side sees batches of the right.
LINUX_SERVICES: Final[Mapping[str, frozenset[str]]] = {
    "auth": frozenset({"sshd", "sudo", "su", "pam", "login", "logind", "systemd-logind", "passwd", "useradd", "usermod",
                       "groupadd", "shadow", "polkit", "cron", "doas", "authpriv"}),
    "sshd": frozenset({"sshd-session", "ssh"}),
    "clamav": frozenset({"clamd", "freshclam", "clamscan", "clamav-daemon"}),
    "guacamole": frozenset({"guacd"}),
    "vsftpd": frozenset({"ftpd"}),
}  # fmt: skip
ANY_LINUX_SERVICE: Final = frozenset({"syslog", "messages"})


@lru_cache(maxsize=4096)
def places(rule: Logsource) -> tuple[Place, ...]:
    """Every place where a rule's events may be, the plainest first."""
    return tuple(_places(rule))


def _places(rule: Logsource) -> Iterator[Place]:
    category, product, service = (part or "" for part in rule)
    fields = {
        **CATEGORY_FIELDS.get(category, {}),
        **PRODUCT_FIELDS.get(product, {}),
        **SERVICE_FIELDS.get(service, {}),
    }
    if category == "web":
        yield Place(Logsource("webserver", product or None, service or None), (), WEB)
    else:
        yield Place(rule, (), fields)
    if category in ("webserver", "proxy") and product and not service:
        yield Place(Logsource(category, None, product), (), fields)  # product: apache, service: apache
    if category in ECS:
        where, ecs_fields = ECS[category]
        yield Place(Logsource(None, product or None, service or None), where, {**fields, **ecs_fields})
    if product in ("", "windows"):
        yield from _windows(category, service)
    if category in UNIX and product != "windows":
        where, unix_fields = UNIX[category]
        for unix in (product,) if product else ("linux", "macos"):
            yield Place(Logsource(None, unix, service or None), where, {**fields, **unix_fields})
    for batch, where, other in ELSEWHERE.get(rule, ()):
        yield Place(batch, where, {**fields, **other})
    if product == "linux" and service and not category:
        if service in ANY_LINUX_SERVICE:
            yield Place(Logsource(None, "linux", None), (), fields)
        members = LINUX_SERVICES.get(service, frozenset())
        for member in sorted(members):
            yield Place(Logsource(None, "linux", member), (), fields)
        programs = (("process.name", members | {service}),)
        names = {**fields, "process.name": ("log.syslog.appname", "process.name")}
        yield Place(Logsource(None, "linux", None), programs, names)


def _windows(category: str, service: str) -> Iterator[Place]:
    batch = Logsource(None, "windows", None)
    channels = (("Channel", WINDOWS_CHANNELS[service]),) if service in WINDOWS_CHANNELS else ()
    if category in WINDOWS_CATEGORIES:
        for channel, ids, extra in WINDOWS_CATEGORIES[category]:
            if not channels or channel in channels[0][1]:
                where: Where = (("Channel", frozenset({channel})), ("EventID", ids))
                if category in WINDOWS_EVENT_TYPES:
                    where = (*where, ("EventType", WINDOWS_EVENT_TYPES[category]))
                yield Place(batch, where, {**WINDOWS_FIELDS, **extra})
    elif channels and not category:
        yield Place(batch, channels, WINDOWS_FIELDS)


def selects(place: Place, batch: Logsource) -> bool:
    """Whether a batch of this log source can hold events of the place."""
    return all(want is None or want == (have or "") for want, have in zip(place.batch, batch, strict=True))


def columns(place: Place, field: str) -> tuple[str, ...]:
    """The columns that carry a Sigma field there, best first."""
    found = place.fields.get(field)
    if found is not None:
        return found
    return WINDOWS_FIELDS.get(field, (field,)) if place.batch.product == "windows" else (field,)
