"""What the correlations remember between batches, and how it is written down."""

from typing import Final

import msgspec

from vedette.detect.sigma.memory import Memory, Told
from vedette.detect.sigma.rule import Ruleset
from vedette.model.errors import VedetteError

FORMAT: Final = 2
Key = tuple[str, ...]


class Entry(msgspec.Struct, array_like=True, gc=False):
    """One event that a correlation may still need.

    Attributes:
        time: microseconds since 1970, event time.
        reference: position in Correlation.references.
        value: what is counted or summed: joined texts for value_count, a number for the others.
        weight: how many records the event stands for.
        event: its number in State.memory.
        burst: id of the alert when the event is another correlation's, else "".
    """

    time: int
    reference: int
    value: str | float | None
    weight: int
    event: int
    burst: str = ""


class Burst(msgspec.Struct, array_like=True, gc=False):
    """An alert that is still growing. `last`: time of its latest event; `shown`: evidence that was given out."""

    id: str
    last: int
    shown: int


class Group(msgspec.Struct, array_like=True, gc=False):
    """One group of one correlation: events ascending by time (equal times: by arrival), and the burst under way."""

    entries: list[Entry] = []
    burst: Burst | None = None


Groups = dict[Key, Group]


class State(msgspec.Struct):
    """Of all correlations. `step` changes it in place and returns it: use what it returned.

    Attributes:
        groups: by rule index; each least recently used first.
        digests: rule id and content of each of these rules.
        memory: what alerts may tell of the events that the groups hold.
        evicted: groups and events that were given up to stay bounded: an alert may have been missed.
        untimed: events without a time, once for each correlation that would have used them.
    """

    groups: dict[int, Groups] = {}
    digests: dict[int, tuple[str, str]] = {}
    memory: Memory = msgspec.field(default_factory=Memory)
    evicted: int = 0
    untimed: int = 0

    def held(self) -> set[int]:
        """Numbers of the events that any group holds."""
        return {entry.event for groups in self.groups.values() for group in groups.values() for entry in group.entries}


class _Saved(msgspec.Struct):
    format: int
    rules: list[tuple[str, str, list[tuple[Key, Group]]]]
    next: int
    events: list[tuple[int, Told]]
    evicted: int
    untimed: int


def begin(ruleset: Ruleset) -> State:
    """The state before the first event."""
    known = {i: (rule.id, rule.digest) for i, rule in enumerate(ruleset.rules) if rule.correlation}
    return State({i: {} for i in known}, known)


def dump(state: State) -> bytes:
    """The state as MessagePack."""
    rules = [(*state.digests[i], list(groups.items())) for i, groups in state.groups.items()]
    events = sorted(state.memory.told(state.held()).items())
    return msgspec.msgpack.encode(_Saved(FORMAT, rules, state.memory.next, events, state.evicted, state.untimed))


def load(ruleset: Ruleset, data: bytes) -> State:
    """The state that `dump` wrote. What belongs to rules that changed or are gone is left out.

    Raises:
        VedetteError: the bytes are not a state.
    """
    state = begin(ruleset)
    try:
        saved = msgspec.msgpack.decode(data, type=_Saved)
    except msgspec.DecodeError as error:
        raise VedetteError(
            f"saved correlations cannot be read: {error}", where="detector state", fix="start without the snapshot"
        ) from None
    if saved.format != FORMAT:
        return state
    state.memory = Memory(saved.next, dict(saved.events), held=len(saved.events), tidied=saved.next)
    index = {identity: i for i, identity in state.digests.items()}
    for rule_id, digest, groups in saved.rules:
        i = index.get((rule_id, digest))
        if i is not None:
            state.groups[i] = dict(groups)
    if not state.held() <= state.memory.objects.keys():
        raise VedetteError(
            "saved correlations hold events that were not saved",
            where="detector state",
            fix="start without the snapshot",
        )
    state.evicted, state.untimed = saved.evicted, saved.untimed
    return state
