"""What alerts and incidents have beside what events have: states, who works on them, tactics and techniques."""

from typing import Final, cast

from vedette.model.attack import TACTICS
from vedette.model.stored import About
from vedette.search.ask.concepts import CONCEPTS
from vedette.search.ask.draft import Want
from vedette.search.ask.items import Item
from vedette.search.ask.measures import Measures
from vedette.search.ask.walk import DID

_MADE: Final = frozenset({"user-added", "group-added", "service-installed", "task-created", "file-created", "member-added"})


class Judgements(Measures):
    """Reads them."""

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

    def _began(self, at: int) -> bool:
        """Whether it says that incidents began."""
        began = self._said(at) in ("opened", "created") and any(each.value == "incidents" for each in self._items)
        if began:
            self.draft.began = True
            self._take(at, "begin")
        return began

    def _read_about(self, at: int, item: Item) -> int:
        about = cast("About", item.value)
        if self.draft.about not in (None, about, "events") and self._joined and at and self._kind(at - 1) in ("and", "or"):
            self._lose(at, "alerts or incidents: one of them at once")
            return at + 1
        if about == "alerts" and self._raw:
            self._lose(at, "raw records are no alerts")
            return at + 1
        self._raw |= self._said(at).startswith("raw")
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

    def _read_tactic_word(self, at: int, _item: Item) -> int:
        near = {self._kind(self._next(at)), self._kind(at - 1) if at else ""}
        if near & {"tactic", "concept", "technique"}:
            self._take(at, "filler")
        else:
            self._lose(at)
        return at + 1

    def _read_state(self, at: int, item: Item) -> int:
        ahead = self._next(at, "prep")
        if self._said(at) == "new" and any(each.value in _MADE for each in self._items if each.kind == "concept"):
            self._take(at, "filler")
            return at + 1
        if self._said(at) == "new" and not self._judged():
            self._lose(at, "what is new, only alerts and incidents tell")
            return at + 1
        if self._said(at) == "open" and self._before(item) in ("we", "they", "did") and self.draft.about == "incidents":
            self.draft.began = True  # how many incidents did we open
            self._take(at, "begin")
            return at + 1
        if self._said(at) == "done" and self._topic("iam", "process", "login"):
            self._take(at, "filler")  # changes done by helpdesk
            self._items[at] = item._replace(kind="filler")
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

    def _judged(self) -> bool:
        """Whether alerts or incidents are asked for."""
        return any(
            (each.kind in ("level", "tactic", "technique", "state", "unassigned", "severity") and each.value != "new")
            or (each.kind == "about" and each.value != "events")
            or (each.kind == "concept" and CONCEPTS[each.value].alerts is not None)
            or each.value in ("rule", "technique", "assignee")
            for each in self._items
        )

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
