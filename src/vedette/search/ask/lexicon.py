"""Phrases of a language, and the meaning of each: found longest first, in singular or plural, joined or with a hyphen, and
past a slip of the finger."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from vedette.model import attack
from vedette.search.ask import concepts, english, english_names, english_out
from vedette.search.ask.clocks import Tag

_SHORTEST: Final = 5
"""Letters of a word that may be misspelt."""
_LONG: Final = 10
"""Letters from which two slips are forgiven."""
_PLAIN: Final = frozenset({"service", "services", "account", "accounts", "task", "file", "files", "logs", "group", "groups", "discovery"})
"""Last words of names of techniques that are plain English behind a word that is known."""
_KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR: Final = frozenset(
    {frozenset(row[n : n + 2]) for row in _KEYS for n in range(len(row) - 1)}
    | {frozenset((a, b)) for a in "aeiouy" for b in "aeiouy"}
    | {frozenset(pair) for pair in ("sc", "sz", "ck", "xc", "vw", "td", "pb", "gj", "fv", "mn")}
)
"""Letters that one is typed for the other: neighbours on a keyboard, vowels, and what sounds alike."""


class Meaning(NamedTuple):
    """`kind` and `value` as in the tags of a language; `plural`: only the plural of the phrase was found."""

    kind: str
    value: str = ""
    plural: bool = False


class Found(NamedTuple):
    """`words`: how many the phrase took."""

    words: int
    meaning: Meaning


class Language(NamedTuple):
    """The words of one. `words`: phrases by tag, joined by `|`; the others as in vedette.search.ask.english."""

    times: Mapping[str, Tag]
    numbers: Mapping[str, int]
    words: Mapping[str, str]
    regular: tuple[str, ...]
    out: Mapping[str, tuple[str, str]]
    names: frozenset[str]
    short: Mapping[str, str]
    common: frozenset[str]


class Lexicon:
    """All phrases of a language, and the names that are the same in all: services, programs, techniques, accounts."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._phrases: dict[tuple[str, ...], Meaning] = {}
        self._longest = 1
        self.orders = frozenset(language.words["order"].split("|"))
        self.copulas = frozenset(language.words["named"].split("|"))
        separate = ("order", "named", "filler")
        for tag, phrases in language.words.items():
            if tag not in separate:
                kind, _, value = tag.partition(":")
                self._add(phrases.split("|"), Meaning(kind, value))
        self._names()
        self._add(language.words["filler"].split("|"), Meaning("filler"))
        for verb in language.regular:
            if (verb,) in self._phrases:
                self._add(_forms(verb), self._phrases[verb,])
        spoken = {word for phrase in self._phrases for word in phrase} | language.times.keys() | language.numbers.keys()
        self._spoken = frozenset(spoken | self.orders | self.copulas | language.names)
        self._known: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in sorted(spoken):
            if len(word) >= _SHORTEST:
                self._known[word[0], len(word)].append(word)
        self._nearest = lru_cache(maxsize=1000)(self._near)

    def _add(self, phrases: Iterable[str], meaning: Meaning) -> None:
        for phrase in phrases:
            words = tuple(phrase.split())
            self._phrases.setdefault(words, meaning)
            self._longest = max(self._longest, len(words))

    def _names(self) -> None:
        for name in concepts.TYPES:
            self._add([name], Meaning("type", name))
        for name, more in concepts.TYPE_NAMES.items():
            self._add(more.split("|"), Meaning("type", name))
        for name in concepts.SERVICES.split():
            self._add([name, name.replace("-", " ")], Meaning("service", name))
        for name, more in concepts.SERVICE_NAMES.items():
            self._add(more.split("|"), Meaning("service", name))
        for name, more in concepts.FORMATS.items():
            self._add([name, *more.split("|")], Meaning("format", name))
        for name in concepts.PROGRAMS.split():
            self._add([name], Meaning("program", name))
        for name in concepts.ACCOUNTS.split():
            self._add([name], Meaning("account", name))
        for name, entity in concepts.ENTITIES.items():
            self._add((each.lower() for each in entity if isinstance(each, str) and "." in each), Meaning("entity", name))
        for tactic in attack.TACTICS:
            self._add([tactic.name.lower()], Meaning("tactic", tactic.slug))
        for old, new in attack.OLD_SLUGS.items():
            self._add([old.replace("-", " ")], Meaning("tactic", new))
        for technique, name in attack.techniques():
            *words, last = name.lower().replace("/", " ").split()
            plain = any((*words, each) in self._phrases for each in (last, *singular(last)))  # local accounts
            known = all((each,) in self._phrases and self._phrases[each,].kind != "outcome" for each in words)
            plain |= last in _PLAIN and known  # systemd service
            if words and not plain:  # a single word, such as Python or At, means too much else
                self._add([" ".join([*words, last])], Meaning("technique", technique))

    def find(self, words: list[str], at: int, end: int) -> Found | None:
        """The longest phrase that begins at `at`, and ends before `end`."""
        for length in range(min(self._longest, end - at), 0, -1):
            meaning = self._meaning(tuple(words[at : at + length]))
            if meaning:
                return Found(length, meaning)
        return None

    def _meaning(self, phrase: tuple[str, ...]) -> Meaning | None:
        found = self._phrases.get(phrase)
        if found:
            plural = any(self._phrases.get((*phrase[:-1], last)) == found for last in singular(phrase[-1]))
            return found._replace(plural=plural)
        for last in singular(phrase[-1]):
            if found := self._phrases.get((*phrase[:-1], last)):
                return found._replace(plural=True)
        if len(phrase) > 1:
            forms = tuple(next((each for each in singular(word) if each in self._spoken), word) for word in phrase)
            if forms != phrase and (found := self._phrases.get(forms)):
                return found._replace(plural=True)
        if len(phrase) == 1 and "-" in phrase[0][1:] and phrase[0][0] != "-":
            return self._meaning(tuple(phrase[0].split("-"))) or self._meaning((phrase[0].replace("-", ""),))
        return None

    def knows(self, word: str) -> bool:
        """Whether it is part of some phrase."""
        return any(each in self._spoken for each in (word, *singular(word), *word.split("-")))

    def meant(self, word: str) -> str | None:
        """The one known word that this is a slip of; None when there is none, or several."""
        if not word.isalpha() or word in self.language.common:
            return None
        if len(word) < _SHORTEST:  # two letters that changed places
            swapped = (
                (word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in range(len(word) - 1))
                if len(word) > 2
                else ()
            )
            found = {each for each in swapped if (each,) in self._phrases and each != word}
            if len(word) == 3:  # too many words are so near each other: only what says nothing by itself
                found = {each for each in found if self._phrases[(each,)].kind == "filler"}
            return found.pop() if len(found) == 1 else None
        near = self._nearest(word)
        alone = [each for each in near if (each,) in self._phrases or each in self.language.times]
        meanings = {self._phrases.get((each,), each) for each in alone}
        return alone[0] if len(meanings) == 1 else None

    def _near(self, word: str) -> tuple[str, ...]:
        """The nearest known words, all as near; they begin with the same letter."""
        forms = [word, *singular(word)[-1:]]
        for allowed in (1, 2):
            near = {
                each
                for form in forms
                if allowed == 1 or len(form) >= _LONG
                for size in range(len(form) - allowed, len(form) + allowed + 1)
                for each in self._known.get((form[0], size), ())
                if distance(form, each, allowed) <= allowed and not _other(form, each)
            }
            near = {each for each in near if not any(other in near for other in singular(each))}
            if near:
                return tuple(sorted(near))
        return ()


