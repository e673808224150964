"""Packets to findings, in one compiled pass over fixed tables.

Answers without a question (SYN-ACK, RST) are never attempts of their sender: they are backscatter of somebody else's
trouble, or a reflection. Sources: RFC 9293 (TCP), 768 (UDP), 792 and 4443 (ICMP), 826 (ARP), 2131 (DHCP).
"""

from typing import Any

import numpy as np

from vedette.detect.network.attempts import impossible, neighbours, resolved, scans, slow, stealthy, succeeded
from vedette.detect.network.findings import (
    ACK,
    ACK_FLOOD,
    ANSWER,
    ANSWERED,
    ASKED,
    DHCP_FLOOD,
    GUESSING,
    HTTP_FLOOD,
    ICMP_FLOOD,
    IP_FLOOD,
    LOWER,
    PING,
    REFUSED,
    SECOND,
    SYN,
    SYN_FLOOD,
    TCP_REFLECTION,
    UDP,
    UDP_FLOOD,
    UDP_REFLECTION,
    ZERO,
    Bits,
)  # fmt: skip
from vedette.detect.network.floods import flood, gather, repeated
from vedette.detect.network.flows import conversation, established, kind_of, multicast, proven
from vedette.detect.network.payloads import LONG, question, requests, tunnels, unreachable
from vedette.detect.network.tables import Table, find, seen
from vedette.model.compiled import compiled
from vedette.model.packets import ARP, FIRST, IP4, IP6, LATER, WHOLE


@compiled
def segment(
    data: Bits, record: Any, row: int, flow: Any, new: bool, began: bool, actors: Table, targets: Table, seed: np.uint64,
    limit: Any, guessed: Bits, found: Any, count: int,
) -> int:  # fmt: skip
    """A TCP packet of a conversation; the number of findings after it."""
    kind, flags = flow.kind, record.flags
    th, tl = record.target_high, record.target_low
    if record.fragment == WHOLE and impossible(flags):
        count = stealthy(record, row, actors, seed, limit, found, count)
    if flags & 0x17 == 2:
        at = gather(record, SYN_FLOOD, SECOND, targets, seed, False, False)
        count = flood(record, row, SYN_FLOOD, at, targets, limit.syn, limit.syn_answered, found, count)
    if kind == SYN and established(flow, record, began):
        at, _ = find(targets, seed, th, tl, ZERO, ZERO, np.uint64(SYN_FLOOD), 0, False)
        if at >= 0:
            targets[at].answers += 1
        if guessed[record.target_port]:
            at = gather(record, GUESSING, limit.guess_window, targets, seed, True, False)
            targets[at].proven += proven(flow, record, began)
            count = repeated(record, row, GUESSING, at, targets, limit.guesses, found, count)
    elif flags & 0x12 == 0x12 and kind == ANSWER and began:
        at = gather(record, TCP_REFLECTION, limit.reflection_window, targets, seed, False, False)
        entry = targets[at]
        if seen(entry.sources) >= 5:
            count = flood(record, row, TCP_REFLECTION, at, targets, limit.reflected, 1.0, found, count)
    elif kind == ACK and new and not record.payload:
        at = gather(record, ACK_FLOOD, SECOND, targets, seed, False, False)
        count = flood(record, row, ACK_FLOOD, at, targets, limit.other, 1.0, found, count)
    if record.captured >= 14 and requests(data, record.payload_at, record.captured):
        at = gather(record, HTTP_FLOOD, limit.http_window, targets, seed, True, False)
        targets[at].proven += proven(flow, record, began)
        count = repeated(record, row, HTTP_FLOOD, at, targets, limit.http, found, count)
    return count


@compiled
def datagram(
    data: Bits, record: Any, row: int, flow: Any, began: bool, actors: Table, targets: Table, seed: np.uint64, limit: Any,
    reflectors: Bits, found: Any, count: int,
) -> int:  # fmt: skip
    """A UDP packet of a conversation; the number of findings after it."""
    kind = flow.kind
    sh, sl = record.source_high, record.source_low
    if reflectors[record.source_port] and began and kind == UDP and (flow.back == 0):
        at = gather(record, UDP_REFLECTION, limit.reflection_window, targets, seed, False, False)
        entry = targets[at]
        if entry.bytes >= np.uint64(200 * limit.reflected):
            count = flood(record, row, UDP_REFLECTION, at, targets, limit.reflected, 1.0, found, count)
    elif began and flow.back == 0:
        at = gather(record, UDP_FLOOD, SECOND, targets, seed, False, False)
        count = flood(record, row, UDP_FLOOD, at, targets, limit.udp_one_way, 0.05, found, count)
    elif not began:
        at, _ = find(targets, seed, sh, sl, ZERO, ZERO, np.uint64(UDP_FLOOD), 0, False)
        if at >= 0:
            targets[at].answers += 1
    if record.target_port == 53 and record.fragment != FIRST:
        size, name = question(data, record.payload_at, record.payload_at + record.captured, seed)
        if size >= LONG:
            count = tunnels(record, row, name, actors, seed, limit, found, count)
    return count


