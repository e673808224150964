"""Packets to findings, in one compiled pass over fixed tables.

Answers without a question (SYN-ACK, RST) are never attempts of their sender: they are backscatter of somebody else's
trouble, or a reflection. Sources: RFC 9293 (TCP), 768 (UDP), 792 and 4443 (ICMP), 826 (ARP), 2131 (DHCP).
"""

from typing import Any, Final

import numpy as np

from vedette.detect.network.attempts import (
    decoyed,
    impossible,
    remembered,
    resolved,
    scans,
    shared,
    slow,
    stealthy,
    succeeded,
    taken,
)
from vedette.detect.network.beacons import carried, contact
from vedette.detect.network.findings import (
    ACK,
    ACK_FLOOD,
    ANSWER,
    ANSWERED,
    ASKED,
    COLLECTS,
    DHCP_FLOOD,
    ESTABLISHED,
    FIN,
    HTTP_FLOOD,
    ICMP_FLOOD,
    LOGIN,
    LOWER,
    NULL,
    ODD,
    PING,
    REFLECTS,
    REFUSED,
    SECOND,
    SILENT,
    SYN,
    SYN_FLOOD,
    TCP_REFLECTION,
    UDP,
    UDP_FLOOD,
    UDP_REFLECTION,
    WATCHED,
    WEB,
    XMAS,
    ZERO,
    Bits,
)  # fmt: skip
from vedette.detect.network.floods import (
    TINY,
    carpet,
    drips,
    due,
    flood,
    gather,
    gathered,
    guessed,
    kept,
    leases,
    repeated,
    silent,
)
from vedette.detect.network.flows import AHEAD, conversation, established, follow, kind_of, multicast, prepare, proven
from vedette.detect.network.neighbours import neighbours
from vedette.detect.network.others import neighbours_of_six, other
from vedette.detect.network.payloads import invites, requests, streams, tunnels, unreachable
from vedette.detect.network.rates import rated
from vedette.detect.network.tables import MOMENT, MOMENTS, Table, apart, mark, mixed, seen
from vedette.model.compiled import compiled, inlined
from vedette.model.packets import ARP, FIRST, IP4, IP6, LATER, WHOLE

SUSPECT: Final = 2
"""Attempts in vain after which it is looked at whether others make the same ones."""
COLLECTED: Final = 110
"""What is counted of services that nobody expects an answer from."""
MOST: Final = 8
"""Findings of one packet; none makes more."""
VARIED: Final = 24
"""Lengths of requests, by 16 bytes, of more than one program."""
MANY: Final = 10
"""How many times as much it takes where many people may be behind one address, or nobody answers anyway."""
TRACE: Final = 33434
"""From here on the ports that traceroute sends to, in vain by intention."""
AGAIN: Final = 60 * SECOND >> MOMENT
"""Moments after which a request over the same ports is another connection."""
PROBE: Final = 1
"""Bytes that some systems send to see whether there is room for more (RFC 9293 section 3.8.6.1)."""
REFLECTORS: Final = 5
"""From fewer sources it is no reflection."""
RETRY: Final = 6
"""Moments, 0.8 s, after which systems send a request again (RFC 6298: one second)."""
FEW: Final = 8
"""Answers of a conversation that are counted."""
SOME: Final = 16
"""One in how many attempts of unknown sources is remembered of a flood."""


