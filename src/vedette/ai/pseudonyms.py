"""Pseudonyms for what must not leave this machine by name: addresses, users, hosts, domains, e-mail addresses.

One map serves a whole request: the pack, titles of rules, the question, what was said before. The same value has the same
pseudonym everywhere, inside paths and URLs too, and `reveal` undoes `hide` exactly. The map itself is never sent.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import ahocorasick_rs

KINDS: Final = ("address", "email", "domain", "host", "user")
COMMON: Final = frozenset(
    {"root", "system", "administrator", "admin", "guest", "nobody", "local", "service", "network", "www-data"}
    | {"localhost", "localdomain", "localhost.localdomain", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104  not bound to
)
"""Names that say nothing about whose machine it is; a model needs to know them."""
_LOWER: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_OURS: Final = re.compile(r"(?:inside|outside|address|email|domain|host|user|word)_[0-9]+", re.ASCII)


class Pseudonyms:
    """A map that grows with what it is shown.

    `learn` values first, from everything that the request will hold; then `hide` every text of it.
    """

    def __init__(self, indicators: Mapping[str, Iterable[str]] | None = None) -> None:
        self._kinds: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._search: ahocorasick_rs.AhoCorasick | None = None
        self._patterns: list[str] = []
        if indicators:
            self.learn(indicators)

    def learn(self, indicators: Mapping[str, Iterable[str]]) -> None:
        """Values to hide from now on, by kind; kinds that are not in KINDS are left as they are."""
        for kind in KINDS:
            for value in sorted(indicators.get(kind, ())):
                key = value.translate(_LOWER)
                if key not in COMMON and (len(key) > 3 or not key.isdigit()) and key:
                    self._kinds.setdefault(key, kind)
        self._search = None

    def hide(self, text: str) -> str:
        """The text with pseudonyms for every value that was learned, whatever its case, wherever it stands whole."""
        return self._replaced(text, [*self._known(text), *self._lookalikes(text)], self._name)

    def reveal(self, text: str) -> str:
        """What was hidden; words that look like pseudonyms but were never given are left alone."""
        found = ((match.start(), match.end()) for match in _OURS.finditer(text))
        return self._replaced(
            text, [span for span in found if _whole(text, *span)], lambda name: self._values.get(name, name)
        )

    def mapping(self) -> dict[str, str]:
        """Pseudonym to value: to be kept here, never sent."""
        return dict(self._values)

    def _known(self, text: str) -> list[tuple[int, int]]:
        if not self._kinds:
            return []
        if self._search is None:
            self._patterns = list(self._kinds)
            self._search = ahocorasick_rs.AhoCorasick(self._patterns)
        found = self._search.find_matches_as_indexes(text.translate(_LOWER), overlapping=True)
        return [(start, end) for _, start, end in found if _whole(text, start, end)]

    @staticmethod
    def _lookalikes(text: str) -> list[tuple[int, int]]:
        """What is written like a pseudonym gets one too: else it would be taken for one on the way back."""
        found = ((match.start(), match.end()) for match in _OURS.finditer(text))
        return [(start, end) for start, end in found if _whole(text, start, end)]

    @staticmethod
    def _replaced(text: str, spans: list[tuple[int, int]], to: Callable[[str], str]) -> str:
        pieces, done = [], 0
        for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start >= done:
                pieces += [text[done:start], to(text[start:end])]
                done = end
        return "".join([*pieces, text[done:]])

    def _name(self, value: str) -> str:
        name = self._names.get(value)
        if name is None:
            kind = self._kinds.get(value.translate(_LOWER), "word")
            label = _side(value) if kind == "address" else kind
            number = self._counts[label] = self._counts.get(label, 0) + 1
            name = self._names[value] = f"{label}_{number}"
            self._values[name] = value
        return name


def _whole(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit goes on before or after."""
    return not (start and text[start - 1].isalnum()) and not (end < len(text) and text[end].isalnum())


def _side(address: str) -> str:
    """What a model has to know of an address: whether it is one of our own networks."""
    try:
        return "inside" if ipaddress.ip_address(address).is_private else "outside"
    except ValueError:
        return "address"
