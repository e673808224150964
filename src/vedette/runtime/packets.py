"""What is done with a batch of packets, whether it comes from a file or from an interface."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vedette.model.alert import Alert
from vedette.model.packets import OTHER, PacketBatch
from vedette.model.records import Events
from vedette.runtime.engine import Engine
from vedette.runtime.span import ALL, Span


class Judged(NamedTuple):
    """What packets came to. Nothing in it needs the batch any more.

    Attributes:
        alerts: what the packets themselves make.
        kinds: how many there are of each kind, by model.packets.KINDS.
        asked: HTTP requests in them, which rules have yet to judge: Engine.detect.
    """

    alerts: list[Alert]
    kinds: dict[int, int]
    asked: Events | None


def judge(engine: Engine, batch: PacketBatch, span: Span = ALL) -> Judged:
    """Decodes and judges a batch; only packets within `span` make alerts."""
    from vedette.parse.packets.decode import decode
    from vedette.parse.packets.http import requests

    records = decode(batch)
    kinds, numbers = np.unique(records["kind"], return_counts=True)
    if span != ALL:
        records["kind"][~_within(records["time"], span)] = OTHER
    alerts = engine.watch(batch, records)
    return Judged(alerts, dict(zip(kinds.tolist(), numbers.tolist(), strict=True)), requests(batch, records))


def _within(time: npt.NDArray[Any], span: Span) -> Any:
    since, until = (None if each is None else int(each.timestamp() * 1e9) for each in span)
    keep = np.ones(len(time), np.bool_)
    if since is not None:
        keep &= time >= since
    if until is not None:
        keep &= time < until
    return keep
