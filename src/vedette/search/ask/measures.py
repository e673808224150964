"""How many, which, the most, over time: what is told of the records, and numbers that records are compared by."""

from typing import cast

from vedette.model.query import Op, Rows
from vedette.search.ask.calendar import UNITS
from vedette.search.ask.concepts import ENTITIES, Entity
from vedette.search.ask.entities import Entities
from vedette.search.ask.items import Item

_NONE = Entity()


_MOST = ("top", "most", "least")


class Measures(Entities):
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
        return at + 1

    def _read_times(self, at: int, _item: Item) -> int:
        self._take(at, "filler")
        if self._compare is not None and self.draft.about == "alerts" and not self.draft.groups:
            op, number = self._compare
            self._compare = None
            self._want(at, "count", str(number), op)
        elif self._compare is not None:
            self._ordinary(self._items[at])
        elif self._asks == "many":
            self.draft.counted = True
        return at + 1

    def _read_which(self, at: int, _item: Item) -> int:
        self._take(at, "which")
        if self._kind(self._next(at, "single", "distinct", "inside", "outside", "outcome", "level", "state")) in (
            "entity",
            "severity",
        ):
            self._asks = "which"
        return at + 1

    def _read_who(self, at: int, _item: Item) -> int:
        attacked = self._topic("attack", "network", "web", "dns") or any(
            each.value.startswith("bytes") for each in self._items if each.kind == "entity"
        )
        before = next((each.kind for each in reversed(self._items[:at]) if each.kind != "filler"), "")
        ahead = self._next(at)
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
        if at and self._kind(at - 1) in (*_MOST, "newest") and self._said(at) in ("first", "last"):  # rarest first
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
        self._grouping = True
        return self._spanned(self._next(at)) or at + 1

    def _read_cmp(self, at: int, item: Item) -> int:
        ahead = self._next(at)
        if self._kind(ahead) == "path":  # under /srv
            self._take(at, "filler")
            return at + 1
        if self._kind(ahead) == "level":
            self._take(at, item.value)
            return self._level(ahead, self._items[ahead], item.value)
        unit = self._said(ahead + 1) if ahead + 1 < len(self._items) else ""
        if self._kind(ahead) == "size" or (
            self._kind(ahead) == "number" and unit in ("b", "kb", "mb", "gb", "tb", "kib", "mib", "gib")
        ):
            self._take(at, item.value)
            self._take(ahead, "number")
            return self._sized(ahead, item.value)
        if self._kind(ahead) == "number" or (self._kind(ahead) == "single" and item.value != ">="):
            self._take(at, item.value)
            value = self._items[ahead].value if self._kind(ahead) == "number" else "1"
            self._take(ahead, "number")
            return self._compared(ahead, item.value, int(value))
        if self._kind(ahead) == "single":
            self._take(at, "filler")
            self._take(ahead, "filler")
            return ahead + 1
        if self._kind(ahead) in ("type", "service") or self._said(at) == "over":
            self._take(at, "filler")
            return at + 1
        self._lose(at)
        return at + 1

    def _compared(self, at: int, op: str, number: int) -> int:
        """A number behind a comparison: of the field before it, or of how many there are."""
        behind = self._next(at)
        if self._field and ENTITIES[self._field].numeric:
            self._want(at, self._field, str(number), op)
            return at + 1
        if self._kind(behind) == "entity" and ENTITIES[self._items[behind].value].numeric and not self.draft.groups:
            self._take(behind, self._items[behind].value)
            self._want(at, self._items[behind].value, str(number), op)
            return behind + 1
        if self.draft.about == "alerts" and self._kind(behind) == "about" and self._items[behind].value == "events":
            self._take(behind, "count")
            self._want(at, "count", str(number), op)
            return behind + 1
        self._compare = (cast("Op", op), number)
        if self._kind(behind) in ("entity",):
            item = self._items[behind]
            self.draft.distinct = (item.value, behind)
            self._take(behind, item.value)
            self._ordinary(item)
            return behind + 1
        return at + 1

    def _sized(self, at: int, op: str) -> int:
        methods = {value for want in self.draft.wants if want.slot == "method" for value in want.values}
        if methods & {"POST", "PUT", "PATCH"}:
            self._lose(at, "the size of a request is not kept, only that of the answer")
            return at + 1
        text = self._items[at].value.lower()
        if self._items[at].kind == "number":
            at += 1
            text += self._said(at)
        digits = text.rstrip("kmgtib")
        power = "bkmgt".index(text[len(digits)])
        number = int(float(digits) * (1024 if text.endswith("ib") else 1000) ** power)
        self._want(at, self._field or ("body" if self._topic("web") or methods else "bytes"), str(number), op)
        return at + 1

    def _read_number(self, at: int, item: Item) -> int:
        ahead = self._next(at)
        if self._kind(ahead) == "times" and self._kind(self._next(ahead)) in ("or-more", "or-less"):
            self._take(ahead, "filler")
            ahead = self._next(ahead)  # twice or more
        if self._kind(ahead) in ("or-more", "or-less"):
            self._take(at, "number")
            self._take(ahead, "number")
            return self._compared(ahead, ">=" if self._kind(ahead) == "or-more" else "<=", int(item.value))
        if self._field and ENTITIES.get(self._field, _NONE).numeric:
            self._want(at, self._field, item.value)
            return at + 1
        if (
            self._joined
            and self._last is not None
            and ENTITIES.get(self._last.slot)
            and ENTITIES[self._last.slot].numeric
        ):
            self._want(at, self._last.slot, item.value)
            return at + 1
        most = self._kind(ahead) == "entity" and any(each.kind in _MOST for each in self._items[ahead:])
        if most or self._kind(ahead) in (*_MOST, "newest", "oldest"):  # the 10 hosts with the most errors
            self._number = (int(item.value), at)
            self._lose(at)
            return at + 1
        event = at and (
            (self._items[at - 1].kind, self._items[at - 1].value) == ("about", "events")
            or (self._kind(at - 1) == "concept" and self._said(at - 1).endswith(" event"))
        )
        if event and len(item.value) <= 5:
            self._want(at, "event-id", item.value)
            return at + 1
        told = self._prep == "with" or (item.start and self._words[item.start - 1].low in ("a", "got", "returned"))
        code = item.value.isdigit() and (100 if told else 400) <= int(item.value) <= 599
        web = self._topic("web") or (told and self._topic("network")) or any(
            each.value in ("error", "url", "site", "status", "user-agent") or each.kind in ("path", "status")
            for each in self._items
        )
        if code and web:
            self._want(at, "status", item.value)
            return self._errors(at)
        if self._superlative is not None and at and self._kind(at - 1) == "comma":  # noisiest rules, ten of them
            self._take(at, "number")
            self.draft.first = int(item.value)
            return at + 1
        if self._prep in ("to", "on") and self._topic("network") and int(item.value) < 65536:
            self._want(at, "port", item.value)
            return at + 1
        if at and self._kind(at - 1) in ("program", "file"):  # chmod 777
            self._want(at, "command", f"*{item.value}*", "like")
            return at + 1
        if at and self._kind(at - 1) == "transport" and int(item.value) < 65536:  # tcp 3389
            self._want(at, "port", item.value)
            return at + 1
        if len(item.value) == 4 and not self._topic("network") and not "1900" <= item.value <= "2100":
            self._want(at, "event-id", item.value)
            self.draft.notes.append(f"{item.value}: taken for the id of a Windows event")
            return at + 1
        self._lose(at)
        return at + 1

    def _read_status(self, at: int, item: Item) -> int:
        digits = item.value.lower()
        before = self.draft.wants[-1] if self.draft.wants else None
        if digits.endswith("xx") and self._joined and before is not None and before.slot == "status" and before.op == "<":
            self._either = False
            if before.values != (f"{digits[0]}00",):
                self._lose(at, "classes that follow each other only: 4xx or 5xx")
                return at + 1
            self.draft.wants[-1] = before._replace(values=(f"{int(digits[0]) + 1}00",), at=(*before.at, at))
            self._take(at, "status")
            self._done()
        elif digits.endswith("xx"):
            self._want(at, "status", f"{digits[0]}00", ">=")
            self._want(at, "status", f"{int(digits[0]) + 1}00", "<")
        else:
            self._want(at, "status", digits.rstrip("s"))
        return self._errors(at)

    def _errors(self, at: int) -> int:
        """Behind a status, `errors` says nothing more."""
        ahead = at + 1
        if self._kind(ahead) == "concept" and self._items[ahead].value in ("error", "web-error", "server-error"):
            self._take(ahead, "filler")
            return ahead + 1
        return ahead

    def _read_level(self, at: int, item: Item) -> int:
        return self._level(at, item, "is")

    def _level(self, at: int, item: Item, op: str) -> int:
        ahead = self._next(at, "severity")
        if self._kind(ahead) in ("or-more", "or-less"):
            for between in range(at + 1, ahead):
                self._take(between, "filler")
        if self._kind(ahead) in ("or-more", "or-less"):
            self._take(ahead, "level")
            op = ">=" if self._kind(ahead) == "or-more" else "<="
        self._want(at, "level", item.value, op)
        if op in (">", ">=", "<", "<="):
            self._last = None
        return at + 1 if self._kind(ahead) not in ("or-more", "or-less") else ahead + 1

    def _read_severity(self, at: int, item: Item) -> int:
        if self._superlative and self._said(self._superlative[1]) in ("highest", "worst"):
            self._lose(at, "which is the highest of each group cannot be asked for")
            return at + 1
        if self._grouping or self._asks == "which" or (self._superlative and not self.draft.groups):
            return self._group(at, item._replace(kind="entity", value="level"))
        if any(each.kind == "level" for each in self._items):
            self._take(at, "filler")
        else:
            self._lose(at, "which? such as high, or at least medium")
        return at + 1

    def _read_or_more(self, at: int, item: Item) -> int:
        """`medium alerts and above`."""
        self._take(at, "level")
        for number, want in enumerate(self.draft.wants):
            if want.slot == "level" and want.op == "is" and len(want.values) == 1:
                self.draft.wants[number] = want._replace(op=">=" if item.kind == "or-more" else "<=")
                return at + 1
        self._lose(at)
        return at + 1

    _read_or_less = _read_or_more
