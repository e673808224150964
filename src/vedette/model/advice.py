"""What a person can do about an incident, by what ATT&CK calls that which was seen in it: contain, then look, then mend.

Our own words, after the phases of NIST SP 800-61. Nothing here is done by itself.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from vedette.model.alert import Alert
from vedette.model.attack import technique_tactics
from vedette.model.incident import Incident

Phase = Literal["contain", "investigate", "recover"]
PHASES: Final[tuple[Phase, ...]] = ("contain", "investigate", "recover")
About = Literal["source", "destination", "user", "host"]
NAMED: Final = 5
"""Names that one suggestion lists."""

ADVICE: Final[dict[str, tuple[Phase, About | None, str]]] = {
    "block-source": ("contain", "source", "Block the addresses that the attack comes from"),
    "limit-rate": ("contain", "source", "Limit the rate at the edge, or have the provider filter before it"),
    "isolate-host": ("contain", "host", "Take the host off the network until it is clear what ran on it"),
    "block-destination": ("contain", "destination", "Block the destination at the border"),
    "disable-account": ("contain", "user", "Disable the account until its owner confirms what was done"),
    "end-sessions": ("contain", "user", "End the open sessions of the account"),
    "end-process": ("contain", "host", "End the process, and keep a copy of what it ran"),
    "close-service": ("contain", "host", "Close the service to the internet, or put it behind a VPN"),
    "keep-evidence": ("investigate", "host", "Keep memory and disk as evidence before anything is cleaned"),
    "check-success": ("investigate", "host", "Check whether one of the requests succeeded: status, size, and what the server did next"),
    "check-rights": ("investigate", "host", "Find out what was done with the higher rights"),
    "find-data": ("investigate", "host", "Find out which data left, and who must be told of it"),
    "search-elsewhere": ("investigate", None, "Look for the same address, file and command on other hosts"),
    "find-gap": ("investigate", "host", "Look for what is missing in the logs, and for copies of them elsewhere"),
    "change-credentials": ("recover", "user", "Change the credentials of the account, and those that it could read"),
    "second-factor": ("recover", "user", "Require keys or a second factor for this login"),
    "replace-secrets": ("recover", "host", "Replace the keys and tokens that could be read there"),
    "remove-return": ("recover", "host", "Remove what lets it come back: units, cron entries, keys, start scripts"),
    "remove-shell": ("recover", "host", "Remove the file from the web root, and look for others of the same owner and time"),
    "review-accounts": ("recover", "user", "Review accounts, groups and keys that were added; remove what nobody knows"),
    "update": ("recover", "host", "Update the attacked program"),
    "restore-defence": ("recover", "host", "Switch logging and defences on again, and find out who switched them off"),
    "restore-backup": ("recover", "host", "Restore from a backup of before, and check that backups are out of reach"),
}
"""Phase, whom it is about, and the words."""

_GUESSED: Final = ("block-source", "change-credentials", "second-factor")
_RAN: Final = ("isolate-host", "end-process", "keep-evidence", "search-elsewhere")
_STOLEN: Final = ("isolate-host", "replace-secrets", "change-credentials")
BY_TECHNIQUE: Final[dict[str, tuple[str, ...]]] = {
    "T1003": _STOLEN, "T1552": _STOLEN, "T1555": _STOLEN, "T1558": _STOLEN, "T1550": _STOLEN, "T1539": _STOLEN,
    "T1021": ("isolate-host", "end-sessions", "search-elsewhere", "change-credentials"),
    "T1046": ("block-source", "close-service"), "T1595": ("block-source", "close-service"),
    "T1048": ("isolate-host", "block-destination", "find-data"), "T1567": ("isolate-host", "block-destination", "find-data"),
    "T1053": ("keep-evidence", "remove-return"), "T1543": ("keep-evidence", "remove-return"), "T1547": ("keep-evidence", "remove-return"),
    "T1071": ("isolate-host", "block-destination", "end-process"), "T1572": ("isolate-host", "block-destination", "end-process"),
    "T1571": ("isolate-host", "block-destination", "end-process"), "T1090": ("block-destination", "end-process"),
    "T1078": ("end-sessions", "disable-account", "change-credentials", "second-factor"),
    "T1098": ("review-accounts", "end-sessions"), "T1136": ("disable-account", "review-accounts"),
    "T1105": ("isolate-host", "block-destination", "end-process", "search-elsewhere"),
    "T1110": _GUESSED, "T1621": ("end-sessions", "change-credentials", "second-factor"), "T1589": ("block-source", "second-factor"),
    "T1133": ("close-service", "second-factor"),
    "T1190": ("block-source", "check-success", "update"), "T1059": _RAN, "T1204": _RAN, "T1055": _RAN, "T1014": (*_RAN, "restore-backup"),
    "T1485": ("isolate-host", "restore-backup"), "T1486": ("isolate-host", "keep-evidence", "restore-backup"),
    "T1490": ("isolate-host", "restore-backup"), "T1496": ("end-process", "remove-return", "update"),
    "T1498": ("limit-rate",), "T1499": ("limit-rate",),
    "T1505": ("isolate-host", "keep-evidence", "remove-shell", "update"),
    "T1068": ("isolate-host", "check-rights", "update"), "T1548": ("end-sessions", "check-rights"),
    "T1611": ("isolate-host", "check-rights", "update"),
    "T1562": ("find-gap", "restore-defence"), "T1070": ("find-gap", "restore-defence"),
    "T1566": ("search-elsewhere", "change-credentials"),
}  # fmt: skip
BY_TACTIC: Final[dict[str, tuple[str, ...]]] = {
    "reconnaissance": ("block-source", "close-service"),
    "resource-development": ("search-elsewhere",),
    "initial-access": ("block-source", "check-success", "end-sessions"),
    "execution": _RAN,
    "persistence": ("keep-evidence", "remove-return"),
    "privilege-escalation": ("isolate-host", "check-rights"),
    "stealth": ("find-gap", "search-elsewhere"),
    "defense-impairment": ("find-gap", "restore-defence"),
    "credential-access": ("replace-secrets", "change-credentials"),
    "discovery": ("search-elsewhere",),
    "lateral-movement": ("isolate-host", "search-elsewhere"),
    "collection": ("isolate-host", "find-data"),
    "command-and-control": ("isolate-host", "block-destination", "end-process"),
    "exfiltration": ("isolate-host", "block-destination", "find-data"),
    "impact": ("isolate-host", "restore-backup"),
}
"""For techniques that are not listed, and steps that name none."""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do. `id`: a key of ADVICE; `because`: techniques or tactics that were seen; `names`: whom it is about."""

    id: str
    phase: Phase
    text: str
    because: tuple[str, ...]
    names: tuple[str, ...]


