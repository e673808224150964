"""What the rules cover of MITRE ATT&CK, and what of it was seen."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from vedette.api.access import Viewer
from vedette.api.place import Here
from vedette.detect.sigma.aggregation import EVENTS
from vedette.model.attack import TACTICS, chain, technique_name, technique_tactics
from vedette.model.stored import AlertQuery
from vedette.runtime.rules import switched_off

router = APIRouter(prefix="/coverage", tags=["rules"])


class Technique(BaseModel):
    """`rules`: names of those that run and say they are about it. `alerts`: of these rules, that are kept."""

    id: str
    name: str
    rules: list[str]
    alerts: int


class Covered(BaseModel):
    """A tactic with the techniques that rules are about; in the order of an attack."""

    tactic: Annotated[str, Field(description="As in tags of Sigma: initial-access.")]
    techniques: list[Technique]


@router.get("")
def get_coverage(_who: Viewer, here: Here) -> list[Covered]:
    """Techniques that the rules which run are about, by tactic; a technique stands under each of its tactics."""
    counted = {each.value: each.count for each in here.store.facets(AlertQuery(), ["rule.id"], 100_000)["rule.id"]}
    off = {*here.tree.rules.disable, *switched_off(here.tree)}
    rules: dict[str, list[str]] = {}
    alerts: Counter[str] = Counter()
    served: dict[str, set[str]] = {}
    for rule in here.rules.ruleset().rules:
        if rule.id.endswith(EVENTS) or rule.id in off:
            continue
        for technique in rule.techniques:
            rules.setdefault(technique, []).append(rule.name)
            alerts[technique] += counted.get(rule.id, 0)
            served.setdefault(technique, set()).update(technique_tactics(technique) or chain(rule.tactics))
    return [
        Covered(
            tactic=tactic.slug,
            techniques=[
                Technique(id=each, name=technique_name(each) or each, rules=sorted(names), alerts=alerts[each])
                for each, names in sorted(rules.items()) if tactic.slug in served[each]
            ],
        )
        for tactic in TACTICS
    ]  # fmt: skip
