"""What is searched in one column: the witnesses of all rules together, in all values that are new, in one pass.

Logs repeat themselves, so the answer for a value is remembered: for a program's path that is seen for the thousandth
time a look-up is all that is done. Where a column does not repeat itself, nothing is remembered.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final

import ahocorasick_rs
import numpy as np
import polars as pl

from vedette.detect.sigma.arrays import Text
from vedette.model.grams import Grams, grams

ROOM: Final = 4 << 20  # characters of values that are remembered for all columns of a rule set
WEIGHT: Final = 100  # characters that an answer weighs beside its value
LONGEST: Final = 1024  # characters of a value that is remembered
TRIED: Final = 2000  # values after which it is seen whether remembering pays
PAUSE: Final = 50  # times that nothing is remembered where it does not
PASS: Final = 1 << 22  # bytes that are searched in one pass
DENSE: Final = 1000  # literals up to which the quickest automaton is small enough
MANY: Final = 200  # hits from which their rows are found all at once
SEPARATOR: Final = "\0"

Witnesses = tuple[int, ...]
Hits = dict[int, list[int]]
NONE: Final[Witnesses] = ()


class Known:
    """The room for answers, shared by the searches of a rule set: when it is full, all of them begin anew."""

    def __init__(self) -> None:
        self.room = ROOM
        self._answers: list[dict[Text | None, Witnesses]] = []

    def answers(self) -> dict[Text | None, Witnesses]:
        """A new place for answers. To null the answer is known: it has no witness."""
        made: dict[Text | None, Witnesses] = {None: NONE}
        self._answers.append(made)
        return made

    def keep(self, answers: dict[Text | None, Witnesses], value: Text, found: Witnesses) -> None:
        """Remember an answer, unless its value is long."""
        size = len(value) if isinstance(value, str) else sum(map(len, value))
        if size > LONGEST:
            return
        self.room -= size + WEIGHT
        if self.room < 0:
            for each in self._answers:
                each.clear()
                each[None] = NONE
            self.room = ROOM
        answers[value] = found


class Search:
    """The witnesses in one column: whole values, and literals anywhere in a value; all of them lower-cased.

    `looked_for`: what `look_for` chose; `tired`: times that nobody looks, since it did not pay.
    Witnesses are numbered; `owners` has for each the numbers of its tasks. What is found is a dictionary from witness
    to the positions of the values that have it.
    """

    def __init__(self, known: Known) -> None:
        self.owners: list[list[int]] = []
        self._literals: dict[str, int] = {}
        self._wholes: dict[str, int] = {}
        self._known = known
        self._answers = known.answers()
        self._automaton: Any = None
        self._numbers: list[int] = []
        self.looked_for: Grams | None = None
        self.tired = 0
        self._pause = self._asked = self._new = 0

    def add(self, word: str, task: int, whole: bool) -> None:
        """A witness of the task: a whole value or a literal."""
        words = self._wholes if whole else self._literals
        if word not in words:
            words[word] = len(self.owners)
            self.owners.append([])
        self.owners[words[word]].append(task)

    def prepare(self) -> None:
        """Make the automaton, once all witnesses are there."""
        if self._literals:
            words = [word.encode() for word in self._literals]
            quickest = ahocorasick_rs.Implementation.DFA if len(words) <= DENSE else None
            self._automaton = ahocorasick_rs.BytesAhoCorasick(words, implementation=quickest)
            self._numbers = list(self._literals.values())

    def ascii(self) -> list[str] | None:
        """Texts of ASCII of which one occurs, whatever its case, wherever a witness does: for a first look. Two letters
        beyond ASCII lower-case to one within. None: there are no such texts."""
        words = [max(re.findall(r"[\x00-\x7f]+", word), key=len, default="") for word in self._literals]
        return None if self._wholes or "" in words else [*words, "\u212a", "\u0130"]

    def look_for(self, sample: Sequence[Text | None]) -> Grams | None:
        """What to look for first in long values, chosen by some of them; None where a look tells too little."""
        texts = [text if isinstance(text, str) else text[0] for text in sample if text]
        self.looked_for = grams([*self._literals, *self._wholes], SEPARATOR.join(texts).encode())
        return self.looked_for

    def among(self, values: Sequence[Text | None]) -> Hits:
        """What is in the values, given as written, with the help of what is remembered. Of a list: in any member."""
        if self._pause:
            self._pause -= 1
            return self.scan(values)
        known = self._answers
        hits: Hits = {}
        unknown: dict[Text, list[int]] = {}
        for i, witnesses in enumerate(map(known.get, values)):
            if witnesses is None:
                unknown.setdefault(values[i], []).append(i)  # type: ignore[arg-type]  # to null the answer is known
            elif witnesses is not NONE:
                for witness in witnesses:
                    hits.setdefault(witness, []).append(i)
        if unknown:
            self._learn(unknown, hits)
        self._asked += len(values)
        self._new += len(unknown)
        if self._asked > TRIED:
            self._pause = PAUSE if self._new * 2 > self._asked else 0
            self._asked = self._new = 0
        return hits

    def _learn(self, unknown: dict[Text, list[int]], hits: Hits) -> None:
        written = list(unknown)
        learned: dict[Text, Witnesses] = dict.fromkeys(written, NONE)
        for witness, places in self.scan(written).items():
            for place in set(places):
                value = written[place]
                learned[value] += (witness,)
                hits.setdefault(witness, []).extend(unknown[value])
        keep, answers = self._known.keep, self._answers
        for value, witnesses in learned.items():
            keep(answers, value, witnesses)

    def scan(self, values: Sequence[Text | None]) -> Hits:
        """What is in the values, given as written; nothing is remembered. Of a list: in any member."""
        if tuple in set(map(type, values)):
            each = [
                (i, text) for i, value in enumerate(values) for text in (value if type(value) is tuple else (value,))
            ]
            found = self.scan([text for _, text in each])
            return {witness: [each[place][0] for place in places] for witness, places in found.items()}
        return self._scan(values)  # type: ignore[arg-type]  # there is no list among them

    def _scan(self, values: Sequence[str | None]) -> Hits:
        hits: Hits = {}
        low = lowered([value or "" for value in values])
        if self._wholes:
            for i, witness in enumerate(map(self._wholes.get, low)):
                if witness is not None and values[i] is not None:
                    hits.setdefault(witness, []).append(i)
        if self._automaton is not None:
            self._pass(SEPARATOR.join(low).encode(), low, 0, hits)
        return hits

    def scan_column(self, low: pl.Series) -> Hits:
        """The same for a column, given lower-cased."""
        hits: Hits = {}
        if self._wholes:
            at = low.is_in(list(self._wholes)).fill_null(False).arg_true()
            for i, text in zip(at.to_list(), low[at].to_list(), strict=True):
                hits.setdefault(self._wholes[text], []).append(i)
        if self._automaton is not None:
            ends = (low.str.len_bytes().fill_null(0) + 1).cum_sum().to_numpy()
            first = 0
            while first < len(low):
                begin = int(ends[first - 1]) if first else 0
                last = max(first + 1, int(np.searchsorted(ends, begin + PASS, "right")))
                texts = low[first:last].fill_null("")
                self._pass(texts.str.join(SEPARATOR).cast(pl.Binary()).item(), texts, first, hits)
                first = last
        return hits

    def _pass(self, joined: bytes, texts: Sequence[str] | pl.Series, first: int, hits: Hits) -> None:
        """Find literals in the texts, which are also given joined; the position of the first text is `first`."""
        found = self._automaton.find_matches_as_indexes(joined, overlapping=True)
        if not found:
            return
        # Where texts end: at the separators, unless there is one in a text.
        ends = np.flatnonzero(np.frombuffer(joined, np.uint8) == 0)
        if len(ends) != len(texts) - 1:
            ends = np.fromiter(accumulate(len(text.encode()) + 1 for text in texts), np.int64, len(texts)) - 1
        numbers = self._numbers
        if len(found) <= MANY:
            stops = [*ends.tolist(), len(joined)]
            for word, begin, end in found:
                place = bisect_left(stops, begin)
                if end <= stops[place]:  # else it reaches into the next text
                    hits.setdefault(numbers[word], []).append(first + place)
            return
        table = np.array(found, np.int64)
        table = table[np.argsort(table[:, 0], kind="stable")]
        stops_ = np.append(ends, len(joined))
        places = np.searchsorted(stops_, table[:, 1])
        inside = table[:, 2] <= stops_[places]
        words, places = table[inside, 0], places[inside] + first
        different, starts = np.unique(words, return_index=True)
        for word, some in zip(different.tolist(), np.split(places, starts[1:]), strict=True):
            hits.setdefault(numbers[word], []).extend(some.tolist())


def lowered(values: list[str]) -> list[str]:
    """Lower-cased as columns are: what is not ASCII is left to polars, whose answer for it may differ from Python's."""
    made = [value.lower() for value in values]
    odd = [i for i, value in enumerate(values) if not value.isascii()]
    if odd:
        low = pl.Series([values[i] for i in odd], dtype=pl.String).str.to_lowercase()
        for i, value in zip(odd, low.to_list(), strict=True):
            made[i] = value
    return made
