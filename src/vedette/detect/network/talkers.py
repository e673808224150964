"""Who sends most, and which services are asked most: read from what is kept of rates (detect.network.rates).

An address that a full table had no place for is not told of.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vedette.detect.network.rates import WEIGHT
from vedette.model.packets import address

LATELY: Final = 300
"""Seconds after its last packet for which something is told of."""
_TRANSPORT: Final = {6: "tcp", 17: "udp"}


class Talker(NamedTuple):
    """An address that sends, or one that is asked: then with `port` and `transport`, of TCP and UDP.

    `packets`, `bytes`: of its last whole second, 0 when it is silent by now. `usual_packets`, `usual_bytes`: a second, mean
    of about five minutes, in which what is far above all before counts as little as a baseline lets it.
    """

    address: str
    port: int | None
    transport: str | None
    packets: int
    bytes: int
    usual_packets: float
    usual_bytes: float


def talkers(rates: npt.NDArray[Any], most: int) -> tuple[list[Talker], list[Talker]]:
    """The `most` that send most bytes, and the services that are sent most, largest first: by what is more, now or usual."""
    used = rates[rates["first"] != 0]
    if not len(used):
        return [], []
    newest = used["second"].max()
    used = used[newest - used["second"] < LATELY]
    ago = newest - used["second"]
    whole = np.stack([used["packets"], used["bytes"]], axis=1)
    now = np.where(ago[:, None] == 0, used["latest"], np.where(ago[:, None] == 1, whole, 0))
    usual = used["mean"] * (1 - WEIGHT) ** np.maximum(ago - 1, 0)[:, None]
    rank = np.maximum(now[:, 1], usual[:, 1])
    order = np.lexsort((used["key"][:, 1], used["key"][:, 0], -rank))
    asked = used["key"][order, 2] != 0
    return tuple([_told(used["key"][row], now[row], usual[row]) for row in rows[:most]] for rows in (order[~asked], order[asked]))


def _told(key: Any, now: Any, usual: Any) -> Talker:
    high, low, service = (int(each) for each in key)
    # ::/96 of IPv6 is not used on any wire, so what fits into 32 bits is IPv4.
    named = address(high, low, six=high != 0 or low > 0xFFFFFFFF)
    transport = _TRANSPORT.get(service & 0xFF)
    port = service >> 8 & 0xFFFF if transport else None
    return Talker(named, port, transport, int(now[0]), int(now[1]), round(float(usual[0]), 1), round(float(usual[1]), 1))
