"""What the correlations remember between batches, and how it is written down."""

from collections import OrderedDict
from typing import Final

import msgspec
import numpy as np

from vedette.detect.sigma.columns import Rows, distinct
from vedette.detect.sigma.memory import Memory, Told
from vedette.detect.sigma.rule import Ruleset
from vedette.model.errors import VedetteError

FORMAT: Final = 3
Key = tuple[str, ...]
TIME, REFERENCE, VALUE, WEIGHT, EVENT, BURST, ORDER = range(7)
"""Columns of Group.rows: the attributes of an Entry."""


class Entry(msgspec.Struct, array_like=True, gc=False):
    """One event that a correlation may still need.

    Attributes:
        time: microseconds since 1970, event time.
        reference: position in Correlation.references.
        value: what is counted, as `brief.mark` has it, or the bits of the double that is summed; 0 where neither.
        weight: how many records the event stands for.
        event: its number in State.memory.
        burst: `brief.mark` of the alert's id where the event is another correlation's, else 0.
        order: of arrival in its group, from 1.
    """

    time: int
    reference: int
    value: int
    weight: int
    event: int
    burst: int
    order: int


class Burst(msgspec.Struct, array_like=True, gc=False):
    """An alert that is still growing. `last`: time of its latest event; `shown`: evidence that was given out."""

    id: str
    last: int
    shown: int


NO_ROWS: Final[Rows] = np.empty((0, 7), np.int64)


class Group(msgspec.Struct, gc=False):
    """One group of one correlation.

    Attributes:
        rows: of shape (events, 7), the events that are kept, ascending by time (equal times: by arrival).
        count: events that ever arrived; those that made an alert grow did not.
        burst: the alert under way.
    """

    rows: Rows = NO_ROWS
    count: int = 0
    burst: Burst | None = None


Groups = OrderedDict[Key, Group]


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
        rows = [group.rows[:, EVENT] for groups in self.groups.values() for group in groups.values()]
        return set(distinct(np.concatenate(rows)).tolist()) if rows else set()


_SavedGroup = tuple[Key, bytes, int, Burst | None]


class _Saved(msgspec.Struct):
    format: int
    rules: list[tuple[str, str, list[_SavedGroup]]]
    next: int
    events: list[tuple[int, Told]]
    evicted: int
    untimed: int


def begin(ruleset: Ruleset) -> State:
    """The state before the first event."""
    known = {i: (rule.id, rule.digest) for i, rule in enumerate(ruleset.rules) if rule.correlation}
    return State({i: OrderedDict() for i in known}, known)


def dump(state: State) -> bytes:
    """The state as MessagePack."""
    rules = [
        (*state.digests[i], [(key, g.rows.astype("<i8").tobytes(), g.count, g.burst) for key, g in groups.items()])
        for i, groups in state.groups.items()
    ]
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
            state.groups[i] = OrderedDict((key, Group(_rows(data), count, burst)) for key, data, count, burst in groups)
    if not state.held() <= state.memory.objects.keys():
        raise VedetteError(
            "saved correlations hold events that were not saved",
            where="detector state",
            fix="start without the snapshot",
        )
    state.evicted, state.untimed = saved.evicted, saved.untimed
    return state


def _rows(data: bytes) -> Rows:
    if len(data) % (7 * 8):
        raise VedetteError(
            "saved correlations have events of the wrong size", where="detector state", fix="start without the snapshot"
        )
    return np.frombuffer(data, "<i8").astype(np.int64).reshape(-1, 7)