def suggest(incident: Incident) -> list[Suggestion]:
    """What could be done, what contains first; within a phase in the order of ADVICE."""
    alerts = {alert.id: alert for alert in incident.alerts}
    reasons: dict[str, dict[str, None]] = {}
    behind: dict[str, dict[str, None]] = {}
    for step in incident.story:
        for seen in step.techniques or (step.tactic or "",):
            for each in _for(seen, step.tactic):
                reasons.setdefault(each, {})[seen] = None
                behind.setdefault(each, {}).update(dict.fromkeys(step.alerts))
    found = []
    for key, (phase, about, text) in ADVICE.items():
        names = _names([alerts[each] for each in behind.get(key, ()) if each in alerts], about)
        if key in reasons and (names or about is None):
            found.append(Suggestion(id=key, phase=phase, text=text, because=tuple(reasons[key]), names=names))
    return sorted(found, key=lambda each: PHASES.index(each.phase))


def _for(seen: str, tactic: str | None) -> tuple[str, ...]:
    """What helps against a technique; where none is listed for it, against the tactic that it served."""
    listed = BY_TECHNIQUE.get(seen.partition(".")[0])
    if listed is not None:
        return listed
    tactics = technique_tactics(seen)
    served = tactic if not tactics or tactic in tactics else tactics[0]
    return BY_TACTIC.get(served or "", ())


def _names(alerts: Sequence[Alert], about: About | None) -> tuple[str, ...]:
    """Of the alerts behind a suggestion, in their order."""
    fields: dict[About | None, str] = {"source": "source_ip", "destination": "destination_ip", "user": "user_name", "host": "host_name"}
    values = (getattr(alert, fields[about]) for alert in alerts) if about in fields else ()
    return tuple(dict.fromkeys(filter(None, values)))[:NAMED]
