"""Anomalous flows by what they look like: flood, password guessing, port scan, implant, theft, or only unusual.

What shows only in numbers of flows (a flood, a scan, guessing) is counted over all of them, since a model that learned from the
same flows takes what is frequent for usual. The rest is judged by the anomalous flows of a source together, never by a single
row, which could be anything. The figures that decided stand in the description.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

import polars as pl

from vedette.ai.analyst import words
from vedette.ai.analyst.kinds import KINDS
from vedette.model.alert import Evidence, Level
from vedette.model.analysis import Finding, Indicator
from vedette.model.text import count, safe

LOGINS: Final = frozenset({21, 22, 23, 25, 110, 143, 389, 445, 465, 587, 993, 995, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 6379, 8291})
"""Ports where people log in."""
IMPLANTS: Final = frozenset({1080, 1337, 2323, 4444, 4445, 5554, 5555, 6666, 6667, 6697, 8333, 9001, 9999, 12345, 27374, 31337, 54321})
"""Ports that implants, IRC bots and miners like."""
SCAN_PORTS: Final = 15
SCAN_HOSTS: Final = 30
GUESSES: Final = 20
FLOOD_FLOWS: Final = 200
SMALL: Final = 20_000
MUCH: Final = 50_000_000
STEADY: Final = 0.15
BEATS: Final = 6
SHOWN: Final = 20
EVIDENCE: Final = 3


class Seen(NamedTuple):
    """Figures of flows that belong together; `source` is empty where they come from several. `beat`: seconds between them where that is
    steady; `rate`: flows per second; `typical`: bytes of the flow in the middle."""

    source: str
    rows: int
    ports: tuple[int, ...]
    hosts: tuple[str, ...]
    first: datetime
    last: datetime
    octets: float
    typical: float
    rate: float
    beat: float | None
    sources: int = 1


def classify(seen: Seen, usual: float) -> tuple[str, Level, str]:
    """(kind of ai.analyst.kinds, severity, why) of one source's unusual flows. `usual`: bytes of a large ordinary flow."""
    port = seen.ports[0] if len(seen.ports) == 1 else None
    many = f"{count(seen.rows, 'flow')}, {seen.rate:,.1f} a second"
    if len(seen.hosts) >= SCAN_HOSTS and seen.typical <= max(usual, 1000):
        return "port-scan", "medium", f"{count(len(seen.hosts), 'host')} asked for {count(len(seen.ports), 'port')}"
    if seen.octets >= max(MUCH, 20 * usual) or (seen.typical >= max(MUCH / 5, 10 * usual) and port not in LOGINS):
        return "exfiltration", "high", f"{_bytes(seen.octets)} in {count(seen.rows, 'flow')}; a large flow here is {_bytes(usual)}"
    every = f", every {seen.beat:,.0f} s" if seen.beat else ""
    if port in IMPLANTS:
        return "command-and-control", "medium", f"port {port}, which implants like{every}"
    if seen.beat and port not in (53, 123) and seen.beat >= 5:
        return "command-and-control", "medium", f"one flow{every.removeprefix(',')}, as a program calls home"
    return "anomaly", "low", f"{many}, {_bytes(seen.octets)}"


def flow_findings(frame: pl.DataFrame, found: pl.DataFrame) -> list[Finding]:
    """What stands out in flows, the gravest first; at most SHOWN.

    Args:
        frame: flows with the names of detect.anomaly.table: `source.ip`, `destination.ip`, `destination.port`,
            `network.bytes`, `@timestamp`, `log.file.path`, `line`; those that are missing count as unknown.
        found: `anomaly` and `reasons` for each row, as detect.anomaly.flows gives them.
    """
    rows = _plain(frame).with_columns(anomaly=found["anomaly"], reasons=found["reasons"])
    usual = float(rows.filter(~pl.col("anomaly"))["octets"].quantile(0.99) or 0.0)
    rows = rows.drop_nulls("at").with_row_index("row")
    made: list[Finding] = []
    told = pl.Series(dtype=pl.UInt32)
    for kind, level, parts in (
        ("ddos", "high", _floods(rows)),
        ("port-scan", "medium", _scans(rows)),
        ("brute-force", "medium", _guesses(rows)),
    ):
        for part in parts:
            part = part.filter(~pl.col("row").is_in(told.implode()))
            if part.height:
                made.append(_finding(kind, level, _why(kind, part), _figures(part), part))  # type: ignore[arg-type]
                told = pl.concat([told, part["row"]])
    odd = rows.filter(pl.col("anomaly") & ~pl.col("row").is_in(told.implode()))
    for part in odd.partition_by("source", maintain_order=True):
        seen = _figures(part)
        made.append(_finding(*classify(seen, usual), seen, part))
    made.sort(key=lambda each: (-KINDS[each.type].rank if each.type != "anomaly" else 0, -each.count))
    return made[:SHOWN]


