r"""A table with a header in its first line: flows from NetFlow and CICFlowMeter exports, spreadsheets of logins, anything.

    timestamp,source_ip,destination_port,protocol,bytes_transferred
    2026-02-01T10:24:12Z,203.0.113.9,22,tcp,4200

Comma, semicolon, tab or bar, and the blanks of AWS' flow logs in a format of one's own; quoted fields as in RFC 4180. A
first line is a header when all its cells are names and one of them is known, by the table below or by the user's own
mapping (context.columns).

Rows that are neither flows nor a firewall's decisions are read as the JSON objects that they could have been written as,
by the documents that know such names, so that a login in a spreadsheet is one. Exports that carry whole records in a cell
(Splunk's _raw, Microsoft Purview's AuditData) are read as these records.
"""

import csv
import re
from typing import Any, Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import firewall, headers, time
from vedette.parse.context import Context, Read

ORDER: Final = 35
_CELL: Final = r"\"?[#A-Za-z_@][^,;\t|\"=]{0,63}\"?"
HEADER: Final = (
    rf"^\x{{FEFF}}?{_CELL}(?:,{_CELL}){{2,}}\s*$|^\x{{FEFF}}?{_CELL}(?:;{_CELL}){{2,}}\s*$"
    rf"|^\x{{FEFF}}?{_CELL}(?:\t{_CELL}){{2,}}\s*$|^\x{{FEFF}}?{_CELL}(?:\|{_CELL}){{2,}}\s*$"
    r"|^[a-z][a-z0-9-]+(?: [a-z][a-z0-9-]+)* srcaddr(?: [a-z][a-z0-9-]+)+\s*$|^srcaddr(?: [a-z][a-z0-9-]+){2,}\s*$"
)
FLOW: Final = Logsource(category="network", service="flow")
DECIDED: Final = Logsource(category="firewall")
_DECIDED: Final = frozenset({"source.address", "destination.address", "destination.port", "event.action"})
_ADDRESS: Final = r"^\[?[0-9A-Fa-f]{0,4}[.:][0-9A-Fa-f.:]+\]?(?::[0-9]{1,5})?$"
_NAME: Final = re.compile(r"[^a-z0-9]+")
_SEPARATORS: Final = ",;\t|"

ALIASES: Final = {
    "@timestamp": ("timestamp", "time", "datetime", "date_time", "ts", "start_time", "first_seen", "flow_start", "stime",
    "firstseen", "date_first_seen",
                   "start", "event_time", "eventtime", "time_received", "first_switched", "timestamp_utc", "created_at", "date",
                   "creationdate", "creation_date", "date_time_utc", "date_utc"),
    "source.address": ("source_ip", "src_ip", "srcip", "src", "source", "sourceip", "source_address", "src_addr",
    "srcaddr", "sa", "ipv4_src_addr",
                       "src_ip_addr", "client_ip", "clientip", "id_orig_h", "saddr", "ip_src", "ip", "ip_address", "remote_addr",
                       "remote_ip", "source_ipv4"),
    "source.port": ("source_port", "src_port", "srcport", "sourceport", "sport", "sp", "l4_src_port", "src_pt", "id_orig_p", "port_src"),
    "destination.address": ("destination_ip", "dst_ip", "dest_ip", "dstip", "dst", "destination", "destinationip",
    "destination_address", "dst_addr",
                            "dstaddr", "da", "ipv4_dst_addr", "dst_ip_addr", "server_ip", "id_resp_h", "daddr", "ip_dst"),
    "destination.port": ("destination_port", "dst_port", "dest_port", "dstport", "destinationport", "dport", "dp",
    "l4_dst_port", "dst_pt", "port", "id_resp_p"),
    "network.transport": ("protocol", "proto", "prot", "pr", "transport", "ip_protocol", "l4_proto"),
    "network.bytes": ("bytes_transferred", "bytes", "total_bytes", "byt", "octets", "ibyt", "in_bytes_total",
    "flow_bytes", "doctets", "size", "length", "tot_bytes"),
    "network.packets": ("packets", "total_packets", "pkts", "pkt", "ipkt", "dpkts", "packet_count", "tot_pkts"),
    "source.bytes": ("bytes_sent", "src_bytes", "orig_bytes", "sbytes", "out_bytes", "tot_len_fwd_pkts",
    "total_length_of_fwd_packets", "total_length_of_fwd_packet", "sentbyte", "upload_bytes"),
    "destination.bytes": ("bytes_received", "dst_bytes", "resp_bytes", "dbytes", "in_bytes", "tot_len_bwd_pkts",
    "total_length_of_bwd_packets", "total_length_of_bwd_packet", "rcvdbyte",
                          "download_bytes"),
    "source.packets": ("packets_sent", "orig_pkts", "spkts", "tot_fwd_pkts", "total_fwd_packets", "total_fwd_packet",
    "out_pkts", "src_packets"),
    "destination.packets": ("packets_received", "resp_pkts", "dpkts_resp", "tot_bwd_pkts", "total_backward_packets", "total_bwd_packets",
    "in_pkts", "dst_packets"),
    "user.name": ("user", "username", "user_name", "account", "account_name", "login", "userid", "user_id", "userids"),
    "host.name": ("host", "hostname", "host_name", "computer", "machine", "device", "device_name"),
    "event.action": ("action", "event_type", "event", "activity", "operation", "operations"),
    "event.outcome": ("outcome", "result", "login_status"),
    "message": ("message", "msg", "description", "details"),
    "log.level": ("level", "severity"),
    "http.request.method": ("method", "http_method", "request_method"), "url.original": ("url", "uri", "request_uri"),
    "http.response.status_code": ("status_code", "http_status", "response_code", "sc_status"),
    "user_agent.original": ("user_agent", "useragent"),
    "process.name": ("process", "process_name", "program"), "process.command_line": ("command_line", "commandline", "command"),
    "dns.question.name": ("query", "dns_query", "domain"), "rule.name": ("rule", "rule_name", "alert", "signature"),
}  # fmt: skip
_FIELD_OF: Final = {
    spelt: field for field, aliases in ALIASES.items() for alias in aliases for spelt in (alias.replace("_", ""), alias)
}
# One of these says that a line of names is a header and no sentence.
_TELLING: Final = frozenset(
    alias for field in ("@timestamp", "source.address", "destination.address", "destination.port", "user.name") for alias in ALIASES[field]
)  # fmt: skip
_RECORDS: Final = ("auditdata", "_raw")
"""Columns, in lower case, whose cells are the record itself."""
_OUTCOMES: Final = {
    "success": "success", "succeeded": "success", "ok": "success", "true": "success", "1": "success", "accepted": "success",
    "successful": "success", "failure": "failure", "failed": "failure", "fail": "failure", "false": "failure", "0": "failure",
    "denied": "failure", "error": "failure", "rejected": "failure", "invalid": "failure", "blocked": "failure",
}  # fmt: skip


