"""Conversations: which packets belong together, with what they began, and whether who began one can have been forged.

Whoever acknowledges the sequence number that a server chose for him has got the server's answer, so his address is his
own (RFC 9293 section 3.5, RFC 6528). To go on forging in somebody else's connection he must guess both sequence numbers.
"""

from typing import Any, Final

import numpy as np

from vedette.detect.network.findings import (
    ACK,
    ANSWER,
    BEACON,
    DOUBTED,
    ESTABLISHED,
    FIN,
    NULL,
    ODD,
    PATIENT,
    PING,
    SILENT,
    SYN,
    UDP,
    XMAS,
    ZERO,
)  # fmt: skip
from vedette.detect.network.tables import (
    MOMENT,
    MOMENTS,
    Table,
    apart,
    approach,
    ask,
    both,
    come,
    hashed,
    mixed,
    search,
)
from vedette.model.compiled import compiled, inlined, prefetch
from vedette.model.packets import IP4

NEAR: Final = 1 << 20
"""Bytes by which a sequence number may differ from the expected one: more than any segment, and too few to guess two."""
SSH: Final = (22, 2222)
SHORTEST: Final = 24
SHORT: Final = 40
"""Bytes of one byte as SSH encrypts it, by the ciphers that it prefers: 28 or 36."""
GREETING: Final = 255
"""Bytes that an SSH server says at most before it says which ciphers it knows."""
_LOGGED_IN: Final = int.from_bytes(b"230", "big")
_AUTHENTICATED: Final = int.from_bytes(b"235", "big")
_NUMBER: Final = 0xFFFFFFFF
_CARD: Final = 0xFFFF
AHEAD: Final = 32
"""Packets whose conversations are asked for before the first of them is judged."""


MARKS: Final = np.dtype([("source", "u8"), ("target", "u8"), ("asker", "u8"), ("asked", "u8"), ("flow", "u8"), ("place", "i8")])
"""Hashes of what a packet is about: the addresses, the addresses with their ports, and the conversation; where that probably is."""


@compiled
def pair(asker: np.uint64, asked: np.uint64, protocol: int) -> np.uint64:
    """The hash of a conversation, the same in both directions, from those of its ends with their ports."""
    return mixed(asker + asked + np.uint64(protocol))


@compiled
def prepare(
    records: Any, begin: int, flows: Table, actors: Table, patient: Table, rhythms: Table, seed: np.uint64, calm: bool, marks: Any
) -> None:
    """Hashes of the next AHEAD records, and what will be asked about them on the way from memory.

    Args:
        calm: whether sources that are not known yet are remembered, and so all that is counted of them is wanted.
    """
    end = min(len(records), begin + AHEAD)
    for row in range(begin, end):
        prefetch(records, min(row + AHEAD, len(records) - 1))
        record, made = records[row], marks[row - begin]
        protocol = record.protocol
        made.source = hashed(seed, record.source_high, record.source_low)
        made.target = hashed(seed, record.target_high, record.target_low)
        # Without branches: which protocol is next is anybody's guess.
        ports = np.uint64((protocol == 6) | (protocol == 17) | (protocol == 132))
        made.asker = mixed(made.source ^ np.uint64(record.source_port) * ports)
        made.asked = mixed(made.target ^ np.uint64(record.target_port) * ports)
        made.flow = pair(made.asker, made.asked, protocol)
        approach(flows, made.flow)
        if (protocol == 6) & (record.flags & 0x17 == 2):
            approach(actors, both(made.source, made.target, SYN + 64))
            approach(actors, both(made.source, np.uint64(record.target_port), SYN))
            if calm:
                approach(patient, both(made.source, ZERO, PATIENT))
                approach(rhythms, both(made.source, made.asked, BEACON))
    for row in range(begin, end):
        record, made = records[row], marks[row - begin]
        made.place = ask(flows, made.flow, record.time)
        if calm and (record.protocol == 6) & (record.flags & 0x17 == 2):
            come(actors, both(made.source, made.target, SYN + 64), record.time)
            come(actors, both(made.source, np.uint64(record.target_port), SYN), record.time)
            come(patient, both(made.source, ZERO, PATIENT), record.time)
            come(rhythms, both(made.source, made.asked, BEACON), record.time)


@inlined
def conversation(
    flows: Table, mark: np.uint64, sh: np.uint64, sl: np.uint64, th: np.uint64, tl: np.uint64, source: np.uint64,
    target: np.uint64, protocol: np.uint64, now: int, make: bool, probable: int,
) -> tuple[int, bool, bool]:  # fmt: skip
    """The conversation of two ends: its place, whether it is new, and whether this is its lower end's packet.

    Args:
        mark: by `pair`.
        probable: a place that is looked at first.
    """
    lower = sh < th or (sh == th and (sl < tl or (sl == tl and source <= target)))
    # One look for both: whose packet is next is anybody's guess.
    ah, al, a = (sh, sl, source) if lower else (th, tl, target)
    bh, bl, b = (th, tl, target) if lower else (sh, sl, source)
    e = (a << np.uint64(16) | b) << np.uint64(8) | protocol
    flow = flows.entries[probable]
    key = flow.key
    if flow.last == (now >> MOMENT) & MOMENTS and key[0] == ah and key[1] == al and key[2] == bh and key[3] == bl and key[4] == e:
        # Nothing about it is new, nor is when it is worth keeping.
        return probable, False, lower
    place, new = search(flows, mark, ah, al, bh, bl, e, now, make)
    return place, new, lower


