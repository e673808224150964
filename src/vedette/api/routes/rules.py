"""Rules: which run, what they found; own ones are written, checked and kept here, and any may be switched off."""

from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from vedette.api.access import Analyst, Viewer
from vedette.api.asked import Why
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.api.versions import must_match, version
from vedette.detect.sigma import Refused, Rule
from vedette.detect.sigma.aggregation import EVENTS
from vedette.detect.sigma.check import check, run_samples
from vedette.model.alert import LEVELS, Level
from vedette.model.stored import AlertQuery
from vedette.runtime import own_rules
from vedette.runtime.own_rules import Written
from vedette.runtime.rules import BUILTIN, Switch, parse_sample, switched_off

router = APIRouter(prefix="/rules", tags=["rules"])

TEXT: Final = 60_000


class RuleRow(BaseModel):
    """A rule in a list. `alerts`: that are kept. `status`: runs, off, or refused with its `reason`. `own`: written in the
    dashboard, and so to be changed there; `builtin`: came with Vedette."""

    id: str
    name: str
    level: Level
    techniques: list[str]
    logsource: str
    builtin: bool
    own: bool
    correlation: bool
    status: Literal["runs", "off", "refused"]
    reason: str
    alerts: int


class RuleWhole(RuleRow):
    """With its text, and the samples beside it."""

    description: str
    falsepositives: list[str]
    path: str
    text: str
    samples: str


class RuleText(BaseModel):
    """A Sigma rule, as YAML. `rule_id`: of the rule that this is to replace."""

    text: Annotated[str, Field(min_length=1, max_length=TEXT)]
    rule_id: Annotated[str, Field(max_length=300)] | None = None


class WithSamples(RuleText):
    """And its samples: `match` and `no_match`, as in a file x.test.yml."""

    samples: Annotated[str, Field(max_length=TEXT)] = ""


class Checked(BaseModel):
    """One document of the text: whether it runs, and why not or what is to be known of it. `line`: what that is about."""

    id: str | None
    name: str | None
    line: int
    status: Literal["runs", "refused"]
    reason: str | None


class Outcome(BaseModel):
    """How a sample came out. `number` counts from 1 within `expected`."""

    expected: Literal["match", "no_match"]
    number: int
    passed: bool
    reason: str


class SwitchTo(BaseModel):
    """Whether the rule is to raise alerts."""

    on: bool
    why: Why


@router.get("")
def list_rules(_who: Viewer, here: Here) -> list[RuleRow]:
    """Every rule that is installed, by name; those that were refused come last."""
    ruleset, shown = here.rules.ruleset(), _Shown(here)
    rows = [shown.row(rule) for rule in ruleset.rules if not rule.id.endswith(EVENTS)]
    return [*sorted(rows, key=lambda row: row.name), *map(shown.refused, ruleset.refused)]


@router.get("/{rule_id}")
def get_rule(_who: Viewer, here: Here, response: Response, rule_id: str) -> RuleWhole:
    """One rule with its text; the ETag is that of text and samples."""
    whole = _whole(here, rule_id)
    response.headers["ETag"] = _version(whole)
    return whole


@router.post("/check")
def check_rule(_who: Analyst, here: Here, given: RuleText) -> list[Checked]:
    """Whether it can be run exactly, beside the rules that there are; as you type."""
    return _checked(here, written(here, given), given.text)


@router.post("/samples")
def run_rule_samples(_who: Analyst, here: Here, given: WithSamples) -> list[Outcome]:
    """How the rule does on its samples."""
    beside = written(here, given)
    outcomes = run_samples(beside.ruleset, [(f"{beside.path.removesuffix('.yml')}.test.yml", given.samples)], parse_sample)
    return [
        Outcome(expected="match" if each.expected == "match" else "no_match", number=each.number, passed=each.passed, reason=each.reason)
        for each in outcomes
    ]


@router.post("", status_code=201)
def add_rule(_who: Analyst, here: Here, request: Request, response: Response, given: WithSamples) -> RuleWhole:
    """Keep a rule that runs; the agent takes it over within seconds."""
    beside = written(here, RuleText(text=given.text))
    rule = _running(here, beside, given.text)
    path = own_rules.place(here.tree, rule.id)
    if path.exists():
        raise Problem(409, f"there is a rule {path.stem} already", code="rule", fix="change that one, or give this one another id")
    own_rules.save(path, given.text, given.samples)
    tell(request, subject=f"rule {rule.id}"[:300], detail=rule.name)
    whole = _whole(here, rule.id)
    response.headers["ETag"] = _version(whole)
    return whole


@router.put("/{rule_id}")
def change_rule(_who: Analyst, here: Here, request: Request, response: Response, rule_id: str, given: WithSamples) -> RuleWhole:
    """Keep a rule in place of an own one, and with its id; with If-Match only when nobody else did meanwhile."""
    before = _whole(here, rule_id)
    must_match(request, _version(before))
    path = _own(here, before)
    beside = written(here, RuleText(text=given.text, rule_id=rule_id))
    rule = _running(here, beside, given.text)
    if rule.id != rule_id:
        raise Problem(422, f"its id is {rule.id!r} now", code="rule", fix=f"leave it {rule_id!r}, or add it as a new rule")
    own_rules.save(path, given.text, given.samples)
    tell(request, subject=f"rule {rule.id}"[:300], detail=rule.name)
    whole = _whole(here, rule.id)
    response.headers["ETag"] = _version(whole)
    return whole


@router.delete("/{rule_id}", status_code=204)
def remove_rule(_who: Analyst, here: Here, request: Request, rule_id: str) -> None:
    """Forget an own rule and its samples. Alerts that it raised stay."""
    before = _whole(here, rule_id)
    own_rules.remove(_own(here, before))
    tell(request, subject=f"rule {rule_id}"[:300], detail=before.name)


