"""Attempts that come to nothing, by who makes them: scans of all kinds.

What answers is taken off, so that busy clients, monitoring and crowds behind one address are none.
Source: J. Jung et al., "Fast Portscan Detection Using Sequential Hypothesis Testing", 2004 (failed attempts).
"""

from typing import Any, Final

import numpy as np

from vedette.detect.network.findings import (
    ASK,
    DECOYS,
    HORIZONTAL,
    PATIENT,
    PING,
    SECOND,
    SLOW,
    STEALTH,
    SYN,
    UDP,
    VERTICAL,
    ZERO,
    tell,
)  # fmt: skip
from vedette.detect.network.tables import (
    MOMENTS,
    Table,
    absent,
    apart,
    both,
    find,
    hashed,
    hold,
    mark,
    renew,
    search,
    seen,
)
from vedette.model.compiled import compiled, inlined

SHARED: Final = 100
"""With what an attempt begins, added to this: attempts by their target and port, whoever makes them."""
TOGETHER: Final = 2 * SECOND
TICK: Final = 20
PATIENCE: Final = SECOND // 4 >> TICK
"""In units of 2 ** TICK ns, about a millisecond: an answer from the other side of the world takes no longer."""
CROWD: Final = 64
"""More sources than this are no decoys."""


@compiled
def try_(actor: Any, attempt: np.uint64) -> tuple[int, int]:
    """An attempt counted: how many different ones there were, and how many of them in vain.

    What is looked at once is looked for; whoever looks at the same again and again (a load balancer) knows what is there.
    """
    actor.times += 1
    actor.tried_bits += mark(actor.tried, attempt)
    tried = seen(actor.tried_bits)
    taken = np.int64(actor.taken) if actor.times <= 2 * tried else 0
    return tried, tried - max(0, seen(actor.answered_bits) - taken)


@inlined
def remembered(source: np.uint64, other: np.uint64, kind: int, actors: Table) -> bool:
    """Whether a source may be remembered for attempts of a kind, as `scans` looks for it: most of a flood's are not.

    Args:
        other: hash of the target, or the port.
        kind: with what attempts begin, and 64 more for those against one host.
    """
    return not absent(actors, both(source, other, kind))


@compiled
def scans(
    record: Any, row: int, tag: int, source: np.uint64, target: np.uint64, attempt: np.uint64, actors: Table,
    targets: Table, limit: Any, found: Any, count: int, host: bool, make: bool,
) -> tuple[int, int]:  # fmt: skip
    """An attempt counted for its source, against one host or on one port; the number of findings after it, and of attempts in
    vain.

    Args:
        source, target, attempt: hashes of the source, of the target, and of the target with the port.
        make: whether a source that is not known yet is remembered.
    """
    kind = np.uint64(tag if not host else tag + 64)
    port = np.uint64(record.target_port)
    c, d = (record.target_high, record.target_low) if host else (port, ZERO)
    what = both(source, target if host else port, np.int64(kind))
    place, new = search(actors, what, record.source_high, record.source_low, c, d, kind, record.time, make)
    if place < 0:
        return count, 0
    renew(actors.entries, place, record.time, limit.scan_window, new)
    actor = actors.entries[place]
    before = actor.tried_bits
    tried, failed = try_(actor, attempt)
    waited, fresh = True, 0
    if not host and tag != ASK:
        waited, fresh = ripe(actor, record.time, attempt, actor.tried_bits > before)
    if tried < 6:
        return count, failed
    hold(actors, place, record.time, min(3600, failed * 10))
    if tag == PING:
        least = limit.scan_pings
    elif host:
        least = limit.scan_ports
    else:
        least = limit.scan_hosts
    if tag in (UDP, ASK):
        least += least // 2
    # Nobody asks so many at once.
    rush = least * (3 if tag == PING else 2)
    settled = failed if failed >= rush else failed - fresh
    if not waited and settled < rush:
        return count, failed
    # Of hosts that are swept more may answer than of ports.
    answered = tried - failed
    answers, judged = answered if tag != PING and tag != ASK else answered // 4, answered + settled
    if (judged if tag == PING else settled) < least or answers * 4 > judged or settled * 4 < judged:
        return count, failed
    if actor.told and actor.times < 2 * actor.told:
        return count, failed
    if actor.shared * 2 >= failed:
        return decoys(record, row, tag, target if host else ZERO, actor, host, targets, found, count), failed
    return tell(record, row, VERTICAL if host else HORIZONTAL, tag, actor.times, actor, True, host, found, count), failed


