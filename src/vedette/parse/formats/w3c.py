r"""W3C extended log format: IIS, CloudFront, Exchange, TMG, Blue Coat; a table whose header names the columns.

    #Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status time-taken
    2026-02-01 10:24:12 192.0.2.1 GET /a b=1 443 - 203.0.113.9 curl/8.5.0 404 15

Source: W3C WD-logfile-960323; IIS logging field definitions; CloudFront standard logs; Exchange protocol logs (whose
columns are separated by commas). IIS writes a blank as `+`, CloudFront as `%20`.
"""

import csv
from typing import Final

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import headers, time, web
from vedette.parse.context import Context, Read, no_rejects

ORDER: Final = 30
HEADER: Final = r"^#(?:Fields|Version|Date|Software|Remark|Start-Date|End-Date|Log-type): ?"
IIS: Final = Logsource(category="webserver", service="iis")
PROXY: Final = Logsource(category="proxy")
MAIL: Final = Logsource(product="exchange")

FIELDS: Final = {
    "c-ip": "source.address", "cs-method": "http.request.method", "sc-status": "http.response.status_code",
    "cs(user-agent)": "user_agent.original", "cs(referer)": "http.request.referrer", "cs-username": "user.name",
    "s-ip": "destination.address", "s-port": "destination.port", "cs-host": "url.domain", "cs(host)": "url.domain",
    "x-host-header": "url.domain", "s-computername": "host.name", "sc-bytes": "http.response.body.bytes",
    "cs-bytes": "source.bytes", "c-port": "source.port", "x-forwarded-for": "client.address", "cs-version": "http.version",
    "client-ip": "source.address", "sender-address": "email.from.address", "recipient-address": "email.to.address",
    "message-id": "email.message_id", "server-ip": "destination.address", "server-hostname": "host.name",
    "remote-endpoint": "source.address", "client-hostname": "source.domain", "r-ip": "destination.address",
}  # fmt: skip


def table(raw: str, _line: int, above: Json | None, _context: Context) -> Json:
    """`fields`: the names in order; `comma`: whether commas separate them. Other header lines change nothing."""
    if not raw.startswith("#Fields:"):
        return above or {"fields": [], "comma": False}
    text = raw.removeprefix("#Fields:").strip()
    comma = "," in text and " " not in text
    names = text.split(",") if comma else text.split()
    return {"fields": headers.names(names), "comma": comma}


def rows(frame: pl.DataFrame, table: Json, context: Context) -> Read:
    """Rows to web requests, proxy requests or mail events, by the columns that there are."""
    names: list[str] = table["fields"]
    if not names:
        return Read([], no_rejects())
    data = frame.filter(~pl.col("raw").str.starts_with("#") & (pl.col("raw") != ""))
    cells, rejected = _commas(data, names) if table["comma"] else _blanks(data, names)
    if cells.is_empty():
        return Read([], rejected)
    return Read([_events(cells, names, context)], rejected)


