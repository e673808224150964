"""A layer for the MITRE ATT&CK Navigator: the techniques that were seen, scored by how many alerts name them.

Source: ATT&CK Navigator layer file format 4.5.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from vedette.model.findings import Findings

INCIDENTS: Final = False
"""It tells of alerts alone."""

VERSIONS: Final = {"navigator": "5.1.0", "layer": "4.5"}
COLOURS: Final = ["#ffe8a3", "#d7301f"]
NAMES: Final = 20
"""Rules that a technique's comment names."""


def render(findings: Findings) -> Iterator[str]:
    """One JSON document."""
    scores: Counter[str] = Counter()
    rules: dict[str, Counter[str]] = {}
    for alert in findings.alerts:
        for technique in alert.techniques:
            scores[technique] += 1
            rules.setdefault(technique, Counter())[alert.rule_name] += alert.count
    comments = {
        technique: "; ".join(f"{name} ({count:,})" for name, count in names.most_common(NAMES))
        for technique, names in rules.items()
    }
    yield layer("Vedette: seen", f"{len(findings.alerts):,} alerts", scores, comments)


def layer(name: str, about: str, scores: Mapping[str, int], comments: Mapping[str, str]) -> str:
    """A layer of the enterprise matrix.

    Args:
        scores: by ATT&CK id, T1110.001.
        comments: by the same, shown when the mouse rests on the technique.
    """
    document: dict[str, Any] = {
        "name": name,
        "versions": VERSIONS,
        "domain": "enterprise-attack",
        "description": about,
        "sorting": 3,
        "gradient": {"colors": COLOURS, "minValue": 0, "maxValue": max(scores.values(), default=1)},
        "techniques": [
            {
                "techniqueID": technique,
                "score": score,
                "comment": comments.get(technique, ""),
                "showSubtechniques": True,
            }
            for technique, score in sorted(scores.items())
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
