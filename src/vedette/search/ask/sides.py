"""Inside and outside: of the own networks, of a network that is named, of a region."""

from vedette.search.ask.entities import Entities
from vedette.search.ask.items import Item
from vedette.search.ask.slots import REGION


class Sides(Entities):
    """Reads them."""

    def _read_inside(self, at: int, item: Item) -> int:
        if self._prep == "between":
            self._lose(at, "between two addresses or networks only")
            return at + 1
        ahead = self._next(at)
        named = self._items[ahead] if ahead < len(self._items) else item
        if self._said(at) == "outside" and not self._prep and named.kind == "time":
            self._lose(at, "all times but one cannot be asked for")
            return at + 1
        if item.kind == "outside" and named.kind == "name" and REGION.fullmatch(named.value):
            self._take(at, "not")
            self._negated, self._negation, self._prep = True, at, ""
            return ahead
        if item.kind == "outside" and named.kind in ("format", "service") and self._prep:
            self._lose(at)  # outside aws
            return at + 1
        ahead = self._next(at, "subnet", "type")
        if self._kind(ahead) in ("network", "address") and item.kind == "outside":
            for between in range(at + 1, ahead):
                self._items[between] = self._items[between]._replace(kind="filler")
            self._take(at, "not")
            self._negated, self._prep = True, self._prep or "from"
            return at + 1
        if self._kind(ahead) == "inside" and item.kind == "outside":
            self._take(ahead, "filler")
            self._items[ahead] = self._items[ahead]._replace(kind="filler")
        if self._kind(self._next(at)) == "subnet":  # outside my network
            self._take(self._next(at), "filler")
            self._items[self._next(at)] = self._items[self._next(at)]._replace(kind="filler")
        peer = any(want.slot in ("source", "either") for want in self.draft.wants)
        suffers = not self._prep and peer and self._topic("attack")
        side = "to" if self._prep == "to" or suffers else "from"  # did 10.1.1.77 scan our network
        self._negated = self._negated != (item.kind == "outside")
        ahead = self._next(at)
        if self._kind(ahead) == "entity" and self._items[ahead].value in (
            "address",
            "source",
            "destination",
            "host",
            "attacker",
        ):
            side = "to" if self._items[ahead].value == "destination" else side
            self._want(at, "private", side)
            if not self._heads(ahead):
                self._take(ahead, "filler")
            else:
                self._group(ahead, self._items[ahead]._replace(value="destination" if side == "to" else "address"))
            return ahead + 1
        self._want(at, "private", side)
        return at + 1

    _read_outside = _read_inside
