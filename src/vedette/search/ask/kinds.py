"""Kinds of records, by what is told of them and by what was done to something."""


from vedette.search.ask.concepts import CONCEPTS, ENTITIES, VERBS, clauses
from vedette.search.ask.items import Item
from vedette.search.ask.judgements import Judgements
from vedette.search.ask.walk import VALUES


class Kinds(Judgements):
    """Reads them."""

    def _read_console(self, at: int, _item: Item) -> int:
        """The console of a cloud, beside its name."""
        if not self._topic("login"):
            return self._value(at, self._items[at]._replace(kind="word", value="console"))
        if any(each.kind == "format" for each in self._items):
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

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

    def _read_verb(self, at: int, item: Item) -> int:
        """What is done to something that was named; `paired` has joined those that stand together."""
        if item.value == "added" and self._began(at):
            return at + 1
        ahead = self._next(at, "prep")
        if item.value == "added" and ahead < len(self._items) and self._items[ahead].value == "role":
            return self._read_concept(at, item._replace(kind="concept", value="member-added"))
        if item.value == "restarted" and not any(each.value == "service" for each in self._items):
            return self._read_concept(at, item._replace(kind="concept", value="reboot"))
        registry = item.value in ("changed", "added") and any(name in ("registry", "run-key") for name, *_ in self.draft.concepts)
        made = self._said(at) == "made" and any(each.kind == "concept" for each in self._items)
        if registry or made:  # connections made by
            self._take(at, "filler")
            return at + 1
        told = {name for (_, verb), name in VERBS.items() if verb == item.value}
        before = self.draft.concepts[-1][0] if self.draft.concepts else ""
        thing = next((thing for (thing, _), name in VERBS.items() if name == before), "")
        if before == "file" and ("file", item.value) in VERBS:  # files ending in .sh created
            _, no, where, joined = self.draft.concepts.pop()
            self.draft.concepts.append((VERBS["file", item.value], no, where, joined))
            self._take(at, "file")
            return at + 1
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

    def _read_thing(self, at: int, item: Item) -> int:
        """`logs` are records, as long as nobody does something to them."""
        if item.value == "password" and any(each.kind == "outcome" for each in self._items):
            return self._read_concept(at, item._replace(kind="concept", value="login"))
        if item.value == "role" and {"member-added", "member-removed"} & {name for name, *_ in self.draft.concepts}:
            self._want(at, "group", self._said(at))
            return at + 1
        if item.value == "role" and not item.plural and self._kind(at + 1) == "name" and self._said(at).endswith("account"):
            self._take(at, "filler")  # the service account svc_report
            return at + 1
        if item.value == "log":
            return self._read_about(at, item._replace(value="events"))
        self._lose(at)
        return at + 1

    def _read_type(self, at: int, item: Item) -> int:
        if item.value == "dns" and self._prep != "parent" and not self._topic("login", "network"):
            return self._read_concept(at, item._replace(kind="concept", value="dns"))
        return super()._read_type(at, item)

    def _logs(self) -> bool:
        """Whether how much is logged is asked for: then a program is one that writes."""
        named = any((each.kind == "thing" and each.value == "log") or (each.kind == "about" and self._said(at).startswith("log"))
                    for at, each in enumerate(self._items))  # fmt: skip
        return named and any(each.kind in ("most", "least", "top", "many", "much", "per") for each in self._items)

    def _read_concept(self, at: int, item: Item) -> int:
        asked = self.draft.topic == "web" and not self._joined and any(want.slot == "url" for want in self.draft.wants)
        if item.value == "file" and (asked or self._kind(self._next(at)) == "hash"):
            self._take(at, "filler")
            return at + 1
        if item.value == "execution" and any(each.kind in ("program", "file") for each in self._items):
            self._take(at, "process")
            return at + 1
        if item.value == "failed-user":  # the failed logins, by user
            self.draft.concepts.append(("failed-user", self._negated, at, False))
            return self._group(at, item._replace(kind="entity", value="user"))
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
        suffers = item.value == "attack" and self._before(item) in ("was", "were", "got", "gets", "is") and self._said(at).endswith("ed")
        if suffers and self._kind(0) == "which" and not self.draft.groups and self._kind(self._next(at)) in ("most", "least"):
            self.draft.groups.append(("destination", at))  # what was attacked most
        self.draft.said[at] = self._said(at)
        if self.draft.summed and item.value in ("upload", "download"):  # how much data did it upload
            self.draft.summed = ("bytes-sent" if item.value == "upload" else "bytes-received", at)
            self._done()
            return at + 1
        counted = any(self._kind(n) == "many" for n in range(max(at - 2, 0), at))
        if item.value == "connection" and self._prep == "by" and self._superlative is not None and not counted:
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
        if item.value in ("member-added", "member-removed") and "group" in self._said(at):
            return self._named_group(at) or at + 1
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

    def _read_delivery(self, at: int, _item: Item) -> int:
        self._lose(at, "what became of mail, records do not tell: only what was refused")
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
