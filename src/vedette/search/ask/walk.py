"""Where a walk through the items of a question stands, and what every reader of an item needs."""

from collections.abc import Callable, Sequence
from typing import Final

from vedette.model.query import Op, Rows
from vedette.search.ask.calendar import UNITS
from vedette.search.ask.concepts import CONCEPTS, FILE_ROOTS
from vedette.search.ask.draft import TOP, Draft, Want
from vedette.search.ask.items import Item, paired
from vedette.search.ask.lexicon import Lexicon
from vedette.search.ask.words import Word

Known = Callable[[str, str], bool]
"""Whether a field (user.name, host.name) is known to have a value."""

VALUES: Final = frozenset({
    "address", "network", "name", "person", "account", "word", "odd", "quoted", "number", "technique", "hash", "url", "mail", "path",
    "glob", "file", "domain", "status", "option",
})  # fmt: skip
"""Kinds of items that can be the value of a field."""
INSIDE: Final = frozenset({"command", "url", "query", "user-agent", "referrer", "title", "file", "process"})
"""Entities in which a text may be: "mimikatz" in the command line."""
DID: Final = frozenset({"did", "do", "does", "done", "doing", "has"})
PEOPLE: Final = ("by", "as", "of", "for")
"""Prepositions before people."""
_SEVERAL: Final = frozenset({"text", "event-id", "source", "destination", "either", "here", "private", "path", *INSIDE})
"""Slots of which a record may have several."""
_TOPICS: Final = {"ran": "process", "program": "process", "file": "process", "status": "web", "reach": "network",
           "thing:password": "login", "call": "iam", "entity:visitor": "web", "type:dns": "dns", "prep:parent": "process"}  # fmt: skip
"""What other items than concepts are about."""


