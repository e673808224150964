"""Packets from and to listed addresses. Alert parts come out, one for each pair and day.

Only what begins something counts: an answer to a listed scanner is no turning to it. Most traffic has nothing to do with any list:
a table of the upper halves of the listed addresses leaves out nearly all of it.
Misses: connections that began before the capture. Misjudges: UDP between two high ports may have begun at either end.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vedette.detect.intel.known import Known, current
from vedette.detect.intel.tell import Told, tell
from vedette.detect.network.detector import describe
from vedette.model.alert import Alert, Evidence
from vedette.model.packets import IP4, IP6, LATER, PacketBatch, address

DAY: Final = 86_400_000_000_000
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
SYN, ACK = 0x02, 0x10
LOOKED: Final = 4000
"""Different pairs of addresses that are looked up of one batch."""
PAIRS: Final = 1000
"""Different pairs of addresses that are told of one batch: a flood of forged sources has any number."""


class Wire:
    """The addresses of lists as numbers. IPv4: a bit for each /24; IPv6: by the upper 32 bits."""

    def __init__(self, known: Known) -> None:
        self.known = known
        four = np.zeros(1 << 24, np.bool_)
        six: set[int] = set()
        for network in known.networks:
            if isinstance(network, IPv4Network):
                first, last = int(network.network_address) >> 8, int(network.broadcast_address) >> 8
                four[first : last + 1] = True
            else:
                six.update(_upper(network))
        for host in known.hosts:
            if ":" in host:
                six.update(_upper(IPv6Network(host)))
            else:
                a, b, c, _ = host.split(".")
                four[int(a) << 16 | int(b) << 8 | int(c)] = True
        self._four = np.packbits(four, bitorder="little")
        self._six: npt.NDArray[np.uint64] = np.array(sorted(six), np.uint64)

    def rows(self, records: npt.NDArray[Any], side: str) -> npt.NDArray[np.int64]:
        """Packets that begin something and whose address on this side may be listed."""
        begun = np.flatnonzero(_begins(records))
        records = records[begun]
        upper = (records[f"{side}_low"] >> np.uint64(8)).astype(np.uint32) & np.uint32(0xFFFFFF)
        may = (records["kind"] == IP4) & (self._four[upper >> np.uint32(3)] >> (upper & np.uint32(7)).astype(np.uint8) & 1).astype(np.bool_)
        if len(self._six):
            may |= (records["kind"] == IP6) & np.isin(records[f"{side}_high"] >> np.uint64(32), self._six)
        found: npt.NDArray[np.int64] = begun[may]
        return found


def _begins(records: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """SYN; UDP towards the lower port; ICMP's echo request; every packet of another protocol."""
    protocol, begins = records["protocol"], np.ones(len(records), np.bool_)
    begins[protocol == TCP] = (records["flags"][protocol == TCP] & (SYN | ACK)) == SYN
    udp = protocol == UDP
    begins[udp] = records["target_port"][udp] <= records["source_port"][udp]
    for number, asks in ((ICMP, 8), (ICMP6, 128)):
        begins[protocol == number] = records["source_port"][protocol == number] == asks
    found: npt.NDArray[np.bool_] = begins & (records["fragment"] != LATER)
    return found


def _upper(network: IPv6Network) -> range:
    first, last = int(network.network_address) >> 96, int(network.broadcast_address) >> 96
    return range(first, min(last, first + (1 << 16)) + 1)


def watch(wire: Wire, batch: PacketBatch, records: npt.NDArray[Any]) -> list[Alert]:
    """Alert parts, in the order of their first packets."""
    found: list[tuple[int, Alert]] = []
    for side in ("source", "target"):
        rows = wire.rows(records, side)
        if len(rows):
            found += _side(wire.known, batch, records, rows, side)
    return [alert for _, alert in sorted(found, key=lambda each: (each[0], each[1].id))]


def _side(known: Known, batch: PacketBatch, records: npt.NDArray[Any], rows: npt.NDArray[np.int64], side: str) -> list[tuple[int, Alert]]:
    some = records[rows]
    ends = [some[f"{end}_{half}"] for end in ("source", "target") for half in ("high", "low")]
    keys = np.stack([*ends, (some["time"] // DAY).astype(np.uint64)], axis=1)
    _, first, inverse, counts = np.unique(keys, axis=0, return_index=True, return_inverse=True, return_counts=True)
    times = some["time"][np.argsort(inverse.ravel(), kind="stable")]
    begins = np.cumsum(counts) - counts
    earliest, latest = np.minimum.reduceat(times, begins), np.maximum.reduceat(times, begins)
    alerts: list[tuple[int, Alert]] = []
    for pair in np.argsort(first, kind="stable")[:LOOKED].tolist():
        if len(alerts) == PAIRS:
            break
        row = int(rows[first[pair]])
        record = records[row]
        six = record["kind"] == IP6
        source, target = (address(record[f"{end}_high"], record[f"{end}_low"], six=six) for end in ("source", "target"))
        value = source if side == "source" else target
        hit = known.address(value)
        at = moment(int(record["time"]))
        if hit is None or not current(hit, at):
            continue
        number = batch.first + row
        evidence = (Evidence(f"{batch.source}-{number}", batch.path, number, describe(record)),)
        told = Told(
            at, moment(int(earliest[pair])), moment(int(latest[pair])), int(counts[pair]), source, target,
            entities=(("ip", source), ("ip", target)), evidence=evidence,
        )  # fmt: skip
        key = (value, target if side == "source" else source, str(int(record["time"]) // DAY))
        alerts.append((row, tell(hit, value, key, told, "from" if side == "source" else "to")))
    return alerts


def moment(nanoseconds: int) -> datetime:
    """Nanoseconds since 1970 as a time."""
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=nanoseconds // 1000)
