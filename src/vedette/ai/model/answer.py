"""A model's answer: the schema it must have, and what is left of it after every claim was held against the evidence.

Severity has a floor: ours. An answer may raise it by one step where it cites evidence that exists. Steps are chosen from a
list of ours, none of which lowers a guard. Prose loses links, names that the evidence does not hold, and sentences that ask
for what a model may not do; each is told in `struck`, which goes into the audit log.
"""

import re
from collections.abc import Callable
from typing import Annotated, Final, Literal

import polars as pl
from pydantic import BaseModel, Field

from vedette.ai.compress.indicators import find
from vedette.ai.model.redact import GONE, redact
from vedette.ai.model.request import Request
from vedette.model.alert import LEVELS, Level
from vedette.model.analysis import Analysis, Opinion, Remark
from vedette.model.text import safe

Step = Literal[
    "isolate-host", "block-source", "lock-account", "reset-credentials", "preserve-evidence", "check-other-hosts", "check-persistence",
    "check-data-access", "patch", "ask-owner", "escalate",
]  # fmt: skip
STEPS: Final[dict[str, str]] = {
    "isolate-host": "Take the host off the network, leave it running.",
    "block-source": "Block the sources that the findings name.",
    "lock-account": "Lock the accounts that the findings name.",
    "reset-credentials": "Set new passwords and keys.",
    "preserve-evidence": "Save logs and memory to another machine before anything is cleaned.",
    "check-other-hosts": "Search other hosts for the same indicators.",
    "check-persistence": "Look for accounts, keys, cron jobs and services that were added.",
    "check-data-access": "Find out which data was read or carried out.",
    "patch": "Bring the attacked software up to date.",
    "ask-owner": "Ask the owner of the account or host.",
    "escalate": "Have a second analyst look at it now.",
}

Text = Annotated[str, Field(max_length=4000)]
Ids = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=50)]


class OfFinding(BaseModel):
    """What is to be said of one finding. `finding`: its id, F1; `evidence`: ids E1, E2 that it rests on."""

    finding: Annotated[str, Field(max_length=40)]
    severity: Level
    comment: Text = ""
    evidence: Ids = []


class Answer(BaseModel):
    """A second reading of the analysis."""

    threat_level: Level
    summary: Text
    remarks: Annotated[list[OfFinding], Field(max_length=50)] = []
    next_steps: Annotated[list[Step], Field(max_length=11)] = []


REMOVED: Final = "(link removed)"
MOST: Final = 1500
STRUCK: Final = 50
"""What is told of that which was struck."""
_LINK: Final = re.compile(r"(?i)(?:[a-z][a-z0-9+.-]{1,12}:/{1,2}|h(?:xx|tt)ps?\b:?|www\.|data:|javascript:|mailto:)\S{0,2000}")
_MARKUP: Final = re.compile(r"[<>\[\]`|]|!(?=\()|(?<=\])\(")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_ORDERS: Final = re.compile(
    r"(?i)\b(?:un-?block\w*|allow[ -]?list\w*|white[ -]?list\w*|un-?ban\w*|un-?quarantine\w*|suppress\w*|dismiss\w*|downgrad\w*"
    r"|de-?escalat\w*|exception for|exclude|false[ -]positives?|benign|harmless|legitimate|ignor(?:e|ed|ing)"
    r"|no (?:further )?action|no threat|nothing (?:malicious|to do)|safe to|not (?:malicious|an? (?:attack|incident|threat))"
    r"|authori[sz]ed (?:test|scan|activity)|disabl(?:e|ed|ing)|turn(?:ed)? off|delet(?:e|ing)|resolved|closed"
    r"|(?:clos|resolv|lower|reduc|clear)(?:e|ed|ing|s)?\b[^.]{0,60}\b(?:incident|alert|case|ticket|this|severity|level|finding)s?"
    r"|(?:severity|level|priority)\b[^.]{0,40}\b(?:low|lowered|informational|none)"
    r"|api[ _-]?keys?|system prompt|instructions|visit|click|open (?:the|this) (?:link|page|url)|download|run|execute|curl|wget"
    r"|send|forward|e-?mail|mail(?:ed)? to|upload)\b"
)
_CITED: Final = re.compile(r"\bE\d+\b")


