"""Names and literals: each goes where vedette.search.ask.slots finds that it belongs, or is told."""

from typing import Final

from vedette.search.ask.concepts import CONCEPTS, VERBS
from vedette.search.ask.draft import Want
from vedette.search.ask.items import Item, host_like
from vedette.search.ask.slots import Slots
from vedette.search.ask.walk import DID, INSIDE, PEOPLE, VALUES

_BEHIND: Final = frozenset(
    {"user-agent", "referrer", "container", "namespace", "region", "channel", "interface", "group", "method", "protocol", "domain"}
)
"""Entities that stand behind their value: the curl user agent."""


_BOXES: Final = frozenset({"server", "gateway", "firewall", "router", "proxy", "database", "db", "storage"})
"""Last words of what a machine is."""
_MEMBERS: Final = frozenset({"member-added", "member-removed"})
VERBAL: Final = frozenset({"mark", "will", "frank", "rose", "jack", "drew", "grant", "bill", "chase"})
"""First names that are other words, too."""
_TEXTS: Final = frozenset({"path", "word", "odd", "name", "option", "quoted", "program", "file", "and", "or", "comma"})
_SUPPOSED: Final = {"user": "a user", "command": "part of a command line", "user-agent": "a user agent"}


class Places(Slots):
    """Reads them. What is asked for by name of an entity reads vedette.search.ask.entities."""

    def _value(self, at: int, item: Item) -> int:
        if end := self._named_behind(at, item) or self._both_ways(at, item):
            return end
        before = next((each for each in reversed(self._items[:at]) if each.kind not in ("filler", "prep")), None)
        verb = item.kind == "person" and item.value in VERBAL and not item.capital and not self._prep
        if verb and before is not None and before.kind == "entity" and not self._field:  # did each analyst mark
            self._lose(at)
            return at + 1
        if self._prep == "by" and before is not None and before.kind == "state":
            self._lose(at, "who changed a state stands in the audit log")
            self._done()
            return at + 1
        if self._prep == "between":  # between A and the internet
            self._lose(at, "between two of a kind only: between 10.0.0.5 and 203.0.113.9")
            self._done()
            return at + 1
        slot = self._slot(at, item)
        if slot is None:
            return self._unknown(at, item)
        name, value, op = slot
        if name == "user" and not self._field and (item.whose or self._prep in ("of", "for", "to")):
            name = "account"
        self._want(at, name, value, op)
        return at + 1

    def _both_ways(self, at: int, item: Item) -> int | None:
        """`between A and B`: from one to the other."""
        second = at + 2
        if self._prep != "between" or self._kind(at + 1) != "and" or {item.kind, self._kind(second)} - {"address", "network"}:
            return None
        both = (item.value, self._items[second].value)
        self.draft.wants += [Want(slot, both, (at, second), self._negated) for slot in ("source", "destination")]
        for each in range(at, second + 1):
            self._take(each, "source and destination")
        self._done()
        return second + 1

    def _named_behind(self, at: int, item: Item) -> int | None:
        """The entity of a value behind it: the curl user agent, sqlmap as user agent."""
        ahead = at + 1
        if self._kind(ahead) == "prep" and self._items[ahead].value in ("as", "in") and item.kind != "quoted":
            ahead = self._next(ahead)
            if self._kind(ahead) != "entity" or self._items[ahead].value not in ("user-agent", "referrer"):
                return None
        named = self._items[ahead] if self._kind(ahead) == "entity" else None
        whose = item.kind in ("name", "account", "person") and self._fresh() is False
        behind = _BEHIND | {"user", "host"} if whose else _BEHIND
        many = named is not None and named.plural and not (item.kind == "glob" and named.value == "domain")
        if named is None or named.value not in behind or many or self._field:
            return None
        if named.value == "domain" and self._topic("mail") and self._party(item):
            self._want(at, self._party(item), f"*@{item.value}", "like")
        else:
            self._want(at, named.value, item.value, "like" if item.kind == "glob" else "is")
        for each in range(at + 1, ahead + 1):
            self._take(each, "filler")
        return ahead + 1

    def _read_endpoint(self, at: int, item: Item) -> int:
        """An address and a port."""
        address, _, port = item.value.rpartition(":")
        slot = {"from": "source", "by": "source", "to": "destination", "on": "here"}.get(self._prep, "either")
        port_slot = "source-port" if slot == "source" else "port"
        self._want(at, slot, address.strip("[]"))
        self._want(at, port_slot, port)
        return at + 1

    def _read_service_port(self, at: int, item: Item) -> int:
        """22/tcp."""
        port, transport = sorted(item.value.lower().split("/"))
        self._want(at, "source-port" if self._prep == "from" else "port", port)
        self._want(at, "transport", transport)
        return at + 1

    def _read_call(self, at: int, item: Item) -> int:
        """What a cloud was asked to do, by the name that its own records give it."""
        self._want(at, "call", item.value)
        behind = self._next(at)
        if self._kind(behind) == "calls" or (
            behind < len(self._items) and self._items[behind].value in ("api-call", "request", "events")
        ):
            self._take(behind, "filler")
            return behind + 1
        return at + 1

    def _unknown(self, at: int, item: Item) -> int:
        """A word that is no name: right before `alerts` or `messages` it is in their text, else it is lost."""
        ahead = at + 1
        while self._kind(ahead) == "word":
            ahead += 1
        taken = self._supposed(item)
        if taken:
            within = taken == "command"
            self._want(at, taken, f"*{item.value}*" if within else item.value, "like" if within else "is")
            self.draft.notes.append(f"{item.value}: taken for {_SUPPOSED[taken]}")
            return at + 1
        noun = self._items[ahead] if ahead < len(self._items) else None
        before = noun is not None and (
            (noun.kind == "about" and noun.value != "incidents") or noun.value in ("error", "warning")
        )
        if (
            item.kind == "word"
            and item.value not in self._lexicon.language.common
            and before
            and self._prep in ("", "with", "for", "about")
        ):
            self._want(at, "text", item.value)
            self.draft.notes.append(f"{item.value}: looked for in the text of the records")
            return at + 1
        if item.kind == "word" and at and self._kind(at - 1) == "concept" and self._items[at - 1].value in _MEMBERS:
            end = at + 1  # added to the group Backup Operators
            while item.capital and end < len(self._items) and self._items[end].capital:
                end += 1
            self._want(at, "group", " ".join(word.text for word in self._words[item.start : self._items[end - 1].end]))
            for each in range(at, end):
                self._take(each, "group")
            return end
        self._lose(at)
        self._prep, self._field = "", ""
        return at + 1

    def _quoted_in(self, at: int) -> int | None:
        """`with union select in the query string`, `mimikatz or sekurlsa in command lines`: the place behind it; None where
        it goes on otherwise."""
        texts: list[tuple[int, list[str], bool]] = [(at, [], False)]
        end = at
        while self._kind(end) in _TEXTS:
            joint = self._kind(end) in ("and", "or", "comma")
            if joint:
                texts.append((end + 1, [], self._kind(end) != "and"))
            else:
                text = self._items[end].value if self._kind(end) in ("quoted", "word") else self._said(end)
                texts[-1][1].append(text)
            end += 1
        end = end if self._kind(end) != "filler" else self._next(end)
        field = self._next(end) if self._kind(end) == "prep" and self._items[end].value in ("in", "on") else end
        led = field > end or self._prep == "with"  # not `unsigned executables`
        inside = self._kind(field) == "entity" and self._items[field].value in INSIDE
        if not led or not inside or not all(words for _, words, _ in texts):
            return None
        for each in range(at, field + 1):
            self._take(each, self._items[field].value)
        for start, words, either in texts:
            self._joined, self._either, self._prep = start > at, either, ""
            self._want(start, self._items[field].value, f"*{' '.join(words)}*", "like")
        return field + 1

    def _supposed(self, item: Item) -> str:
        """Where a word that nobody knows can hardly mean anything else: by X, with X behind a program. It is told."""
        known = self._lexicon.knows(item.value) and "-" not in item.value
        if item.kind != "word" or item.value in self._lexicon.language.common or known:
            return ""
        does = item.end < len(self._words) and self._words[item.end].low in DID
        if self._prep == "" and self._before(item) in DID and (does or self._topic("login", "iam", "process")):
            return "user"
        if self._prep in ("by", "as") and not item.value.endswith("s") and self._topic("login", "iam", "process"):
            return "user"
        if self._prep in ("by", "from") and item.capital and self._topic("web") and not item.whose:
            return "user-agent"
        if item.value.endswith(("bot", "spider", "crawler")) and self._topic("web", "network"):
            return "user-agent"
        program = any(each.kind in ("program", "file") for each in self._items)
        return "command" if self._prep == "with" and program else ""

    def _read_text(self, at: int, _item: Item) -> int:
        """`containing X`: of the field before it, else of the record."""
        self._take(at, "text")
        ahead = self._next(at, "both")
        if ahead >= len(self._items) or self._items[ahead].kind in ("prep", "and", "or", "comma"):
            self._lose(at)
            return at + 1
        item = self._items[ahead]
        for between in range(at + 1, ahead):
            self._take(between, "filler")
        text, end = item.value if item.kind in VALUES else self._said(ahead), ahead + 1
        while item.kind == "word" and self._kind(end) == "word":
            text += f" {self._items[end].value}"
            self._take(end, "text")
            end += 1
        field = self._field
        while True:
            if field:
                self._want(ahead, field, f"*{text}*", "like")
            else:
                self._want(ahead, "text", text)
            again = end + 1
            if self._kind(end) not in ("and", "or", "comma") or self._kind(again) not in ("word", "quoted", "odd", "option"):
                return end
            self._take(end, self._kind(end))
            self._joined, self._either, self._field = True, self._kind(end) != "and", ""
            ahead, text, end = again, self._items[again].value, again + 1

    def _read_ran(self, at: int, _item: Item) -> int:
        """`ran X`: the next word is a program; `was run by bob`: any process."""
        ahead = self._next(at)
        self._take(at, "process")
        kind = self._kind(ahead)
        thing = VERBS.get((self._items[ahead].value, "started")) if kind == "thing" else None
        if thing:
            self.draft.concepts.append((thing, self._negated, at, False))
            self._take(ahead, thing)
            return ahead + 1
        if self._started(at, kind):
            return at + 1
        if self.draft.about == "incidents" and self._said(at) in ("start", "started"):
            self.draft.began = True
            self._take(at, "begin")
            return at + 1
        before = next((each for each in reversed(self._items[:at]) if each.kind != "filler"), None)
        if before is not None and (before.kind, before.value) == ("entity", "container"):
            self._lose(at, "when containers start, no event tells")
            return at + 1
        if kind in ("word", "name", "file", "path", "quoted", "glob"):
            self._want(ahead, "program", self._items[ahead].value)
            return ahead + 1
        if kind not in ("program", "concept", "service", "type", "call") and not any(
            each.kind in ("program",) or (each.kind == "concept" and CONCEPTS[each.value].topic == "process")
            for each in self._items
        ):
            self.draft.concepts.append(("process", False, at, False))
        return at + 1

    def _started(self, at: int, kind: str) -> bool:
        """Whether what stands before it did so to the processes that are looked for: what processes did x.exe start."""
        want = self._last
        asked = any(each.value == "process" for each in self._items[: max(at - 1, 0)] if each.kind in ("concept", "entity"))
        if want is None or want.slot != "program" or want.at != (at - 1,) or not asked or kind in VALUES | {"program"}:
            return False
        self.draft.wants.remove(want)
        self._last = want._replace(slot="parent")
        self.draft.wants.append(self._last)
        return True

    def _read_type(self, at: int, item: Item) -> int:
        if self._prep == "parent":
            self._want(at, "parent", self._said(at))
            return at + 1
        ahead = at + 1
        named = self._kind(ahead) == "name" and host_like(self._items[ahead].value)
        boxes = self._said(at).endswith(("servers", "gateways", "firewalls")) and self._prep == "on"
        if boxes and self._topic("login", "process", "iam", "service") and not self._topic("web", "network", "dns", "mail"):
            self._lose(at, "which machines are such, no record tells: name them")
            self._done()
            return at + 1
        judged = any(each.kind in ("tactic", "technique", "level") or each.value == "alerts" for each in self._items)
        if named and self._said(at).split()[-1] in _BOXES and (judged or self._topic("login", "process", "iam", "attack")):
            self._take(at, "filler")  # what the host is
            return at + 1
        self._want(at, item.kind, item.value)
        return at + 1

    def _read_service(self, at: int, item: Item) -> int:
        if self._prep == "parent":
            self._want(at, "parent", self._said(at))
            return at + 1
        if self._became():
            self._want(at, "effective-user", self._said(at))
            return at + 1
        if self._prep == "by" and self._topic("process") and not self._field:
            self._lose(at, f"say user {self._said(at)}, or parent {self._said(at)}")
            return at + 1
        if self._negated and self._topic("process"):  # processes that are not cron
            self._want(at, "program", self._said(at))
            return at + 1
        login = self._topic("login")
        if item.value in ("postgresql", "mysql", "mongodb", "redis") and (
            self._field == "user" or (login and self._prep in PEOPLE)
        ):
            self._want(at, "user", self._said(at))
        else:
            self._want(at, item.kind, item.value)
        return at + 1

    def _read_tool(self, at: int, _item: Item) -> int:
        """Tools and families of malware: by their name in the text, whatever tells of them."""
        said = self._said(at)
        self._want(at, "text", said)
        self.draft.notes.append(f"{said}: looked for in the text of the records")
        return at + 1

    def _read_program(self, at: int, item: Item) -> int:
        if end := self._named_behind(at, item):
            return end
        if self._field or self._topic("web"):
            self._want(at, self._field or "user-agent", item.value)
            return at + 1
        self._want(at, self._actor(), item.value)
        return at + 1
