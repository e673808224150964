"""Items to a draft, from left to right. A preposition tells what the next name is; a name goes to the nearest slot that
fits; what fits nowhere is told."""

from typing import Final, cast

from vedette.model.attack import TACTICS
from vedette.model.query import Rows
from vedette.model.stored import About
from vedette.search.ask.concepts import CONCEPTS, ENTITIES, VERBS, clauses
from vedette.search.ask.draft import TOP, Draft, Want
from vedette.search.ask.items import Item
from vedette.search.ask.measures import Measures
from vedette.search.ask.walk import DID, VALUES

METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND"})


RECORD_TYPES: Final = frozenset({"AAAA", "MX", "TXT", "NS", "SOA", "SRV", "PTR", "ANY", "CNAME", "AXFR", "HINFO", "CAA", "NULL"})
_ASKING: Final = frozenset({"tell", "ask", "make", "have", "want", "need", "get", "order", "remember", "try"})
"""How orders begin that name somebody: tell X to ..."""
_MADE: Final = frozenset({"user-added", "group-added", "service-installed", "task-created", "file-created", "member-added"})


class Grammar(Measures):
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

    def _ordered(self, at: int, item: Item) -> None:
        """An order: a verb at the beginning, or behind `and`."""
        before = [each for each in self._items[:at] if each.kind != "filler"]
        asked = self._items[0].start < len(self._words) and self._words[0].low in _ASKING
        if asked and self._kind(at - 1) == "prep" and self._said(at - 1) == "to" and self._said(at) in self._lexicon.orders:
            self.order = self._said(at)  # tell nginx to drop
        if self.order or self._method(at, item) or (before and not (self._joined and before[-1].kind == "and")):
            return
        for end in (at + 2, at + 1):
            if before and end >= len(self._items):
                continue  # `excluding monitoring and backup`: an order has something that it is about
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

    def _read_queue(self, at: int, _item: Item) -> int:
        """`in Marek's queue`."""
        whose = self._items[at - 1] if at else None
        if whose is not None and whose.whose:
            self.draft.wants = [want for want in self.draft.wants if want.at != (at - 1,)]
            self.draft.lost.pop(at - 1, None)
            self._want(at - 1, "assignee", self._words[whose.start].low)
            self._take(at, "assignee")
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
        self._prep = item.value
        if item.value == "by" and (end := self._spanned(self._next(at))):
            return end
        if item.value == "in" and (end := self._buckets(self._next(at))):
            return end
        if item.value == "assigned" and self._kind(self._next(at)) not in (
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

    def _read_console(self, at: int, _item: Item) -> int:
        """The console of a cloud, beside its name."""
        if not self._topic("login"):
            return self._value(at, self._items[at]._replace(kind="word", value="console"))
        if any(each.kind == "format" for each in self._items):
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

    def _read_calls(self, at: int, _item: Item) -> int:
        """Behind the name of a call, `_read_call` has read it; beside a cloud, all that it is asked are calls."""
        if any(each.kind == "format" for each in self._items):
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

    def _read_reach(self, at: int, _item: Item) -> int:
        """`connected to`: connections, and where they led."""
        self.draft.concepts.append(("connection", self._negated, at, self._joined))
        self._take(at, "connection")
        self._done()
        self._prep = "to"
        return at + 1

    def _read_touch(self, at: int, _item: Item) -> int:
        """`accessed` is said of files and pages; alone it says too little. Incidents are opened."""
        if self._began(at):
            return at + 1
        if self._topic("login") or any(
            each.kind in ("path", "file", "url", "quoted") or each.value in ("file", "url") for each in self._items
        ) or (self._said(at) in ("touch", "touched") and (self.draft.groups or self.draft.distinct)):
            self._take(at, "filler")
        elif self._said(at) == "open" and self._kind(self._next(at)) in ("about", "level", "concept", "state", ""):
            return self._read_state(at, self._items[at]._replace(kind="state", value="open"))
        else:
            self._lose(at)
        return at + 1

    def _began(self, at: int) -> bool:
        """Whether it says that incidents began."""
        began = self._said(at) in ("opened", "created") and any(each.value == "incidents" for each in self._items)
        if began:
            self.draft.began = True
            self._take(at, "begin")
        return began

    def _read_verb(self, at: int, item: Item) -> int:
        """What is done to something that was named; `paired` has joined those that stand together."""
        if item.value == "added" and self._began(at):
            return at + 1
        ahead = self._next(at, "prep")
        if item.value == "added" and ahead < len(self._items) and self._items[ahead].value == "role":
            return self._read_concept(at, item._replace(kind="concept", value="member-added"))
        if item.value == "restarted" and not any(each.value == "service" for each in self._items):
            return self._read_concept(at, item._replace(kind="concept", value="reboot"))
        registry = item.value == "changed" and any(name in ("registry", "run-key") for name, *_ in self.draft.concepts)
        if registry or (self._said(at) == "made" and self.draft.concepts):  # connections made by
            self._take(at, "filler")
            return at + 1
        told = {name for (_, verb), name in VERBS.items() if verb == item.value}
        before = self.draft.concepts[-1][0] if self.draft.concepts else ""
        thing = next((thing for (thing, _), name in VERBS.items() if name == before), "")
        if self._joined and (thing, item.value) in VERBS:  # user creations and deletions
            return self._read_concept(at, item._replace(kind="concept", value=VERBS[thing, item.value]))
        if any(
            each.kind == "concept" and (each.value in told or (CONCEPTS[each.value].topic == "iam" and not self._joined))
            for each in self._items
        ):
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

    def _read_subnet(self, at: int, _item: Item) -> int:
        near = [self._kind(at - 1) if at else "", self._kind(self._next(at))]
        if {"network", "address"} & set(near):
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

    def _read_thing(self, at: int, item: Item) -> int:
        """`logs` are records, as long as nobody does something to them."""
        if item.value == "password" and any(each.kind == "outcome" for each in self._items):
            return self._read_concept(at, item._replace(kind="concept", value="login"))
        if item.value == "role" and {"member-added", "member-removed"} & {name for name, *_ in self.draft.concepts}:
            self._want(at, "group", self._said(at))
            return at + 1
        if item.value == "log":
            return self._read_about(at, item._replace(value="events"))
        self._lose(at)
        return at + 1

    def _read_type(self, at: int, item: Item) -> int:
        if item.value == "dns" and self._prep != "parent" and not self._topic("login", "network"):
            return self._read_concept(at, item._replace(kind="concept", value="dns"))
        return super()._read_type(at, item)

    def _read_format(self, at: int, item: Item) -> int:
        self._want(at, "format", item.value)
        return at + 1

    def _read_about(self, at: int, item: Item) -> int:
        about = cast("About", item.value)
        if self.draft.about not in (None, about, "events") and self._joined and at and self._kind(at - 1) in ("and", "or"):
            self._lose(at, "alerts or incidents: one of them at once")
            return at + 1
        self._take(at, about)
        named = self._items[at + 1] if at + 1 < len(self._items) else None
        if about == "incidents" and not item.plural and named is not None and named.kind in ("number", "odd", "hash", "name"):
            self._want(at + 1, "incident", named.value)
            self.draft.about = self.draft.about or about
            return at + 2
        if self._negated:  # no events: a query finds records, not where there are none
            self._lose(self._negation)
            self._negated = False
        if self.draft.about is None or (self.draft.about == "events" and about != "events"):
            self.draft.about = about
        self._ordinary(item)
        return at + 1

    def _logs(self) -> bool:
        """Whether how much is logged is asked for: then a program is one that writes."""
        named = any((each.kind == "thing" and each.value == "log") or (each.kind == "about" and self._said(at).startswith("log"))
                    for at, each in enumerate(self._items))  # fmt: skip
        return named and any(each.kind in ("most", "least", "top", "many", "much", "per") for each in self._items)

    def _read_concept(self, at: int, item: Item) -> int:
        if item.value == "file" and self._kind(self._next(at)) == "hash":
            self._take(at, "filler")
            return at + 1
        if item.value == "execution" and any(each.kind in ("program", "file") for each in self._items):
            self._take(at, "process")
            return at + 1
        if item.value == "process" and self._logs() and (self._prep == "by" or self._kind(at - 1) in ("which", "top", "most", "per")):
            return self._group(at, item._replace(kind="entity", value="program"))
        actor = self._kind(self._next(at)) in ("program", "file") and self._topic("file", "network", "dns")
        if item.value == "process" and self._prep == "by" and actor:  # files created by the process x.exe
            self._take(at, "filler")
            return at + 1
        if item.value == "scan" and self._prep == "by" and self._said(at).startswith("scanner"):
            return self._group(at, item._replace(kind="entity", value="source"))
        other = self._or_before(at)
        same = {(ENTITIES["service"].events,)} == self._fields(item.value)  # su or sudo
        if other is not None and any(other in w.at and not (same and w.slot == "service") for w in self.draft.wants):
            self._lose(at, "either of two kinds of things cannot be asked for: ask for one of them")
            self._done()
            return at + 1
        judged = CONCEPTS[item.value].topic == "attack"
        named = self._or_before(at, "or", "and", "comma") if judged else None
        if named is not None and self._kind(named) in ("tactic", "technique"):
            self._lose(at, "one kind of alert at once: ask for the other by itself")
            self._done()
            return at + 1
        before = self.draft.concepts[-1][0] if self.draft.concepts and (self._either or (self._joined and judged)) else ""
        if before and self._fields(before) != self._fields(item.value):
            self._lose(at, "one kind of record at once: ask for the other by itself")
            self._done()
            return at + 1
        if item.value == "dns" and any(name == "dns" for name, *_ in self.draft.concepts):
            self._take(at, "dns")
            return at + 1
        self._take(at, item.value)
        self.draft.said[at] = self._said(at)
        if self.draft.summed and item.value in ("upload", "download"):  # how much data did it upload
            self.draft.summed = ("bytes-sent" if item.value == "upload" else "bytes-received", at)
            self._done()
            return at + 1
        if item.value == "connection" and self._prep == "by" and self._superlative is not None:
            self.draft.summed = ("bytes", at)
            self._done()
            return at + 1
        if item.value == "connection" and self._asks == "much":  # how much traffic
            self.draft.summed, self._asks = ("bytes", at), ""
        never = self._said(self._negation) in ("never", "didn't", "didnt") or item.value == "logged-in" or self.draft.groups
        if self._negated and never and not self._excepting:
            self._lose(self._negation, "a search finds records, not where there are none")
        elif self._asks == "much":  # how much did the firewall block
            self._asks = "many"
        if item.value == "blocked-connection" and self._said(at).startswith("block"):
            self.draft.notes.append("blocked by a firewall; vedette blocklist tells what Vedette blocks")
        self.draft.concepts.append((item.value, self._negated, at, self._joined))
        self._done()
        self._last = None
        self._ordinary(item)
        return at + 1

    @staticmethod
    def _fields(concept: str) -> set[tuple[str, ...]]:
        """By which records of a kind are told: of two kinds that are told by the same, either can be asked for."""
        told = CONCEPTS[concept]
        return {clause.fields for clause in clauses(told.events or told.alerts or "")}

    def _read_outcome(self, at: int, item: Item) -> int:
        if self._said(at) == "ok" and not at:  # OK, show me ...
            self._take(at, "filler")
            return at + 1
        self._want(at, "outcome", item.value)
        return at + 1

    def _read_tactic_word(self, at: int, _item: Item) -> int:
        near = {self._kind(self._next(at)), self._kind(at - 1) if at else ""}
        if near & {"tactic", "concept"}:
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

    def _read_called(self, at: int, _item: Item) -> int:
        """`processes called X`."""
        named = self.draft.concepts[-1][0] if self.draft.concepts else ""
        topic = CONCEPTS[named].topic if named and "task" not in named else ""
        field = {"process": "process", "login": "user", "iam": "user", "file": "file", "service": "service"}.get(
            topic, ""
        )
        if field and self._kind(self._next(at)) in VALUES | {"program", "service"}:
            self._take(at, "filler")
            self._field = field
        else:
            self._lose(at)
        return at + 1

    def _read_transport(self, at: int, item: Item) -> int:
        self._want(at, "transport", item.value)
        return at + 1

    def _read_proto(self, at: int, item: Item) -> int:
        self._want(at, "protocol", item.value)
        return at + 1

    def _read_state(self, at: int, item: Item) -> int:
        ahead = self._next(at, "prep")
        if self._said(at) == "new" and any(each.value in _MADE for each in self._items if each.kind == "concept"):
            self._take(at, "filler")
            return at + 1
        if self._said(at) == "open" and self._before(item) in ("we", "they", "did") and self.draft.about == "incidents":
            self.draft.began = True  # how many incidents did we open
            self._take(at, "begin")
            return at + 1
        if item.value == "closed" and any(want.slot == "state" for want in self.draft.wants):
            self._take(at, "filler")  # false positives closed this week
            return at + 1
        if item.value == "closed" and ahead > at + 1 and self._kind(ahead) == "state":  # closed as a false positive
            self._take(at, "filler")
            return at + 1
        did = any(word.low in DID for word in self._words[: item.start])
        if self._said(at) == "open" and did and any(name == "session" for name, *_ in self.draft.concepts):
            self._take(at, "filler")  # how many sessions did web01 open
            return at + 1
        if self._said(at) == "open" and self._kind(self._next(at)) in ("path", "file", "url"):
            self._take(at, "filler")
            return at + 1
        self._want(at, "state", item.value)
        return at + 1

    def _read_silenced(self, at: int, _item: Item) -> int:
        self.draft.wants.append(Want("silence", (), (at,), negated=self._negated))
        self._take(at, "silence")
        self._done()
        return at + 1

    def _read_me(self, at: int, _item: Item) -> int:
        """Who asks, a question does not say."""
        self._lose(at, "say whose: assigned to alice")
        return at + 1

    def _read_unassigned(self, at: int, _item: Item) -> int:
        ahead = self._next(at)
        if self._said(at) == "not assigned" and self._kind(ahead) == "prep" and self._items[ahead].value == "to":
            self._take(at, "not")
            self._negated, self._negation, self._prep = True, at, "assigned"
            self._take(ahead, "filler")
            return ahead + 1
        self.draft.wants.append(Want("assignee", (), (at,), negated=True))
        self._take(at, "assignee")
        return at + 1

    def _read_tactic(self, at: int, item: Item) -> int:
        slug = next((tactic.slug for tactic in TACTICS if item.value.upper() == tactic.id), item.value)
        if any(slug == tactic.slug for tactic in TACTICS):
            self._want(at, "tactic", slug)
        else:
            self._lose(at)
        return at + 1

    def _read_technique(self, at: int, item: Item) -> int:
        self._want(at, "technique", item.value.upper().removesuffix(".*"))
        return at + 1

    def _read_cve(self, at: int, item: Item) -> int:
        self._want(at, "text", item.value.upper())
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