@router.put("/{rule_id}/switch")
def switch_rule(who: Analyst, here: Here, request: Request, rule_id: str, given: SwitchTo) -> RuleWhole:
    """Have a rule raise nothing, or speak again. Correlations that look at it go on to."""
    if rule_id in here.tree.rules.disable:
        raise Problem(409, "the settings switch it off", code="rule", fix="take it out of rules.disable there")
    _whole(here, rule_id)
    own_rules.switch(here.tree, rule_id, None if given.on else Switch(who=who.name, why=given.why.strip(), at=here.now()))
    tell(request, subject=f"rule {rule_id}"[:300], detail=f"{'on' if given.on else 'off'}: {given.why[:200]}")
    return _whole(here, rule_id)


class _Shown:
    """Rules as rows."""

    def __init__(self, here: Place) -> None:
        self._tree = here.tree
        self._off = switched_off(here.tree)
        counted = here.store.facets(AlertQuery(), ["rule.id"], 100_000)["rule.id"]
        self._alerts = {each.value: each.count for each in counted}

    def row(self, rule: Rule) -> RuleRow:
        """One that runs, or would."""
        source = " ".join(f"{part}={value}" for part, value in rule.logsource._asdict().items() if value)
        off = self._off.get(rule.id)
        reason = f"{off.who}, {off.at:%Y-%m-%d %H:%M} UTC: {off.why}" if off else ""
        if rule.id in self._tree.rules.disable:
            reason = "rules.disable in the settings"
        return RuleRow(
            id=rule.id, name=rule.name, level=rule.level if rule.level in LEVELS else "informational",
            techniques=list(rule.techniques), logsource=source, builtin=Path(rule.path).is_relative_to(BUILTIN),
            own=own_rules.is_own(self._tree, rule.path), correlation=rule.correlation is not None, status="off" if reason else "runs",
            reason=reason, alerts=self._alerts.get(rule.id, 0),
        )  # fmt: skip

    def refused(self, bad: Refused) -> RuleRow:
        """One that does not run."""
        return RuleRow(
            id=bad.rule_id or bad.name or Path(bad.path).name, name=bad.name or Path(bad.path).name, level="informational", techniques=[],
            logsource="", builtin=False, own=own_rules.is_own(self._tree, bad.path), correlation=False, status="refused",
            reason=f"line {bad.line}: {bad.reason}", alerts=0,
        )  # fmt: skip


def _found(here: Place, rule_id: str) -> Rule | Refused | None:
    known = here.rules.ruleset()
    for rule in known.rules:
        if rule.id == rule_id:
            return rule
    return next((bad for bad in known.refused if rule_id in (bad.rule_id, bad.name, Path(bad.path).name)), None)


def _whole(here: Place, rule_id: str) -> RuleWhole:
    found = _found(here, rule_id)
    if found is None:
        raise Problem(404, "no such rule", fix="GET /api/v1/rules lists them")
    shown, path = _Shown(here), Path(found.path)
    row = shown.row(found) if isinstance(found, Rule) else shown.refused(found)
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        text = ""
    about, false = (found.description, list(found.falsepositives)) if isinstance(found, Rule) else ("", [])
    return RuleWhole(
        **row.model_dump(), description=about, falsepositives=false, path=str(path), text=text, samples=own_rules.samples_of(path)
    )


def _version(whole: RuleWhole) -> str:
    return version(whole.text, whole.samples)


def _own(here: Place, whole: RuleWhole) -> Path:
    if not own_rules.is_own(here.tree, whole.path):
        fix = "add a rule of your own with another id, and switch this one off" if whole.builtin else f"change {whole.path}"
        raise Problem(409, "only rules that were written here can be changed here", code="rule", fix=fix)
    return Path(whole.path)


def written(here: Place, given: RuleText) -> Written:
    """The text beside the rules that there are, at the path of the one that it replaces."""
    known = here.rules.ruleset()
    old = _found(here, given.rule_id) if given.rule_id else None
    path = old.path if old else "rule.yml"
    return own_rules.beside(known, given.text, path, dict(here.tree.rules.placeholders))


def _checked(here: Place, beside: Written, text: str) -> list[Checked]:
    rows = [row for row in check(beside.ruleset) if row["path"] == beside.path]
    clash = own_rules.taken(here.rules.ruleset(), beside)
    told = [
        Checked(
            id=row["rule.id"], name=row["rule.name"], line=own_rules.where(text, row["line"], row["reason"] or ""),
            status="refused" if row["status"] == "refused" else "runs", reason=row["reason"],
        )
        for row in rows
    ]  # fmt: skip
    return [*told, Checked(id=None, name=None, line=own_rules.where(text, 1, clash), status="refused", reason=clash)] if clash else told


def _running(here: Place, beside: Written, text: str) -> Rule:
    """The first rule of a text that may be kept: with an id that stays."""
    for each in _checked(here, beside, text):
        if each.status == "refused":
            raise Problem(422, f"line {each.line}: {each.reason}", code="rule", fix="POST /api/v1/rules/check says what runs")
    rules = [rule for rule in beside.ruleset.rules if rule.path == beside.path and not rule.id.endswith(EVENTS)]
    if not rules:
        raise Problem(422, "there is no rule in it", code="rule", fix="a rule has detection or correlation; docs/rules.md")
    if not (beside.docs[0].content or {}).get("id"):
        raise Problem(422, "it has no id", code="rule", fix="give it one that stays: a random UUID")
    return next((rule for rule in rules if rule.line == beside.docs[0].line), rules[0])
