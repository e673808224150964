"""The event schema: flat ECS names, one name one type in the whole program.

Source of the names: Elastic Common Schema 8.x. A field that is not listed here is native to its
source, keeps the source's own spelling (`CommandLine`, `EventID`, `id.orig_h`) and is a String.
"""

from typing import Final, NamedTuple

import polars as pl

TIME: Final = pl.Datetime("us", "UTC")


class Field(NamedTuple):
    """`type`: the one polars type. `about`: unit and meaning."""

    type: pl.DataType
    about: str


_S = pl.String()
_I = pl.Int64()

FIELDS: Final[dict[str, Field]] = {
    "line": Field(_I, "number of the record in its source, from 1; the key by which stages join rows"),
    "@timestamp": Field(TIME, "when it happened, UTC, microseconds; null when the record carries no time"),
    "event.id": Field(_S, "deterministic: source identity and position"),
    "event.original": Field(_S, "the record as it was read; invalid UTF-8 as \\xNN"),
    "event.dataset": Field(_S, "the format that understood the record: sshd, nginx_access, evtx ..."),
    "event.category": Field(_S, "ECS category: authentication, web, network, process, file, iam, session, ..."),
    "event.type": Field(_S, "ECS type: start, end, denied, allowed, creation, change, deletion, error, info"),
    "event.action": Field(_S, "what was tried, lower case with dashes: ssh-login, sudo-command, user-added"),
    "event.outcome": Field(_S, "success, failure or unknown"),
    "event.code": Field(_S, "the source's own event number or code"),
    "event.reason": Field(_S, "why, in the source's words"),
    "event.severity": Field(_I, "the source's own severity number"),
    "event.duration": Field(_I, "nanoseconds"),
    "event.count": Field(_I, "how many records this one stands for (message repeated N times); null means 1"),
    "message": Field(_S, "the human-readable part, without envelope"),
    "log.file.path": Field(_S, "file or source name it came from"),
    "log.offset": Field(_I, "byte position of the record in its source, or record number where there are no bytes"),
    "log.level": Field(_S, "lower case"),
    "log.syslog.priority": Field(_I, "0-191"),
    "log.syslog.appname": Field(_S, "program name of the syslog header"),
    "host.name": Field(_S, "the machine the event happened on"),
    "host.ip": Field(_S, "its address"),
    "user.name": Field(_S, "the account acted on or acting"),
    "user.id": Field(_S, "uid or SID"),
    "user.domain": Field(_S, "domain of the account"),
    "user.effective.name": Field(_S, "the account acted as: target of su and sudo"),
    "user.target.name": Field(_S, "the account that was changed: useradd, passwd"),
    "group.name": Field(_S, "group"),
    "source.address": Field(_S, "the peer as written: address or host name"),
    "source.ip": Field(_S, "the peer's address, canonical text form; IPv4-mapped IPv6 as IPv4; no zone, no brackets"),
    "source.port": Field(_I, ""),
    "source.domain": Field(_S, "the peer's name where no address was written"),
    "source.bytes": Field(_I, "bytes sent by the source"),
    "source.packets": Field(_I, ""),
    "source.mac": Field(_S, ""),
    "source.user.name": Field(_S, "the peer's account"),
    "destination.address": Field(_S, "as written"),
    "destination.ip": Field(_S, "canonical like source.ip"),
    "destination.port": Field(_I, ""),
    "destination.domain": Field(_S, ""),
    "destination.bytes": Field(_I, "bytes sent by the destination"),
    "destination.packets": Field(_I, ""),
    "destination.mac": Field(_S, ""),
    "client.ip": Field(_S, "address that a proxy header names; forgeable, never an offender by itself"),
    "network.transport": Field(_S, "tcp, udp, icmp, ..."),
    "network.protocol": Field(_S, "http, dns, ssh, ..."),
    "network.direction": Field(_S, "inbound, outbound, internal"),
    "network.bytes": Field(_I, "both directions"),
    "network.packets": Field(_I, "both directions"),
    "observer.ingress.interface.name": Field(_S, ""),
    "observer.egress.interface.name": Field(_S, ""),
    "process.name": Field(_S, "program name"),
    "process.pid": Field(_I, ""),
    "process.executable": Field(_S, "full path"),
    "process.command_line": Field(_S, "with arguments"),
    "process.working_directory": Field(_S, ""),
    "process.parent.pid": Field(_I, ""),
    "process.parent.name": Field(_S, ""),
    "process.parent.executable": Field(_S, ""),
    "process.parent.command_line": Field(_S, ""),
    "process.exit_code": Field(_I, ""),
    "file.path": Field(_S, ""),
    "file.name": Field(_S, ""),
    "file.hash.sha256": Field(_S, ""),
    "http.request.method": Field(_S, "as sent"),
    "http.request.referrer": Field(_S, ""),
    "http.response.status_code": Field(_I, ""),
    "http.response.body.bytes": Field(_I, ""),
    "http.version": Field(_S, "1.1"),
    "url.original": Field(_S, "as sent, path and query"),
    "url.path": Field(_S, ""),
    "url.query": Field(_S, "without the question mark"),
    "url.domain": Field(_S, "host asked for"),
    "url.full": Field(_S, "absolute URL where one was logged"),
    "user_agent.original": Field(_S, ""),
    "dns.question.name": Field(_S, ""),
    "dns.question.type": Field(_S, ""),
    "dns.response_code": Field(_S, "NOERROR, NXDOMAIN, REFUSED ..."),
    "dns.answers.data": Field(_S, "what was answered: addresses, names, texts, separated by commas"),
    "tls.client.server_name": Field(_S, ""),
    "email.from.address": Field(_S, ""),
    "email.to.address": Field(_S, ""),
    "email.message_id": Field(_S, ""),
    "service.name": Field(_S, "the service that wrote the record: sshd, nginx, postfix, gitea"),
    "service.type": Field(_S, "kind of service: web, mail, ssh, ftp, database, vpn, sip, dns, firewall"),
    "rule.id": Field(_S, "id of a foreign tool's rule: Suricata signature, ModSecurity rule, firewall rule"),
    "rule.name": Field(_S, "its name"),
    "rule.category": Field(_S, "its category"),
    "cloud.provider": Field(_S, "aws, azure, gcp"),
    "cloud.account.id": Field(_S, ""),
    "cloud.region": Field(_S, ""),
    "container.id": Field(_S, ""),
    "container.name": Field(_S, ""),
    "orchestrator.namespace": Field(_S, ""),
    "winlog.record_id": Field(_I, "EventRecordID"),
    "winlog.channel": Field(_S, "as written"),
    "winlog.provider_name": Field(_S, ""),
    "winlog.event_id": Field(_I, ""),
}


def dtype(name: str) -> pl.DataType:
    """The one type of a field; a field that the schema does not name is native to its source and a String."""
    field = FIELDS.get(name)
    return field.type if field else pl.String()


def conform(frame: pl.DataFrame) -> pl.DataFrame:
    """Every column cast to the type of its name; what cannot be cast becomes null. Order and height are kept."""
    wrong = [name for name, kind in frame.schema.items() if kind != dtype(name)]
    return frame.with_columns(pl.col(name).cast(dtype(name), strict=False) for name in wrong) if wrong else frame
