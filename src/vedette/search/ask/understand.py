"""A question, read."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from vedette.model.query import QueryError, Summary
from vedette.model.question import UNKNOWN, Clause, Comparison, Plan, Read, Understood
from vedette.search.ask.draft import Draft
from vedette.search.ask.fields import resolved
from vedette.search.ask.grammar import Grammar
from vedette.search.ask.items import Item, corrected, items
from vedette.search.ask.lexicon import Lexicon, english_lexicon
from vedette.search.ask.plan import compiled
from vedette.search.ask.plan import time as at_text
from vedette.search.ask.times import Found, times
from vedette.search.ask.walk import Known
from vedette.search.ask.words import LONGEST, MOST, Word, cut

_EXAMPLES: Final = "for example: failed logins of root since yesterday, top 10 addresses by alerts this week"
_STEPS: Final = (
    (timedelta(hours=3), timedelta(minutes=5)), (timedelta(days=3), timedelta(hours=1)), (timedelta(days=90), timedelta(days=1)),
)  # fmt: skip


def understand(question: str, now: datetime, known: Known = lambda _field, _value: False) -> Understood:
    """What a question means.

    Args:
        now: in the zone of the person who asks; its days are meant.
        known: whether a field has been seen with a value, so that bare words can be names.
    """
    if len(question) > LONGEST:
        return Understood((), declined=f"longer than {LONGEST} characters", fix="ask for less at once")
    lexicon = english_lexicon()
    said = cut(question)
    if len(said) > MOST:
        return Understood((), declined=f"longer than {MOST} words", fix="ask for less at once")
    words, notes = corrected(said, lexicon)
    time = times(words, lexicon.language.times, lexicon.language.numbers, now)
    found = items(words, time.used, time.leads, lexicon)
    grammar = Grammar(found, words, lexicon, known)
    draft = grammar.read()
    draft.notes[:0] = [*notes, *time.notes]
    reason, fix = _refused(found, grammar, lexicon, time)
    if not reason:
        plan, query, reason, fix = _planned(draft, time, now)
    told = _words(words, time, found, grammar)
    if reason:
        return Understood(told, notes=tuple(draft.notes), declined=reason, fix=fix)
    return Understood(told, plan.about if plan else None, query, tuple(dict.fromkeys(draft.notes)), plan=plan)


def _refused(found: list[Item], grammar: Grammar, lexicon: Lexicon, time: Found) -> tuple[str, str]:
    """Why nothing is searched for, and what to do; "" when something can be."""
    out = lexicon.language.out
    if grammar.order:
        return out["order"]
    for item in found:
        if item.kind == "out":
            return out[item.value]
    if time.fault:
        return time.fault, "ask for one time: yesterday, between 10:00 and 11:00, since Monday"
    draft = grammar.draft
    asked = [item.kind for item in found if item.kind not in ("filler", "comma", "which", "time")]
    known = asked in (["technique"], ["tactic"], ["cve"]) or (asked == ["concept"] and grammar.defines)
    if known and found[0].kind == "which":  # what is T1059
        return out["lookup"]
    if not (
        draft.concepts or draft.wants or draft.groups or draft.about or draft.summed or draft.distinct or draft.every
    ):
        return "nothing in this says what to look for", _EXAMPLES
    if draft.having and draft.distinct and not draft.groups:
        return (
            "how many groups have so many cannot be asked at once",
            "ask which they are: users with at least 3 failed logins",
        )
    if draft.having and not (draft.groups or draft.distinct):
        return (
            "more than that of what? a number of records needs something to count by",
            "for example: addresses with more than 5 failed logins",
        )
    return "", ""


def _planned(draft: Draft, time: Found, now: datetime) -> tuple[Plan | None, str, str, str]:
    about = draft.settle()
    clauses = resolved(draft, about)
    then = draft.summary(about, compare=time.compare is not None)
    draft.over_time |= draft.trend and time.compare is None
    if draft.over_time or (isinstance(then, Summary) and time.compare is not None):
        then = then if isinstance(then, Summary) else Summary()
        every = then.every or (_step(time, now) if draft.over_time else None)
        then = msgspec.structs.replace(then, every=every, compare=time.compare)
    if about == "events" and draft.groups and not draft.concepts:
        draft.notes.append("only what events name is listed")
    plan = Plan(about, tuple(clauses), time.since, time.until, then)
    if draft.began and about == "incidents":  # not those that only went on in that time
        ends: tuple[tuple[Comparison, datetime | None], ...] = ((">=", time.since), ("<", time.until))
        begun = (Clause(("first_seen",), (at_text(at),), op) for op, at in ends if at is not None)
        plan = Plan(about, (*clauses, *begun), then=then)
    try:
        query, _ = compiled(plan)
    except QueryError as error:
        return None, "", error.what, error.fix
    return plan, query, "", ""


def _step(time: Found, now: datetime) -> timedelta:
    """Some dozens of steps in the time that is asked for."""
    length = (time.until or now) - time.since if time.since else timedelta(days=30)
    return next((step for longest, step in _STEPS if length <= longest), timedelta(weeks=1))


def _words(words: list[Word], time: Found, found: list[Item], grammar: Grammar) -> tuple[Read, ...]:
    meanings = dict.fromkeys(time.used, "time")
    for at, item in enumerate(found):
        meaning = UNKNOWN if at in grammar.draft.lost else grammar.meanings.get(at, UNKNOWN)
        meanings.update(dict.fromkeys(range(item.start, item.end), meaning))
    return tuple(
        Read(word.text, meanings.get(at, UNKNOWN))
        for at, word in enumerate(words)
        if word.kind not in ("comma", "mark")
    )
