"""How many, which, the most, over time: what is told of the records."""

from vedette.model.query import Rows
from vedette.search.ask.calendar import UNITS
from vedette.search.ask.items import Item
from vedette.search.ask.numbers import MOST, Numbers

_PARTIES = {
    **dict.fromkeys(("send", "sends", "sent", "sending", "wrote", "mailed"), "sender"),
    **dict.fromkeys(("receive", "receives", "received", "get", "gets", "got"), "recipient"),
}
"""Who of a mail does what."""


class Measures(Numbers):
    """Reads them."""

    def _read_many(self, at: int, _item: Item) -> int:
        if self.draft.counted or self.draft.distinct:
            self._lose(at, "one number at once")
            return at + 1
        self._take(at, "count")
        self._asks = "many"
        ahead = self._next(at, "distinct")
        if self._kind(ahead) != "entity" or self._valued(ahead):
            self.draft.counted = True
        return at + 1

    def _read_much(self, at: int, item: Item) -> int:
        ahead = self._items[self._next(at, "distinct")] if self._next(at, "distinct") < len(self._items) else item
        countable = ahead.kind == "entity" and not ahead.value.startswith("bytes")
        if self._said(at) == "how much" and (countable or ahead.plural):  # how much users
            return self._read_many(at, item)
        self._take(at, "sum")
        self._asks = "much"
        got = next((n for n in range(at, len(self._items) - 1) if self._said(n) in ("received", "downloaded")), None)
        if got is not None and self._kind(got + 1) == "prep" and self._items[got + 1].value == "by":  # how much was received by
            self._received = True
        return at + 1

    def _read_times(self, at: int, _item: Item) -> int:
        self._take(at, "filler")
        if self._compare is not None and self._window(at + 1):
            self._lose(at, "how often within so long, a correlation rule can say: docs/rules.md")
            return at + 1
        if self._compare is not None and self.draft.about == "alerts" and not self.draft.groups:
            op, number = self._compare
            self._compare = None
            self._want(at, "count", str(number), op)
        elif self._compare is not None:
            self._ordinary(self._items[at])
        elif self._asks == "many":
            self.draft.counted = True
        return at + 1

    def _window(self, at: int) -> bool:
        """Whether a length of time stands there that may be any: in 5 minutes, within an hour."""
        if self._kind(at) != "time":
            return False
        words = self._words[self._items[at].start : self._items[at].end]
        long = len(words) > 1 and (words[1].kind in ("number", "span") or words[1].low in self._lexicon.language.numbers)
        return words[0].low in ("in", "within") and long

    def _read_which(self, at: int, _item: Item) -> int:
        self._take(at, "which")
        if self._kind(self._next(at, "single", "distinct", "inside", "outside", "outcome", "level", "state", "type", "service")) in (
            "entity",
            "severity",
        ):
            self._asks = "which"
        return at + 1

    def _read_who(self, at: int, item: Item) -> int:
        attacked = self._topic("attack", "network", "web", "dns") or any(
            each.value.startswith("bytes") for each in self._items if each.kind == "entity"
        )
        before = next((each.kind for each in reversed(self._items[:at]) if each.kind != "filler"), "")
        ahead = self._next(at)
        if self._topic("mail") and (party := _PARTIES.get(self._words[min(item.end, len(self._words) - 1)].low)):
            self._take(at, f"by {party}")
            self._items[at + 1] = self._items[at + 1]._replace(kind="filler")
            self.draft.groups.append((party, at))
            return at + 1
        sums = self._kind(ahead) == "entity" and self._items[ahead].value.startswith("bytes")
        follows = self._kind(ahead) in ("top", "most", "entity") and not sums
        follows |= before in ("concept", "about", "entity") and self._next(at) < len(self._items)  # alerts who are not closed
        attacked = attacked or self._pages() or any(each.value == "attacker" for each in self._items)
        if follows or self._prep not in ("", "by") or any(self._items[n].kind == "many" for n in range(at)):
            self._take(at, "filler")
            return at + 1
        self._take(at, "by source" if attacked else "by user")
        changed = self._topic("iam") or any(each.value in ("added", "removed") for each in self._items)
        passive = changed and self._said(self._next(at) - 1) in ("was", "were", "got", "been", "is")
        if self._kind(self._next(at)) == "state":
            self._lose(at, "who changed a state stands in the audit log")
            return at + 1
        named = self._said(at) not in ("anyone", "anybody", "someone", "somebody")
        if named:
            self.draft.groups.append(("address" if attacked else "user" if passive else "actor", at))
        return at + 1

    def _read_when(self, at: int, _item: Item) -> int:
        self._take(at, "when")
        self._asks, self.draft.rows_at = "when", at
        return at + 1

    def _read_where_from(self, at: int, _item: Item) -> int:
        self._take(at, "by source")
        self.draft.groups.append(("address", at))
        return at + 1

    def _read_newest(self, at: int, item: Item) -> int:
        """`last 5 failed logins`, `the last login`, `last seen`."""
        if at and self._kind(at - 1) in (*MOST, "newest") and self._said(at) in ("first", "last"):  # rarest first
            self._take(at, "filler")
            return at + 1
        if self._said(at) in ("newest", "latest", "most recent") and at + 1 < len(self._items) and self._said(at + 1) == "first":
            self._take(at, "filler")  # as always
            self._take(at + 1, "filler")
            return at + 2
        if self._sort is not None:  # first and last
            self._lose(at, "one end at once")
            return at + 1
        ahead = self._next(at)
        number = int(self._items[ahead].value) if self._kind(ahead) == "number" else None
        if number is not None:
            self._take(ahead, "number")
        if self._number is not None and number is None:
            number = self._number[0]
            self._take(self._number[1], "number")
            self.draft.lost.pop(self._number[1], None)
        self._take(at, item.kind)
        self._sort, self.draft.rows_at = (item.kind == "newest", number), at
        return ahead + 1 if self._kind(ahead) == "number" else at + 1

    _read_oldest = _read_newest

    def _read_top(self, at: int, item: Item) -> int:
        """`top 10`, `5 most active`, `rarest`."""
        self._take(at, item.kind)
        ahead = self._next(at)
        number = None
        if self._kind(ahead) == "number" and item.kind != "most":
            number, at = int(self._items[ahead].value), ahead
            self._take(ahead, "number")
        elif self._number is not None:
            number = self._number[0]
            self._take(self._number[1], "number")
            self.draft.lost.pop(self._number[1], None)
        self.draft.least = item.kind == "least"
        self.draft.superlative = at
        self._superlative = (item.kind, at)
        if number is not None:
            self.draft.first = number
        elif self.draft.groups and not self._asked_plural and self._asks == "which":
            self.draft.first = 1
        else:
            self.draft.first = self.draft.first or -1
        return at + 1

    def _read_began(self, at: int, _item: Item) -> int:
        """`when did it begin`."""
        if self._asks != "when":
            self._lose(at)
            return at + 1
        self._take(at, "oldest")
        self.draft.rows, self.draft.rows_at = Rows(1, newest=False), at
        return at + 1

    def _read_extreme(self, at: int, item: Item) -> int:
        """`largest`: of entities those with the most; which of the records is so is not known."""
        if self._kind(self._next(at)) in ("entity", "number"):
            return self._read_top(at, item._replace(kind="top"))
        self._lose(at, "records are not listed by size")
        return at + 1

    _read_least = _read_top

    _read_most = _read_top

    def _read_distinct(self, at: int, _item: Item) -> int:
        self._take(at, "distinct")
        ahead = self._next(at)
        for_each = self._kind(self._next(ahead)) == "per" or (
            self._kind(self._next(ahead)) == "prep"
            and self._items[self._next(ahead)].value == "by"
            and self._kind(self._next(self._next(ahead))) == "entity"
        )
        if self._kind(ahead) == "entity" and (self._compare is not None or self._asks == "many" or for_each):
            self._attackers(ahead)
            self.draft.distinct = (self._items[ahead].value, ahead)
            self._take(ahead, self._items[ahead].value)
            self._ordinary(self._items[ahead])
            self.draft.counted = self.draft.counted and self._asks != "many"
            self._asks = ""
            self._done()
            return ahead + 1
        return at + 1

    def _read_single(self, at: int, item: Item) -> int:
        self._take(at, "filler")
        if self._compare is None and self._kind(at + 1) == "entity" and not self._valued(at + 1):
            self._single = True
        if self._kind(at - 1 if at else len(self._items)) == "cmp":
            return self._read_number(at, item._replace(value="1"))
        return at + 1

    def _read_compare(self, at: int, _item: Item) -> int:
        self._take(at, "compare")
        self.draft.compared = True
        self._joined = self._last is not None
        return at + 1

    def _read_every(self, at: int, item: Item) -> int:
        self._take(at, "over time")
        self.draft.every = int(item.value[:-1]) * UNITS[item.value[-1]]
        return at + 1

    def _read_over_time(self, at: int, _item: Item) -> int:
        self._take(at, "over time")
        self.draft.over_time = True
        return at + 1

    def _read_trend(self, at: int, _item: Item) -> int:
        """`did they go up`: against the time they are compared with, else over time."""
        self._take(at, "over time")
        self.draft.trend = True
        return at + 1

    def _read_both(self, at: int, _item: Item) -> int:
        """`both root and admin` are either; what somebody is to have done both, no single record tells."""
        if self._kind(self._next(at)) in ("outcome", "concept", "state", "technique", "tactic"):
            self._lose(at, "a search finds single records: ask for one, then for the other")
        else:
            self._take(at, "filler")
        return at + 1

    def _read_other(self, at: int, _item: Item) -> int:
        """`any other hosts besides web03`: which ones, the exception says."""
        if any(each.kind in ("except", "not") for each in self._items[at:]) or self._reached(at + 1):
            self._take(at, "filler")
        else:
            self._lose(at, "other than which?")
        return at + 1

    def _read_sort(self, at: int, _item: Item) -> int:
        """Groups come by number, records by time; there is no other order."""
        ahead = self._next(at)
        named = self._said(ahead) if ahead < len(self._items) else ""
        if self._kind(ahead) in ("many", "times") or named in (
            "number",
            "volume",
            "frequency",
            "most recent",
            "recent",
            "newest",
        ):
            self._take(at, "filler")
            self._take(ahead, "filler")
            return ahead + 1
        self._lose(at, "groups come by number, records by time")
        return at + 1

    def _read_per(self, at: int, _item: Item) -> int:
        self._take(at, "by")
        self._grouping = self._apiece = True
        return self._spanned(self._next(at)) or at + 1
