"""Other names for users, hosts, addresses, domains and e-mail addresses, over the whole of what is sent; the list stays here."""

from collections.abc import Iterable, Mapping
from typing import Final

import ahocorasick_rs

KINDS: Final = {"address": "addr", "user": "user", "host": "host", "domain": "domain", "email": "mail"}
KEPT: Final = frozenset({"root", "admin", "administrator", "system", "guest", "localhost", "nobody", "www-data", "127.0.0.1", "::1"})
"""Names that are the same everywhere, and say something because of that."""


class Pseudonyms:
    """`there` renames a text, `back` undoes it: the same value has the same name in one request, and another in the next."""

    def __init__(self, values: Mapping[str, Iterable[str]]) -> None:
        self._names: dict[str, str] = {}
        for kind, prefix in KINDS.items():
            for number, value in enumerate(sorted(set(values.get(kind, ()))), 1):
                if len(value) > 1 and value.lower() not in KEPT and not value.isdigit():
                    self._names.setdefault(value, f"{prefix}-{number}")
        self._values = {name: value for value, name in self._names.items()}

    def __len__(self) -> int:
        return len(self._names)

    @property
    def names(self) -> Mapping[str, str]:
        """The name of each value."""
        return self._names

    def there(self, text: str) -> str:
        return _replaced(text, self._names)

    def back(self, text: str) -> str:
        return _replaced(text, self._values)


def _replaced(text: str, names: Mapping[str, str]) -> str:
    """Whole words only, the longest first; upper and lower case are told apart as logs do."""
    if not names:
        return text
    words = list(names)
    search = ahocorasick_rs.AhoCorasick(words, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)
    parts, at = [], 0
    for index, start, end in search.find_matches_as_indexes(text):
        if (_word(text, start - 1) and _word(text, start)) or (_word(text, end - 1) and _word(text, end)):
            continue
        parts += [text[at:start], names[words[index]]]
        at = end
    return "".join([*parts, text[at:]])


def _word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")
