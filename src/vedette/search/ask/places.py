"""Names and literals, and where they belong: by the preposition before them, the entity beside them, and their looks."""

import re
from typing import Final

from vedette.search.ask.concepts import CONCEPTS
from vedette.search.ask.draft import Want
from vedette.search.ask.items import MACHINES, Item, host_like, surely_host
from vedette.search.ask.walk import DID, INSIDE, PEOPLE, VALUES, Walk
from vedette.search.ask.words import looks

_BEHIND: Final = frozenset(
    {"user-agent", "referrer", "container", "namespace", "region", "channel", "interface", "group", "method", "protocol", "domain"}
)
"""Entities that stand behind their value: the curl user agent."""


_DOCUMENTS: Final = (".doc", ".docx", ".xls", ".xlsx", ".xlsm", ".pdf", ".zip", ".rar", ".7z", ".iso", ".conf", ".log")
"""Ends of names of files that are no programs."""
_TEXTS: Final = frozenset({"path", "word", "odd", "name", "option", "quoted", "program", "file", "and", "or", "comma"})
_PRODUCTS: Final = frozenset({"s3", "ec2", "route53", "log4j2", "smbv1", "smb1", "ipv4", "ipv6", "v1", "v2", "v3", "oauth2", "base64"})
"""What looks like the name of a machine, and is none."""
_SUPPOSED: Final = {"user": "a user", "command": "part of a command line", "user-agent": "a user agent"}
_INTERFACE: Final = re.compile(r"(eth|ens|eno|enp|wlan|wlp|wan|lan|tun|tap|wg|ppp|br|bond|vlan|igb|em|ix)\d[\w.]{0,12}", re.ASCII)
REGION: Final = re.compile(r"[a-z]{2}(-gov)?-(north|south|east|west|central)(east|west)?-\d", re.ASCII)
"""A region of AWS."""