@compiled
def watch(
    data: Bits, records: Any, flows: Table, actors: Table, patient: Table, targets: Table, seed: np.uint64, limit: Any,
    reflectors: Bits, guessed: Bits, found: Any,
) -> int:  # fmt: skip
    """Findings of all records; returns how many there are.

    Args:
        actors, patient: of kind ACTOR; what is counted over hours has a table of its own.
    """
    count = 0
    for row in range(len(records)):
        record = records[row]
        if record.kind == ARP:
            count = neighbours(record, row, actors, seed, limit, found, count)
            continue
        if record.kind != IP4 and record.kind != IP6:
            continue
        protocol = record.protocol
        known = protocol in (6, 17, 1, 58)
        if record.fragment == LATER or not known:
            place = gather(record, IP_FLOOD, SECOND, targets, seed, False, False)
            # Large datagrams (NFS, DNSSEC) come in fragments, many a second.
            least = limit.other * 5 if known else limit.other
            count = flood(record, row, IP_FLOOD, place, targets, least, 1.0, found, count)
            if protocol == 17:
                # Of a reflection most is in fragments, which have no ports: they count for what their source began.
                place, _ = find(
                    targets, seed, record.target_high, record.target_low, ZERO, ZERO, np.uint64(UDP_REFLECTION), 0, False
                )
                if place >= 0:
                    targets[place].count += 1
                    targets[place].bytes += record.wire
            continue
        echo = protocol == 1 or protocol == 58
        if echo:
            if record.source_port in ((3, 11) if protocol == 1 else (1, 3)):
                unreachable(data, record, flows, seed)
            if protocol == 58 and 130 <= record.source_port <= 137:
                continue
            if record.source_port not in ((0, 8) if protocol == 1 else (128, 129)):
                place = gather(record, ICMP_FLOOD, SECOND, targets, seed, False, False)
                count = flood(record, row, ICMP_FLOOD, place, targets, limit.icmp, 1.0, found, count)
                continue
        source = ZERO if echo else np.uint64(record.source_port)
        target = ZERO if echo else np.uint64(record.target_port)
        sh, sl, th, tl = record.source_high, record.source_low, record.target_high, record.target_low
        place, new, lower = conversation(
            flows, seed, sh, sl, th, tl, source, target, np.uint64(protocol), record.time, True
        )
        flow = flows[place]
        crowd = multicast(record)
        if not new and flow.kind == SYN and record.flags & 0x17 == 2 and record.time - flow.last > 60 * SECOND:
            # The same ports once more, after a while.
            flow.state, flow.back, flow.other_next, new = 0, 0, 0, True
        flow.last = max(flow.last, record.time)
        if new:
            flow.kind = kind_of(record)
            flow.state = LOWER if lower else 0
        began = lower == (flow.state & LOWER != 0)
        if not began:
            flow.back += 1
        kind = flow.kind
        # What comes from a service's port to a client's is an answer, whether we saw the question or not.
        reply = kind == UDP and (reflectors[record.source_port] or record.source_port < 1024 <= record.target_port)
        if new and kind != ANSWER and not reply and not crowd and not (kind == ACK and record.payload):
            flow.state |= ASKED
            if kind != PING:
                count = scans(record, row, kind, actors, seed, limit, found, count, True)
            count = scans(record, row, kind, actors, seed, limit, found, count, False)
            # What a flooded host gets, from whom ever it says that it comes, makes nobody a patient scanner.
            at, _ = find(targets, seed, th, tl, ZERO, ZERO, np.uint64(SYN_FLOOD), 0, False)
            if kind != UDP and kind != PING and (at < 0 or targets[at].count < limit.syn // 4):
                count = slow(record, row, kind, patient, seed, limit, found, count)
        if not began and not flow.state & (ANSWERED | REFUSED) and kind != ANSWER:
            refused = protocol == 6 and record.flags & 4 != 0
            flow.state |= REFUSED if refused else ANSWERED
            if flow.state & ASKED and not refused:
                port = record.source_port if not echo else 0
                resolved(th, tl, sh, sl, port, kind, actors, seed)
                succeeded(th, tl, sh, sl, port, patient, seed)
        if protocol == 17 and record.target_port == 67 and record.captured and data[record.payload_at] == 1:
            at = gather(record, DHCP_FLOOD, 10 * SECOND, targets, seed, False, True)
            count = flood(record, row, DHCP_FLOOD, at, targets, limit.dhcp, 1.0, found, count)
        if protocol == 6:
            count = segment(data, record, row, flow, new, began, actors, targets, seed, limit, guessed, found, count)
        elif protocol == 17 and not crowd:
            count = datagram(data, record, row, flow, began, actors, targets, seed, limit, reflectors, found, count)
        elif echo:
            at = gather(record, ICMP_FLOOD, SECOND, targets, seed, False, False)
            count = flood(record, row, ICMP_FLOOD, at, targets, limit.icmp, 1.0, found, count)
    return count