@compiled
def kind_of(record: Any) -> int:
    """With what kind of packet a conversation begins."""
    if record.protocol == 17:
        return UDP
    if record.protocol in (1, 58):
        return PING if record.source_port == (8 if record.protocol == 1 else 128) else ANSWER
    flags = record.flags & 0x3F
    if flags & 0x17 == 2:
        return SYN
    if flags & 4 or flags & 0x12 == 0x12:
        return ANSWER
    if flags & 0x10:
        return ACK if flags & 1 == 0 else ODD
    if flags == 0:
        return NULL
    return FIN if flags == 1 else XMAS if flags & 0x29 == 0x29 else ODD


@compiled
def multicast(record: Any) -> bool:
    """Whether the target is a group or everybody."""
    if record.kind == IP4:
        first = record.target_low >> np.uint64(24)
        return np.uint64(224) <= first < np.uint64(240) or record.target_low & np.uint64(0xFF) == np.uint64(0xFF)
    return record.target_high >> np.uint64(56) == np.uint64(0xFF)


@compiled
def established(flow: Any, record: Any, began: bool) -> bool:
    """Follows the sequence numbers of a connection that began with SYN; whether this packet establishes it.

    Where the SYN-ACK came from the card that sent the SYN, or two servers answer, somebody may have played both sides:
    the connection is DOUBTED. So is one over the ports of another that was established: a client that connects often comes back
    to them within seconds, but whoever forges both sides could do so, too.
    """
    flags, state = record.flags, flow.state
    number = np.int64(record.sequence)
    if flags & 4:
        return False
    if flags & 2:
        if began and flags & 0x10 == 0 and state & ESTABLISHED == 0:
            flow.asker_next = (number + 1) & _NUMBER
            flow.card = record.mac & np.uint64(_CARD)
        elif not began and flags & 0x10 and state & ESTABLISHED and flow.other_next != (number + 1) & _NUMBER:
            # (The same number again would be the same answer: nobody heard it.)
            flow.state = (state | DOUBTED) & (0xFF ^ (ESTABLISHED | SILENT))
            flow.asker_next, flow.other_next = record.acknowledged, (number + 1) & _NUMBER
            flow.asker_first = flow.other_first = 0
        elif not began and flags & 0x10 and 0 <= apart(record.acknowledged, flow.asker_next) < 0x10000:
            # More than the next number, where the SYN had data (RFC 7413).
            flow.asker_next = record.acknowledged
            number = (number + 1) & _NUMBER
            card = record.mac & np.uint64(_CARD)
            if (flow.other_next and flow.other_next != number) or (card and card == flow.card):
                flow.state |= DOUBTED
            if not state & ESTABLISHED:
                flow.other_next = number
        return False
    if state & ESTABLISHED:
        follow(flow, record, began)
        return False
    if not began or not flags & 0x10 or not flow.other_next:
        return False
    if record.acknowledged != flow.other_next or number != flow.asker_next:
        return False
    flow.state |= ESTABLISHED
    flow.asker_next = (number + np.int64(record.payload)) & _NUMBER
    return True


@inlined
def follow(flow: Any, record: Any, began: bool) -> None:
    """The next number of a side of an established connection."""
    if record.payload == 0:
        return
    number = np.int64(record.sequence)
    after = (number + np.int64(record.payload)) & _NUMBER
    if began:
        if abs(apart(number, flow.asker_next)) < NEAR and apart(after, flow.asker_next) > 0:
            flow.asker_next = after
    elif abs(apart(number, flow.other_next)) < NEAR and apart(after, flow.other_next) > 0:
        flow.other_next = after
        if flow.other_first and admitted(flow, record):
            flow.other_first = 0


@compiled
def admitted(flow: Any, record: Any) -> bool:
    """Whether a server lets somebody in. An SSH server says no more than that then, encrypted (RFC 4252 section 5.1), and nothing
    else is as short but where keys change, which is shorter: whom it refuses it tells what else he may try. FTP and mail
    servers have a number for it (RFC 959, 4954)."""
    if record.source_port == 21:
        return record.begins >> 8 == _LOGGED_IN
    if record.source_port == 587:
        return record.begins >> 8 == _AUTHENTICATED
    at = (record.sequence - flow.other_first) & 0xFFFF
    return SHORTEST <= record.payload <= SHORT and at > GREETING and record.source_port in SSH


@compiled
def proven(flow: Any, record: Any, began: bool) -> bool:
    """Whether a packet can only have come from the address that began its conversation: that is established, and the packet
    has both sequence numbers about right."""
    if not began or flow.state & (ESTABLISHED | DOUBTED) != ESTABLISHED:
        return False
    ours, theirs = apart(record.sequence, flow.asker_next), apart(record.acknowledged, flow.other_next)
    return abs(ours) < NEAR and abs(theirs) < NEAR
