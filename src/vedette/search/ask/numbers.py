"""Numbers that records are compared by: sizes, ports, statuses, levels, and how many there are of them."""

from typing import cast

from vedette.model.query import Op
from vedette.search.ask.concepts import ENTITIES, Entity
from vedette.search.ask.items import Item
from vedette.search.ask.sides import Sides

MOST = ("top", "most", "least")
_NONE = Entity()


class Numbers(Sides):
    """Reads them."""

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
        if methods & {"POST", "PUT", "PATCH"} or any(name == "upload" for name, *_ in self.draft.concepts):
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
        most = self._kind(ahead) == "entity" and any(each.kind in MOST for each in self._items[ahead:])
        if most or self._kind(ahead) in (*MOST, "newest", "oldest"):  # the 10 hosts with the most errors
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
        lone = self._fresh() and {self._kind(at + 1), self._kind(at - 1) if at else ""} & {"or", "and", "comma"}
        times = self._kind(at - 1) == "times" if at else False  # more than 50 times 401
        if code and (web or (times and int(item.value) >= 400) or (lone and 400 <= int(item.value) <= 599)):
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
        way = at > 0 and self._items[at - 1].value in ("outbound", "inbound")
        if (way or (at and self._kind(at - 1) == "transport")) and int(item.value) < 65536:  # tcp 3389
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
