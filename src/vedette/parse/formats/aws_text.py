r"""Text logs of AWS: VPC flow logs, load balancers, S3 access.

    2 123456789012 eni-0a1b 203.0.113.9 192.0.2.1 51000 22 6 20 4249 1769941452 1769941512 REJECT OK
    https 2026-02-01T10:24:12.123456Z app/lb/50dc 203.0.113.9:51000 192.0.2.1:80 0.0 0.001 0.0 404 404 34 366 "GET https://... ...
    tls 2.0 2026-02-01T10:24:12 net/lb/50dc 9f3c 203.0.113.9:51000 192.0.2.1:443 5 2 98 246 - arn:aws:acm:... tlsv12 - a.example ...
    79a5 bucket [01/Feb/2026:10:24:12 +0000] 203.0.113.9 arn:aws:iam::1:user/bob 3E57 REST.GET.OBJECT key "GET /bucket/key ...

Sources: "Flow log records" (default format, version 2); "Access logs for your Application Load Balancer"; "Amazon S3
server access log format".
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import firewall, time, web
from vedette.parse.context import Context, Read, no_rejects
from vedette.parse.patterns import Pattern, apply

ORDER: Final = 57
NESTED: Final = True
_FLOW_SIGN: Final = (
    r"^2 (?:\d{12}|unknown) eni-[0-9a-f]+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \d{10} \d{10} (?:ACCEPT|REJECT"
    r"|-) (?:OK|NODATA|SKIPDATA)"
)
_ALB_SIGN: Final = (
    r"^(?:(?:https?|h2|grpcs|wss?|tls) )?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z \S+ "
    r"[0-9A-Fa-f:.\[\]]+:\d{1,5} \S+ -?[\d.]+ -?[\d.]+ -?[\d.]+ \S+ \S+ \d+ \d+ \""
)
_S3_SIGN: Final = (
    r"^[0-9a-f]{8,64} \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \S+ \S+ \S+ [A-Z]+\.[A-Z0-9_.]+ "
)
_NLB_SIGN: Final = r"^tls \d\.\d \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d net/\S+ \S+ \S+:\d{1,5} \S+:\d{1,5} "
SIGN: Final = f"{_FLOW_SIGN}|{_ALB_SIGN}|{_S3_SIGN}|{_NLB_SIGN}"

_FLOWS: Final = (
    Pattern(
        r"^2 (?P<cloud.account.id>\S+) (?P<interface>eni-\S+) (?P<source.address>\S+) (?P<destination.address>\S+) (?P<source.port>\S+) "
        r"(?P<destination.port>\S+) (?P<network.transport>\S+) (?P<network.packets>\S+) (?P<network.bytes>\S+) (?P<stamp>\d{10}) \d{10} "
        r"(?P<action>ACCEPT|REJECT|-) ",
        {"cloud.provider": "aws"},
    ),
)
_HANDSHAKES: Final = (
    Pattern(
        r"^tls \S+ (?P<stamp>\S+) (?P<balancer>\S+) \S+ \[?(?P<source.address>[0-9A-Fa-f:.]+?)\]?:(?P<source.port>\d{1,5}) "
        r"\[?(?P<destination.address>[0-9A-Fa-f:.]+?)\]?:(?P<destination.port>\d{1,5}) \S+ \S+ (?P<source.bytes>\d+|-) "
        r"(?P<destination.bytes>\d+|-) ",
        {**firewall.CONSTANT, "cloud.provider": "aws", "event.type": "connection", "network.transport": "tcp", "network.protocol": "tls"},
    ),
)
_WEB: Final = (
    Pattern(
        r"^(?:(?P<scheme>\w+) )?(?P<stamp>\S+Z) (?P<balancer>\S+) "
        r"\[?(?P<source.address>[0-9A-Fa-f:.]+?)\]?:(?P<source.port>\d{1,5}) (?P<target>\S+) "
        r"-?[\d.]+ -?[\d.]+ -?[\d.]+ (?P<http.response.status_code>\S+) \S+ (?P<source.bytes>\d+) (?P<http.response.body.bytes>\d+) "
        r'"(?P<request>[^"]*)"(?: "(?P<user_agent.original>[^"]*)")?',
        {"cloud.provider": "aws", "service.name": "elb"},
    ),
    Pattern(
        r"^[0-9a-f]{8,64} (?P<bucket>\S+) \[(?P<stamp>[^\]]+)\] (?P<source.address>\S+) (?P<user.name>\S+) \S+ "
        r"(?P<operation>[A-Z]+\.[A-Z0-9_.]+) "
        r'(?P<key>\S+) (?:"(?P<request>[^"]*)"|-) (?P<http.response.status_code>\d{3}|-) (?P<event.reason>\S+) '
        r"(?P<http.response.body.bytes>\S+) \S+ \S+ \S+ "
        r'"?(?P<http.request.referrer>[^" ]*)"?(?: "(?P<user_agent.original>[^"]*)")?',
        {"cloud.provider": "aws", "service.name": "s3"},
    ),
)


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Flows as firewall events, requests as web events."""
    groups = []
    flows = apply(frame, _FLOWS, "raw")
    if flows.height:
        action = pl.col("action")
        flows = time.stamp(flows, "stamp", context).with_columns(
            *(
                pl.when(pl.col(n) != "-").then(pl.col(n)).alias(n)
                for n in ("source.address", "destination.address", "action")
            ),
            pl.when(pl.col("network.transport") != "-").then(pl.col("network.transport").replace(firewall.PROTOCOLS)),
            action.alias("rule.name"),
        )
        groups.append((firewall.LOGSOURCE, firewall.columns(flows, "^REJECT$", "^ACCEPT$").drop("rule.name")))
    handshakes = apply(frame, _HANDSHAKES, "raw")
    if handshakes.height:
        groups.append((firewall.LOGSOURCE, time.stamp(handshakes, "stamp", context)))
    requests = apply(frame, _WEB, "raw")
    if requests.height:
        requests = time.stamp(requests, "stamp", context).with_columns(
            pl.col("request").fill_null("-").str.replace(r" -$", "")
        )
        texts = [
            n
            for n in ("user.name", "event.reason", "http.request.referrer", "user_agent.original", "source.address")
            if n in requests.columns
        ]
        requests = requests.with_columns(pl.when(pl.col(n) != "-").then(pl.col(n)).alias(n) for n in texts)
        groups.append(
            (Logsource(category="webserver", product="aws"), web.outcome(web.request_line(requests, "request")))
        )
    return Read(groups, no_rejects())
