"""Attempts that come to nothing, by who makes them: scans of all kinds, and what neighbours claim.

What answers is taken off, so that busy clients, monitoring and crowds behind one address are none.
Source: J. Jung et al., "Fast Portscan Detection Using Sequential Hypothesis Testing", 2004 (failed attempts).
"""

from typing import Any

import numpy as np

from vedette.detect.network.findings import (
    ARP_SPOOFING,
    ASK,
    HORIZONTAL,
    PING,
    SECOND,
    SLOW,
    STEALTH,
    UDP,
    VERTICAL,
    ZERO,
    tell,
)  # fmt: skip
from vedette.detect.network.tables import Table, find, hashed, mark, renew, seen
from vedette.model.compiled import compiled


@compiled
def scans(
    record: Any, row: int, tag: int, actors: Table, seed: np.uint64, limit: Any, found: Any, count: int, host: bool
) -> int:
    """An attempt counted for its source, against one host or on one port; the number of findings after it."""
    kind = np.uint64(tag if not host else tag + 64)
    sh, sl, th, tl = record.source_high, record.source_low, record.target_high, record.target_low
    port = np.uint64(record.target_port)
    c, d = (th, tl) if host else (port, ZERO)
    place, _ = find(actors, seed, sh, sl, c, d, kind, record.time, True)
    actor = actors[place]
    renew(actors, place, record.time, limit.scan_window)
    actor.times += 1
    target = hashed(seed, th, tl, port, ZERO, ZERO)
    mark(actor.tried, target)
    tried = seen(actor.tried)
    if tried < 6:
        return count
    failed = tried - seen(actor.answered)
    actor.held = min(3600, failed * 10)
    if tag == PING:
        least = limit.scan_pings
    elif host:
        least = limit.scan_ports
    else:
        least = limit.scan_hosts
    if tag in (UDP, ASK):
        least += least // 2
    # Of hosts that are swept more may answer than of ports.
    answers = tried - failed if tag != PING and tag != ASK else (tried - failed) // 4
    if (tried if tag == PING else failed) < least or answers * 4 > tried or failed * 4 < tried:
        return count
    if actor.told and actor.times < 2 * actor.told:
        return count
    if not host and tag != ASK and record.time - actor.first < SECOND // 5 and failed < 3 * least:
        return count
    return tell(record, row, VERTICAL if host else HORIZONTAL, tag, actor.times, actor, True, host, found, count)


@compiled
def slow(record: Any, row: int, tag: int, patient: Table, seed: np.uint64, limit: Any, found: Any, count: int) -> int:
    """The same over hours, for all hosts and ports together."""
    place, _ = find(patient, seed, record.source_high, record.source_low, ZERO, ZERO, np.uint64(200), record.time, True)
    actor = patient[place]
    renew(patient, place, record.time, limit.slow_window)
    actor.times += 1
    mark(actor.tried, hashed(seed, record.target_high, record.target_low, np.uint64(record.target_port), ZERO, ZERO))
    tried = seen(actor.tried)
    failed = tried - seen(actor.answered)
    actor.held = min(36_000, failed * 100)
    if failed < limit.scan_slow or (tried - failed) * 8 > tried or (actor.told and actor.times < 2 * actor.told):
        return count
    if actor.told == 0 and abs(record.time - actor.first) < limit.scan_window:
        return count
    return tell(record, row, SLOW, tag, actor.times, actor, True, False, found, count)


@compiled
def resolved(
    sh: np.uint64, sl: np.uint64, th: np.uint64, tl: np.uint64, port: int, tag: int, actors: Table, seed: np.uint64
) -> None:
    """An attempt of source `s` at target `t` was answered."""
    target = hashed(seed, th, tl, np.uint64(port), ZERO, ZERO)
    for way in range(2):
        c, d, kind = th, tl, np.uint64(tag + 64)
        if way == 1:
            c, d, kind = np.uint64(port), ZERO, np.uint64(tag)
        place, _ = find(actors, seed, sh, sl, c, d, kind, 0, False)
        if place >= 0:
            mark(actors[place].answered, target)


@compiled
def succeeded(
    sh: np.uint64, sl: np.uint64, th: np.uint64, tl: np.uint64, port: int, patient: Table, seed: np.uint64
) -> None:
    """The same for what is counted over hours."""
    place, _ = find(patient, seed, sh, sl, ZERO, ZERO, np.uint64(200), 0, False)
    if place >= 0:
        mark(patient[place].answered, hashed(seed, th, tl, np.uint64(port), ZERO, ZERO))


@compiled
def impossible(flags: int) -> bool:
    """Flags that no TCP sends together: none, FIN without ACK, SYN with FIN or RST."""
    return flags & 0x3F == 0 or flags & 0x11 == 1 or (flags & 2 != 0 and flags & 5 != 0)


@compiled
def stealthy(record: Any, row: int, actors: Table, seed: np.uint64, limit: Any, found: Any, count: int) -> int:
    """Packets with such flags."""
    place, _ = find(
        actors, seed, record.source_high, record.source_low, ZERO, ZERO, np.uint64(202), record.time, True
    )
    actor = actors[place]
    renew(actors, place, record.time, limit.scan_window)
    actor.times += 1
    if actor.times < limit.stealth or (actor.told and actor.times < 2 * actor.told):
        return count
    return tell(record, row, STEALTH, 0, actor.times, actor, True, True, found, count)


@compiled
def neighbours(record: Any, row: int, actors: Table, seed: np.uint64, limit: Any, found: Any, count: int) -> int:
    """An ARP message: sweeps, and claims of an address that nobody asked about by a card that has another one."""
    asker, asked = record.source_low, record.target_low
    if record.source_port == 1 and asker != asked:
        count = scans(record, row, ASK, actors, seed, limit, found, count, False)
        find(actors, seed, asker, asked, ZERO, ZERO, np.uint64(210), record.time, True)
    if asker == ZERO:
        return count
    unasked = False
    if record.source_port == 2:
        resolved(ZERO, asked, ZERO, asker, 0, ASK, actors, seed)
        place, _ = find(actors, seed, asked, asker, ZERO, ZERO, np.uint64(210), 0, False)
        unasked = asker != asked and (place < 0 or abs(record.time - actors[place].last) > 5 * SECOND)
    place, _ = find(actors, seed, record.mac, ZERO, ZERO, ZERO, np.uint64(211), record.time, True)
    actor = actors[place]
    renew(actors, place, record.time, limit.scan_window)
    mark(actor.tried, hashed(seed, asker, ZERO, ZERO, ZERO, ZERO))
    actor.times += unasked
    if actor.times == 0 or seen(actor.tried) < 2 or (actor.told and actor.times < 2 * actor.told):
        return count
    return tell(record, row, ARP_SPOOFING, 0, actor.times, actor, True, True, found, count)
