"""Users, hosts, ports: before a value they say what it is; alone, what is counted by."""

from typing import Final

from vedette.search.ask.concepts import CONCEPTS, ENTITIES
from vedette.search.ask.draft import TOP, Want
from vedette.search.ask.items import Item
from vedette.search.ask.places import VERBAL, Places
from vedette.search.ask.walk import DID, INSIDE, VALUES

_ANY_HOSTS: Final = frozenset({"hosts", "machines", "systems", "computers", "devices", "endpoints", "boxes"})
"""All of them, while servers are only some."""
_ANY_VALUE: Final = frozenset({"parent", "hash", "site", "domain", "technique", "log-file", "rule", "reason", "action"})
"""Entities, beside those that are texts, that a path or a hash may be the value of."""
_PRODUCTS: Final = frozenset({"oracle", "tomcat", "jenkins", "git", "hadoop", "ansible", "nagios", "vagrant", "ubuntu", "debian", "centos"})
"""Accounts that are called like programs."""
_MAILBOXES: Final = frozenset({"info", "report", "help"})
"""Small words that are common accounts."""
_NAMED_HOSTS: Final = frozenset({"host", "hostname", "host name", "machine", "server", "computer", "workstation", "laptop"})
"""Words for machines that may stand before a name that is a word."""
_SAME: Final = frozenset({("outcome", "outcome"), ("status", "state"), ("status", "outcome"), ("state", "state")})
"""Entities before a word that can be nothing else: status open, outcome=failure."""