@compiled
def ripe(actor: Any, now: int, attempt: np.uint64, new: bool) -> tuple[bool, int]:
    """Whether it is PATIENCE since this was last so, and how many hosts were tried since then that have not answered: they may yet,
    as all those do that somebody asks at once.

    Args:
        new: whether the host that is tried now was not tried before.
    """
    moment = (now >> TICK) & MOMENTS
    fresh = np.int64(actor.recent) + new
    over = abs(apart(moment, actor.since)) >= PATIENCE
    if over:
        actor.since, actor.recent, actor.young = moment, 0, ZERO
    if new:
        actor.recent += 1
        actor.young |= np.uint64(1) << (attempt >> np.uint64(58))
    return over, fresh


@compiled
def slow(
    record: Any, row: int, tag: int, source: np.uint64, attempt: np.uint64, patient: Table, targets: Table, limit: Any,
    found: Any, count: int,
) -> tuple[int, int]:  # fmt: skip
    """The same over hours, for all hosts and ports together, and for three times as many hosts that are pinged."""
    key = PATIENT + (tag == PING)
    place, new = search(
        patient, both(source, ZERO, key), record.source_high, record.source_low, ZERO, ZERO, np.uint64(key), record.time, True
    )
    renew(patient.entries, place, record.time, limit.slow_window, new)
    actor = patient.entries[place]
    tried, failed = try_(actor, attempt)
    hold(patient, place, record.time, min(36_000, failed * 100))
    least = limit.scan_slow * (3 if tag == PING else 1)
    if failed < least or (tried - failed) * 8 > tried or (actor.told and actor.times < 2 * actor.told):
        return count, failed
    if actor.told == 0 and abs(record.time - actor.first) < limit.scan_window:
        return count, failed
    if actor.shared * 2 >= failed:
        return decoys(record, row, tag, ZERO, actor, False, targets, found, count), failed
    return tell(record, row, SLOW, tag, actor.times, actor, True, False, found, count), failed


@compiled
def decoys(
    record: Any, row: int, tag: int, target: np.uint64, actor: Any, host: bool, targets: Table, found: Any, count: int
) -> int:
    """A scan of which most attempts were made by others in the same seconds, too: all but one of them may be forged (nmap
    -D), so nobody is named; the number of findings after it."""
    actor.told = actor.times
    th, tl = (record.target_high, record.target_low) if host else (ZERO, ZERO)
    place, _ = find(targets, both(target, ZERO, DECOYS), th, tl, ZERO, ZERO, np.uint64(DECOYS), 0, False)
    if place < 0:
        return count
    entry = targets.entries[place]
    if entry.told and entry.count < 2 * entry.told:
        return count
    after = tell(record, row, DECOYS, tag, entry.count, entry, False, host, found, count)
    if after > count:
        found[count].usual = seen(entry.sources_bits)
    return after


@compiled
def decoyed(record: Any, marks: Any, syn: int, targets: Table) -> bool:
    """Whether most of the connection requests that a target gets are a scan with decoys.

    Args:
        syn: where they are counted.
    """
    place, _ = find(
        targets, both(marks.target, ZERO, DECOYS), record.target_high, record.target_low, ZERO, ZERO, np.uint64(DECOYS), 0, False
    )
    return place >= 0 and targets.entries[place].count * 2 > targets.entries[syn].count


@compiled
def shared(
    record: Any, tag: int, marks: Any, actors: Table, patient: Table, targets: Table, seed: np.uint64, limit: Any
) -> None:
    """Whether somebody else makes the same attempt in the same seconds, which then counts as shared by both."""
    port = np.uint64(record.target_port)
    place, new = find(
        targets, both(marks.asked, ZERO, SHARED + tag), record.target_high, record.target_low, port, ZERO,
        np.uint64(SHARED + tag), record.time, True,
    )  # fmt: skip
    renew(targets.entries, place, record.time, TOGETHER, new)
    entry = targets.entries[place]
    entry.count += 1
    if entry.count == 1:
        entry.chief_high, entry.chief_low = record.source_high, record.source_low
    added = mark(entry.sources, marks.source)
    entry.sources_bits += added
    others = entry.sources_bits
    if not added or others < 2 or others > CROWD:
        return
    first = hashed(seed, entry.chief_high, entry.chief_low)
    for way in range(2):
        one, sh, sl = marks.source, record.source_high, record.source_low
        if way == 1:
            if others > 2:
                break
            one, sh, sl = first, entry.chief_high, entry.chief_low
        share(one, sh, sl, record, tag, marks, actors, patient)
    for way in range(2):
        th, tl, at = (record.target_high, record.target_low, marks.target) if way == 0 else (ZERO, ZERO, ZERO)
        place, new = find(targets, both(at, ZERO, DECOYS), th, tl, ZERO, ZERO, np.uint64(DECOYS), record.time, True)
        renew(targets.entries, place, record.time, limit.scan_window, new)
        both_of = targets.entries[place]
        both_of.count += 1
        both_of.sources_bits += mark(both_of.sources, marks.source)
        both_of.sources_bits += mark(both_of.sources, first)