class Places(Walk):
    """Reads them. What is asked for by name of an entity reads vedette.search.ask.entities."""

    def _value(self, at: int, item: Item) -> int:
        if end := self._named_behind(at, item) or self._both_ways(at, item):
            return end
        before = next((each for each in reversed(self._items[:at]) if each.kind not in ("filler", "prep")), None)
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
        if named is None or named.value not in behind or named.plural or self._field:
            return None
        self._want(at, named.value, item.value)
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
            and self._items[at].end == self._items[at + 1].start
        ):
            self._want(at, "text", item.value)
            self.draft.notes.append(f"{item.value}: looked for in the text of the records")
            return at + 1
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

    def _before(self, item: Item) -> str:
        return self._words[item.start - 1].low if item.start else ""

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
        program = any(each.kind in ("program", "file") for each in self._items)
        return "command" if self._prep == "with" and program else ""

    def _slot(self, at: int, item: Item) -> tuple[str, str, str] | None:
        """Where a value belongs: slot, value, comparison."""
        kind, value = item.kind, item.value
        named = self._field
        last = self._last
        if not named and not self._prep and self._joined and last is not None and self._alike(last, item):
            within = last.op == "like" and last.slot in INSIDE and kind != "glob"
            return last.slot, f"*{value}*" if within else value, last.op
        if kind in ("address", "network"):
            if named in ("address", "source", "attacker"):
                slot = (
                    {"to": "destination", "on": "here", "in": "either"}.get(self._prep, "source")
                    if named == "address" and self._prep != "from"
                    else "source"
                )
                return (slot if self._prep or named != "address" else "either"), value, "is"
            if named in ("destination", "host"):
                here = named == "host" and self._prep not in ("from", "by")
                return ("here" if here else "source" if named == "host" else named), value, "is"
            arrow = self._kind(at + 1) == "prep" and self._items[at + 1].value == "to"
            if not self._prep and arrow and self._kind(at + 2) in ("address", "network", "endpoint"):
                return "source", value, "is"  # 10.0.0.5 to 10.0.0.9
            places = {"from": "source", "by": "source", "of": "source", "to": "destination", "on": "here"}
            did = {self._said(n) for n in (at - 1, at + 1) if 0 <= n < len(self._items)} & DID
            return places.get(self._prep, "source" if did and not self._prep else "either"), value, "is"
        if kind == "quoted":
            person = self._prep in PEOPLE and self._topic("login", "iam", "process")
            return named or ("user" if person else "host" if self._prep == "on" else "text"), value, "is"
        if kind == "glob":
            bare = value.strip("*?.")
            if not named and looks(f"x.{bare.rpartition('.')[2]}") == "file":
                return "url" if self._topic("web") else "file", value, "like"
            if not named and "." in value and bare.rpartition(".")[2].isalpha():
                return "domain", value, "like"
            if not named and bare.replace(".", "").isdigit():
                places = {"from": "source", "by": "source", "of": "source", "to": "destination", "on": "here"}
                return places.get(self._prep, "either"), value, "like"
            slot = (
                named
                or ("host" if bare in MACHINES else self._named_slot(item))
                or ("user" if self._prep in PEOPLE else "host" if self._prep == "on" else "")
            )
            return (slot, value, "like") if slot else None
        if kind == "hash" and len(value) != 64:
            return "text", value, "is"
        if named and kind in (
            "name",
            "odd",
            "person",
            "account",
            "word",
            "mail",
            "domain",
            "file",
            "hash",
            "url",
            "path",
            "number",
            "status",
            "level",
        ):
            if kind == "account" and "\\" in value:
                value = value.rpartition("\\")[2]
            if kind == "path" and named in ("url", "file"):
                return "path" if named == "url" else named, value, "is"
            return named, value, "is"
        if kind == "option" and not self._topic("process") and named != "command":
            return None
        if kind == "option" and (not named or named == "command"):
            return "command", f"*{value}*", "like"
        if kind == "path" and self._prep in ("from", "in") and self._topic("process") and self.draft.topic != "file":
            return "process", f"{value}*", "like"
        if kind == "path" and any(each.kind == "prep" and each.value == "parent" for each in self._items):
            return "process", value, "is"
        fixed = {"technique": "technique", "hash": "hash", "path": "path"}
        if kind in fixed:
            return (
                (fixed[kind] if kind != "hash" or len(value) == 64 else "text"),
                value.upper() if kind == "technique" else value,
                "is",
            )
        if kind == "url":
            return "text", value, "is"
        if kind == "mail":
            topic = any(each.kind == "concept" and CONCEPTS[each.value].topic == "mail" for each in self._items)
            return (
                ("sender" if self._prep in ("from", "by") else "recipient" if self._prep in ("to", "for") else "text")
                if topic
                else "user",
                value,
                "is",
            )
        if kind == "file" and self.draft.topic == "dns" and self._prep != "by":
            return "domain", value.lower(), "is"
        if kind == "file" and (
            (self.draft.topic == "file" and self._prep not in ("by", "parent")) or value.lower().endswith(_DOCUMENTS)
        ):
            return "file", value, "is"
        if kind == "file":
            web = value.lower().endswith((".php", ".asp", ".aspx", ".jsp", ".cgi"))
            return (
                ("url", f"*/{value}", "like")
                if web
                else (self._actor(), value, "is")
            )
        if kind == "domain" and surely_host(value.partition(".")[0]) and self._before(item) in DID:
            return "host", value, "is"
        person = self._topic("login", "iam", "process") and not self._topic("dns", "web", "mail")
        if kind == "domain" and (self._before(item) in DID or (person and self._prep in ("", *PEOPLE))):
            return "user", value, "is"
        if kind == "domain" and self._topic("mail") and self._prep in ("from", "by", "to", "for"):
            return ("sender" if self._prep in ("from", "by") else "recipient"), f"*@{value}", "like"
        if kind == "domain" and self._prep == "on" and self._topic("web"):
            return "domain", value, "is"
        if kind == "domain":
            there = self._prep in ("on", "of", "from") and not self._topic("dns", "web", "mail")
            return "host" if there else "domain", value, "is"
        if self._prep == "parent" and kind in ("word", "name"):
            return "parent", value, "is"
        if item.whose and kind == "word" and self._topic("login", "iam", "process"):
            return "user", value, "is"
        slot_ = self._named_slot(item)
        return (slot_, value.rpartition("\\")[2] if kind == "account" else value, "is") if slot_ else None

    def _alike(self, last: Want, item: Item) -> bool:
        """Whether it continues the list that `last` began."""
        addresses = ("source", "destination", "either", "here")
        if item.kind in ("address", "network"):
            return last.slot in addresses
        if item.kind in ("person", "account"):
            return last.slot in ("user", "account", "assignee")
        if item.kind == "name":
            return last.slot in ("user", "account", "host", "peer-name", "assignee")
        if item.kind == "glob":
            return last.op == "like" and last.slot in ("domain", "file", "url", "source", "destination", "either", "host", "user")
        if last.slot in ("program", "parent") and self._either:
            return item.kind in ("word", "name", "file")
        if last.op == "like" and last.slot in INSIDE and last.values[-1].endswith("*"):
            return item.kind in ("odd", "option", "quoted", "word", "name", "file", "person", "number")
        if item.kind == "word":
            return (
                last.slot in ("user", "account", "host", "program", "text") and self._items[last.at[-1]].kind == "word"
            )
        if item.kind == "odd":
            return last.slot in ("text", "command")
        return (item.kind, last.slot) in {
            ("domain", "domain"),
            ("file", "parent"),
            ("path", "path"),
            ("hash", "hash" if len(item.value) == 64 else "text"),
            ("file", "program"),
            ("quoted", "text"),
            ("status", "status"),
            ("technique", "technique"),
        }

    def _became(self) -> bool:
        """Whether a name behind `to` is whom somebody became: su to root."""
        return self._prep == "to" and (
            any(name == "sudo" for name, *_ in self.draft.concepts)
            or any(want.slot == "service" and want.values[0] in ("su", "doas") for want in self.draft.wants)
        )

    def _named_slot(self, item: Item) -> str:
        """User or host, by the preposition and the looks of the name; "" when it may be anything."""
        name, kind = item.value, item.kind
        if self._became() or self._before(item) in ("got", "get", "became", "become", "gained"):
            return "effective-user"
        if name in _PRODUCTS:
            return ""
        if self._prep == "assigned":
            return "assignee"
        if name == "nobody" and not (self._prep in ("by", "as") and self._topic("process", "login")):
            return ""  # mostly the pronoun
        if kind in ("person", "account"):
            return "user"
        if REGION.fullmatch(name):
            return "region"
        if _INTERFACE.fullmatch(name) and self._topic("network"):
            return "interface"
        if self._known("host.name", name):
            return "host"
        if self._known("user.name", name):
            return "user"
        if kind == "odd":
            return "user" if self._prep in ("by", "as") else ""
        if kind in ("name", "glob"):
            if self._prep == "in" and self._topic("process", "file"):
                return ""  # a folder
            blocks = self._topic("network") or any(each.value.startswith(("blocked", "bytes")) for each in self._items)
            if self._prep == "by" and blocks and surely_host(name):
                return "host"
            if self._prep in ("by", "as") or (
                self._prep in PEOPLE and self._topic("login", "iam") and not surely_host(name)
            ):
                return "user"
            left = any(told == "logout" for told, *_ in self.draft.concepts)  # log off from
            if host_like(name):
                return "peer-name" if self._prep == "from" and not left else "host"
            return "user"
        if (self._prep in ("on", "to") and host_like(name)) or name.partition("-")[0] in MACHINES:
            return "host" if self._prep != "from" else "peer-name"
        if item.capital and self._prep in PEOPLE and self._topic("login", "iam", "process"):
            return "user"
        return ""

    def _read_text(self, at: int, _item: Item) -> int:
        """`containing X`: of the field before it, else of the record."""
        self._take(at, "text")
        ahead = self._next(at)
        if ahead >= len(self._items) or self._items[ahead].kind in ("prep", "and", "or", "comma"):
            self._lose(at)
            return at + 1
        item = self._items[ahead]
        for between in range(at + 1, ahead):
            self._take(between, "filler")
        text, end = item.value if item.kind in VALUES else self._said(ahead), ahead + 1
        while (
            item.kind == "word"
            and end < len(self._items)
            and self._items[end].kind == "word"
            and self._items[end].start == self._items[end - 1].end
        ):
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

    def _read_program(self, at: int, item: Item) -> int:
        if end := self._named_behind(at, item):
            return end
        if self._field or self._topic("web"):
            self._want(at, self._field or "user-agent", item.value)
            return at + 1
        self._want(at, self._actor(), item.value)
        return at + 1

    def _actor(self) -> str:
        """What a program is: behind `started by` a parent; of what is told of files and connections the one that did it."""
        did = self._topic("file", "network", "dns") or any(each.value == "registry" for each in self._items)
        return "parent" if self._prep == "parent" or (self._prep == "by" and not did) else "program"