def _plain(name: str) -> str:
    return _NAME.sub("_", name.lower()).strip("_")


def table(raw: str, line: int, _above: Json | None, context: Context) -> Json | None:
    """`names` of the columns, their `separator`, and `fields`: column to schema name; None when it is no header."""
    if line != 1:
        return None
    separator = max(_SEPARATORS, key=raw.count)
    if separator not in raw:
        separator = " "
    try:
        found = next(csv.reader([raw.replace("\0", "").lstrip("\ufeff")], delimiter=separator))
    except (csv.Error, StopIteration):
        return None
    names = headers.names(found)
    mapped = dict(context.columns)
    fields: dict[str, str] = {}
    for name, original in zip(names, found, strict=False):
        field = mapped.get(original.strip()) or mapped.get(name) or _FIELD_OF.get(_plain(original))
        if field and field not in fields.values():
            fields[name] = field
    known = any(_plain(name) in _TELLING for name in found) or any(name.strip() in mapped for name in found)
    return {"names": names, "separator": separator, "fields": fields} if known else None


def rows(frame: pl.DataFrame, table: Json, context: Context) -> Read:
    """Rows as events under the header's names and the schema's; a row of another number of cells is rejected."""
    names: list[str] = table["names"]
    data = frame.filter(pl.col("raw").str.strip_chars() != "")
    blank = frame.filter(pl.col("raw").str.strip_chars() == "").select(
        "line", reason=pl.lit("csv_table: an empty line")
    )
    quoted = data["raw"].str.contains('"', literal=True)
    plain, bad = _split(data.filter(~quoted), names, table["separator"])
    others, worse = _read(data.filter(quoted), names, table["separator"])
    cells = pl.concat([plain, others]).sort("line")
    rejected = pl.concat([blank, bad, worse])
    if cells.is_empty():
        return Read([], rejected)
    source, events = _events(cells, table["fields"], context)
    return Read([], rejected, _objects(cells, events, table)) if source == Logsource() else Read([(source, events)], rejected)