@compiled
def share(
    source: np.uint64, sh: np.uint64, sl: np.uint64, record: Any, tag: int, marks: Any, actors: Table, patient: Table
) -> None:
    """An attempt of a source was made by another one, too."""
    th, tl, port = record.target_high, record.target_low, np.uint64(record.target_port)
    at, _ = find(actors, both(source, marks.target, tag + 64), sh, sl, th, tl, np.uint64(tag + 64), 0, False)
    if at >= 0:
        actors.entries[at].shared += 1
    at, _ = find(actors, both(source, port, tag), sh, sl, port, ZERO, np.uint64(tag), 0, False)
    if at >= 0:
        actors.entries[at].shared += 1
    key = PATIENT + (tag == PING)
    at, _ = find(patient, both(source, ZERO, key), sh, sl, ZERO, ZERO, np.uint64(key), 0, False)
    if at >= 0:
        patient.entries[at].shared += 1


@compiled
def resolved(
    sh: np.uint64, sl: np.uint64, th: np.uint64, tl: np.uint64, port: int, tag: int, source: np.uint64, target: np.uint64,
    attempt: np.uint64, actors: Table,
) -> None:  # fmt: skip
    """An attempt of source `s` at target `t` was answered. Hashes as for `scans`."""
    for way in range(2):
        c, d, kind, other = th, tl, tag + 64, target
        if way == 1:
            c, d, kind, other = np.uint64(port), ZERO, tag, np.uint64(port)
        place, _ = find(actors, both(source, other, kind), sh, sl, c, d, np.uint64(kind), 0, False)
        if place >= 0:
            actor = actors.entries[place]
            new = mark(actor.answered, attempt)
            actor.answered_bits += new
            young = np.uint64(1) << (attempt >> np.uint64(58))
            if new and actor.young & young:
                actor.young ^= young
                actor.recent -= 1


@compiled
def taken(record: Any, marks: Any, actors: Table, patient: Table) -> None:
    """A source takes its connection to a port back with nothing said: it only looked whether the port is open."""
    place, _ = find(
        patient, both(marks.source, ZERO, PATIENT), record.source_high, record.source_low, ZERO, ZERO, np.uint64(PATIENT), 0, False
    )
    if place >= 0:
        patient.entries[place].taken += 1
    place, _ = find(
        actors, both(marks.source, marks.target, SYN + 64), record.source_high, record.source_low, record.target_high,
        record.target_low, np.uint64(SYN + 64), 0, False,
    )  # fmt: skip
    if place >= 0:
        actors.entries[place].taken += 1


@compiled
def succeeded(sh: np.uint64, sl: np.uint64, tag: int, source: np.uint64, attempt: np.uint64, patient: Table) -> None:
    """An attempt of source `s` was answered, for what is counted over hours."""
    key = PATIENT + (tag == PING)
    place, _ = find(patient, both(source, ZERO, key), sh, sl, ZERO, ZERO, np.uint64(key), 0, False)
    if place >= 0:
        patient.entries[place].answered_bits += mark(patient.entries[place].answered, attempt)


@compiled
def impossible(flags: int) -> bool:
    """Flags that no TCP sends together: none, FIN without ACK, SYN with FIN or RST."""
    return flags & 0x3F == 0 or flags & 0x11 == 1 or (flags & 2 != 0 and flags & 5 != 0)


@compiled
def stealthy(record: Any, row: int, source: np.uint64, actors: Table, limit: Any, found: Any, count: int) -> int:
    """Packets with such flags."""
    place, new = find(
        actors, both(source, ZERO, 202), record.source_high, record.source_low, ZERO, ZERO, np.uint64(202), record.time, True
    )
    renew(actors.entries, place, record.time, limit.scan_window, new)
    actor = actors.entries[place]
    actor.times += 1
    if actor.times < limit.stealth or (actor.told and actor.times < 2 * actor.told):
        return count
    return tell(record, row, STEALTH, 0, actor.times, actor, True, True, found, count)