def _forms(verb: str) -> list[str]:
    """Of a regular verb: scans, scanned, scanning."""
    stem = verb.removesuffix("e")
    doubled = len(verb) < 5 and verb[-1] not in "aeiouywlrtdkhf" and verb[-2] in "aeiou" and verb[-3] not in "aeiou"
    stem += verb[-1] if doubled else ""
    past = verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in "aeiou" else stem + "ed"
    return [verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s"), past, stem + "ing"]


def singular(word: str) -> list[str]:
    """What a plural may be one of."""
    out = []
    if word.endswith("ies") and len(word) > 4:
        out.append(word[:-3] + "y")
    if word.endswith("es") and len(word) > 4:
        out.append(word[:-2])
    if word.endswith("s") and len(word) > 2:
        out.append(word[:-1])
    return out


def _other(word: str, known: str) -> bool:
    """Whether it is another word and no slip: made of the known one (insider, visitors), or with another letter in its
    place that nobody types for it (masks for tasks)."""
    if word.startswith(known):
        return word[len(known) :].strip(known[-1]) not in ("", "s")
    if len(word) != len(known) or len(word) >= _LONG:
        return False
    differ = [n for n, (a, b) in enumerate(zip(word, known, strict=True)) if a != b]
    return len(differ) == 1 and frozenset((word[differ[0]], known[differ[0]])) not in _NEAR


def distance(one: str, two: str, most: int) -> int:
    """Letters added, left out, replaced, or swapped with the next; anything above `most` is as good as `most` + 1."""
    if abs(len(one) - len(two)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i, *[0] * len(two)]
        for j, b in enumerate(two, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                row[j] = min(row[j], last[j - 2] + 1)
        if min(row) > most:
            return most + 1
    return row[-1]


@lru_cache(maxsize=1)
def english_lexicon() -> Lexicon:
    """Made once, when the first question comes."""
    language = Language(
        english.TIMES,
        english.NUMBERS,
        english.WORDS,
        tuple(english.REGULAR.split()),
        english_out.OUT,
        frozenset(english_names.NAMES.split()),
        english.SHORT,
        frozenset(english_names.COMMON.split()),
    )
    return Lexicon(language)
