"""EVTX files as the event batches that the Windows parser makes: System and EventData flattened to native names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import evtx
import orjson
import polars as pl

from vedette.model.records import Events, Logsource


def records(path: Path) -> Iterator[dict[str, str | None]]:
    """Flat records of one file, every value as text."""
    for record in evtx.PyEvtxParser(str(path)).records_json():
        event = orjson.loads(record["data"])["Event"]
        flat: dict[str, Any] = {}
        for name, value in event["System"].items():
            if isinstance(value, dict):
                flat.update({f"{name}_{key}": inner for key, inner in (value.get("#attributes") or {}).items()})
                flat[name] = value.get("#text")
            else:
                flat[name] = value
        data = event.get("EventData") or {}
        for user_data in (event.get("UserData") or {}).values():
            data = {**data, **(user_data or {})} if isinstance(user_data, dict) else data
        for name, value in data.items():
            if name != "#attributes":
                flat[name] = value.get("#text") if isinstance(value, dict) else value
        yield {name: text(value) for name, value in flat.items() if value is not None}


def text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return str(value) if isinstance(value, (int, float)) else orjson.dumps(value).decode()


def batch(rows: list[dict[str, str | None]], path: str = "") -> Events:
    names = dict.fromkeys(name for row in rows for name in row)
    values = {name: [row.get(name) for row in rows] for name in names}
    frame = pl.DataFrame(values, schema=dict.fromkeys(names, pl.String))
    at = pl.col("TimeCreated_SystemTime") if "TimeCreated_SystemTime" in names else pl.lit(None, pl.String)
    frame = frame.with_columns(
        at.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False).alias("@timestamp"),
        line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
    )
    return Events(Logsource(None, "windows", None), frame)