@inlined
def segment(
    data: Bits, record: Any, row: int, marks: Any, flow: Any, new: bool, began: bool, syn: int, actors: Table, patient: Table,
    targets: Table, seed: np.uint64, limit: Any, services: Bits, found: Any, count: int,
) -> int:  # fmt: skip
    """A TCP packet of a conversation; the number of findings after it.

    Args:
        syn: where a connection request was counted at its target.
    """
    kind, flags = flow.kind, record.flags
    if flow.state & SILENT or flags & 4:
        looked = kind == SYN and began and flags & 5 and flow.state & (ANSWERED | REFUSED) == ANSWERED
        if looked and flow.state & (SILENT | ESTABLISHED) != ESTABLISHED:
            flow.state |= REFUSED
            taken(record, marks, actors, patient)
        if flow.state & SILENT:
            certain = proven(flow, record, began)
            count = silent(record, row, flow, marks, began, certain, services, targets, limit, found, count)
    if record.fragment == WHOLE and impossible(flags):
        count = stealthy(record, row, marks.source, actors, limit, found, count)
    if syn >= 0 and due(targets.entries[syn], limit.syn, limit.syn_answered) and not decoyed(record, marks, syn, targets):
        count = flood(record, row, SYN_FLOOD, syn, targets, limit.syn, limit.syn_answered, found, count)
    elif syn >= 0:
        count = carpet(record, row, marks, SYN, syn, targets, seed, limit.syn, limit.syn_answered, found, count)
    if kind == SYN and established(flow, record, began):
        at = kept(record.target_high, record.target_low, marks.target, SYN_FLOOD, targets)
        if at >= 0:
            targets.entries[at].answers += 1
        flow.state |= SILENT
        flow.back = (record.time >> MOMENT) & MOMENTS
        flow.asker_first = record.sequence & 0xFFFF
        if services[record.target_port] & LOGIN:
            flow.other_first = max(1, flow.other_next & 0xFFFF)
    elif flow.other_first and flags & 5 and kind == SYN:
        count = guessed(record, row, flow, marks, began, services, targets, limit, found, count)
    elif flags & 0x12 == 0x12 and kind == ANSWER and began:
        at = gather(record, marks, TCP_REFLECTION, limit.reflection_window, targets, False, False)
        if seen(targets.entries[at].sources_bits) >= REFLECTORS:
            count = flood(record, row, TCP_REFLECTION, at, targets, limit.reflected, 1.0, found, count)
        else:
            at = gather(record, marks, ACK_FLOOD, SECOND, targets, False, False)
            count = flood(record, row, ACK_FLOOD, at, targets, limit.other, 0.2, found, count)
    elif (new and kind == ACK) or (kind == ANSWER and flags & 4) or (
        began and kind in (FIN, NULL, XMAS, ODD) and not flow.state & ANSWERED
    ):
        at = gather(record, marks, ACK_FLOOD, SECOND, targets, False, False)
        count = flood(record, row, ACK_FLOOD, at, targets, limit.other, 0.2, found, count)
    if record.target_port == 53 and record.captured > 2:
        # Behind its length (RFC 1035 section 4.2.2).
        begin = record.payload_at
        count = tunnels(data, begin + 2, begin + record.captured, record, row, marks, actors, targets, seed, limit, found, count)
    if record.captured >= 14 and requests(record):
        at = gather(record, marks, HTTP_FLOOD, limit.http_window, targets, True, False)
        entry = targets.entries[at]
        entry.proven += proven(flow, record, began)
        # Of ports there is one: the bitmap is for how long requests are. One program's are about as long, those of people who came
        # through a proxy, each with an address and cookies of his own, are not.
        entry.ports_bits += mark(entry.ports, mixed(np.uint64(record.payload >> 4) + np.uint64(1 << 20)))
        least = limit.http if seen(entry.ports_bits) < VARIED else MANY * limit.http
        count = repeated(record, row, HTTP_FLOOD, at, targets, least, found, count)
    return count


@inlined
def datagram(
    data: Bits, record: Any, row: int, marks: Any, flow: Any, began: bool, reply: bool, actors: Table, targets: Table,
    seed: np.uint64, limit: Any, services: Bits, found: Any, count: int,
) -> int:  # fmt: skip
    """A UDP packet of a conversation; the number of findings after it.

    Args:
        reply: whether it is what a service answers whose answers are abused.
    """
    kind = flow.kind
    if reply and began and kind == UDP and flow.back == 0:
        at = gather(record, marks, UDP_REFLECTION, limit.reflection_window, targets, False, False)
        if targets.entries[at].bytes >= np.uint64(200 * limit.reflected):
            count = flood(record, row, UDP_REFLECTION, at, targets, limit.reflected, 1.0, found, count)
    elif began and flow.back == 0 and (services[record.target_port] & COLLECTS or streams(data, record, flow)):
        at = gather(record, marks, COLLECTED, SECOND, targets, False, False)
        count = flood(record, row, UDP_FLOOD, at, targets, MANY * limit.udp_one_way, 0.05, found, count)
    elif began and flow.back == 0:
        at = gather(record, marks, UDP_FLOOD, SECOND, targets, False, False)
        count = flood(record, row, UDP_FLOOD, at, targets, limit.udp_one_way, 0.05, found, count)
        count = carpet(record, row, marks, UDP, at, targets, seed, limit.udp_one_way, 0.05, found, count)
    elif not began and flow.back <= FEW:
        at = kept(record.source_high, record.source_low, marks.source, UDP_FLOOD, targets)
        if at >= 0:
            targets.entries[at].answers += 1
    if record.target_port == 53 and record.fragment != FIRST:
        begin = record.payload_at
        count = tunnels(data, begin, begin + record.captured, record, row, marks, actors, targets, seed, limit, found, count)
    return count


