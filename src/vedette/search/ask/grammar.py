"""Items to a draft, from left to right. A preposition tells what the next name is; a name goes to the nearest slot that
fits; what fits nowhere is told."""

from typing import Final, cast

from vedette.model.query import Rows
from vedette.search.ask.concepts import ENTITIES
from vedette.search.ask.draft import TOP, Draft
from vedette.search.ask.items import Item
from vedette.search.ask.kinds import Kinds
from vedette.search.ask.walk import VALUES

METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND"})


RECORD_TYPES: Final = frozenset({"AAAA", "MX", "TXT", "NS", "SOA", "SRV", "PTR", "ANY", "CNAME", "AXFR", "HINFO", "CAA", "NULL"})
_ASKING: Final = frozenset({"tell", "ask", "make", "have", "want", "need", "get", "order", "remember", "try"})
"""How orders begin that name somebody: tell X to ..."""


class Grammar(Kinds):
    """Reads the items of one question."""

    def read(self) -> Draft:
        """All of them."""
        at = 0
        while at < len(self._items):
            item = self._items[at]
            self._ordered(at, item)
            at = self._one(at, item)
        self._end()
        return self.draft

    @property
    def defines(self) -> bool:
        """Whether it is asked what something is: what is a port scan."""
        lows = [word.low for word in self._words[:3]]
        return (lows[1:2] == ["is"] and lows[2:] in (["a"], ["an"])) or lows[:2] in (["whats", "a"], ["what's", "a"])

    def _ordered(self, at: int, item: Item) -> None:
        """An order: a verb at the beginning, or behind `and`."""
        before = [each for each in self._items[:at] if each.kind not in ("filler", "time", "comma")]
        asked = self._items[0].start < len(self._words) and self._words[0].low in _ASKING
        if asked and self._kind(at - 1) == "prep" and self._said(at - 1) == "to" and self._said(at) in self._lexicon.orders:
            self.order = self._said(at)  # tell nginx to drop
        if self.order or self._method(at, item) or (before and not (self._joined and before[-1].kind == "and")):
            return
        for end in (at + 2, at + 1):
            if before and end >= len(self._items):
                continue  # `excluding monitoring and backup`: an order has something that it is about
            told = self._said(at) in ("deny", "block") and self._kind(at + 1) in ("thing", "about")  # deny logs of fw-01
            if told:
                continue
            if end <= len(self._items) and self._said(at, end) in self._lexicon.orders and self._kind(end) != "prep":
                self.order = self._said(at, end)

    def _one(self, at: int, item: Item) -> int:
        if self._method(at, item):
            said = self._said(at).upper()
            self._want(at, "method", said if said in METHODS else said[:-1])
            return at + 1
        if self._record_type(item):
            self._want(at, "record-type", self._said(at).upper())
            return at + 1
        within = item.kind in ("path", "word", "odd", "name", "option", "quoted", "program", "file") and not self._field
        if within and (end := self._quoted_in(at)):
            return end
        last = self._last
        if last and self._joined and not self._prep and self._said(at)[0] == "-" and last.slot == "command":
            return self._value(at, item._replace(kind="option", value=self._said(at)))  # -w or -enc
        reader = getattr(self, f"_read_{item.kind.replace('-', '_')}", None)
        if reader is not None:
            return cast("int", reader(at, item))
        if item.kind in VALUES:
            return self._value(at, item)
        self._lose(at)
        return at + 1

    def _method(self, at: int, item: Item) -> bool:
        """Whether a word is a method of HTTP: written so, or before `requests`."""
        text = self._words[item.start].text
        text = text[:-1] if text[:-1].isupper() and text.endswith("s") else text  # POSTs
        ahead = self._items[at + 1] if at + 1 < len(self._items) else None
        asked = ahead is not None and ahead.kind == "concept" and ahead.value == "request"
        return item.end == item.start + 1 and text.upper() in METHODS and (asked or (text.isupper() and len(text) > 2))

    def _record_type(self, item: Item) -> bool:
        """Whether a word is the type of a question of DNS: MX lookups."""
        text = self._words[item.start].text
        if item.end != item.start + 1 or text.upper() not in RECORD_TYPES or not self._topic("dns"):
            return False
        return text.isupper() or text.lower() not in ("any", "a")

    def _read_time(self, at: int, _item: Item) -> int:
        """What vedette.search.ask.times has read."""
        self._take(at, "time")
        if self._negated:
            self._lose(self._negation, "all times but one cannot be asked for")
            self._negated = self._excepting = False
        return at + 1

    def _read_filler(self, at: int, _item: Item) -> int:
        if self._said(at) == "raised" and self.draft.about == "incidents":
            self.draft.began = True
        mine = self._said(at) == "my" and self._kind(self._next(at)) in ("about", "state", "level")
        if mine:
            self._lose(at, "say whose: assigned to alice")
        else:
            self._take(at, "filler")
        return at + 1

    def _read_logged(self, at: int, _item: Item) -> int:
        """`errors logged by nginx`; of people it says half of what they did."""
        if self._topic("login") or not any(each.kind in ("person", "account") or each.value == "user" for each in self._items):
            self._take(at, "filler")
        else:
            self._lose(at, "logged in, or logged out?")
        return at + 1

    def _read_pronoun(self, at: int, _item: Item) -> int:
        """`alice and her logins`: of whom was named before."""
        if any(each.kind in ("person", "name", "account", "mail") or each.value == "user" for each in self._items[:at]):
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

    def _read_family(self, at: int, _item: Item) -> int:
        """`ipv6` says nothing before an address."""
        named = any(each.kind in ("address", "network") for each in self._items)
        if named or self._kind(self._next(at)) == "entity":
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

    def _read_comma(self, at: int, _item: Item) -> int:
        self._take(at, "filler")
        return self._join(at)

    def _read_and(self, at: int, _item: Item) -> int:
        self._take(at, "and")
        return self._join(at)

    def _join(self, at: int) -> int:
        self._joined = True
        self._negated |= self._excepting  # except A and B: neither
        return at + 1

    def _read_or(self, at: int, item: Item) -> int:
        self._either = True
        return self._read_and(at, item)

    def _read_sign(self, at: int, item: Item) -> int:
        if item.value in ("<", ">", "<=", ">="):
            return self._read_cmp(at, item)
        self._take(at, "filler")
        if item.value == "!=":
            self._negated, self._negation = True, at
        return at + 1

    def _read_not(self, at: int, _item: Item) -> int:
        self._take(at, "not")
        self._negated, self._negation = True, at
        self._joined = False
        return at + 1

    def _read_except(self, at: int, item: Item) -> int:
        self._excepting = True
        return self._read_not(at, item)

    def _read_prep(self, at: int, item: Item) -> int:
        asked = any(name in ("domain", "url") for name, _ in self.draft.groups)
        if "ask" in self._said(at) and self._kind(self._next(at)) == "prep" and not asked:
            self._lose(at)
            return at + 1
        self._take(at, "filler")
        self._excepting &= self._negated  # except root on web01: the exception is over
        if self._said(at) == "at" and self._prep in ("from", "to") and self._kind(at - 1) in ("who", "filler"):
            self._take(at, "filler")  # from anyone at example.org
            return at + 1
        self._joined = False
        self._grouping = item.value == "by" and self._kind(self._next(at)) in ("entity", "severity", "unit")
        self._prep = "for" if item.value == "assigned" and self._topic("iam") else item.value  # rights assigned to bob
        if item.value == "by" and (end := self._spanned(self._next(at))):
            return end
        if item.value == "in" and (end := self._buckets(self._next(at))):
            return end
        if self._prep == "assigned" and self._kind(self._next(at)) not in (
            "word",
            "person",
            "account",
            "name",
            "mail",
            "quoted",
        ):
            self._lose(at, "whose it is, is not known")
        return at + 1

    def _buckets(self, at: int) -> int | None:
        """`in 10 minute intervals`."""
        ahead = next((n for n in range(at, min(at + 3, len(self._items))) if self._kind(n) == "interval"), None)
        return self._spanned(at) if ahead is not None else None

    def _read_calls(self, at: int, _item: Item) -> int:
        """Behind the name of a call, `_read_call` has read it; beside a cloud, all that it is asked are calls."""
        clouds = ("region", "cloud-account", "namespace")
        if any(each.kind == "format" or (each.kind == "entity" and each.value in clouds) for each in self._items):
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

    def _read_interval(self, at: int, _item: Item) -> int:
        """Behind a length of time, `_spanned` has read it."""
        self._lose(at)
        return at + 1

    def _read_span(self, at: int, _item: Item) -> int:
        """`5m buckets`."""
        end = self._spanned(at) if self._kind(at + 1) == "interval" else None
        if end is None:
            self._lose(at)
        return end or at + 1

    def _read_subnet(self, at: int, _item: Item) -> int:
        near = [self._kind(at - 1) if at else "", self._kind(self._next(at))]
        if {"network", "address"} & set(near):
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

    def _read_format(self, at: int, item: Item) -> int:
        self._want(at, "format", item.value)
        return at + 1

    def _read_transport(self, at: int, item: Item) -> int:
        self._want(at, "transport", item.value)
        return at + 1

    def _read_proto(self, at: int, item: Item) -> int:
        self._want(at, "protocol", item.value)
        return at + 1

    def _read_server(self, at: int, _item: Item) -> int:
        """What a host is that is named behind it: the domain controller dc02."""
        if self._kind(at + 1) == "name":
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

    def _read_unit(self, at: int, _item: Item) -> int:
        self._lose(at)
        return at + 1

    def _end(self) -> None:
        draft = self.draft
        if self._negated:
            self._lose(self._negation)
        asked = {name for name, _ in (*draft.groups, *filter(None, (draft.distinct,)))}
        if "visitor" in asked and draft.topic != "web":  # who visits, sends requests
            draft.concepts.append(("request", False, -1, False))
        if self._sort is not None:
            newest, number = self._sort
            draft.rows = draft.rows or Rows(number or 1, newest)
        if "when" in self.meanings.values() and draft.rows is None:
            draft.rows = Rows(TOP)
        if self._compare is not None:
            draft.having = self._compare
        if draft.having and self._beside_kind and not (draft.groups or draft.distinct):  # user that failed more than 5 times
            draft.groups.append(self._beside_kind)
        if draft.first == -1:
            draft.first = TOP if self._asked_plural or self._asks != "which" else 1
        if draft.compared and not draft.groups:
            self._compare_values()

    def _compare_values(self) -> None:
        """`compare root and admin`: by what has two values."""
        for want in self.draft.wants:
            if len(want.values) > 1 and want.slot in ENTITIES:
                self.draft.groups.append((want.slot, want.at[0]))
                return
