"""Rules: which run, what they found, whether a text is one, and what it would have found."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from vedette.api.access import Analyst, Viewer
from vedette.api.documents import IncidentShown
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.detect.sigma import Rule, Ruleset, read
from vedette.detect.sigma.aggregation import EVENTS
from vedette.detect.sigma.check import check
from vedette.model.alert import LEVELS, Level
from vedette.model.ports import AlertQuery

router = APIRouter(prefix="/rules", tags=["rules"])

TEXT: Final = 60_000
DAYS: Final = 30


class RuleRow(BaseModel):
    """A rule in a list. `alerts`: that are kept. `status`: runs, off (by the settings), or refused with its `reason`."""

    id: str
    name: str
    level: Level
    techniques: list[str]
    logsource: str
    builtin: bool
    correlation: bool
    status: str
    reason: str
    alerts: int


class RuleWhole(RuleRow):
    """With its text."""

    text: str


class RuleText(BaseModel):
    """A Sigma rule, as YAML."""

    text: Annotated[str, Field(min_length=1, max_length=TEXT)]


class Checked(BaseModel):
    """One document of the text: whether it runs, and why not or what is to be known of it."""

    id: str | None
    name: str | None
    line: int
    status: str
    reason: str | None


class Tried(BaseModel):
    """What the rules would have found in `events` events that are kept: matches and alerts by rule id, first matches, and
    what would have become of them. `seconds`: of a processor, for matching alone."""

    events: int
    seconds: float
    matches: dict[str, int]
    alerts: dict[str, int]
    examples: list[dict[str, Any]]
    incidents: list[IncidentShown]


@router.get("")
def list_rules(_who: Viewer, here: Here) -> list[RuleRow]:
    """Every rule that is installed, by name; those that were refused come last."""
    ruleset, alerts = _loaded(here), _alerts(here)
    rows = [_row(here, rule, alerts) for rule in ruleset.rules if not rule.id.endswith(EVENTS)]
    refused = [
        RuleRow(
            id=bad.rule_id, name=bad.name or Path(bad.path).name, level="informational", techniques=[], logsource="", builtin=False,
            correlation=False, status="refused", reason=f"line {bad.line}: {bad.reason}", alerts=0,
        )
        for bad in ruleset.refused
    ]  # fmt: skip
    return [*sorted(rows, key=lambda row: row.name), *refused]


@router.get("/{rule_id}")
def get_rule(_who: Viewer, here: Here, rule_id: str) -> RuleWhole:
    """One rule with its text."""
    rule = next((each for each in _loaded(here).rules if each.id == rule_id), None)
    if rule is None:
        raise Problem(404, "no such rule", fix="GET /api/v1/rules lists them")
    try:
        text = Path(rule.path).read_text("utf-8", "replace")
    except OSError:
        text = ""
    return RuleWhole(**_row(here, rule, _alerts(here)).model_dump(), text=text)


@router.post("/check")
def check_rule(_who: Analyst, given: RuleText) -> list[Checked]:
    """Whether it can be run exactly, as you type."""
    rows = check(read([("rule.yml", given.text)]))
    return [
        Checked(id=row["rule.id"], name=row["rule.name"], line=row["line"], status=row["status"], reason=row["reason"]) for row in rows
    ]


@router.post("/try")
def try_rule(
    _who: Analyst, here: Here, given: RuleText, days: Annotated[int, Query(ge=1, le=DAYS, description="Looked back.")] = 7
) -> Tried:
    """Run it over the events that are kept. It takes as long as it takes: a second for some hundred thousand events."""
    from vedette.runtime.rules import plan_of, rule_paths
    from vedette.runtime.trial import tried

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rule.yml"
        path.write_text(given.text, "utf-8")
        plan = plan_of(here.tree, Ruleset((), (), ()))
        since = here.now() - timedelta(days=days)
        found = tried(here.store, [path], rule_paths(here.tree), plan, since, None, here.tree.rules.placeholders)
    examples = [{name: _text(value) for name, value in row.items() if value is not None} for row in found.examples.iter_rows(named=True)]
    alerts = {rule.id: sum(alert.rule_id == rule.id for alert in found.alerts) for rule in found.rules}
    return Tried(
        events=found.events, seconds=round(found.seconds, 3), matches=found.matches, alerts=alerts, examples=examples,
        incidents=list(found.incidents)[:20],
    )  # fmt: skip


def _loaded(here: Place) -> Ruleset:
    from vedette.runtime.rules import load_rules

    return load_rules(here.tree)


def _alerts(here: Place) -> dict[str | None, int]:
    return {each.value: each.count for each in here.store.facets(AlertQuery(), ["rule.id"], 100_000)["rule.id"]}


def _row(here: Place, rule: Rule, alerts: dict[str | None, int]) -> RuleRow:
    from vedette.runtime.rules import BUILTIN

    source = " ".join(f"{part}={value}" for part, value in rule.logsource._asdict().items() if value)
    return RuleRow(
        id=rule.id, name=rule.name, level=rule.level if rule.level in LEVELS else "informational",
        techniques=list(rule.techniques), logsource=source, builtin=Path(rule.path).is_relative_to(BUILTIN),
        correlation=rule.correlation is not None, status="off" if rule.id in here.tree.rules.disable else "runs", reason="",
        alerts=alerts.get(rule.id, 0),
    )  # fmt: skip


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else msgspec.to_builtins(value)
