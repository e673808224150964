"""Where a name or literal belongs: by the preposition before it, the entity beside it, and its looks."""

import re
from typing import Final

from vedette.search.ask.concepts import CONCEPTS
from vedette.search.ask.draft import Want
from vedette.search.ask.items import MACHINES, Item, host_like, surely_host
from vedette.search.ask.walk import DID, INSIDE, PEOPLE, Walk
from vedette.search.ask.words import looks

_DOCUMENTS: Final = (".doc", ".docx", ".xls", ".xlsx", ".xlsm", ".pdf", ".zip", ".rar", ".7z", ".iso", ".conf", ".log")
"""Ends of names of files that are no programs."""
_PRODUCTS: Final = frozenset({"s3", "ec2", "route53", "log4j2", "smbv1", "smb1", "ipv4", "ipv6", "v1", "v2", "v3", "oauth2", "base64"})
"""What looks like the name of a machine, and is none."""
_PAGES: Final = frozenset({"wp-login", "wp-admin", "wp-content", "wp-json", "xmlrpc", "cgi-bin", "phpinfo"})
"""Well-known parts of paths on the web."""
_FILES: Final = frozenset({"authorized_keys", "id_rsa", "id_ed25519", "known_hosts", "bash_history"})
_ROLES: Final = frozenset({"svc", "adm", "sa", "admin", "batch", "ext", "da", "app"})
"""Beginnings of names of accounts: svc-backup."""
_INTERFACE: Final = re.compile(r"(eth|ens|eno|enp|wlan|wlp|wan|lan|tun|tap|wg|ppp|br|bond|vlan|igb|em|ix)\d[\w.]{0,12}", re.ASCII)
REGION: Final = re.compile(r"[a-z]{2}(-gov)?-(north|south|east|west|central)(east|west)?-\d", re.ASCII)
"""A region of AWS."""


_PLACES: Final = {"from": "source", "by": "source", "of": "source", "to": "destination", "on": "here"}
"""Of addresses, by the preposition before them."""
_NAMED: Final = frozenset(
    {"name", "odd", "person", "account", "word", "mail", "domain", "file", "hash", "url", "path", "number", "status", "level"}
)
"""Kinds of values that may stand behind the name of any entity."""
_WEB: Final = (".php", ".asp", ".aspx", ".jsp", ".cgi", ".html", ".htm")
"""Ends of names of pages."""


