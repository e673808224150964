"""Conditions of Sigma 1 that count, as the correlations that replaced them, where these say exactly the same.

    detection:                              correlation:
      sel: {EventID: 4625}                    type: value_count
      timeframe: 24h                          rules: [the rule with the condition sel]
      condition: sel | count(User)            group-by: [IpAddress]
                 by IpAddress > 10            timespan: 24h
                                              condition: {gt: 10, field: User}

`count()` counts events, `count(field)` different values. Fewer-than conditions are refused: they speak about the end of
a window, a correlation about every moment in it. So is `near`, which does not say what ties the events together.
Source: Sigma specification 1.0, section Aggregation expression.
"""

import re
from typing import Any, Final

from vedette.detect.sigma.documents import Document
from vedette.detect.sigma.metadata import DocumentError

EVENTS: Final = ":events"
"""Behind a rule's id: the id of the rule for the events that it counts."""

_COUNTING: Final = re.compile(
    r"(count|sum|avg|min|max)\s*\(\s*([^()\s]*)\s*\)(?:\s+by\s+([^\s,()<>=]+))?\s*(<=|>=|==|=|<|>)\s*([0-9]{1,12})"
)
_OPERATORS: Final = {">": "gt", ">=": "gte", "=": "eq", "==": "eq"}


def is_aggregation(content: dict[str, Any]) -> bool:
    """Whether a rule's condition has a part behind a bar, or a time frame."""
    section = content.get("detection")
    if not isinstance(section, dict):
        return False
    condition = section.get("condition")
    return "timeframe" in section or (isinstance(condition, str) and "|" in condition)


def rewritten(doc: Document) -> tuple[Document, Document]:
    """The rule for the events, and the correlation that has the id, title and level of the old rule.

    Raises:
        DocumentError: a correlation cannot say the same, and why.
    """
    content = doc.content or {}
    section = content["detection"]
    condition, timeframe = section.get("condition"), section.get("timeframe")
    if not isinstance(condition, str) or "|" not in condition:
        raise DocumentError("detection: a timeframe needs an aggregation like | count() by field > 5")
    events, _, aggregation = (part.strip() for part in condition.partition("|"))
    if re.match(r"near\b", aggregation):
        raise DocumentError("near does not say what ties the events together: write a temporal correlation with group-by")
    found = _COUNTING.fullmatch(aggregation)
    if not found or not events:
        raise DocumentError(f"aggregation {aggregation[:80]!r} is not one that Sigma 1 defines")
    function, field, group, operator, number = found.groups()
    if timeframe is None:
        raise DocumentError("an aggregation without a timeframe has no window: write a correlation with timespan")
    if operator not in _OPERATORS:
        raise DocumentError(
            f"{function}() {operator} {number} speaks about the end of its window, a correlation about every moment in it"
        )
    kind = {"count": "value_count" if field else "event_count", "sum": "value_sum", "avg": "value_avg"}.get(function)
    if kind is None or (function != "count" and not field):
        raise DocumentError(f"{function}({field}) has no correlation that says the same")
    comparison: dict[str, Any] = {_OPERATORS[operator]: int(number)}
    name = str(content.get("id") or content.get("name") or content.get("title"))
    kept = {key: value for key, value in content.items() if key not in ("detection", "logsource")}
    counted = {
        **content,
        "id": name + EVENTS,
        "name": None,
        "detection": {**{key: value for key, value in section.items() if key != "timeframe"}, "condition": events},
    }
    correlation = {
        "type": kind,
        "rules": [name + EVENTS],
        "group-by": [group] if group else [],
        "timespan": str(timeframe),
        "condition": {**comparison, "field": field} if field else comparison,
    }
    return doc._replace(content=counted), doc._replace(content={**kept, "correlation": correlation})
