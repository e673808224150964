"""ATT&CK in the tags of a rule, and the class of alert that follows from it when the rule does not say.

Source: MITRE ATT&CK for Enterprise; Sigma tags appendix (attack.t1110.001, attack.credential-access).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from vedette.model.alert import Class
from vedette.model.records import Logsource

TECHNIQUE: Final = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)

TACTICS: Final = frozenset(
    {"reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
     "defense-evasion", "stealth", "impair-defenses", "defense-impairment", "credential-access", "discovery",
     "lateral-movement", "collection", "command-and-control", "exfiltration", "impact"}
)  # fmt: skip

# By technique first: it says more than its tactic. Longest prefix wins.
BY_TECHNIQUE: Final[Mapping[str, Class]] = {
    "T1110": "authentication", "T1078": "authentication", "T1621": "authentication", "T1558": "authentication",
    "T1595": "scan", "T1046": "scan", "T1018": "scan", "T1592": "scan",
    "T1498": "flood", "T1499": "flood", "T1498.002": "reflection",
    "T1557": "spoofing", "T1190": "web", "T1505.003": "web",
    "T1572": "tunnel", "T1090": "tunnel", "T1071.004": "tunnel",
    "T1071": "beacon", "T1102": "beacon", "T1568": "beacon", "T1573": "beacon",
    "T1041": "exfiltration", "T1048": "exfiltration", "T1567": "exfiltration", "T1020": "exfiltration",
    "T1053": "persistence", "T1136": "persistence", "T1098": "persistence", "T1543": "persistence",
    "T1546": "persistence", "T1547": "persistence", "T1505": "persistence", "T1037": "persistence",
    "T1548": "escalation", "T1068": "escalation", "T1134": "escalation", "T1055": "escalation",
    "T1059": "execution", "T1204": "execution", "T1203": "execution", "T1218": "execution", "T1047": "execution",
    "T1486": "malware", "T1587.001": "malware", "T1496": "malware",
}  # fmt: skip
BY_TACTIC: Final[Mapping[str, Class]] = {
    "reconnaissance": "scan", "execution": "execution", "privilege-escalation": "escalation",
    "persistence": "persistence", "exfiltration": "exfiltration", "command-and-control": "beacon",
}  # fmt: skip


def techniques(tags: Iterable[str]) -> tuple[str, ...]:
    """ATT&CK technique ids among the tags, upper case, in order."""
    return tuple(dict.fromkeys(found[1].upper() for tag in tags if (found := TECHNIQUE.fullmatch(tag))))


def tactics(tags: Iterable[str]) -> tuple[str, ...]:
    """ATT&CK tactic names among the tags, as Sigma writes them: initial-access."""
    names = (tag.lower().removeprefix("attack.").replace("_", "-") for tag in tags if tag.lower().startswith("attack."))
    return tuple(dict.fromkeys(name for name in names if name in TACTICS))


def alert_class(tags: tuple[str, ...], logsource: Logsource) -> Class:
    """What kind of alert a rule with these tags raises; `other` when they do not tell."""
    for technique in techniques(tags):
        for prefix in (technique, technique[:5]):
            if prefix in BY_TECHNIQUE:
                return BY_TECHNIQUE[prefix]
    if logsource.category in ("webserver", "web"):
        return "web"
    if logsource.category == "antivirus":
        return "malware"
    return next((BY_TACTIC[tactic] for tactic in tactics(tags) if tactic in BY_TACTIC), "other")