class Entities(Places):
    """Reads them."""

    def _value(self, at: int, item: Item) -> int:
        role = item.kind == "account" and item.value in ("admin", "operator", "tester")
        if role and not item.plural and self._kind(at - 1 if at else 0) == "which":
            return self._group(at, item._replace(value="actor"))
        product = item.kind == "account" and item.value in _PRODUCTS and not self._prep and not self._field and not item.whose
        if product and not self._topic("login", "iam", "process"):
            self._lose(at, f"a user, or a program? say user {item.value}")
            return at + 1
        if item.kind == "account" and item.plural:
            self._lose(at, "who is one, no record tells: say user admin")
            return at + 1
        return super()._value(at, item)

    def _valued(self, at: int) -> int | None:
        """Where the value of the entity stands; None when there is none."""
        ahead = at + 1
        while ahead < len(self._items) and (
            (self._kind(ahead) == "sign" and self._items[ahead].value == "=")
            or self._said(ahead) in self._lexicon.copulas
            or (self._kind(ahead) == "filler" and self._said(ahead) in ("the", "a"))
        ):
            ahead += 1
        kind = self._kind(ahead)
        item = self._items[at]
        if kind == "empty" or (kind == "word" and self._said(at) in ("people", "person", "persons", "system")):
            return None
        if item.value == "status" and kind in ("odd", "name") and self._said(ahead).lower().startswith("0x"):
            return ahead
        if item.value == "title" and kind not in ("", "filler", "prep", "about", "cmp", "not", "except", "and", "or"):
            return ahead
        if kind == "filler" and item.value == "user" and not item.plural and self._said(ahead) in _MAILBOXES:
            return ahead
        if kind not in VALUES | {"service", "type", "program", "level"}:
            return None
        if kind in ("path", "url", "hash", "option", "technique") and item.value not in INSIDE | _ANY_VALUE:
            return None
        if ENTITIES[item.value].numeric:
            return ahead if kind in ("number", "status") else None
        if kind == "number" and item.value not in ("user-id", "rule", "cloud-account"):
            cloud = item.value == "user" and len(self._items[ahead].value) == 12  # an account of AWS
            return ahead if cloud else None
        if kind in ("service", "type", "program") and item.value not in (
            "user",
            "service",
            "process",
            "protocol",
            "container",
            "user-agent",
            "group",
        ):
            return None
        before = self._words[item.start - 1].low if item.start else ""
        adverb = self._items[ahead].value.endswith("ly") or before in ("any", "every", "all", "each", "some")
        if kind == "word" and (item.plural or adverb or self._items[ahead].value in self._lexicon.language.common):
            return None
        if kind == "level" and item.value != "level":
            return None
        if kind == "word" and item.value == "host" and self._said(at) not in _NAMED_HOSTS:  # dc replication
            return None
        if kind == "person" and self._items[ahead].value in VERBAL and before in ("each", "every", "any"):
            return None
        if kind == "word" and (self._asks == "which" or self._superlative) and self._fresh():
            did = {word.low for word in self._words[max(item.start - 2, 0) : item.start]} & DID
            return ahead if did and not self._lexicon.knows(self._said(ahead)) else None
        return ahead

    def _whose(self, item: Item, value: Item) -> str:
        """The entity that a value belongs to: an account may be that of a cloud, or the one that was changed."""
        if item.value == "status" and value.kind in ("odd", "name"):
            return "reason"
        if item.value == "user" and value.kind == "number":
            return "cloud-account"
        return "account" if item.value == "user" and self._topic("iam") and self._prep != "by" else item.value

    def _heads(self, at: int) -> bool:
        """Whether the entity is what is asked for: which users, top addresses, per host."""
        item = self._items[at]
        sums = item.value.startswith("bytes") and self._asks == "many"
        asked = self._asks in ("which", "much") and not (self._asks == "which" and self.draft.groups)
        if self._grouping or self._single or asked or sums or (self._superlative is not None and not self.draft.groups):
            return True
        if self._asks == "many" and not self.draft.counted:
            return True
        fresh = self._fresh() or [name for name, *_ in self.draft.concepts] == ["attack"]
        return (
            fresh
            and not self.draft.groups
            and (item.plural or self._kind(self._next(at)) not in ("concept", "about", "outcome", "sort"))
        )

    def _read_entity(self, at: int, item: Item) -> int:
        if self._said(at).startswith(("from ", "to ")) and not self._topic("mail"):  # no senders: from addresses
            self._prep = self._said(at).split()[0]
            item = self._items[at] = item._replace(value="destination" if self._prep == "to" else "address")
        if item.value == "group" and not self._grouping and (end := self._named_group(at)):
            return end
        if self._said(at) in ("send", "sends", "sent", "sending") and self._topic("mail"):
            self._take(at, "filler")
            return at + 1
        ahead = self._valued(at)
        if self._kind(self._next(at)) in ("begins", "ends") and self._kind(self._next(self._next(at))):
            return self._part(at, item)
        windows = self._topic("login") or any(want.slot == "event-id" for want in self.draft.wants)
        if item.value == "category" and self._kind(self._next(at)) == "number" and windows:
            item = self._items[at] = item._replace(value="logon-type")
            ahead = self._valued(at)
        empty = self._next(at, "sign")
        if self._kind(empty) == "empty" and self._kind(self._next(empty)) != "entity":
            return self._blank(at, empty)
        ahead_ = self._next(at, "sign")
        if (item.value, self._kind(ahead_)) in _SAME:
            self._take(at, "filler")
            return at + 1
        loud = self._words[item.start].text == "SYSTEM" and not all(word.text.isupper() for word in self._words)
        if self._said(at) == "system" and (self._prep in ("by", "as") or loud):
            self._want(at, "user", "system")
            return at + 1
        self._attackers(at)
        behind = self._next(at)
        if item.value == "category" and self._kind(behind) == "concept" and CONCEPTS[self._items[behind].value].topic == "attack":
            self._take(at, "filler")  # attacks of type sql injection
            return at + 1
        most = any(each.kind in ("most", "least", "top") for each in self._items[at:])
        counted = at > 0 and self._kind(at - 1) == "most" and item.plural and not item.value.startswith("bytes")
        if counted and self.draft.groups and item.value not in {name for name, _ in self.draft.groups} and not self.draft.distinct:
            self._take(at, item.value)  # which address tried the most users
            self.draft.distinct = (item.value, at)
            return at + 1
        if item.value.startswith("bytes") and self.draft.groups and most and not self.draft.summed:
            self._take(at, item.value)  # who sends the most data
            self.draft.summed = (item.value, at)
            return at + 1
        if item.value.startswith("bytes") and self.draft.summed:
            self._take(at, item.value)
            self.draft.summed = (item.value, at) if item.value != "bytes" else self.draft.summed
            return at + 1
        if ENTITIES[item.value].numeric and self._kind(self._next(at, "named")) in ("cmp", "sign"):
            self._take(at, item.value)
            self._field = item.value
            return at + 1
        if ahead is not None:
            self._take(at, item.value)
            self._field = self._whose(item, self._items[ahead])
            if self._items[ahead].kind in ("word", "program", "service", "type", "filler") or item.value == "title":
                canonical = item.value == "service" or self._items[ahead].kind == "word"
                self._want(ahead, self._field, self._items[ahead].value if canonical else self._said(ahead))
                return ahead + 1
            for between in range(at + 1, ahead):
                self._take(between, "filler")
            if ENTITIES[item.value].numeric and self._items[ahead].kind == "number":
                return ahead  # 500 or higher
            return self._value(ahead, self._items[ahead])
        if self._kind(self._next(at)) == "text":
            self._take(at, item.value)
            self._field = item.value
            return at + 1
        last = self.draft.wants[-1] if self.draft.wants else None
        if self._prep == "in" and last is not None and last.slot == "text" and item.value in INSIDE:
            values = tuple(f"*{value}*" for value in last.values)
            self.draft.wants[-1] = last._replace(slot=item.value, values=values, op="like")
            self._take(at, item.value)
            self._done()
            return at + 1
        said = self._items[at - 1] if at else item
        if item.value == "title" and self._prep == "in" and self.draft.about == "incidents" and self.draft.concepts:
            self._take(at, "filler")  # a kind of attack is looked for there
            return at + 1
        rule = item.value == "rule" and said.kind == "concept" and CONCEPTS[said.value].topic == "attack"
        encoded = item.value == "command" and any(name == "encoded-command" for name, *_ in self.draft.concepts)
        if rule or encoded:  # the port scan rule; -enc in the command line
            self._take(at, "filler")
            return at + 1
        guessed = item.value == "attacker" and self._prep == "by" and bool(self.draft.groups) and self._kind(at - 2) == "concept"
        theirs = item.value == "user" and said.kind == "concept" and CONCEPTS[said.value].topic in ("login", "iam")
        if guessed or (theirs and not self._grouping and not self._negated):  # locked out accounts
            self._take(at, "filler")
            return at + 1
        if self._negated:  # without a user
            self.draft.wants.append(Want(item.value, (), (at,), negated=True))
            self._take(at, item.value)
            self._done()
            return at + 1
        if self._heads(at) or (self.draft.groups and said.kind == "which"):  # and over what ports
            return self._group(at, item)
        behind = self._next(at, "named")
        if self._kind(behind) in ("not", "except"):
            self._take(at, item.value)
            self._field = item.value
            return at + 1
        if self._kind(behind) == "outside" and self._prep and item.value in ("address", "source", "host", "attacker", "destination"):
            self._take(at, "filler")  # from addresses outside 192.0.2.0/24
            return at + 1
        if self._kind(behind) in ("concept", "about", "outcome") and not item.plural and not self._prep:
            self._take(at, "filler")
            self._beside_kind = self._beside_kind or (item.value, at)
            return at + 1
        if self._joined and self.draft.groups and self._last is None:
            return self._group(at, item)
        if self._superlative is not None and self.draft.first == -1 and not self.draft.groups:
            return self._group(at, item)
        if self._said(at) in _ANY_HOSTS and self._prep == "on":
            self._take(at, "filler")
            return at + 1
        apart = at > 0 and self._kind(at - 1) in ("time", "comma", "option", "program")
        shown = at > 0 and said.kind == "concept" and CONCEPTS[said.value].topic in ("attack", "web", "process", "dns")
        shown |= at > 0 and said.kind in ("type", "service") and item.value == "user"  # vpn users
        shown = shown and (at < 2 or self._kind(at - 2) != "prep") and item.value in ("host", "user", "address", "source")
        if item.plural and (apart or shown) and self._next(at, "time") >= len(self._items):  # failed logins 24h, users?
            return self._group(at, item)
        before = [self._said(n) for n in range(max(at - 2, 0), at)]
        if any(word in ("all", "any", "every", "our", "my", "the") for word in before) and item.value in (
            "user",
            "host",
            "address",
        ):
            self._take(at, "filler")
            return at + 1
        self._lose(at)
        return at + 1

    def _named_group(self, at: int) -> int:
        """Reads the name of a group of several words behind an item; 0 where there is none."""
        end = self._capitals(at + 1)
        if end:
            self._want(at, "group", " ".join(word.text for word in self._words[self._items[at].end : self._items[end - 1].end]))
            for each in range(at, end):
                self._take(each, "group")
        return end

    def _capitals(self, at: int) -> int:
        """Where a name of several words ends, each with a capital letter; 0 where there is none: the group VPN Users."""
        end = at
        while end < len(self._items):
            words = self._words[self._items[end].start : self._items[end].end]
            if not all(word.text[:1].isupper() for word in words):
                break
            end += 1
        return end if end > at + 1 else 0

    def _attackers(self, at: int) -> None:
        """Attackers, and whom they attack, are those of alerts."""
        if self._said(at).startswith(("attacked ", "targeted ", "victim")) and not any(each.kind == "concept" for each in self._items):
            self.draft.concepts.append(("attack", False, at, False))
        if self._items[at].value == "attacker" and not any(CONCEPTS[name].topic == "attack" for name, *_ in self.draft.concepts):
            self.draft.concepts.append(("attack", False, at, False))

    def _read_empty(self, at: int, _item: Item) -> int:
        """`an empty user agent`; `whose user agent is empty` reads `_read_entity`."""
        ahead = self._next(at)
        if self._kind(ahead) == "entity" and self._valued(ahead) is None:
            return self._blank(ahead, at)
        self._lose(at)
        return at + 1

    def _blank(self, entity: int, empty: int) -> int:
        name = self._items[entity].value
        self.draft.wants.append(Want(name, (), (entity, empty), negated=not self._negated))
        for each in range(min(entity, empty), max(entity, empty) + 1):
            self._take(each, name)
        self._done()
        return max(entity, empty) + 1

    def _read_begins(self, at: int, _item: Item) -> int:
        """Behind an entity, `_part` has read it; behind what is looked for, it is said of its name."""
        topic = next((CONCEPTS[name].topic for name, *_ in reversed(self.draft.concepts)), "")
        name = {"dns": "domain", "web": "url", "process": "process", "file": "file", "login": "user"}.get(topic)
        if name is None or not self._kind(self._next(at)):
            self._lose(at)
            return at + 1
        return self._affixed(at, name)

    _read_ends = _read_begins

    def _part(self, at: int, item: Item) -> int:
        """`hosts starting with pos-`."""
        self._take(at, item.value)
        return self._affixed(self._next(at), item.value)

    def _affixed(self, how: int, name: str) -> int:
        """What a value begins or ends with, or several of them."""
        self._take(how, name)
        what = self._next(how)
        while True:
            text = self._words[self._items[what].start].text.strip("\"'")
            self._want(what, name, f"{text}*" if self._kind(how) == "begins" else f"*{text}", "like")
            behind = self._next(what)
            again = self._next(behind)
            if self._kind(behind) not in ("or", "comma") or self._kind(again) not in VALUES:
                return what + 1
            self._take(behind, "or")
            self._joined, what = True, again

    def _reached(self, at: int) -> bool:
        """Whether hosts are those at the other end: contacted by 10.0.0.5, which hosts did 10.0.0.5 talk to."""
        behind = self._next(at)
        then = self._next(behind)
        if self._kind(behind) in ("address", "network"):
            return self._before(self._items[behind]) in DID and self._connects(then)
        by = self._kind(then) == "prep" and self._items[then].value == "by"
        return self._connects(behind) and by and self._kind(self._next(then)) in ("address", "network")

    def _connects(self, at: int) -> bool:
        return self._kind(at) == "reach" or (self._kind(at) == "concept" and self._items[at].value == "connection")

    def _suffers(self, at: int) -> bool:
        """Whether an attack is done to what stands there: which addresses were scanned."""
        behind = self._next(at)
        attack = self._kind(behind) == "concept" and CONCEPTS[self._items[behind].value].topic == "attack"
        passive = (
            self._words[self._items[behind].start - 1].low in ("was", "were", "got", "been", "being")
            if attack
            else False
        )
        return passive and self._said(behind).endswith("ed")

    def _group(self, at: int, item: Item) -> int:
        name = item.value
        if name == "score":
            self._lose(at, "incidents are not listed by score")
            return at + 1
        if name == "host" and self._reached(at):
            name = "destination"
        if name == "address" and self._suffers(at):
            name = "destination"
        theirs = self._joined and self._before(item) in ("their", "its")  # top attackers and their targets
        if (theirs or (self._grouping and self._apiece)) and self.draft.groups and self._superlative is not None:
            self._lose(at, "the most of each cannot be asked for: ask for one of them")
            return at + 1
        self._take(at, f"by {name}")
        self._grouping = self._kind(at + 1) in ("and", "comma") and self._grouping
        self._single = False
        if name.startswith("bytes"):
            self.draft.summed = ("bytes-received" if name == "bytes" and self._received else name, at)
            self._asks = "" if self._asks in ("much", "many") else self._asks
            return at + 1
        if self._asks == "many" and not self.draft.counted:
            self.draft.distinct = (name, at)
            self._asks = ""
            return at + 1
        self.draft.groups.append((name, at))
        self._asked_plural = item.plural
        if self.draft.first == -1:
            self.draft.first = TOP if item.plural or self._superlative is None or self._asks != "which" else 1
        self._last = None
        return at + 1