class Slots(Walk):
    """Finds it."""

    def _before(self, item: Item) -> str:
        return self._words[item.start - 1].low if item.start else ""

    def _slot(self, at: int, item: Item) -> tuple[str, str, str] | None:
        """Where a value belongs: slot, value, comparison."""
        kind, value, named = item.kind, item.value, self._field
        last = self._last
        if not named and not self._prep and self._joined and last is not None and self._alike(last, item):
            within = last.op == "like" and last.slot in INSIDE and kind != "glob"
            return last.slot, f"*{value}*" if within else value, last.op
        if kind in ("address", "network"):
            return self._of_address(at), value, "is"
        if kind == "quoted":
            person = self._prep in PEOPLE and self._topic("login", "iam", "process")
            return named or ("user" if person else "host" if self._prep == "on" else "text"), value, "is"
        if kind == "glob":
            return self._of_glob(item)
        if not named and (known := self._well_known(item)):
            return known
        if kind == "hash" and len(value) != 64:
            return "text", value, "is"
        if named and kind in _NAMED:
            if kind == "path" and named in ("url", "file"):
                return "path" if named == "url" else named, value, "is"
            return named, value.rpartition("\\")[2] if kind == "account" else value, "is"
        if kind == "option" and not self._topic("process") and named != "command":
            return None
        if kind == "option" and (not named or named == "command"):
            return "command", f"*{value}*", "like"
        if kind in ("technique", "hash"):
            return kind, value.upper() if kind == "technique" else value, "is"
        if kind == "path":
            return self._of_path(value)
        if kind == "url":
            return "text", value, "is"
        if kind == "mail":
            topic = any(each.kind == "concept" and CONCEPTS[each.value].topic == "mail" for each in self._items)
            return (self._party(item) or "text") if topic else "user", value, "is"
        if kind == "file":
            return self._of_file(value)
        if kind == "domain":
            return self._of_domain(item)
        if self._prep == "parent" and kind in ("word", "name"):
            return "parent", value, "is"
        if item.whose and kind == "word" and self._topic("login", "iam", "process"):
            return "user", value, "is"
        slot = self._named_slot(item)
        return (slot, value.rpartition("\\")[2] if kind == "account" else value, "is") if slot else None

    def _of_address(self, at: int) -> str:
        """By the word before it: from, to, on; the host that it is, or the attacker."""
        named = self._field
        if named in ("address", "source", "attacker"):
            there = {"to": "destination", "on": "here", "in": "either"}.get(self._prep, "source")
            slot = there if named == "address" and self._prep != "from" else "source"
            return slot if self._prep or named != "address" else "either"
        if named == "host":
            return "here" if self._prep not in ("from", "by") else "source"
        if named == "destination":
            return named
        arrow = self._kind(at + 1) == "prep" and self._items[at + 1].value == "to"
        if not self._prep and arrow and self._kind(at + 2) in ("address", "network", "endpoint"):
            return "source"  # 10.0.0.5 to 10.0.0.9
        did = {self._said(n) for n in (at - 1, at + 1) if 0 <= n < len(self._items)} & DID
        return _PLACES.get(self._prep, "source" if did and not self._prep else "either")

    def _of_glob(self, item: Item) -> tuple[str, str, str] | None:
        """A pattern: of files, domains, addresses, or names."""
        value, bare = item.value, item.value.strip("*?.")
        if not self._field:
            if looks(f"x.{bare.rpartition('.')[2]}") == "file":
                return "url" if self._topic("web") else "file", value, "like"
            if "." in value and self._topic("mail") and self._party(item):
                return self._party(item), f"*@{value}", "like"
            if "." in value and bare.rpartition(".")[2].isalpha():
                return "domain", value, "like"
            if bare.replace(".", "").isdigit():
                return _PLACES.get(self._prep, "either"), value, "like"
        named = self._field or ("host" if bare in MACHINES else self._named_slot(item))
        slot = named or ("user" if self._prep in PEOPLE else "host" if self._prep == "on" else "")
        return (slot, value, "like") if slot else None

    def _well_known(self, item: Item) -> tuple[str, str, str] | None:
        """Names of pages and files that everybody knows."""
        if item.kind in ("word", "name") and item.value in _PAGES:
            return "url", f"*{item.value}*", "like"
        if item.kind == "odd" and item.value.startswith(".") and self._topic("web"):
            return "url", f"*/{item.value}*", "like"  # .env
        return ("file", item.value, "is") if item.kind == "name" and item.value in _FILES else None

    def _of_path(self, value: str) -> tuple[str, str, str]:
        """Of a file or page; of a program behind `from` or `parent`."""
        if self._prep in ("from", "in") and self._topic("process") and self.draft.topic != "file":
            return "process", f"{value}*", "like"
        parent = any(each.kind == "prep" and each.value == "parent" for each in self._items)
        return "process" if parent else "path", value, "is"

    def _of_file(self, value: str) -> tuple[str, str, str]:
        """A file, a page, or a program by the name of its file."""
        if self.draft.topic == "dns" and self._prep != "by":
            return "domain", value.lower(), "is"
        if (self.draft.topic == "file" and self._prep not in ("by", "parent")) or value.lower().endswith(_DOCUMENTS):
            return "file", value, "is"
        web = self._topic("web") and self.draft.topic not in ("file", "process")
        if web or value.lower().endswith(_WEB):
            return "url", f"*/{value}", "like"
        return self._actor(), value, "is"

    def _of_domain(self, item: Item) -> tuple[str, str, str]:
        """A domain, the host or user that is called like one, or where mail is from."""
        value, topics = item.value, ("dns", "web", "mail")
        if surely_host(value.partition(".")[0]) and self._before(item) in DID:
            return "host", value, "is"
        person = self._topic("login", "iam", "process") and not self._topic(*topics)
        if self._before(item) in DID or (person and self._prep in ("", *PEOPLE)):
            return "user", value, "is"
        if self._topic("mail") and self._prep in ("from", "by", "to", "for"):
            return ("sender" if self._prep in ("from", "by") else "recipient"), f"*@{value}", "like"
        there = self._prep in ("on", "of", "from") and not self._topic(*topics)
        return "host" if there else "domain", value, "is"

    def _party(self, item: Item) -> str:
        """Whether somebody sent mail or got it; "" where that is not said."""
        did = self._before(item) in DID and item.end < len(self._words)
        does = self._words[item.end].low if did else ""
        if self._prep in ("from", "by") or does in ("send", "sent"):
            return "sender"
        return "recipient" if self._prep in ("to", "for") or does in ("receive", "get", "got", "received") else ""

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
        network = self._topic("network") or any(each.kind == "transport" for each in self._items)
        if _INTERFACE.fullmatch(name) and network:
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
        if name.partition("-")[0] in _ROLES and "-" in name and self._prep not in ("on", "to"):
            return "user"
        if (self._prep in ("on", "to") and host_like(name)) or name.partition("-")[0] in MACHINES:
            return "host" if self._prep != "from" else "peer-name"
        if item.capital and self._prep in PEOPLE and self._topic("login", "iam", "process"):
            return "user"
        return ""

    def _actor(self) -> str:
        """What a program is: behind `started by` a parent; of what is told of files and connections the one that did it."""
        did = self._topic("file", "network", "dns") or any(each.value == "registry" for each in self._items)
        return "parent" if self._prep == "parent" or (self._prep == "by" and not did) else "program"
