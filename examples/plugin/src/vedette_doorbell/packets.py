"""Who speaks to the door bell's unlock port: UDP 7077, which nobody but the gate has to do with."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vedette.model.alert import Alert, Evidence, alert_id
from vedette.model.packets import IP4, IP6, PacketBatch, address

PORT: Final = 7077
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def begin() -> int:
    """Nothing was seen yet."""
    return 0


def step(state: int, batch: PacketBatch, records: npt.NDArray[Any]) -> tuple[int, list[Alert]]:
    """An alert for each packet to the port; those of one source and target are one alert. The state counts them."""
    ip = (records["kind"] == IP4) | (records["kind"] == IP6)
    rows = np.flatnonzero(ip & (records["protocol"] == 17) & (records["target_port"] == PORT))
    return state + len(rows), [_alert(batch, records[row], batch.first + row) for row in rows.tolist()]


def _alert(batch: PacketBatch, record: Any, number: int) -> Alert:
    six = record["kind"] == IP6
    source = address(record["source_high"], record["source_low"], six=six)
    target = address(record["target_high"], record["target_low"], six=six)
    at = _EPOCH + timedelta(microseconds=int(record["time"]) // 1000)
    return Alert(
        timestamp=at, id=alert_id("doorbell-unlock", source, target), rule_id="doorbell-unlock", rule_name="Door bell: unlock port",
        level="medium", rule_source="network", source_ip=source, destination_ip=target, first_seen=at, last_seen=at,
        message=f"{source} spoke to the unlock port of the door bell at {target}",
        entities=(("ip", source), ("ip", target)),
        evidence=(Evidence(f"{batch.source}-{number}", batch.path, number, f"UDP to port {PORT}"),),
    )  # fmt: skip