def _blanks(data: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    separator = "\t" if data.height and data["raw"].str.contains("\t", literal=True).all() else " "
    parts = data["raw"].str.strip_chars_end().str.split_exact(separator, len(names)).struct.unnest()
    good = parts[parts.columns[len(names) - 1]].is_not_null() & parts[parts.columns[-1]].is_null()
    cells = parts.rename(dict(zip(parts.columns, [*names, "\x00rest"], strict=True))).drop("\x00rest")
    wrong = f"w3c: not the {len(names)} fields that the header names"
    found, bad = data.select("line").hstack(cells).filter(good), data.filter(~good)
    # Proxies put what holds blanks into quotes. Only a row that does not fit otherwise is read so: IIS escapes blanks, and
    # a client's quote must not swallow the fields behind it.
    quoted = bad["raw"].str.contains('"', literal=True)
    if separator == " " and quoted.any():
        others, _ = _separated(bad.filter(quoted), names, " ")
        others = others.filter(pl.col(names[-1]).is_not_null())
        found = pl.concat([found, others]).sort("line")
        bad = bad.filter(~pl.col("line").is_in(others["line"].implode()))
    return found, bad.select("line", reason=pl.lit(wrong))


def _commas(data: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    return _separated(data, names, ",")


def _separated(data: pl.DataFrame, names: list[str], separator: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    good, bad = [], []
    for line, raw in data.select("line", "raw").iter_rows():
        try:
            cells = next(csv.reader([raw.replace("\0", "")], delimiter=separator))
        except (csv.Error, StopIteration) as error:
            bad.append((line, f"w3c: {error}"))
            continue
        if len(cells) > len(names):
            bad.append((line, f"w3c: {len(cells)} fields, the header names {len(names)}"))
        else:
            good.append((line, *cells, *[None] * (len(names) - len(cells))))
    schema = {"line": pl.Int64(), **dict.fromkeys(names, pl.String())}
    return pl.DataFrame(good, schema=schema, orient="row"), pl.DataFrame(bad, schema=no_rejects().schema, orient="row")


def _events(cells: pl.DataFrame, names: list[str], context: Context) -> tuple[Logsource, pl.DataFrame]:
    cells = cells.with_columns(pl.when(~pl.col(n).is_in(["-", ""])).then(pl.col(n)).alias(n) for n in names)
    lower = {name.lower(): name for name in names}
    made = {field: pl.col(lower[native]) for native, field in reversed(FIELDS.items()) if native in lower}
    if "cs(user-agent)" in lower:
        made["user_agent.original"] = (
            made["user_agent.original"]
            .str.replace_all("+", " ", literal=True)
            .str.replace_all("%20", " ", literal=True)
        )
    if "cs-uri-stem" not in lower and {"cs-uri-path", "cs-host"} <= lower.keys():  # Blue Coat
        host, path = pl.col(lower["cs-host"]), pl.col(lower["cs-uri-path"])
        query = pl.col(lower["cs-uri-query"]) if "cs-uri-query" in lower else pl.lit(None, pl.String())
        scheme = pl.col(lower["cs-uri-scheme"]) if "cs-uri-scheme" in lower else pl.lit("http")
        query = pl.when(query.str.starts_with("?")).then(query).otherwise("?" + query)
        whole = pl.concat_str(scheme, pl.lit("://"), host, path)
        made |= {"url.path": path, "url.original": pl.coalesce(whole + query, whole, host)}
        if "r-ip" not in lower:
            made.pop("destination.address", None)  # s-ip is the proxy
    if "user_agent.original" in made:
        made["user_agent.original"] = made["user_agent.original"].str.replace(r'^"(.*)"$', "$1")
    if "cs-uri-stem" in lower:
        stem = pl.col(lower["cs-uri-stem"])
        query = pl.col(lower["cs-uri-query"]) if "cs-uri-query" in lower else pl.lit(None, pl.String())
        made |= {"url.path": stem, "url.query": query, "url.original": pl.coalesce(stem + "?" + query, stem)}
    elif "cs-uri" in lower:
        made["url.original"] = pl.col(lower["cs-uri"])
    if "remote-endpoint" in lower:
        made["source.port"] = made["source.address"].str.extract(r":(\d{1,5})$")
        made["source.address"] = made["source.address"].str.replace(r":\d{1,5}$", "")
    stamp = [pl.col(lower[n]) for n in ("date-time", "date", "time") if n in lower]
    if "x-timestamp" in lower and not stamp:
        stamp = [pl.col(lower["x-timestamp"])]
    events = (
        cells.with_columns(
            pl.concat_str(stamp[:1] if "date-time" in lower else stamp, separator=" ").alias("\x00at"), **made
        )
        if stamp
        else cells.with_columns(**made)
    )
    if stamp:
        events = time.stamp(events, "\x00at", context)
    return _meant(events, lower)


def _meant(events: pl.DataFrame, lower: dict[str, str]) -> tuple[Logsource, pl.DataFrame]:
    if "cs-method" in lower or "cs-uri-stem" in lower:
        if "url.path" not in events.columns and "url.original" in events.columns:
            events = web.url(events)
        proxied = "cs-uri" in lower or "r-ip" in lower or "cs-categories" in lower
        events = (
            web.outcome(events) if "sc-status" in lower else events.with_columns(pl.lit("web").alias("event.category"))
        )
        return (PROXY if proxied else IIS), events
    if "connector-id" in lower or "sender-address" in lower or "remote-endpoint" in lower:
        events = events.with_columns(
            pl.lit("email").alias("event.category"),
            pl.lit("exchange").alias("service.name"),
            pl.lit("mail").alias("service.type"),
        )
        said = [pl.col(lower[n]).fill_null("") for n in ("data", "context") if n in lower]
        if said:
            text = pl.concat_str(said, separator=" ")
            # The server's answer alone counts: the line before it says the same again, with the name.
            refused = text.str.contains(r"(?i)\b535 5\.7\.|^Authentication unsuccessful")
            events = events.with_columns(
                pl.when(refused).then(pl.lit("authentication")).otherwise("event.category").alias("event.category"),
                pl.when(refused).then(pl.lit("login")).alias("event.action"),
                pl.when(refused).then(pl.lit("failure")).alias("event.outcome"),
                text.str.extract(r"User Name: ([^;,\s]+)").alias("user.name"),
            )
        return MAIL, events
    return Logsource(), events
