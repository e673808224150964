"""Anomalous rows as alerts: one for each source and hour, since one per row is more than anybody reads."""

from typing import Final

import polars as pl

from vedette.model.alert import EVIDENCE_KEPT, Alert, Evidence, Level, alert_id
from vedette.model.fields import TIME

RULE_ID: Final = "vedette-anomaly-flow"
RULE_NAME: Final = "Flows unlike those learned"
GRAVE_FROM: Final = 0.9
_WANTED: Final = {
    "@timestamp": TIME, "source.ip": pl.String(), "destination.ip": pl.String(), "event.id": pl.String(),
    "log.file.path": pl.String(), "log.offset": pl.Int64(), "event.original": pl.String(),
}  # fmt: skip


def alerts(frame: pl.DataFrame, found: pl.DataFrame) -> list[Alert]:
    """Alerts for what `flows.score` found, in the order of time; an hour's parts have the same id in every batch.

    Args:
        frame: the rows that were scored. Rows without a time are left out: an alert needs one.
        found: columns as in flows.SCORED, one row for each row of `frame`.
    """
    have = [name for name in _WANTED if name in frame.columns]
    lack = [pl.lit(None, kind).alias(name) for name, kind in _WANTED.items() if name not in frame.columns]
    rows = pl.concat([frame.select(have), found], how="horizontal").with_columns(lack).filter("anomaly")
    rows = rows.drop_nulls("@timestamp").with_columns(pl.col("@timestamp").dt.truncate("1h").alias("hour"))
    parts = rows.partition_by("source.ip", "hour", maintain_order=True)
    made = [_alert(part) for part in parts]
    return sorted(made, key=lambda alert: (alert.timestamp, alert.id))


def _alert(rows: pl.DataFrame) -> Alert:
    times = rows["@timestamp"].sort()
    first, last, source = times[0], times[-1], rows["source.ip"][0]
    strangest = rows.sort("score", descending=True, maintain_order=True)
    peers = rows["destination.ip"].drop_nulls().unique(maintain_order=True)
    grave: Level = "medium" if strangest["score"][0] >= GRAVE_FROM else "low"
    return Alert(
        timestamp=first,
        id=alert_id(RULE_ID, source or "", rows["hour"][0].isoformat()),
        rule_id=RULE_ID,
        rule_name=RULE_NAME,
        level=grave,
        rule_source="anomaly",
        alert_class="anomaly",
        source_ip=source,
        destination_ip=peers[0] if len(peers) == 1 else None,
        count=rows.height,
        first_seen=first,
        last_seen=last,
        message="; ".join(strangest["reasons"][0]),
        entities=(("ip", source),) if source else (),
        evidence=tuple(
            Evidence(
                event_id=row["event.id"] or "",
                path=row["log.file.path"] or "",
                offset=row["log.offset"] or 0,
                original=(row["event.original"] or "")[:2_000],
            )
            for row in rows.head(EVIDENCE_KEPT).iter_rows(named=True)
        ),
    )