def _floods(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Flows to one service in ten seconds that are many more than it has at other times."""
    windows = max((rows["at"].max() - rows["at"].min()).total_seconds() / 10, 1.0) if rows.height else 1.0  # type: ignore[operator, union-attr]
    each = rows.with_columns(n=pl.len().over("host", "port", pl.col("at").dt.truncate("10s")), all=pl.len().over("host", "port"))
    apart = (pl.col("all") - pl.col("n")) / windows
    return _parts(each.filter((pl.col("n") >= FLOOD_FLOWS) & (pl.col("n") >= 10 * apart)), ["host", "port"])


def _scans(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Flows of one source in an hour to ports that it hardly uses twice."""
    hour = [pl.col("source"), pl.col("at").dt.truncate("1h")]
    each = rows.with_columns(ports=pl.col("port").n_unique().over(hour), n=pl.len().over(hour))
    return _parts(each.filter((pl.col("ports") >= SCAN_PORTS) & (pl.col("ports") * 4 >= pl.col("n"))), ["source"])


def _guesses(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Flows of one source to one login port, many in five minutes and all small."""
    logins = rows.filter(pl.col("port").is_in(list(LOGINS)))
    burst = [pl.col("source"), pl.col("host"), pl.col("port"), pl.col("at").dt.truncate("5m")]
    each = logins.with_columns(n=pl.len().over(burst), typical=pl.col("octets").median().over(burst))
    return _parts(each.filter((pl.col("n") >= GUESSES) & (pl.col("typical") < SMALL)), ["source", "port"])


def _parts(rows: pl.DataFrame, by: list[str]) -> list[pl.DataFrame]:
    return rows.partition_by(by, maintain_order=True) if rows.height else []


def _why(kind: str, part: pl.DataFrame) -> str:
    seen = _figures(part)
    port = seen.ports[0] if seen.ports else "?"
    if kind == "ddos":
        return f"{count(seen.rows, 'flow')} from {count(seen.sources, 'source')} to port {port}, {seen.rate:,.0f} a second"
    if kind == "port-scan":
        return f"{count(len(seen.ports), 'port')} in {count(seen.rows, 'flow')}"
    return f"{count(seen.rows, 'flow')} to port {port}, about {seen.typical:,.0f} bytes each: logins that end at once"


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    def column(name: str, kind: pl.DataType) -> pl.Expr:
        return pl.col(name).cast(kind, strict=False) if name in frame.columns else pl.lit(None, kind)

    octets = [
        pl.col(name).cast(pl.Float64, strict=False)
        for name in ("network.bytes", "source.bytes", "destination.bytes")
        if name in frame.columns
    ]
    return frame.select(
        at=column("@timestamp", pl.Datetime("us", "UTC")),
        source=column("source.ip", pl.String()).fill_null(""),
        host=column("destination.ip", pl.String()).fill_null(""),
        port=column("destination.port", pl.Int64()),
        octets=pl.coalesce(octets).fill_null(0.0) if octets else pl.lit(0.0),
        path=column("log.file.path", pl.String()).fill_null(""),
        line=column("line", pl.Int64()).fill_null(0),
    )


def _figures(part: pl.DataFrame) -> Seen:
    part = part.sort("at")
    sources = part["source"].unique(maintain_order=True)
    first, last = part["at"][0], part["at"][-1]
    seconds = max((last - first).total_seconds(), 1.0)
    gaps = part["at"].diff().dt.total_milliseconds().drop_nulls() / 1000
    middle, spread = _number(gaps.mean()), _number(gaps.std())
    steady = len(gaps) >= BEATS and middle > 0 and spread <= STEADY * middle
    return Seen(
        source=sources[0] if len(sources) == 1 else "",
        rows=part.height,
        ports=tuple(part["port"].drop_nulls().unique().sort().to_list()),
        hosts=tuple(host for host in part["host"].unique(maintain_order=True).to_list() if host),
        first=first,
        last=last,
        octets=float(part["octets"].sum()),
        typical=_number(part["octets"].median()),
        rate=part.height / seconds,
        beat=middle if steady else None,
        sources=len(sources),
    )


def _finding(kind: str, level: Level, why: str, seen: Seen, part: pl.DataFrame) -> Finding:
    known = KINDS[kind]
    who = words.name(seen.source) if seen.source else f"{seen.sources:,} sources"
    hosts = words.listed(seen.hosts, "hosts")
    facts = {
        "who": who, "on": f" on {hosts}" if hosts else "", "on_or_net": f" {hosts or 'the network'}", "host": who,
        "by": "", "n": count(seen.rows, "flow"), "span": "", "names": "", "peer": f" {hosts}" if hosts else " somebody",
        "peers": hosts or "see the evidence", "rule": known.title,
    }  # fmt: skip
    deed = (
        words.sentence(known.says.format(**facts))
        if kind != "exfiltration"
        else f"{who} sent {_bytes(seen.octets)}{' to ' + hosts if hosts else ''}."
    )
    address = seen.source if words.is_address(seen.source) else ""
    advice = [each.format(address=address, **facts) for each in known.advice if address or "{address}" not in each]
    reasons = part["reasons"].to_list()[0] or []
    unusual = f" Unusual: {'; '.join(safe(str(reason), 160) for reason in reasons)}." if reasons else ""
    addresses = [Indicator("address", each) for each in (address, *seen.hosts[:10]) if each]
    return Finding(
        id="",
        type=kind,
        category=known.category,
        severity=level,
        title=f"{known.title} {'by' if kind == 'exfiltration' else 'from'} {who}",
        deed=deed,
        description=f"{deed} Judged by its flows: {why}.{unusual} {known.means}",
        recommendation=(*advice, *known.check),
        count=seen.rows,
        first_seen=seen.first,
        last_seen=seen.last,
        evidence=tuple(_record(row) for row in part.head(EVIDENCE).iter_rows(named=True)),
        indicators=(*addresses, *(Indicator("port", str(each)) for each in seen.ports[:10])),
    )


def _record(row: dict[str, Any]) -> Evidence:
    port = "-" if row["port"] is None else row["port"]
    text = f"{row['at']:%Y-%m-%dT%H:%M:%SZ} {row['source']} to {row['host'] or '-'} port {port}, {row['octets']:.0f} bytes"
    return Evidence(event_id=f"{row['path']}:{row['line']}", path=row["path"], offset=row["line"], original=text)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _bytes(number: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:,.0f} {unit}" if unit == "bytes" else f"{number:,.1f} {unit}"
        number /= 1000
    return ""