@inlined
def flooded(record: Any, target: np.uint64, kind: int, syn: int, targets: Table, limit: Any) -> bool:
    """Whether the target gets so much of what this conversation began with that its sources may be forged."""
    at, least = syn, limit.syn
    if kind == UDP:
        at, least = kept(record.target_high, record.target_low, target, UDP_FLOOD, targets), limit.udp_one_way
    elif kind == PING:
        at, least = kept(record.target_high, record.target_low, target, ICMP_FLOOD, targets), limit.icmp
    elif at < 0:
        at, least = kept(record.target_high, record.target_low, target, ACK_FLOOD, targets), limit.other
    if at < 0 or targets.entries[at].count < least // 4:
        return False
    return abs(record.time - targets.entries[at].first) < 2 * SECOND


@compiled
def watch(
    data: Bits, records: Any, begin: int, flows: Table, actors: Table, patient: Table, targets: Table, rhythms: Table, rates: Any,
    seed: np.uint64, limit: Any, services: Bits, ahead: Any, found: Any,
) -> tuple[int, int]:  # fmt: skip
    """Findings of the records from row `begin` on, as far as there is room for them: the row with which it goes on, and how
    many they are.

    Args:
        actors, patient: of kind ACTOR; what is counted over hours has a table of its own.
        ahead: room for AHEAD hashes, of dtype MARKS; as it was left where `begin` is not 0.
    """
    count, calm = 0, True
    for row in range(begin, len(records)):
        if len(found) - count < MOST:
            return row, count
        if row % AHEAD == 0:
            prepare(records, row, flows, actors, patient, rhythms, seed, calm, ahead)
        record, marks = records[row], ahead[row % AHEAD]
        if record.kind == ARP:
            count = neighbours(record, row, actors, targets, seed, limit, found, count)
            continue
        if record.kind != IP4 and record.kind != IP6:
            continue
        protocol = record.protocol
        known = protocol == 6 or protocol == 17 or protocol == 1 or protocol == 58
        if record.fragment == LATER or not known or (protocol == 6 and record.fragment and not record.flags):
            count = other(data, record, row, marks, known, actors, targets, limit, found, count)
            continue
        echo = protocol == 1 or protocol == 58
        if echo:
            if record.source_port in ((3, 11) if protocol == 1 else (1, 3)):
                unreachable(data, record, flows, seed)
            if protocol == 58 and 130 <= record.source_port <= 137:
                count = neighbours_of_six(data, record, row, marks, actors, targets, seed, limit, found, count)
                continue
            if record.source_port not in ((0, 8) if protocol == 1 else (128, 129)):
                at = gather(record, marks, ICMP_FLOOD, SECOND, targets, False, False)
                count = flood(record, row, ICMP_FLOOD, at, targets, limit.icmp, 1.0, found, count)
                continue
        source = ZERO if echo else np.uint64(record.source_port)
        target = ZERO if echo else np.uint64(record.target_port)
        sh, sl, th, tl = record.source_high, record.source_low, record.target_high, record.target_low
        place, new, lower = conversation(
            flows, marks.flow, sh, sl, th, tl, source, target, np.uint64(protocol), record.time, True, marks.place
        )
        flow, moment = flows.entries[place], (record.time >> MOMENT) & MOMENTS
        if (
            protocol == 6 and not new and flow.state & (ESTABLISHED | SILENT | WATCHED) == ESTABLISHED
            and record.flags & 0x17 == 0x10 and not requests(record) and record.target_port != 53
        ):  # fmt: skip
            # Most packets: a connection goes on.
            if apart(moment, flow.last) > 0:
                flow.last = moment
            began = lower == (flow.state & LOWER != 0)
            # Whoever asks whether the other side is still there sends the last byte once more (RFC 9293 section 3.8.4).
            fresh = not began or apart(record.sequence, flow.asker_next) >= 0
            follow(flow, record, began)
            if fresh and not flow.other_first and (record.payload or (began and record.window == 0)):
                if began and record.payload <= TINY:
                    if services[record.target_port] & WEB:
                        count = drips(record, row, flow, marks, targets, limit, found, count)
                elif began or record.payload > PROBE:
                    flow.asker_first = 0
            count = rated(record, row, marks.source, sh, sl, ZERO, rates, limit, True, found, count)
            if began:
                service = np.uint64(1) << np.uint64(32) | target << np.uint64(8) | np.uint64(protocol)
                count = rated(record, row, marks.asked, th, tl, service, rates, limit, False, found, count)
            continue
        asks = protocol == 6 and record.flags & 0x17 == 2
        if not new and asks and flow.kind == SYN and abs(apart(moment, flow.last)) > AGAIN:
            # The same ports once more, after a while, or after the clock was set back.
            flow.state, flow.back, flow.other_next, flow.other_first, flow.last, new = 0, 0, 0, 0, moment, True
        # The same request once more, for want of an answer: crowds do that before a server that is down, floods do not take the time.
        again = asks and not new and apart(record.sequence, flow.asker_next) == -1 and apart(moment, flow.last) >= RETRY
        if new or apart(moment, flow.last) > 0:
            flow.last = moment
        if new:
            flow.kind = kind_of(record)
            flow.state = LOWER if lower else 0
        began = lower == (flow.state & LOWER != 0)
        if not began and protocol == 17:
            flow.back += 1
        kind = flow.kind
        syn = -1
        if asks and not again:
            syn = gathered(record, marks, SYN_FLOOD, SECOND, targets, False, False)
        # What comes from a service's port to a client's is an answer, whether we saw the question or not.
        abused = kind == UDP and services[record.source_port] & REFLECTS and not invites(data, record)
        reply = abused or (kind == UDP and record.source_port < 1024 <= record.target_port)
        crowd = False
        routed = kind == UDP and TRACE <= record.target_port < TRACE + 100
        if new and kind != ANSWER and not reply and not routed and not (kind == ACK and record.payload) and not multicast(record):
            flow.state |= ASKED
            # What a flooded host gets, from whom ever it says that it comes, makes nobody a patient scanner, and only some
            # of those who are not known yet are remembered.
            crowd = flooded(record, marks.target, kind, syn, targets, limit)
            calm = not crowd
            make = calm or marks.flow % np.uint64(SOME) == ZERO
            alone = vain = vain_slow = 0
            if kind != PING and (make or remembered(marks.source, marks.target, kind + 64, actors)):
                count, alone = scans(
                    record, row, kind, marks.source, marks.target, marks.asked, actors, targets, limit, found, count, True,
                    make,
                )
            if make or remembered(marks.source, np.uint64(record.target_port), kind, actors):
                count, vain = scans(
                    record, row, kind, marks.source, marks.target, marks.asked, actors, targets, limit, found, count, False,
                    make,
                )
            if kind != UDP and not crowd:
                count, vain_slow = slow(record, row, kind, marks.source, marks.asked, patient, targets, limit, found, count)
            if max(alone, vain, vain_slow) > SUSPECT:
                shared(record, kind, marks, actors, patient, targets, seed, limit)
        if not crowd:
            count = rated(record, row, marks.source, sh, sl, ZERO, rates, limit, True, found, count)
        if began and kind != ANSWER and not reply and not echo and not multicast(record):
            service = np.uint64(1) << np.uint64(32) | target << np.uint64(8) | np.uint64(protocol)
            count = rated(record, row, marks.asked, th, tl, service, rates, limit, False, found, count)
            if not crowd and new and asks:
                count = contact(record, row, marks, flow, services, rhythms, limit, found, count)
        if flow.state & WATCHED:
            if began:
                carried(record, True, marks.source, marks.asked, rhythms)
            else:
                carried(record, False, marks.target, marks.asker, rhythms)
        if not began and not flow.state & (ANSWERED | REFUSED) and kind != ANSWER:
            refused = protocol == 6 and record.flags & 4 != 0
            flow.state |= REFUSED if refused else ANSWERED
            if flow.state & ASKED and not refused:
                port = record.source_port if not echo else 0
                resolved(th, tl, sh, sl, port, kind, marks.target, marks.source, marks.asker, actors)
                succeeded(th, tl, kind, marks.target, marks.asker, patient)
                if kind in (ACK, FIN, NULL, XMAS, ODD):
                    # What goes on was there before us.
                    at = kept(sh, sl, marks.source, ACK_FLOOD, targets)
                    if at >= 0:
                        targets.entries[at].answers += 1
        if protocol == 6:
            count = segment(
                data, record, row, marks, flow, new, began, syn, actors, patient, targets, seed, limit, services, found, count,
            )
            continue
        if echo:
            at = gather(record, marks, ICMP_FLOOD, SECOND, targets, False, False)
            count = flood(record, row, ICMP_FLOOD, at, targets, limit.icmp, 1.0, found, count)
            continue
        if (record.target_port == 67 or record.target_port == 547) and record.captured > 34 and data[record.payload_at] == 1:
            at = gather(record, marks, DHCP_FLOOD, 10 * SECOND, targets, False, True)
            count = leases(data, record, row, targets.entries[at], at, targets, limit, found, count)
        if not multicast(record):
            count = datagram(
                data, record, row, marks, flow, began, abused, actors, targets, seed, limit, services, found, count
            )
    return len(records), count