def _objects(cells: pl.DataFrame, events: pl.DataFrame, table: Json) -> pl.DataFrame:
    """Rows as records of their own: `line`, and `raw` with the row as a JSON object or the record that it carries."""
    names: list[str] = table["names"]
    record = next((name for name in names if name.lower() in _RECORDS), None)
    fields: dict[str, str] = {name: field for name, field in table["fields"].items() if field not in names}
    known = events.select("line", *(pl.col(name) for name in names), *(pl.col(field) for field in fields.values()))
    if "source.address" in known.columns:
        known = known.with_columns(_sender(known, names))
    if record is not None:
        known = known.with_columns(pl.col(record).alias("message"))
    if "@timestamp" in fields.values():
        known = known.with_columns(pl.col("@timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    made = known.select("line", pl.struct(pl.exclude("line")).struct.json_encode().alias("raw"))
    if record is None:
        return made
    cell = cells[record].str.strip_chars()
    raw = pl.when(cell.str.starts_with("{")).then(cell).otherwise("raw")
    return made.with_columns(raw.alias("raw"))


def _sender(known: pl.DataFrame, names: list[str]) -> list[pl.Expr]:
    """A column that is called source names an address, the machine that sent the record, or the file that it stood in."""
    address = pl.col("source.address")
    source = next((name for name in names if name.strip().lower() == "source"), None)
    if source is None:
        return []
    is_address = address.str.contains(_ADDRESS)
    is_name = ~is_address & ~address.str.contains(r"[/\\:\s]")
    told = [] if "host.name" in known.columns else [pl.when(is_name).then(address).alias("host.name")]
    return [pl.when(is_address).then(address).alias("source.address"), *told]


def _wrong(names: list[str]) -> pl.Expr:
    return pl.lit(f"csv_table: not the {len(names)} cells that the header names").alias("reason")


def _split(data: pl.DataFrame, names: list[str], separator: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    parts = data["raw"].str.strip_chars_end("\r\n ").str.split_exact(separator, len(names)).struct.unnest()
    good = parts[parts.columns[len(names) - 1]].is_not_null() & parts[parts.columns[-1]].is_null()
    cells = parts.rename(dict(zip(parts.columns, [*names, "\x00rest"], strict=True))).drop("\x00rest")
    return data.select("line").hstack(cells).filter(good), data.filter(~good).select("line", _wrong(names))


def _read(data: pl.DataFrame, names: list[str], separator: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    good: list[tuple[Any, ...]] = []
    bad: list[tuple[Any, ...]] = []
    for line, raw in data.select("line", "raw").iter_rows():
        try:
            cells = next(csv.reader([raw.replace("\0", "")], delimiter=separator))
        except (csv.Error, StopIteration):
            cells = []
        (good if len(cells) == len(names) else bad).append((line, *cells))
    schema = {"line": pl.Int64(), **dict.fromkeys(names, pl.String())}
    rejected = pl.DataFrame({"line": pl.Series([row[0] for row in bad], dtype=pl.Int64())})
    return pl.DataFrame(good, schema=schema, orient="row"), rejected.select("line", _wrong(names))


def _events(cells: pl.DataFrame, fields: dict[str, str], context: Context) -> tuple[Logsource, pl.DataFrame]:
    texts = [name for name in cells.columns if name != "line"]
    cells = cells.with_columns(pl.col(name).str.strip_chars() for name in texts)
    cells = cells.with_columns(
        pl.when(~pl.col(n).is_in(["", "-", "NaN", "nan", "NULL", "null"])).then(pl.col(n)).alias(n) for n in texts
    )
    made: dict[str, pl.Expr | pl.Series] = {}
    for name, field in fields.items():
        if field == "@timestamp":
            made[field] = time.parse(cells[name], context)
        elif field == "event.outcome":
            made[field] = (
                pl.col(name).str.to_lowercase().replace_strict(_OUTCOMES, default=None, return_dtype=pl.String())
            )
        elif field == "network.transport":
            made[field] = pl.col(name).str.to_lowercase().replace(firewall.PROTOCOLS)
        elif field in ("network.bytes", "source.bytes", "destination.bytes", "source.port", "destination.port"):
            # Exporters write whole numbers as 4200.0 too.
            made[field] = pl.col(name).str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
        else:
            made[field] = pl.col(name)
    events = cells.with_columns(**made)
    known = set(fields.values())
    if known >= _DECIDED:
        return DECIDED, _verdicts(events)
    if "source.address" in known and known & {"destination.address", "destination.port", "network.bytes"}:
        constants = {"event.category": "network"} | ({} if "event.action" in known else {"event.action": "flow"})
        return FLOW, events.with_columns(pl.lit(value).alias(name) for name, value in constants.items())
    return Logsource(), events


def _verdicts(events: pl.DataFrame) -> pl.DataFrame:
    """Connections that the action let through or did not."""
    words = events["event.action"].unique().drop_nulls().to_list()
    said = {word: firewall.verdict([word]) for word in words}
    means = {
        field: {word: means[field] for word, means in said.items() if field in means}
        for field in ("event.type", "event.action", "event.outcome")
    }
    decided = {
        field: pl.col("event.action").replace_strict(found, default=None, return_dtype=pl.String())
        for field, found in means.items()
    }
    decided["event.action"] = pl.coalesce(decided["event.action"], "event.action", pl.lit("flow"))
    constants = {name: pl.lit(value) for name, value in firewall.CONSTANT.items()}
    return events.with_columns(**constants, **decided)