def check(answer: Answer, analysis: Analysis, request: Request, key: str = "") -> Opinion:
    """What may be shown of an answer."""
    struck: list[str] = []
    known = {each.id: each for each in analysis.findings}
    remarks, differs = [], []
    for given in answer.remarks:
        ours = known.get(given.finding)
        if ours is None:
            struck.append(f"a remark on {_quoted(given.finding)}, which is no finding")
            continue
        ids = [each for each in dict.fromkeys(given.evidence) if each in request.evidence]
        made_up = [each for each in given.evidence if each not in request.evidence]
        if made_up:
            struck.append(f"{given.finding}: evidence that does not exist: {', '.join(_quoted(each) for each in made_up[:5])}")
        own = {e.event_id or f"{e.path}:{e.offset}" for e in ours.evidence}
        taken = _taken(ours.severity, given.severity, any(request.evidence[each] in own for each in ids))
        if LEVELS.index(given.severity) < LEVELS.index(ours.severity):
            struck.append(f"{given.finding}: severity {given.severity}, below {ours.severity}")
        if given.severity != ours.severity:
            differs.append(f"{given.finding}: rules say {ours.severity}, the model {given.severity}; taken: {taken}")
        text = _prose(given.comment, request, key, struck, given.finding)
        cited = tuple(request.evidence[each] for each in ids)
        remarks.append(Remark(finding=given.finding, severity=given.severity, taken=taken, text=text, evidence=cited))
    raised = any(LEVELS.index(r.taken) > LEVELS.index(known[r.finding].severity) for r in remarks)
    level = _taken(analysis.level, answer.threat_level, raised)
    if LEVELS.index(answer.threat_level) < LEVELS.index(analysis.level):
        struck.append(f"threat level {answer.threat_level}, below {analysis.level}")
    if answer.threat_level != analysis.level:
        differs.insert(0, f"threat level: rules say {analysis.level}, the model {answer.threat_level}; taken: {level}")
    missed = [each.id for each in analysis.findings if each.id not in {remark.finding for remark in remarks}]
    if missed and remarks:
        differs.append(f"the model says nothing of {', '.join(missed[:10])}")
    if len(struck) > STRUCK:
        struck[STRUCK:] = [f"and {len(struck) - STRUCK:,} more"]
    return Opinion(
        status="answered", level=answer.threat_level, taken=level, summary=_prose(answer.summary, request, key, struck, "summary"),
        remarks=tuple(remarks), next_steps=tuple(STEPS[step] for step in dict.fromkeys(answer.next_steps)), struck=tuple(struck),
        differs=tuple(differs), request=request.digest,
    )  # fmt: skip


class Spoken:
    """The summary while it comes: sentence by sentence, each checked as in the answer. What is struck is told there."""

    def __init__(self, request: Request, key: str, tell: Callable[[str], None]) -> None:
        self._request, self._key, self._tell = request, key, tell
        self._told = 0

    def __call__(self, summary: str) -> None:
        """What came of it so far; only whole sentences are told, and of no more text than the answer may have."""
        whole = _SENTENCE.split(safe(" ".join(summary.split()), MOST))[:-1]
        for sentence in whole[self._told :]:
            if text := _prose(sentence, self._request, self._key, [], "summary"):
                self._tell(text)
        self._told = max(self._told, len(whole))


def _taken(ours: Level, theirs: Level, cited: bool) -> Level:
    """Ours, or one step above it where that is asked for with evidence."""
    floor = LEVELS.index(ours)
    return LEVELS[min(floor + 1, len(LEVELS) - 1)] if cited and LEVELS.index(theirs) > floor else ours


def _prose(text: str, request: Request, key: str, struck: list[str], where: str) -> str:
    if key and key in text:
        struck.append(f"{where}: the key")
        text = text.replace(key, GONE)
    text = safe(" ".join(text.split()), MOST)
    struck.extend(f"{where}: a link: {_quoted(link)}" for link in _LINK.findall(text))
    text = _MARKUP.sub(" ", _LINK.sub(REMOVED, text))
    kept = []
    for sentence in _SENTENCE.split(text):
        if _ORDERS.search(sentence):
            struck.append(f"{where}: asks or claims what a model may not: {_quoted(sentence)}")
        elif unknown := [each for each in _CITED.findall(sentence) if each not in request.evidence]:
            struck.append(f"{where}: evidence that does not exist: {', '.join(unknown[:5])}")
        else:
            kept.append(_named(sentence, request, struck, where))
    plain, secret = redact(pl.Series([" ".join(kept)], dtype=pl.String))
    if secret:
        struck.append(f"{where}: a secret")
    return " ".join(str(plain[0]).split())


def _named(sentence: str, request: Request, struck: list[str], where: str) -> str:
    """Without names of addresses, domains, hashes, paths and mail addresses that nothing that was sent holds."""
    found = find(pl.Series([sentence], dtype=pl.String))
    for kind in ("url", "email", "domain", "address", "hash", "path"):
        for value in sorted(found.get(kind, ()), key=len, reverse=True):
            if kind == "email" or value not in request.text:
                struck.append(f"{where}: {kind} {_quoted(value)}, which is not in the evidence")
                sentence = sentence.replace(value, "(not in the evidence)")
    return sentence


def _quoted(text: str) -> str:
    return f"“{safe(text, 80)}”"
