"""SARIF 2.1.0 (OASIS), so that code-scanning pages and editors can show findings at their line's place."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import orjson

from vedette import __version__
from vedette.model.alert import Alert
from vedette.model.findings import Findings
from vedette.report.json import listed

INCIDENTS: Final = False
"""It tells of alerts alone."""

_LEVEL: Final = {"informational": "note", "low": "note", "medium": "warning", "high": "error", "critical": "error"}


def render(findings: Findings) -> Iterator[str]:
    """One run with one result an alert; rules in the order of their first result."""
    rules: dict[str, dict[str, Any]] = {}
    for alert in findings.alerts:
        if alert.rule_id not in rules:
            rules[alert.rule_id] = {
                "id": alert.rule_id,
                "name": alert.rule_name,
                "shortDescription": {"text": alert.rule_name},
                "properties": {"tags": list(alert.techniques), "level": alert.level},
            }
    place = {rule: number for number, rule in enumerate(rules)}
    notes = [
        {"level": "warning", "message": {"text": str(s)}, "descriptor": {"id": "not-read"}}
        for s in findings.summary.skipped
    ]
    run = {
        "tool": {"driver": {"name": "Vedette", "version": __version__, "rules": list(rules.values())}},
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
        "results": [],
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    # Results come last and one at a time: there may be very many.
    head, _, tail = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode().rpartition("[]")
    yield head
    yield from listed((_result(alert, place[alert.rule_id]) for alert in findings.alerts), 6)
    yield tail + "\n"


def _result(alert: Alert, index: int) -> dict[str, Any]:
    return {
        "ruleId": alert.rule_id,
        "ruleIndex": index,
        "level": _LEVEL[alert.level],
        "message": {"text": alert.message},
        "partialFingerprints": {"alertId/v1": alert.id},
        "occurrenceCount": max(1, alert.count),
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(e.path)},
                    "region": {"byteOffset": max(0, e.offset), "snippet": {"text": e.original}},
                }
            }
            for e in alert.evidence
        ],
    }
