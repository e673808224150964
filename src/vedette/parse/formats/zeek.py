r"""Zeek's tab separated logs: a header of several lines, then rows.

    #separator \x09
    #path	conn
    #fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto
    1769941452.123456	CHh	203.0.113.9	51000	192.0.2.1	22	tcp

Source: Zeek logging/writers/ascii. Bytes outside of ASCII are written \xNN; sets are separated by #set_separator.
"""

import re
from typing import Final

import polars as pl

from vedette.model.fields import FIELDS as SCHEMA
from vedette.model.records import Json
from vedette.parse import headers, time, web, zeek
from vedette.parse.context import Context, Read, no_rejects

ORDER: Final = 31
HEADER: Final = r"^#(?:separator|set_separator|empty_field|unset_field|path|open|close|fields|types)[ \t,;|]"


def table(raw: str, _line: int, above: Json | None, _context: Context) -> Json:
    """`separator`, `unset`, `empty`, `path`, `fields`, each from its own line."""
    made = {"separator": "\t", "unset": "-", "empty": "(empty)", "path": "", "fields": []} | (above or {})
    if raw.startswith("#separator"):
        text = raw.removeprefix("#separator").strip(" ")
        coded = re.fullmatch(r"\\x([0-9A-Fa-f]{2})", text)
        return {**made, "fields": [], "separator": chr(int(coded[1], 16)) if coded else text[:1] or "\t"}
    key, _, value = raw[1:].partition(str(made["separator"]))
    if key == "fields":
        return {**made, "fields": headers.names(value.split(str(made["separator"])))}
    if key == "path":
        return {**made, "path": value[:64]}
    if key in ("unset_field", "empty_field"):
        return {**made, key.removesuffix("_field"): value[:64]}
    if key == "close":
        return {**made, "fields": []}
    return made


def rows(frame: pl.DataFrame, table: Json, context: Context) -> Read:
    """Rows as the events of their log; a row of another number of fields is rejected."""
    names: list[str] = table["fields"]
    if not names:
        return Read([], no_rejects())
    data = frame.filter(pl.col("raw") != "")
    parts = data["raw"].str.split_exact(table["separator"], len(names)).struct.unnest()
    good = parts[parts.columns[len(names) - 1]].is_not_null() & parts[parts.columns[-1]].is_null()
    wrong = f"zeek: not the {len(names)} fields that the header names"
    rejected = data.filter(~good).select("line", reason=pl.lit(wrong))
    parts = parts.rename(dict(zip(parts.columns, [*names, "\x00rest"], strict=True))).drop("\x00rest")
    cells = data.select("line").hstack(parts).filter(good)
    if cells.is_empty():
        return Read([], rejected)
    cells = cells.with_columns(pl.when(pl.col(n) != table["unset"]).then(pl.col(n)).alias(n) for n in names)
    path = str(table["path"])
    made: dict[str, pl.Expr] = {}
    for name in names:
        field = zeek.field(path, name)
        # A notice names its peer twice (id.orig_h, src); the first column that has it wins.
        if field and field not in made:
            made[field] = pl.col(name).cast(SCHEMA[field].type, strict=False) if field != "@timestamp" else pl.col(name)
        elif field:
            made[field] = pl.coalesce(made[field], pl.col(name).cast(SCHEMA[field].type, strict=False))
    if "@timestamp" in made:
        cells = cells.with_columns(time.parse(cells["ts"], context).alias("@timestamp"))
        del made["@timestamp"]
    events = cells.with_columns(**made).with_columns(pl.lit(v).alias(k) for k, v in zeek.constants(path).items())
    if "url.original" in events.columns:
        events = web.url(events)
    if "http.response.status_code" in events.columns and path == "http":
        events = web.outcome(events)
    told = {"kerberos": "success", "ntlm": "success", "ssh": "auth_success"}.get(path)
    if told in names:
        done = pl.col(str(told))
        if path == "ssh":  # of connections that did not come to a login Zeek says nothing
            tried = pl.when(done.is_not_null())
            events = events.with_columns(
                tried.then(pl.lit("authentication")).otherwise("event.category").alias("event.category"),
                tried.then(pl.lit("login")).alias("event.action"),
            )
        else:
            events = events.with_columns(pl.lit("login").alias("event.action"))
        events = events.with_columns(
            pl.when(done == "T")
            .then(pl.lit("success"))
            .when(done == "F")
            .then(pl.lit("failure"))
            .alias("event.outcome"),
        )
    return Read([(zeek.logsource(path), events)], rejected)
