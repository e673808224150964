"""Packets to alerts: decoded, judged by the detector, and their HTTP requests taken out for the rules."""

from typing import Any

from vedette.detect.network import detector
from vedette.detect.network.settings import Settings
from vedette.model.packets import PacketBatch
from vedette.parse.packets.decode import decode
from vedette.parse.packets.http import requests
from vedette.runtime.watcher import Look


class Packets:
    """The state of one look at packets. `seed`: of the places in its tables."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._state = detector.State(settings, seed)

    def look(self, batch: PacketBatch) -> Look:
        """One batch; those of one source come in its order."""
        records: Any = decode(batch)
        return Look(detector.step(self._state, batch, records), requests(batch, records))
