"""What neighbours say to each other by ARP: who looks for all of them, and who says that he is somebody else.

A card that has an address claims another one though nobody asked: once is enough where it is known by two addresses, and three
times where another card has the claimed one. Routers that answer for others, and who takes an address over, are asked, or announce
it to all. Sources: RFC 826, 5227 (who defends an address).
"""

from typing import Any, Final

import numpy as np

from vedette.detect.network.attempts import resolved, scans
from vedette.detect.network.findings import ARP_SPOOFING, ASK, SECOND, ZERO, tell
from vedette.detect.network.tables import Table, both, find, hashed, mark, renew, seen
from vedette.model.compiled import compiled

ASKED, CARD, OWNER = 210, 211, 212
"""What is remembered: a question, by both addresses; a card; whose an address is."""
FRESH: Final = 5 * SECOND
"""For how long a question can be answered."""
OWNED: Final = 600 * SECOND
"""For how long an address belongs to the card that was last heard with it."""
CONTESTED: Final = 3
OWN, CLAIMED, DECEIVED = range(3)
"""Of a card, in place of the bitmap of what answered: its own address, the one that it claims, and whom it tells so."""


@compiled
def neighbours(record: Any, row: int, actors: Table, targets: Table, seed: np.uint64, limit: Any, found: Any, count: int) -> int:
    """An ARP message; the number of findings after it."""
    asker, asked = record.source_low, record.target_low
    source, target, now = hashed(seed, ZERO, asker), hashed(seed, ZERO, asked), record.time
    if record.source_port == 1 and asker != asked:
        count, _ = scans(record, row, ASK, source, target, target, actors, targets, limit, found, count, False, True)
        place, _ = find(actors, both(source, target, ASKED), asker, asked, ZERO, ZERO, np.uint64(ASKED), now, True)
        actors.entries[place].first = now
    if asker == ZERO:
        return count
    unasked = False
    if record.source_port == 2:
        resolved(ZERO, asked, ZERO, asker, 0, ASK, target, source, source, actors)
        place, _ = find(actors, both(target, source, ASKED), asked, asker, ZERO, ZERO, np.uint64(ASKED), 0, False)
        unasked = asker != asked and (place < 0 or abs(now - actors.entries[place].first) > FRESH)
    contested = somebodys(record, source, unasked, actors)
    card = both(hashed(seed, ZERO, record.mac), ZERO, CARD)
    place, new = find(actors, card, record.mac, ZERO, ZERO, ZERO, np.uint64(CARD), now, True)
    renew(actors.entries, place, now, limit.scan_window, new)
    actor = actors.entries[place]
    actor.tried_bits += mark(actor.tried, source)
    known = actor.answered
    if unasked:
        actor.times += 1
        actor.taken += contested
        known[CLAIMED], known[DECEIVED] = asker, asked
    elif record.source_port == 1:
        known[OWN] = asker
    if actor.times == 0 or (seen(actor.tried_bits) < 2 and actor.taken < CONTESTED) or (actor.told and actor.times < 2 * actor.told):
        return count
    after = tell(record, row, ARP_SPOOFING, 0, actor.times, actor, known[OWN] != ZERO and known[OWN] != known[CLAIMED], True, found, count)
    if after > count:
        out = found[count]
        out.source_low, out.target_low, out.about, out.usual = known[OWN], known[DECEIVED], known[CLAIMED], record.mac
    return after


@compiled
def somebodys(record: Any, source: np.uint64, unasked: bool, actors: Table) -> bool:
    """Whether the address belongs to another card. A claim that nobody asked for takes it from none."""
    place, new = find(
        actors, both(source, ZERO, OWNER), record.source_low, ZERO, ZERO, ZERO, np.uint64(OWNER), record.time, True
    )
    owner = actors.entries[place]
    taken = not new and owner.tried[0] != record.mac and abs(record.time - owner.first) < OWNED
    if not taken or not unasked:
        owner.tried[0], owner.first = record.mac, record.time
    return taken