class Walk:
    """State and steps. `meanings`: what each item was taken for; `order`: the order that the question is."""

    def __init__(self, items: list[Item], words: Sequence[Word], lexicon: Lexicon, known: Known) -> None:
        self._items = paired(items)
        self._words = words
        self._lexicon = lexicon
        self._known = known
        self.draft = Draft()
        self.meanings: dict[int, str] = {}
        self.order = ""
        self._prep = ""
        self._negated = False
        self._negation = 0
        self._excepting = False
        self._joined = self._either = False
        self._grouping = False
        self._apiece = self._raw = self._received = False
        self._beside_kind: tuple[str, int] | None = None
        self._asks = ""
        self._asked_plural = False
        self._single = False
        self._sort: tuple[bool, int | None] | None = None
        self._compare: tuple[Op, int] | None = None
        self._superlative: tuple[str, int] | None = None
        self._number: tuple[int, int] | None = None
        self._last: Want | None = None
        self._field = ""

    def _next(self, at: int, *over: str) -> int:
        """The next item that is no filler."""
        at += 1
        while at < len(self._items) and self._items[at].kind in ("filler", *over):
            at += 1
        return at

    def _kind(self, at: int) -> str:
        return self._items[at].kind if at < len(self._items) else ""

    def _take(self, at: int, meaning: str) -> None:
        self.meanings[at] = meaning

    def _lose(self, at: int, why: str = "") -> None:
        self.draft.lost[at] = why

    def _spanned(self, at: int) -> int | None:
        """The end of a length of time that stands there, which records are then counted by: hour, 15 minutes, 5m buckets."""
        end, number = at, 1
        if self._kind(at) == "number":
            end, number = at + 1, int(self._items[at].value)
        said = self._said(end) if end < len(self._items) else ""
        if end == at and self._kind(at) == "span":
            digits = said.rstrip("abcdefghijklmnopqrstuvwxyz")
            number, said = int(digits), said[len(digits) :]
        tag = self._lexicon.language.times.get(said, ("", said))
        if tag[0] not in ("unit", "") or tag[1] not in ("m", "h", "d", "w") or not number:
            return None
        end = end + 1 + (self._kind(end + 1) == "interval")
        self.draft.every = number * UNITS[tag[1]]
        self._grouping, self._prep = False, ""
        for each in range(at, end):
            self._take(each, "over time")
        return end

    def _said(self, at: int, end: int | None = None) -> str:
        """The words of items."""
        last = self._items[(end or at + 1) - 1]
        return " ".join(word.low for word in self._words[self._items[at].start : last.end])

    def _pages(self) -> bool:
        """Whether a path is of a page."""
        paths = [each.value for each in self._items if each.kind == "path"]
        downloaded = any(name in ("download", "upload") for name, *_ in self.draft.concepts) or any(
            each.value in ("download", "upload") for each in self._items
        )
        files = self._topic("file", "process") and not downloaded
        return not files and any(not path.startswith(FILE_ROOTS) for path in paths)

    def _topic(self, *topics: str) -> bool:
        said = {
            CONCEPTS[each.value].topic
            if each.kind == "concept"
            else _TOPICS.get(each.kind) or _TOPICS.get(f"{each.kind}:{each.value}", "")
            for each in self._items
        }
        return bool(said & set(topics))

    def _fresh(self) -> bool:
        """Whether nothing has been said yet of what is looked for."""
        return not self.draft.concepts and not self.draft.wants and self.draft.about is None

    def _done(self) -> None:
        """A value or concept is complete: what led to it is used up."""
        self._prep = ""
        self._negated = False
        self._joined = self._either = False
        self._field = ""

    def _beside(self, at: int, slot: str) -> bool:
        """Whether nothing joins a value with the one before it in a place of the same kind: in /tmp ending in .sh."""
        alike = {slot, "file", "path"} if slot in ("file", "path") else {slot}
        before = [want.at[-1] for want in self.draft.wants if want.slot in alike and want.at]
        return bool(before) and not any(each.kind in ("and", "or", "comma", "compare") for each in self._items[before[-1] : at])

    def _negated_before(self, slot: str) -> bool:
        return next((want.negated for want in reversed(self.draft.wants) if want.slot == slot), False)

    def _or_before(self, at: int, *joints: str) -> int | None:
        """What a value is the alternative of: what stands before the `or` that it stands behind."""
        before = at - 1
        while before >= 0 and self._items[before].kind in ("filler", "entity", "prep", "sign", "named", "about"):
            before -= 1
        if before < 0 or self._items[before].kind not in (joints or ("or",)):
            return None
        before -= 1
        while before >= 0 and self._items[before].kind == "filler":
            before -= 1
        return before if before >= 0 else None

    def _want(self, at: int, slot: str, value: str, op: str = "is") -> None:
        last = self._last
        same = last is not None and self._joined and not self._prep and last.slot == slot and last.op == op
        other = self._or_before(at)
        alone = slot not in _SEVERAL and op == "is" and not self._negated and self._beside(at, slot)
        alone = alone and not any(value in want.values for want in self.draft.wants if want.slot == slot)
        judged = self._or_before(at, "and", "comma") if slot in ("technique", "tactic") else None
        if judged is not None and self._kind(judged) == "concept" and CONCEPTS[self._items[judged].value].topic == "attack":
            other = judged  # exfiltration and discovery: no alert is both
        if (other is not None and (last is None or last.slot != slot)) or (alone and not self._negated_before(slot)):
            self._lose(at, "one of them at once")
            self._done()
            return
        both = (slot == "text" or (op == "like" and slot in INSIDE)) and not self._either  # contains A and B
        if same and not both and last is not None:
            self.draft.wants.remove(last)
            want = last._replace(values=(*last.values, value), at=(*last.at, at))
        else:
            want = Want(slot, (value,), (at,), self._negated, op, self._beside(at, slot))  # type: ignore[arg-type]
        self.draft.wants.append(want)
        self._last = want
        self._take(at, slot)
        self._done()

    def _ordinary(self, item: Item) -> None:
        """Records are named: numbers and `last` before them are about records."""
        if self._sort is not None and self.draft.rows is None:
            newest, number = self._sort
            limit = number or (TOP if item.plural else 1)
            self.draft.rows = Rows(limit, newest)
            self._sort = None
        if self._compare is not None:
            self.draft.having = self._compare
            self._compare = None
        if self._asks == "many":
            self.draft.counted = True
