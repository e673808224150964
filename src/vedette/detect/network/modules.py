"""Third parties' detectors of packets: modules that run beside the built-in one, each with a state of its own.

A module, named by an entry point of the group `vedette.network`, has two functions:

    def begin() -> State: ...
    def step(state: State, batch: PacketBatch, records: NDArray) -> tuple[State, list[Alert]]: ...

`records` are of dtype model.packets.PACKET, one per packet of `batch`, in the order of its source. `step` looks at no clock
and does no I/O; its alerts have `rule_source` "network" and ids by model.alert.alert_id, so that the same packets have the
same alerts. A module that fails keeps the state that it had.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy.typing as npt

from vedette import registry
from vedette.model.alert import Alert
from vedette.model.packets import PacketBatch


class Modules:
    """All modules that are installed. One that cannot be loaded or begun is in `broken`, with what is wrong."""

    def __init__(self) -> None:
        self.broken: dict[str, Exception] = {}
        self._running: dict[str, tuple[ModuleType, Any]] = {}
        for name in registry.names("network"):
            try:
                module = registry.load("network", name)
                self._running[name] = (module, module.begin())
            except Exception as error:
                self.broken[name] = error

    def step(self, batch: PacketBatch, records: npt.NDArray[Any]) -> Iterator[tuple[str, list[Alert] | Exception]]:
        """By module: alert parts that these packets make, or what went wrong."""
        for name, (module, state) in self._running.items():
            try:
                after, alerts = module.step(state, batch, records)
            except Exception as error:
                yield name, error
                continue
            self._running[name] = (module, after)
            yield name, list(alerts)
